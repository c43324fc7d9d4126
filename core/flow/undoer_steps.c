/* undoer_steps.c - what there is to be taken back of a run, and who may. */
#include "flow/undoer.h"

#include "state/journal_made.h"

#include <string.h>

/* Where the steps are written. */
struct listing {
    struct journal *undo;
    uint64_t count;
    struct err *err;
};

static int add_step(struct listing *listing, struct journal_step *step,
                    struct journal_row *row) {
    int rc;

    step->number = row->record = ++listing->count;
    row->state = ROW_NEW;
    rc = journal_put_row(listing->undo, row, listing->err);
    return rc == RC_OK ? journal_put_step(listing->undo, step, listing->err) : rc;
}

/* A row in doubt whose record is known: what the record holds tells whether the change
 * came. */
static enum step_kind kind_of_doubt(struct journal *run, const struct journal_row *row,
                                    bool deletes) {
    if (!journal_has_image(run, row->record))
        return STEP_DELETE;
    return deletes ? STEP_UNDELETE : STEP_RESTORE;
}

static enum step_kind kind_of(enum row_state state) {
    switch (state) {
    case ROW_CREATED: return STEP_DELETE;
    case ROW_DELETED: return STEP_UNDELETE;
    case ROW_UNKNOWN: return STEP_UNKNOWN;
    case ROW_UPDATED: return STEP_RESTORE;
    case ROW_FAILED:
    case ROW_NEW:
    case ROW_INTENDED:
    case ROW_DOUBTFUL:
    case ROW_UNCHANGED:
    case ROW_SKIPPED:
    case ROW_STATE_COUNT: break;
    }
    return STEP_UNKNOWN;
}

static int list_rows(struct listing *listing, struct journal *run,
                     const char *entity_type, bool deletes) {
    struct journal_cursor *cursor = NULL;
    struct journal_row was;
    int rc = journal_rows_back(run, &cursor, listing->err);

    while (rc == RC_OK && (rc = journal_rows_next(cursor, &was, listing->err)) == 1) {
        struct journal_step step = {.kind = kind_of(was.state),
                                    .record = was.record,
                                    .entity_type = entity_type,
                                    .field = "",
                                    .key = "",
                                    .value = ""};
        struct journal_row row = {.line = was.line, .offset = was.record, .id = was.id};
        if (!row_state_is_final(was.state) || was.state == ROW_FAILED ||
            (was.state == ROW_UNKNOWN && was.id != NULL &&
             journal_has_image(run, was.record)))
            step.kind = kind_of_doubt(run, &was, deletes);
        rc = add_step(listing, &step, &row);
    }
    journal_rows_close(cursor);
    return rc;
}

static int list_made(void *context, const struct journal_made *made) {
    struct listing *listing = context;
    struct journal_step step = {.kind = STEP_UNMAKE,
                                .entity_type = made->entity_type,
                                .field = made->field,
                                .key = made->key.data,
                                .value = made->value.data};
    struct journal_row row = {.id = made->id, .modified = made->modified};

    return add_step(listing, &step, &row);
}

int undo_list_steps(struct journal *undo, struct journal *run, const char *entity_type,
                    bool deletes, uint64_t *count, struct err *err) {
    struct listing listing = {.undo = undo, .err = err};
    int rc = journal_begin_steps(undo, err);

    if (rc == RC_OK)
        rc = list_rows(&listing, run, entity_type, deletes);
    if (rc == RC_OK)
        rc = journal_set_int(undo, "undo.rows", (int64_t)listing.count, err);
    if (rc == RC_OK)
        rc = journal_all_made(run, list_made, &listing, err);
    *count = listing.count;
    return rc;
}

static int count_lost(void *context, const struct journal_made *made) {
    *(uint64_t *)context += made->id == NULL;
    return RC_OK;
}

