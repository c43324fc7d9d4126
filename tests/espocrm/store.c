/*
 * Opening the database, its tables, the statement cache and value binding. Promises that
 * with a file everything answered is in the file when the process is killed (not when the
 * power fails). Without a file a transaction stays open and is committed now and then.
 */
#include "store.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fold.h"

#define COMMIT_EVERY 2000

static int exec(struct store *st, const char *sql) {
    char *msg = NULL;
    if (sqlite3_exec(st->db, sql, NULL, NULL, &msg) == SQLITE_OK)
        return 0;
    fprintf(stderr, "espocrm-testd: %s: %s\n", sql, msg ? msg : "?");
    sqlite3_free(msg);
    return -1;
}

static const char *column_type(const struct attr *a) {
    if (!strcmp(a->name, "id"))
        return "TEXT NOT NULL PRIMARY KEY";
    size_t n = strlen(a->name);
    if (a->type == V_STRING && n > 2 && !strcmp(a->name + n - 2, "Id"))
        return "TEXT";
    switch (a->type) {
    case V_STRING:
    case V_TEXT: return "TEXT COLLATE UCI";
    case V_INT:
    case V_BOOL: return "INTEGER";
    case V_FLOAT: return "REAL";
    case V_DATE:
    case V_DATETIME:
    case V_ARRAY:
    case V_OBJECT:
    case V_DECIMAL: break;
    }
    return "TEXT";
}

static int create_entity(struct store *st, struct entity *e) {
    struct buf create = {0}, insert = {0}, values = {0}, update = {0};
    buf_printf(&create, "CREATE TABLE IF NOT EXISTS e_%s (", e->name);
    buf_printf(&insert, "INSERT INTO e_%s (", e->name);
    buf_printf(&update, "UPDATE e_%s SET ", e->name);
    const char *sep = "";
    for (size_t i = 0; i < e->nattrs; i++) {
        const struct attr *a = e->attrs[i];
        if (a->kind != A_COLUMN)
            continue;
        buf_printf(&create, "%s\"%s\" %s", sep, a->name, column_type(a));
        buf_printf(&insert, "%s\"%s\"", sep, a->name);
        buf_printf(&values, "%s?", sep);
        buf_printf(&update, "%s\"%s\"=?", sep, a->name);
        sep = ",";
    }
    buf_str(&create, ")");
    buf_printf(&insert, ") VALUES (%s)", values.p);
    buf_str(&update, " WHERE id=?");
    e->insert_sql = insert.p;
    e->update_sql = update.p;
    int rc = exec(st, create.p);
    struct buf index = {0};
    if (e->created_at)
        buf_printf(&index, "CREATE INDEX IF NOT EXISTS i_%s_c ON e_%s(createdAt,id);",
                   e->name, e->name);
    if (e->person)
        buf_printf(&index,
                   "CREATE INDEX IF NOT EXISTS i_%s_n ON e_%s(lastName,firstName);",
                   e->name, e->name);
    else
        buf_printf(&index, "CREATE INDEX IF NOT EXISTS i_%s_n ON e_%s(name);", e->name,
                   e->name);
    if (rc == 0)
        rc = exec(st, index.p);
    buf_free(&index);
    buf_free(&create);
    buf_free(&values);
    return rc;
}

static const char shared_tables[] =
    "CREATE TABLE IF NOT EXISTS email(id INTEGER PRIMARY KEY, name TEXT, lower TEXT "
    "UNIQUE,"
    " opt_out INTEGER DEFAULT 0, invalid INTEGER DEFAULT 0);"
    "CREATE TABLE IF NOT EXISTS entity_email(type TEXT, eid TEXT, point INTEGER,"
    " prim INTEGER, PRIMARY KEY(eid,type,point)) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS i_entity_email ON entity_email(point);"
    "CREATE TABLE IF NOT EXISTS phone(id INTEGER PRIMARY KEY, name TEXT UNIQUE, numeric "
    "TEXT,"
    " type TEXT, opt_out INTEGER DEFAULT 0, invalid INTEGER DEFAULT 0);"
    "CREATE INDEX IF NOT EXISTS i_phone ON phone(numeric);"
    "CREATE TABLE IF NOT EXISTS entity_phone(type TEXT, eid TEXT, point INTEGER,"
    " prim INTEGER, PRIMARY KEY(eid,type,point)) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS i_entity_phone ON entity_phone(point);"
    "CREATE TABLE IF NOT EXISTS rel(name TEXT, a TEXT, b TEXT, seq INTEGER, cols TEXT,"
    " PRIMARY KEY(name,a,b)) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS i_rel ON rel(name,b);"
    "CREATE TABLE IF NOT EXISTS counter(name TEXT PRIMARY KEY, value INTEGER);"
    "CREATE TABLE IF NOT EXISTS posted(seq INTEGER PRIMARY KEY, type TEXT, eid TEXT,"
    " body TEXT);"
    "CREATE TABLE IF NOT EXISTS file(id TEXT PRIMARY KEY, content BLOB);"
    "CREATE TABLE IF NOT EXISTS import(id TEXT PRIMARY KEY, body TEXT, deleted INTEGER);"
    "CREATE TABLE IF NOT EXISTS import_row(import TEXT, eid TEXT, imported INTEGER,"
    " updated INTEGER, duplicate INTEGER);"
    "CREATE TABLE IF NOT EXISTS import_error(id TEXT PRIMARY KEY, import TEXT, body "
    "TEXT);"
    "CREATE TABLE IF NOT EXISTS token(token TEXT PRIMARY KEY, user TEXT);"
    "CREATE TABLE IF NOT EXISTS mass(id TEXT PRIMARY KEY, count INTEGER);";

