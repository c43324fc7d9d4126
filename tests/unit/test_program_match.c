/* test_program_match.c - matching and look-ups of a mapping against the server: what
 * cannot work is told before the first row, by name and place. */
#include "model_fixture.h"

#include <string.h>

#define MAIL "{\"name\":\"m\",\"field\":\"emailAddress\"},"
#define NAME "{\"name\":\"l\",\"field\":\"lastName\"}"
#define BY_MAIL "\"match\":[[\"emailAddress\"]],"
#define UPSERT "\"operation\":\"upsert\","

struct problem_case {
    const char *root, *columns;
    const char *pointer, *message; /* NULL: it is fine */
};

static void check_problems(const char *entity, const char *type, const char *header,
                           const struct problem_case *cases, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct schema *schema = fixture_schema(entity, type, NULL, NULL);
        struct mapping *mapping = fixture_mapping(type, cases[i].root, cases[i].columns);
        struct mapping_problem *problems = NULL;
        size_t n = 0;
        struct program *program = fixture_program(mapping, schema, header, &problems, &n);
        if (cases[i].pointer == NULL && n > 0)
            fail_msg("%s %s: %s: %s", cases[i].root, cases[i].columns,
                     problems[0].pointer, problems[0].message);
        if (cases[i].pointer != NULL &&
            (n != 1 || strcmp(problems[0].pointer, cases[i].pointer) != 0 ||
             strstr(problems[0].message, cases[i].message) == NULL))
            fail_msg("%s %s: %d problems, %s: %s", cases[i].root, cases[i].columns,
                     (int)n, n == 0 ? "" : problems[0].pointer,
                     n == 0 ? "" : problems[0].message);
        free(problems);
        program_free(program);
        mapping_free(mapping);
        schema_free(schema);
    }
}

#define CHECK(entity, type, header, cases)                                               \
    check_problems(entity, type, header, cases, sizeof cases / sizeof *cases)

static void test_policies(void **state) {
    static const struct problem_case cases[] = {
        {UPSERT BY_MAIL, MAIL NAME, NULL, NULL},
        {"\"operation\":\"update\"," BY_MAIL, MAIL NAME, NULL, NULL},
        {"\"operation\":\"delete\"," BY_MAIL, MAIL NAME, NULL, NULL},
        {"\"onMatch\":\"skip\"," BY_MAIL, MAIL NAME, NULL, NULL},
        {"\"onMatch\":\"error\"," BY_MAIL, MAIL NAME, NULL, NULL},
        {UPSERT, MAIL NAME, "/match", "'upsert' needs \"match\""},
        {"\"operation\":\"update\",", MAIL NAME, "/match", "'update' needs \"match\""},
        {"\"operation\":\"delete\",", MAIL NAME, "/match", "'delete' needs \"match\""},
        {BY_MAIL, MAIL NAME, NULL, NULL}, /* what is there already is an error then */
        {"\"onMatch\":\"update\"," BY_MAIL, MAIL NAME, "/onMatch",
         "'create' never updates"},
        {"\"onMatch\":\"skip\",", MAIL NAME, "/onMatch", "no meaning without \"match\""},
        {"\"onManyMatches\":\"skip\",", MAIL NAME, "/onManyMatches",
         "no meaning without \"match\""},
        {"\"onRepeat\":\"first\",", MAIL NAME, "/onRepeat",
         "no meaning without \"match\""},
        {UPSERT BY_MAIL "\"onRepeat\":\"inOrder\",", MAIL NAME, NULL, NULL},
        {"\"operation\":\"delete\",\"onMatch\":\"skip\"," BY_MAIL, MAIL NAME, "/onMatch",
         "no meaning for 'delete'"},
        {UPSERT BY_MAIL "\"identity\":\"description\",", MAIL NAME, "/identity",
         "field of type varchar"},
        {UPSERT BY_MAIL "\"identity\":\"lastName\",", MAIL NAME, "/identity",
         "fills 'lastName' already"},
        {"\"operation\":\"update\"," BY_MAIL "\"identity\":\"title\",", MAIL NAME,
         "/identity", "makes none"},
        {UPSERT BY_MAIL "\"identity\":\"title\",", MAIL NAME, NULL, NULL},
        /* an update may leave out what a new record needs */
        {"\"operation\":\"update\"," BY_MAIL, MAIL "{\"name\":\"l\",\"field\":\"title\"}",
         NULL, NULL},
    };

    (void)state;
    CHECK("lead", "Lead", "m|l", cases);
}

