/* export_state.c - the tables fact, written, known; the next ones beside them until the
 * commit.
 */
#include "state/export_state.h"

#include "state/bind.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define APPLICATION_ID 1702064243 /* "esps" */
#define LOCK_OFFSET ((off_t)1 << 62)

enum { TEXT_BYTES = 1024 };

enum statement { GET, SET, HAS, PUT_WRITTEN, PUT_ID, STATEMENTS };

struct export_state {
    sqlite3 *db;                          /* owned */
    sqlite3_stmt *statements[STATEMENTS]; /* owned */
    char *path;                           /* owned */
    int lock_fd;
    struct err unread;     /* why something could not be read; then no more is put */
    char text[TEXT_BYTES]; /* last handed out */
};

static const char *const sql[STATEMENTS] = {
    [GET] = "SELECT value FROM fact WHERE key = ?",
    [SET] = "INSERT OR REPLACE INTO fact VALUES(?,?)",
    [HAS] = "SELECT 1 FROM written WHERE id = ? AND hash = ?",
    [PUT_WRITTEN] = "INSERT OR REPLACE INTO next_written VALUES(?,?)",
    [PUT_ID] = "INSERT OR IGNORE INTO next_known VALUES(?)",
};

static const char schema[] =
    "BEGIN;"
    "PRAGMA application_id = 1702064243;"
    "CREATE TABLE IF NOT EXISTS fact(key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS written(id TEXT PRIMARY KEY, hash INTEGER)"
    " WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS known(id TEXT PRIMARY KEY) WITHOUT ROWID;"
    "COMMIT;";

static int fail(struct export_state *state, const char *what, struct err *err) {
    int code = state->db == NULL ? SQLITE_NOMEM : sqlite3_errcode(state->db) & 0xFF;

    if (code == SQLITE_NOMEM)
        return err_nomem(err);
    return err_set(
        err, code == SQLITE_NOTADB || code == SQLITE_CORRUPT ? RC_INPUT : RC_LOCAL,
        "cannot %s the state %s: %s", what, state->path, sqlite3_errmsg(state->db));
}

static int run(struct export_state *state, const char *text, struct err *err) {
    return sqlite3_exec(state->db, text, NULL, NULL, NULL) == SQLITE_OK
               ? RC_OK
               : fail(state, "write", err);
}

static struct bound use(struct export_state *state, enum statement which) {
    return bound_kept(state->db, sql[which], &state->statements[which]);
}

static int lock(struct export_state *state, struct err *err) {
    struct flock range = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = LOCK_OFFSET, .l_len = 1};

    state->lock_fd = open(state->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (state->lock_fd < 0)
        return err_errno(err, "open the state", state->path);
    if (fcntl(state->lock_fd, F_OFD_SETLK, &range) == 0)
        return RC_OK;
    if (errno != EAGAIN && errno != EACCES)
        return err_errno(err, "lock", state->path);
    (void)err_set(err, RC_LOCKED, "another export is working with the state %s",
                  state->path);
    err_advise(err, "wait for it to end");
    return RC_LOCKED;
}

