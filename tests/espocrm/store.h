/*
 * The SQLite database behind the server: one table per entity type, shared tables for
 * e-mail addresses, phone numbers and many-to-many relations, and a log of accepted
 * POSTs.
 */
#ifndef ESPOCRM_STORE_H
#define ESPOCRM_STORE_H

#include <sqlite3.h>

#include "clock.h"
#include "schema.h"

#define STMT_CACHE 512

struct store {
    sqlite3 *db;
    bool durable;     /* a file: each request commits */
    unsigned pending; /* writes since the last commit, when not durable */
    bool in_transaction;
    struct idgen ids;
    struct {
        char *sql;
        sqlite3_stmt *stmt;
        bool busy;
    } cache[STMT_CACHE];
};

/* Opens (or creates) the database; file NULL keeps it in memory. 0 or -1, told on
 * stderr. */
int store_open(struct store *st, const char *file, struct schema *schema);
void store_close(struct store *st);
/* Deletes all rows. */
void store_clear(struct store *st, const struct schema *schema);

/* Every request that writes is bracketed by these. */
void store_begin(struct store *st);
void store_commit(struct store *st);

/* A prepared statement, reset and without bindings; NULL when the SQL is wrong (told on
 * stderr). Give it back with store_done. */
sqlite3_stmt *store_prepare(struct store *st, const char *sql);
void store_done(struct store *st, sqlite3_stmt *stmt);

/* Prepares, binds texts given as (const char *) up to a NULL, runs, gives back.
 * Returns the last step's code; *out (if not NULL) takes column 0 of the first row
 * as an integer. */
int store_run(struct store *st, int64_t *out, const char *sql, ...)
    __attribute__((sentinel));

/* A value that cannot be bound would be stored, or asked for, as NULL: the server ends
 * then. No sqlite3_bind_* but in store.c. */
void bind_text(sqlite3_stmt *stmt, int at, const char *s);
void bind_int(sqlite3_stmt *stmt, int at, int64_t n);
void bind_blob(sqlite3_stmt *stmt, int at, const void *data, size_t len);
void bind_value(sqlite3_stmt *stmt, int at, const struct attr *a, const json_t *v);
/* Column as a JSON value of the attribute's type; json_null for NULL. */
json_t *column_value(sqlite3_stmt *stmt, int at, enum vtype type);
/* The same, written straight into a buffer. */
void column_write(struct buf *b, sqlite3_stmt *stmt, int at, enum vtype type);

/* Appends the SQL expression that yields the attribute of table alias t. */
void store_expression(struct buf *b, const struct schema *s, const struct entity *e,
                      const struct attr *a);
/* Whether an entity type's display name needs first and last name put together. */
void store_name_expression(struct buf *b, const struct entity *e, const char *alias);
/* Appends the joins that the expressions of e-mail and phone attributes need. */
void store_joins(struct buf *b, const struct entity *e, bool email, bool phone);

#endif
