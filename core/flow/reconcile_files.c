/* reconcile_files.c - the fields that are compared, their counts and examples, and
 * which files are written.
 */
#include "flow/reconcile_files.h"

#include "base/outfile.h"
#include "base/utf8.h"
#include "flow/reconcile_files_private.h"
#include "model/cell_text.h"
#include "plan/difference.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

enum { PATH_BYTES = 8192, SHOWN_CHARACTERS = 60 };

bool reconcile_shows(const struct reconcile_spec *spec, enum pair_class class,
                     bool only_crm) {
    switch ((enum reconcile_only)spec->only) {
    case ONLY_ALL: return true;
    case ONLY_CRM: return only_crm;
    case ONLY_FILE: return !only_crm && class == PAIR_ONLY_FILE;
    case ONLY_CHANGED: return !only_crm && class == PAIR_DIFFERENT;
    }
    return true;
}

bool reconcile_knows_missing(const struct job *job) {
    return schema_server(job->schema)->reads_all;
}

int reconcile_cell(const struct reconcile_output *out, size_t field, struct slice raw,
                   struct buf *cell) {
    struct json_cursor cursor;
    struct json_member member;
    struct buf list = {.max = RECONCILE_CELL_MAX};
    int rc;

    if (raw.data == NULL)
        return RC_OK;
    if (out->converters[field].def->type == ATTRIBUTE_ADDRESSES)
        return slice_is(raw, "null") ? RC_OK : buf_append_slice(cell, raw);
    (void)buf_append_char(&list, '[');
    (void)buf_append_slice(&list, raw);
    (void)buf_append_char(&list, ']');
    rc = list.failed;
    if (rc == RC_OK)
        rc = json_cursor_array(&cursor, buf_slice(&list));
    if (rc == RC_OK && json_cursor_next(&cursor, &member) != 1)
        rc = RC_SERVER;
    if (rc == RC_OK)
        rc = cell_text_append(&out->converters[field], &member, cell);
    buf_fini(&list);
    if (rc == RC_SERVER) /* of another kind than the metadata says: as it stands */
        rc = buf_append_slice(cell, raw);
    return rc < 0 ? rc : RC_OK;
}

static size_t field_of(const struct reconcile_output *out, struct slice name) {
    size_t count = out->written->field_count;

    for (size_t i = 0; i < count; i++)
        if (slice_is(name, out->written->fields[i].def->name))
            return i;
    return count;
}

static void take_members(const struct reconcile_output *out, struct slice object,
                         struct slice *values) {
    struct json_cursor cursor;
    struct json_member member;

    if (object.len == 0 || json_cursor_object(&cursor, object) < 0)
        return;
    while (json_cursor_next(&cursor, &member) == 1) {
        size_t field = field_of(out, member.name);
        if (field < out->written->field_count)
            values[field] = member.raw;
    }
}

/* [["attribute",old,new],...], with who and base where there is one */
static int take_changes(const struct reconcile_output *out, struct slice list) {
    struct json_cursor changes, parts;
    struct json_member change, name, old, new;
    int rc = json_cursor_array(&changes, list);

    while (rc == RC_OK && (rc = json_cursor_next(&changes, &change)) == 1) {
        size_t field;
        if (json_cursor_array(&parts, change.raw) < 0 ||
            json_cursor_next(&parts, &name) != 1 || json_cursor_next(&parts, &old) != 1 ||
            json_cursor_next(&parts, &new) != 1 || name.raw.len < 2)
            return RC_INPUT;
        field = field_of(out, slice_make(name.raw.data + 1, name.raw.len - 2));
        if (field < out->written->field_count) {
            out->old[field] = old.raw;
            out->new[field] = new.raw;
            if (json_cursor_next(&parts, &name) == 1 &&
                json_cursor_next(&parts, &old) == 1) {
                out->who[field] = name.raw;
                out->base[field] = old.raw;
            }
        }
        rc = RC_OK;
    }
    return rc;
}

int reconcile_take(struct reconcile_output *out, const struct journal_found *found,
                   struct err *err) {
    size_t bytes = (out->written->field_count + 1) * sizeof *out->old;
    int rc = RC_OK;

    memset(out->old, 0, bytes);
    memset(out->new, 0, bytes);
    memset(out->who, 0, bytes);
    memset(out->base, 0, bytes);
    take_members(out, found->record, out->old);
    if (found->pair.number == 0)
        return RC_OK;
    if (found->pair.class == PAIR_DIFFERENT)
        rc = take_changes(out, found->pair.detail);
    else if (found->pair.class == PAIR_ONLY_FILE)
        take_members(out, found->pair.detail, out->new);
    return rc < 0 ? journal_damaged(out->files->journal, err,
                                    "row %" PRIu64 " cannot be read", found->pair.number)
                  : RC_OK;
}

bool reconcile_keep(struct reconcile_output *out, const struct journal_found *found,
                    bool by_file) {
    bool any = false;

    if (out->files->spec->base[0] == '\0')
        return true;
    if (found->pair.class != PAIR_DIFFERENT)
        return !found->pair.based; /* else the other side has deleted it */
    for (size_t i = 0; i < out->written->field_count; i++) {
        if (out->new[i].data == NULL)
            continue;
        if (slice_is(out->who[i], by_file ? "\"file\"" : "\"crm\""))
            any = true;
        else
            out->new[i].data = NULL;
    }
    return any;
}

