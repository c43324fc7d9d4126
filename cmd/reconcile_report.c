/* reconcile_report.c - what a reconciliation says: each difference for --json, and the
 * end.
 */
#include "cmd/reconcile_carry.h"

#include "cmd/errorline.h"
#include "cmd/jsonout.h"
#include "cmd/quantity.h"
#include "cmd/retype.h"
#include "cmd/summary.h"
#include "cmd/terminal.h"
#include "cmd/time_spent.h"
#include "model/json.h"

enum { TEXT_MAX = 1 << 20, SHOWN_MAX = 20 };

static const char *const class_names[PAIR_CLASS_COUNT] = {
    [PAIR_EQUAL] = "equal",        [PAIR_DIFFERENT] = "different",
    [PAIR_ONLY_FILE] = "onlyFile", [PAIR_AMBIGUOUS] = "ambiguous",
    [PAIR_FAILED] = "failed",
};

/* --- the plan --- */

/* "emailAddress, else firstName + lastName" */
static void append_rules(struct buf *buf, const struct program *program) {
    const struct schema_attribute *const *by;
    size_t count;

    for (size_t rule = 0; (by = program_match(program, rule, &count)) != NULL; rule++)
        for (size_t k = 0; k < count; k++)
            (void)buf_append_format(buf, "%s%s",
                                    k > 0      ? " + "
                                    : rule > 0 ? ", else "
                                               : "",
                                    by[k]->name);
}

void reconcile_print_plan(struct command_context *context,
                          const struct reconcile_carry *carry, uint64_t total) {
    struct buf buf = {.max = TEXT_MAX};
    uint64_t rows = carry->job->facts.records;

    if (context->global->quiet || context->json != NULL)
        return;
    if (carry->run != NULL) {
        (void)terminal_print(context->log,
                             "what the import of %s has written to %s is read once more, "
                             "by the ids of its checkpoint\n",
                             carry->facts->input_name, carry->facts->url);
        return;
    }
    (void)buf_append_format(&buf, "%s (", carry->facts->input_name);
    quantity_append_count(&buf, rows);
    (void)buf_append_format(&buf, rows == 1 ? " row) against " : " rows) against ");
    quantity_append_count(&buf, total);
    (void)buf_append_format(&buf, " record%s of %s, %s as %s\n  matched by ",
                            total == 1 ? "" : "s", carry->facts->entity_type,
                            carry->facts->url, carry->facts->user_name);
    append_rules(&buf, carry->job->program);
    if (carry->spec->shown[0] != '\0')
        (void)buf_append_format(&buf, "\n  only records where %s", carry->spec->shown);
    if (carry->spec->errors)
        (void)buf_append_text(&buf, "\n  by look-ups of the rows that an import has left "
                                    "undone\n");
    else if (carry->spec->sweep)
        (void)buf_append_text(&buf, "\n  by a sweep: all of these records are read once, "
                                    "and joined with the file on disk\n");
    else
        (void)buf_append_text(&buf,
                              "\n  by look-ups of the file's rows: the file is small "
                              "against EspoCRM, and what only EspoCRM has is not told; "
                              "--strategy sweep tells it\n");
    (void)terminal_write_text(context->log, buf_slice(&buf), NULL);
    buf_fini(&buf);
}

/* --- one by one --- */

static int show_error(void *context, const struct journal_error *error) {
    struct reconcile_watch *watch = context;
    struct buf text = {.max = TEXT_MAX};
    struct error_line line = {
        .line = watch->shown, /* see show_failed() */
        .record = error->record,
        .reason = error->reason,
        .column = slice_of(error->column),
        .field = error->field,
        .value = slice_of(error->value),
        .message = error->message,
    };
    int rc = RC_OK;

    if (watch->context->json != NULL) {
        rc = error_line_json(watch->context->json, &line, &watch->context->err);
    } else {
        error_line_append(&text, &line);
        (void)terminal_print(watch->context->log, "%s\n", buf_text(&text));
    }
    buf_fini(&text);
    return rc;
}

