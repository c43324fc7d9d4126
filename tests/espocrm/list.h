/* Lists of records: GET /{Entity} and GET /{Entity}/{id}/{link}. */
#ifndef ESPOCRM_LIST_H
#define ESPOCRM_LIST_H

#include "record.h"
#include "where.h"

void list_entity(struct ctx *c, const struct entity *e);
void list_related(struct ctx *c, const struct entity *e, const char *id,
                  const char *link);
/* Records for which `condition` (over alias t, its ?s bound to ids) holds. `extra`
 * names an attribute always shown, with `extra_json` as its value; both may be
 * NULL. */
void list_where(struct ctx *c, const struct entity *e, const char *condition,
                const char *const *ids, const char *extra, const char *extra_json);

#endif
