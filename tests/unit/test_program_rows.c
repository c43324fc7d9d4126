/* test_program_rows.c - the program that a mapping becomes: what rows are made of. */
#include "model_fixture.h"

#include "model/json.h"

#include <unistd.h>

#define LAST "{\"name\":\"l\",\"field\":\"lastName\"},"

struct row_case {
    const char *row, *want;
};

static void check_rows(const char *entity, const char *type, const char *root,
                       const char *columns, const char *header,
                       const struct row_case *cases, size_t count) {
    struct schema *schema = fixture_schema(entity, type, NULL, NULL);
    struct mapping *mapping = fixture_mapping(type, root, columns);
    struct mapping_problem *problems = NULL;
    size_t n = 0;
    struct program *program = fixture_program(mapping, schema, header, &problems, &n);
    struct buf out = {.max = 1 << 20};

    if (program == NULL)
        fail_msg("%s: %s", problems[0].pointer, problems[0].message);
    for (size_t i = 0; i < count; i++) {
        fixture_run(program, cases[i].row, &out);
        if (strcmp(buf_text(&out), cases[i].want) != 0)
            fail_msg("%s gave %s", cases[i].row, buf_text(&out));
    }
    buf_fini(&out);
    program_free(program);
    mapping_free(mapping);
    schema_free(schema);
}

#define ROWS(columns, header, cases)                                                     \
    check_rows("lead", "Lead", "", columns, header, cases, sizeof cases / sizeof *cases)
#define SPLIT(pattern, fields)                                                           \
    "{\"name\":\"n\",\"split\":{\"pattern\":\"" pattern "\"},\"fields\":[" fields "]}"

static void test_split(void **state) {
    static const struct row_case comma[] = {
        {"Lovelace, Ada", "{\"lastName\":\"Lovelace\",\"firstName\":\"Ada\"}"},
        {"van der Berg,Jan Piet",
         "{\"lastName\":\"van der Berg\",\"firstName\":\"Jan Piet\"}"},
        {"Cher", "{\"lastName\":\"Cher\"}"},
        {"Ada Lovelace", "SPLIT_INVALID lastName@0"},
        {"a, b, c", "SPLIT_INVALID lastName@0"},
        {", Ada", "SPLIT_INVALID lastName@0"},
    };
    static const struct row_case last_first[] = {
        {"Lovelace Ada King", "{\"lastName\":\"Lovelace\",\"firstName\":\"Ada King\"}"}};
    static const struct row_case middle[] = {
        {"Grace B Hopper",
         "{\"firstName\":\"Grace\",\"middleName\":\"B\",\"lastName\":\"Hopper\"}"},
        {"Grace Hopper", "{\"firstName\":\"Grace\",\"lastName\":\"Hopper\"}"},
        {"Hopper", "{\"lastName\":\"Hopper\"}"},
        {"A B C D", "{\"firstName\":\"A\",\"middleName\":\"B C\",\"lastName\":\"D\"}"},
    };
    static const struct row_case slash[] = {
        {"Berlin / BE / DE", "{\"accountName\":\"Berlin\",\"addressState\":\"BE\","
                             "\"addressCountry\":\"DE\"}"},
        {"Berlin//DE", "{\"accountName\":\"Berlin\",\"addressCountry\":\"DE\"}"},
        {"Berlin/DE", "SPLIT_INVALID accountName@0"},
        {"a/b/c/d", "SPLIT_INVALID accountName@0"},
    };

    (void)state;
    ROWS("{\"name\":\"n\",\"split\":{\"pattern\":\"last, "
         "first\"},\"fields\":[\"lastName\","
         "\"firstName\"]}",
         "n", comma);
    ROWS(SPLIT("last first", "\"lastName\",\"firstName\""), "n", last_first);
    ROWS(SPLIT("first middle last", "\"firstName\",\"middleName\",\"lastName\""), "n",
         middle);
    ROWS(SPLIT("/", "\"accountName\",\"addressState\",\"addressCountry\""), "n", slash);
}

static void test_split_first_last(void **state) {
    static const struct row_case cases[] = {
        {"Ada Lovelace", "{\"firstName\":\"Ada\",\"lastName\":\"Lovelace\"}"},
        {" Anna  Maria   Schmidt ",
         "{\"firstName\":\"Anna  Maria\",\"lastName\":\"Schmidt\"}"},
        {"Cher", "{\"lastName\":\"Cher\"}"},
        {"Ada <b>", "VALUE_PATTERN lastName@0"},
        {"", "ROW_EMPTY @-1"},
    };

    (void)state;
    ROWS(SPLIT("first last", "\"firstName\",\"lastName\""), "n", cases);
}

