/*
 * One record in memory: a value per attribute, NULL where the attribute is not set. This
 * is what a request's body becomes, what is loaded, compared, stored and written back.
 */
#ifndef ESPOCRM_RECORD_H
#define ESPOCRM_RECORD_H

#include "app.h"

struct record {
    const struct entity *e;
    json_t **v; /* by attr.index; owned references */
};

struct record *record_new(const struct entity *e);
struct record *record_copy(const struct record *r);
void record_free(struct record *r);

json_t *record_get(const struct record *r, const struct attr *a);
/* Text of a string attribute, NULL when unset, null or not a string. */
const char *record_text(const struct record *r, const struct attr *a);
bool record_has(const struct record *r, const struct attr *a);
void record_set(const struct record *r, const struct attr *a, json_t *steal);
void record_set_text(const struct record *r, const struct attr *a, const char *text);
bool record_same(const json_t *a, const json_t *b);

/* As GET shows it; NULL when absent or, unless even_deleted, deleted. Caller frees. */
struct record *record_load(struct app *app, const struct entity *e, const char *id,
                           bool even_deleted);
bool record_exists(struct app *app, const struct entity *e, const char *id);
/* Fills what reading adds: link names, addresses, linked ids, followers. `fresh`:
 * the reply to a POST, which leaves out attributes that are null. */
void record_load_extras(struct app *app, struct record *r, bool fresh);

/* Row of the entity's table. 0, or -1 when the id is taken (insert) or on an SQL
 * error. */
int record_insert_row(struct app *app, const struct record *r);
int record_update_row(struct app *app, const struct record *r);

/* Appends the record as a JSON object. The user's forbidden fields are left out. */
void record_write(struct buf *b, struct ctx *c, const struct record *r, bool duplicate);

#endif
