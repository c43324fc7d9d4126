/* Conditions of a list as SQL. */
#ifndef ESPOCRM_WHERE_H
#define ESPOCRM_WHERE_H

#include "search.h"

struct where {
    struct buf sql; /* conditions joined by AND, starting with t.deleted=0 */
    json_t *params; /* values for the ?s, in order */
};

/* Builds deleted, access, where, filters. 0, or -1 after an error was set. */
int where_build(struct ctx *c, const struct entity *e, const struct search *s,
                struct where *w);
void where_init(struct where *w);
void where_fini(struct where *w);
/* Binds the parameters from position `at` on; the next free position. */
int where_bind(const struct where *w, sqlite3_stmt *q, int at);

#endif
