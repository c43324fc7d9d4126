/* Who else could own a record: rows under way, earlier runs, other clients, and time. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "settle_scene.h"

#define ROW "Ada;Byron;ada@example.com;;n\n"

static void expect(const struct scene *scene, size_t row, int verdict, const char *id) {
    const struct fate *fate = &scene->fates[row];

    if (fate->verdict != verdict || (id != NULL && strcmp(fate->id, id) != 0))
        fail_msg("row %zu: verdict %d, id %s, %s", row + 1, fate->verdict, fate->id,
                 fate->why);
}

/* Turns the wheel for so long. */
static void turn(struct scene *scene, int64_t ms) {
    int64_t end_ms = fake_crm_now_ms(scene->crm) + ms;

    while (fake_crm_now_ms(scene->crm) < end_ms) {
        assert_int_equal(settler_poll(scene->settler, NULL), RC_OK);
        assert_true(courier_poll(site_courier(scene->site), 100, NULL) >= 0);
    }
}

static void add(struct scene *scene, size_t row) {
    scene->fates[row].verdict = -1;
    scene->rows[row]->state = ROW_DOUBTFUL;
    scene->added_ms = fake_crm_now_ms(scene->crm);
    settler_add(scene->settler, scene->rows[row]);
}

/* The record that is there is of a row whose answer is on its way. */
static void test_under_way(void **state) {
    static const struct {
        const char *name, *csv, *record;
    } cases[] = {
        {"with more in it", ";Byron;;;\nBob;Byron;;;\n",
         "{\"firstName\":\"Bob\",\"lastName\":\"Byron\"}"},
        {"as equal", ";Byron;;;\n;Byron;;New;\n",
         "{\"lastName\":\"Byron\",\"status\":\"New\"}"},
        {"not all of it stored", "Ada;Byron;;;\nAda;Byron;;;n\n",
         "{\"firstName\":\"Ada\",\"lastName\":\"Byron\"}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scene *scene = scene_new(plain, cases[i].csv, 0, 3);
        struct journal_row put = {.record = 2, .line = 3, .state = ROW_CREATED};
        put.id = fake_crm_seed(scene->crm, cases[i].record, NULL);
        scene->rows[1]->state = ROW_INTENDED;
        add(scene, 0);
        turn(scene, 3 * (int64_t)SETTLE_MS);
        if (scene->fates[0].told != 0)
            fail_msg("%s: judged while another could own it", cases[i].name);
        assert_int_equal(journal_put_row(scene->journal, &put, NULL), RC_OK);
        scene->rows[1]->state = ROW_CREATED;
        turn(scene, 2000);
        expect(scene, 0, SETTLE_ABSENT, NULL);
        scene_free(scene);
    }
}

/* One that still waits in a lane has made nothing; one that changes a record neither. */
static void test_not_under_way(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct scene *scene = scene_new(plain, ";Byron;;;\n;Byron;;New;\n", 0, 3);
        const char *id = fake_crm_seed(scene->crm, "{\"lastName\":\"Byron\"}", NULL);
        scene->rows[1]->state = i == 2 ? ROW_NEW : ROW_INTENDED;
        scene->rows[1]->ticket.blocked = i == 0;
        scene->rows[1]->write.kind = i == 1 ? WRITE_UPDATE : WRITE_CREATE;
        add(scene, 0);
        turn(scene, 1000);
        expect(scene, 0, SETTLE_FOUND, id);
        scene_free(scene);
    }
}

/* What could be that of a row whose own record may still be on its way is given to
 * neither before both have had their time. */
static void test_rivals_wait(void **state) {
    struct scene *scene = scene_new(plain, ";Byron;;;\n;Byron;;New;\n", 0, 3);
    const char *first, *second;

    (void)state;
    first = fake_crm_seed(scene->crm, "{\"lastName\":\"Byron\"}", NULL);
    add(scene, 0);
    scene->rows[0]->doubtful_ms -= SETTLE_MS;
    add(scene, 1);
    turn(scene, SETTLE_MS / 2);
    assert_int_equal(scene->fates[0].told + scene->fates[1].told, 0);
    second = fake_crm_seed(scene->crm, "{\"lastName\":\"Byron\"}", NULL);
    turn(scene, SETTLE_MS);
    assert_int_equal(scene->fates[0].verdict, SETTLE_FOUND);
    assert_int_equal(scene->fates[1].verdict, SETTLE_FOUND);
    assert_string_not_equal(scene->fates[0].id, scene->fates[1].id);
    assert_true(strcmp(scene->fates[0].id, first) == 0 ||
                strcmp(scene->fates[0].id, second) == 0);
    scene_free(scene);
}

/* Made by the same user just before the run, within what clocks may be apart. */
static void test_there_before(void **state) {
    static const size_t pages[] = {0, 2, 1};

    (void)state;
    for (size_t p = 0; p < sizeof pages / sizeof pages[0]; p++) {
        for (int resumed = 0; resumed < 2; resumed++) {
            struct scene *scene = scene_new(plain, ROW, pages[p], 3);
            const char *id;
            for (int i = 0; i < 5; i++)
                (void)fake_crm_seed(scene->crm, ADA, NULL);
            assert_int_equal(settler_begin(scene->settler, true, NULL), RC_OK);
            if (resumed) {
                scene_restart(scene);
                assert_int_equal(settler_begin(scene->settler, false, NULL), RC_OK);
            }
            add_rows(scene);
            if (pages[p] == 0) {
                turn(scene, 1000);
                assert_int_equal(scene->fates[0].told, 0);
                id = fake_crm_seed(scene->crm, ADA, NULL);
                settle(scene);
                expect(scene, 0, SETTLE_FOUND, id);
            } else { /* the pages are full of what was there */
                settle(scene);
                expect(scene, 0, SETTLE_UNKNOWN, NULL);
            }
            scene_free(scene);
        }
    }
}

