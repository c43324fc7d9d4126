/* Mappings of Salesforce's Data Loader: Java properties, and the fields they name. */
#include "model_fixture.h"

#include "model/sdl.h"

#include <string.h>

static struct sdl *parse(const char *text, const char *entity_type) {
    struct sdl *sdl = NULL;
    struct err err = {.rc = RC_OK};

    if (sdl_parse(&sdl, slice_of(text), "t.sdl", entity_type, &err) != RC_OK)
        fail_msg("%s: %s", text, err.message);
    return sdl;
}

/* All entries as "source>target@line;" with constants in quotes. */
static void assert_entries(const char *text, const char *want) {
    struct sdl *sdl = parse(text, "Lead");
    struct buf out = {.max = 1 << 16};
    const struct sdl_entry *e;

    for (size_t i = 0; (e = sdl_at(sdl, i)) != NULL; i++)
        (void)buf_append_format(&out, e->constant ? "\"%s\">%s@%zu;" : "%s>%s@%zu;",
                                e->source, e->target, e->line);
    if (strcmp(buf_text(&out), want) != 0)
        fail_msg("'%s' gave '%s'", text, buf_text(&out));
    buf_fini(&out);
    sdl_free(sdl);
}

static void test_lines(void **state) {
    (void)state;
    assert_entries("A=Email", "A>Email@1;");
    assert_entries("#c\n!d\n\n  # e\nA=Email\r\nB = City\rC:Phone\n",
                   "A>Email@5;B>City@6;C>Phone@7;");
    assert_entries("A=Email # no comment\n", "A>Email # no comment@1;");
}

static void test_separators(void **state) {
    (void)state;
    assert_entries("A = Email\nB:City\n\tC\t=\tPhone  \nE=\nF:",
                   "A>Email@1;B>City@2;C>Phone@3;E>@4;F>@5;");
    assert_entries("A==Email", "A>=Email@1;"); /* the first one parts */
}

static void test_escapes(void **state) {
    (void)state;
    assert_entries("Full\\ Name=Name", "Full Name>Name@1;");
    assert_entries("a\\:b\\=c=Email", "a:b=c>Email@1;");
    assert_entries("Stra\\u00dfe=Street", "Stra\xC3\x9F"
                                          "e>Street@1;");
    assert_entries("\\uD83D\\uDE00=Email", "\xF0\x9F\x98\x80>Email@1;");
    assert_entries("a\\tb\\\\c=Email", "a\tb\\c>Email@1;");
    assert_entries("long\\\n   er\\ name=Em\\\n ail\nB=City",
                   "longer name>Email@1;B>City@4;");
    assert_entries("a\\\\=Email\nB=City", "a\\>Email@1;B>City@2;");
}

static void test_targets(void **state) {
    struct sdl *sdl = parse("A=Email, Phone\nB=\n\"Canada\"=Country\n\"two words\"=City\n"
                            "A2=Description\nB=City",
                            "Lead");

    (void)state;
    assert_string_equal(sdl_at(sdl, 0)->target, "Email");
    assert_string_equal(sdl_at(sdl, 0)->others, "Phone");
    assert_string_equal(sdl_at(sdl, 1)->target, "City"); /* the last one counts */
    assert_int_equal(sdl_at(sdl, 1)->line, 6);
    assert_true(sdl_at(sdl, 2)->constant);
    assert_string_equal(sdl_at(sdl, 2)->source, "Canada");
    assert_string_equal(sdl_at(sdl, 3)->source, "two words");
    assert_string_equal(sdl_at(sdl, 4)->source, "A2");
    assert_null(sdl_at(sdl, 5));
    sdl_free(sdl);
}

/* Bytes that are no UTF-8 are ISO 8859-1, as Java wrote them; a BOM is no letter. */
static void test_encodings(void **state) {
    (void)state;
    assert_entries("Stra\xDF"
                   "e=Street",
                   "Stra\xC3\x9F"
                   "e>Street@1;");
    assert_entries("Stra\xC3\x9F"
                   "e=Street",
                   "Stra\xC3\x9F"
                   "e>Street@1;");
    assert_entries("\xEF\xBB\xBF"
                   "A=Email",
                   "A>Email@1;");
}

static void test_direction(void **state) {
    struct sdl *sdl = parse("Email=mail\nLastName=surname\nCompany=firm", "Lead");

    (void)state;
    assert_true(sdl_was_export(sdl));
    assert_string_equal(sdl_at(sdl, 0)->source, "mail");
    assert_string_equal(sdl_at(sdl, 0)->target, "Email");
    sdl_free(sdl);
    sdl = parse("EMAIL=Email\nname=LastName", "Lead");
    assert_false(sdl_was_export(sdl));
    sdl_free(sdl);
}

