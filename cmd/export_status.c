/* export_status.c - `status` of an export that was broken off, or is going on. */
#include "cmd/export_carry.h"

#include "cmd/jsonout.h"
#include "cmd/quantity.h"
#include "cmd/retype.h"
#include "cmd/terminal.h"
#include "state/journal_record.h"

enum { TEXT_MAX = 16 * 1024 };

static int print_text(struct command_context *context, const struct export_spec *spec,
                      uint64_t records, uint64_t total) {
    struct buf text = {.max = TEXT_MAX};
    char started[20];
    int rc;

    env_format_utc(spec->started_ms, started);
    (void)buf_append_format(
        &text, "export of %s from %s as %s into %s\n  begun %s UTC\n  ",
        spec->entity_type, spec->url, spec->user_name, spec->output, started);
    quantity_append_count(&text, records);
    if (total > 0) {
        (void)buf_append_text(&text, " of ");
        quantity_append_count(&text, total);
    }
    (void)buf_append_text(&text, " records read so far\nNext:\n  espoload resume ");
    retype_append_word(&text, context->arguments[0]);
    retype_append_connection(&text, context->parser, false);
    (void)buf_append_char(&text, '\n');
    rc = terminal_write_text(context->out, buf_slice(&text), &context->err);
    buf_fini(&text);
    return rc;
}

int export_status(struct command_context *context, struct journal *journal) {
    struct jsonout *json = context->json;
    struct export_spec spec;
    uint64_t records = 0, total;
    int rc = journal_count_records(journal, &records, &context->err);

    export_spec_read(journal, &spec);
    total = (uint64_t)journal_int(journal, "export.total");
    if (rc != RC_OK)
        return rc;
    if (json == NULL)
        return print_text(context, &spec, records, total);
    jsonout_begin(json, "summary");
    jsonout_text(json, "kind", "export");
    jsonout_text(json, "entityType", spec.entity_type);
    jsonout_text(json, "url", spec.url);
    jsonout_text(json, "user", spec.user_name);
    jsonout_text(json, "output", spec.output);
    jsonout_boolean(json, "complete", false);
    jsonout_count(json, "records", records);
    jsonout_count(json, "total", total);
    jsonout_integer(json, "startedMs", spec.started_ms);
    return jsonout_end(json, &context->err);
}
