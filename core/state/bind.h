/* bind.h - a statement with its values, which is stepped only when it has all of them.
 *
 * A value that SQLite cannot bind (memory is out, it is too long) would be NULL, and be
 * written as such. So the first failure is kept, from preparing on: nothing more is bound
 * then, which leaves the connection's error as it is, and bound_step() gives its code
 * instead of a step. Only that one need be looked at. No sqlite3_bind_* but here.
 */
#ifndef STATE_BIND_H
#define STATE_BIND_H

#include "base/slice.h"

#include <sqlite3.h>
#include <stdint.h>

struct bound {
    sqlite3_stmt *statement; /* NULL = could not be prepared */
    int code;                /* SQLite's, of the first failure; 0 = none */
};

/* A statement that is used once: the caller finalizes it. */
static inline struct bound bound_prepare(sqlite3 *db, const char *sql) {
    struct bound bound = {0};

    bound.code = sqlite3_prepare_v2(db, sql, -1, &bound.statement, NULL);
    return bound;
}

/* One that is kept: prepared when first used, reset when used again. */
static inline struct bound bound_kept(sqlite3 *db, const char *sql,
                                      sqlite3_stmt **statement) {
    int code = SQLITE_OK;

    if (*statement == NULL)
        code =
            sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL);
    else
        (void)sqlite3_reset(*statement);
    return (struct bound){*statement, code};
}

static inline void bind_int(struct bound *bound, int at, int64_t value) {
    if (bound->code == SQLITE_OK)
        bound->code = sqlite3_bind_int64(bound->statement, at, value);
}

static inline void bind_double(struct bound *bound, int at, double value) {
    if (bound->code == SQLITE_OK)
        bound->code = sqlite3_bind_double(bound->statement, at, value);
}

static inline void bind_null(struct bound *bound, int at) {
    if (bound->code == SQLITE_OK)
        bound->code = sqlite3_bind_null(bound->statement, at);
}

/* Texts and blobs must stay until the step; NULL is bound as NULL. */
static inline void bind_text(struct bound *bound, int at, const char *text) {
    if (bound->code == SQLITE_OK)
        bound->code = sqlite3_bind_text(bound->statement, at, text, -1, SQLITE_STATIC);
}

static inline void bind_slice(struct bound *bound, int at, struct slice text) {
    if (bound->code == SQLITE_OK)
        bound->code = sqlite3_bind_text64(bound->statement, at, text.data, text.len,
                                          SQLITE_STATIC, SQLITE_UTF8);
}

static inline void bind_blob(struct bound *bound, int at, const void *data, size_t len) {
    if (bound->code == SQLITE_OK)
        bound->code = sqlite3_bind_blob64(bound->statement, at, data, len, SQLITE_STATIC);
}

/* What sqlite3_step() gives, or the code of what failed before it. */
static inline int bound_step(const struct bound *bound) {
    return bound->code == SQLITE_OK ? sqlite3_step(bound->statement) : bound->code;
}

#endif
