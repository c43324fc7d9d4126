/* Lanes: who may go, in which order, and thousands of random tickets against a model. */
#include "plan/lane.h"

#include "base/rc.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

enum { HEARD_MAX = 64 };

struct heard {
    struct lane_ticket *tickets[HEARD_MAX];
    size_t count;
};

static void hear(void *context, struct lane_ticket *ticket) {
    struct heard *heard = context;

    assert_true(heard->count < HEARD_MAX);
    heard->tickets[heard->count++] = ticket;
}

static struct lane_ticket ticket_of(size_t count, const uint64_t *keys) {
    struct lane_ticket ticket = {.count = 0};

    for (size_t i = 0; i < count; i++)
        lane_add(&ticket, keys[i]);
    return ticket;
}
#define TICKET(...)                                                                      \
    ticket_of(sizeof((uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t),                      \
              (uint64_t[]){__VA_ARGS__})

static void test_add(void **state) {
    struct lane_ticket ticket = TICKET(7, 7, 8, 7);

    (void)state;
    assert_int_equal(ticket.count, 2);
    for (uint64_t key = 0; key < 100; key++)
        lane_add(&ticket, key * 1000);
    assert_int_equal(ticket.count, LANE_KEYS_MAX);
}

static void test_one_lane(void **state) {
    struct lanes *lanes = lanes_new();
    struct lane_ticket a = TICKET(1), b = TICKET(1), c = TICKET(1), other = TICKET(2);
    struct heard heard = {0};

    (void)state;
    assert_int_equal(lane_enter(lanes, &a), 1);
    assert_int_equal(lane_enter(lanes, &b), 0);
    assert_int_equal(lane_enter(lanes, &c), 0);
    assert_int_equal(lane_enter(lanes, &other), 1);
    assert_int_equal(lanes_inside(lanes), 4);
    lane_leave(lanes, &a, hear, &heard);
    assert_int_equal(heard.count, 1);
    assert_ptr_equal(heard.tickets[0], &b);
    lane_leave(lanes, &b, hear, &heard);
    assert_ptr_equal(heard.tickets[1], &c);
    lane_leave(lanes, &c, hear, &heard);
    lane_leave(lanes, &other, hear, &heard);
    assert_int_equal(heard.count, 2);
    assert_int_equal(lanes_inside(lanes), 0);
    lanes_free(lanes);
    lanes_free(NULL);
}

/* A ticket in several lanes goes when it is first in every one of them, and is told
 * once. */
static void test_several_keys(void **state) {
    struct lanes *lanes = lanes_new();
    struct lane_ticket a = TICKET(1), b = TICKET(2), both = TICKET(1, 2, 3),
                       after = TICKET(3), twice = TICKET(1, 2);
    struct heard heard = {0};

    (void)state;
    assert_int_equal(lane_enter(lanes, &a), 1);
    assert_int_equal(lane_enter(lanes, &b), 1);
    assert_int_equal(lane_enter(lanes, &both), 0);
    assert_int_equal(lane_enter(lanes, &after), 0); /* though nobody uses lane 3 yet */
    assert_int_equal(lane_enter(lanes, &twice), 0);
    lane_leave(lanes, &b, hear, &heard);
    assert_int_equal(heard.count, 0);
    lane_leave(lanes, &a, hear, &heard);
    assert_int_equal(heard.count, 1);
    assert_ptr_equal(heard.tickets[0], &both);
    lane_leave(lanes, &both, hear, &heard);
    assert_int_equal(heard.count, 3);
    assert_ptr_equal(heard.tickets[1], &twice); /* waited in two lanes, is told once */
    assert_ptr_equal(heard.tickets[2], &after);
    lane_leave(lanes, &twice, hear, &heard);
    lane_leave(lanes, &after, hear, &heard);
    assert_int_equal(heard.count, 3);
    lanes_free(lanes);
}

/* One that gives up its turn lets nobody pass those in front of it. */
static void test_leaves_early(void **state) {
    struct lanes *lanes = lanes_new();
    struct lane_ticket a = TICKET(1), b = TICKET(1, 2), c = TICKET(1), d = TICKET(2);
    struct heard heard = {0};

    (void)state;
    assert_int_equal(lane_enter(lanes, &a), 1);
    assert_int_equal(lane_enter(lanes, &b), 0);
    assert_int_equal(lane_enter(lanes, &c), 0);
    assert_int_equal(lane_enter(lanes, &d), 0);
    lane_leave(lanes, &b, hear, &heard);
    assert_int_equal(heard.count, 1);
    assert_ptr_equal(heard.tickets[0], &d); /* lane 2 is free, lane 1 still a's */
    lane_leave(lanes, &a, hear, &heard);
    assert_int_equal(heard.count, 2);
    assert_ptr_equal(heard.tickets[1], &c);
    lane_leave(lanes, &c, hear, &heard);
    lane_leave(lanes, &d, hear, &heard);
    /* the last of a lane leaves early, another enters behind the one that stayed */
    a = TICKET(1);
    b = TICKET(1);
    c = TICKET(1);
    assert_int_equal(lane_enter(lanes, &a), 1);
    assert_int_equal(lane_enter(lanes, &b), 0);
    lane_leave(lanes, &b, hear, &heard);
    assert_int_equal(lane_enter(lanes, &c), 0);
    lane_leave(lanes, &a, hear, &heard);
    assert_ptr_equal(heard.tickets[heard.count - 1], &c);
    lanes_free(lanes); /* with one inside */
}

static void test_no_key(void **state) {
    struct lanes *lanes = lanes_new();
    struct lane_ticket a = {.count = 0}, b = {.count = 0};
    struct heard heard = {0};

    (void)state;
    assert_int_equal(lane_enter(lanes, &a), 1);
    assert_int_equal(lane_enter(lanes, &b), 1);
    lane_leave(lanes, &a, hear, &heard);
    lane_leave(lanes, &b, hear, &heard);
    assert_int_equal(heard.count, 0);
    assert_int_equal(lanes_inside(lanes), 0);
    lanes_free(lanes);
}

/* --- against a model: a list of those inside, in the order in which they entered --- */

enum { TICKETS = 600, STEPS = 15000 };

struct model {
    struct lane_ticket tickets[TICKETS];
    bool inside[TICKETS];
    bool ready[TICKETS];   /* as lane.c has said */
    size_t order[TICKETS]; /* of those inside, oldest first */
    size_t count;          /* of order */
    size_t told[TICKETS];  /* by the leave under way */
    size_t told_count;
    struct lanes *lanes;
    uint64_t random;
};

static uint64_t model_random(struct model *model) { /* splitmix64 */
    uint64_t z = model->random += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static bool share_a_key(const struct lane_ticket *a, const struct lane_ticket *b) {
    for (size_t i = 0; i < a->count; i++)
        for (size_t j = 0; j < b->count; j++)
            if (a->keys[i] == b->keys[j])
                return true;
    return false;
}

/* The truth: nobody who shares a key has entered before. */
static bool model_may_go(const struct model *model, size_t which) {
    for (size_t i = 0; i < model->count && model->order[i] != which; i++)
        if (share_a_key(&model->tickets[model->order[i]], &model->tickets[which]))
            return false;
    return true;
}

static void model_hear(void *context, struct lane_ticket *ticket) {
    struct model *model = context;
    size_t which = (size_t)(ticket - model->tickets);

    assert_true(model->inside[which]);
    assert_false(model->ready[which]); /* told once */
    model->ready[which] = true;
    model->told[model->told_count++] = which;
}

static void model_enter(struct model *model, size_t which, uint64_t spread) {
    struct lane_ticket *ticket = &model->tickets[which];
    size_t keys = model_random(model) % (LANE_KEYS_MAX + 1);
    int rc;

    memset(ticket, 0, sizeof *ticket);
    for (size_t i = 0; i < keys; i++)
        lane_add(ticket, model_random(model) % spread);
    rc = lane_enter(model->lanes, ticket);
    model->inside[which] = true;
    model->order[model->count++] = which;
    assert_int_equal(rc, model_may_go(model, which));
    model->ready[which] = rc == 1;
}

static void model_leave(struct model *model, size_t which) {
    size_t at = 0;

    model->told_count = 0;
    lane_leave(model->lanes, &model->tickets[which], model_hear, model);
    while (model->order[at] != which)
        at++;
    memmove(&model->order[at], &model->order[at + 1],
            (model->count - at - 1) * sizeof model->order[0]);
    model->count--;
    model->inside[which] = false;
    for (size_t i = 0; i < model->told_count; i++)
        assert_true(model_may_go(model, model->told[i]));
}

static void model_check(const struct model *model) {
    assert_int_equal(lanes_inside(model->lanes), model->count);
    for (size_t i = 0; i < model->count; i++)
        assert_int_equal(model->ready[model->order[i]],
                         model_may_go(model, model->order[i]));
}

static void model_run(uint64_t seed, uint64_t spread) {
    struct model *model = calloc(1, sizeof *model);

    assert_non_null(model);
    model->random = seed;
    model->lanes = lanes_new();
    assert_non_null(model->lanes);
    for (size_t step = 0; step < STEPS; step++) {
        size_t which = model_random(model) % TICKETS;
        if (!model->inside[which])
            model_enter(model, which, spread);
        else if (model->ready[which] || model_random(model) % 8 == 0)
            model_leave(model, which);
        if (step % 997 == 0)
            model_check(model);
    }
    model_check(model);
    while (model->count > 0) { /* no deadlock: the oldest one may always go */
        assert_true(model->ready[model->order[0]]);
        model_leave(model, model->order[0]);
    }
    assert_int_equal(lanes_inside(model->lanes), 0);
    lanes_free(model->lanes);
    free(model);
}

static void test_model(void **state) {
    static const uint64_t spreads[] = {3, 40, 700, 1000000};

    (void)state;
    for (size_t i = 0; i < sizeof spreads / sizeof spreads[0]; i++)
        for (uint64_t seed = 1; seed <= 3; seed++)
            model_run(seed, spreads[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_add),          cmocka_unit_test(test_one_lane),
        cmocka_unit_test(test_several_keys), cmocka_unit_test(test_leaves_early),
        cmocka_unit_test(test_no_key),       cmocka_unit_test(test_model),
    };
    return cmocka_run_group_tests_name("lane", tests, NULL, NULL);
}
