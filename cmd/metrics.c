/* metrics.c - the text format of Prometheus: HELP, TYPE, samples.
 *
 * Names by its conventions: the program in front, base units, _total for what only grows
 * (within a run: each run begins at 0, as a restarted process does). The label `run` is
 * the file's own name: two jobs of one node never have a sample in common.
 */
#include "cmd/metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/outfile.h"
#include "base/utf8.h"
#include "cmd/command.h"
#include "cmd/run_state.h"

enum { TEXT_MAX = 64 * 1024, LABELS_MAX = 2048, PAST_MAX = 256 * 1024 };

#define EXIT_CODE "espoload_exit_code"
#define SUCCESS "espoload_last_success_timestamp_seconds"
#define COMPLETE "espoload_last_completion_timestamp_seconds"

/* name="value", with what the format wants escaped; an empty label is none. */
static void append_label(struct buf *out, const char *name, struct slice value) {
    if (value.len == 0)
        return;
    (void)buf_append_format(out, "%s%s=\"", out->len > 0 ? "," : "", name);
    value.len = utf8_valid_prefix(value);
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] == '\n')
            (void)buf_append_text(out, "\\n");
        else if (value.data[i] == '\\' || value.data[i] == '"')
            (void)buf_append_format(out, "\\%c", value.data[i]);
        else
            (void)buf_append_char(out, value.data[i]);
    }
    (void)buf_append_char(out, '"');
}

/* "/var/lib/x/nightly.prom" -> "nightly" */
static struct slice job_name(const char *path) {
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    const char *dot = strrchr(name, '.');

    return slice_make(name,
                      dot == NULL || dot == name ? strlen(name) : (size_t)(dot - name));
}

static void append_labels(struct buf *out, const struct command_context *context) {
    const struct run_state *run = context->run;

    append_label(out, "run", job_name(context->global->metrics));
    append_label(out, "command",
                 slice_of(run->kind[0] != '\0' ? run->kind : context->command->name));
    append_label(out, "entity", slice_of(run->entity_type));
    append_label(
        out, "profile",
        slice_of(context->global->profile == NULL ? "" : context->global->profile));
}

/* One text under way: what every sample of it has. */
struct page {
    struct buf *out;
    const char *labels;
};

static void family(const struct page *page, const char *name, const char *type,
                   const char *help) {
    (void)buf_append_format(page->out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name,
                            type);
}

/* more: further labels with a comma in front, or "". */
static void sample(const struct page *page, const char *name, const char *more,
                   int64_t value) {
    (void)buf_append_format(page->out, "%s{%s%s} %" PRId64 "\n", name, page->labels, more,
                            value);
}

static void single(const struct page *page, const char *name, const char *type,
                   const char *help, int64_t value) {
    family(page, name, type, help);
    sample(page, name, "", value);
}

static void append_rows(const struct page *page, const struct run_state *run) {
    struct buf more = {.max = LABELS_MAX};

    if (run->outcome_count == 0)
        return;
    family(page, "espoload_rows_total", "counter",
           "Rows (of an export: records) of this run by outcome.");
    for (size_t i = 0; i < run->outcome_count; i++) {
        buf_reset(&more);
        (void)buf_append_format(&more, ",outcome=\"%s\"", run->outcomes[i].name);
        sample(page, "espoload_rows_total", buf_text(&more),
               (int64_t)run->outcomes[i].rows);
    }
    buf_fini(&more);
    single(page, "espoload_rows_unprocessed", "gauge", "Rows that had no outcome yet.",
           (int64_t)run->unprocessed);
}

static void append_requests(const struct page *page, const struct courier_counts *sent) {
    struct buf more = {.max = LABELS_MAX};

    family(page, "espoload_requests_total", "counter",
           "Requests of this run by the HTTP status of the answer.");
    for (int status = 100; status < 600; status++) {
        if (sent->by_status[status] == 0 && status != 200)
            continue;
        buf_reset(&more);
        (void)buf_append_format(&more, ",status=\"%d\"", status);
        sample(page, "espoload_requests_total", buf_text(&more),
               (int64_t)sent->by_status[status]);
    }
    buf_fini(&more);
    single(page, "espoload_requests_unanswered_total", "counter",
           "Requests of this run without a whole answer.", (int64_t)sent->lost);
    single(page, "espoload_request_retries_total", "counter",
           "Requests of this run that were sent again.", (int64_t)sent->retries);
    single(page, "espoload_sent_bytes_total", "counter",
           "Bytes of request bodies of this run.", (int64_t)sent->bytes_sent);
    single(page, "espoload_received_bytes_total", "counter",
           "Bytes of answers of this run, unpacked.", (int64_t)sent->bytes_received);
}