/* Whoever comes to an end has waited for what it made for links. */
static bool has_ended(struct journal *run) {
    return journal_int(run, "runs") > 0 && journal_int(run, "ended.rc") == RC_OK;
}

int undo_count_doubts(struct journal *run, uint64_t *lost, uint64_t *known,
                      struct err *err) {
    struct journal_cursor *cursor = NULL;
    struct journal_row row;
    int rc = journal_rows(run, 0, true, &cursor, err);

    *lost = *known = 0;
    while (rc == RC_OK && (rc = journal_rows_next(cursor, &row, err)) == 1) {
        *(row.id == NULL ? lost : known) += row.state != ROW_NEW;
        rc = RC_OK;
    }
    journal_rows_close(cursor);
    if (rc == RC_OK && !has_ended(run))
        rc = journal_all_made(run, count_lost, known, err);
    return rc;
}

/* What a user must be allowed of an entity type. */
struct rights {
    const struct undo_options *options;
    bool deletes, edits;
    bool admin;
    struct err *err;
};

static int check_type(struct rights *rights, const char *entity_type) {
    const struct schema *schema = NULL;
    const struct schema_server *server;
    const char *right = NULL;
    int rc = site_load_schema(rights->options->site, entity_type, &schema, rights->err);

    if (rc != RC_OK)
        return rc;
    server = schema_server(schema);
    rights->admin = strcmp(server->user_type, "admin") == 0 ||
                    strcmp(server->user_type, "super-admin") == 0;
    if (rights->edits && !server->may_edit)
        right = "edit";
    if (rights->deletes && !server->may_delete)
        right = "delete";
    if (!server->may_read)
        right = "read";
    if (right == NULL)
        return RC_OK;
    (void)err_set(rights->err, RC_AUTH, "user %s may not %s %s records",
                  server->user_name, right, entity_type);
    err_advise(rights->err, "let an administrator give the user a role with that right, "
                            "or undo with an administrator's --user");
    return RC_AUTH;
}

static int check_made(void *context, const struct journal_made *made) {
    return check_type(context, made->entity_type);
}

int undo_check_rights(const struct undo_options *options, bool *admin, struct err *err) {
    uint64_t counts[STEP_KIND_COUNT][ROW_STATE_COUNT];
    struct rights rights = {.options = options, .err = err};
    int rc = journal_count_steps(options->undo, counts, err);

    for (int state = 0; rc == RC_OK && state < ROW_STATE_COUNT; state++) {
        rights.deletes = rights.deletes || counts[STEP_DELETE][state] > 0;
        rights.edits = rights.edits || counts[STEP_RESTORE][state] > 0;
    }
    if (rc == RC_OK)
        rc = check_type(&rights, options->entity_type);
    rights.deletes = true;
    rights.edits = false;
    if (rc == RC_OK)
        rc = journal_all_made(options->run, check_made, &rights, err);
    *admin = rights.admin;
    return rc;
}

int undo_count(struct journal *undo, struct undo_counts *out, struct err *err) {
    uint64_t counts[STEP_KIND_COUNT][ROW_STATE_COUNT];
    int rc = journal_count_steps(undo, counts, err);

    memset(out, 0, sizeof *out);
    if (rc == RC_OK)
        rc = journal_count_noted(undo, undo_note_gone, &out->gone, err);
    if (rc != RC_OK)
        return rc;
    out->deleted = counts[STEP_DELETE][ROW_DELETED];
    out->restored = counts[STEP_RESTORE][ROW_UPDATED];
    out->undeleted = counts[STEP_UNDELETE][ROW_CREATED];
    out->links = counts[STEP_UNMAKE][ROW_DELETED];
    for (int kind = 0; kind < STEP_KIND_COUNT; kind++) {
        out->kept += counts[kind][ROW_SKIPPED];
        out->as_before += counts[kind][ROW_UNCHANGED];
    }
    out->as_before -= out->gone < out->as_before ? out->gone : out->as_before;
    return RC_OK;
}
