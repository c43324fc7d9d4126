/* fake_import.c - the server's Import: files, runs, logs, and what they say of rows.
 *
 * An Import carries out its rows one after the other, each of them on its own: what was
 * done stays when it breaks off. A record is written first, its addresses after it
 * (espocrm-live.md; bulk-1 to bulk-18 of the recordings). Ids of the file are honoured:
 * one that is there is an Integrity-Constraint-Violation, one that is deleted is made
 * anew. Cells are read as the server reads them: an empty one at a row's end is not
 * there, and a row without cells is the end of the file.
 */
#include "sim/fake_private.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the file --- */

/* The next row's cells, in a JSON array: an empty one at the end. */
static json_t *read_row(const char **at) {
    struct buf cell = {.max = JSON_MAX};
    json_t *row = json_array();
    const char *p = *at;
    bool inside = false, over = false;

    while (*p != '\0' && !over) {
        char c = *p++;
        if (c == '"' && inside && *p == '"')
            (void)buf_append_char(&cell, *p++);
        else if (c == '"')
            inside = !inside;
        else if (inside || (c != ',' && c != '\n'))
            (void)buf_append_char(&cell, c);
        if (inside || (c != ',' && c != '\n' && *p != '\0'))
            continue;
        (void)json_array_append_new(row, json_string(buf_text(&cell)));
        buf_reset(&cell);
        over = c == '\n';
    }
    for (size_t n = json_array_size(row); n > 0; n--) {
        if (json_string_length(json_array_get(row, n - 1)) > 0)
            break;
        (void)json_array_remove(row, n - 1);
    }
    buf_fini(&cell);
    *at = p;
    return row;
}

static json_t *read_rows(const char *text) {
    json_t *rows = json_array(), *row;

    while (json_array_size(row = read_row(&text)) > 0)
        (void)json_array_append_new(rows, row);
    json_decref(row);
    return rows;
}

static struct fake_file *file_of(struct fake_state *state, const char *id) {
    for (size_t i = 0; i < state->file_count; i++)
        if (state->files[i].live && strcmp(state->files[i].id, id) == 0)
            return &state->files[i];
    return NULL;
}

static void make_id(struct fake_state *state, char id[18]) {
    (void)snprintf(id, 18, "%017llx",
                   (unsigned long long)(UINT64_C(0x6b04e3d7360) + ++state->next_id));
}

struct fake_file *fake_file_take(struct fake_crm *crm, struct slice content) {
    struct fake_state *state = crm->state;
    struct fake_file *file = &state->files[state->file_count];

    if (state->file_count == FILES_MAX || content.len >= sizeof file->text)
        fake_fatal("too many files for the fake server, or one of %zu bytes",
                   content.len);
    state->file_count++;
    memset(file, 0, offsetof(struct fake_file, text));
    memcpy(file->text, content.data, content.len);
    file->text[content.len] = '\0';
    return file;
}

void fake_file_store(struct fake_crm *crm, struct fake_work *work) {
    struct fake_file *file = work->file;

    make_id(crm->state, file->id);
    file->live = true;
    work->status = 200;
    (void)snprintf(work->answer, sizeof work->answer, "{\"attachmentId\":\"%s\"}",
                   file->id);
}

/* --- a run --- */

static void refuse(struct fake_work *work, const char *reason) {
    work->status = 500;
    work->answer[0] = '\0';
    (void)snprintf(work->reason, sizeof work->reason, "%s", reason);
}

