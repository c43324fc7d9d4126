/* test_filter.c - conditions as they are typed, to EspoCRM's where. */
#include "model_fixture.h"

#include <string.h>

#include "model/filter.h"

static void test_conditions(void **state) {
    static const struct {
        const char *text, *json; /* NULL: refused */
    } cases[] = {
        {"lastName=Lovelace",
         "{\"type\":\"equals\",\"attribute\":\"lastName\",\"value\":\"Lovelace\"}"},
        {" lastName = 'Love lace' ",
         "{\"type\":\"equals\",\"attribute\":\"lastName\",\"value\":\"Love lace\"}"},
        {"lastName!=a=b",
         "{\"type\":\"notEquals\",\"attribute\":\"lastName\",\"value\":\"a=b\"}"},
        {"opportunityAmount>=1000.50", "{\"type\":\"greaterThanOrEquals\",\"attribute\":"
                                       "\"opportunityAmount\",\"value\":1000.50}"},
        {"opportunityAmount<-5",
         "{\"type\":\"lessThan\",\"attribute\":\"opportunityAmount\",\"value\":-5}"},
        {"description~re\"fund", "{\"type\":\"contains\",\"attribute\":\"description\","
                                 "\"value\":\"re\\\"fund\"}"},
        {"description~50%_\\", "{\"type\":\"contains\",\"attribute\":\"description\","
                               "\"value\":\"50\\\\%\\\\_\\\\\\\\\"}"},
        {"description!~x",
         "{\"type\":\"notContains\",\"attribute\":\"description\",\"value\":\"x\"}"},
        {"status in New, Assigned", "{\"type\":\"in\",\"attribute\":\"status\","
                                    "\"value\":[\"New\",\"Assigned\"]}"},
        {"lastName in \"a, b\",c",
         "{\"type\":\"in\",\"attribute\":\"lastName\",\"value\":[\"a, b\",\"c\"]}"},
        {"status not in Dead",
         "{\"type\":\"notIn\",\"attribute\":\"status\",\"value\":[\"Dead\"]}"},
        {"lastName null", "{\"type\":\"isNull\",\"attribute\":\"lastName\"}"},
        {"lastName not null", "{\"type\":\"isNotNull\",\"attribute\":\"lastName\"}"},
        {"doNotCall=true", "{\"type\":\"isTrue\",\"attribute\":\"doNotCall\"}"},
        {"doNotCall!=true", "{\"type\":\"isFalse\",\"attribute\":\"doNotCall\"}"},
        {"teamsIds=x1", "{\"type\":\"linkedWith\",\"attribute\":\"teams\","
                        "\"value\":[\"x1\"]}"},
        {"teamsIds null", "{\"type\":\"isNotLinked\",\"attribute\":\"teams\"}"},
        {"createdAt>=2026-01-31",
         "{\"type\":\"greaterThanOrEquals\",\"attribute\":\"createdAt\","
         "\"value\":\"2026-01-31 00:00:00\"}"},
        {"createdAt<=2026-01-31", "{\"type\":\"lessThanOrEquals\",\"attribute\":"
                                  "\"createdAt\",\"value\":\"2026-01-31 23:59:59\"}"},
        {"createdAt>2026-01-31T10:00:00+0200",
         "{\"type\":\"greaterThan\",\"attribute\":\"createdAt\","
         "\"value\":\"2026-01-31 08:00:00\"}"},
        {"createdAt=2026-01-31",
         "{\"type\":\"and\",\"value\":[{\"type\":\"greaterThanOrEquals\",\"attribute\":"
         "\"createdAt\",\"value\":\"2026-01-31 00:00:00\"},{\"type\":"
         "\"lessThanOrEquals\",\"attribute\":\"createdAt\",\"value\":"
         "\"2026-01-31 23:59:59\"}]}"},
        {"[{\"type\":\"isNull\",\"attribute\":\"x\"},{\"type\":\"in\",\"attribute\":"
         "\"id\",\"value\":[\"1\"]}]",
         "{\"type\":\"isNull\",\"attribute\":\"x\"},{\"type\":\"in\",\"attribute\":"
         "\"id\",\"value\":[\"1\"]}"},
        {"nosuch=1", NULL},
        {"lastName", NULL},
        {"lastName=", NULL},
        {"lastName null x", NULL},
        {"lastNamenull", NULL},
        {"status=Nwe", NULL},
        {"opportunityAmount=ten", NULL},
        {"createdAt=2026-02-30", NULL},
        {"createdAt>now", NULL},
        {"doNotCall>true", NULL},
        {"teamsIds>x", NULL},
        {"[]", NULL},
        {"[1]", NULL},
        {"{\"type\":\"equals\",\"attribute\":\"id\"}", NULL},
        {"{\"type\":\"or\",\"value\":[{\"type\":\"equals\",\"attribute\":\"id\"}]}",
         NULL},
        {"{\"attribute\":\"id\"}", NULL},
        {"{", NULL},
        {"", NULL},
    };
    struct schema *schema = fixture_schema("lead", "Lead", NULL, NULL);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf json = {.max = 65536};
        struct err err = {.rc = RC_OK};
        int rc = filter_append(schema, cases[i].text, &json, &err);
        if (cases[i].json == NULL
                ? rc != RC_USAGE || err.message[0] == '\0'
                : rc != RC_OK || strcmp(buf_text(&json), cases[i].json) != 0)
            fail_msg("%s: %d %s %s", cases[i].text, rc, buf_text(&json), err.message);
        buf_fini(&json);
    }
    schema_free(schema);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_conditions)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
