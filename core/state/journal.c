/* journal.c - opens, locks and writes the checkpoint.
 *
 * The lock against a second run is an open-file-description lock on one byte far behind
 * SQLite's own lock bytes, so it dies with the process and needs no file of its own.
 * SQLite's POSIX locks would be dropped by closing a second descriptor of the file: the
 * lock's descriptor is therefore opened first and closed last.
 */
#include "state/journal.h"

#include "state/journal_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* "espl": PRAGMA application_id, so that file(1) and we know the file again. */
#define APPLICATION_ID 1702064236
#define FORMAT_VERSION 3
#define LOCK_OFFSET ((off_t)1 << 62)

enum { BLANK_BYTES = 4096 }; /* one page of SQLite's */

struct journal_text {
    struct journal_text *next; /* older */
    char text[];               /* terminated */
};

static const char schema_sql[] =
    "PRAGMA application_id = 1702064236;"
    "PRAGMA user_version = 3;"
    "CREATE TABLE run(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
    "CREATE TABLE row(record INTEGER PRIMARY KEY, line INTEGER NOT NULL,"
    " offset INTEGER NOT NULL, state INTEGER NOT NULL, settled INTEGER NOT NULL,"
    " attempts INTEGER NOT NULL, since INTEGER, sent INTEGER, id TEXT, matchedBy TEXT,"
    " modified TEXT, version INTEGER);"
    "CREATE INDEX row_id ON row(id) WHERE id IS NOT NULL;"
    "CREATE TABLE error(record INTEGER NOT NULL, seq INTEGER NOT NULL, code TEXT NOT "
    "NULL,"
    " column TEXT NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL,"
    " message TEXT NOT NULL, PRIMARY KEY(record, seq)) WITHOUT ROWID;"
    "CREATE TABLE made(entityType TEXT NOT NULL, field TEXT NOT NULL, key TEXT NOT NULL,"
    " since INTEGER NOT NULL, id TEXT, modified TEXT, value TEXT NOT NULL, PRIMARY "
    "KEY(entityType, field, "
    "key))"
    " WITHOUT ROWID;"
    "CREATE TABLE wrote(record INTEGER PRIMARY KEY, json TEXT NOT NULL);"
    "CREATE TABLE image(record INTEGER PRIMARY KEY, id TEXT NOT NULL, json TEXT NOT "
    "NULL);";