int store_open(struct store *st, const char *file, struct schema *schema) {
    *st = (struct store){.durable = file != NULL};
    idgen_init(&st->ids);
    if (sqlite3_open(file ? file : ":memory:", &st->db) != SQLITE_OK) {
        fprintf(stderr, "espocrm-testd: %s: %s\n", file, sqlite3_errmsg(st->db));
        return -1;
    }
    if (fold_register(st->db) != SQLITE_OK)
        return -1;
    if (exec(st,
             "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA cache_size=-65536;"
             "PRAGMA temp_store=MEMORY;"))
        return -1;
    if (exec(st, shared_tables))
        return -1;
    for (size_t i = 0; i < schema->n; i++)
        if (create_entity(st, &schema->entities[i]))
            return -1;
    return 0;
}

void store_close(struct store *st) {
    if (st->in_transaction)
        exec(st, "COMMIT");
    for (size_t i = 0; i < STMT_CACHE; i++) {
        sqlite3_finalize(st->cache[i].stmt);
        free(st->cache[i].sql);
    }
    sqlite3_close(st->db);
    st->db = NULL;
}

void store_clear(struct store *st, const struct schema *schema) {
    static const char *const shared[] = {
        "email",        "entity_email", "phone", "entity_phone", "rel",
        "counter",      "posted",       "file",  "import",       "import_row",
        "import_error", "token",        "mass"};
    char sql[160];
    store_begin(st);
    for (size_t i = 0; i < sizeof shared / sizeof *shared; i++) {
        snprintf(sql, sizeof sql, "DELETE FROM %s", shared[i]);
        exec(st, sql);
    }
    for (size_t i = 0; i < schema->n; i++) {
        snprintf(sql, sizeof sql, "DELETE FROM e_%s", schema->entities[i].name);
        exec(st, sql);
    }
    store_commit(st);
}

void store_begin(struct store *st) {
    if (!st->in_transaction)
        st->in_transaction = exec(st, "BEGIN") == 0;
}

void store_commit(struct store *st) {
    if (!st->in_transaction)
        return;
    if (st->durable || ++st->pending >= COMMIT_EVERY) {
        exec(st, "COMMIT");
        st->in_transaction = false;
        st->pending = 0;
    }
}

sqlite3_stmt *store_prepare(struct store *st, const char *sql) {
    size_t n = strlen(sql);
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)sql[i]) * 16777619u;
    for (size_t probe = 0; probe < 4; probe++) {
        size_t at = (h + probe) % STMT_CACHE;
        if (st->cache[at].sql && !st->cache[at].busy && !strcmp(st->cache[at].sql, sql)) {
            st->cache[at].busy = true;
            return st->cache[at].stmt;
        }
    }
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(st->db, sql, (int)n + 1, &stmt, NULL) != SQLITE_OK) {
        fprintf(stderr, "espocrm-testd: %s: %s\n", sql, sqlite3_errmsg(st->db));
        return NULL;
    }
    for (size_t probe = 0; probe < 4; probe++) {
        size_t at = (h + probe) % STMT_CACHE;
        if (st->cache[at].sql)
            continue;
        st->cache[at].sql = mem_dup(sql);
        st->cache[at].stmt = stmt;
        st->cache[at].busy = true;
        break;
    }
    return stmt;
}

void store_done(struct store *st, sqlite3_stmt *stmt) {
    if (!stmt)
        return;
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    for (size_t i = 0; i < STMT_CACHE; i++)
        if (st->cache[i].stmt == stmt) {
            st->cache[i].busy = false;
            return;
        }
    sqlite3_finalize(stmt);
}

int store_run(struct store *st, int64_t *out, const char *sql, ...) {
    sqlite3_stmt *q = store_prepare(st, sql);
    if (!q)
        return SQLITE_ERROR;
    va_list ap;
    va_start(ap, sql);
    const char *s;
    for (int at = 1; (s = va_arg(ap, const char *)) != NULL; at++)
        bind_text(q, at, s);
    va_end(ap);
    int rc = sqlite3_step(q);
    if (rc == SQLITE_ROW && out)
        *out = sqlite3_column_int64(q, 0);
    store_done(st, q);
    return rc;
}