static void test_conflicts(void **state) {
    static const struct problem_case cases[] = {
        {UPSERT BY_MAIL,
         MAIL "{\"name\":\"l\",\"field\":\"lastName\",\"onConflict\":\"fillBlank\"}",
         NULL, NULL},
        {"", MAIL "{\"name\":\"l\",\"field\":\"lastName\",\"onConflict\":\"keep\"}",
         "/columns/1/onConflict", "is for updates"},
        {"\"onDuplicate\":\"update\",",
         MAIL "{\"name\":\"l\",\"field\":\"lastName\",\"onConflict\":\"keep\"}", NULL,
         NULL},
        {"\"operation\":\"delete\"," BY_MAIL,
         MAIL "{\"name\":\"l\",\"field\":\"lastName\",\"onConflict\":\"keep\"}",
         "/columns/1/onConflict", "is for updates"},
        {UPSERT BY_MAIL,
         MAIL "{\"name\":\"l\",\"field\":\"lastName\",\"onConflict\":\"newest\"}",
         "/columns", "map it to modifiedAt"},
        {UPSERT BY_MAIL,
         MAIL "{\"name\":\"l\",\"field\":\"lastName\",\"onConflict\":\"newest\"},"
              "{\"name\":\"d\",\"field\":\"modifiedAt\"}",
         NULL, NULL},
    };

    (void)state;
    CHECK("lead", "Lead", "m|l|d", cases);
}

static void test_rules(void **state) {
    static const struct problem_case cases[] = {
        {UPSERT "\"match\":[[\"id\"],[\"emailAddress\",\"lastName\"]],",
         MAIL NAME ",{\"name\":\"d\",\"field\":\"id\"}", NULL, NULL},
        {UPSERT "\"match\":[[\"emailAddress\"],[\"lastNam\"]],", MAIL NAME, "/match/1/0",
         "did you mean 'lastName'?"},
        {UPSERT "\"match\":[[\"emailAddress\",\"xyzzy\"]],", MAIL NAME, "/match/0/1",
         "Lead has no field 'xyzzy'"},
        {UPSERT "\"match\":[[\"emailAddress\"],[\"phoneNumber\"]],", MAIL NAME,
         "/match/1/0", "no column fills 'phoneNumber'"},
        {UPSERT "\"match\":[[\"emailAddress\",\"emailAddress\"]],", MAIL NAME,
         "/match/0/1", "stands in the rule twice"},
        {UPSERT "\"match\":[[\"description\"]],",
         NAME ",{\"name\":\"d\",\"field\":\"description\"}", "/match/0/0",
         "cannot be matched by 'description'"},
        {UPSERT "\"match\":[[\"doNotCall\"]],",
         NAME ",{\"name\":\"d\",\"field\":\"doNotCall\"}", "/match/0/0",
         "cannot be matched by 'doNotCall'"},
        /* for matching, a field may be read-only; for writing it may not */
        {UPSERT "\"match\":[[\"name\"]],", NAME ",{\"name\":\"d\",\"field\":\"name\"}",
         NULL, NULL},
        {UPSERT BY_MAIL, MAIL NAME ",{\"name\":\"d\",\"field\":\"id\"}",
         "/columns/2/field", "set by EspoCRM itself"},
    };

    (void)state;
    CHECK("lead", "Lead", "m|l|d", cases);
}

#define LINK(field, inside)                                                              \
    "{\"name\":\"n\",\"field\":\"name\"},{\"name\":\"s\",\"field\":\"stage\"},"          \
    "{\"name\":\"a\",\"field\":\"amount\"},{\"name\":\"c\",\"field\":\"closeDate\"},"    \
    "{\"const\":\"USD\",\"field\":\"amountCurrency\"},"                                  \
    "{\"name\":\"x\",\"field\":\"" field "\",\"lookup\":{" inside "}}"

static void test_lookups(void **state) {
    static const struct problem_case cases[] = {
        {"", LINK("accountId", ""), NULL, NULL},
        {"", LINK("accountId", "\"entityType\":\"Account\",\"by\":[\"name\"]"), NULL,
         NULL},
        {"", LINK("teamsIds", "\"by\":\"name\""), NULL, NULL},
        {"", LINK("accountId", "\"entityType\":\"Contact\""), "/columns/5/lookup",
         "'accountId' links to Account records, not to Contact"},
        {"", LINK("description", "\"entityType\":\"Account\""), "/columns/5/lookup",
         "is for links, and 'description' is not one"},
        {"", LINK("accountIdd", ""), "/columns/5/field", "did you mean 'accountId'?"},
    };

    (void)state;
    CHECK("opportunity", "Opportunity", "n|s|a|c|x", cases);
}