/* A file of somebody else's must not be written into. */
static int verify(struct export_state *state, struct err *err) {
    sqlite3_stmt *statement = NULL;
    struct stat facts;
    int application = 0;

    if (fstat(state->lock_fd, &facts) != 0)
        return err_errno(err, "read", state->path);
    if (facts.st_size == 0)
        return RC_OK;
    if (sqlite3_prepare_v2(state->db, "PRAGMA application_id", -1, &statement, NULL) ==
            SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        application = sqlite3_column_int(statement, 0);
    (void)sqlite3_finalize(statement);
    if (application == APPLICATION_ID)
        return RC_OK;
    (void)err_set(err, RC_INPUT, "%s is not the state of an incremental export",
                  state->path);
    err_advise(err, "name another file: it is made by the first run");
    return RC_INPUT;
}

int export_state_open(struct export_state **out, const char *path, struct err *err) {
    struct export_state *state = calloc(1, sizeof *state);
    int rc;

    *out = NULL;
    if (state == NULL)
        return err_nomem(err);
    state->lock_fd = -1;
    state->path = strdup(path);
    rc = state->path == NULL ? err_nomem(err) : lock(state, err);
    if (rc == RC_OK &&
        sqlite3_open_v2(path, &state->db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
        rc = fail(state, "open", err);
    if (rc == RC_OK)
        rc = verify(state, err);
    if (rc == RC_OK)
        rc = run(state, "PRAGMA synchronous = FULL", err);
    if (rc == RC_OK)
        rc = run(state, schema, err);
    if (rc == RC_OK)
        *out = state;
    else
        export_state_close(state);
    return rc;
}

void export_state_close(struct export_state *state) {
    if (state == NULL)
        return;
    for (size_t i = 0; i < STATEMENTS; i++)
        (void)sqlite3_finalize(state->statements[i]);
    (void)sqlite3_close(state->db);
    if (state->lock_fd >= 0)
        (void)close(state->lock_fd);
    free(state->path);
    free(state);
}

/* Steps a query of something that may be there: is it? */
static bool found(struct export_state *state, const struct bound *bound) {
    int code = bound_step(bound);

    if (code != SQLITE_ROW && code != SQLITE_DONE)
        (void)fail(state, "read", &state->unread);
    return code == SQLITE_ROW;
}

/* Could all be read that was asked for? */
static int check(const struct export_state *state, struct err *err) {
    if (state->unread.rc != RC_OK && err != NULL)
        *err = state->unread;
    return (int)state->unread.rc;
}

const char *export_state_text(struct export_state *state, const char *key) {
    struct bound bound = use(state, GET);
    const unsigned char *text;

    state->text[0] = '\0';
    bind_text(&bound, 1, key);
    if (found(state, &bound) &&
        (text = sqlite3_column_text(bound.statement, 0)) != NULL &&
        sqlite3_column_bytes(bound.statement, 0) < TEXT_BYTES)
        memcpy(state->text, text, (size_t)sqlite3_column_bytes(bound.statement, 0) + 1);
    (void)sqlite3_reset(bound.statement);
    return state->text;
}

bool export_state_has_written(struct export_state *state, struct slice id,
                              uint64_t hash) {
    struct bound bound = use(state, HAS);
    bool written;

    bind_slice(&bound, 1, id);
    bind_int(&bound, 2, (int64_t)hash);
    written = found(state, &bound);
    (void)sqlite3_reset(bound.statement);
    return written;
}

bool export_state_knows_ids(struct export_state *state) {
    return strcmp(export_state_text(state, "ids"), "yes") == 0;
}

int export_state_begin(struct export_state *state, struct err *err) {
    static const char begin[] =
        "BEGIN IMMEDIATE;"
        "CREATE TABLE next_written(id TEXT PRIMARY KEY, hash INTEGER) WITHOUT ROWID;"
        "CREATE TABLE next_known(id TEXT PRIMARY KEY) WITHOUT ROWID;";
    int rc = check(state, err);

    return rc == RC_OK ? run(state, begin, err) : rc;
}

static int step(struct export_state *state, const struct bound *bound, struct err *err) {
    int rc = bound_step(bound) == SQLITE_DONE ? RC_OK : fail(state, "write", err);

    (void)sqlite3_reset(bound->statement);
    return rc;
}

int export_state_set(struct export_state *state, const char *key, const char *value,
                     struct err *err) {
    struct bound bound = use(state, SET);

    bind_text(&bound, 1, key);
    bind_text(&bound, 2, value);
    return step(state, &bound, err);
}

int export_state_put_written(struct export_state *state, struct slice id, uint64_t hash,
                             struct err *err) {
    struct bound bound = use(state, PUT_WRITTEN);

    bind_slice(&bound, 1, id);
    bind_int(&bound, 2, (int64_t)hash);
    return step(state, &bound, err);
}

int export_state_put_id(struct export_state *state, struct slice id, struct err *err) {
    struct bound bound = use(state, PUT_ID);

    bind_slice(&bound, 1, id);
    return step(state, &bound, err);
}

int export_state_vanished(struct export_state *state, export_state_visit *visit,
                          void *context, struct err *err) {
    sqlite3_stmt *statement = NULL;
    int code = SQLITE_DONE, rc = RC_OK;

    if (sqlite3_prepare_v2(state->db,
                           "SELECT id FROM known WHERE id NOT IN"
                           " (SELECT id FROM next_known) ORDER BY id",
                           -1, &statement, NULL) != SQLITE_OK)
        return fail(state, "read", err);
    while (rc == RC_OK && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        struct slice id = {(const char *)sqlite3_column_text(statement, 0),
                           (size_t)sqlite3_column_bytes(statement, 0)};
        rc = id.data == NULL ? err_nomem(err) : visit(context, id);
    }
    if (rc == RC_OK && code != SQLITE_DONE)
        rc = fail(state, "read", err);
    (void)sqlite3_finalize(statement);
    return rc;
}

int export_state_commit(struct export_state *state, bool ids, struct err *err) {
    int rc = check(state, err);

    if (rc == RC_OK)
        rc = run(state, "DROP TABLE written; ALTER TABLE next_written RENAME TO written;",
                 err);
    if (rc == RC_OK && ids)
        rc = run(state, "DROP TABLE known; ALTER TABLE next_known RENAME TO known;", err);
    else if (rc == RC_OK)
        rc = run(state, "DROP TABLE next_known;", err);
    if (rc == RC_OK && ids)
        rc = export_state_set(state, "ids", "yes", err);
    return rc == RC_OK ? run(state, "COMMIT", err) : rc;
}
