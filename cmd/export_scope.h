/* export_scope.h - where an export ends: asked of the server before it begins. */
#ifndef CMD_EXPORT_SCOPE_H
#define CMD_EXPORT_SCOPE_H

#include "cmd/export_request.h"

/* "*" may name attributes that no list shows: one record tells. */
int export_scope_prune(struct export_request *request, struct site *site,
                       struct err *err);

/* The first N records end where the Nth stands: adds that to the filter. */
int export_scope_limit(struct export_request *request, struct site *site,
                       struct err *err);

/* A few records drawn by chance: adds their ids to the filter. More of them are drawn
 * from all, once these were read. */
int export_scope_sample(struct export_request *request, struct site *site,
                        const struct env *env, struct err *err);

#endif