/* Rows by who has changed them: both, where that is so of a field. */
static void count_sides(struct reconcile_output *out) {
    bool file = false, crm = false, both = false;

    for (size_t i = 0; i < out->written->field_count; i++) {
        if (out->new[i].data == NULL)
            continue;
        file = file || slice_is(out->who[i], "\"file\"");
        crm = crm || slice_is(out->who[i], "\"crm\"");
        both = both || (out->who[i].data == NULL || slice_is(out->who[i], "\"both\""));
    }
    out->written->by_file += file;
    out->written->by_crm += crm;
    out->written->by_both += both;
}

static void show(const struct reconcile_output *out, size_t field, struct slice raw,
                 char *shown) {
    struct buf text = {.max = RECONCILE_CELL_MAX};
    struct buf cut = {.data = shown,
                      .cap = RECONCILE_EXAMPLE_BYTES,
                      .max = RECONCILE_EXAMPLE_BYTES - 1};

    shown[0] = '\0';
    if (reconcile_cell(out, field, raw, &text) == RC_OK)
        (void)utf8_append_printable(&cut, buf_slice(&text), SHOWN_CHARACTERS);
    buf_fini(&text);
}

static void count_fields(struct reconcile_output *out,
                         const struct journal_found *found) {
    for (size_t i = 0; i < out->written->field_count; i++) {
        struct reconcile_field *field = &out->written->fields[i];
        if (out->new[i].data == NULL)
            continue;
        field->count++;
        if (field->example_count == RECONCILE_EXAMPLES)
            continue;
        field->examples[field->example_count].line = found->pair.line;
        show(out, i, out->old[i], field->examples[field->example_count].was);
        show(out, i, out->new[i], field->examples[field->example_count].is);
        field->example_count++;
    }
}

/* Counts by field, and shows each to whoever asked. */
static int scan(struct reconcile_output *out, enum pair_scan which, struct err *err) {
    const struct reconcile_files *files = out->files;
    struct journal_pair_cursor *cursor = NULL;
    struct journal_found found;
    int rc = journal_pairs(files->journal, which, &cursor, err);

    while (rc == RC_OK && (rc = journal_pairs_next(cursor, &found, err)) == 1) {
        rc = reconcile_take(out, &found, err);
        if (rc == RC_OK && found.pair.number > 0 && found.pair.class == PAIR_DIFFERENT)
            count_fields(out, &found);
        if (rc == RC_OK && files->spec->base[0] != '\0' && found.pair.number > 0 &&
            found.pair.class == PAIR_DIFFERENT)
            count_sides(out);
        if (rc == RC_OK && files->entry != NULL &&
            (found.pair.class == PAIR_AMBIGUOUS || found.pair.class == PAIR_FAILED ||
             reconcile_shows(files->spec, found.pair.class, found.pair.number == 0)))
            rc = files->entry(files->context, &found);
        if (rc == RC_OK && env_interrupts(files->env) > 0)
            rc = err_set(err, RC_INTERRUPTED, "interrupted");
    }
    journal_pairs_close(cursor);
    return rc;
}

static void add_field(struct reconcile_output *out, const struct schema_attribute *def) {
    struct reconcile_written *written = out->written;

    if (difference_ignores(out->files->spec->ignore, def->name))
        return;
    written->fields[written->field_count].def = def;
    out->converters[written->field_count++] = (struct converter){
        .def = def, .delimiter = slice_of(","), .unknown = UNKNOWN_KEEP};
}

static int choose_fields(struct reconcile_output *out, struct err *err) {
    const struct program *program = out->files->job->program;
    const struct schema_attribute *const *all, *list;
    size_t count = program_attributes(program, &all), room = count + 1;
    struct reconcile_written *written = out->written;

    for (size_t i = 0; program_address_list(program, i) != NULL; i++)
        room++;
    written->fields = calloc(room, sizeof *written->fields);
    out->converters = calloc(room, sizeof *out->converters);
    out->old = calloc(room, sizeof *out->old);
    out->new = calloc(room, sizeof *out->new);
    out->who = calloc(room, sizeof *out->who);
    out->base = calloc(room, sizeof *out->base);
    if (written->fields == NULL || out->converters == NULL || out->old == NULL ||
        out->new == NULL || out->who == NULL || out->base == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < count; i++)
        add_field(out, all[i]);
    for (size_t i = 0; (list = program_address_list(program, i)) != NULL; i++)
        add_field(out, list);
    return RC_OK;
}

int reconcile_open_csv(const struct reconcile_output *out, const char *ending,
                       struct buf *path, struct csvout **csv, struct err *err) {
    const struct csvout_options options = {
        .file = {.force = out->files->spec->force, .mode = 0600, .env = out->files->env}};

    buf_reset(path);
    path->max = PATH_BYTES;
    if (buf_append_format(path, "%s%s", out->files->prefix, ending) < 0)
        return err_nomem(err);
    return csvout_open(csv, buf_text(path), &options, err);
}