static void test_join(void **state) {
    static const struct row_case cases[] = {
        {"Z|a|b|c", "{\"lastName\":\"Z\",\"description\":\"a\\nb\\nc\"}"},
        {"Z|a||c", "{\"lastName\":\"Z\",\"description\":\"a\\nc\"}"},
        {"Z||  |c", "{\"lastName\":\"Z\",\"description\":\"c\"}"},
        {"Z|||", "{\"lastName\":\"Z\"}"},
        {"Z", "{\"lastName\":\"Z\"}"}, /* a short record */
    };

    (void)state;
    ROWS(LAST
         "{\"names\":[\"x\",\"y\",\"z\"],\"join\":\"\\n\",\"field\":\"description\"}",
         "l|x|y|z", cases);
}

static void test_constants(void **state) {
    static const struct row_case cases[] = {
        {"Z|5", "{\"lastName\":\"Z\",\"opportunityAmount\":5,"
                "\"opportunityAmountCurrency\":\"EUR\",\"doNotCall\":true,\"cCInt\":7,"
                "\"cCFloat\":1.5,\"cCDecimal\":\"2.25\",\"cCMulti\":[\"Red\",\"Blue\"],"
                "\"cCDate\":\"2026-12-31\"}"},
        {"Z|1200 EUR", "{\"lastName\":\"Z\",\"opportunityAmount\":1200,"
                       "\"opportunityAmountCurrency\":\"EUR\",\"doNotCall\":true,"
                       "\"cCInt\":7,\"cCFloat\":1.5,\"cCDecimal\":\"2.25\",\"cCMulti\":["
                       "\"Red\",\"Blue\"],\"cCDate\":\"2026-12-31\"}"},
        {"Z|1200 USD", "NUMBER_INVALID opportunityAmount@1"},
        {"|", "ROW_EMPTY @-1"}, /* constants alone are no row */
    };

    (void)state;
    ROWS(LAST "{\"name\":\"a\",\"field\":\"opportunityAmount\"},{\"const\":\"EUR\","
              "\"field\":\"opportunityAmountCurrency\"},{\"const\":true,\"field\":"
              "\"doNotCall\"},{\"const\":7,\"field\":\"cCInt\"},{\"const\":1.5,\"field\":"
              "\"cCFloat\"},{\"const\":\"2.25\",\"field\":\"cCDecimal\"},{\"const\":["
              "\"Red\",\"Blue\"],\"field\":\"cCMulti\"},{\"const\":\"2026-12-31\","
              "\"field\":\"cCDate\"}",
         "l|a", cases);
}

static void test_required_rows(void **state) {
    static const struct row_case lead[] = {
        {"a@x.com|", "{\"emailAddress\":\"a@x.com\"}"},
        {"|note", "VALUE_REQUIRED name@-1"},
        {"nope|note", "EMAIL_INVALID emailAddress@0"}, /* told once, not as missing too */
        {"|", "ROW_EMPTY @-1"},
    };
    static const struct row_case contact[] = {
        {"Ada|Lovelace", "{\"firstName\":\"Ada\",\"lastName\":\"Lovelace\"}"},
        {"Ada|", "VALUE_REQUIRED lastName@1"},
        {"Ada|<", "VALUE_PATTERN lastName@1"},
        {"<|", "VALUE_PATTERN firstName@0; VALUE_REQUIRED lastName@1"},
    };
    static const struct row_case opportunity[] = {
        {"Deal|5|2026-12-31||",
         "{\"name\":\"Deal\",\"amount\":5,\"closeDate\":\"2026-12-31\"}"},
        {"||||50", "VALUE_REQUIRED name@0; VALUE_REQUIRED amount@1; VALUE_REQUIRED "
                   "closeDate@2"},
        {"Deal|x|2026-02-30|Nope|101",
         "NUMBER_INVALID amount@1; DATE_INVALID closeDate@2; ENUM_UNKNOWN stage@3; "
         "NUMBER_RANGE probability@4"},
    };

    (void)state;
    ROWS("{\"name\":\"e\",\"field\":\"emailAddress\"},{\"name\":\"d\",\"field\":"
         "\"description\"}",
         "e|d", lead);
    check_rows("contact", "Contact", "",
               "{\"name\":\"f\",\"field\":\"firstName\"},{\"name\":\"l\",\"field\":"
               "\"lastName\"}",
               "f|l", contact, 4);
    check_rows(
        "opportunity", "Opportunity", "",
        "{\"name\":\"n\",\"field\":\"name\"},{\"name\":\"a\",\"field\":\"amount\"},{"
        "\"name\":\"c\",\"field\":\"closeDate\"},{\"name\":\"s\",\"field\":"
        "\"stage\"},{\"name\":\"p\",\"field\":\"probability\"}",
        "n|a|c|s|p", opportunity, 3);
}