static int show_failed(const struct reconcile_watch *watch,
                       const struct journal_found *found) {
    struct reconcile_watch at = *watch;

    at.shown = found->pair.line;
    return journal_errors(watch->carry->journal, found->pair.number, show_error, &at,
                          &watch->context->err);
}

static int show_ambiguous(const struct reconcile_watch *watch,
                          const struct journal_found *found, uint64_t twin) {
    struct buf text = {.max = TEXT_MAX};

    (void)buf_append_text(&text, "line ");
    quantity_append_count(&text, found->pair.line);
    (void)buf_append_text(&text, ": ambiguous: ");
    if (twin > 0) {
        (void)buf_append_text(&text, "line ");
        quantity_append_count(&text, twin);
        (void)buf_append_text(&text, " of the file is about the same record");
    } else {
        (void)reconcile_append_ambiguous(&text, found);
    }
    (void)terminal_print(watch->context->log, "%s\n", buf_text(&text));
    buf_fini(&text);
    return RC_OK;
}

static int show_json(const struct reconcile_watch *watch,
                     const struct journal_found *found, uint64_t twin) {
    struct jsonout *json = watch->context->json;
    bool gone = found->pair.number == 0;
    struct json_member member;

    jsonout_begin(json, "difference");
    jsonout_text(json, "class", gone ? "onlyCrm" : class_names[found->pair.class]);
    if (!gone) {
        jsonout_count(json, "line", found->pair.line);
        jsonout_count(json, "row", found->pair.number);
    }
    if (found->id.len > 0)
        jsonout_string(json, "id", found->id);
    if (watch->carry->spec->base[0] != '\0')
        jsonout_boolean(json, "inBase", found->pair.based);
    if (found->outside)
        jsonout_boolean(json, "outside", true);
    if (found->pair.weak && found->pair.class == PAIR_DIFFERENT)
        jsonout_boolean(json, "unreadOnly", true);
    if (gone)
        jsonout_raw(json, "record", found->record);
    else if (found->pair.class == PAIR_DIFFERENT)
        jsonout_raw(json, "fields", found->pair.detail);
    else if (found->pair.class == PAIR_ONLY_FILE)
        jsonout_raw(json, "values", found->pair.detail);
    else if (twin > 0)
        jsonout_count(json, "sameAsLine", twin);
    else if (json_find(found->pair.detail, "candidates", &member))
        jsonout_raw(json, "candidates", member.raw);
    if (found->pair.weak && json_find(found->pair.detail, "loosely", &member))
        jsonout_raw(json, "loosely", member.raw);
    return jsonout_end(json, &watch->context->err);
}

int reconcile_show(void *context, const struct journal_found *found) {
    struct reconcile_watch *watch = context;
    bool text = watch->context->json == NULL;
    uint64_t twin = 0;
    int rc = RC_OK;

    if (text && (found->pair.number == 0 || (found->pair.class != PAIR_AMBIGUOUS &&
                                             found->pair.class != PAIR_FAILED)))
        return RC_OK;
    if (text && (watch->context->global->quiet || watch->shown++ >= SHOWN_MAX))
        return RC_OK;
    if (found->pair.number > 0 && found->pair.class == PAIR_FAILED)
        return show_failed(watch, found);
    if (found->pair.number > 0 && found->pair.class == PAIR_AMBIGUOUS)
        rc = journal_twin(watch->carry->journal, found->pair.number, &twin,
                          &watch->context->err);
    if (rc < 0)
        return rc;
    return text ? show_ambiguous(watch, found, twin) : show_json(watch, found, twin);
}

/* --- the end --- */

static void append_term(struct buf *buf, uint64_t count, const char *word) {
    quantity_append_count(buf, count);
    (void)buf_append_format(buf, " %s", word);
}

