/* Which field a column is meant for: by names, labels, words and cells; and the draft. */
#include "model_fixture.h"

#include "model/guess.h"
#include "model/guess_words.h"

#include <jansson.h>
#include <string.h>

enum { COLUMNS_MAX = 24 };

static const char german[] =
    "{\"Lead\":{\"fields\":{\"title\":\"Funktion\",\"source\":\"Quelle\"},"
    "\"options\":{\"status\":{\"New\":\"Neu\",\"Dead\":\"Tot\"}}},"
    "\"Global\":{\"fields\":{\"lastName\":\"Nachname\",\"assignedUser\":\"Zugewiesen "
    "an Benutzer\",\"phoneNumber\":\"Telefon\"}}}";

/* A guess and all it was made from. */
struct scene {
    struct schema *schema;
    struct guess_column columns[COLUMNS_MAX];
    struct column_profile *profiles[COLUMNS_MAX];
    size_t count;
    struct guesses *guesses;
};

/* header: "a|b"; rows: likewise, NULL at the end. */
static void begin(struct scene *scene, const char *entity, const char *type,
                  const char *header, const char *const *rows) {
    struct slice cells[FIXTURE_CELLS];
    struct slice language = slice_of(german);
    struct guess_input input = {.languages = &language, .language_count = 1};
    struct err err = {.rc = RC_OK};

    memset(scene, 0, sizeof *scene);
    scene->schema = fixture_schema(entity, type, NULL, NULL);
    scene->count = fixture_cells(header, cells);
    assert_true(scene->count <= COLUMNS_MAX);
    for (size_t i = 0; i < scene->count; i++) {
        scene->columns[i].name = cells[i];
        scene->columns[i].profile = scene->profiles[i] = profile_new(NULL);
    }
    for (uint64_t line = 2; rows != NULL && *rows != NULL; rows++, line++) {
        assert_int_equal(fixture_cells(*rows, cells), scene->count);
        for (size_t i = 0; i < scene->count; i++)
            assert_int_equal(profile_add(scene->profiles[i], cells[i], line), RC_OK);
    }
    for (size_t i = 0; i < scene->count; i++)
        profile_summarize(scene->profiles[i], scene->columns[i].name,
                          &scene->columns[i].summary);
    input.schema = scene->schema;
    input.columns = scene->columns;
    input.column_count = scene->count;
    assert_int_equal(guess_new(&scene->guesses, &input, &err), RC_OK);
}

static void end(struct scene *scene) {
    guess_free(scene->guesses);
    for (size_t i = 0; i < scene->count; i++)
        profile_free(scene->profiles[i]);
    schema_free(scene->schema);
}

/* The fields of all columns, parted by "|", "-" for none. */
static void assert_fields(const struct scene *scene, const char *want) {
    struct buf out = {.max = 1 << 14};

    for (size_t i = 0; i < scene->count; i++) {
        const struct guess *guess = guess_at(scene->guesses, i);
        (void)buf_append_format(&out, "%s%s", i > 0 ? "|" : "",
                                guess->field == NULL ? "-" : guess->field);
        assert_true(guess->reason[0] != '\0');
        assert_true((guess->field == NULL) == (guess->confidence == 0));
    }
    if (strcmp(buf_text(&out), want) != 0)
        fail_msg("wanted %s\n   got %s", want, buf_text(&out));
    buf_fini(&out);
}

static void check(const char *entity, const char *type, const char *header,
                  const char *row, const char *want) {
    const char *rows[] = {row, NULL};
    struct scene scene;

    begin(&scene, entity, type, header, row == NULL ? NULL : rows);
    assert_fields(&scene, want);
    end(&scene);
}

