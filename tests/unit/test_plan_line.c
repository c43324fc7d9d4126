/* test_plan_line.c - is what would be done now what the plan says? */
#include "plan/plan_line.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#define LINE(action, id, code, changes)                                                  \
    { action, id, "", code, "", changes }
#define UPDATE(changes) LINE("update", "a1", "", changes)

static bool is_made(void *context, struct slice id) {
    return slice_is(id, context);
}

struct situation {
    struct plan_line plan, now;
    bool shared, sent;
    const char *words; /* found in what is said; NULL = nothing differs */
};

static const struct situation situations[] = {
    {UPDATE("{\"t\":[\"A\",\"B\"]}"), UPDATE("{\"t\":[\"A\",\"B\"]}"), 0, 0, NULL},
    {UPDATE("{\"t\":[\"A\",\"B\"]}"), UPDATE("{\"t\":[\"C\",\"B\"]}"), 0, 0,
     "the plan says update of a1 t from 'A' to 'B'; the record holds 'C' now"},
    {UPDATE("{\"t\":[\"A\",\"B\"]}"), UPDATE("{\"t\":[\"A\",\"D\"]}"), 0, 0,
     "t from 'A' to 'B'; the row would now set 'D'"},
    {UPDATE("{\"t\":[\"A\",\"B\"],\"u\":[1,2]}"), UPDATE("{\"u\":[1,2]}"), 0, 0,
     "t from 'A' to 'B'; the record holds that already"},
    {UPDATE("{\"u\":[1,2]}"), UPDATE("{\"u\":[1,2],\"t\":[\"C\",\"B\"]}"), 0, 0,
     "leaves t alone; now the row would change t from 'C' to 'B'"},
    {UPDATE("{\"u\":[1,2]}"), LINE("update", "b2", "", "{\"u\":[1,2]}"), 0, 0,
     "update of a1 u from 1 to 2; now it would be update of b2"},
    /* the same value in other words */
    {UPDATE("{\"t\":[null,10.10]}"), UPDATE("{\"t\":[\"\",10.1]}"), 0, 0, NULL},
    {UPDATE("{\"t\":[[\"x\",\"y\"],[]]}"), UPDATE("{\"t\":[[\"y\",\"x\"],null]}"), 0, 0,
     NULL},
    {UPDATE("{\"t\":[[\"x\"],[\"y\"]]}"), UPDATE("{\"t\":[[\"x\",\"z\"],[\"y\"]]}"), 0, 0,
     "the record holds"},
    {UPDATE("{\"t\":[[\"x\"],{\"add\":[\"y\",\"z\"]}]}"),
     UPDATE("{\"t\":[[\"x\"],{\"add\":[\"z\",\"y\"]}]}"), 0, 0, NULL},
    {UPDATE("{\"t\":[[\"x\"],{\"add\":[\"y\",\"z\"]}]}"),
     UPDATE("{\"t\":[[\"x\"],{\"add\":[\"z\"]}]}"), 0, 0, "the row would now set"},
    {UPDATE("{\"t\":[\"1\",\"B\"]}"), UPDATE("{\"t\":[\"1.0\",\"B\"]}"), 0, 0,
     "the record holds '1.0' now"},
    /* records that look-ups make */
    {LINE("create", "", "", "{\"t\":[null,\"new:Acme\"]}"),
     LINE("create", "", "", "{\"t\":[null,\"made\"]}"), 0, 0, NULL},
    {LINE("create", "", "", "{\"t\":[null,\"new:Acme\"]}"),
     LINE("create", "", "", "{\"t\":[null,\"other\"]}"), 0, 0, "now set 'other'"},
    {LINE("create", "", "", "{\"t\":[null,[\"x\",\"new:Acme\"]]}"),
     LINE("create", "", "", "{\"t\":[null,[\"made\",\"x\"]]}"), 0, 0, NULL},
    {LINE("create", "", "", "{\"t\":[null,[\"x\",\"new:Acme\"]]}"),
     LINE("create", "", "", "{\"t\":[null,[\"other\",\"x\"]]}"), 0, 0, "now set"},
    /* other actions */
    {LINE("create", "", "", ""), UPDATE("{\"t\":[1,2]}"), 0, 0,
     "the plan says create; now it would be update of a1 t from 1 to 2"},
    {LINE("unchanged", "a1", "", ""), UPDATE("{\"t\":[1,2]}"), 0, 0, "unchanged of a1"},
    {UPDATE("{\"t\":[1,2]}"), LINE("fail", "", "MATCH_NONE", ""), 0, 0,
     "now it would be fail with MATCH_NONE"},
    {LINE("fail", "", "MATCH_MANY", ""), LINE("fail", "", "MATCH_NONE", ""), 0, 0, NULL},
    {LINE("fail", "", "MATCH_MANY", ""), LINE("create", "", "", ""), 0, 0,
     "the plan says fail with MATCH_MANY; now it would be create"},
    {LINE("skip", "", "", ""), LINE("create", "", "", ""), 0, 0, "says skip"},
    {LINE("create", "", "", ""), LINE("skip", "a1", "LOOKUP_NONE", ""), 0, 0,
     "now it would be skip of a1 with LOOKUP_NONE"},
    {LINE("delete", "a1", "", ""), LINE("unchanged", "a1", "", ""), 0, 0, "says delete"},
    /* flags of addresses come at the last moment */
    {UPDATE("{\"t\":[1,2]}"),
     UPDATE("{\"t\":[1,2],\"emailAddressIsOptedOut\":[null,true]}"), 0, 0, NULL},
    {UPDATE("{\"emailAddressIsOptedOut\":[true,false]}"), LINE("unchanged", "a1", "", ""),
     0, 0, NULL},
    /* sent before, its answer lost */
    {UPDATE("{\"t\":[1,2],\"u\":[3,4]}"), UPDATE("{\"u\":[3,4]}"), 0, 1, NULL},
    {UPDATE("{\"t\":[1,2],\"u\":[3,4]}"), UPDATE("{\"u\":[5,4]}"), 0, 1, "holds 5 now"},
    {UPDATE("{\"t\":[1,2]}"), LINE("unchanged", "a1", "", ""), 0, 1, NULL},
    {LINE("delete", "a1", "", ""), LINE("unchanged", "", "", ""), 0, 1, NULL},
    /* an earlier row of the file is about the same record */
    {LINE("create", "", "", "{\"t\":[null,2]}"), UPDATE("{\"t\":[1,2]}"), 1, 0, NULL},
    {LINE("create", "", "", "{\"t\":[null,2]}"), UPDATE("{\"t\":[1,3]}"), 1, 0,
     "now set 3"},
    {UPDATE("{\"t\":[1,2]}"), UPDATE("{\"t\":[7,2],\"u\":[8,9]}"), 1, 0, NULL},
    {UPDATE("{\"t\":[1,2]}"), LINE("update", "b2", "", "{\"t\":[1,2]}"), 1, 0,
     "update of b2"},
    {LINE("delete", "a1", "", ""), UPDATE("{\"t\":[1,2]}"), 1, 0, "says delete"},
    {LINE("create", "", "", ""), LINE("fail", "", "REPEATED", ""), 0, 0, NULL},
    {LINE("create", "", "", ""), LINE("skip", "", "REPEATED", ""), 0, 0, NULL},
    /* written over by hand */
    {UPDATE("{\"t\":[1,"), UPDATE("{\"t\":[1,2]}"), 0, 0, "are not JSON"},
    {UPDATE("{\"t\":2}"), UPDATE("{\"t\":[1,2]}"), 0, 0, "cannot be read"},
    {UPDATE("x"), UPDATE("{\"t\":[1,2]}"), 0, 0, "are not JSON"},
};

