/* side_effects.c - which writes are noted in the stream, by metadata and settings. */
#include "flow/side_effects.h"

#include "flow/planner.h"
#include "model/json.h"

#include <string.h>

enum { SCOPE_MAX = 1 << 20 };

int side_effects_load(struct side_effects *out, const struct job *job, struct site *site,
                      struct err *err) {
    struct buf path = {.max = 512}, body = {.max = SCOPE_MAX};
    struct json_member status;
    int rc;

    memset(out, 0, sizeof *out);
    out->notifies = true;
    out->mails = schema_server(job->schema)->mails_assigned;
    (void)buf_append_format(&path, "Metadata?key=scopes.%s",
                            mapping_entity_type(job->mapping));
    rc = path.failed != RC_OK ? err_nomem(err)
                              : site_get(site, buf_text(&path), &body, err);
    out->stream = rc == RC_OK && json_has_true(buf_slice(&body), "stream");
    out->importable = rc == RC_OK && json_has_true(buf_slice(&body), "importable");
    if (rc == RC_OK && json_find(buf_slice(&body), "statusField", &status) &&
        status.type == JSON_IS_STRING && status.raw.len < sizeof out->status_field)
        memcpy(out->status_field, status.raw.data + 1, status.raw.len - 2);
    buf_fini(&path);
    buf_fini(&body);
    return rc;
}

static bool is_assignment(const struct schema_attribute *def) {
    return strcmp(def->name, "assignedUserId") == 0 ||
           strcmp(def->name, "assignedUsersIds") == 0;
}

bool side_effects_notes(const struct side_effects *effects,
                        const struct schema_attribute *def) {
    return effects->stream && (def->audited || is_assignment(def) ||
                               strcmp(def->field, effects->status_field) == 0);
}

bool side_effects_note(const struct side_effects *effects, const struct row *row) {
    const struct plan *plan = row->plan;

    if (!effects->stream || row->counted != 0)
        return false;
    if (plan == NULL || plan->action == PLAN_CREATE)
        return true;
    for (size_t i = 0; plan->action == PLAN_UPDATE && i < plan->changed_count; i++)
        if (side_effects_notes(effects, plan->changed[i].def))
            return true;
    return false;
}

bool side_effects_mail(const struct side_effects *effects, const struct row *row) {
    const struct plan *plan = row->counted != 0 ? NULL : row->plan;
    const struct attribute *list = row->record.attributes;
    size_t count = row->record.count;

    if (!effects->mails || row->counted != 0)
        return false;
    if (plan != NULL && plan->action == PLAN_UPDATE) {
        list = plan->changed;
        count = plan->changed_count;
    } else if (plan != NULL && plan->action != PLAN_CREATE) {
        return false;
    }
    for (size_t i = 0; i < count; i++)
        if (is_assignment(list[i].def) && list[i].value.kind != VALUE_NULL)
            return true;
    return false;
}