static void test_broken(void **state) {
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"", "maps nothing"},         {"# A=B\n", "maps nothing"},
        {"A=B\nno-mark\n", "line 2"}, {"A\n", "line 1"},
        {"=Email", "line 1"},         {"\\u12=Email", "line 1"},
        {"\\uD800=Email", "line 1"},  {"A=\\u00g0", "line 1"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sdl *sdl = NULL;
        struct err err = {.rc = RC_OK};
        int rc = sdl_parse(&sdl, slice_of(cases[i].text), "t.sdl", "Lead", &err);
        assert_int_equal(rc, RC_USAGE);
        assert_null(sdl);
        if (strstr(err.message, cases[i].words) == NULL ||
            strstr(err.message, "t.sdl") == NULL)
            fail_msg("'%s': %s", cases[i].text, err.message);
    }
}

static void test_fields(void **state) {
    static const struct {
        const char *entity_type, *salesforce, *field, *type;
    } cases[] = {
        {"Lead", "Company", "accountName", NULL},
        {"Lead", "company", "accountName", NULL},
        {"Lead", "LeadSource", "source", NULL},
        {"Lead", "MobilePhone", "phoneNumber", "Mobile"},
        {"Contact", "Account.Name", "accountId", NULL},
        {"Contact", "Account:Name", "accountId", NULL},
        {"Contact", "MailingCity", "addressCity", NULL},
        {"Contact", "Fax", "phoneNumber", "Fax"},
        {"Account", "BillingPostalCode", "billingAddressPostalCode", NULL},
        {"Account", "Sic", "sicCode", NULL},
        {"Opportunity", "StageName", "stage", NULL},
        {"Opportunity", "CurrencyIsoCode", "amountCurrency", NULL},
        {"Case", "Description", "description", NULL},
    };
    struct sdl_field f;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sdl_field(cases[i].entity_type, cases[i].salesforce, &f);
        if (f.field == NULL || strcmp(f.field, cases[i].field) != 0 || !f.known ||
            (f.type == NULL) != (cases[i].type == NULL))
            fail_msg("%s.%s is %s", cases[i].entity_type, cases[i].salesforce,
                     f.field == NULL ? "(none)" : f.field);
        if (cases[i].type != NULL)
            assert_string_equal(f.type, cases[i].type);
    }
    sdl_field("Lead", "OwnerId", &f);
    assert_true(f.known && f.field == NULL && f.not_why != NULL);
    sdl_field("Contact", "AccountId", &f);
    assert_true(f.known && f.field == NULL && f.not_why != NULL);
    sdl_field("Lead", "My_Field__c", &f);
    assert_true(!f.known && f.field == NULL && f.not_why == NULL);
    sdl_field("Lead", "Parent__r:Ext__c", &f);
    assert_true(!f.known && f.not_why != NULL);
}

/* What the tables name is there, and may be written. */
static void test_fields_are_there(void **state) {
    static const char *const entities[][2] = {{"lead", "Lead"},
                                              {"contact", "Contact"},
                                              {"account", "Account"},
                                              {"opportunity", "Opportunity"}};
    static const char *const names[] = {"Name",
                                        "FirstName",
                                        "LastName",
                                        "Salutation",
                                        "Email",
                                        "Phone",
                                        "Fax",
                                        "Company",
                                        "Street",
                                        "City",
                                        "Status",
                                        "Industry",
                                        "MailingStreet",
                                        "MailingCountry",
                                        "Account.Name",
                                        "Type",
                                        "Sic",
                                        "BillingState",
                                        "ShippingCity",
                                        "StageName",
                                        "Amount",
                                        "CloseDate",
                                        "Probability",
                                        "LeadSource",
                                        "Description",
                                        "Owner.Name",
                                        "Website",
                                        "Title",
                                        "DoNotCall",
                                        "MiddleName",
                                        "CurrencyIsoCode",
                                        "HasOptedOutOfEmail"};
    (void)state;
    for (size_t e = 0; e < 4; e++) {
        struct schema *schema =
            fixture_schema(entities[e][0], entities[e][1], NULL, NULL);
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            struct sdl_field f;
            const struct schema_attribute *def;
            sdl_field(entities[e][1], names[i], &f);
            def = f.field == NULL ? NULL : schema_find(schema, f.field);
            if (f.field != NULL &&
                (def == NULL || (def->lock != LOCK_NONE && !def->person_name)))
                fail_msg("%s has no %s to write", entities[e][1], f.field);
        }
        schema_free(schema);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_separators),
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_encodings),
        cmocka_unit_test(test_direction),
        cmocka_unit_test(test_broken),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_fields_are_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