static void test_compare(void **state) {
    static char made[] = "made";

    (void)state;
    for (size_t i = 0; i < sizeof situations / sizeof situations[0]; i++) {
        const struct situation *s = &situations[i];
        const struct plan_look look = {s->shared, s->sent, is_made, made};
        struct buf words = {.max = 4096};
        int rc = plan_line_compare(&s->plan, &s->now, &look, &words);
        if ((rc == 1) != (s->words == NULL) ||
            (s->words != NULL && strstr(buf_text(&words), s->words) == NULL))
            fail_msg("%s %s %s: %d, %s", s->plan.action, s->plan.changes, s->now.changes,
                     rc, buf_text(&words));
        buf_fini(&words);
    }
}

static void test_values(void **state) {
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"\"M\\u00fcller\\/x\"", "\"M\xC3\xBCller/x\""},
        {"[\"\\u00fc\",1,[\"\\/\"]]", "[\"\xC3\xBC\",1,[\"/\"]]"},
        {"12.50", "12.50"},
        {"null", "null"},
        {"{\"a\":\"\\/\"}", "{\"a\":\"\\/\"}"},
        {"[]", "[]"},
    };
    struct buf out = {.max = 4096};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        buf_reset(&out);
        assert_int_equal(plan_line_append_value(&out, slice_of(cases[i].in)), RC_OK);
        assert_string_equal(buf_text(&out), cases[i].out);
    }
    buf_fini(&out);
}

static void test_makes(void **state) {
    (void)state;
    assert_true(plan_line_makes("{\"a\":[null,\"new:X\"]}", "a"));
    assert_true(plan_line_makes("{\"a\":[[],{\"add\":[\"1\",\"new:X\"]}]}", "a"));
    assert_false(plan_line_makes("{\"a\":[\"new:X\",\"1\"]}", "a"));
    assert_false(plan_line_makes("{\"a\":[null,\"1\"],\"b\":[null,\"new:X\"]}", "a"));
    assert_false(plan_line_makes("", "a"));
    assert_false(plan_line_makes("{\"a\":\"new:X\"}", "a"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compare),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_makes),
    };

    return cmocka_run_group_tests_name("plan_line", tests, NULL, NULL);
}