static void append_times(const struct page *page, const struct command_context *context,
                         const struct metrics_past *past, int exit_code) {
    const struct run_state *run = context->run;
    int64_t ran_ms = (env_monotonic_us(context->env) - run->began_us) / 1000;
    int64_t now_s = env_wall_ms(context->env) / 1000;
    bool ended = exit_code != METRICS_RUNNING;
    int64_t code = ended ? exit_code : past->exit_code;
    int64_t success = exit_code == 0 ? now_s : past->success_s;
    int64_t complete = exit_code == 0 || exit_code == 1 ? now_s : past->complete_s;

    single(page, "espoload_running", "gauge", "1 while the run goes on.", !ended);
    single(page, "espoload_start_timestamp_seconds", "gauge", "When the run began.",
           run->started_ms / 1000);
    family(page, "espoload_duration_seconds", "gauge", "How long the run took so far.");
    (void)buf_append_format(page->out,
                            "espoload_duration_seconds{%s} %" PRId64 ".%03" PRId64 "\n",
                            page->labels, ran_ms / 1000, ran_ms % 1000);
    if (code >= 0)
        single(page, EXIT_CODE, "gauge", "Exit code of the last run that ended.", code);
    if (success > 0)
        single(page, SUCCESS, "gauge", "When a run last ended with exit code 0.",
               success);
    if (complete > 0)
        single(page, COMPLETE, "gauge",
               "When a run last came to its end (exit code 0 or 1).", complete);
}

void metrics_append(struct buf *out, const struct command_context *context,
                    const struct metrics_past *past, int exit_code) {
    struct buf labels = {.max = LABELS_MAX}, more = {.max = LABELS_MAX};
    struct page page = {.out = out};

    append_labels(&labels, context);
    page.labels = buf_text(&labels);
    append_label(&more, "server", slice_of(context->run->url));
    append_label(&more, "version", slice_of(ESPOLOAD_VERSION));
    family(&page, "espoload_run_info", "gauge", "What the run is about; always 1.");
    (void)buf_append_format(out, "espoload_run_info{%s,%s} 1\n", page.labels,
                            buf_text(&more));
    append_times(&page, context, past, exit_code);
    append_rows(&page, context->run);
    append_requests(&page, &context->run->requests);
    if (labels.failed != RC_OK)
        out->failed = labels.failed;
    buf_fini(&labels);
    buf_fini(&more);
}

/* The value of the first sample of a family; missing where there is none. Label values
 * hold no raw line end, so a line is a sample. */
static int64_t value_of(struct slice text, const char *name, int64_t missing) {
    size_t len = strlen(name);

    while (text.len > 0) {
        const char *end = memchr(text.data, '\n', text.len);
        size_t line = end == NULL ? text.len : (size_t)(end - text.data);
        const char *blank = memrchr(text.data, ' ', line);
        if (end != NULL && line > len && memcmp(text.data, name, len) == 0 &&
            text.data[len] == '{' && blank != NULL)
            return strtoll(blank + 1, NULL,
                           10); /* ends at the line's end at the latest */
        line += end != NULL;
        text = slice_make(text.data + line, text.len - line);
    }
    return missing;
}

void metrics_read(struct slice text, struct metrics_past *past) {
    past->exit_code = value_of(text, EXIT_CODE, -1);
    past->success_s = value_of(text, SUCCESS, 0);
    past->complete_s = value_of(text, COMPLETE, 0);
}

/* What cannot be read is not known; the writing says what is wrong with the file. */
static void read_past(const char *path, struct metrics_past *past) {
    struct buf text = {.max = PAST_MAX};
    int fd = outfile_is_stream(path) ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    char *at;

    while (fd >= 0 && (at = buf_reserve(&text, 8192)) != NULL) {
        ssize_t n = read(fd, at, 8192);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        buf_commit(&text, (size_t)n);
    }
    if (fd >= 0)
        (void)close(fd);
    metrics_read(buf_slice(&text), past);
    buf_fini(&text);
}

int metrics_write(const struct command_context *context, int exit_code, struct err *err) {
    const struct outfile_options options = {.force = true, .env = context->env};
    struct buf text = {.max = TEXT_MAX};
    struct outfile *file = NULL;
    struct metrics_past past;
    int rc;

    read_past(context->global->metrics, &past);
    metrics_append(&text, context, &past, exit_code);
    rc = text.failed != RC_OK
             ? err_nomem(err)
             : outfile_open(&file, context->global->metrics, &options, err);
    if (rc == RC_OK)
        rc = outfile_write(file, buf_slice(&text), err);
    if (rc == RC_OK)
        rc = outfile_commit(file, err);
    if (rc != RC_OK && err != NULL)
        err_prefix(err, "--metrics");
    outfile_close(file);
    buf_fini(&text);
    return rc;
}

int metrics_verify(const struct command_context *context, struct err *err) {
    const struct outfile_options options = {.force = true, .env = context->env};
    struct outfile *file = NULL;
    int rc;

    if (strcmp(context->global->metrics, "-") == 0)
        return err_set(err, RC_USAGE, "--metrics needs the name of a file");
    rc = outfile_open(&file, context->global->metrics, &options, err);
    if (rc != RC_OK)
        err_prefix(err, "--metrics");
    outfile_close(file);
    return rc;
}
