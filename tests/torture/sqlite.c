/* sqlite.c - a library to be preloaded: the SQLite call number TORTURE_AT fails.
 *
 *   TORTURE_CODE   what it gives: FULL, IOERR, BUSY, NOMEM, TOOBIG
 *   TORTURE_AT     0 = none
 *   TORTURE_BINDS  where it is set, calls are those that bind a value of a statement that
 *                  begins so; the statement of the failing one is printed
 *   TORTURE_COUNT  a file that gets the number of calls made
 *
 * Calls are those that can fail for a reason outside the program: open, prepare, step and
 * exec; or sqlite3_bind_*, but that of NULL. The failing one does nothing, and the
 * connection's error is told as SQLite would tell it: until the next call.
 */
#include "switches.h"

#include <dlfcn.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static struct {
    long calls, at;
    int code;          /* to be given */
    const char *binds; /* these fail, and not the others; or NULL */
    int failed;        /* what the last call gave by our doing, or 0 */
    int depth;         /* inside SQLite: exec prepares and steps */
} torture;

__attribute__((constructor)) static void begin(void) {
    static const struct {
        const char *name;
        int code;
    } codes[] = {{"FULL", SQLITE_FULL},
                 {"IOERR", SQLITE_IOERR},
                 {"BUSY", SQLITE_BUSY},
                 {"NOMEM", SQLITE_NOMEM},
                 {"TOOBIG", SQLITE_TOOBIG}};
    const char *code = getenv("TORTURE_CODE");

    torture.at = torture_at();
    torture.binds = getenv("TORTURE_BINDS");
    for (size_t i = 0; code != NULL && i < sizeof codes / sizeof codes[0]; i++)
        if (strcmp(codes[i].name, code) == 0)
            torture.code = codes[i].code;
}

__attribute__((destructor)) static void end(void) {
    torture_tell(torture.calls);
}

/* Is this the call that fails? sql: of the statement a value is bound to, or NULL. */
static bool fails(const char *sql) {
    const char *binds = torture.binds;

    if (torture.depth > 0)
        return false;
    torture.failed = 0;
    if (sql == NULL || binds == NULL ? sql == binds
                                     : strncmp(sql, binds, strlen(binds)) == 0)
        torture.failed = ++torture.calls == torture.at ? torture.code : 0;
    return torture.failed != 0;
}

#define REAL(type, name, ...)                                                            \
    static type (*real)(__VA_ARGS__);                                                    \
    if (real == NULL)                                                                    \
    real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

/* One call of SQLite's, and what it calls itself. */
#define CALL(...)                                                                        \
    do {                                                                                 \
        int code;                                                                        \
        torture.depth++;                                                                 \
        code = real(__VA_ARGS__);                                                        \
        torture.depth--;                                                                 \
        return code;                                                                     \
    } while (0)

int sqlite3_open_v2(const char *path, sqlite3 **db, int flags, const char *vfs) {
    REAL(int, sqlite3_open_v2, const char *, sqlite3 **, int, const char *);
    if (fails(NULL)) {
        torture.depth++;
        (void)real(path, db, flags, vfs); /* there is a connection all the same */
        torture.depth--;
        return torture.failed;
    }
    CALL(path, db, flags, vfs);
}

int sqlite3_prepare_v2(sqlite3 *db, const char *sql, int size, sqlite3_stmt **out,
                       const char **rest) {
    REAL(int, sqlite3_prepare_v2, sqlite3 *, const char *, int, sqlite3_stmt **,
         const char **);
    if (fails(NULL)) {
        *out = NULL;
        return torture.failed;
    }
    CALL(db, sql, size, out, rest);
}

int sqlite3_prepare_v3(sqlite3 *db, const char *sql, int size, unsigned flags,
                       sqlite3_stmt **out, const char **rest) {
    REAL(int, sqlite3_prepare_v3, sqlite3 *, const char *, int, unsigned, sqlite3_stmt **,
         const char **);
    if (fails(NULL)) {
        *out = NULL;
        return torture.failed;
    }
    CALL(db, sql, size, flags, out, rest);
}

int sqlite3_step(sqlite3_stmt *statement) {
    REAL(int, sqlite3_step, sqlite3_stmt *);
    if (fails(NULL))
        return torture.failed;
    CALL(statement);
}

int sqlite3_exec(sqlite3 *db, const char *sql, int (*row)(void *, int, char **, char **),
                 void *context, char **message) {
    REAL(int, sqlite3_exec, sqlite3 *, const char *,
         int (*)(void *, int, char **, char **), void *, char **);
    if (fails(NULL))
        return torture.failed;
    CALL(db, sql, row, context, message);
}

/* One value bound; one that cannot be is NULL, as SQLite leaves it. */
#define BIND(statement, at, ...)                                                         \
    do {                                                                                 \
        if (fails(sqlite3_sql(statement))) {                                             \
            fprintf(stderr, "not bound: value %d of %s\n", at, sqlite3_sql(statement));  \
            (void)sqlite3_bind_null(statement, at);                                      \
            return torture.failed;                                                       \
        }                                                                                \
        CALL(statement, at, __VA_ARGS__);                                                \
    } while (0)

typedef void release(void *);

int sqlite3_bind_int64(sqlite3_stmt *statement, int at, sqlite3_int64 value) {
    REAL(int, sqlite3_bind_int64, sqlite3_stmt *, int, sqlite3_int64);
    BIND(statement, at, value);
}

int sqlite3_bind_double(sqlite3_stmt *statement, int at, double value) {
    REAL(int, sqlite3_bind_double, sqlite3_stmt *, int, double);
    BIND(statement, at, value);
}

int sqlite3_bind_text(sqlite3_stmt *statement, int at, const char *text, int len,
                      release *done) {
    REAL(int, sqlite3_bind_text, sqlite3_stmt *, int, const char *, int, release *);
    BIND(statement, at, text, len, done);
}

int sqlite3_bind_text64(sqlite3_stmt *statement, int at, const char *text,
                        sqlite3_uint64 len, release *done, unsigned char encoding) {
    REAL(int, sqlite3_bind_text64, sqlite3_stmt *, int, const char *, sqlite3_uint64,
         release *, unsigned char);
    BIND(statement, at, text, len, done, encoding);
}

int sqlite3_bind_blob64(sqlite3_stmt *statement, int at, const void *data,
                        sqlite3_uint64 len, release *done) {
    REAL(int, sqlite3_bind_blob64, sqlite3_stmt *, int, const void *, sqlite3_uint64,
         release *);
    BIND(statement, at, data, len, done);
}

int sqlite3_errcode(sqlite3 *db) {
    REAL(int, sqlite3_errcode, sqlite3 *);
    return torture.failed != 0 ? torture.failed : real(db);
}

const char *sqlite3_errmsg(sqlite3 *db) {
    REAL(const char *, sqlite3_errmsg, sqlite3 *);
    return torture.failed != 0 ? sqlite3_errstr(torture.failed) : real(db);
}