static void test_keys(void **state) {
    static const char *const cases[][2] = {
        {"E-Mail", "email"},
        {" First  Name ", "firstname"},
        {"Stra\xC3\x9F"
         "e",
         "strasse"},
        {"T\xC3\xA9l\xC3\xA9phone", "telephone"},
        {"\xC3\x9Cnvan \xC4\xB0", "unvani"},
        {"\xD0\x98\xD0\xBC\xD1\x8F", "\xD0\xB8\xD0\xBC\xD1\x8F"},
        {"\xE9\x9B\xBB\xE8\xA9\xB1", "\xE9\x9B\xBB\xE8\xA9\xB1"},
        {"...", ""},
        {"", ""},
    };
    char room[GUESS_KEY + 1], longer[400];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (!slice_is(guess_key(slice_of(cases[i][0]), room), cases[i][1]))
            fail_msg("'%s' became '%s'", cases[i][0], room);
    memset(longer, 'x', sizeof longer);
    assert_int_equal(guess_key(slice_make(longer, sizeof longer), room).len, 0);
    assert_int_equal(guess_key(slice_make(longer, GUESS_KEY + 1), room).len, 0);
    assert_int_equal(guess_key(slice_make(longer, GUESS_KEY), room).len, GUESS_KEY);
}

static void test_names(void **state) {
    (void)state;
    check("lead", "Lead", "firstName|last_name|EMAIL ADDRESS|Ext|accountName", NULL,
          "firstName|lastName|emailAddress|-|accountName");
    check("lead", "Lead", "C Ext|cCInt|Nachname|Funktion|Quelle", NULL,
          "cCExt|cCInt|lastName|title|source");
    check("lead", "Lead", "Telefon|Zugewiesen an Benutzer|Websiet|Descripton", NULL,
          "phoneNumber|assignedUserId|-|description");
    check("contact", "Contact", "Vorname|Firma|E-Mail|Title|Created At", NULL,
          "firstName|accountId|emailAddress|title|-");
    check("account", "Account", "Company|Phone|City|Lieferadresse Ort|Billing Zip", NULL,
          "name|phoneNumber|billingAddressCity|shippingAddressCity|"
          "billingAddressPostalCode");
}

/* "Person - Name"; a date with or without a time. */
static void test_shapes(void **state) {
    (void)state;
    check("contact", "Contact",
          "Person - Name|Person - Email - Work|Person - Organization",
          "Ada Lovelace|a@b.example|Acme", "firstName, lastName|emailAddress|accountId");
    check("meeting", "Meeting", "Subject|Start date|End date", "A|31.12.2024|1.1.2025",
          "name|dateStartDate|dateEndDate");
    check("meeting", "Meeting", "Subject|Start date|End date",
          "A|2024-12-31 10:00|2024-12-31 11:00", "name|dateStart|dateEnd");
    check("lead", "Lead", "cCDate|cCDateTime", "2024-12-31 10:00|2024-12-31", "-|-");
}

static void test_people(void **state) {
    (void)state;
    check("lead", "Lead", "Name|E-Mail", "Ada Lovelace|a@b.example",
          "firstName, lastName|emailAddress");
    check("lead", "Lead", "Name|Vorname", "Lovelace|Ada", "lastName|firstName");
    check("lead", "Lead", "Nombre|Apellidos", "Ada|Lovelace", "firstName|lastName");
    check("lead", "Lead", "Name|First Name|Last Name", "A B|A|B", "-|firstName|lastName");
    check("lead", "Lead", "Title|Job", "Mr.|CEO", "salutationName|title");
}

static void test_addresses(void **state) {
    (void)state;
    check("lead", "Lead", "Home City|Work City|Work Street|Work Street 2|Zip",
          "A|B|C|D|1", "-|addressCity|addressStreet|addressStreet|addressPostalCode");
    check("lead", "Lead",
          "Stra\xC3\x9F"
          "e|Hausnr.|PLZ|Ort",
          "Am Markt|5|01067|Dresden",
          "addressStreet|addressStreet|addressPostalCode|addressCity");
    check("lead", "Lead", "Phone|Mobile|Home Phone 2|Fax|Assistant's Phone",
          "|+49 171 1234567|+49 30 901820||+49 30 901821",
          "phoneNumberData|phoneNumber|phoneNumberData|phoneNumberData|-");
    check("lead", "Lead", "E-mail 2|E-mail|E-mail Display Name|other",
          "b@x.example|a@x.example|A|c@x.example",
          "emailAddressData|emailAddress|-|emailAddressData");
}