static void test_star(void **state) {
    static const struct row_case cases[] = {
        {"a@x.com|Ada|L|New|x|y|z|+14155550101|1|q",
         "{\"emailAddress\":\"a@x.com\",\"firstName\":\"Ada\",\"lastName\":\"L\","
         "\"status\":\"New\",\"phoneNumber\":\"+14155550101\"}"}};
    static const char header[] =
        "E-Mail|firstName|Last Name|STATUS|createdAt|Unknown|_id|phone_number|id|"
        "emailAddress";
    struct schema *schema = fixture_schema("lead", "Lead", NULL, NULL);
    struct mapping *mapping = NULL;
    struct err err = {.rc = RC_OK};
    struct program *program;
    const size_t *unused;
    const struct schema_attribute *const *attributes;

    (void)state;
    check_rows(
        "lead", "Lead", "",
        "{\"name\":\"E-Mail\",\"field\":\"emailAddress\"},{\"name\":\"*\",\"field\":"
        "\"*\"}",
        header, cases, 1);
    assert_int_equal(mapping_load(&mapping, "Lead: E-Mail=emailAddress, *=*", NULL, &err),
                     RC_OK);
    program = fixture_program(mapping, schema, header, NULL, NULL);
    assert_non_null(program);
    assert_int_equal(program_unused_columns(program, &unused), 4);
    assert_int_equal(unused[0], 4); /* createdAt: locked */
    assert_int_equal(unused[1], 5);
    assert_int_equal(unused[2], 8); /* id; _id is not even listed */
    assert_int_equal(unused[3], 9); /* emailAddress has its column already */
    assert_int_equal(program_attributes(program, &attributes), 5);
    assert_string_equal(attributes[0]->name, "emailAddress");
    assert_string_equal(attributes[4]->name, "phoneNumber");
    program_free(program);
    mapping_free(mapping);
    schema_free(schema);
}

static void test_unused(void **state) {
    struct schema *schema = fixture_schema("lead", "Lead", NULL, NULL);
    struct mapping *mapping =
        fixture_mapping("Lead", "",
                        LAST "{\"name\":\"intern\",\"ignore\":true},{\"name\":\"gone\","
                             "\"ignore\":true}");
    struct program *program =
        fixture_program(mapping, schema, "l|Intern|other|_line", NULL, NULL);
    const size_t *unused;

    (void)state;
    assert_non_null(program);
    assert_int_equal(program_unused_columns(program, &unused), 1);
    assert_int_equal(unused[0], 2);
    program_free(program);
    program_free(NULL);
    mapping_free(mapping);
    schema_free(schema);
}

static struct program *shipped(const char *name, const struct schema *schema,
                               const char *header, struct mapping **mapping) {
    char path[512];
    struct err err = {.rc = RC_OK};
    struct mapping_problem *problems = NULL;
    struct program *program;
    size_t count = 0;

    (void)snprintf(path, sizeof path, "%s/%s.json", MAPPINGS, name);
    if (mapping_load(mapping, path, NULL, &err) < 0)
        fail_msg("%s %s", err.message, err.advice);
    program = fixture_program(*mapping, schema, header, &problems, &count);
    if (program == NULL)
        fail_msg("%s: %s: %s", name, problems[0].pointer, problems[0].message);
    return program;
}

