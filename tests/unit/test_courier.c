/* The courier: each parcel delivered once, sent again only when it may be, stopped at
 * once. */
#include "wire/courier.h"

#include "sim/fake_crm.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PARCELS = 400, POLLS_MAX = 100000 };

struct scene;

struct letter {
    struct parcel parcel; /* first */
    struct scene *scene;
    char body[160];
    unsigned delivered;
    enum verdict_action action;
    enum delivery delivery;
    int status;
    char message[300];
    size_t order; /* in which it was delivered */
};

struct scene {
    struct fake_crm *crm;
    struct transport *transport;
    struct courier *courier;
    struct letter letters[PARCELS];
    size_t delivered;
    const enum fake_fault *faults; /* by number of the request, ends with COUNT */
    void (*on_done)(struct letter *letter);
};

static enum fake_fault scripted(void *context, uint64_t number,
                                const struct request *request) {
    const struct scene *scene = context;

    (void)request;
    for (uint64_t i = 0; scene->faults != NULL && scene->faults[i] != FAULT_COUNT; i++)
        if (i + 1 == number)
            return scene->faults[i];
    return FAULT_NONE;
}

static struct scene *scene_new(const struct courier_options *options,
                               const enum fake_fault *faults, unsigned permille,
                               uint64_t seed) {
    struct scene *scene = calloc(1, sizeof *scene);
    struct fake_options fake = {
        .testdata = TESTDATA, .seed = seed, .fault_permille = permille};
    struct courier_options mine = *options;

    assert_non_null(scene);
    scene->faults = faults;
    if (permille == 0) {
        fake.choose = scripted;
        fake.choose_context = scene;
    }
    scene->crm = fake_crm_new(&fake);
    scene->transport = fake_transport_new(scene->crm);
    mine.env = fake_crm_env(scene->crm);
    assert_int_equal(courier_new(&scene->courier, scene->transport, &mine, NULL), RC_OK);
    return scene;
}

static void scene_free(struct scene *scene) {
    courier_free(scene->courier);
    transport_free(scene->transport);
    fake_crm_free(scene->crm);
    free(scene);
}

static void letter_done(struct parcel *parcel, const struct verdict *verdict,
                        const struct answer *answer) {
    struct letter *letter = (struct letter *)parcel;

    letter->delivered++;
    letter->action = verdict->action;
    letter->delivery = answer->delivery;
    letter->status = answer->status;
    letter->order = ++letter->scene->delivered;
    (void)snprintf(letter->message, sizeof letter->message, "%s", verdict->message);
    if (letter->scene->on_done != NULL)
        letter->scene->on_done(letter);
}

static struct letter *post(struct scene *scene, size_t i) {
    struct letter *letter = &scene->letters[i];

    letter->scene = scene;
    (void)snprintf(letter->body, sizeof letter->body,
                   "{\"firstName\":\"No\",\"lastName\":\"Number%zu\",\"emailAddress\":"
                   "\"n%zu@example.com\"}",
                   i, i);
    letter->parcel.request.method = METHOD_POST;
    letter->parcel.request.path = "Lead";
    letter->parcel.request.body = slice_of(letter->body);
    letter->parcel.done = letter_done;
    courier_send(scene->courier, &letter->parcel);
    return letter;
}

static struct letter *get(struct scene *scene, size_t i, bool urgent) {
    struct letter *letter = &scene->letters[i];

    letter->scene = scene;
    letter->parcel.request.method = METHOD_GET;
    letter->parcel.request.path = "Settings";
    letter->parcel.urgent = urgent;
    letter->parcel.done = letter_done;
    courier_send(scene->courier, &letter->parcel);
    return letter;
}

/* Polls until count were delivered; returns how much time passed, ms. */
static int64_t carry(struct scene *scene, size_t count) {
    int64_t begin_ms = fake_crm_now_ms(scene->crm);

    for (int i = 0; scene->delivered < count; i++) {
        assert_true(i < POLLS_MAX);
        assert_true(courier_poll(scene->courier, 200, NULL) >= 0);
    }
    assert_int_equal(courier_in_flight(scene->courier), 0);
    assert_int_equal(courier_waiting(scene->courier), 0);
    return fake_crm_now_ms(scene->crm) - begin_ms;
}

/* --- one parcel and its fate --- */

