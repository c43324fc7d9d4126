/* What a user may do, from the access table of its App/user answer. */
#ifndef ESPOCRM_ACL_H
#define ESPOCRM_ACL_H

#include "record.h"

enum level { LEVEL_NO, LEVEL_OWN, LEVEL_TEAM, LEVEL_ALL };

/* action: "create", "read", "edit", "delete" */
enum level acl_level(const struct user *u, const char *scope, const char *action);
bool acl_record(const struct user *u, const struct record *r, const char *action);
/* Whether any field of the type is forbidden at all; false lets callers skip acl_attr. */
bool acl_limits_fields(const struct user *u, const struct entity *e);
/* action: "read" or "edit" */
bool acl_attr(const struct user *u, const struct entity *e, const struct attr *a,
              const char *action);
bool acl_permission(const struct user *u, const char *name);

#endif