/* A look-up against the entity type that it asks for. */
static void test_targets(void **state) {
    static const struct {
        const char *entity, *type, *user, *by;
        enum lookup_none none;
        const char *message; /* NULL: it is fine */
    } cases[] = {
        {"account", "Account", NULL, "name", LOOKUP_NONE_ERROR, NULL},
        {"account", "Account", NULL, "name", LOOKUP_NONE_CREATE, NULL},
        {"account", "Account", NULL, "emailAddress", LOOKUP_NONE_ERROR, NULL},
        {"account", "Account", NULL, "id", LOOKUP_NONE_ERROR, NULL},
        {"account", "Account", NULL, "nam", LOOKUP_NONE_ERROR,
         "Account has no field 'nam'"},
        {"account", "Account", NULL, "description", LOOKUP_NONE_ERROR,
         "cannot be looked up by 'description'"},
        {"account", "Account", NULL, "emailAddress", LOOKUP_NONE_CREATE,
         "needs 'name' too"},
        {"account", "Account", NULL, "id", LOOKUP_NONE_CREATE, "computed or read-only"},
        {"contact", "Contact", NULL, "name", LOOKUP_NONE_ERROR, NULL},
        {"contact", "Contact", NULL, "name", LOOKUP_NONE_CREATE,
         "cannot be created from 'name'"},
        {"contact", "Contact", NULL, "lastName", LOOKUP_NONE_CREATE, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct schema *schema =
            fixture_schema(cases[i].entity, cases[i].type, NULL, cases[i].user);
        const char *const by[] = {cases[i].by, NULL};
        const struct lookup lookup = {.pointer = "/columns/0/lookup",
                                      .entity_type = cases[i].type,
                                      .by = by,
                                      .by_count = 1,
                                      .on_none = cases[i].none};
        struct buf words = {.max = 1000};
        const char *problem = lookup_problem(&lookup, schema, &words);
        if ((problem == NULL) != (cases[i].message == NULL) ||
            (problem != NULL && strstr(problem, cases[i].message) == NULL))
            fail_msg("%s by %s: %s", cases[i].type, cases[i].by,
                     problem == NULL ? "fine" : problem);
        buf_fini(&words);
        schema_free(schema);
    }
}

/* Rules and look-ups as the planner gets them. */
static void test_program(void **state) {
    struct schema *schema = fixture_schema("lead", "Lead", NULL, NULL);
    struct mapping *mapping = fixture_mapping(
        "Lead", UPSERT "\"match\":[[\"id\"],[\"lastName\",\"name\"]],",
        "{\"name\":\"i\",\"field\":\"id\"}," NAME ",{\"name\":\"n\",\"field\":\"name\"},"
        "{\"name\":\"t\",\"field\":\"teamsIds\",\"linkMultiple\":\"add\","
        "\"delimiter\":\"|\",\"lookup\":{\"onMany\":\"first\"}}");
    struct mapping_problem *problems = NULL;
    struct slice cells[] = {slice_of("7a"), slice_of("Love"), slice_of("Ada Love"),
                            slice_of(" Sales || Support ")};
    struct arena arena = {.blocks = NULL};
    struct record record;
    size_t n = 0;
    struct program *program = fixture_program(mapping, schema, "i|l|n|t", &problems, &n);

    (void)state;
    if (program == NULL)
        fail_msg("%s: %s", problems[0].pointer, problems[0].message);
    assert_string_equal(program_match(program, 0, &n)[0]->name, "id");
    assert_int_equal(n, 1);
    assert_string_equal(program_match(program, 1, &n)[1]->name, "name");
    assert_int_equal(n, 2);
    assert_null(program_match(program, 2, &n));
    assert_string_equal(program_lookup(program, 0)->entity_type, "Team");
    assert_string_equal(program_lookup(program, 0)->by[0], "name");
    assert_int_equal(program_lookup(program, 0)->on_many, LOOKUP_MANY_FIRST);
    assert_null(program_lookup(program, 1));
    assert_int_equal(program_run(program, cells, 4, &arena, &record), RC_OK);
    /* what is only matched by is no attribute */
    assert_int_equal(record.error_count, 0);
    assert_int_equal(record.count, 1);
    assert_string_equal(record.attributes[0].def->name, "lastName");
    assert_int_equal(record.key_count, 2);
    assert_int_equal(record.link_count, 1);
    assert_true(record.links[0].add);
    assert_int_equal(record.links[0].count, 2);
    assert_true(slice_is(record.links[0].texts[1], "Support"));
    arena_fini(&arena);
    program_free(program);
    mapping_free(mapping);
    schema_free(schema);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_policies), cmocka_unit_test(test_conflicts),
        cmocka_unit_test(test_rules),    cmocka_unit_test(test_lookups),
        cmocka_unit_test(test_targets),  cmocka_unit_test(test_program),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