struct fate {
    const char *name;
    enum method method;
    unsigned retries;
    enum fake_fault faults[8]; /* of the requests in turn; ends with COUNT */
    enum verdict_action action;
    uint64_t sent;
    size_t stored;    /* records in the CRM, in the end */
    int64_t least_ms; /* how long it took, at least */
    enum rc stopped;
};

#define POST METHOD_POST
#define GET METHOD_GET
#define END FAULT_COUNT
static const struct fate fates[] = {
    {"good", POST, 3, {END}, VERDICT_DONE, 1, 1, 0, RC_OK},
    {"lost before", POST, 3, {FAULT_LOST_BEFORE, END}, VERDICT_DOUBTFUL, 1, 0, 0, RC_OK},
    {"lost after", POST, 3, {FAULT_LOST_AFTER, END}, VERDICT_DOUBTFUL, 1, 1, 0, RC_OK},
    {"500", POST, 3, {FAULT_500_BEFORE, END}, VERDICT_DOUBTFUL, 1, 0, 0, RC_OK},
    {"502", POST, 3, {FAULT_502, END}, VERDICT_DOUBTFUL, 1, 0, 0, RC_OK},
    {"html", POST, 3, {FAULT_HTML_AFTER, END}, VERDICT_DOUBTFUL, 1, 1, 0, RC_OK},
    {"cut", POST, 3, {FAULT_CUT, END}, VERDICT_DOUBTFUL, 1, 1, 0, RC_OK},
    {"503", POST, 3, {FAULT_503_AFTER, END}, VERDICT_DOUBTFUL, 1, 1, 0, RC_OK},
    {"unsent",
     POST,
     2,
     {FAULT_UNSENT, FAULT_UNSENT, END},
     VERDICT_DONE,
     3,
     1,
     1500,
     RC_OK},
    {"unsent for ever",
     POST,
     2,
     {FAULT_UNSENT, FAULT_UNSENT, FAULT_UNSENT, END},
     VERDICT_STOP,
     3,
     0,
     1500,
     RC_UNREACHABLE},
    {"no retries", POST, 0, {FAULT_UNSENT, END}, VERDICT_STOP, 1, 0, 0, RC_UNREACHABLE},
    /* waits that the server asks for are no attempts, whatever their number */
    {"429 and maintenance",
     POST,
     0,
     {FAULT_429, FAULT_429, FAULT_MAINTENANCE, FAULT_429, FAULT_429, END},
     VERDICT_DONE,
     6,
     1,
     30000,
     RC_OK},
    {"429, then one attempt",
     POST,
     1,
     {FAULT_429, FAULT_UNSENT, FAULT_429, FAULT_429, END},
     VERDICT_DONE,
     5,
     1,
     1500,
     RC_OK},
    {"429 between attempts",
     POST,
     1,
     {FAULT_UNSENT, FAULT_429, FAULT_UNSENT, END},
     VERDICT_STOP,
     3,
     0,
     500,
     RC_UNREACHABLE},
    {"get again",
     GET,
     3,
     {FAULT_LOST_AFTER, FAULT_502, FAULT_HTML, END},
     VERDICT_DONE,
     4,
     0,
     3500,
     RC_OK},
    {"get given up",
     GET,
     1,
     {FAULT_LOST_AFTER, FAULT_502, END},
     VERDICT_STOP,
     2,
     0,
     500,
     RC_UNREACHABLE},
};

static void test_fates(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof fates / sizeof fates[0]; i++) {
        const struct fate *fate = &fates[i];
        struct courier_options options = {.retries = fate->retries};
        struct scene *scene = scene_new(&options, fate->faults, 0, i);
        struct letter *letter =
            fate->method == POST ? post(scene, 0) : get(scene, 0, false);
        struct err err = {0};
        int64_t took_ms = carry(scene, 1);

        fake_crm_pass(scene->crm, 60000);
        if (letter->action != fate->action || letter->delivered != 1 ||
            courier_counts(scene->courier)->sent != fate->sent ||
            fake_crm_count(scene->crm) != fate->stored || took_ms < fate->least_ms)
            fail_msg("%s: action %d, delivered %u, sent %llu, stored %zu, %lld ms",
                     fate->name, letter->action, letter->delivered,
                     (unsigned long long)courier_counts(scene->courier)->sent,
                     fake_crm_count(scene->crm), (long long)took_ms);
        assert_int_equal(courier_stopped(scene->courier, &err), fate->stopped);
        assert_int_equal(err.rc, fate->stopped);
        assert_int_equal(err.message[0] != '\0', fate->stopped != RC_OK);
        scene_free(scene);
    }
}