static void append_sum(struct buf *buf, const struct reconcile_end *end) {
    const struct pair_counts *counts = end->counts;

    if (end->carry->run != NULL) {
        append_term(buf, counts->rows, "written by the run = ");
        append_term(buf, counts->by_class[PAIR_EQUAL], "confirmed + ");
        append_term(buf, counts->by_class[PAIR_DIFFERENT], "different + ");
        append_term(buf, counts->by_class[PAIR_ONLY_FILE], "gone + ");
        append_term(buf, counts->by_class[PAIR_AMBIGUOUS], "of records written twice\n");
        return;
    }
    if (end->carry->spec->errors) {
        append_term(buf, counts->rows, "left by the import = ");
        append_term(buf, counts->by_class[PAIR_EQUAL], "done since + ");
        append_term(buf, counts->weak[PAIR_DIFFERENT],
                    "done but for cells that cannot be read + ");
        append_term(buf, counts->by_class[PAIR_DIFFERENT] - counts->weak[PAIR_DIFFERENT],
                    "different + ");
        append_term(buf, counts->by_class[PAIR_ONLY_FILE], "not there + ");
        append_term(buf, counts->by_class[PAIR_AMBIGUOUS], "ambiguous + ");
        append_term(buf, counts->by_class[PAIR_FAILED], "not there, and unreadable\n");
        return;
    }
    append_term(buf, counts->rows, counts->rows == 1 ? "row" : "rows");
    (void)buf_append_text(buf, " compared = ");
    append_term(buf, counts->by_class[PAIR_EQUAL], "equal + ");
    append_term(buf, counts->by_class[PAIR_DIFFERENT], "different + ");
    append_term(buf, counts->by_class[PAIR_ONLY_FILE], "only in the file + ");
    append_term(buf, counts->by_class[PAIR_AMBIGUOUS], "ambiguous + ");
    append_term(buf, counts->by_class[PAIR_FAILED], "unreadable\n");
    if (end->carry->spec->sweep) {
        (void)buf_append_text(buf, "  ");
        append_term(buf, counts->records, counts->records == 1 ? "record" : "records");
        (void)buf_append_text(buf, " in EspoCRM, of which ");
        append_term(buf, counts->only_crm, "only there\n");
    } else if (end->carry->run == NULL) {
        (void)buf_append_text(buf, "  what only EspoCRM has is not told by look-ups: "
                                   "--strategy sweep tells it\n");
    }
    if (counts->weak[PAIR_AMBIGUOUS] > 0) {
        (void)buf_append_text(buf, "  ");
        append_term(buf, counts->weak[PAIR_AMBIGUOUS],
                    "of the ambiguous: only EspoCRM's database takes row and record for "
                    "equal, such as Muller and M\u00fcller; an import fails them with "
                    "MATCH_LOOSE\n");
    }
    if (counts->outside > 0) {
        (void)buf_append_text(buf, "  ");
        append_term(buf, counts->outside,
                    "of those only in the file are in EspoCRM, outside of --where: they "
                    "are not in the fix\n");
    }
}

/* What a user cannot see is in no count of EspoCRM's side. */
static void append_hidden(struct buf *buf, const struct reconcile_end *end) {
    const struct checkpoint *facts = end->carry->facts;

    if (reconcile_knows_missing(end->carry->job) ||
        end->counts->by_class[PAIR_ONLY_FILE] == 0)
        return;
    (void)buf_append_format(
        buf,
        end->carry->run != NULL
            ? "  note: %s may not read every %s: one that is gone may be hidden from it\n"
            : "  note: %s may not read every %s: rows that are only in the file may be "
              "records of others, and the fix does not create them\n",
        facts->user_name, facts->entity_type);
}

/* Who has changed what, where there is a base. */
static void append_sides(struct buf *buf, const struct reconcile_end *end) {
    const struct reconcile_written *written = end->written;

    if (end->carry->spec->base[0] == '\0')
        return;
    (void)buf_append_text(buf, "  since the base, of the different ones: ");
    append_term(buf, written->by_file, "changed in the file, ");
    append_term(buf, written->by_crm, "in EspoCRM, ");
    append_term(buf, written->by_both, "in both (conflicts, or not in the base)\n");
}