bool fake_import_begin(struct fake_crm *crm, struct fake_work *work) {
    struct fake_state *state = crm->state;
    struct fake_import *import = &state->imports[state->import_count];
    json_t *body = json_loads(work->body, 0, NULL);
    struct fake_file *file = file_of(state, fake_text(body, "attachmentId"));

    work->import = NULL;
    if (body == NULL || strcmp(fake_text(body, "entityType"), "Lead") != 0 ||
        !json_is_array(json_object_get(body, "attributeList")) ||
        !json_is_true(json_object_get(body, "skipDuplicateChecking")) ||
        !json_is_false(json_object_get(body, "headerRow")))
        fake_fatal("the fake server knows no such Import: %s", work->body);
    if (file == NULL) {
        refuse(work, "Import: Attachment not found.");
    } else if (state->import_count == IMPORTS_MAX) {
        fake_fatal("too many Imports for the fake server");
    } else {
        json_t *rows = read_rows(file->text);
        state->import_count++;
        memset(import, 0, sizeof *import);
        make_id(state, import->id);
        import->live = true;
        import->file = file;
        import->update = strcmp(fake_text(body, "action"), "update") == 0;
        import->row_count = json_array_size(rows);
        if (import->row_count > IMPORT_ROWS_MAX)
            fake_fatal("a file of %zu rows", import->row_count);
        import->waits_at = fake_random(crm, 2 * import->row_count + 1);
        if (fake_random(crm, 1000) < state->fault_permille)
            import->dies_at = 1 + fake_random(crm, 2 * import->row_count + 1);
        work->import = import;
        json_decref(rows);
    }
    json_decref(body);
    return work->import != NULL;
}

/* All of one kind, in a cell; the first one is what the record shows. */
static void set_addresses(json_t *members, const char *name, const char *cell) {
    json_t *list = json_loads(cell, 0, NULL);
    const char *data = strstr(name, "Data");
    char field[32];

    (void)snprintf(field, sizeof field, "%.*s", (int)(data - name), name);
    if (!json_is_array(list) || json_array_size(list) != 1)
        fake_fatal("no list of one address: %s", cell);
    (void)json_object_set_new(members, field,
                              json_string(fake_text(json_array_get(list, 0), field)));
    json_decref(list);
}

static bool is_addresses(const char *name) {
    return strcmp(name, "emailAddressData") == 0 || strcmp(name, "phoneNumberData") == 0;
}

/* What the row's cells give, the id left out. An empty one clears what is there. */
static json_t *members_of(const json_t *names, const json_t *row, bool is_new,
                          bool addresses) {
    json_t *members = json_object(), *cell;
    size_t i;

    json_array_foreach(row, i, cell) {
        const char *name = json_string_value(json_array_get(names, i));
        const char *text = json_string_value(cell);
        if (name == NULL || strcmp(name, "id") == 0 || is_addresses(name) != addresses)
            continue;
        if (text[0] == '\0' && !is_new)
            (void)json_object_set_new(members, name, json_null());
        else if (text[0] != '\0' && addresses)
            set_addresses(members, name, text);
        else if (text[0] != '\0')
            (void)json_object_set_new(members, name, json_string(text));
    }
    if (is_new && !addresses && /* as POST and PUT do it here */
        strncmp(fake_text(members, "description"), "drop", 4) == 0)
        (void)json_object_set_new(members, "description", json_null());
    return members;
}

static const char *id_of(const json_t *names, const json_t *row) {
    for (size_t i = 0; i < json_array_size(names); i++)
        if (strcmp(json_string_value(json_array_get(names, i)), "id") == 0)
            return json_string_value(json_array_get(row, i));
    return NULL;
}

static enum fake_row_end create_row(struct fake_crm *crm, const char *id,
                                    const json_t *names, const json_t *row) {
    const struct fake_record *there = fake_record(crm, id);
    json_t *members;

    if (strlen(id) > 17)
        return ROW_END_TROUBLE;
    if (there != NULL && !there->deleted)
        return ROW_END_TAKEN;
    members = members_of(names, row, true, false);
    (void)fake_store_as(crm, fake_type_of("Lead"), id, members, fake_crm_user(crm));
    json_decref(members);
    return ROW_END_DONE;
}

static enum fake_row_end update_row(struct fake_crm *crm, const char *id,
                                    const json_t *names, const json_t *row) {
    struct fake_record *there = fake_record(crm, id);
    json_t *members;

    if (there == NULL || there->deleted)
        return ROW_END_NOT_FOUND;
    members = members_of(names, row, false, false);
    fake_change(crm, there, members, fake_crm_user(crm));
    json_decref(members);
    return ROW_END_DONE;
}

