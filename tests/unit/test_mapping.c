/* test_mapping.c - the mapping file: its words, and its mistakes, alone and against a
 * header and a server. */
#include "model_fixture.h"

#include "model/json.h"

#include <unistd.h>

#define LEAD "{\"version\":1,\"entityType\":\"Lead\","
#define COLUMNS "\"columns\":[{\"name\":\"a\",\"field\":\"lastName\"}]}"
#define COLUMN(inside) LEAD "\"columns\":[{" inside "}]}"

/* The mistakes that need neither a header nor a server. */
static void test_parse_errors(void **state) {
    static const struct {
        const char *text, *pointer, *words;
    } cases[] = {
        {"", "test.json", "line 1"},
        {"{", "line 1", "bracket"},
        {"\xFF\xFE{", "test.json is UTF-16", "save it as UTF-8"},
        {"[]", "test.json", "must be an object"},
        {"{\"version\":1,\"version\":1}", "line 1", "uplicate"},
        {"{\"entityType\":\"Lead\"," COLUMNS, "/version", "must be 1"},
        {"{\"version\":2,\"entityType\":\"Lead\"," COLUMNS, "/version",
         "no other version"},
        {"{\"version\":\"1\",\"entityType\":\"Lead\"," COLUMNS, "/version", "must be 1"},
        {"{\"version\":1," COLUMNS, "/entityType", "missing"},
        {"{\"version\":1,\"entityType\":\"\"," COLUMNS, "/entityType", "not be empty"},
        {"{\"version\":1,\"entityType\":5," COLUMNS, "/entityType", "must be a string"},
        {LEAD "\"columns\":[]}", "/columns", "array"},
        {LEAD "\"columns\":{}}", "/columns", "array"},
        {LEAD "\"columns\":[5]}", "/columns/0", "must be an object"},
        {LEAD "\"colums\":[]," COLUMNS, "/colums", "did you mean 'columns'?"},
        {LEAD "\"a/b~c\":1," COLUMNS, "/a~1b~0c", "unknown key"},
        {COLUMN("\"name\":\"a\",\"feild\":\"x\""), "/columns/0/feild",
         "did you mean 'field'?"},
        {COLUMN("\"name\":\"a\",\"field\":\"x\",\"xyzzy\":1"), "/columns/0/xyzzy",
         "unknown key 'xyzzy'"},
        {LEAD "\"operation\":\"insert\"," COLUMNS, "/operation",
         "'insert' must be one of: create, update, upsert, delete"},
        {LEAD "\"onDuplicate\":5," COLUMNS, "/onDuplicate", "fail, skip, update, force"},
        {LEAD "\"source\":{\"dialect\":{\"delimiter\":\";;\"}}," COLUMNS,
         "/source/dialect/delimiter", "one ASCII character"},
        {LEAD "\"source\":{\"dialect\":{\"doubleQuote\":false}}," COLUMNS,
         "/source/dialect/doubleQuote", "must be true"},
        {LEAD "\"source\":{\"missingValues\":[1]}," COLUMNS, "/source/missingValues",
         "array of strings"},
        {LEAD "\"defaults\":{\"empty\":\"skip\"}," COLUMNS, "/defaults/empty",
         "keep, null, error"},
        {LEAD "\"defaults\":{\"decimalChar\":\"..\"}," COLUMNS, "/defaults/decimalChar",
         "single character"},
        {LEAD "\"match\":[]," COLUMNS, "/match", "array of rules"},
        {LEAD "\"match\":[[]]," COLUMNS, "/match/0", "array of attributes"},
        {LEAD "\"match\":[\"emailAddress\"]," COLUMNS, "/match/0", "array of attributes"},
        {COLUMN("\"field\":\"lastName\""), "/columns/0", "needs \"name\""},
        {COLUMN("\"name\":\"a\""), "/columns/0", "needs \"field\""},
        {COLUMN("\"name\":\"a\",\"names\":[\"b\"],\"join\":\" \",\"field\":\"x\""),
         "/columns/0/names", "beside \"name\""},
        {COLUMN("\"names\":[\"a\",\"b\"],\"field\":\"x\""), "/columns/0/names",
         "\"join\""},
        {COLUMN("\"name\":\"a\",\"join\":\" \",\"field\":\"x\""), "/columns/0/join",
         "\"names\""},
        {COLUMN("\"name\":\"a\",\"fields\":[\"x\",\"y\"]"), "/columns/0/fields", "split"},
        {COLUMN("\"name\":\"a\",\"split\":{\"pattern\":\"first last\"},\"field\":\"x\""),
         "/columns/0/split", "fields"},
        {COLUMN("\"name\":\"a\",\"split\":{\"pattern\":\"first last\"},\"fields\":[\"x\","
                "\"y\",\"z\"]"),
         "/columns/0/fields", "two attributes"},
        {COLUMN("\"name\":\"a\",\"split\":{\"pattern\":\"last frist\"},\"fields\":[\"x\","
                "\"y\"]"),
         "/columns/0/split", "must be one of"},
        {COLUMN("\"name\":\"a\",\"split\":\"first last\",\"fields\":[\"x\",\"y\"]"),
         "/columns/0/split", "must be an object"},
        {COLUMN("\"const\":null,\"field\":\"x\""), "/columns/0/const", "not empty"},
        {COLUMN("\"const\":\"\",\"field\":\"x\""), "/columns/0/const", "not empty"},
        {COLUMN("\"const\":\"v\",\"name\":\"a\",\"field\":\"x\""), "/columns/0/const",
         "cannot have a column"},
        {COLUMN("\"name\":\"a\",\"ignore\":true,\"field\":\"x\""), "/columns/0/ignore",
         "take away"},
        {COLUMN("\"name\":\"a\",\"ignore\":\"yes\""), "/columns/0/ignore",
         "true or false"},
        {COLUMN("\"name\":\"a\",\"field\":\"x\",\"valueMap\":[]"), "/columns/0/valueMap",
         "must be an object"},
        {COLUMN("\"name\":\"a\",\"field\":\"x\",\"valueMap\":{\"a/b\":1}"),
         "/columns/0/valueMap/a~1b", "must be a string"},
        {COLUMN("\"name\":\"a\",\"field\":\"x\",\"valueMap\":{\"n\":\"\"}"),
         "/columns/0/valueMap/n", "null clears"},
        {COLUMN("\"name\":\"a\",\"field\":\"x\",\"required\":true,\"empty\":\"null\""),
         "/columns/0/empty", "contradicts"},
        {COLUMN("\"name\":\"*\",\"field\":\"x\""), "/columns/0/name",
         "both name and field"},
        {COLUMN("\"name\":\"a\",\"field\":\"*\""), "/columns/0/field",
         "both name and field"},
        {LEAD "\"onRepeat\":\"never\"," COLUMNS, "/onRepeat",
         "error, first, last, merge, inOrder"},
        {LEAD "\"onMatch\":\"replace\"," COLUMNS, "/onMatch", "update, skip, error"},
        {LEAD "\"onManyMatches\":\"all\"," COLUMNS, "/onManyMatches",
         "error, skip, first"},
        {COLUMN("\"name\":\"a\",\"field\":\"x\",\"onConflict\":\"merge\""),
         "/columns/0/onConflict", "overwrite, fillBlank, keep, newest, error"},
        {COLUMN("\"name\":\"a\",\"field\":\"x\",\"lookup\":\"Account\""),
         "/columns/0/lookup", "must be an object"},
        {COLUMN("\"name\":\"a\",\"field\":\"x\",\"lookup\":{\"onNon\":\"null\"}"),
         "/columns/0/lookup/onNon", "did you mean 'onNone'?"},
        {COLUMN("\"name\":\"a\",\"field\":\"x\",\"lookup\":{\"onNone\":\"make\"}"),
         "/columns/0/lookup/onNone", "error, null, skip, create"},
        {COLUMN("\"name\":\"a\",\"field\":\"x\",\"lookup\":{\"onMany\":\"last\"}"),
         "/columns/0/lookup/onMany", "error, first"},
        {COLUMN("\"name\":\"a\",\"field\":\"x\",\"lookup\":{\"by\":[5]}"),
         "/columns/0/lookup/by", "array of strings"},
        {COLUMN("\"name\":\"a\",\"field\":\"x\",\"linkMultiple\":\"merge\""),
         "/columns/0/linkMultiple", "replace, add"},
        {COLUMN("\"name\":\"a\",\"field\":\"x\",\"transforms\":[\"trimm\"]"),
         "/columns/0/transforms/0", "is not a transform: there are trim, collapse"},
        {COLUMN("\"name\":\"a\",\"field\":\"x\",\"transforms\":[\"trim\","
                "{\"substr\":[1]}]"),
         "/columns/0/transforms/1", "is written as {\"substr\": [from, count]}"},
        {COLUMN("\"name\":\"a\",\"field\":\"x\",\"transforms\":[{\"regex\":"
                "[\"(\",\"\"]}]"),
         "/columns/0/transforms/0", "the pattern '(' is not valid"},
        {COLUMN("\"name\":\"a\",\"field\":\"x\",\"transforms\":[{\"replace\":"
                "[\"\",\"x\"]}]"),
         "/columns/0/transforms/0", "replaces nothing"},
        {COLUMN("\"name\":\"a\",\"field\":\"x\",\"transforms\":[{\"padLeft\":"
                "[0,\"x\"]}]"),
         "/columns/0/transforms/0", "width"},
        {COLUMN("\"name\":\"a\\u0000b\",\"field\":\"x\""), "line 1", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mapping *mapping = NULL;
        struct err err = {.rc = RC_OK};
        char all[sizeof err.message + sizeof err.advice];
        int rc = mapping_parse(&mapping, slice_of(cases[i].text), "test.json", &err);
        (void)snprintf(all, sizeof all, "%s %s", err.message, err.advice);
        if (rc != RC_USAGE || strstr(all, cases[i].pointer) == NULL ||
            strstr(all, cases[i].words) == NULL)
            fail_msg("%s gave %d: %s", cases[i].text, rc, all);
        assert_null(mapping);
    }
}

static void test_parse(void **state) {
    static const char text[] =
        "\xEF\xBB\xBF" LEAD /* as editors of Windows save it */
        "\"title\":\"T\",\"$schema\":\"x\",\"source\":{\"encoding\":\"windows-1252\","
        "\"dialect\":{\"delimiter\":\"\\t\",\"quoteChar\":\"'\",\"header\":false,"
        "\"commentChar\":\"#\"},\"missingValues\":\"-\"},\"operation\":\"upsert\","
        "\"onDuplicate\":\"force\",\"onMatch\":\"skip\",\"onManyMatches\":\"first\","
        "\"match\":[[\"emailAddress\"],[\"firstName\",\"lastName\"]]," COLUMNS;
    struct mapping *mapping = NULL, *again = NULL;
    struct err err = {.rc = RC_OK};

    (void)state;
    assert_int_equal(mapping_parse(&mapping, slice_of(text), "t", &err), RC_OK);
    assert_string_equal(mapping_entity_type(mapping), "Lead");
    assert_string_equal(mapping_encoding(mapping), "windows-1252");
    assert_int_equal(mapping_delimiter(mapping), '\t');
    assert_int_equal(mapping_quote(mapping), '\'');
    assert_int_equal(mapping_comment(mapping), '#');
    assert_false(mapping_header(mapping));
    assert_int_equal(mapping_operation(mapping), OPERATION_UPSERT);
    assert_int_equal(mapping_on_duplicate(mapping), ON_DUPLICATE_FORCE);
    assert_string_equal(mapping_match(mapping, 1)[1], "lastName");
    assert_null(mapping_match(mapping, 1)[2]);
    assert_null(mapping_match(mapping, 2));
    /* the canonical form says the same, and is its own canonical form */
    assert_int_equal(mapping_parse(&again, slice_of(mapping_json(mapping)), "t", &err),
                     RC_OK);
    assert_string_equal(mapping_json(again), mapping_json(mapping));
    assert_null(strchr(mapping_json(mapping), '\n'));
    mapping_free(again);
    mapping_free(mapping);
    mapping = fixture_mapping("Lead", "\"source\":{\"encoding\":\"auto\"},",
                              "{\"name\":\"a\",\"field\":\"lastName\"}");
    assert_null(mapping_encoding(mapping));
    assert_true(mapping_header(mapping));
    assert_int_equal(mapping_delimiter(mapping), 0);
    assert_int_equal(mapping_operation(mapping), OPERATION_CREATE);
    mapping_free(mapping);
}

static void test_short(void **state) {
    static const struct {
        const char *text, *json; /* NULL: refused */
    } cases[] = {
        {"Lead: E-Mail=emailAddress, *=*",
         "{\"columns\":[{\"field\":\"emailAddress\",\"name\":\"E-Mail\"},{\"field\":\"*"
         "\","
         "\"name\":\"*\"}],\"entityType\":\"Lead\",\"version\":1}"},
        {" Lead : First Name = firstName ,", "{\"columns\":[{\"field\":\"firstName\","
                                             "\"name\":\"First Name\"}],\"entityType\":"
                                             "\"Lead\",\"version\":1}"},
        {"Lead:\"a, \"\"b\"\"=c\"=lastName",
         "{\"columns\":[{\"field\":\"lastName\",\"name\":\"a, \\\"b\\\"=c\"}],"
         "\"entityType\":\"Lead\",\"version\":1}"},
        {"Lead: =x", NULL},
        {"Lead: a=", NULL},
        {"Lead: a=b, c", NULL},
        {"Lead: \"a=b", NULL},
        {"Lead: \"a\" b=c", NULL},
        {"Lead: a=b,,c=d", NULL},
        {"Lead: *=lastName", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mapping *mapping = NULL;
        struct err err = {.rc = RC_OK};
        int rc = mapping_load(&mapping, cases[i].text, NULL, &err);
        if (rc != (cases[i].json == NULL ? RC_USAGE : RC_OK))
            fail_msg("%s gave %d %s", cases[i].text, rc, err.message);
        if (rc == RC_OK)
            assert_string_equal(mapping_json(mapping), cases[i].json);
        mapping_free(mapping);
    }
}

static void test_load(void **state) {
    struct mapping *mapping = NULL;
    struct err err = {.rc = RC_OK};

    (void)state;
    assert_int_equal(mapping_load(&mapping, "no/such/file.json", NULL, &err), RC_USAGE);
    assert_non_null(strstr(err.message, "no/such/file.json"));
    assert_non_null(strstr(err.advice, "short form"));
    err_clear(&err);
    assert_int_equal(mapping_load(&mapping, MAPPINGS, NULL, &err),
                     RC_USAGE); /* a folder */
    mapping_free(NULL);
}

struct problem_case {
    const char *root, *columns, *header, *pointer, *words;
};

/* Exactly one problem, at that place, with these words. */
static void check_problems(const char *entity, const char *type,
                           const struct problem_case *cases, size_t count) {
    struct schema *schema = fixture_schema(entity, type, NULL, NULL);

    for (size_t i = 0; i < count; i++) {
        struct mapping *mapping = fixture_mapping(type, cases[i].root, cases[i].columns);
        struct mapping_problem *problems = NULL;
        size_t n = 0;
        struct program *program =
            fixture_program(mapping, schema, cases[i].header, &problems, &n);
        if (cases[i].pointer == NULL) {
            if (program == NULL)
                fail_msg("%s: %s: %s", cases[i].columns, problems[0].pointer,
                         problems[0].message);
        } else if (program != NULL || n != 1 ||
                   strcmp(problems[0].pointer, cases[i].pointer) != 0 ||
                   strstr(problems[0].message, cases[i].words) == NULL) {
            fail_msg("%s: %zu problems; %s: %s", cases[i].columns, n,
                     n > 0 ? problems[0].pointer : "",
                     n > 0 ? problems[0].message : "none");
        }
        free(problems);
        program_free(program);
        mapping_free(mapping);
    }
    schema_free(schema);
}

#define LAST "{\"name\":\"l\",\"field\":\"lastName\"},"

static void test_lead_problems(void **state) {
    static const struct problem_case cases[] = {
        {"", LAST "{\"name\":\"a\",\"field\":\"firstName\"}", "l|a", NULL, NULL},
        {"", LAST "{\"name\":\"E-Mial\",\"field\":\"emailAddress\"}", "l|E-Mail",
         "/columns/1", "no column 'E-Mial'; did you mean 'E-Mail'?"},
        {"", LAST "{\"name\":\"xyz\",\"field\":\"emailAddress\"}", "l|E-Mail",
         "/columns/1", "its columns are: l, E-Mail"},
        {"", LAST "{\"name\":\"xyz\",\"field\":\"emailAddress\",\"optional\":true}",
         "l|E-Mail", NULL, NULL},
        {"", LAST "{\"name\":\"a\",\"field\":\"emailAdress\"}", "l|a", "/columns/1/field",
         "Lead has no field 'emailAdress'; did you mean 'emailAddress'?"},
        {"", LAST "{\"name\":\"a\",\"field\":\"xyzzy\"}", "l|a", "/columns/1/field",
         "Lead has no field 'xyzzy'"},
        {"", LAST "{\"name\":\"a\",\"field\":\"name\"}", "l|a", "/columns/1/field",
         "map firstName and lastName, or use split"},
        {"", LAST "{\"name\":\"a\",\"field\":\"assignedUserName\"}", "l|a",
         "/columns/1/field", "map assignedUserId"},
        {"", LAST "{\"name\":\"a\",\"field\":\"assignedUser\"}", "l|a",
         "/columns/1/field", "map assignedUserId"},
        {"", LAST "{\"name\":\"a\",\"field\":\"address\"}", "l|a", "/columns/1/field",
         "map addressStreet, addressCity"},
        {"", LAST "{\"name\":\"a\",\"field\":\"createdAt\"}", "l|a", "/columns/1/field",
         "set by EspoCRM itself"},
        {"", LAST "{\"name\":\"a\",\"field\":\"id\"}", "l|a", "/columns/1/field",
         "set by EspoCRM itself"},
        {"", LAST "{\"name\":\"a\",\"field\":\"convertedAt\"}", "l|a", "/columns/1/field",
         "read-only"},
        {"", LAST "{\"name\":\"a\",\"field\":\"emailAddressIsOptedOut\"}", "l|a", NULL,
         NULL},
        {"", LAST "{\"name\":\"a\",\"field\":\"accountName\"}", "l|a", NULL, NULL},
        {"", LAST "{\"name\":\"a\",\"field\":\"lastName\"}", "l|a", "/columns/1",
         "'lastName' is filled by /columns/0 already"},
        {"",
         LAST "{\"name\":\"a\",\"split\":{\"pattern\":\"/\"},\"fields\":[\"addressCity\","
              "\"addressState\",\"addressState\"]}",
         "l|a", "/columns/1", "filled by /columns/1 already"},
        {"", "{\"name\":\"a\",\"field\":\"description\"}", "a", "/columns",
         "requires 'name' of each Lead"},
        {"", "{\"name\":\"a\",\"field\":\"phoneNumber\"}", "a", NULL, NULL},
        {"", LAST "{\"const\":\"Web Sit\",\"field\":\"source\"}", "l", "/columns/1/const",
         "did you mean 'Web Site'?"},
        {"", LAST "{\"const\":\"Web Site\",\"field\":\"source\"}", "l", NULL, NULL},
        {"", LAST "{\"const\":5,\"field\":\"cCInt\"}", "l", NULL, NULL},
        {"", LAST "{\"const\":500,\"field\":\"cCInt\"}", "l", "/columns/1/const",
         "more than 100"},
        {"", LAST "{\"const\":true,\"field\":\"cCInt\"}", "l", "/columns/1/const",
         "wrong kind"},
        {"", LAST "{\"const\":5,\"field\":\"cCDate\"}", "l", "/columns/1/const",
         "wrong kind"},
        {"", LAST "{\"const\":[\"Red\"],\"field\":\"cCMulti\"}", "l", NULL, NULL},
        {"", LAST "{\"const\":[\"Red\"],\"field\":\"firstName\"}", "l",
         "/columns/1/const", "wrong kind"},
        {"", LAST "{\"name\":\"a\",\"field\":\"status\",\"valueMap\":{\"neu\":\"Nwe\"}}",
         "l|a", "/columns/1/valueMap/neu", "did you mean 'New'?"},
        {"", LAST "{\"name\":\"a\",\"field\":\"status\",\"valueMap\":{\"neu\":null}}",
         "l|a", "/columns/1/valueMap/neu", "cannot be cleared"},
        {"",
         LAST "{\"name\":\"a\",\"field\":\"status\",\"valueMap\":{\"neu\":\"New\"},"
              "\"onUnknown\":\"null\"}",
         "l|a", "/columns/1/onUnknown", "does not take null"},
        {"",
         LAST "{\"name\":\"a\",\"field\":\"source\",\"valueMap\":{\"a\":\"Call\",\"A\":"
              "\"Email\"}}",
         "l|a", "/columns/1/valueMap", "upper and lower case"},
        {"", LAST "{\"name\":\"a\",\"field\":\"doNotCall\",\"empty\":\"null\"}", "l|a",
         "/columns/1/empty", "does not take null"},
        {"\"defaults\":{\"empty\":\"null\"},",
         LAST "{\"name\":\"a\",\"field\":\"doNotCall\"}", "l|a", "/columns/1",
         "does not take null for doNotCall"},
        {"\"defaults\":{\"empty\":\"null\"},",
         LAST "{\"name\":\"a\",\"field\":\"doNotCall\",\"empty\":\"keep\"}", "l|a", NULL,
         NULL},
        {"", LAST "{\"name\":\"a\",\"field\":\"cCDate\",\"format\":\"%d.%m\"}", "l|a",
         "/columns/1/format", "has no year"},
        {"\"defaults\":{\"dateFormat\":\"DD.MM.YYYY\"},",
         LAST "{\"name\":\"a\",\"field\":\"cCDate\"}", "l|a", "/defaults/dateFormat",
         "has no year"},
        {"", LAST "{\"name\":\"a\",\"field\":\"firstName\",\"format\":\"%F\"}", "l|a",
         "/columns/1/format", "is for dates"},
        {"", LAST "{\"name\":\"a\",\"field\":\"firstName\",\"delimiter\":\";\"}", "l|a",
         "/columns/1/delimiter", "lists"},
        {"\"defaults\":{\"timezone\":\"Europe/Berln\"},",
         LAST "{\"name\":\"a\",\"field\":\"cCDateTime\"}", "l|a", "/defaults/timezone",
         "no time zone 'Europe/Berln'"},
        {"", LAST "{\"name\":\"a\",\"field\":\"cCDateTime\",\"timezone\":\"../x\"}",
         "l|a", "/columns/1/timezone", "no time zone"},
        {"", LAST "{\"name\":\"a\",\"field\":\"cCDate\",\"timezone\":\"UTC\"}", "l|a",
         "/columns/1/timezone", "dates with times"},
        {"\"defaults\":{\"phoneCountry\":\"Germany\"},",
         LAST "{\"name\":\"a\",\"field\":\"phoneNumber\"}", "l|a",
         "/defaults/phoneCountry", "two capital letters"},
        {"\"defaults\":{\"decimalChar\":\",\",\"groupChar\":\",\"},",
         LAST "{\"name\":\"a\",\"field\":\"cCInt\"}", "l|a", "/columns/1", "both ','"},
        {"\"operation\":\"upsert\",", LAST "{\"name\":\"a\",\"field\":\"firstName\"}",
         "l|a", "/match", "'upsert' needs \"match\""},
        {"\"operation\":\"upsert\",\"match\":[[\"lastName\"],[\"lastNam\"]],",
         LAST "{\"name\":\"a\",\"field\":\"firstName\"}", "l|a", "/match/1/0",
         "did you mean 'lastName'?"},
        {"", LAST "{\"name\":\"a\",\"field\":\"firstName\",\"onConflict\":\"keep\"}",
         "l|a", "/columns/1/onConflict", "is for updates"},
        {"\"identity\":\"createdAt\",", LAST "{\"name\":\"a\",\"field\":\"firstName\"}",
         "l|a", "/identity", "set by EspoCRM itself"},
    };

    (void)state;
    check_problems("lead", "Lead", cases, sizeof cases / sizeof *cases);
}

static void test_other_problems(void **state) {
    static const struct problem_case contact[] = {
        {"", "{\"name\":\"a\",\"field\":\"firstName\"}", "a", "/columns",
         "requires 'lastName' of each new Contact"},
        {"",
         "{\"const\":\"x\",\"field\":\"lastName\"},{\"name\":\"a\",\"field\":"
         "\"firstName\"}",
         "a", NULL, NULL},
        {"", LAST "{\"name\":\"a\",\"field\":\"accountName\"}", "l|a", "/columns/1/field",
         "map accountId"},
        {"", LAST "{\"name\":\"a\",\"field\":\"accountIsInactive\"}", "l|a",
         "/columns/1/field", "not stored"},
    };
    static const struct problem_case meeting[] = {
        {"",
         "{\"name\":\"a\",\"field\":\"name\"},{\"name\":\"b\",\"field\":\"parentId\"},"
         "{\"name\":\"c\",\"field\":\"assignedUserId\"}",
         "a|b|c", "/columns/1", "map a column to parentType, too, or give"},
        {"",
         "{\"name\":\"a\",\"field\":\"name\"},{\"name\":\"b\",\"field\":\"parentId\"},"
         "{\"name\":\"c\",\"field\":\"assignedUserId\"},{\"const\":\"Account\",\"field\":"
         "\"parentType\"}",
         "a|b|c", NULL, NULL},
        {"",
         "{\"name\":\"a\",\"field\":\"name\"},{\"name\":\"b\",\"field\":\"parentId\"},"
         "{\"name\":\"c\",\"field\":\"assignedUserId\"},{\"const\":\"Acount\",\"field\":"
         "\"parentType\"}",
         "a|b|c", "/columns/3/const", "did you mean 'Account'?"},
    };

    (void)state;
    check_problems("contact", "Contact", contact, sizeof contact / sizeof *contact);
    check_problems("meeting", "Meeting", meeting, sizeof meeting / sizeof *meeting);
}

static void test_header_names(void **state) {
    static const struct problem_case cases[] = {
        {"", "{\"name\":\"E-Mail\",\"field\":\"emailAddress\"}", " e-mail ", NULL, NULL},
        {"", "{\"name\":\"Last  Name\",\"field\":\"lastName\"}", "LAST NAME", NULL, NULL},
        {"", "{\"name\":\"\xC3\x84rger Amt\",\"field\":\"lastName\"}",
         "\xC3\xA4rger\xC2\xA0"
         "AMT",
         NULL, NULL},
        {"",
         "{\"name\":\"x\",\"titles\":[\"Mail\",\"E-Mail\"],\"field\":\"emailAddress\"}",
         "E-MAIL", NULL, NULL},
        {"", "{\"name\":\"Mail\",\"field\":\"emailAddress\"}", "mail|MAIL", "/columns/0",
         "more than one column 'Mail'"},
        {"", "{\"name\":\"Mail\",\"field\":\"emailAddress\"}", "Mail|mail", NULL, NULL},
        {"", "{\"name\":\"Mail\",\"field\":\"emailAddress\"}", "Mail|Mail", "/columns/0",
         "more than one column 'Mail'"},
        {"", "{\"name\":\"Mail\",\"field\":\"emailAddress\"}", "Mail|x|x", NULL, NULL},
        {"", "{\"name\":\"LastName\",\"field\":\"lastName\"}", "Last Name", "/columns/0",
         "did you mean 'Last Name'?"},
    };

    (void)state;
    check_problems("lead", "Lead", cases, sizeof cases / sizeof *cases);
}

/* All problems are told, in the file's order, and the error counts them. */
static void test_all_problems(void **state) {
    struct schema *schema = fixture_schema("lead", "Lead", NULL, NULL);
    struct mapping *mapping =
        fixture_mapping("Lead", "\"operation\":\"update\",",
                        "{\"name\":\"a\",\"field\":\"nope1\"},{\"name\":\"zz\",\"field\":"
                        "\"firstName\"},{\"name\":\"a\",\"field\":\"createdAt\"}");
    struct mapping_problem *problems = NULL;
    struct slice header = slice_of("a");
    struct program *program = NULL;
    struct err err = {.rc = RC_OK};
    size_t count = 0;

    (void)state;
    assert_int_equal(
        program_new(&program, mapping, schema, &header, 1, &problems, &count, &err),
        RC_USAGE);
    assert_int_equal(count, 4);
    assert_string_equal(problems[0].pointer, "/columns/0/field");
    assert_string_equal(problems[1].pointer, "/columns/1");
    assert_string_equal(problems[2].pointer, "/columns/2/field");
    assert_string_equal(problems[3].pointer, "/match");
    assert_non_null(strstr(err.message, "/columns/0/field"));
    assert_non_null(strstr(err.advice, "3 more problems"));
    free(problems);
    err_clear(&err);
    assert_int_equal(program_new(&program, mapping, schema, &header, 1, NULL, NULL, &err),
                     RC_USAGE);
    mapping_free(mapping);
    schema_free(schema);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_errors),  cmocka_unit_test(test_parse),
        cmocka_unit_test(test_short),         cmocka_unit_test(test_load),
        cmocka_unit_test(test_lead_problems), cmocka_unit_test(test_other_problems),
        cmocka_unit_test(test_header_names),  cmocka_unit_test(test_all_problems),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
