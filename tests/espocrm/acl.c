/* Access control. Team level is treated as own: no recorded exchange has it. */
#include "acl.h"

#include <string.h>

enum level acl_level(const struct user *u, const char *scope, const char *action) {
    if (u->kind == USER_ADMIN || u->kind == USER_SYSTEM)
        return LEVEL_ALL;
    json_t *t = json_object_get(json_object_get(u->acl, "table"), scope);
    if (json_is_boolean(t))
        return json_is_true(t) ? LEVEL_ALL : LEVEL_NO;
    const char *v = json_string_value(json_object_get(t, action));
    if (!v || !strcmp(v, "no"))
        return LEVEL_NO;
    return !strcmp(v, "own") ? LEVEL_OWN : !strcmp(v, "team") ? LEVEL_TEAM : LEVEL_ALL;
}

bool acl_record(const struct user *u, const struct record *r, const char *action) {
    enum level l = acl_level(u, r->e->name, action);
    if (l == LEVEL_ALL)
        return true;
    if (l == LEVEL_NO)
        return false;
    const char *owner =
        record_text(r, r->e->assigned ? r->e->assigned : r->e->created_by);
    if (!strcmp(r->e->name, "User"))
        owner = record_text(r, r->e->id);
    return owner && !strcmp(owner, u->id);
}

/* What a forbidden field takes along, as `name` does firstName: attributes by name. */
static json_t *forbidden(const struct user *u, const struct entity *e,
                         const char *action) {
    json_t *t = json_object_get(u->acl, "fieldTableQuickAccess");
    t = json_object_get(json_object_get(t, e->name), "attributes");
    return json_object_get(json_object_get(t, action), "no");
}

bool acl_limits_fields(const struct user *u, const struct entity *e) {
    if (u->kind == USER_ADMIN || u->kind == USER_SYSTEM)
        return false;
    json_t *t = json_object_get(json_object_get(u->acl, "fieldTable"), e->name);
    return json_object_size(t) > 0 || json_array_size(forbidden(u, e, "read")) > 0 ||
           json_array_size(forbidden(u, e, "edit")) > 0;
}

bool acl_attr(const struct user *u, const struct entity *e, const struct attr *a,
              const char *action) {
    if (u->kind == USER_ADMIN || u->kind == USER_SYSTEM || !a->field)
        return true;
    json_t *t = json_object_get(json_object_get(u->acl, "fieldTable"), e->name);
    const char *v =
        json_string_value(json_object_get(json_object_get(t, a->field->name), action));
    json_t *name;
    size_t i;
    json_array_foreach(forbidden(u, e, action), i,
                       name) if (!strcmp(json_string_value(name), a->name)) return false;
    return !v || strcmp(v, "no") != 0;
}

bool acl_permission(const struct user *u, const char *name) {
    if (u->kind == USER_ADMIN)
        return true;
    const char *v = json_string_value(json_object_get(u->acl, name));
    return v && strcmp(v, "no") != 0;
}
