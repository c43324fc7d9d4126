/* rehearse.c - every row up to the socket: what check does, and import with --dry-run.
 * */
#include "cmd/rehearse.h"

#include "cmd/causes.h"
#include "cmd/errorline.h"
#include "cmd/jsonout.h"
#include "cmd/plan.h"
#include "cmd/quantity.h"
#include "cmd/remarks.h"
#include "cmd/summary.h"
#include "cmd/terminal.h"
#include "flow/outputs.h"
#include "flow/plan_file.h"
#include "flow/rehearsal.h"
#include "flow/suspects.h"
#include "flow/unkept.h"
#include "model/schema.h"

enum { ERRORS_SHOWN = 20, TEXT_MAX = 1 << 20 };

struct rehearse {
    struct command_context *context;        /* borrowed */
    struct job *job;                        /* borrowed */
    const struct rehearse_options *options; /* borrowed */
    struct error_file *file;                /* owned; or NULL */
    struct plan_writer *plan;               /* owned; or NULL */
    struct causes causes;                   /* owned */
    struct suspects *suspects;              /* owned */
    struct rehearsal_repeats repeats;
    uint64_t noted;                  /* rows that make a note in the stream */
    uint64_t mailed;                 /* rows that send an e-mail to an assigned user */
    uint64_t bad;                    /* rows that could not be sent */
    uint64_t by_action[PLAN_SETTLE]; /* the others, by enum plan_action */
    uint64_t unplanned;              /* those that the CRM was not asked about */
    uint64_t shown;                  /* errors printed */
    uint64_t keyless;                /* rows to create that no match rule applies to */
    uint64_t unkept;                 /* rows with a value that EspoCRM forgets */
    uint64_t unkept_line;            /* of the first of these */
    const struct schema_attribute *unkept_def; /* which value that is */
};

static void print_error(struct rehearse *r, const struct error_line *line) {
    struct buf text = {.max = TEXT_MAX};

    error_line_append(&text, line);
    (void)terminal_print(r->context->log, "%s\n", buf_text(&text));
    buf_fini(&text);
}

static int rehearse_bad(struct rehearse *r, const struct row *row) {
    int rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < row->record.error_count; i++) {
        const struct row_error *error = &row->record.errors[i];
        const struct error_line line = {
            .line = row->line,
            .record = row->number,
            .reason = error->reason,
            .column = job_column(r->job, error->column),
            .field = error->field,
            .value = error->value,
            .message = error->message,
        };
        if (causes_add(&r->causes, &line) < 0)
            return err_nomem(&r->context->err);
        if (!r->context->global->quiet && r->shown++ < ERRORS_SHOWN)
            print_error(r, &line);
        if (r->context->json != NULL)
            rc = error_line_json(r->context->json, &line, &r->context->err);
    }
    if (rc == RC_OK && r->file != NULL)
        rc = error_file_add(r->file, row, &r->context->err);
    return rc;
}

static int note_unkept(struct rehearse *r, struct row *row) {
    if (row->plan == NULL && unkept_sort(row, slice_make(NULL, 0)) < 0)
        return err_nomem(&r->context->err);
    if (row->unkept_count > 0 && r->unkept++ == 0) {
        r->unkept_line = row->line;
        r->unkept_def = row->unkept[0].def;
    }
    return RC_OK;
}

static int rehearse_row(void *context, struct row *row) {
    struct rehearse *r = context;
    int rc = r->plan == NULL ? RC_OK : plan_writer_add(r->plan, row, &r->context->err);

    if (rc != RC_OK)
        return rc;
    if (suspects_add(r->suspects, row) < 0)
        return err_nomem(&r->context->err);
    if (row->record.error_count > 0) {
        r->bad++;
        return rehearse_bad(r, row);
    }
    r->noted += side_effects_note(r->options->effects, row);
    r->mailed += side_effects_mail(r->options->effects, row);
    if (row->counted != 0)
        r->by_action[PLAN_SKIP]++;
    else if (row->plan == NULL)
        r->unplanned++;
    else
        r->by_action[row->plan->action]++;
    r->keyless += row->plan != NULL && row->plan->action == PLAN_CREATE &&
                  !row->plan->matchable && mapping_match(r->job->mapping, 0) != NULL;
    return note_unkept(r, row);
}

/* --- the end --- */

struct action_word {
    enum plan_action action;
    const char *word;   /* behind a count */
    const char *member; /* of the JSON summary */
};

