/* reconcile_resume.c - `resume` and `status` of a reconciliation that was broken off.
 */
#include "cmd/carry.h"
#include "cmd/jsonout.h"
#include "cmd/quantity.h"
#include "cmd/reconcile_carry.h"
#include "cmd/retype.h"
#include "cmd/run_files.h"
#include "cmd/terminal.h"
#include "state/journal_record.h"

#include <stdio.h>

enum { TEXT_MAX = 16 * 1024 };

int reconcile_resume(struct command_context *context, struct journal *journal,
                     const char *path) {
    struct connection connection = {0};
    struct job job = {.read_only = true};
    struct checkpoint facts;
    struct reconcile_spec spec;
    struct table *table = NULL;
    struct reconcile_base *base = NULL;
    struct journal *run = NULL;
    char sha256[65] = "";
    struct reconcile_carry carry = {.connection = &connection,
                                    .journal = journal,
                                    .facts = &facts,
                                    .spec = &spec,
                                    .job = &job,
                                    .checkpoint = path};
    bool named = option_source(context->parser, "url") == OPTION_FROM_FLAG;
    struct err *err = &context->err;
    int rc = checkpoint_read(journal, &facts, err);

    reconcile_spec_read(journal, &spec);
    if (rc == RC_OK)
        rc = journal_check(journal, err);
    if (rc == RC_OK)
        rc = checkpoint_load_job(&facts, &job, err);
    if (rc == RC_OK)
        rc = connect_open(&connection, context, named ? NULL : facts.url);
    if (rc == RC_OK)
        rc = job_compile(&job, connection.site, err);
    if (rc == RC_USAGE)
        carry_print_problems(context, &job);
    if (rc == RC_OK)
        rc = checkpoint_verify_site(&facts, buf_text(&connection.url),
                                    schema_server(job.schema), err);
    if (rc == RC_OK)
        rc = table_select(&table, job.schema, spec.select, NULL, err);
    (void)snprintf(sha256, sizeof sha256, "%s", spec.base_sha256);
    if (rc == RC_OK && spec.base[0] != '\0')
        rc = reconcile_base_open(&base, spec.base, &job, connection.site, sha256, err);
    if (rc == RC_OK && spec.run[0] != '\0')
        rc = journal_open_reader(&run, spec.run, err);
    carry.run = run;
    carry.table = table;
    carry.base = base;
    if (rc == RC_OK)
        rc = reconcile_carry_run(context, &carry);
    journal_close(journal);
    if (rc >= RC_OK)
        run_files_remove(path);
    reconcile_base_close(base);
    journal_close(run);
    table_free(table);
    job_close(&job);
    connect_close(&connection);
    return rc;
}

int reconcile_status(struct command_context *context, struct journal *journal) {
    struct jsonout *json = context->json;
    struct checkpoint facts;
    struct buf text = {.max = TEXT_MAX};
    uint64_t records = 0, rows = 0;
    char started[20];
    int rc = journal_count_records(journal, &records, &context->err);

    if (rc == RC_OK)
        rc = checkpoint_read(journal, &facts, &context->err);
    if (rc == RC_OK)
        rc = journal_last_pair(journal, &rows, &context->err);
    if (rc != RC_OK)
        return rc;
    if (json != NULL) {
        jsonout_begin(json, "summary");
        jsonout_text(json, "kind", "reconcile");
        jsonout_text(json, "entityType", facts.entity_type);
        jsonout_text(json, "url", facts.url);
        jsonout_text(json, "user", facts.user_name);
        jsonout_text(json, "input", facts.input_path);
        jsonout_boolean(json, "complete", false);
        jsonout_count(json, "records", records);
        jsonout_count(json, "rowsCompared", rows);
        jsonout_count(json, "rowsOfFile", facts.records);
        jsonout_integer(json, "startedMs", facts.started_ms);
        return jsonout_end(json, &context->err);
    }
    env_format_utc(facts.started_ms, started);
    (void)buf_append_format(&text,
                            "reconciliation of %s with %s of %s as %s\n"
                            "  begun %s UTC\n  ",
                            facts.input_name, facts.entity_type, facts.url,
                            facts.user_name, started);
    quantity_append_count(&text, records);
    (void)buf_append_text(&text, " records read, ");
    quantity_append_count(&text, rows);
    (void)buf_append_text(&text, " of ");
    quantity_append_count(&text, facts.records);
    (void)buf_append_text(&text, " rows compared so far\nNext:\n  espoload resume ");
    retype_append_word(&text, context->arguments[0]);
    retype_append_connection(&text, context->parser, false);
    (void)buf_append_char(&text, '\n');
    rc = terminal_write_text(context->out, buf_slice(&text), &context->err);
    buf_fini(&text);
    return rc;
}
