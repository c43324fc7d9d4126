/* test_mapping.c - the mapping file: its words, its mistakes, and the program it
 * becomes. */
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
        {COLUMN("\"name\":\"a\",\"field\":\"accountId\",\"lookup\":{\"by\":[\"name\"]}"),
         "/columns/0/lookup", "not supported by this version yet: put the ids"},
        {COLUMN("\"name\":\"a\",\"field\":\"x\",\"transforms\":[\"trim\"]"),
         "/columns/0/transforms", "not supported by this version yet: use valueMap"},
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
    static const char text[] = LEAD
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
        int rc = mapping_load(&mapping, cases[i].text, &err);
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
    assert_int_equal(mapping_load(&mapping, "no/such/file.json", &err), RC_LOCAL);
    assert_non_null(strstr(err.message, "no/such/file.json"));
    assert_non_null(strstr(err.advice, "short form"));
    err_clear(&err);
    assert_int_equal(mapping_load(&mapping, MAPPINGS, &err), RC_LOCAL); /* a folder */
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
        {"", LAST "{\"name\":\"a\",\"field\":\"emailAddressIsOptedOut\"}", "l|a",
         "/columns/1/field", "cannot fill"},
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
         "l|a", "/operation", "'upsert' is not supported by this version yet"},
        {"\"match\":[[\"emailAddress\"],[\"lastNam\"]],",
         LAST "{\"name\":\"a\",\"field\":\"firstName\"}", "l|a", "/match/1/0",
         "did you mean 'lastName'?"},
        {"", LAST "{\"name\":\"a\",\"field\":\"firstName\",\"onConflict\":\"keep\"}",
         "l|a", "/columns/1", "'onConflict' is not supported"},
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
        {"", LAST "{\"name\":\"a\",\"field\":\"title\"}", "l|a", "/columns/1/field",
         "not stored"},
    };
    static const struct problem_case meeting[] = {
        {"",
         "{\"name\":\"a\",\"field\":\"name\"},{\"name\":\"b\",\"field\":\"parentId\"},"
         "{\"name\":\"c\",\"field\":\"assignedUserId\"}",
         "a|b|c", "/columns/1", "parentId and parentType belong together"},
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
    assert_string_equal(problems[3].pointer, "/operation");
    assert_non_null(strstr(err.message, "/columns/0/field"));
    assert_non_null(strstr(err.advice, "3 more problems"));
    free(problems);
    err_clear(&err);
    assert_int_equal(program_new(&program, mapping, schema, &header, 1, NULL, NULL, &err),
                     RC_USAGE);
    mapping_free(mapping);
    schema_free(schema);
}

/* The row as JSON, or its errors as "CODE field@column" each. */
static void run(const struct program *program, const char *row, struct buf *out) {
    struct slice cells[FIXTURE_CELLS];
    struct arena arena = {.blocks = NULL};
    struct record record;

    buf_reset(out);
    assert_int_equal(
        program_run(program, cells, fixture_cells(row, cells), &arena, &record), RC_OK);
    for (size_t i = 0; i < record.error_count; i++)
        (void)buf_append_format(out, "%s%s %s@%d", i > 0 ? "; " : "",
                                reason_code(record.errors[i].reason),
                                record.errors[i].field, (int)record.errors[i].column);
    if (record.error_count == 0)
        (void)json_append_record(out, record.attributes, record.count);
    arena_fini(&arena);
}

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
        run(program, cases[i].row, &out);
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
    assert_int_equal(mapping_load(&mapping, "Lead: E-Mail=emailAddress, *=*", &err),
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
    if (mapping_load(mapping, path, &err) < 0)
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
    run(program, row, &out);
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
    run(program,
        "John|Does|email@example.com|+11111-22222-33333|Web "
        "Site|1|Legal|Acme|https://example.com|Street|City|100|no",
        &out);
    assert_string_equal(buf_text(&out), "PHONE_INVALID phoneNumber@3");
    run(program,
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
        run(program, cases[i].row, &out);
        assert_string_equal(buf_text(&out), cases[i].want);
        buf_fini(&out);
        program_free(program);
        mapping_free(mapping);
        schema_free(schema);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_errors),
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_short),
        cmocka_unit_test(test_load),
        cmocka_unit_test(test_lead_problems),
        cmocka_unit_test(test_other_problems),
        cmocka_unit_test(test_header_names),
        cmocka_unit_test(test_all_problems),
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
