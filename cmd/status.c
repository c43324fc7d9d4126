/* status.c - `espoload status CHECKPOINT`: how a run stands, from its checkpoint alone.
 */
#include "cmd/carry.h"
#include "cmd/commands.h"
#include "cmd/export_carry.h"
#include "cmd/reconcile_carry.h"
#include "cmd/jsonout.h"
#include "cmd/quantity.h"
#include "cmd/retype.h"
#include "cmd/summary.h"
#include "cmd/terminal.h"
#include "flow/checkpoint.h"
#include "flow/outputs.h"
#include "flow/undo_outputs.h"

#include <string.h>

enum { TEXT_MAX = 64 * 1024 };

struct status_choice {
    bool errors;  /* write the errors file again */
    bool results; /* write results (and unprocessed) again */
    bool report;  /* write the page again */
    bool force;   /* replace reports that were changed */
};

static const struct option_def options[] = {
    {.name = "errors",
     .type = OPTION_FLAG,
     .group = "Files",
     .offset = offsetof(struct status_choice, errors),
     .not_in_profile = true,
     .help = "write the errors file of the run again"},
    {.name = "results",
     .type = OPTION_FLAG,
     .group = "Files",
     .offset = offsetof(struct status_choice, results),
     .not_in_profile = true,
     .help = "write results and unprocessed rows of the run again"},
    {.name = "report",
     .type = OPTION_FLAG,
     .group = "Files",
     .offset = offsetof(struct status_choice, report),
     .not_in_profile = true,
     .help = "write the HTML report of the run again"},
    {.name = "force",
     .type = OPTION_FLAG,
     .group = "Files",
     .offset = offsetof(struct status_choice, force),
     .not_in_profile = true,
     .help = "replace report files although somebody has changed them"},
    {0},
};

static bool is_undo(const struct checkpoint *facts) {
    return strcmp(facts->kind, "undo") == 0;
}

static void append_facts(struct buf *text, const struct checkpoint *facts,
                         struct journal *journal, const struct tally *tally) {
    char started[20];

    env_format_utc(facts->started_ms, started);
    (void)buf_append_format(text, "%s of %s %s %s at %s as %s\n", facts->kind,
                            facts->input_name, is_undo(facts) ? "in" : "into",
                            facts->entity_type, facts->url, facts->user_name);
    (void)buf_append_format(text, "  begun %s UTC", started);
    if (journal_int(journal, "runs") > 0) {
        (void)buf_append_text(text, ", ran ");
        quantity_append_duration(text, journal_int(journal, "ranMs"));
        (void)buf_append_format(text, " in %lld part%s",
                                (long long)journal_int(journal, "runs"),
                                journal_int(journal, "runs") == 1 ? "" : "s");
    }
    (void)buf_append_text(text, "\n  ");
    summary_append_tally(text, tally);
    (void)buf_append_char(text, '\n');
}

static int status_text(struct command_context *context, struct journal *journal,
                       const struct checkpoint *facts, const struct tally *tally) {
    struct buf text = {.max = TEXT_MAX};
    int rc = RC_OK;

    append_facts(&text, facts, journal, tally);
    if (is_undo(facts))
        rc = summary_append_undo(&text, journal, false, &context->err);
    else if (journal_text(journal, "undone")[0] != '\0')
        (void)buf_append_format(&text, "  taken back by %s\n",
                                journal_text(journal, "undone"));
    if (rc == RC_OK && tally->failed + tally->unknown + tally->warnings +
                               (is_undo(facts) ? tally->skipped : 0) >
                           0) {
        rc = summary_append_causes(&text, journal, CAUSES_ALL, &context->err);
    }
    if (tally->unprocessed + tally->unknown > 0 &&
        journal_text(journal, "undone")[0] == '\0') {
        (void)buf_append_text(&text, "Next:\n  espoload resume ");
        retype_append_word(&text, context->arguments[0]);
        retype_append_connection(&text, context->parser, false);
        (void)buf_append_char(&text, '\n');
    }
    if (rc == RC_OK)
        rc = terminal_write_text(context->out, buf_slice(&text), &context->err);
    buf_fini(&text);
    return rc;
}

static int json_cause(void *context, const struct journal_cause *cause) {
    struct jsonout *json = context;

    jsonout_begin(json, "cause");
    jsonout_text(json, "code", reason_code(cause->reason));
    jsonout_text(json, "column", cause->column);
    jsonout_text(json, "field", cause->field);
    jsonout_count(json, "rows", cause->rows);
    jsonout_count(json, "firstLine", cause->line);
    jsonout_text(json, "example", cause->example);
    return jsonout_end(json, NULL);
}