static void bound(sqlite3_stmt *stmt, int at, int code) {
    if (code == SQLITE_OK)
        return;
    fprintf(stderr, "espocrm-testd: value %d of %s: %s\n", at, sqlite3_sql(stmt),
            sqlite3_errstr(code));
    abort();
}

static void bind_bytes(sqlite3_stmt *stmt, int at, const char *s, size_t len) {
    bound(stmt, at, sqlite3_bind_text64(stmt, at, s, len, SQLITE_TRANSIENT, SQLITE_UTF8));
}

void bind_text(sqlite3_stmt *stmt, int at, const char *s) {
    if (s)
        bind_bytes(stmt, at, s, strlen(s));
    else
        bound(stmt, at, sqlite3_bind_null(stmt, at));
}

void bind_int(sqlite3_stmt *stmt, int at, int64_t n) {
    bound(stmt, at, sqlite3_bind_int64(stmt, at, n));
}

void bind_blob(sqlite3_stmt *stmt, int at, const void *data, size_t len) {
    bound(stmt, at, sqlite3_bind_blob64(stmt, at, data, len, SQLITE_TRANSIENT));
}

static void bind_json(sqlite3_stmt *stmt, int at, const json_t *v) {
    struct buf b = {0};
    buf_json(&b, v);
    bind_bytes(stmt, at, b.p, b.len);
    buf_free(&b);
}

/* What the column keeps: times always have seconds, decimals four digits. */
static bool bind_normal(sqlite3_stmt *stmt, int at, const struct attr *a, const char *s) {
    char out[80];
    if (a->type == V_DATETIME && strlen(s) == 16)
        snprintf(out, sizeof out, "%s:00", s);
    else if (a->type == V_DECIMAL)
        snprintf(out, sizeof out, "%.4Lf", strtold(s, NULL));
    else
        return false;
    bind_text(stmt, at, out);
    return true;
}

void bind_value(sqlite3_stmt *stmt, int at, const struct attr *a, const json_t *v) {
    if (!v || json_is_null(v)) {
        bind_text(stmt, at, NULL);
        return;
    }
    if (json_is_string(v) && bind_normal(stmt, at, a, json_string_value(v)))
        return;
    switch (json_typeof(v)) {
    case JSON_STRING:
        bind_bytes(stmt, at, json_string_value(v), json_string_length(v));
        break;
    case JSON_INTEGER: bind_int(stmt, at, json_integer_value(v)); break;
    case JSON_REAL:
        bound(stmt, at, sqlite3_bind_double(stmt, at, json_real_value(v)));
        break;
    case JSON_TRUE:
    case JSON_FALSE: bind_int(stmt, at, json_is_true(v)); break;
    case JSON_ARRAY:
    case JSON_OBJECT: bind_json(stmt, at, v); break;
    case JSON_NULL: break;
    }
}

json_t *column_value(sqlite3_stmt *stmt, int at, enum vtype type) {
    if (sqlite3_column_type(stmt, at) == SQLITE_NULL)
        return json_null();
    switch (type) {
    case V_INT: return json_integer(sqlite3_column_int64(stmt, at));
    case V_FLOAT: return json_real(sqlite3_column_double(stmt, at));
    case V_BOOL: return json_boolean(sqlite3_column_int(stmt, at));
    case V_ARRAY:
    case V_OBJECT: {
        const char *s = (const char *)sqlite3_column_text(stmt, at);
        json_t *v = json_loads(s ? s : "null", JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        return v ? v : json_null();
    }
    case V_STRING:
    case V_TEXT:
    case V_DATE:
    case V_DATETIME:
    case V_DECIMAL: break;
    }
    const char *s = (const char *)sqlite3_column_text(stmt, at);
    json_t *v = json_stringn(s ? s : "", (size_t)sqlite3_column_bytes(stmt, at));
    return v ? v : json_null();
}

void column_write(struct buf *b, sqlite3_stmt *stmt, int at, enum vtype type) {
    if (sqlite3_column_type(stmt, at) == SQLITE_NULL) {
        buf_add(b, "null", 4);
        return;
    }
    const char *s;
    switch (type) {
    case V_INT: buf_printf(b, "%lld", (long long)sqlite3_column_int64(stmt, at)); return;
    case V_FLOAT: buf_json_double(b, sqlite3_column_double(stmt, at)); return;
    case V_BOOL: buf_str(b, sqlite3_column_int(stmt, at) ? "true" : "false"); return;
    case V_ARRAY:
    case V_OBJECT:
        s = (const char *)sqlite3_column_text(stmt, at);
        buf_str(b, s ? s : "null");
        return;
    case V_STRING:
    case V_TEXT:
    case V_DATE:
    case V_DATETIME:
    case V_DECIMAL: break;
    }
    s = (const char *)sqlite3_column_text(stmt, at);
    buf_json_string(b, s ? s : "", (size_t)sqlite3_column_bytes(stmt, at));
}
