/* plan.c - what a run is going to do, in a few lines. */
#include "cmd/plan.h"

#include "base/utf8.h"
#include "cmd/jsonout.h"
#include "cmd/quantity.h"
#include "cmd/remarks.h"
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

/* Is there an attribute of that name which the user's role keeps from being written? */
static bool is_forbidden(const struct job *job, struct slice name) {
    const struct schema_attribute *def;

    for (size_t i = 0; (def = schema_at(job->schema, i)) != NULL; i++)
        if (def->lock == LOCK_FORBIDDEN && slice_is(name, def->name))
            return true;
    return false;
}

/* Columns of the file that nothing uses: those that "*=*" has left out because of the
 * user's role, or the others. */
static void append_unused(struct buf *buf, const struct job *job, bool forbidden,
                          const char *words) {
    const size_t *columns;
    size_t count = program_unused_columns(job->program, &columns);
    size_t shown = 0;

    for (size_t i = 0; i < count; i++) {
        struct slice name = job_column(job, columns[i]);
        if (name.len > 0 && name.data[0] == '_')
            continue; /* the tool's own */
        if (is_forbidden(job, name) != forbidden || shown++ >= NAMES_SHOWN)
            continue;
        (void)buf_append_format(buf, "%s%s", shown == 1 ? "  " : ", ",
                                shown == 1 ? words : "");
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

static const char *operation_words(enum mapping_operation operation) {
    switch (operation) {
    case OPERATION_UPDATE: return "update";
    case OPERATION_UPSERT: return "create or update";
    case OPERATION_DELETE: return "delete";
    case OPERATION_CREATE: break;
    }
    return "create";
}

static const char *match_words(enum mapping_operation operation,
                               enum mapping_on_match on_match) {
    if (operation == OPERATION_DELETE)
        return "the record is deleted";
    switch (on_match) {
    case ON_MATCH_SKIP: return "rows whose record is there are skipped";
    case ON_MATCH_ERROR: return "rows whose record is there fail";
    case ON_MATCH_UPDATE: break;
    }
    return "a record that is there is updated where it differs";
}

const char *plan_repeat_words(enum mapping_on_repeat on_repeat) {
    switch (on_repeat) {
    case ON_REPEAT_FIRST: return "of rows about one record the first counts";
    case ON_REPEAT_LAST: return "of rows about one record the last counts";
    case ON_REPEAT_MERGE: return "rows about one record are merged";
    case ON_REPEAT_IN_ORDER: return "rows about one record are written in their order";
    case ON_REPEAT_ERROR: break;
    }
    return "of rows about one record all but the first fail";
}

/* "  matched by emailAddress, else by firstName + lastName; ..." */
static void append_matching(struct buf *buf, const struct job *job,
                            enum mapping_on_duplicate on_duplicate) {
    const char *const *rule = mapping_match(job->mapping, 0);
    struct mapping_policy policy;

    mapping_policy(job->mapping, on_duplicate, &policy);
    if (rule == NULL || policy.blind) {
        (void)buf_append_format(buf, "  %s\n", duplicates_words(on_duplicate));
        return;
    }
    for (size_t i = 0; (rule = mapping_match(job->mapping, i)) != NULL; i++) {
        (void)buf_append_text(buf, i == 0 ? "  matched by " : ", else by ");
        for (size_t k = 0; rule[k] != NULL; k++)
            (void)buf_append_format(buf, "%s%s", k > 0 ? " + " : "", rule[k]);
    }
    (void)buf_append_format(buf, ": %s; %s\n",
                            match_words(mapping_operation(job->mapping), policy.on_match),
                            plan_repeat_words(policy.on_repeat));
}

/* As the mapping has them. */
static const char *const operation_names[] = {
    [OPERATION_CREATE] = "create",
    [OPERATION_UPDATE] = "update",
    [OPERATION_UPSERT] = "upsert",
    [OPERATION_DELETE] = "delete",
};

static int print_json(struct command_context *context, const struct job *job,
                      const char *url, const struct side_effects *effects,
                      const struct engine_pick *pick, bool dry_run) {
    struct jsonout *json = context->json;
    const struct schema_server *server = schema_server(job->schema);

    jsonout_begin(json, "plan");
    jsonout_text(json, "input", job->input_name);
    jsonout_count(json, "rows", job->facts.records);
    jsonout_count(json, "blankLines", job->facts.blank_lines);
    jsonout_text(json, "encoding", job->facts.encoding);
    jsonout_string(json, "delimiter", slice_make(&job->facts.dialect.delimiter, 1));
    jsonout_text(json, "operation", operation_names[mapping_operation(job->mapping)]);
    jsonout_text(json, "entityType", mapping_entity_type(job->mapping));
    jsonout_text(json, "url", url);
    jsonout_text(json, "user", server->user_name);
    jsonout_text(json, "version", server->version);
    jsonout_boolean(json, "dryRun", dry_run);
    jsonout_text(json, "engine", pick->bulk ? "bulk" : "rest");
    jsonout_text(json, "engineReason", pick->why);
    jsonout_boolean(json, "stream", effects->stream);
    jsonout_boolean(json, "assignmentMails", effects->mails);
    return jsonout_end(json, &context->err);
}

int plan_print(struct command_context *context, const struct job *job, const char *url,
               enum mapping_on_duplicate on_duplicate, const struct side_effects *effects,
               const struct engine_pick *pick, bool dry_run) {
    const struct schema_server *server = schema_server(job->schema);
    struct buf buf = {.max = TEXT_MAX};

    (void)buf_append_format(&buf, "%s: ", job->input_name);
    quantity_append_count(&buf, job->facts.records);
    (void)buf_append_format(
        &buf, " row%s, %s%s, %s%s", job->facts.records == 1 ? "" : "s",
        job->facts.encoding, job->facts.bom ? " with byte order mark" : "",
        dialect_word(job->facts.dialect.delimiter), job->facts.gzip ? ", gzipped" : "");
    if (job->facts.blank_lines > 0) {
        (void)buf_append_text(&buf, ", ");
        quantity_append_count(&buf, job->facts.blank_lines);
        (void)buf_append_text(&buf, " blank lines skipped");
    }
    (void)buf_append_format(
        &buf, "\n  %s%s %s in %s (EspoCRM %s) as %s\n", dry_run ? "would " : "",
        operation_words(mapping_operation(job->mapping)),
        mapping_entity_type(job->mapping), url,
        server->version[0] != '\0' ? server->version : "of unknown version",
        server->user_name);
    append_matching(&buf, job, on_duplicate);
    append_unused(&buf, job, true, "left out, for this user may not edit these fields: ");
    append_unused(&buf, job, false, "not mapped, ignored: ");
    engine_pick_append(pick, job, &buf);
    remarks_append_effects(effects, job, &buf);
    if (!context->global->quiet)
        (void)terminal_write_text(context->log, buf_slice(&buf), NULL);
    buf_fini(&buf);
    return context->json != NULL ? print_json(context, job, url, effects, pick, dry_run)
                                 : RC_OK;
}
