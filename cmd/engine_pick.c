/* engine_pick.c - chooses, makes and sums up the engine of a run. */
#include "cmd/engine_pick.h"

#include "cmd/quantity.h"
#include "plan/bulk_row.h"
#include "wire/engine_rest.h"

#include <string.h>

enum { ENOUGH_ROWS = 20 }; /* below, a chunk saves nothing */

/* Why the Import cannot carry the run, or NULL. */
static const char *refusal(const struct job *job, enum mapping_on_duplicate on_duplicate,
                           const struct side_effects *effects) {
    enum mapping_operation operation = mapping_operation(job->mapping);
    bool creates = operation == OPERATION_CREATE || operation == OPERATION_UPSERT;

    if (operation == OPERATION_DELETE)
        return "the Import deletes nothing";
    if (!effects->importable)
        return "EspoCRM has no Import for this entity type";
    if (creates && mapping_match(job->mapping, 0) == NULL &&
        on_duplicate != ON_DUPLICATE_FORCE)
        return "the mapping has no match rules, so that EspoCRM's own check for "
               "duplicates is needed, which the Import does not make";
    if (operation == OPERATION_UPDATE &&
        schema_find(job->schema, "versionNumber") != NULL)
        return "EspoCRM counts the versions of its records, and the Import does not look "
               "at them";
    return bulk_refusal(job->schema);
}

int engine_pick(struct command_context *context, const struct job *job,
                enum mapping_on_duplicate on_duplicate, struct side_effects *effects,
                struct engine_pick *out) {
    const char *why = refusal(job, on_duplicate, effects);

    *out = (struct engine_pick){0};
    switch ((enum engine_choice)context->global->engine) {
    case ENGINE_REST: out->why = "that was asked for"; return RC_OK;
    case ENGINE_BULK:
        out->bulk = true;
        out->why = "that was asked for";
        break;
    case ENGINE_AUTO:
        out->bulk = why == NULL && job->facts.records >= ENOUGH_ROWS;
        out->why = why != NULL ? why
                   : out->bulk ? "the Import takes whole batches in one request"
                               : "for so few rows the Import is no gain";
        why = NULL;
        break;
    }
    if (why != NULL) {
        (void)err_set(&context->err, RC_USAGE, "--engine bulk cannot be used: %s", why);
        err_advise(&context->err,
                   "leave out --engine, or have that changed; nothing was sent");
        return RC_USAGE;
    }
    if (out->bulk)
        effects->stream = effects->mails = effects->notifies = false;
    return RC_OK;
}

/* What the Import does beside what is asked for. */
static void append_currency(const struct job *job, struct buf *out) {
    enum mapping_operation operation = mapping_operation(job->mapping);
    const struct schema_attribute *at;

    if (operation != OPERATION_UPDATE && operation != OPERATION_UPSERT)
        return;
    for (size_t i = 0; (at = schema_at(job->schema, i)) != NULL; i++) {
        if (schema_currency(job->schema, at) == NULL)
            continue;
        (void)buf_append_format(out,
                                "  and an update by it sets the currency of an amount "
                                "that is empty (%s) to %s\n",
                                at->name, schema_server(job->schema)->default_currency);
        return;
    }
}

void engine_pick_append(const struct engine_pick *pick, const struct job *job,
                        struct buf *out) {
    (void)buf_append_format(out, "  engine: %s (%s)\n", pick->bulk ? "bulk" : "rest",
                            pick->why);
    if (pick->bulk)
        (void)buf_append_text(
            out, "  the Import makes no notes in the stream and no notifications; "
                 "--engine rest does\n");
    if (pick->bulk)
        append_currency(job, out);
}

static const char import_files[] = "import.files"; /* in the checkpoint */

static int keep_files(void *context, const char *files, bool more, struct err *err) {
    int rc = journal_set_text(context, import_files, files, err);

    return rc == RC_OK && more ? journal_commit(context, err) : rc;
}

int engine_make(struct engine **out, const struct checkpoint *facts,
                const struct job *job, struct site *site, struct journal *journal,
                struct err *err) {
    struct engine *rest = NULL;
    int rc = engine_rest_new(&rest, site_courier(site), err);
    const struct engine_bulk_options options = {
        .courier = site_courier(site),
        .rest = rest,
        .schema = job->schema,
        .env = site_env(site),
        .settle_ms = facts->settle_ms,
        .keep_log = facts->keep_import_log,
        .silent = facts->silent,
        .left = journal_text(journal, import_files),
        .files = keep_files,
        .context = journal,
    };

    *out = rest;
    if (rc != RC_OK || strcmp(facts->engine, "bulk") != 0)
        return rc;
    if (bulk_refusal(job->schema) != NULL) {
        rc = err_set(err, RC_USAGE, "the run was begun with the bulk engine, but now %s",
                     bulk_refusal(job->schema));
        err_advise(err, "have that changed, or go on with resume --engine rest");
    } else {
        rc = engine_bulk_new(out, &options, err);
    }
    if (rc != RC_OK) {
        engine_free(rest);
        *out = NULL;
    }
    return rc;
}

static void add_obstacle(struct engine_bulk_counts *sum, const char *why,
                         uint64_t writes) {
    size_t most = sizeof sum->obstacles / sizeof sum->obstacles[0];

    for (size_t i = 0; i < most; i++) {
        if (sum->obstacles[i].why != NULL && strcmp(sum->obstacles[i].why, why) != 0)
            continue;
        sum->obstacles[i].why = why;
        sum->obstacles[i].writes += writes;
        return;
    }
}

void engine_add_counts(const struct engine *engine, struct engine_bulk_counts *sum) {
    struct engine_bulk_counts counts;

    if (engine == NULL || strcmp(engine->ops->name, "bulk") != 0)
        return;
    engine_bulk_counts(engine, &counts);
    sum->chunks += counts.chunks;
    sum->writes += counts.writes;
    sum->rest += counts.rest;
    if (counts.largest > sum->largest)
        sum->largest = counts.largest;
    for (size_t i = 0; i < sizeof counts.obstacles / sizeof counts.obstacles[0]; i++)
        if (counts.obstacles[i].why != NULL)
            add_obstacle(sum, counts.obstacles[i].why, counts.obstacles[i].writes);
}

void engine_append_counts(const struct engine_bulk_counts *counts, struct buf *out) {
    bool first = true;

    if (counts->chunks == 0 && counts->rest == 0)
        return;
    if (counts->chunks > 0) {
        (void)buf_append_text(out, "  by bulk ");
        quantity_append_count(out, counts->writes);
        (void)buf_append_text(out, counts->writes == 1 ? " row in " : " rows in ");
        quantity_append_count(out, counts->chunks);
        (void)buf_append_format(out, " import%s of up to %zu",
                                counts->chunks == 1 ? "" : "s", counts->largest);
    }
    if (counts->rest > 0) {
        (void)buf_append_text(out, counts->chunks > 0 ? "; by rest " : "  by rest ");
        quantity_append_count(out, counts->rest);
    }
    for (size_t i = 0; i < sizeof counts->obstacles / sizeof counts->obstacles[0]; i++) {
        if (counts->obstacles[i].why == NULL)
            continue;
        (void)buf_append_text(out, first ? ": " : ", ");
        first = false;
        quantity_append_count(out, counts->obstacles[i].writes);
        (void)buf_append_format(out, " with %s", counts->obstacles[i].why);
    }
    (void)buf_append_char(out, '\n');
}