static int status_json(struct command_context *context, struct journal *journal,
                       const struct checkpoint *facts, const struct tally *tally) {
    struct jsonout *json = context->json;
    int rc = journal_causes(journal, SIZE_MAX / 2, json_cause, json, &context->err);

    if (rc != RC_OK)
        return rc;
    jsonout_begin(json, "summary");
    summary_json_tally(json, tally);
    jsonout_count(json, "warnings", tally->warnings);
    jsonout_text(json, "kind", facts->kind);
    jsonout_text(json, "input", facts->input_path);
    jsonout_text(json, "entityType", facts->entity_type);
    jsonout_text(json, "url", facts->url);
    jsonout_text(json, "user", facts->user_name);
    jsonout_integer(json, "startedMs", facts->started_ms);
    jsonout_milli(json, "seconds", journal_int(journal, "ranMs"));
    return jsonout_end(json, &context->err);
}

static int status_files(struct command_context *context, struct journal *journal,
                        const struct checkpoint *facts) {
    const struct status_choice *choice = context->options;
    struct output_paths paths = {0};
    struct output_counts counts = {0};
    struct output_options output = {.force = true, .reader = true, .env = context->env};
    struct job job = {0};
    int rc = is_undo(facts) ? RC_OK : checkpoint_load_job(facts, &job, &context->err);

    if (rc == RC_OK)
        rc = output_paths_make(&paths, facts->prefix, &context->err);
    if (choice->errors)
        output.errors = buf_text(&paths.errors);
    if (choice->results) {
        output.results = buf_text(&paths.results);
        output.unprocessed = buf_text(&paths.unprocessed);
    }
    if (rc == RC_OK && is_undo(facts))
        rc = undo_outputs_write(journal, &output, &counts, &context->err);
    if (rc == RC_OK && !is_undo(facts) && !choice->force)
        rc = outputs_refuse_edited(journal, &output, &context->err);
    if (rc == RC_OK && !is_undo(facts))
        rc = outputs_write(&job, journal, &output, &counts, &context->err);
    if (rc == RC_OK && counts.errors > 0)
        (void)terminal_print(context->log, "%s written\n",
                             summary_short_path(output.errors));
    if (rc == RC_OK && counts.results > 0)
        (void)terminal_print(context->log, "%s written\n",
                             summary_short_path(output.results));
    if (rc == RC_OK && counts.unprocessed > 0)
        (void)terminal_print(context->log, "%s written\n",
                             summary_short_path(output.unprocessed));
    output_paths_fini(&paths);
    job_close(&job);
    return rc;
}

static int status_report(struct command_context *context, struct journal *journal,
                         const struct checkpoint *facts, const struct tally *tally) {
    struct output_paths paths = {0};
    int rc = output_paths_make(&paths, facts->prefix, &context->err);

    if (rc == RC_OK)
        rc = carry_report(journal, facts, context->arguments[0], tally,
                          buf_text(&paths.report), context->env, &context->err);
    if (rc == RC_OK)
        (void)terminal_print(context->log, "%s written\n",
                             summary_short_path(buf_text(&paths.report)));
    output_paths_fini(&paths);
    return rc;
}

static int status_run(struct command_context *context) {
    const struct status_choice *choice = context->options;
    struct journal *journal = NULL;
    struct checkpoint facts;
    struct tally tally;
    int rc = journal_open_reader(&journal, context->arguments[0], &context->err);

    if (rc == RC_OK && strcmp(journal_text(journal, "kind"), "export") == 0) {
        rc = export_status(context, journal);
        journal_close(journal);
        return rc;
    }
    if (rc == RC_OK && strcmp(journal_text(journal, "kind"), "reconcile") == 0) {
        rc = reconcile_status(context, journal);
        journal_close(journal);
        return rc;
    }
    if (rc == RC_OK && journal_text(journal, "kind")[0] == '\0') {
        rc = err_set(&context->err, RC_INPUT, "the run of %s never began",
                     context->arguments[0]);
        err_advise(&context->err, "nothing was sent: begin it anew with --force");
    }
    if (rc == RC_OK) {
        rc = checkpoint_read(journal, &facts, &context->err);
        if (rc == RC_OK)
            rc = tally_load(&tally, journal, facts.records, &context->err);
    }
    if (rc == RC_OK && (choice->errors || choice->results))
        rc = status_files(context, journal, &facts);
    if (rc == RC_OK && choice->report)
        rc = status_report(context, journal, &facts, &tally);
    if (rc == RC_OK && context->json == NULL)
        rc = status_text(context, journal, &facts, &tally);
    else if (rc == RC_OK)
        rc = status_json(context, journal, &facts, &tally);
    if (rc == RC_OK)
        rc = tally_verify(&tally, &context->err);
    journal_close(journal);
    return rc;
}

static const struct command_argument arguments[] = {
    {.name = "CHECKPOINT",
     .help = "the file that a run left, such as leads.csv.checkpoint"},
    {0},
};

static const struct command_example examples[] = {
    {"espoload status leads.csv.checkpoint", "counts, causes and what to do next"},
    {"espoload status leads.csv.checkpoint --errors", "writes leads.errors.csv again"},
    {0},
};

const struct command command_status = {
    .name = "status",
    .summary = "show how a run stands, and write its reports again",
    .description = "Reads the checkpoint only, also while the run is going on.",
    .arguments = arguments,
    .options = options,
    .options_size = sizeof(struct status_choice),
    .examples = examples,
    .run = status_run,
};