/* The file of the demo, and the example of EspoCRM's API client page. */
static void test_lead_mapping(void **state) {
    static const char header[] =
        "First Name|Last Name|E-Mail|Phone|Company|Job "
        "Title|Website|Status|Source|Industry|Street|City|State|Postal "
        "Code|Country|Opportunity Amount|Currency|Do Not Call|Assigned User|Notes";
    static const char row[] =
        "Ada|Lovelace|ada@example.com|+14155550101|Analytical "
        "Ltd|Countess|https://a.example/"
        "|in PROCESS|web site|legal|1 Main St|London|LDN|N1|UK|1,234.50|USD|x||Note";
    static const char *const example_header =
        "firstName|lastName|emailAddress|phoneNumber|source|assignedUserId|industry|"
        "accountName|website|addressStreet|addressCity|opportunityAmount|doNotCall";
    struct schema *schema = fixture_schema("lead", "Lead", NULL, NULL);
    struct mapping *mapping = NULL;
    struct program *program = shipped("lead", schema, header, &mapping);
    struct buf out = {.max = 1 << 16};
    const size_t *unused;

    (void)state;
    assert_int_equal(program_unused_columns(program, &unused), 0);
    fixture_run(program, row, &out);
    assert_string_equal(
        buf_text(&out),
        "{\"firstName\":\"Ada\",\"lastName\":\"Lovelace\",\"emailAddress\":"
        "\"ada@example.com\",\"phoneNumber\":\"+14155550101\",\"accountName\":"
        "\"Analytical Ltd\",\"title\":\"Countess\",\"website\":\"https://a.example/\","
        "\"status\":\"In Process\",\"source\":\"Web Site\",\"industry\":\"Legal\","
        "\"addressStreet\":\"1 Main St\",\"addressCity\":\"London\",\"addressState\":"
        "\"LDN\",\"addressPostalCode\":\"N1\",\"addressCountry\":\"UK\","
        "\"opportunityAmount\":1234.50,\"opportunityAmountCurrency\":\"USD\","
        "\"doNotCall\":true,\"description\":\"Note\"}");
    program_free(program);
    mapping_free(mapping);
    program = shipped("lead", schema, example_header, &mapping);
    fixture_run(program,
                "John|Does|email@example.com|+11111-22222-33333|Web "
                "Site|1|Legal|Acme|https://example.com|Street|City|100|no",
                &out);
    assert_string_equal(buf_text(&out), "PHONE_INVALID phoneNumber@3");
    fixture_run(
        program,
        "John|Does|email@example.com||Web Site|1|Legal|Acme|https://example.com|||100|no",
        &out);
    assert_non_null(strstr(buf_text(&out), "\"assignedUserId\":\"1\""));
    assert_non_null(strstr(buf_text(&out), "\"source\":\"Web Site\""));
    program_free(program);
    mapping_free(mapping);
    buf_fini(&out);
    schema_free(schema);
}

static void test_shipped_mappings(void **state) {
    static const struct {
        const char *name, *type, *header, *row, *want;
    } cases[] = {
        {"contact", "Contact", "Vorname|Nachname|Email|Account ID",
         "Ada|Lovelace|ada@example.com|6b04e31b1ed64efec",
         "{\"firstName\":\"Ada\",\"lastName\":\"Lovelace\",\"emailAddress\":"
         "\"ada@example.com\",\"accountId\":\"6b04e31b1ed64efec\"}"},
        {"account", "Account", "Account Name|Type|Industry|Billing City",
         "Acme|customer|Real estate|Berlin",
         "{\"name\":\"Acme\",\"type\":\"Customer\",\"industry\":\"Real Estate\","
         "\"billingAddressCity\":\"Berlin\"}"},
        {"opportunity", "Opportunity", "Name|Amount|Stage|Close Date|Probability",
         "Deal|1,500.25|closed won|2026-12-31|10",
         "{\"name\":\"Deal\",\"amount\":1500.25,\"stage\":\"Closed "
         "Won\",\"probability\":10,"
         "\"closeDate\":\"2026-12-31\"}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct schema *schema = fixture_schema(cases[i].name, cases[i].type, NULL, NULL);
        struct mapping *mapping = NULL;
        struct program *program =
            shipped(cases[i].name, schema, cases[i].header, &mapping);
        struct buf out = {.max = 1 << 16};
        fixture_run(program, cases[i].row, &out);
        assert_string_equal(buf_text(&out), cases[i].want);
        buf_fini(&out);
        program_free(program);
        mapping_free(mapping);
        schema_free(schema);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_split_first_last),
        cmocka_unit_test(test_join),
        cmocka_unit_test(test_constants),
        cmocka_unit_test(test_required_rows),
        cmocka_unit_test(test_star),
        cmocka_unit_test(test_unused),
        cmocka_unit_test(test_lead_mapping),
        cmocka_unit_test(test_shipped_mappings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