/* --- many parcels --- */

static void test_jobs(void **state) {
    struct courier_options options = {.jobs = 3};
    struct scene *scene = scene_new(&options, NULL, 0, 1);
    size_t most = 0;

    (void)state;
    for (size_t i = 0; i < 50; i++)
        (void)post(scene, i);
    assert_int_equal(courier_waiting(scene->courier), 50);
    while (scene->delivered < 50) {
        assert_true(courier_poll(scene->courier, 200, NULL) >= 0);
        if (courier_in_flight(scene->courier) > most)
            most = courier_in_flight(scene->courier);
    }
    assert_true(most >= 2 && most <= 3);
    assert_int_equal(fake_crm_count(scene->crm), 50);
    assert_int_equal(courier_counts(scene->courier)->answered, 50);
    assert_int_equal(courier_counts(scene->courier)->by_status[200], 50);
    assert_true(courier_counts(scene->courier)->bytes_sent >= 50 * 2);
    assert_true(courier_counts(scene->courier)->bytes_received >= 50 * 2);
    assert_int_equal(courier_latency(scene->courier)->total, 50);
    scene_free(scene);
}

static void test_urgent_first(void **state) {
    struct courier_options options = {.jobs = 1};
    struct scene *scene = scene_new(&options, NULL, 0, 1);

    (void)state;
    for (size_t i = 0; i < 10; i++)
        (void)post(scene, i);
    (void)get(scene, 10, true);
    (void)get(scene, 11, true);
    (void)carry(scene, 12);
    assert_int_equal(scene->letters[10].order, 1);
    assert_int_equal(scene->letters[11].order, 2);
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(scene->letters[i].order, 3 + i);
    scene_free(scene);
}

static void test_rate(void **state) {
    struct courier_options options = {.jobs = 8, .rate_milli = 2000};
    struct scene *scene = scene_new(&options, NULL, 0, 1);

    (void)state;
    for (size_t i = 0; i < 21; i++)
        (void)post(scene, i);
    assert_in_range(carry(scene, 21), 9900, 10300); /* 20 intervals of half a second */
    scene_free(scene);
}

/* A parcel that waits to be sent again does not hold up the others. */
static void test_retry_in_background(void **state) {
    static const enum fake_fault faults[] = {FAULT_UNSENT, END};
    struct courier_options options = {.jobs = 1, .retries = 3};
    struct scene *scene = scene_new(&options, faults, 0, 1);

    (void)state;
    for (size_t i = 0; i < 4; i++)
        (void)post(scene, i);
    (void)carry(scene, 4);
    assert_int_equal(scene->letters[0].action, VERDICT_DONE);
    assert_int_equal(fake_crm_count(scene->crm), 4);
    scene_free(scene);
}

/* 429 to one: nobody sends until it is over. */
static void test_pause_for_all(void **state) {
    static const enum fake_fault faults[] = {FAULT_MAINTENANCE, END};
    struct courier_options options = {.jobs = 2, .retries = 3};
    struct scene *scene = scene_new(&options, faults, 0, 1);
    uint64_t before;

    (void)state;
    for (size_t i = 0; i < 20; i++)
        (void)post(scene, i);
    while (courier_counts(scene->courier)->retries == 0)
        assert_true(courier_poll(scene->courier, 10, NULL) >= 0);
    assert_true(courier_pause_ms(scene->courier) >= 29000);
    assert_int_equal(courier_jobs(scene->courier), 1);
    before = courier_counts(scene->courier)->sent;
    for (int i = 0; i < 100; i++)
        assert_true(courier_poll(scene->courier, 200, NULL) >= 0);
    assert_int_equal(courier_counts(scene->courier)->sent, before);
    (void)carry(scene, 20);
    assert_int_equal(fake_crm_count(scene->crm), 20);
    assert_int_equal(courier_pause_ms(scene->courier), 0);
    scene_free(scene);
}

/* --- stopping --- */