static void test_misfits(void **state) {
    static const char *const rows[] = {"many|x|later|red|high|soon",
                                       "few|y|ask|blue|low|now", NULL};
    struct scene scene;

    (void)state;
    begin(&scene, "opportunity", "Opportunity",
          "Amount|Name|Close Date|Stage|Probability|Company Id", rows);
    assert_fields(&scene, "-|name|-|-|-|-");
    assert_non_null(strstr(guess_at(scene.guesses, 0)->reason, "not numbers"));
    assert_non_null(strstr(guess_at(scene.guesses, 2)->reason, "not dates"));
    assert_non_null(strstr(guess_at(scene.guesses, 3)->reason, "an option"));
    end(&scene);
    check("contact", "Contact", "Account ID|Account", "0015e00000AbC01AAB|Acme",
          "-|accountId");
    check("contact", "Contact", "Owner", "Ada Byron (ada@x.example)", "-");
}

static json_t *draft_of(struct scene *scene) {
    const char *text = NULL;
    struct err err = {.rc = RC_OK};
    json_t *root;

    assert_int_equal(guess_draft(scene->guesses, &text, &err), RC_OK);
    root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    return root;
}

/* A member of column i of the draft as JSON text; "" = none. */
static void assert_member(json_t *root, size_t i, const char *name, const char *want) {
    json_t *column = json_array_get(json_object_get(root, "columns"), i);
    json_t *value = json_object_get(column, name);
    char *text = value == NULL ? strdup("") : json_dumps(value, JSON_ENCODE_ANY);

    if (strcmp(text, want) != 0)
        fail_msg("%s of column %zu is %s", name, i, text);
    free(text);
}

static void assert_default(json_t *root, const char *name, const char *want) {
    const char *text =
        json_string_value(json_object_get(json_object_get(root, "defaults"), name));

    assert_string_equal(text == NULL ? "(none)" : text, want);
}

static void test_draft(void **state) {
    static const char *const rows[] = {
        "Herr|1.234,50|Neu|ja|030 901820|Deutschland|n/a|31.12.2024|x;y",
        "Frau|12,00|Qualified|vrai|030 901821|Deutschland|a@x.de|1.2.2024|z", NULL};
    struct scene scene;
    json_t *root;

    (void)state;
    begin(&scene, "lead", "Lead",
          "Anrede|Umsatz|Status|Do not call|Tel.|Land|E-Mail|cCDate|cCArray", rows);
    assert_fields(&scene, "salutationName|opportunityAmount|status|doNotCall|phoneNumber|"
                          "addressCountry|emailAddress|cCDate|cCArray");
    root = draft_of(&scene);
    assert_member(root, 0, "valueMap", "{\"Herr\": \"Mr.\", \"Frau\": \"Ms.\"}");
    assert_member(root, 2, "valueMap", "{\"Qualified\": \"In Process\"}");
    assert_member(root, 3, "valueMap", "{\"ja\": \"true\", \"vrai\": \"true\"}");
    assert_member(root, 7, "format", "\"%d.%m.%Y\"");
    assert_member(root, 8, "delimiter", "\";\"");
    assert_default(root, "decimalChar", ",");
    assert_default(root, "groupChar", ".");
    assert_default(root, "phoneCountry", "DE");
    assert_string_equal(
        json_string_value(json_array_get(
            json_object_get(json_object_get(root, "source"), "missingValues"), 1)),
        "n/a");
    assert_string_equal(json_string_value(json_object_get(root, "operation")), "create");
    json_decref(root);
    end(&scene);
}

/* Several e-mail addresses in one cell. */
static void test_mail_lists(void **state) {
    static const char *const beside[] = {"a@x.de|b@x.de; c@x.de|Berlin", "d@x.de||Bonn",
                                         NULL};
    static const char *const alone[] = {"Byron|a@x.de, b@x.de|yes", "Hopper|c@x.de|no",
                                        NULL};
    static const char *const none[] = {"Byron|a@x.de; the other one", NULL};
    struct scene scene;
    json_t *root;

    (void)state;
    begin(&scene, "lead", "Lead", "E-Mail|Zus\xC3\xA4tzliche E-Mail-Adressen|Land/Region",
          beside);
    assert_fields(&scene, "emailAddress|emailAddressData|addressCountry");
    root = draft_of(&scene);
    assert_member(root, 0, "delimiter", "");
    assert_member(root, 1, "delimiter", "\";\"");
    json_decref(root);
    end(&scene);
    begin(&scene, "lead", "Lead", "Last name|Emails|Email opt out", alone);
    assert_fields(&scene, "lastName|emailAddress|emailAddressIsOptedOut");
    root = draft_of(&scene);
    assert_int_equal(json_array_size(json_object_get(root, "columns")), 2);
    assert_member(root, 1, "optedOut", "{\"column\": \"Email opt out\"}");
    assert_member(root, 1, "delimiter", "\",\"");
    json_decref(root);
    end(&scene);
    begin(&scene, "lead", "Lead", "Last name|Emails", none);
    assert_fields(&scene, "lastName|-");
    end(&scene);
}