static enum fake_row_end carry_row(struct fake_crm *crm, bool update, const json_t *names,
                                   const json_t *row) {
    json_t *members = members_of(names, row, true, false);
    const char *id = id_of(names, row);
    bool rejected = strncmp(fake_text(members, "lastName"), "Reject", 6) == 0;

    json_decref(members);
    if (id == NULL || id[0] == '\0')
        fake_fatal("a row without an id");
    if (rejected && (!update || fake_record(crm, id) != NULL))
        return ROW_END_REFUSED;
    if (fake_random(crm, 6000) < crm->state->fault_permille) {
        crm->state->counts.breaks++; /* a deadlock, an exception of a hook */
        return ROW_END_TROUBLE;
    }
    return update ? update_row(crm, id, names, row) : create_row(crm, id, names, row);
}

/* The record's addresses come after it; its modifiedAt stays. */
static void finish_row(struct fake_crm *crm, const json_t *names, const json_t *row) {
    struct fake_record *record = fake_record(crm, id_of(names, row));
    json_t *members = members_of(names, row, true, true);

    if (json_object_size(members) > 0 && record != NULL && !record->deleted)
        fake_complete(record, members);
    json_decref(members);
}

/* Two steps a row, and one for the end. */
int64_t fake_import_next_us(const struct fake_work *work) {
    const struct fake_import *import = work->import;
    uint64_t steps = 2 * import->row_count + 1;
    uint64_t busy_us = work->end_us - work->begin_us - work->late_us;

    return (int64_t)(work->begin_us + busy_us * (import->step + 1) / steps +
                     (import->step >= import->waits_at ? work->late_us : 0));
}

static void import_over(struct fake_work *work) {
    struct fake_import *import = work->import;
    size_t created = 0;

    for (size_t i = 0; i < import->row_count; i++)
        created += import->ends[i] == ROW_END_DONE;
    import->complete = true;
    work->status = 200;
    (void)snprintf(work->answer, sizeof work->answer,
                   "{\"id\":\"%s\",\"countCreated\":%zu,\"countUpdated\":%zu,"
                   "\"manualMode\":false}",
                   import->id, import->update ? 0 : created,
                   import->update ? created : 0);
}

bool fake_import_step(struct fake_crm *crm, struct fake_work *work) {
    struct fake_import *import = work->import;
    size_t row = import->step / 2;
    bool last = import->step == 2 * import->row_count;
    json_t *body, *rows;

    import->step++;
    if (import->dies_at == import->step) { /* its log says "In Process" for ever */
        crm->state->counts.breaks++;
        refuse(work, "");
        return false;
    }
    if (last) {
        import_over(work);
        return false;
    }
    body = json_loads(work->body, 0, NULL);
    rows = read_rows(import->file->text);
    if (import->step % 2 == 1)
        import->ends[row] = (unsigned char)carry_row(
            crm, import->update, json_object_get(body, "attributeList"),
            json_array_get(rows, row));
    else if (import->ends[row] == ROW_END_DONE)
        finish_row(crm, json_object_get(body, "attributeList"),
                   json_array_get(rows, row));
    json_decref(rows);
    json_decref(body);
    return true;
}

json_t *fake_import_row_now(const struct fake_work *work) {
    const struct fake_import *import = work->import;
    json_t *body, *rows, *members, *more;
    size_t row = import->step / 2;

    if (import->step % 2 == 0 || import->ends[row] != ROW_END_DONE)
        return NULL;
    body = json_loads(work->body, 0, NULL);
    rows = read_rows(import->file->text);
    members = members_of(json_object_get(body, "attributeList"),
                         json_array_get(rows, row), true, false);
    more = members_of(json_object_get(body, "attributeList"), json_array_get(rows, row),
                      true, true);
    (void)json_object_update(members, more);
    json_decref(more);
    json_decref(rows);
    json_decref(body);
    return members;
}

