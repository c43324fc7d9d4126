/* summary.c - says what a run has done, in numbers that add up, and what comes next. */
#include "cmd/summary.h"

#include "cmd/jsonout.h"
#include "cmd/quantity.h"
#include "cmd/retype.h"
#include "cmd/run_state.h"
#include "cmd/terminal.h"
#include "cmd/time_spent.h"
#include "base/utf8.h"

#include <string.h>
#include <unistd.h>

enum { TEXT_MAX = 64 * 1024, MESSAGE_SHOWN = 110 };

void summary_append_tally(struct buf *buf, const struct tally *tally) {
    const struct {
        uint64_t count;
        const char *word;
    } parts[] = {
        {tally->created, "created"},     {tally->updated, "updated"},
        {tally->unchanged, "unchanged"}, {tally->skipped, "skipped"},
        {tally->deleted, "deleted"},     {tally->failed, "failed"},
        {tally->unknown, "unknown"},     {tally->unprocessed, "unprocessed"},
    };
    bool first = true;

    quantity_append_count(buf, tally->rows);
    (void)buf_append_text(buf, tally->rows == 1 ? " row" : " rows");
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (parts[i].count == 0)
            continue;
        (void)buf_append_text(buf, first ? " = " : " + ");
        first = false;
        quantity_append_count(buf, parts[i].count);
        (void)buf_append_format(buf, " %s", parts[i].word);
    }
}

const char *summary_short_path(const char *path) {
    char folder[4096];
    size_t len;

    if (getcwd(folder, sizeof folder) == NULL)
        return path;
    len = strlen(folder);
    if (strncmp(path, folder, len) == 0 && path[len] == '/' && path[len + 1] != '\0')
        return path + len + 1;
    return path;
}

struct cause_list {
    struct buf *buf;
    size_t limit; /* to be shown */
    size_t count; /* of all */
};

static int append_cause(void *context, const struct journal_cause *cause) {
    struct cause_list *list = context;
    struct buf *buf = list->buf;

    if (list->count++ == 0)
        (void)buf_append_text(buf, "Causes:\n");
    if (list->count > list->limit)
        return buf->failed;
    (void)buf_append_text(buf, "  ");
    quantity_append_count(buf, cause->rows);
    (void)buf_append_format(buf, " x %s", reason_code(cause->reason));
    if (cause->column[0] != '\0')
        (void)buf_append_format(buf, " in column %s", cause->column);
    if (cause->line > 0) {
        (void)buf_append_text(buf, ", first in line ");
        quantity_append_count(buf, cause->line);
    }
    (void)buf_append_text(buf, ": ");
    (void)utf8_append_printable(buf, slice_of(cause->example), MESSAGE_SHOWN);
    (void)buf_append_char(buf, '\n');
    return buf->failed;
}

int summary_append_causes(struct buf *buf, struct journal *journal, size_t limit,
                          struct err *err) {
    struct cause_list list = {.buf = buf, .limit = limit};
    int rc = journal_causes(journal, CAUSES_ALL, append_cause, &list, err);

    if (rc == RC_OK && list.count > limit)
        (void)buf_append_format(buf, "  and %zu more: `espoload status` lists them\n",
                                list.count - limit);
    return rc;
}

void summary_append_requests(struct buf *buf, const struct courier *courier) {
    const struct courier_counts *counts = courier_counts(courier);
    const struct histogram *latency = courier_latency(courier);

    (void)buf_append_text(buf, "; ");
    quantity_append_count(buf, counts->sent);
    (void)buf_append_text(buf, counts->sent == 1 ? " request" : " requests");
    if (latency->total > 0) {
        (void)buf_append_text(buf, ", half answered within ");
        quantity_append_latency(buf, (int64_t)histogram_percentile(latency, 500));
        (void)buf_append_text(buf, ", 95 % within ");
        quantity_append_latency(buf, (int64_t)histogram_percentile(latency, 950));
    }
    if (counts->retries > 0) {
        (void)buf_append_text(buf, ", ");
        quantity_append_count(buf, counts->retries);
        (void)buf_append_text(buf, " sent again");
    }
}

static void append_speed(struct buf *buf, const struct summary *summary) {
    uint64_t done = summary->tally.rows - summary->tally.unprocessed;

    if (summary->courier == NULL)
        return;
    done = done > summary->rows_before ? done - summary->rows_before : 0;
    (void)buf_append_text(buf, "  in ");
    quantity_append_duration(buf, summary->ran_ms);
    if (summary->ran_ms > 0 && done > 0) {
        (void)buf_append_text(buf, ", ");
        quantity_append_rate(buf, done * 1000000 / (uint64_t)summary->ran_ms);
        (void)buf_append_text(buf, " rows/s");
    }
    summary_append_requests(buf, summary->courier);
    (void)buf_append_char(buf, '\n');
    time_spent_append(buf, summary->courier);
}