/* What is looked up waits for the rights on the other side. */
static void test_targets(void **state) {
    static const char *const rows[] = {"Acme|joe|B", NULL};
    struct scene scene;
    struct schema *account = fixture_schema("account", "Account", NULL, NULL);
    struct err err = {.rc = RC_OK};
    json_t *root;

    (void)state;
    begin(&scene, "contact", "Contact", "Company|Owner|Last Name", rows);
    assert_string_equal(guess_target(scene.guesses, 0), "Account");
    assert_string_equal(guess_target(scene.guesses, 1), "User");
    assert_null(guess_target(scene.guesses, 2));
    assert_int_equal(guess_set_target(scene.guesses, "Account", account, &err), RC_OK);
    assert_int_equal(guess_set_target(scene.guesses, "User", NULL, &err), RC_OK);
    assert_fields(&scene, "accountId|-|lastName");
    assert_non_null(strstr(guess_at(scene.guesses, 1)->reason, "may not read User"));
    root = draft_of(&scene);
    assert_member(root, 0, "lookup", "{\"by\": [\"name\"], \"onNone\": \"create\"}");
    assert_member(root, 1, "ignore", "true");
    json_decref(root);
    end(&scene);
    schema_free(account);
}

/* Dates that nothing tells follow those that tell. */
static void test_dates(void **state) {
    static const char *const open[] = {"05/06/2024|05/06/2024", NULL};
    static const char *const told[] = {"05/06/2024|12/31/2024", NULL};
    struct scene scene;
    json_t *root;

    (void)state;
    begin(&scene, "lead", "Lead", "cCDate|Fair", open);
    root = draft_of(&scene);
    assert_member(root, 0, "format", "\"%d/%m/%Y\"");
    assert_non_null(strstr(guess_at(scene.guesses, 0)->remark, "%m/%d/%Y"));
    json_decref(root);
    end(&scene);
    begin(&scene, "lead", "Lead", "cCDate|Fair", told);
    root = draft_of(&scene);
    assert_member(root, 0, "format", "\"%m/%d/%Y\"");
    json_decref(root);
    end(&scene);
}

static void test_words(void **state) {
    struct slice option;
    bool usual;

    (void)state;
    assert_true(guess_option_word("source", slice_of("web"), &option));
    assert_true(slice_is(option, "Web Site"));
    assert_true(guess_option_word("type", slice_of("prospect"), &option));
    assert_int_equal(option.len, 0);
    assert_false(guess_option_word("source", slice_of("we"), &option));
    assert_false(guess_option_word("title", slice_of("web"), &option));
    assert_string_equal(guess_country(slice_of("osterreich")), "AT");
    assert_null(guess_country(slice_of("atlantis")));
    assert_int_equal(guess_bool_word("Ja", &usual), 1);
    assert_int_equal(guess_bool_word("faux", &usual), -1);
    assert_false(usual);
    assert_int_equal(guess_bool_word("maybe", &usual), 0);
    assert_true(guess_is_word("a|bc|d", slice_of("bc")));
    assert_false(guess_is_word("a|bc|d", slice_of("b")));
    assert_false(guess_is_word("a|bc|d", slice_of("")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),       cmocka_unit_test(test_names),
        cmocka_unit_test(test_shapes),     cmocka_unit_test(test_people),
        cmocka_unit_test(test_addresses),  cmocka_unit_test(test_misfits),
        cmocka_unit_test(test_draft),      cmocka_unit_test(test_targets),
        cmocka_unit_test(test_dates),      cmocka_unit_test(test_words),
        cmocka_unit_test(test_mail_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