static const char *const statement_sql[STATEMENT_COUNT] = {
    [STATEMENT_PUT_ROW] = "INSERT OR REPLACE INTO row VALUES(?,?,?,?,?,?,?,?,?,?,?,?)",
    [STATEMENT_PUT_ERROR] =
        "INSERT INTO error SELECT ?1, coalesce(max(seq), 0) + 1, ?2, ?3, ?4, ?5, ?6"
        " FROM error WHERE record = ?1",
    [STATEMENT_PUT_IMAGE] = "INSERT OR REPLACE INTO image VALUES(?,?,?)",
    [STATEMENT_PUT_MADE] = "INSERT OR REPLACE INTO made VALUES(?,?,?,?,?,?,?)",
    [STATEMENT_GET_MADE] = "SELECT since, id FROM made WHERE entityType = ?"
                           " AND field = ? AND key = ?",
    [STATEMENT_OWNS_MADE] = "SELECT 1 FROM made WHERE id = ?",
    [STATEMENT_PUT_PLAN] = "INSERT OR IGNORE INTO plan VALUES(?,?,?,?,?)",
    [STATEMENT_GET_PLAN] = "SELECT action, id, code, changes FROM plan WHERE line = ?",
    [STATEMENT_PUT_RECORD] = "INSERT OR IGNORE INTO record VALUES(?,?,?,?)",
    [STATEMENT_PUT_RANGE] = "INSERT OR REPLACE INTO range VALUES(?,?,?,?)",
    [STATEMENT_FIND_RECORD] = "SELECT rowid FROM record WHERE id = ?",
    [STATEMENT_GET_RECORD] = "SELECT id, cells, sort FROM record WHERE rowid = ?",
    [STATEMENT_PUT_PAIR] = "INSERT OR REPLACE INTO pair VALUES(?,?,?,?,?,?,?,?)",
    [STATEMENT_PUT_KEY] = "INSERT OR IGNORE INTO sent VALUES(?,?)",
    [STATEMENT_FIND_KEY] =
        "SELECT record, line, state, id FROM sent JOIN row USING(record)"
        " WHERE key = ? AND record != ? AND state IN (1, 2, 3, 9) ORDER BY record"
        " LIMIT 1",
    [STATEMENT_PUT_BASED] = "INSERT OR IGNORE INTO based VALUES(?)",
    [STATEMENT_PUT_CANDIDATE] = "INSERT OR IGNORE INTO candidate VALUES(?,?)",
    [STATEMENT_TWIN] =
        "SELECT min(line) FROM (SELECT other.line FROM pair me JOIN pair other"
        " ON other.key = me.key AND other.number != me.number WHERE me.number = ?1"
        " UNION ALL SELECT other.line FROM pair me JOIN pair other"
        " ON other.place = me.place AND other.number != me.number WHERE me.number = ?1)",
    [STATEMENT_HAS_ROW] = "SELECT 1 FROM row WHERE record = ?",
    [STATEMENT_GET_IMAGE] = "SELECT json FROM image WHERE record = ?",
    [STATEMENT_GET_IMAGE_ID] = "SELECT id FROM image WHERE record = ?",
    [STATEMENT_HAS_IMAGE] = "SELECT 1 FROM image WHERE record = ?",
    [STATEMENT_OWNS_ID] = "SELECT 1 FROM row WHERE id = ?",
    [STATEMENT_OTHER_OWNER] = "SELECT line FROM row WHERE id = ? AND record != ?"
                              " AND state >= 3 ORDER BY record LIMIT 1",
    [STATEMENT_SUSPECTS_ID] = "SELECT 1 FROM error JOIN row USING(record)"
                              " WHERE state = 9 AND instr(message, ?)",
    [STATEMENT_SET] = "INSERT OR REPLACE INTO run VALUES(?,?)",
    [STATEMENT_GET] = "SELECT value FROM run WHERE key = ?",
    [STATEMENT_PUT_WROTE] = "INSERT OR REPLACE INTO wrote VALUES(?,?)",
    [STATEMENT_GET_WROTE] = "SELECT json FROM wrote WHERE record = ?",
    [STATEMENT_PUT_STEP] = "INSERT INTO step VALUES(?,?,?,?,?,?,?)",
    [STATEMENT_GET_STEP] = "SELECT kind, record, entityType, field, key, value FROM step"
                           " WHERE number = ?",
    [STATEMENT_LAST_STAMP] =
        "SELECT record, state, modified, version FROM row WHERE id = ? AND record >= ?"
        " AND state BETWEEN 3 AND 4 ORDER BY record DESC LIMIT 1",
    [STATEMENT_SAME_ID] = "SELECT record FROM row WHERE id = ? AND record < ?"
                          " AND state = ? ORDER BY record DESC",
    [STATEMENT_ERRORS] = "SELECT code, column, field, value, message FROM error"
                         " WHERE record = ? ORDER BY seq",
};

int journal_fail(struct journal *journal, const char *what, struct err *err) {
    int code = journal->db == NULL ? SQLITE_NOMEM : sqlite3_errcode(journal->db);
    enum rc rc = RC_LOCAL;

    if (code == SQLITE_NOMEM)
        return err_nomem(err);
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
        rc = RC_LOCKED;
    if (code == SQLITE_NOTADB)
        rc = RC_INPUT;
    if (code == SQLITE_CORRUPT)
        return journal_damaged(journal, err, "%s", sqlite3_errmsg(journal->db));
    (void)err_set(err, rc, "cannot %s the checkpoint %s: %s", what, journal->path,
                  sqlite3_errmsg(journal->db));
    if (code == SQLITE_FULL || code == SQLITE_IOERR)
        err_advise(err, "make room on that disk, then: espoload resume %s",
                   journal->path);
    return rc;
}