/* --- its log --- */

static struct fake_import *import_of(struct fake_state *state, const char *id) {
    for (size_t i = 0; i < state->import_count; i++)
        if (state->imports[i].live && strcmp(state->imports[i].id, id) == 0)
            return &state->imports[i];
    return NULL;
}

/* Removing the log takes its file along, and leaves the records; an Import that runs
 * goes on. */
void fake_import_forget(struct fake_crm *crm, struct fake_work *work) {
    struct fake_state *state = crm->state;
    bool log = work->kind == WORK_FORGET_IMPORT;
    struct fake_import *import = log ? import_of(state, work->id) : NULL;
    struct fake_file *file = log ? NULL : file_of(state, work->id);

    if (import == NULL && file == NULL) {
        fake_answer_missing(work);
        return;
    }
    if (import != NULL) {
        import->live = false;
        file = import->file;
    }
    file->live = false;
    work->status = 200;
    (void)snprintf(work->answer, sizeof work->answer, "true");
}

json_t *fake_import_shown(const struct fake_import *import) {
    size_t done = (import->step + 1) / 2;

    if (done > import->row_count)
        done = import->row_count;
    return json_pack("{s:s,s:s,s:s,s:o}", "id", import->id, "fileId", import->file->id,
                     "status", import->complete ? "Complete" : "In Process", "lastIndex",
                     done == 0 ? json_null() : json_integer((json_int_t)done - 1));
}

static json_t *error_shown(const struct fake_import *import, size_t i, json_t *row) {
    static const char *const types[] = {[ROW_END_TAKEN] =
                                            "Integrity-Constraint-Violation",
                                        [ROW_END_REFUSED] = "Validation",
                                        [ROW_END_NOT_FOUND] = "Not-Found"};
    enum fake_row_end end = (enum fake_row_end)import->ends[i];
    json_t *failures = end != ROW_END_REFUSED
                           ? json_null()
                           : json_pack("[{s:s,s:s,s:s}]", "entityType", "Lead", "field",
                                       "lastName", "type", "maxLength");

    return json_pack("{s:s,s:i,s:o,s:o,s:O,s:s}", "entityType", "Lead", "rowIndex",
                     (int)i, "type",
                     end == ROW_END_TROUBLE ? json_null() : json_string(types[end]),
                     "validationFailures", failures, "row", row, "importId", import->id);
}

/* Import/{id}/errors?maxSize=N&offset=N */
int fake_import_errors(struct fake_crm *crm, const char *path, struct buf *body) {
    const char *at = path + strlen("Import/"), *max_at = strstr(path, "/errors?maxSize="),
               *offset_at = strstr(path, "&offset=");
    char id[24] = "";
    size_t max, offset, total = 0;
    struct fake_import *import;
    json_t *rows, *list, *answer;
    char *text;

    if (max_at == NULL || offset_at == NULL)
        fake_fatal("the fake server knows no GET %s", path);
    (void)snprintf(id, sizeof id, "%.*s", (int)(max_at - at), at);
    max = strtoul(max_at + strlen("/errors?maxSize="), NULL, 10);
    offset = strtoul(offset_at + strlen("&offset="), NULL, 10);
    import = import_of(crm->state, id);
    if (import == NULL)
        return 404;
    if (max > crm->options.page)
        return 403;
    rows = read_rows(import->file->text);
    list = json_array();
    for (size_t i = 0; i < import->row_count; i++)
        if (import->ends[i] > ROW_END_DONE && total++ >= offset &&
            json_array_size(list) < max)
            (void)json_array_append_new(list,
                                        error_shown(import, i, json_array_get(rows, i)));
    answer = json_pack("{s:I,s:o}", "total", (json_int_t)total, "list", list);
    text = json_dumps(answer, JSON_COMPACT);
    (void)buf_append_text(body, text == NULL ? "" : text);
    free(text);
    json_decref(answer);
    json_decref(rows);
    return 200;
}