static void test_revoked_key(void **state) {
    struct courier_options options = {.jobs = 4, .retries = 3};
    struct scene *scene = scene_new(&options, NULL, 0, 1);
    struct fake_run run = {.revoke_at_request = 7};
    struct err err = {0};
    size_t done = 0;

    (void)state;
    fake_crm_begin(scene->crm, &run);
    for (size_t i = 0; i < 100; i++)
        (void)post(scene, i);
    (void)carry(scene, 100);
    assert_int_equal(courier_stopped(scene->courier, &err), RC_AUTH);
    assert_non_null(strstr(err.message, "401"));
    for (size_t i = 0; i < 100; i++) {
        const struct letter *letter = &scene->letters[i];
        assert_int_equal(letter->delivered, 1);
        assert_true(letter->action == VERDICT_DONE || letter->action == VERDICT_STOP);
        assert_true(letter->action == VERDICT_DONE || letter->message[0] != '\0');
        done += letter->action == VERDICT_DONE;
    }
    assert_int_equal(fake_crm_count(scene->crm), done);
    assert_int_equal(done, 6);
    assert_int_equal(fake_crm_counts(scene->crm)->after_401, 0);
    scene_free(scene);
}

static void test_halt(void **state) {
    static const enum fake_fault faults[] = {FAULT_UNSENT, FAULT_429, FAULT_NONE,
                                             FAULT_LOST_BEFORE, END};
    struct courier_options options = {.jobs = 4, .retries = 3};
    struct scene *scene = scene_new(&options, faults, 0, 3);
    size_t done = 0, unsent = 0, doubtful = 0;

    (void)state;
    for (size_t i = 0; i < 30; i++)
        (void)post(scene, i);
    assert_int_equal(courier_poll(scene->courier, 0, NULL), 0);
    assert_int_equal(courier_in_flight(scene->courier), 4);
    courier_halt(scene->courier);
    assert_int_equal(courier_poll(scene->courier, 0, NULL), 26);
    (void)carry(scene, 30); /* what is in flight is waited for, and not sent again */
    assert_int_equal(courier_counts(scene->courier)->sent, 4);
    for (size_t i = 0; i < 30; i++) {
        assert_int_equal(scene->letters[i].delivered, 1);
        done += scene->letters[i].action == VERDICT_DONE;
        unsent += scene->letters[i].action == VERDICT_STOP;
        doubtful += scene->letters[i].action == VERDICT_DOUBTFUL;
    }
    assert_int_equal(done, 1);
    assert_int_equal(unsent, 28); /* 429 and no connection: not done, for certain */
    assert_int_equal(doubtful, 1);
    assert_int_equal(courier_stopped(scene->courier, NULL), RC_OK); /* nobody's fault */
    (void)post(scene, 30);
    (void)carry(scene, 31);
    assert_int_equal(scene->letters[30].action, VERDICT_STOP);
    assert_int_equal(scene->letters[30].delivery, DELIVERY_UNSENT);
    scene_free(scene);
}

static void test_cancel(void **state) {
    struct courier_options options = {.jobs = 4, .retries = 3};
    struct scene *scene = scene_new(&options, NULL, 0, 3);

    (void)state;
    (void)get(scene, 0, true);
    for (size_t i = 1; i < 10; i++)
        (void)post(scene, i);
    assert_int_equal(courier_poll(scene->courier, 0, NULL), 0);
    courier_cancel(scene->courier);
    assert_int_equal(scene->delivered, 4);
    courier_cancel(scene->courier); /* a second one finds nothing */
    (void)carry(scene, 10);
    for (size_t i = 0; i < 10; i++) {
        assert_int_equal(scene->letters[i].delivered, 1);
        assert_int_equal(scene->letters[i].action,
                         i < 4 ? VERDICT_DOUBTFUL : VERDICT_STOP);
    }
    assert_int_equal(courier_counts(scene->courier)->sent, 4);
    scene_free(scene);
}

/* Parcels in every place at once: in flight, queued, and waiting to be sent again. */
static void test_halt_with_retries(void **state) {
    static const enum fake_fault faults[] = {FAULT_UNSENT, FAULT_UNSENT, FAULT_UNSENT,
                                             END};
    struct courier_options options = {.jobs = 2, .retries = 3};
    struct scene *scene = scene_new(&options, faults, 0, 3);

    (void)state;
    for (size_t i = 0; i < 12; i++)
        (void)post(scene, i);
    while (courier_counts(scene->courier)->retries < 2)
        assert_true(courier_poll(scene->courier, 5, NULL) >= 0);
    assert_int_equal(courier_waiting(scene->courier) + courier_in_flight(scene->courier),
                     12 - scene->delivered);
    courier_halt(scene->courier);
    (void)carry(scene, 12);
    for (size_t i = 0; i < 12; i++)
        assert_int_equal(scene->letters[i].delivered, 1);
    scene_free(scene);
}

