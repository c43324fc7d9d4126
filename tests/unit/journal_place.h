/* journal_place.h - a checkpoint in a folder of its own, for the tests of the journal. */
#ifndef UNIT_JOURNAL_PLACE_H
#define UNIT_JOURNAL_PLACE_H

#include "state/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

struct place {
    char dir[64];   /* a folder of the test's own */
    char path[128]; /* of the checkpoint in it */
};

static inline int place_make(void **state) {
    struct place *place = calloc(1, sizeof *place);
    const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";

    assert_non_null(place);
    (void)snprintf(place->dir, sizeof place->dir, "%s/espoload-journal-XXXXXX", base);
    assert_non_null(mkdtemp(place->dir));
    (void)snprintf(place->path, sizeof place->path, "%s/run.checkpoint", place->dir);
    *state = place;
    return 0;
}

static inline int place_remove(void **state) {
    static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
    struct place *place = *state;
    char name[160];

    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        (void)snprintf(name, sizeof name, "%s%s", place->path, endings[i]);
        (void)unlink(name);
    }
    assert_int_equal(rmdir(place->dir), 0); /* nothing else was left behind */
    free(place);
    return 0;
}

static inline struct journal *create(const struct place *place) {
    struct journal *journal;
    struct err err = {0};

    if (journal_create(&journal, place->path, &err) != RC_OK)
        fail_msg("journal_create: %s", err.message);
    return journal;
}

/* What damage, or somebody else, does to the checkpoint. */
static inline void damage(const struct place *place, const char *sql) {
    sqlite3 *db;

    assert_int_equal(sqlite3_open(place->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static inline struct journal *reopen(const struct place *place) {
    struct journal *journal;
    struct err err = {0};

    if (journal_open(&journal, place->path, &err) != RC_OK)
        fail_msg("journal_open: %s", err.message);
    return journal;
}

static inline void put(struct journal *journal, uint64_t record, enum row_state state,
                       const char *id) {
    struct journal_row row = {.record = record,
                              .line = record + 1,
                              .offset = record * 100,
                              .state = state,
                              .attempts = 1,
                              .since = 1000,
                              .id = id};
    struct err err = {0};

    if (journal_put_row(journal, &row, &err) != RC_OK)
        fail_msg("journal_put_row: %s", err.message);
}

static inline void put_error(struct journal *journal, uint64_t record, enum reason reason,
                             const char *column, const char *message) {
    struct journal_error error = {.record = record,
                                  .reason = reason,
                                  .column = column,
                                  .field = "f",
                                  .value = "v",
                                  .message = message};

    assert_int_equal(journal_put_error(journal, &error, NULL), RC_OK);
}

static inline uint64_t count_of(struct journal *journal, enum row_state state) {
    uint64_t counts[ROW_STATE_COUNT];

    assert_int_equal(journal_count(journal, counts, NULL), RC_OK);
    return counts[state];
}

static inline void commit(struct journal *journal) {
    struct err err = {0};

    if (journal_commit(journal, &err) != RC_OK)
        fail_msg("journal_commit: %s", err.message);
}

static inline void raw_sql(const char *path, const char *sql) {
    sqlite3 *db = NULL;
    char *message = NULL;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static inline int no_errors(void *context, const struct journal_error *error) {
    (void)context;
    (void)error;
    fail_msg("an error of a transaction that was never committed");
    return RC_OK;
}

#endif
