/* plan.c - what a run is going to do, in a few lines. */
#include "cmd/plan.h"

#include "base/utf8.h"
#include "cmd/jsonout.h"
#include "cmd/quantity.h"
#include "cmd/terminal.h"

enum { TEXT_MAX = 16 * 1024, NAMES_SHOWN = 12 };

static const char *dialect_word(char delimiter) {
    switch (delimiter) {
    case '\t': return "tab";
    case ',': return "comma";
    case ';': return "semicolon";
    case '|': return "bar";
    default: return "delimiter of its own";
    }
}

static void append_unused(struct buf *buf, const struct job *job) {
    const size_t *columns;
    size_t count = program_unused_columns(job->program, &columns);
    size_t shown = 0;

    for (size_t i = 0; i < count; i++) {
        struct slice name = job_column(job, columns[i]);
        if (name.len > 0 && name.data[0] == '_')
            continue; /* the tool's own */
        if (shown++ >= NAMES_SHOWN)
            continue;
        (void)buf_append_text(buf, shown == 1 ? "  not mapped, ignored: " : ", ");
        (void)utf8_append_printable(buf, name, 40);
    }
    if (shown > NAMES_SHOWN)
        (void)buf_append_format(buf, " and %zu more", shown - NAMES_SHOWN);
    if (shown > 0)
        (void)buf_append_char(buf, '\n');
}

static const char *duplicates_words(enum mapping_on_duplicate on_duplicate) {
    switch (on_duplicate) {
    case ON_DUPLICATE_SKIP: return "rows that EspoCRM calls duplicates are skipped";
    case ON_DUPLICATE_UPDATE:
        return "duplicates with an equal key update the record that is there";
    case ON_DUPLICATE_FORCE: return "EspoCRM's duplicate check is turned off";
    case ON_DUPLICATE_FAIL: break;
    }
    return "rows that EspoCRM calls duplicates fail";
}

static int print_json(struct command_context *context, const struct job *job,
                      const char *url, bool dry_run) {
    struct jsonout *json = context->json;
    const struct schema_server *server = schema_server(job->schema);

    jsonout_begin(json, "plan");
    jsonout_text(json, "input", job->input_name);
    jsonout_count(json, "rows", job->facts.records);
    jsonout_count(json, "blankLines", job->facts.blank_lines);
    jsonout_text(json, "encoding", job->facts.encoding);
    jsonout_string(json, "delimiter", slice_make(&job->facts.dialect.delimiter, 1));
    jsonout_text(json, "entityType", mapping_entity_type(job->mapping));
    jsonout_text(json, "url", url);
    jsonout_text(json, "user", server->user_name);
    jsonout_text(json, "version", server->version);
    jsonout_boolean(json, "dryRun", dry_run);
    return jsonout_end(json, &context->err);
}

int plan_print(struct command_context *context, const struct job *job, const char *url,
               enum mapping_on_duplicate on_duplicate, bool dry_run) {
    const struct schema_server *server = schema_server(job->schema);
    struct buf buf = {.max = TEXT_MAX};

    (void)buf_append_format(&buf, "%s: ", job->input_name);
    quantity_append_count(&buf, job->facts.records);
    (void)buf_append_format(&buf, " rows, %s%s, %s%s", job->facts.encoding,
                            job->facts.bom ? " with byte order mark" : "",
                            dialect_word(job->facts.dialect.delimiter),
                            job->facts.gzip ? ", gzipped" : "");
    if (job->facts.blank_lines > 0) {
        (void)buf_append_text(&buf, ", ");
        quantity_append_count(&buf, job->facts.blank_lines);
        (void)buf_append_text(&buf, " blank lines skipped");
    }
    (void)buf_append_format(
        &buf, "\n  %s %s in %s (EspoCRM %s) as %s; %s\n",
        dry_run ? "would create" : "create", mapping_entity_type(job->mapping), url,
        server->version[0] != '\0' ? server->version : "of unknown version",
        server->user_name, duplicates_words(on_duplicate));
    append_unused(&buf, job);
    if (!context->global->quiet)
        (void)terminal_write(context->log, buf_text(&buf), buf.len, NULL);
    buf_fini(&buf);
    return context->json != NULL ? print_json(context, job, url, dry_run) : RC_OK;
}
