/* sqlite.c - a library to be preloaded: the SQLite call number TORTURE_AT fails.
 *
 *   TORTURE_CODE   what it gives: FULL, IOERR, BUSY, NOMEM
 *   TORTURE_AT     0 = none
 *   TORTURE_COUNT  a file that gets the number of calls made
 *
 * Calls are those that can fail for a reason outside the program: open, prepare, step and
 * exec. The failing one does nothing, and the connection's error is told as SQLite would
 * tell it. (Values are bound as numbers and static texts, which takes no memory.)
 */
#include "switches.h"

#include <dlfcn.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static struct {
    long calls, at;
    int code;   /* to be given */
    int failed; /* what the last call gave by our doing, or 0 */
    int depth;  /* inside SQLite: exec prepares and steps */
} torture;

__attribute__((constructor)) static void begin(void) {
    static const struct {
        const char *name;
        int code;
    } codes[] = {{"FULL", SQLITE_FULL},
                 {"IOERR", SQLITE_IOERR},
                 {"BUSY", SQLITE_BUSY},
                 {"NOMEM", SQLITE_NOMEM}};
    const char *code = getenv("TORTURE_CODE");

    torture.at = torture_at();
    for (size_t i = 0; code != NULL && i < sizeof codes / sizeof codes[0]; i++)
        if (strcmp(codes[i].name, code) == 0)
            torture.code = codes[i].code;
}

__attribute__((destructor)) static void end(void) {
    torture_tell(torture.calls);
}

/* Is this the call that fails? */
static bool fails(void) {
    if (torture.depth > 0)
        return false;
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
    if (fails()) {
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
    if (fails()) {
        *out = NULL;
        return torture.failed;
    }
    CALL(db, sql, size, out, rest);
}

int sqlite3_prepare_v3(sqlite3 *db, const char *sql, int size, unsigned flags,
                       sqlite3_stmt **out, const char **rest) {
    REAL(int, sqlite3_prepare_v3, sqlite3 *, const char *, int, unsigned, sqlite3_stmt **,
         const char **);
    if (fails()) {
        *out = NULL;
        return torture.failed;
    }
    CALL(db, sql, size, flags, out, rest);
}

int sqlite3_step(sqlite3_stmt *statement) {
    REAL(int, sqlite3_step, sqlite3_stmt *);
    if (fails())
        return torture.failed;
    CALL(statement);
}

int sqlite3_exec(sqlite3 *db, const char *sql, int (*row)(void *, int, char **, char **),
                 void *context, char **message) {
    REAL(int, sqlite3_exec, sqlite3 *, const char *,
         int (*)(void *, int, char **, char **), void *, char **);
    if (fails())
        return torture.failed;
    CALL(db, sql, row, context, message);
}

int sqlite3_errcode(sqlite3 *db) {
    REAL(int, sqlite3_errcode, sqlite3 *);
    return torture.failed != 0 ? torture.failed : real(db);
}

const char *sqlite3_errmsg(sqlite3 *db) {
    REAL(const char *, sqlite3_errmsg, sqlite3 *);
    return torture.failed != 0 ? sqlite3_errstr(torture.failed) : real(db);
}
