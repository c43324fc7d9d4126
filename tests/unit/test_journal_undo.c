/* test_journal_undo.c - what rows wrote, and the steps of an undo. */
#include "state/journal_undo.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "journal_place.h"

#include "state/journal_made.h"

static void put_state(struct journal *journal, uint64_t record, enum row_state state,
                      const char *id, const char *modified, int64_t version) {
    const struct journal_row row = {.record = record,
                                    .line = record + 1,
                                    .state = state,
                                    .attempts = state == ROW_FAILED ? 2 : 1,
                                    .id = id,
                                    .modified = modified,
                                    .version = version};

    assert_int_equal(journal_put_row(journal, &row, NULL), RC_OK);
}

/* A change that was sent once. */
static void put_failed(struct journal *journal, uint64_t record, enum reason reason) {
    const struct journal_row row = {
        .record = record, .state = ROW_FAILED, .attempts = 1, .id = "f"};
    const struct journal_error error = {.record = record,
                                        .reason = reason,
                                        .column = "",
                                        .field = "",
                                        .value = "",
                                        .message = "no"};

    assert_int_equal(journal_put_row(journal, &row, NULL), RC_OK);
    assert_int_equal(journal_put_image(journal, record, "f", "{}", NULL), RC_OK);
    assert_int_equal(journal_put_error(journal, &error, NULL), RC_OK);
}

static void test_wrote(void **state) {
    struct journal *journal = create(*state);
    struct buf text = {.max = 100};

    assert_int_equal(journal_get_wrote(journal, 1, &text, NULL), 0);
    assert_int_equal(journal_put_wrote(journal, 1, "{\"a\":1}", NULL), RC_OK);
    assert_int_equal(journal_put_wrote(journal, 1, "{\"a\":2}", NULL), RC_OK);
    assert_int_equal(journal_commit(journal, NULL), RC_OK);
    journal_close(journal);
    journal = reopen(*state);
    assert_int_equal(journal_get_wrote(journal, 1, &text, NULL), 1);
    assert_string_equal(buf_text(&text), "{\"a\":2}");
    buf_fini(&text);
    journal_close(journal);
}

/* What may have changed something, the last row first. */
static void test_rows_back(void **state) {
    struct journal *journal = create(*state);
    struct journal_cursor *cursor = NULL;
    struct journal_row row;
    char seen[64] = "";

    put_state(journal, 1, ROW_CREATED, "a", "m1", 0);
    put_state(journal, 2, ROW_UNCHANGED, "b", NULL, 0);
    put_state(journal, 3, ROW_UPDATED, "a", "m3", 7);
    put_state(journal, 4, ROW_DELETED, "c", NULL, 0);
    put_state(journal, 5, ROW_SKIPPED, NULL, NULL, 0);
    put_state(journal, 6, ROW_FAILED, NULL, NULL, 0);
    put_state(journal, 7, ROW_FAILED, "d", NULL, 0); /* sent twice, with an image */
    put_state(journal, 8, ROW_UNKNOWN, NULL, NULL, 0);
    put_state(journal, 9, ROW_NEW, NULL, NULL, 0);
    put_state(journal, 10, ROW_INTENDED, "e", NULL, 0);
    put_state(journal, 11, ROW_DOUBTFUL, NULL, NULL, 0);
    assert_int_equal(journal_put_image(journal, 7, "d", "{}", NULL), RC_OK);
    put_failed(journal, 12, REASON_SERVER_ERROR);      /* it may have changed it ... */
    put_failed(journal, 13, REASON_SERVER_VALIDATION); /* ... and here not */
    assert_int_equal(journal_rows_back(journal, &cursor, NULL), RC_OK);
    while (journal_rows_next(cursor, &row, NULL) == 1)
        (void)snprintf(seen + strlen(seen), sizeof seen - strlen(seen), "%d ",
                       (int)row.record);
    journal_rows_close(cursor);
    assert_string_equal(seen, "12 10 8 7 4 3 1 ");
    journal_close(journal);
}

static void test_stamps(void **state) {
    struct journal *journal = create(*state);
    struct arena arena = {.blocks = NULL};
    struct journal_row last;

    put_state(journal, 1, ROW_CREATED, "a", "m1", 0);
    put_state(journal, 2, ROW_UPDATED, "a", "m2", 5);
    put_state(journal, 3, ROW_UPDATED, "b", NULL, 0);
    put_state(journal, 4, ROW_SKIPPED, "a", "m4", 9);
    assert_int_equal(journal_last_stamp(journal, "a", 1, &arena, &last, NULL), 1);
    assert_int_equal(last.record, 2);
    assert_string_equal(last.modified, "m2");
    assert_int_equal(last.version, 5);
    assert_int_equal(journal_last_stamp(journal, "b", 1, &arena, &last, NULL), 1);
    assert_null(last.modified);
    assert_int_equal(journal_last_stamp(journal, "a", 3, &arena, &last, NULL), 0);
    assert_int_equal(journal_last_stamp(journal, "x", 1, &arena, &last, NULL), 0);
    arena_fini(&arena);
    journal_close(journal);
}