/* --- done may send more, and free its parcel --- */

static void send_another(struct letter *letter) {
    struct scene *scene = letter->scene;
    size_t next = (size_t)(letter - scene->letters) + 10;

    memset(&letter->parcel, 0xAA, sizeof letter->parcel); /* as if freed */
    if (next < 100)
        (void)post(scene, next);
}

static void test_chain(void **state) {
    struct courier_options options = {.jobs = 4, .retries = 3};
    struct scene *scene = scene_new(&options, NULL, 0, 3);

    (void)state;
    scene->on_done = send_another;
    for (size_t i = 0; i < 10; i++)
        (void)post(scene, i);
    (void)carry(scene, 100);
    assert_int_equal(fake_crm_count(scene->crm), 100);
    scene_free(scene);
}

/* --- a storm: every fault at random; each parcel once, each DONE there once --- */

static void storm(uint64_t seed) {
    struct courier_options options = {.jobs = 1 + (size_t)(seed % 9), .retries = 8};
    struct scene *scene = scene_new(&options, NULL, 300, seed);
    size_t count = 40, stored = 0;

    for (size_t i = 0; i < count; i++)
        (void)post(scene, i);
    (void)carry(scene, count);
    fake_crm_pass(scene->crm, 60000);
    for (size_t i = 0; i < count; i++) {
        const struct letter *letter = &scene->letters[i];
        size_t there = 0;
        char mail[64];
        (void)snprintf(mail, sizeof mail, "\"n%zu@example.com\"", i);
        for (size_t k = 0; k < fake_crm_count(scene->crm); k++)
            there += strstr(fake_crm_record(scene->crm, k), mail) != NULL;
        stored += there;
        if (letter->delivered != 1 || there > 1 ||
            (letter->action == VERDICT_DONE && there != 1) ||
            (letter->action == VERDICT_STOP && there != 0) ||
            letter->action == VERDICT_RETRY)
            fail_msg("seed %llu: parcel %zu was delivered %u times, action %d, and is "
                     "there %zu times",
                     (unsigned long long)seed, i, letter->delivered, letter->action,
                     there);
    }
    assert_int_equal(stored, fake_crm_count(scene->crm));
    scene_free(scene);
}

static void test_storm(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++)
        storm(seed);
}

/* The transport fails for good: the error comes out, and nothing is lost or delivered
 * twice once the caller gives up. */
static void test_transport_fails(void **state) {
    struct courier_options options = {.jobs = 4};
    struct scene *scene = scene_new(&options, NULL, 0, 3);
    struct fake_run run = {.poll_error_at_step = 12};
    struct err err = {0};
    int rc = 0;

    (void)state;
    fake_crm_begin(scene->crm, &run);
    for (size_t i = 0; i < 20; i++)
        (void)post(scene, i);
    for (int i = 0; rc >= 0 && i < 1000; i++)
        rc = courier_poll(scene->courier, 200, &err);
    assert_int_equal(rc, RC_LOCAL);
    assert_true(courier_in_flight(scene->courier) > 0);
    courier_cancel(scene->courier);
    (void)courier_poll(scene->courier, 0, NULL);
    assert_int_equal(scene->delivered, 20);
    for (size_t i = 0; i < 20; i++)
        assert_int_equal(scene->letters[i].delivered, 1);
    scene_free(scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fates),
        cmocka_unit_test(test_jobs),
        cmocka_unit_test(test_urgent_first),
        cmocka_unit_test(test_rate),
        cmocka_unit_test(test_retry_in_background),
        cmocka_unit_test(test_pause_for_all),
        cmocka_unit_test(test_revoked_key),
        cmocka_unit_test(test_halt),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_halt_with_retries),
        cmocka_unit_test(test_chain),
        cmocka_unit_test(test_storm),
        cmocka_unit_test(test_transport_fails),
    };
    return cmocka_run_group_tests_name("courier", tests, NULL, NULL);
}
