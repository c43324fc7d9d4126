/* Links between records: the linkMultiple attributes and the /{Entity}/{id}/{link}
 * calls. */
#ifndef ESPOCRM_RELATION_H
#define ESPOCRM_RELATION_H

#include "record.h"

/* Fills {field}Ids, {field}Names and {field}Columns. */
void relation_load_multi(struct app *app, const struct record *r);
/* Names and ids of one linkMultiple field as JSON text appended: which is 'i', 'n'
 * or 'c'. */
void relation_write_multi(struct buf *b, struct app *app, const struct entity *e,
                          const char *id, const struct attr *a);
/* Replaces the set of linked ids; `old` is the record as it was, NULL for a new one. */
void relation_store_multi(struct app *app, const struct record *r,
                          const struct record *old);
/* Keeps the contact's primary account among its accounts, with its role. */
void relation_store_account(struct app *app, const struct record *r,
                            const struct record *old);

/* POST and DELETE /{Entity}/{id}/{link}. */
void relation_add(struct ctx *c, const struct entity *e, const char *id,
                  const char *link);
void relation_remove(struct ctx *c, const struct entity *e, const char *id,
                     const char *link);
/* Appends the SQL condition that table alias t of the foreign type is linked to ?. */
void relation_condition(struct buf *b, const struct entity *e, const struct link *l,
                        const char *side);

#endif