/* What the server refuses to tell is not there; what fails is an error. */
static void test_begin_fails(void **state) {
    static const enum fake_fault down[] = {FAULT_500_BEFORE, FAULT_500_BEFORE,
                                           FAULT_COUNT};
    struct scene *scene = scene_new(plain, ROW, 0, 1);
    struct err err = {0};

    (void)state;
    scene->faults = down;
    assert_int_equal(settler_begin(scene->settler, true, &err), RC_UNREACHABLE);
    assert_true(err.message[0] != '\0');
    scene_free(scene);
}

/* A record is older than the row's first sending, by so many seconds. */
static void test_older(void **state) {
    static const struct {
        int64_t seconds;
        bool unchecked; /* the server does not look for duplicates */
        const char *csv;
        int verdict;
    } cases[] = {
        {0, false, ROW, SETTLE_FOUND},
        {0, true, ROW, SETTLE_FOUND},
        {2, false, ROW, SETTLE_ABSENT},
        {2, true, ROW, SETTLE_UNKNOWN},
        {2, false, "Ada;Byron;;;n\n", SETTLE_ABSENT},
        {60, false, ROW, SETTLE_ABSENT},
        {60, true, ROW, SETTLE_ABSENT},
        {60, true, "Ada;Byron;;;n\n", SETTLE_ABSENT},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scene *scene = scene_new(plain, cases[i].csv, 0, 3);
        const char *record = strchr(cases[i].csv, '@') != NULL
                                 ? ADA
                                 : REC("\"Ada\"", "\"Byron\"", "null", "\"n\"");
        (void)fake_crm_seed(scene->crm, record, NULL);
        fake_crm_pass(scene->crm, cases[i].seconds * 1000);
        scene->rows[0]->first_sent_ms = scene_now_ms(scene);
        scene->rows[0]->write.skip_duplicate_check = cases[i].unchecked;
        add_rows(scene);
        settle(scene);
        if (scene->fates[0].verdict != cases[i].verdict)
            fail_msg("case %zu: verdict %d", i, scene->fates[0].verdict);
        scene_free(scene);
    }
}

/* What an unknown row has named is nobody's, in this run and after it is resumed; and it
 * is named. */
static void test_suspects(void **state) {
    (void)state;
    for (int resumed = 0; resumed < 2; resumed++) {
        struct scene *scene = scene_new(plain, ROW ROW, 0, 3);
        const char *first = fake_crm_seed(scene->crm, ADA, NULL);
        const char *second = fake_crm_seed(scene->crm, ADA, NULL);
        assert_int_equal(settler_begin(scene->settler, false, NULL), RC_OK);
        add(scene, 0);
        turn(scene, 1000);
        expect(scene, 0, SETTLE_UNKNOWN, NULL);
        assert_non_null(strstr(scene->fates[0].why, first));
        assert_non_null(strstr(scene->fates[0].why, second));
        if (resumed) {
            scene_restart(scene);
            assert_int_equal(settler_begin(scene->settler, false, NULL), RC_OK);
        }
        add(scene, 1);
        turn(scene, SETTLE_MS + 2000);
        expect(scene, 1, SETTLE_UNKNOWN, NULL);
        scene_free(scene);
    }
}

/* The record of a 409: only what is surely the row's own. */
static void test_claims(void **state) {
    struct scene *scene = scene_new(plain, ROW "Ada;Byron;ada@example.com;;\n", 0, 3);
    struct journal_row put = {.record = 60, .state = ROW_CREATED};
    char other[512];
    const char *id = fake_crm_seed(scene->crm, ADA, NULL);
    struct slice record = slice_of(fake_crm_find(scene->crm, id));

    (void)state;
    scene->rows[0]->first_sent_ms = scene->started_ms;
    assert_true(settler_claims(scene->settler, scene->rows[0], record));
    (void)snprintf(other, sizeof other, "%s", ADA);
    assert_false(
        settler_claims(scene->settler, scene->rows[0], slice_of(other))); /* id */
    assert_false(settler_claims(scene->settler, scene->rows[0], slice_of("[]")));
    scene->rows[0]->first_sent_ms = scene->started_ms + 3000; /* not before it was sent */
    assert_false(settler_claims(scene->settler, scene->rows[0], record));
    scene->rows[0]->first_sent_ms = 0;
    /* the second row has sent less: the record is rather the first one's */
    assert_true(settler_claims(scene->settler, scene->rows[1], record));
    add(scene, 0);
    assert_false(settler_claims(scene->settler, scene->rows[1], record));
    assert_ptr_equal(settler_take(scene->settler), scene->rows[0]);
    scene->rows[0]->state = ROW_INTENDED;
    assert_false(settler_claims(scene->settler, scene->rows[1], record));
    assert_true(settler_claims(scene->settler, scene->rows[0], record));
    put.id = id;
    assert_int_equal(journal_put_row(scene->journal, &put, NULL), RC_OK);
    assert_false(settler_claims(scene->settler, scene->rows[0], record));
    scene_free(scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_under_way),   cmocka_unit_test(test_not_under_way),
        cmocka_unit_test(test_rivals_wait), cmocka_unit_test(test_there_before),
        cmocka_unit_test(test_begin_fails), cmocka_unit_test(test_older),
        cmocka_unit_test(test_suspects),    cmocka_unit_test(test_claims),
    };
    return cmocka_run_group_tests_name("settle rivals", tests, NULL, NULL);
}
