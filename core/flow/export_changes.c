/* export_changes.c - what the state must be of, and how far it goes. */
#include "flow/export_changes.h"

#include "base/digest.h"
#include "base/env.h"

#include <string.h>

enum {
    OVERLAP_MS = 60 * 1000, /* a change is stored a moment after the time it bears */
    TEXT_BYTES = 1 << 20
};

void export_changes_next_since(const struct export_spec *spec, char out[20]) {
    env_format_utc(spec->started_ms - OVERLAP_MS, out);
}

/* What decides which records and columns an export has. */
static int selection_of(const struct export_spec *spec, char hex[DIGEST_HEX_SIZE]) {
    const char *const parts[] = {spec->select, spec->expand, spec->mapping_json,
                                 spec->filter, spec->params};
    struct buf text = {.max = TEXT_BYTES};
    int rc;

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        (void)buf_append_text(&text, parts[i]);
        (void)buf_append_char(&text, '\n');
    }
    rc = text.failed != RC_OK ? text.failed : digest_hex_of(buf_slice(&text), hex);
    buf_fini(&text);
    return rc;
}

int export_changes_verify(struct export_state *state, const struct export_spec *spec,
                          struct buf *since, struct err *err) {
    char selection[DIGEST_HEX_SIZE];
    const struct {
        const char *key, *value, *what;
    } facts[] = {
        {"url", spec->url, "another server"},
        {"user", spec->user_id, "another user, who may see other records"},
        {"entityType", spec->entity_type, "another entity type"},
        {"selection", selection, "other columns or another filter"},
    };

    if (selection_of(spec, selection) < 0)
        return err_nomem(err);
    if (export_state_text(state, "since")[0] == '\0')
        return RC_OK;
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
        if (strcmp(export_state_text(state, facts[i].key), facts[i].value) == 0)
            continue;
        (void)err_set(err, RC_USAGE, "the state %s is of an export with %s", spec->state,
                      facts[i].what);
        err_advise(err, "name another state: its first run exports everything; or remove "
                        "this one");
        return RC_USAGE;
    }
    return buf_append_text(since, export_state_text(state, "since")) < 0 ? err_nomem(err)
                                                                         : RC_OK;
}

int export_changes_commit(struct export_state *state, const struct export_spec *spec,
                          const struct site *site, struct err *err) {
    char selection[DIGEST_HEX_SIZE], since[20], rights[DIGEST_HEX_SIZE];
    struct buf text = {.max = TEXT_BYTES};
    int rc = selection_of(spec, selection);

    export_changes_next_since(spec, since);
    if (rc == RC_OK)
        rc = site_append_rights(site, spec->entity_type, &text);
    if (rc == RC_OK)
        rc = digest_hex_of(buf_slice(&text), rights);
    buf_fini(&text);
    if (rc != RC_OK)
        return err_nomem(err);
    rc = export_state_set(state, "url", spec->url, err);
    if (rc == RC_OK)
        rc = export_state_set(state, "user", spec->user_id, err);
    if (rc == RC_OK)
        rc = export_state_set(state, "entityType", spec->entity_type, err);
    if (rc == RC_OK)
        rc = export_state_set(state, "selection", selection, err);
    if (rc == RC_OK)
        rc = export_state_set(state, "since", since, err);
    if (rc == RC_OK && spec->deletions)
        rc = export_state_set(state, "rights", rights, err);
    return rc == RC_OK ? export_state_commit(state, spec->deletions, err) : rc;
}