static int hear(void *context, uint64_t record) {
    char *text = context;

    (void)snprintf(text + strlen(text), 32 - strlen(text), "%d ", (int)record);
    return RC_OK;
}

static void step(struct journal *journal, uint64_t number, enum step_kind kind,
                 enum row_state state) {
    const struct journal_step it = {.number = number,
                                    .kind = kind,
                                    .record = 100 + number,
                                    .entity_type = "Lead",
                                    .field = "",
                                    .key = "k",
                                    .value = "v"};

    put_state(journal, number, state, "a", NULL, 0);
    assert_int_equal(journal_put_step(journal, &it, NULL), RC_OK);
}

static void test_steps(void **state) {
    struct journal *journal = create(*state);
    uint64_t counts[STEP_KIND_COUNT][ROW_STATE_COUNT], noted;
    struct arena arena = {.blocks = NULL};
    struct journal_step it;
    struct journal_row row = {
        .record = 9, .state = ROW_UNCHANGED, .matched_by = "gone", .id = "z"};
    char heard[32] = "";

    assert_int_equal(journal_begin_steps(journal, NULL), RC_OK);
    step(journal, 1, STEP_RESTORE, ROW_UPDATED);
    step(journal, 2, STEP_RESTORE, ROW_UPDATED);
    step(journal, 3, STEP_DELETE, ROW_SKIPPED);
    assert_int_equal(journal_put_row(journal, &row, NULL), RC_OK);
    assert_int_equal(journal_commit(journal, NULL), RC_OK);
    journal_close(journal);
    journal = reopen(*state);
    assert_int_equal(journal_get_step(journal, 3, &arena, &it, NULL), 1);
    assert_int_equal(it.kind, STEP_DELETE);
    assert_int_equal(it.record, 103);
    assert_string_equal(it.key, "k");
    assert_string_equal(it.value, "v");
    assert_int_equal(journal_get_step(journal, 9, &arena, &it, NULL), 0);
    assert_int_equal(journal_count_steps(journal, counts, NULL), RC_OK);
    assert_int_equal(counts[STEP_RESTORE][ROW_UPDATED], 2);
    assert_int_equal(counts[STEP_DELETE][ROW_SKIPPED], 1);
    assert_int_equal(counts[STEP_DELETE][ROW_DELETED], 0);
    assert_int_equal(journal_count_noted(journal, "gone", &noted, NULL), RC_OK);
    assert_int_equal(noted, 1);
    assert_int_equal(journal_same_id(journal, "a", 3, ROW_UPDATED, hear, heard, NULL),
                     RC_OK);
    assert_string_equal(heard, "2 1 ");
    arena_fini(&arena);
    journal_close(journal);
}

static int hear_made(void *context, const struct journal_made *made) {
    char *text = context;

    (void)snprintf(text + strlen(text), 64 - strlen(text), "%s:%.*s:%s:%s ",
                   made->entity_type, (int)made->key.len, made->key.data,
                   made->id == NULL ? "-" : made->id,
                   made->modified == NULL ? "-" : made->modified);
    return RC_OK;
}

static void test_made(void **state) {
    struct journal *journal = create(*state);
    struct journal_made one = {.entity_type = "Account",
                               .field = "name",
                               .key = slice_of("acme"),
                               .id = "i1",
                               .modified = "m1"};
    char heard[64] = "";

    assert_int_equal(journal_put_made(journal, &one, NULL), RC_OK);
    one.key = slice_of("bee");
    one.id = one.modified = NULL;
    assert_int_equal(journal_put_made(journal, &one, NULL), RC_OK);
    assert_int_equal(journal_all_made(journal, hear_made, heard, NULL), RC_OK);
    assert_string_equal(heard, "Account:acme:i1:m1 Account:bee:-:- ");
    journal_close(journal);
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, place_make, place_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_PLACE(test_wrote), IN_PLACE(test_rows_back), IN_PLACE(test_stamps),
        IN_PLACE(test_steps), IN_PLACE(test_made),
    };
    return cmocka_run_group_tests_name("journal undo", tests, NULL, NULL);
}