int reconcile_open_like(const struct reconcile_output *out, const char *ending,
                        struct buf *path, struct csvout **csv, struct err *err) {
    const struct job *job = out->files->job;
    const struct csvout_options options = {
        .delimiter = job->facts.dialect.delimiter,
        .quote = job->facts.dialect.quote,
        .comment = job->facts.dialect.comment,
        .bom = job->facts.bom || strcmp(job->facts.encoding, "UTF-8") != 0,
        .file = {.force = out->files->spec->force, .env = out->files->env}};
    int rc;

    buf_reset(path);
    path->max = PATH_BYTES;
    if (buf_append_format(path, "%s%s", out->files->prefix, ending) < 0)
        return err_nomem(err);
    rc = csvout_open(csv, buf_text(path), &options, err);
    return rc == RC_OK && !job->facts.dialect.no_header
               ? csvout_record(*csv, job->columns, job->column_count, err)
               : rc;
}

static const char *const endings[] = {
    ".diff.csv",      ".fix.csv",   ".fix.json",      ".delete.csv",  ".delete.json",
    ".corrected.csv", ".diff.html", ".conflicts.csv", ".report.json", ".todo.csv"};
enum { ENDINGS = sizeof endings / sizeof endings[0] };

/* What an earlier run has left would pass for this one's: a fix must not be applied
 * when there is nothing to fix. */
static int remove_others(const struct reconcile_written *written, const char *prefix,
                         struct err *err) {
    const struct buf *const paths[ENDINGS] = {&written->diff,
                                              &written->fix,
                                              &written->fix_mapping,
                                              &written->deletes,
                                              &written->deletes_mapping,
                                              &written->corrected,
                                              &written->html,
                                              &written->conflicts,
                                              &written->report,
                                              &written->todo};
    struct buf path = {.max = PATH_BYTES};
    int rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < ENDINGS; i++) {
        buf_reset(&path);
        if (buf_append_format(&path, "%s%s", prefix, endings[i]) < 0)
            rc = err_nomem(err);
        else if (paths[i]->len == 0 && unlink(buf_text(&path)) != 0 && errno != ENOENT)
            rc = err_errno(err, "remove", buf_text(&path));
    }
    buf_fini(&path);
    return rc;
}

int reconcile_files_write(const struct reconcile_files *files,
                          struct reconcile_written *written, struct err *err) {
    struct reconcile_output out = {.files = files,
                                   .written = written,
                                   .cell = {.max = RECONCILE_CELL_MAX},
                                   .value = {.max = RECONCILE_CELL_MAX}};
    int rc;

    memset(written, 0, sizeof *written);
    rc = choose_fields(&out, err);
    if (rc == RC_OK)
        rc = scan(&out, SCAN_UNEQUAL, err);
    if (rc == RC_OK && files->spec->sweep)
        rc = scan(&out, SCAN_ONLY_CRM, err);
    if (rc == RC_OK)
        rc = reconcile_write_diff(&out, err);
    if (rc == RC_OK)
        rc = files->spec->run[0] != '\0' ? reconcile_write_verified(&out, err)
             : files->spec->errors       ? reconcile_write_todo(&out, err)
             : files->spec->toward_file  ? reconcile_write_corrected(&out, err)
                                         : reconcile_write_fix(&out, err);
    if (rc == RC_OK && files->spec->base[0] != '\0')
        rc = reconcile_write_conflicts(&out, err);
    if (rc == RC_OK && files->spec->html)
        rc = reconcile_write_html(&out, err);
    if (rc == RC_OK && files->spec->propose_deletes)
        rc = reconcile_write_deletes(&out, err);
    if (rc == RC_OK && files->spec->force)
        rc = remove_others(written, files->prefix, err);
    free(out.converters);
    free(out.old);
    free(out.new);
    free(out.who);
    free(out.base);
    buf_fini(&out.cell);
    buf_fini(&out.value);
    return rc;
}

void reconcile_written_fini(struct reconcile_written *written) {
    free(written->fields);
    buf_fini(&written->diff);
    buf_fini(&written->fix);
    buf_fini(&written->fix_mapping);
    buf_fini(&written->deletes);
    buf_fini(&written->deletes_mapping);
    buf_fini(&written->corrected);
    buf_fini(&written->html);
    buf_fini(&written->conflicts);
    buf_fini(&written->report);
    buf_fini(&written->todo);
    memset(written, 0, sizeof *written);
}

int reconcile_files_refuse(const char *prefix, struct err *err) {
    struct buf path = {.max = PATH_BYTES};
    int rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < ENDINGS; i++) {
        buf_reset(&path);
        if (buf_append_format(&path, "%s%s", prefix, endings[i]) < 0)
            rc = err_nomem(err);
        else if (access(buf_text(&path), F_OK) == 0) {
            rc = err_set(err, RC_USAGE, "%s is there already", buf_text(&path));
            err_advise(err, "move it away, or allow replacing it with --force");
        }
    }
    buf_fini(&path);
    return rc;
}