static const struct action_word action_words[] = {
    {PLAN_CREATE, "to create", "toCreate"}, {PLAN_UPDATE, "to update", "toUpdate"},
    {PLAN_DELETE, "to delete", "toDelete"}, {PLAN_UNCHANGED, "unchanged", "unchanged"},
    {PLAN_SKIP, "to skip", "toSkip"},
};
enum { ACTION_WORDS = sizeof action_words / sizeof action_words[0] };

static uint64_t count_good(const struct rehearse *r) {
    uint64_t good = r->unplanned;

    for (int i = 0; i < PLAN_SETTLE; i++)
        good += r->by_action[i];
    return good;
}

static void append_actions(const struct rehearse *r, struct buf *text) {
    bool first = true;

    for (size_t i = 0; i < ACTION_WORDS; i++) {
        uint64_t count = r->by_action[action_words[i].action];
        if (count == 0)
            continue;
        (void)buf_append_text(text, first ? "  of the fine ones " : ", ");
        first = false;
        quantity_append_count(text, count);
        (void)buf_append_format(text, " %s", action_words[i].word);
    }
    if (!first)
        (void)buf_append_char(text, '\n');
}

static void append_effects(const struct rehearse *r, struct buf *text) {
    if (r->noted > 0) {
        (void)buf_append_text(text, "  ");
        quantity_append_count(text, r->noted);
        (void)buf_append_format(text, " record%s a note in the stream\n",
                                r->noted == 1 ? " gets" : "s get");
    }
    if (r->mailed > 0) {
        (void)buf_append_text(text, "  ");
        quantity_append_count(text, r->mailed);
        (void)buf_append_format(text, " record%s an e-mail to who it is assigned to\n",
                                r->mailed == 1 ? " sends" : "s send");
    }
}

/* Done again they are there twice, unless EspoCRM itself takes them for duplicates. */
static void append_keyless(const struct rehearse *r, struct buf *text) {
    if (r->keyless == 0)
        return;
    (void)buf_append_text(text, "  ");
    quantity_append_count(text, r->keyless);
    (void)buf_append_format(text,
                            " row%s to create %s compared with no record: of each match "
                            "rule a cell is empty\n",
                            r->keyless == 1 ? "" : "s", r->keyless == 1 ? "is" : "are");
}

static void append_unkept(const struct rehearse *r, struct buf *text) {
    if (r->unkept == 0)
        return;
    (void)buf_append_text(text, "  ");
    quantity_append_count(text, r->unkept);
    (void)buf_append_format(text, " row%s a %s but no %s: EspoCRM does not keep the one ",
                            r->unkept == 1 ? " has" : "s have", r->unkept_def->name,
                            r->unkept_def->kept_with);
    (void)buf_append_text(text, "without the other, so it is left out; first in line ");
    quantity_append_count(text, r->unkept_line);
    (void)buf_append_char(text, '\n');
}

/* What becomes of a row whose record an earlier one makes; no look at the CRM tells. */
static void append_fate(const struct rehearse *r, struct buf *text) {
    struct mapping_policy policy;

    mapping_policy(r->job->mapping, r->options->on_duplicate, &policy);
    if (mapping_match(r->job->mapping, 0) != NULL && !policy.blind &&
        policy.on_repeat != ON_REPEAT_LAST && policy.on_repeat != ON_REPEAT_MERGE)
        (void)buf_append_format(text,
                                "      each is counted above as if it stood alone, "
                                "but %s\n",
                                plan_repeat_words(policy.on_repeat));
}

static void append_repeats(const struct rehearse *r, struct buf *text) {
    const struct rehearsal_repeats *repeats = &r->repeats;

    if (repeats->rows == 0)
        return;
    (void)buf_append_text(text, "  ");
    quantity_append_count(text, repeats->rows);
    (void)buf_append_format(text, " row%s the %s of an earlier row of the file: ",
                            repeats->rows == 1 ? " has" : "s have", repeats->by);
    for (size_t i = 0; i < repeats->shown_count; i++) {
        (void)buf_append_text(text, i > 0 ? ", line " : "line ");
        quantity_append_count(text, repeats->shown[i].line);
        (void)buf_append_text(text, " that of line ");
        quantity_append_count(text, repeats->shown[i].earlier);
    }
    (void)buf_append_text(text, repeats->rows > repeats->shown_count ? ", ...\n" : "\n");
    if (repeats->compared == REPEATS_COMPARED)
        (void)buf_append_text(text, "  (of the first 262,144 keys)\n");
    append_fate(r, text);
}