static void append_fields(struct buf *buf, const struct reconcile_written *written) {
    bool first = true;

    for (size_t i = 0; i < written->field_count; i++) {
        const struct reconcile_field *field = &written->fields[i];
        if (field->count == 0)
            continue;
        (void)buf_append_text(buf,
                              first ? "Differences by field (EspoCRM -> file):\n" : "");
        first = false;
        (void)buf_append_format(buf, "  %s: ", field->def->name);
        append_term(buf, field->count, field->count == 1 ? "row\n" : "rows\n");
        for (size_t k = 0; k < field->example_count; k++) {
            (void)buf_append_text(buf, "    line ");
            quantity_append_count(buf, field->examples[k].line);
            (void)buf_append_format(
                buf, ": %s -> %s\n",
                field->examples[k].was[0] == '\0' ? "(nothing)" : field->examples[k].was,
                field->examples[k].is[0] == '\0' ? "(nothing)" : field->examples[k].is);
        }
    }
}

static void append_file(struct buf *buf, const struct buf *path, uint64_t rows,
                        const char *what) {
    if (path->len == 0)
        return;
    (void)buf_append_format(buf, "  %s  (", summary_short_path(buf_text(path)));
    append_term(buf, rows, rows == 1 ? "row: " : "rows: ");
    (void)buf_append_format(buf, "%s)\n", what);
}

static void append_files(struct buf *buf, const struct reconcile_end *end) {
    const struct reconcile_written *written = end->written;

    if (written->diff.len + written->fix.len + written->deletes.len +
            written->corrected.len + written->html.len + written->conflicts.len +
            written->report.len + written->todo.len >
        0)
        (void)buf_append_text(buf, "Files:\n");
    append_file(buf, &written->diff, written->diff_rows,
                "the differences, as daff has "
                "them");
    append_file(buf, &written->fix, written->fix_rows,
                "what makes EspoCRM equal the file");
    append_file(buf, &written->deletes, written->delete_rows,
                "records that the file lacks, to be deleted");
    if (written->html.len > 0)
        (void)buf_append_format(buf, "  %s  (a page to look at)\n",
                                summary_short_path(buf_text(&written->html)));
    append_file(buf, &written->conflicts, written->conflict_rows,
                "fields that both sides have changed: to be decided by you");
    append_file(buf, &written->todo, written->todo_rows,
                "still to be done: to be corrected and imported");
    append_file(buf, &written->corrected, written->corrected_rows,
                "the file with what EspoCRM holds");
    if (written->report.len > 0)
        (void)buf_append_format(buf, "  %s  (the verification: counts and checksums)\n",
                                summary_short_path(buf_text(&written->report)));
    if (written->deletes_unsafe)
        (void)buf_append_text(buf, "  no deletions are proposed: a row that cannot be "
                                   "read may be about one of these records\n");
    else if (written->deletes_stopped)
        (void)buf_append_text(buf, "  no deletions are proposed: they are more than "
                                   "--max-deletes allows (5% unless said)\n");
}

static void append_import(struct buf *buf, const struct command_context *context,
                          const char *file, const char *mapping) {
    (void)buf_append_text(buf, "  espoload import ");
    retype_append_word(buf, summary_short_path(file));
    (void)buf_append_text(buf, " -m ");
    retype_append_word(buf, summary_short_path(mapping));
    retype_append_connection(buf, context->parser, true);
    (void)buf_append_char(buf, '\n');
}

static void append_next(struct buf *buf, const struct command_context *context,
                        const struct reconcile_end *end) {
    const struct reconcile_written *written = end->written;

    if (end->rc < 0) {
        (void)buf_append_text(buf, "Next:\n  espoload resume ");
        retype_append_word(buf, end->carry->checkpoint);
        retype_append_connection(buf, context->parser, false);
        (void)buf_append_char(buf, '\n');
        return;
    }
    if (written->fix.len + written->deletes.len + written->todo.len > 0)
        (void)buf_append_text(buf, "Next:\n");
    if (written->todo.len > 0)
        append_import(buf, context, buf_text(&written->todo),
                      end->carry->facts->mapping_name);
    if (written->fix.len > 0)
        append_import(buf, context, buf_text(&written->fix),
                      buf_text(&written->fix_mapping));
    if (written->deletes.len > 0)
        append_import(buf, context, buf_text(&written->deletes),
                      buf_text(&written->deletes_mapping));
}

