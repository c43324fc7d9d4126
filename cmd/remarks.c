/* remarks.c - words for what a rehearsal noticed. */
#include "cmd/remarks.h"

#include "base/utf8.h"
#include "cmd/quantity.h"

#include <string.h>

enum { NAME_SHOWN = 60, EXAMPLE_SHOWN = 40, FIELDS_SHOWN = 8 };

/* --- suspects --- */

struct teller {
    struct buf *out;
    struct jsonout *json;
    struct err *err;
    bool told;
};

/* "inactive owner: jdoe (12 rows)" */
static void append_user(const struct suspect *s, struct buf *out) {
    (void)buf_append_format(out, "%s: ", s->words);
    (void)utf8_append_printable(out, slice_of(s->example), NAME_SHOWN);
    (void)buf_append_text(out, " (");
    quantity_append_count(out, s->count);
    (void)buf_append_text(out, s->count == 1 ? " row)" : " rows)");
}

static void append_column(const struct suspect *s, struct buf *out) {
    (void)utf8_append_printable(out, s->column, NAME_SHOWN);
    (void)buf_append_format(out, ": %s: ", s->words);
    quantity_append_count(out, s->count);
    (void)buf_append_text(out, s->count == 1 ? " cell" : " cells");
    if (s->line > 0) {
        (void)buf_append_text(out, s->count == 1 ? ", in line " : ", first in line ");
        quantity_append_count(out, s->line);
    }
    if (s->example[0] != '\0') {
        (void)buf_append_text(out, ": '");
        (void)utf8_append_printable(out, slice_of(s->example), EXAMPLE_SHOWN);
        (void)buf_append_char(out, '\'');
    }
}

static void append_row(const struct suspect *s, struct buf *out) {
    (void)buf_append_text(out, "line ");
    quantity_append_count(out, s->line);
    (void)buf_append_format(out, ": %s", s->words);
}

static int append_suspect(void *context, const struct suspect *s) {
    struct teller *t = context;

    if (!t->told)
        (void)buf_append_text(t->out, "Looks wrong, though it is not an error:\n");
    t->told = true;
    (void)buf_append_text(t->out, "  ");
    if (strcmp(s->code, "INACTIVE_USER") == 0)
        append_user(s, t->out);
    else if (strcmp(s->code, "TOTALS_ROW") == 0)
        append_row(s, t->out);
    else
        append_column(s, t->out);
    (void)buf_append_format(t->out, "\n      %s\n", s->advice);
    return RC_OK;
}

void remarks_append_suspects(const struct suspects *suspects, struct buf *out) {
    struct teller teller = {.out = out};

    (void)suspects_visit(suspects, append_suspect, &teller);
}

static int json_suspect(void *context, const struct suspect *s) {
    struct teller *t = context;

    jsonout_begin(t->json, "suspect");
    jsonout_text(t->json, "code", s->code);
    jsonout_string(t->json, "column", s->column);
    jsonout_count(t->json, s->unit, s->count);
    jsonout_count(t->json, "line", s->line);
    jsonout_text(t->json, "example", s->example);
    jsonout_text(t->json, "message", s->words);
    jsonout_text(t->json, "advice", s->advice);
    return jsonout_end(t->json, t->err);
}

int remarks_json_suspects(const struct suspects *suspects, struct jsonout *json,
                          struct err *err) {
    struct teller teller = {.json = json, .err = err};

    return suspects_visit(suspects, json_suspect, &teller);
}

/* --- side effects --- */

/* The fields of the mapping whose changes are noted, or none. */
static size_t append_noted(const struct side_effects *effects, const struct job *job,
                           struct buf *out) {
    const struct schema_attribute *const *attributes;
    size_t count = program_attributes(job->program, &attributes), n = 0;

    for (size_t i = 0; i < count; i++)
        if (side_effects_notes(effects, attributes[i]) && n++ < FIELDS_SHOWN)
            (void)buf_append_format(out, "%s%s", n > 1 ? ", " : "", attributes[i]->name);
    if (n > FIELDS_SHOWN)
        (void)buf_append_format(out, " and %zu more", n - FIELDS_SHOWN);
    return n;
}

static void append_stream(const struct side_effects *effects, const struct job *job,
                          struct buf *out) {
    enum mapping_operation operation = mapping_operation(job->mapping);
    bool creates = operation == OPERATION_CREATE || operation == OPERATION_UPSERT;
    bool updates = operation == OPERATION_UPDATE || operation == OPERATION_UPSERT;
    struct buf fields = {.max = 4096};

    if (!effects->stream || operation == OPERATION_DELETE)
        return;
    if (creates)
        (void)buf_append_format(out, "  each new %s gets a note in the stream\n",
                                mapping_entity_type(job->mapping));
    if (updates && append_noted(effects, job, &fields) > 0)
        (void)buf_append_format(out, "  an update gets one where it changes %s\n",
                                buf_text(&fields));
    buf_fini(&fields);
}

/* What a role that does not read everything means for a run. */
static void append_role(const struct job *job, struct buf *out) {
    const struct schema_server *server = schema_server(job->schema);
    const char *type = mapping_entity_type(job->mapping);

    if (server->reads_all || !server->may_read)
        return;
    (void)buf_append_format(out,
                            "  %s reads no more than %s records of %s: others' are not "
                            "matched%s\n",
                            server->user_name, server->reads_team ? "the team's" : "own",
                            type,
                            schema_shows_made(job->schema, slice_make("", 0))
                                ? ""
                                : ", a new one that is not assigned to it is unknown "
                                  "when its answer is lost, and only a user who reads "
                                  "all can take it back");
}

void remarks_append_effects(const struct side_effects *effects, const struct job *job,
                            struct buf *out) {
    append_role(job, out);
    append_stream(effects, job, out);
    if (effects->mails && mapping_operation(job->mapping) != OPERATION_DELETE)
        (void)buf_append_format(out,
                                "  who a %s is assigned to gets an e-mail (EspoCRM's "
                                "assignment notifications)\n",
                                mapping_entity_type(job->mapping));
    (void)buf_append_format(out,
                            "  EspoCRM's hooks, formulas, workflows%s run for each "
                            "record\n",
                            effects->notifies ? ", webhooks and notifications"
                                              : " and webhooks");
}