static void append_file(struct buf *buf, const char *path, uint64_t rows,
                        const char *what) {
    if (path == NULL || rows == 0)
        return;
    (void)buf_append_format(buf, "  %s  (", summary_short_path(path));
    quantity_append_count(buf, rows);
    (void)buf_append_format(buf, "%s %s)\n", rows == 1 ? " row:" : " rows:", what);
}

/* A run that is over can be taken back: that is said where there is something to. */
static void append_undo(struct buf *buf, const struct command_context *context,
                        const struct summary *summary) {
    const struct tally *tally = &summary->tally;

    if (summary->undo != NULL || summary->checkpoint == NULL || summary->rc < 0 ||
        tally->unprocessed > 0 || tally->created + tally->updated + tally->deleted == 0)
        return;
    (void)buf_append_text(buf, "  espoload undo -n ");
    retype_append_word(buf, summary->checkpoint);
    retype_append_connection(buf, context->parser, false);
    (void)buf_append_text(buf, "   (what taking it back would do)\n");
}

/* What nobody can tell of must not be sent again unseen. */
static void append_unknown(struct buf *buf, const struct summary *summary) {
    uint64_t unknown = summary->tally.unknown;
    const char *file = summary_short_path(summary->errors);

    if (unknown == 0)
        return;
    (void)buf_append_text(buf, "look in EspoCRM for the ");
    if (unknown > 1) {
        quantity_append_count(buf, unknown);
        (void)buf_append_char(buf, ' ');
    }
    (void)buf_append_text(buf, unknown == 1 ? "unknown row of " : "unknown rows of ");
    retype_append_word(buf, file);
    (void)buf_append_text(buf, unknown == 1 ? ", and take it out if it is there\n  "
                                            : ", and take out those that are there\n  ");
}

static void append_next(struct buf *buf, const struct command_context *context,
                        const struct summary *summary) {
    bool again = false;

    (void)buf_append_text(buf, "Next:\n  ");
    if (summary->checkpoint != NULL &&
        (summary->rc < 0 || summary->tally.unprocessed > 0)) {
        (void)buf_append_text(buf, "espoload resume ");
        retype_append_word(buf, summary->checkpoint);
    } else if (summary->undo == NULL && summary->errors != NULL &&
               summary->written.errors > 0) {
        again = true;
        append_unknown(buf, summary);
        (void)buf_append_text(buf, "correct ");
        retype_append_word(buf, summary_short_path(summary->errors));
        (void)buf_append_text(buf, ", then: espoload import ");
        retype_append_word(buf, summary_short_path(summary->errors));
        (void)buf_append_text(buf, " -m ");
        retype_append_word(buf, summary->mapping != NULL ? summary->mapping : "MAPPING");
        if (summary->on_duplicate != NULL)
            (void)buf_append_format(buf, " --on-duplicate %s", summary->on_duplicate);
    } else if (summary->checkpoint != NULL) {
        (void)buf_append_text(buf, "espoload status ");
        retype_append_word(buf, summary->checkpoint);
        (void)buf_append_char(buf, '\n');
        append_undo(buf, context, summary);
        return; /* needs no server */
    }
    retype_append_connection(buf, context->parser, again);
    (void)buf_append_char(buf, '\n');
    append_undo(buf, context, summary);
}

/* Rows of a stopped run whose outcome is still to be found out. */
static int append_doubts(struct buf *buf, const struct summary *summary,
                         struct err *err) {
    uint64_t counts[ROW_STATE_COUNT], doubts;
    int rc = journal_count(summary->journal, counts, err);

    if (rc != RC_OK)
        return rc;
    doubts = counts[ROW_INTENDED] + counts[ROW_DOUBTFUL];
    if (doubts == 0)
        return RC_OK;
    (void)buf_append_text(buf, "  ");
    quantity_append_count(buf, doubts);
    (void)buf_append_format(
        buf,
        " of them %s in doubt: sent, and no answer came; resume looks "
        "%s up before anything is sent again\n",
        doubts == 1 ? "is" : "are", doubts == 1 ? "it" : "them");
    return RC_OK;
}