void reconcile_print_end(struct command_context *context,
                         const struct reconcile_end *end) {
    struct buf text = {.max = TEXT_MAX};

    if (context->global->quiet && end->rc >= 0)
        return;
    if (end->rc >= 0) {
        append_sum(&text, end);
        append_hidden(&text, end);
        append_sides(&text, end);
        append_fields(&text, end->written);
        (void)buf_append_text(&text, "  in ");
        quantity_append_duration(&text, end->ms);
        (void)buf_append_text(&text, "; ");
        append_term(&text,
                    courier_counts(site_courier(end->carry->connection->site))->sent,
                    "requests\n");
        time_spent_append(&text, site_courier(end->carry->connection->site));
        append_files(&text, end);
    }
    append_next(&text, context, end);
    (void)terminal_write_text(context->log, buf_slice(&text), NULL);
    buf_fini(&text);
}

static void json_path(struct jsonout *json, const char *name, const struct buf *path) {
    if (path->len > 0)
        jsonout_text(json, name, buf_text(path));
}

int reconcile_json_end(struct command_context *context, struct jsonout *json,
                       const struct reconcile_end *end) {
    const struct pair_counts *counts = end->counts;
    const struct reconcile_written *written = end->written;
    const struct courier_counts *sent =
        courier_counts(site_courier(end->carry->connection->site));

    jsonout_begin(json, "summary");
    jsonout_text(json, "kind", "reconcile");
    jsonout_text(json, "entityType", end->carry->facts->entity_type);
    jsonout_text(json, "strategy", end->carry->spec->sweep ? "sweep" : "lookup");
    jsonout_boolean(json, "complete", end->rc >= 0);
    jsonout_count(json, "rows", counts->rows);
    for (int i = 0; i < PAIR_CLASS_COUNT; i++)
        jsonout_count(json, class_names[i], counts->by_class[i]);
    if (end->carry->spec->sweep) {
        jsonout_count(json, "records", counts->records);
        jsonout_count(json, "onlyCrm", counts->only_crm);
    }
    jsonout_count(json, "outside", counts->outside);
    jsonout_boolean(json, "readsAll", reconcile_knows_missing(end->carry->job));
    if (end->carry->spec->errors)
        jsonout_count(json, "unreadOnly", counts->weak[PAIR_DIFFERENT]);
    jsonout_count(json, "loose", counts->weak[PAIR_AMBIGUOUS]);
    jsonout_open_object(json, "fields");
    for (size_t i = 0; i < written->field_count; i++)
        if (written->fields[i].count > 0)
            jsonout_count(json, written->fields[i].def->name, written->fields[i].count);
    jsonout_close(json);
    json_path(json, "diff", &written->diff);
    json_path(json, "fix", &written->fix);
    json_path(json, "fixMapping", &written->fix_mapping);
    json_path(json, "deletes", &written->deletes);
    json_path(json, "deletesMapping", &written->deletes_mapping);
    if (end->carry->spec->base[0] != '\0') {
        jsonout_count(json, "changedInFile", written->by_file);
        jsonout_count(json, "changedInCrm", written->by_crm);
        jsonout_count(json, "changedInBoth", written->by_both);
    }
    json_path(json, "conflicts", &written->conflicts);
    json_path(json, "report", &written->report);
    json_path(json, "todo", &written->todo);
    json_path(json, "html", &written->html);
    json_path(json, "corrected", &written->corrected);
    if (end->carry->spec->propose_deletes)
        jsonout_boolean(json, "deletesStopped",
                        written->deletes_stopped || written->deletes_unsafe);
    if (end->rc < 0)
        jsonout_text(json, "checkpoint", end->carry->checkpoint);
    jsonout_count(json, "requests", sent->sent);
    jsonout_count(json, "retries", sent->retries);
    jsonout_milli(json, "seconds", end->ms);
    time_spent_json(json, site_courier(end->carry->connection->site));
    jsonout_error(json, "error", &context->err);
    return jsonout_end(json, &context->err);
}