struct bound journal_statement(struct journal *journal, enum journal_statement which) {
    return bound_kept(journal->db, statement_sql[which], &journal->statements[which]);
}

static int journal_exec(struct journal *journal, const char *sql, const char *what,
                        struct err *err) {
    if (sqlite3_exec(journal->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return journal_fail(journal, what, err);
    return RC_OK;
}

static struct journal *journal_alloc(const char *path) {
    struct journal *journal = calloc(1, sizeof *journal);

    if (journal == NULL)
        return NULL;
    journal->lock_fd = -1;
    journal->path = strdup(path);
    if (journal->path == NULL) {
        free(journal);
        return NULL;
    }
    return journal;
}

static int journal_is_there(const char *path, struct err *err) {
    (void)err_set(err, RC_USAGE, "the checkpoint %s is there already", path);
    err_advise(err,
               "go on with it: espoload resume %s; or name another one with "
               "--checkpoint; or start over with --force",
               path);
    return RC_USAGE;
}

static int journal_lock(struct journal *journal, int flags, struct err *err) {
    struct flock lock = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = LOCK_OFFSET, .l_len = 1};

    journal->lock_fd = open(journal->path, O_RDWR | O_CLOEXEC | flags, 0600);
    if (journal->lock_fd < 0) {
        if (errno == EEXIST)
            return journal_is_there(journal->path, err);
        return err_errno(err, errno == ENOENT ? "find" : "open", journal->path);
    }
    if (fcntl(journal->lock_fd, F_OFD_SETLK, &lock) == 0)
        return RC_OK;
    if (errno != EAGAIN && errno != EACCES)
        return err_errno(err, "lock", journal->path);
    (void)err_set(err, RC_LOCKED, "another run is working with the checkpoint %s",
                  journal->path);
    err_advise(err, "wait for it to end; espoload status %s shows where it is",
               journal->path);
    return RC_LOCKED;
}

static int journal_connect(struct journal *journal, struct err *err) {
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX; /* one thread */

    if (sqlite3_open_v2(journal->path, &journal->db, flags, NULL) != SQLITE_OK)
        return journal_fail(journal, "open", err);
    (void)sqlite3_extended_result_codes(journal->db, 0);
    (void)sqlite3_busy_timeout(journal->db, 5000);
    return RC_OK;
}

/* Only once the file is known to be ours: this changes it. Sorts are left to temporary
 * files: in memory they would grow with the rows. */
static int journal_tune(struct journal *journal, struct err *err) {
    static const char setup[] = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;";

    return journal_exec(journal, setup, "open", err);
}

/* The number that a query gives; an SQLite code. */
static int journal_ask(struct journal *journal, const char *sql, int *answer) {
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(journal->db, sql, -1, &statement, NULL);

    if (code == SQLITE_OK && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        *answer = sqlite3_column_int(statement, 0);
        code = SQLITE_OK;
    }
    (void)sqlite3_finalize(statement);
    return code;
}

/* What a crash inside journal_create() leaves is no more than one page without a table:
 * nothing is lost with it, so it is taken over. */
static bool journal_may_be_blank(const char *path) {
    struct stat info;

    return stat(path, &info) == 0 && S_ISREG(info.st_mode) && info.st_size <= BLANK_BYTES;
}

static bool journal_is_blank(struct journal *journal) {
    int tables = 0;

    return journal_ask(journal, "SELECT count(*) FROM sqlite_master", &tables) ==
               SQLITE_OK &&
           tables == 0;
}

static int journal_verify(struct journal *journal, struct err *err) {
    int application = 0, version = 0;
    int code = journal_ask(journal, "PRAGMA application_id", &application);

    if (code == SQLITE_OK)
        code = journal_ask(journal, "PRAGMA user_version", &version);
    if (code != SQLITE_OK && code != SQLITE_NOTADB)
        return journal_fail(journal, "read", err);
    if (application != APPLICATION_ID && journal_may_be_blank(journal->path) &&
        journal_is_blank(journal)) {
        (void)err_set(err, RC_INPUT, "the run of %s never began", journal->path);
        err_advise(err, "nothing was sent: begin it anew with --force");
        return RC_INPUT;
    }
    if (application != APPLICATION_ID) {
        (void)err_set(err, RC_INPUT, "%s is not a checkpoint of espoload", journal->path);
        err_advise(err, "name the .checkpoint file that the run left beside its input");
        return RC_INPUT;
    }
    if (version != FORMAT_VERSION) {
        (void)err_set(err, RC_INPUT,
                      "the checkpoint %s is of format %d, this program reads format %d",
                      journal->path, version, FORMAT_VERSION);
        err_advise(err, "go on with the version of espoload that began the run");
        return RC_INPUT;
    }
    return RC_OK;
}

int journal_refuse(const char *path, struct err *err) {
    struct journal *journal;
    int rc = RC_OK;

    if (access(path, F_OK) != 0)
        return RC_OK;
    journal = journal_alloc(path);
    if (journal == NULL)
        return err_nomem(err);
    if (!journal_may_be_blank(path) || journal_connect(journal, NULL) != RC_OK ||
        !journal_is_blank(journal))
        rc = journal_is_there(path, err);
    journal_close(journal);
    return rc;
}

int journal_create(struct journal **out, const char *path, struct err *err) {
    struct journal *journal = journal_alloc(path);
    bool blank = journal_may_be_blank(path);
    int rc;

    *out = NULL;
    if (journal == NULL)
        return err_nomem(err);
    rc = journal_lock(journal, blank ? 0 : O_CREAT | O_EXCL, err);
    if (rc == RC_OK)
        rc = journal_connect(journal, err);
    if (rc == RC_OK && blank && !journal_is_blank(journal))
        rc = journal_is_there(journal->path, err);
    if (rc == RC_OK && blank && fchmod(journal->lock_fd, 0600) != 0)
        rc = err_errno(err, "open", path);
    if (rc == RC_OK)
        rc = journal_tune(journal, err);
    if (rc == RC_OK)
        rc = journal_exec(journal, "BEGIN", "write", err);
    if (rc == RC_OK)
        rc = journal_exec(journal, schema_sql, "write", err);
    if (rc == RC_OK)
        rc = journal_exec(journal, "COMMIT", "write", err);
    if (rc != RC_OK) {
        bool made = journal->lock_fd >= 0 && !blank;
        journal_close(journal);
        if (made)
            (void)unlink(path);
        return rc;
    }
    *out = journal;
    return RC_OK;
}

static int journal_open_as(struct journal **out, const char *path, bool writer,
                           struct err *err) {
    struct journal *journal = journal_alloc(path);
    struct stat info;
    int rc = RC_OK;

    *out = NULL;
    if (journal == NULL)
        return err_nomem(err);
    if (stat(path, &info) != 0)
        rc = err_set(err, RC_INPUT, "there is no checkpoint %s: %s", path,
                     strerror(errno));
    else if (!S_ISREG(info.st_mode))
        rc = err_set(err, RC_INPUT, "%s is not a checkpoint of espoload", path);
    if (rc != RC_OK)
        err_advise(err, "name the .checkpoint file that the run left beside its input");
    if (rc == RC_OK && writer)
        rc = journal_lock(journal, 0, err);
    if (rc == RC_OK)
        rc = journal_connect(journal, err);
    if (rc == RC_OK)
        rc = journal_verify(journal, err);
    if (rc == RC_OK)
        rc = journal_tune(journal, err);
    if (rc != RC_OK) {
        journal_close(journal);
        return rc;
    }
    *out = journal;
    return RC_OK;
}

int journal_open(struct journal **out, const char *path, struct err *err) {
    return journal_open_as(out, path, true, err);
}

int journal_open_reader(struct journal **out, const char *path, struct err *err) {
    return journal_open_as(out, path, false, err);
}

void journal_close(struct journal *journal) {
    if (journal == NULL)
        return;
    for (size_t i = 0; i < STATEMENT_COUNT; i++)
        (void)sqlite3_finalize(journal->statements[i]);
    (void)sqlite3_close(journal->db);
    if (journal->lock_fd >= 0)
        (void)close(journal->lock_fd);
    while (journal->texts != NULL) {
        struct journal_text *next = journal->texts->next;
        free(journal->texts);
        journal->texts = next;
    }
    free(journal->path);
    free(journal);
}

int journal_check(const struct journal *journal, struct err *err) {
    if (journal->unread.rc != RC_OK && err != NULL && err->rc == RC_OK)
        *err = journal->unread;
    return (int)journal->unread.rc;
}

int journal_begin(struct journal *journal, struct err *err) {
    int rc = journal_check(journal, err);

    if (rc != RC_OK || journal->in_transaction)
        return rc;
    rc = journal_exec(journal, "BEGIN IMMEDIATE", "write", err);
    journal->in_transaction = rc == RC_OK;
    return rc;
}

int journal_step(struct journal *journal, const struct bound *bound, struct err *err) {
    if (bound_step(bound) != SQLITE_DONE) {
        int rc = journal_fail(journal, "write", err);
        (void)sqlite3_reset(bound->statement);
        /* a full disk takes the whole transaction back by itself */
        journal->in_transaction = sqlite3_get_autocommit(journal->db) == 0;
        return rc;
    }
    (void)sqlite3_reset(bound->statement);
    return RC_OK;
}

static int journal_set(struct journal *journal, const char *key, const char *text,
                       int64_t number, struct err *err) {
    struct bound bound;
    int rc = journal_begin(journal, err);

    if (rc != RC_OK)
        return rc;
    bound = journal_statement(journal, STATEMENT_SET);
    bind_text(&bound, 1, key);
    if (text != NULL)
        bind_text(&bound, 2, text);
    else
        bind_int(&bound, 2, number);
    return journal_step(journal, &bound, err);
}

int journal_set_text(struct journal *journal, const char *key, const char *value,
                     struct err *err) {
    return journal_set(journal, key, value == NULL ? "" : value, 0, err);
}

int journal_set_int(struct journal *journal, const char *key, int64_t value,
                    struct err *err) {
    return journal_set(journal, key, NULL, value, err);
}

const char *journal_text(struct journal *journal, const char *key) {
    struct bound bound = journal_statement(journal, STATEMENT_GET);
    struct journal_text *kept;
    const unsigned char *text;
    size_t len;

    bind_text(&bound, 1, key);
    if (!journal_row_found(journal, &bound) ||
        (text = sqlite3_column_text(bound.statement, 0)) == NULL) {
        (void)sqlite3_reset(bound.statement);
        return "";
    }
    len = (size_t)sqlite3_column_bytes(bound.statement, 0);
    kept = malloc(sizeof *kept + len + 1);
    if (kept != NULL) {
        memcpy(kept->text, text, len);
        kept->text[len] = '\0';
        kept->next = journal->texts;
        journal->texts = kept;
    } else {
        (void)err_nomem(&journal->unread);
    }
    (void)sqlite3_reset(bound.statement);
    return kept == NULL ? "" : kept->text;
}

int64_t journal_int(struct journal *journal, const char *key) {
    struct bound bound = journal_statement(journal, STATEMENT_GET);
    int64_t value = 0;

    bind_text(&bound, 1, key);
    if (journal_row_found(journal, &bound))
        value = sqlite3_column_int64(bound.statement, 0);
    (void)sqlite3_reset(bound.statement);
    return value;
}

int journal_put_row(struct journal *journal, const struct journal_row *row,
                    struct err *err) {
    struct bound bound;
    int rc = journal_begin(journal, err);

    if (rc != RC_OK)
        return rc;
    bound = journal_statement(journal, STATEMENT_PUT_ROW);
    bind_int(&bound, 1, (int64_t)row->record);
    bind_int(&bound, 2, (int64_t)row->line);
    bind_int(&bound, 3, (int64_t)row->offset);
    bind_int(&bound, 4, row->state);
    bind_int(&bound, 5, row->settled);
    bind_int(&bound, 6, row->attempts);
    if (row_state_is_final(row->state)) { /* for looking up only: room is saved */
        bind_null(&bound, 7);
        bind_null(&bound, 8);
    } else {
        bind_int(&bound, 7, row->since);
        bind_int(&bound, 8, row->sent);
    }
    bind_text(&bound, 9, row->id);
    bind_text(&bound, 10, row->matched_by);
    bind_text(&bound, 11, row->modified);
    if (row->version != 0)
        bind_int(&bound, 12, row->version);
    else
        bind_null(&bound, 12);
    return journal_step(journal, &bound, err);
}

int journal_put_error(struct journal *journal, const struct journal_error *error,
                      struct err *err) {
    struct bound bound;
    int rc = journal_begin(journal, err);

    if (rc != RC_OK)
        return rc;
    bound = journal_statement(journal, STATEMENT_PUT_ERROR);
    bind_int(&bound, 1, (int64_t)error->record);
    bind_text(&bound, 2, reason_code(error->reason));
    bind_text(&bound, 3, error->column);
    bind_text(&bound, 4, error->field);
    bind_text(&bound, 5, error->value);
    bind_text(&bound, 6, error->message);
    return journal_step(journal, &bound, err);
}

int journal_put_image(struct journal *journal, uint64_t record, const char *id,
                      const char *json, struct err *err) {
    struct bound bound;
    int rc = journal_begin(journal, err);

    if (rc != RC_OK)
        return rc;
    bound = journal_statement(journal, STATEMENT_PUT_IMAGE);
    bind_int(&bound, 1, (int64_t)record);
    bind_text(&bound, 2, id);
    bind_text(&bound, 3, json);
    return journal_step(journal, &bound, err);
}

void journal_rollback(struct journal *journal) {
    if (sqlite3_get_autocommit(journal->db) == 0)
        (void)sqlite3_exec(journal->db, "ROLLBACK", NULL, NULL, NULL);
    journal->in_transaction = false;
}

int journal_commit(struct journal *journal, struct err *err) {
    int rc = journal_check(journal, err);

    if (!journal->in_transaction)
        return rc;
    if (rc == RC_OK)
        rc = journal_exec(journal, "COMMIT", "write", err);
    if (rc != RC_OK)
        journal_rollback(journal);
    journal->in_transaction = false;
    return rc;
}

int journal_mark_doubtful(struct journal *journal, int64_t now_ms, struct err *err) {
    static const char sql[] = "UPDATE row SET state = ?, since = ? WHERE state = ?";
    struct bound bound;
    int rc = journal_begin(journal, err);

    if (rc != RC_OK)
        return rc;
    bound = bound_prepare(journal->db, sql);
    bind_int(&bound, 1, ROW_DOUBTFUL);
    bind_int(&bound, 2, now_ms);
    bind_int(&bound, 3, ROW_INTENDED);
    rc = journal_step(journal, &bound, err);
    (void)sqlite3_finalize(bound.statement);
    return rc == RC_OK ? journal_commit(journal, err) : rc;
}