static void append_files(const struct rehearse *r, struct buf *text) {
    bool bad = r->file != NULL && r->bad > 0;

    if (bad || r->plan != NULL)
        (void)buf_append_text(text, "Files:\n");
    if (bad)
        (void)buf_append_format(text, "  %s  (rows to correct)\n", r->options->errors);
    if (r->plan != NULL)
        (void)buf_append_format(text, "  %s  (the plan: import --plan carries it out)\n",
                                r->options->plan);
}

static void rehearse_end(const struct rehearse *r) {
    struct buf text = {.max = TEXT_MAX};
    uint64_t good = count_good(r);

    if (r->shown > ERRORS_SHOWN) {
        (void)buf_append_text(&text, "... and ");
        quantity_append_count(&text, r->shown - ERRORS_SHOWN);
        (void)buf_append_text(&text, " more\n");
    }
    quantity_append_count(&text, good + r->bad);
    (void)buf_append_text(&text,
                          good + r->bad == 1 ? " row checked = " : " rows checked = ");
    quantity_append_count(&text, good);
    (void)buf_append_text(&text, " fine + ");
    quantity_append_count(&text, r->bad);
    (void)buf_append_text(&text, " with errors; nothing was sent\n");
    append_actions(r, &text);
    append_keyless(r, &text);
    append_unkept(r, &text);
    append_effects(r, &text);
    append_repeats(r, &text);
    causes_append(&r->causes, &text);
    remarks_append_suspects(r->suspects, &text);
    append_files(r, &text);
    (void)terminal_write_text(r->context->log, buf_slice(&text), NULL);
    buf_fini(&text);
}

static int rehearse_json_end(const struct rehearse *r) {
    struct jsonout *json = r->context->json;
    uint64_t good = count_good(r);
    struct tally tally = {.rows = good + r->bad, .failed = r->bad, .unprocessed = good};
    int rc = causes_json(&r->causes, json, &r->context->err);

    if (rc == RC_OK)
        rc = remarks_json_suspects(r->suspects, json, &r->context->err);
    if (rc != RC_OK)
        return rc;
    jsonout_begin(json, "summary");
    jsonout_text(json, "kind", "check");
    summary_json_tally(json, &tally);
    jsonout_count(json, "fine", good);
    jsonout_open_object(json, "plan");
    for (size_t i = 0; i < ACTION_WORDS; i++)
        jsonout_count(json, action_words[i].member, r->by_action[action_words[i].action]);
    jsonout_close(json);
    jsonout_count(json, "unmatchable", r->keyless);
    jsonout_count(json, "notKept", r->unkept);
    jsonout_count(json, "repeats", r->repeats.rows);
    jsonout_count(json, "streamNotes", r->noted);
    jsonout_count(json, "assignmentMails", r->mailed);
    return jsonout_end(json, &r->context->err);
}

static int open_files(struct rehearse *r) {
    const struct rehearse_options *o = r->options;
    const struct plan_scope scope = {.job = o->job,
                                     .mapping_name = o->mapping,
                                     .url = site_url(o->site),
                                     .on_duplicate = o->on_duplicate};
    int rc = RC_OK;

    r->suspects = suspects_new(r->job);
    if (r->suspects == NULL)
        return err_nomem(&r->context->err);
    if (o->errors != NULL)
        rc = error_file_open(&r->file, o->job, o->errors, o->force, &r->context->err);
    if (rc == RC_OK && o->plan != NULL)
        rc = plan_writer_open(&r->plan, o->plan, o->force, &scope, &r->context->err);
    return rc;
}

int rehearse_run(struct command_context *context,
                 const struct rehearse_options *options) {
    struct rehearse r = {.context = context, .job = options->job, .options = options};
    const struct rehearsal_options rehearsal = {.job = options->job,
                                                .site = options->site,
                                                .on_duplicate = options->on_duplicate,
                                                .env = context->env,
                                                .row = rehearse_row,
                                                .context = &r};
    int rc = open_files(&r);

    if (rc == RC_OK)
        rc = rehearsal_run(&rehearsal, &r.repeats, &context->err);
    if (rc == RC_OK && r.file != NULL && r.bad > 0)
        rc = error_file_commit(r.file, &context->err);
    if (rc == RC_OK && r.plan != NULL)
        rc = plan_writer_commit(r.plan, &context->err);
    if (rc == RC_OK && !context->global->quiet)
        rehearse_end(&r);
    if (rc == RC_OK && context->json != NULL)
        rc = rehearse_json_end(&r);
    if (rc == RC_OK && r.bad > 0)
        rc = EXIT_ROWS;
    error_file_close(r.file);
    plan_writer_close(r.plan);
    causes_fini(&r.causes);
    suspects_free(r.suspects);
    return rc;
}