static int print_text(struct command_context *context, const struct summary *summary) {
    struct buf buf = {.max = TEXT_MAX};
    int rc = RC_OK;

    summary_append_tally(&buf, &summary->tally);
    (void)buf_append_char(&buf, '\n');
    if (summary->undo != NULL)
        rc = summary_append_undo(&buf, summary->journal, summary->undo->pretend,
                                 &context->err);
    append_speed(&buf, summary);
    if (summary->bulk != NULL)
        engine_append_counts(summary->bulk, &buf);
    if (summary->journal != NULL && summary->tally.unknown > 0)
        rc = append_doubts(&buf, summary, &context->err);
    if (rc == RC_OK && summary->journal != NULL &&
        summary->tally.failed + summary->tally.unknown + summary->tally.warnings +
                (summary->undo != NULL ? summary->tally.skipped : 0) >
            0) {
        rc = summary_append_causes(&buf, summary->journal, CAUSES_SHOWN, &context->err);
    }
    if (summary->tally.warnings > 0) {
        quantity_append_count(&buf, summary->tally.warnings);
        (void)buf_append_text(&buf, " rows carry a remark: see _code and _message in the "
                                    "results.\n");
    }
    if (summary->undo != NULL && summary->undo->pretend)
        (void)buf_append_text(&buf, "Nothing was sent: this was --dry-run.\n");
    if (summary->checkpoint != NULL)
        (void)buf_append_format(&buf, "Files:\n  %s  (the checkpoint)\n",
                                summary->checkpoint);
    append_file(&buf, summary->results, summary->written.results, "what became of each");
    append_file(&buf, summary->errors, summary->written.errors,
                summary->undo == NULL ? "to correct" : "not taken back");
    append_file(&buf, summary->unprocessed, summary->written.unprocessed, "not sent");
    if (summary->report != NULL)
        (void)buf_append_format(&buf, "  %s  (all of it as one page)\n",
                                summary_short_path(summary->report));
    if (summary->checkpoint != NULL)
        append_next(&buf, context, summary);
    if (rc == RC_OK && buf.failed == RC_OK)
        (void)terminal_write_text(context->log, buf_slice(&buf), NULL);
    buf_fini(&buf);
    return rc;
}

void summary_json_tally(struct jsonout *json, const struct tally *tally) {
    jsonout_count(json, "rows", tally->rows);
    jsonout_count(json, "created", tally->created);
    jsonout_count(json, "updated", tally->updated);
    jsonout_count(json, "unchanged", tally->unchanged);
    jsonout_count(json, "skipped", tally->skipped);
    jsonout_count(json, "deleted", tally->deleted);
    jsonout_count(json, "failed", tally->failed);
    jsonout_count(json, "unknown", tally->unknown);
    jsonout_count(json, "unprocessed", tally->unprocessed);
}

/* {"undo":{"deleted":900,"restored":80,"kept":12,"gone":5,...}}. */
static int json_undo(struct jsonout *json, struct journal *undo) {
    struct undo_counts counts;
    int rc = undo_count(undo, &counts, NULL);

    jsonout_open_object(json, "undo");
    jsonout_count(json, "deleted", counts.deleted);
    jsonout_count(json, "restored", counts.restored);
    jsonout_count(json, "undeleted", counts.undeleted);
    jsonout_count(json, "linksDeleted", counts.links);
    jsonout_count(json, "kept", counts.kept);
    jsonout_count(json, "gone", counts.gone);
    jsonout_count(json, "asBefore", counts.as_before);
    jsonout_close(json);
    return rc;
}

static int print_json(struct command_context *context, struct jsonout *json,
                      const struct summary *summary) {
    jsonout_begin(json, "summary");
    jsonout_text(json, "kind", summary->undo != NULL ? "undo" : "import");
    jsonout_boolean(json, "complete", summary->rc >= RC_OK);
    summary_json_tally(json, &summary->tally);
    jsonout_count(json, "warnings", summary->tally.warnings);
    jsonout_milli(json, "seconds", summary->ran_ms);
    if (summary->courier != NULL) {
        const struct courier_counts *counts = courier_counts(summary->courier);
        const struct histogram *latency = courier_latency(summary->courier);
        jsonout_count(json, "requests", counts->sent);
        jsonout_count(json, "retries", counts->retries);
        jsonout_count(json, "lost", counts->lost);
        jsonout_count(json, "latencyP50Us", histogram_percentile(latency, 500));
        jsonout_count(json, "latencyP95Us", histogram_percentile(latency, 950));
        time_spent_json(json, summary->courier);
    }
    if (summary->bulk != NULL) {
        jsonout_count(json, "bulkRows", summary->bulk->writes);
        jsonout_count(json, "bulkImports", summary->bulk->chunks);
        jsonout_count(json, "restRows", summary->bulk->rest);
    }
    if (summary->undo != NULL) {
        (void)json_undo(json, summary->journal);
        jsonout_boolean(json, "dryRun", summary->undo->pretend);
    }
    jsonout_open_object(json, "files");
    jsonout_text(json, "checkpoint", summary->checkpoint);
    jsonout_text(json, "results", summary->written.results > 0 ? summary->results : NULL);
    jsonout_text(json, "errors", summary->written.errors > 0 ? summary->errors : NULL);
    jsonout_text(json, "unprocessed",
                 summary->written.unprocessed > 0 ? summary->unprocessed : NULL);
    jsonout_text(json, "report", summary->report);
    jsonout_close(json);
    jsonout_error(json, "error", &context->err);
    return jsonout_end(json, &context->err);
}

int summary_print(struct command_context *context, const struct summary *summary) {
    int rc = RC_OK;

    if (!context->global->quiet)
        rc = print_text(context, summary);
    if (rc == RC_OK && context->json != NULL)
        rc = print_json(context, context->json, summary);
    if (context->run->notice != NULL)
        (void)print_json(context, context->run->notice, summary);
    return rc;
}
