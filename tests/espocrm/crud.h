/* Creating, reading, updating and deleting one record. */
#ifndef ESPOCRM_CRUD_H
#define ESPOCRM_CRUD_H

#include "record.h"

/* The request's body as an object, by its Content-Type; NULL after an error was
 * set. Caller frees. */
json_t *crud_body(struct ctx *c);

void crud_create(struct ctx *c, const struct entity *e);
void crud_read(struct ctx *c, const struct entity *e, const char *id);
void crud_update(struct ctx *c, const struct entity *e, const char *id);
void crud_delete(struct ctx *c, const struct entity *e, const char *id);
void crud_restore(struct ctx *c, const struct entity *e);

/* Storing without any check; r keeps its id when it has one. 0 or -1. */
int crud_save_new(struct app *app, const struct user *u, struct record *r);
/* Its row alone, without what stands in other tables: where a server dies. */
int crud_save_row(struct app *app, const struct user *u, struct record *r);
int crud_save_changed(struct app *app, const struct user *u, struct record *r,
                      const struct record *old);
void crud_soft_delete(struct app *app, const struct user *u, const struct entity *e,
                      const char *id);

/* Appends full records that r would duplicate, at most 5; the number found. */
size_t duplicates_find(struct ctx *c, const struct record *r, struct buf *out);

#endif
