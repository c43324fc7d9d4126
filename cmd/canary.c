/* canary.c - shows the canary's rows and asks whether the others are to follow. */
#include "cmd/canary.h"

#include "base/utf8.h"
#include "cmd/jsonout.h"
#include "cmd/quantity.h"
#include "cmd/retype.h"
#include "cmd/terminal.h"
#include "model/json.h"
#include "plan/plan_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { BODY_MAX = 64 * 1024 * 1024, VALUE_SHOWN = 60, MESSAGE_SHOWN = 300 };

/* A fact of the checkpoint: the rows were shown, so a resume is the answer. */
static const char shown_fact[] = "canary.shown";

/* One row of it, read back. */
struct exhibit {
    struct command_context *context;
    const struct carry *carry;
    const struct journal_row *row;
    struct row source;  /* as the file has it now */
    struct buf before;  /* JSON of what changed, as it was; "" = a new record */
    struct buf after;   /* the record as it is; "" = it is not there */
    struct buf text;    /* to be printed */
    struct buf changes; /* {"field":[before,after],...}, for --json */
};

int canary_begin(struct command_context *context, struct connection *connection,
                 struct job *job, struct journal *journal, const struct checkpoint *facts,
                 size_t count) {
    const struct canary_options options = {
        .job = job,
        .site = connection->site,
        .on_duplicate = (enum mapping_on_duplicate)facts->on_duplicate,
        .env = context->env,
        .count = count,
        .skip = facts->skip,
        .plan = facts->plan[0] != '\0' ? journal : NULL,
    };
    struct canary canary;
    int rc;

    if (!context->global->quiet)
        (void)terminal_print(context->log, "  choosing the canary: every row is planned, "
                                           "nothing is sent\n");
    rc = canary_choose(&options, &canary, &context->err);
    if (rc != RC_OK)
        return rc;
    if (!context->global->quiet)
        (void)terminal_print(
            context->log,
            "  %zu row%s chosen, which show%s %zu of the %zu actions and "
            "values that there are\n",
            canary.count, canary.count == 1 ? " was" : "s were",
            canary.count == 1 ? "s" : "", canary.shown, canary.traits);
    return canary_keep(journal, &canary, &context->err);
}

bool canary_is_open(const struct carry *carry, const struct canary *canary) {
    return canary->count > 0 && journal_int(carry->journal, shown_fact) == 0;
}

/* --- one row --- */

static void append_value(struct buf *out, const struct json_member *member) {
    struct buf text = {.max = BODY_MAX};

    if (json_is_blank(member))
        (void)buf_append_text(out, "nothing");
    else if (member->type == JSON_IS_STRING && json_unescape(&text, member->raw) == RC_OK)
        (void)utf8_append_printable(out, buf_slice(&text), VALUE_SHOWN);
    else
        (void)utf8_append_printable(out, member->raw, VALUE_SHOWN);
    buf_fini(&text);
}

static void append_raw(struct buf *out, const struct json_member *member) {
    if (member == NULL)
        (void)buf_append_text(out, "null");
    else
        (void)plan_line_append_value(out, member->raw);
}

/* What the row has for it, where EspoCRM holds something else. */
static void append_otherwise(struct exhibit *x, const char *name,
                             const struct json_member *now) {
    const struct record *record = &x->source.record;
    struct buf value = {.max = BODY_MAX};

    for (size_t i = 0; i < record->count; i++) {
        const struct attribute *a = &record->attributes[i];
        struct json_member as_json = {.type = JSON_IS_STRING};
        if (strcmp(a->def->name, name) != 0 || a->add || json_holds(now, a))
            continue;
        (void)json_append_attribute(&value, a);
        as_json.raw = buf_slice(&value);
        as_json.type = a->value.kind == VALUE_STRING ? JSON_IS_STRING : JSON_IS_OBJECT;
        (void)buf_append_text(&x->text, "  (the row has ");
        append_value(&x->text, &as_json);
        (void)buf_append_char(&x->text, ')');
    }
    buf_fini(&value);
}

/* "accountId" is known by its accountName. */
static void append_linked(struct exhibit *x, const char *name) {
    size_t len = strlen(name);
    char text[260];
    struct json_member member;

    if (len < 3 || strcmp(name + len - 2, "Id") != 0)
        return;
    (void)snprintf(text, sizeof text, "%.*sName", (int)len - 2, name);
    if (!json_find(buf_slice(&x->after), text, &member) || json_is_blank(&member))
        return;
    (void)buf_append_text(&x->text, ", ");
    append_value(&x->text, &member);
}

static void append_field(struct exhibit *x, struct slice name,
                         const struct json_member *before) {
    char text[256];
    struct json_member found, *now = NULL;

    if (name.len >= sizeof text)
        return;
    memcpy(text, name.data, name.len);
    text[name.len] = '\0';
    if (json_find(buf_slice(&x->after), text, &found))
        now = &found;
    (void)buf_append_format(&x->text, "    %s: ", text);
    append_value(&x->text, before);
    (void)buf_append_text(&x->text, " -> ");
    append_value(&x->text, now);
    append_linked(x, text);
    append_otherwise(x, text, now);
    (void)buf_append_char(&x->text, '\n');
    if (x->changes.len > 1)
        (void)buf_append_char(&x->changes, ',');
    (void)json_append_string(&x->changes, name);
    (void)buf_append_text(&x->changes, ":[");
    append_raw(&x->changes, before);
    (void)buf_append_char(&x->changes, ',');
    append_raw(&x->changes, now);
    (void)buf_append_char(&x->changes, ']');
}

/* Does the row have something for it? */
static bool is_sent(const struct exhibit *x, const struct schema_attribute *def) {
    const struct record *record = &x->source.record;

    for (size_t i = 0; i < record->count; i++)
        if (record->attributes[i].def == def)
            return record->attributes[i].value.kind != VALUE_NULL;
    return false;
}

/* Kept with the change, not of the row, and as it was: nothing to be looked at. */
static bool is_aside(const struct exhibit *x, const struct json_member *before) {
    const struct record *record = &x->source.record;
    char name[256];
    struct json_member now;

    for (size_t i = 0; i < record->count; i++)
        if (slice_is(before->name, record->attributes[i].def->name))
            return false;
    if (before->name.len >= sizeof name)
        return false;
    memcpy(name, before->name.data, before->name.len);
    name[before->name.len] = '\0';
    if (!json_find(buf_slice(&x->after), name, &now))
        return json_is_blank(before);
    return slice_equal(now.raw, before->raw) ||
           (json_is_blank(&now) && json_is_blank(before));
}

/* Of a changed record what was to change; of a new one all that the row fills. */
static void append_fields(struct exhibit *x) {
    const struct schema_attribute *const *attributes;
    size_t count = program_attributes(x->carry->job->program, &attributes);
    struct json_cursor cursor;
    struct json_member member;

    if (x->row->state == ROW_UPDATED &&
        json_cursor_object(&cursor, buf_slice(&x->before)) == RC_OK) {
        while (json_cursor_next(&cursor, &member) == 1)
            if (!is_aside(x, &member))
                append_field(x, member.name, &member);
        return;
    }
    for (size_t i = 0; x->row->state == ROW_CREATED && i < count; i++)
        if (is_sent(x, attributes[i]) ||
            (json_find(buf_slice(&x->after), attributes[i]->name, &member) &&
             !json_is_blank(&member)))
            append_field(x, slice_of(attributes[i]->name), NULL);
}

static int append_error(void *context, const struct journal_error *error) {
    struct exhibit *x = context;

    (void)buf_append_format(&x->text, "    %s", reason_code(error->reason));
    if (error->column[0] != '\0') {
        (void)buf_append_text(&x->text, " in column ");
        (void)utf8_append_printable(&x->text, slice_of(error->column), VALUE_SHOWN);
    }
    (void)buf_append_text(&x->text, ": ");
    (void)utf8_append_printable(&x->text, slice_of(error->message), MESSAGE_SHOWN);
    return buf_append_char(&x->text, '\n');
}

/* The record as EspoCRM has it now. One that cannot be read back is told, and stops
 * nothing. */
static int read_back(struct exhibit *x) {
    struct site *site = x->carry->connection->site;
    struct buf path = {.max = 512};
    struct err err = {0};
    int rc;

    if (x->row->id == NULL || x->row->state == ROW_DELETED)
        return RC_OK;
    (void)buf_append_format(&path, "%s/%s", x->carry->facts->entity_type, x->row->id);
    rc = site_get(site, buf_text(&path), &x->after, &err);
    buf_fini(&path);
    if (rc == RC_SERVER && courier_stopped(site_courier(site), NULL) == RC_OK) {
        buf_reset(&x->after);
        (void)buf_append_text(&x->text, "    it cannot be read back: ");
        (void)utf8_append_printable(&x->text, slice_of(err.message), MESSAGE_SHOWN);
        (void)buf_append_char(&x->text, '\n');
        return RC_OK;
    }
    if (rc != RC_OK)
        x->context->err = err;
    return rc;
}

static int json_row(const struct exhibit *x) {
    struct jsonout *json = x->context->json;

    jsonout_begin(json, "canary");
    jsonout_count(json, "line", x->row->line);
    jsonout_text(json, "action", row_state_name(x->row->state));
    jsonout_text(json, "id", x->row->id);
    jsonout_raw(json, "changes", buf_slice(&x->changes));
    return jsonout_end(json, &x->context->err);
}

static int show_row(struct exhibit *x, const struct input_position *at) {
    struct command_context *context = x->context;
    struct journal *journal = x->carry->journal;
    int rc;

    (void)buf_append_format(&x->text, "  line %" PRIu64 ": %s", x->row->line,
                            row_state_name(x->row->state));
    if (x->row->id != NULL)
        (void)buf_append_format(&x->text, " %s", x->row->id);
    if (x->row->matched_by != NULL)
        (void)buf_append_format(&x->text, ", matched by %s", x->row->matched_by);
    (void)buf_append_char(&x->text, '\n');
    rc = journal_errors(journal, x->row->record, append_error, x, &context->err);
    if (rc == RC_OK)
        rc = journal_get_image(journal, x->row->record, &x->before, &context->err);
    if (rc >= 0)
        rc = job_read_at(x->carry->job, at, &x->source, &context->err);
    if (rc == RC_OK)
        rc = read_back(x);
    if (rc != RC_OK)
        return rc;
    (void)buf_append_char(&x->changes, '{');
    append_fields(x);
    (void)buf_append_char(&x->changes, '}');
    if (!context->global->quiet)
        (void)terminal_write(context->log, buf_text(&x->text), x->text.len, NULL);
    return context->json != NULL ? json_row(x) : RC_OK;
}

static int show_at(struct command_context *context, const struct carry *carry,
                   const struct input_position *at) {
    struct exhibit x = {.context = context, .carry = carry};
    struct journal_cursor *cursor = NULL;
    struct journal_row row;
    int rc = journal_rows(carry->journal, at->number, false, &cursor, &context->err);

    x.before.max = x.after.max = x.text.max = x.changes.max = BODY_MAX;
    if (rc == RC_OK)
        rc = journal_rows_next(cursor, &row, &context->err);
    x.row = &row;
    if (rc == 1 && row.record == at->number)
        rc = show_row(&x, at);
    journal_rows_close(cursor);
    arena_fini(&x.source.arena);
    buf_fini(&x.before);
    buf_fini(&x.after);
    buf_fini(&x.text);
    buf_fini(&x.changes);
    return rc < 0 ? rc : RC_OK;
}

/* --- all of them --- */

static int ask(struct command_context *context, const struct carry *carry,
               const struct canary *canary, uint64_t others) {
    struct buf text = {.max = 1024};
    bool asked = true, yes = context->global->yes;
    int rc = RC_OK;

    (void)buf_append_format(&text, "The canary's %zu row%s above. Go on with the other ",
                            canary->count, canary->count == 1 ? " is" : "s are");
    quantity_append_count(&text, others);
    (void)buf_append_format(&text, " row%s?", others == 1 ? "" : "s");
    if (!yes)
        yes = terminal_confirm(context->log, buf_text(&text), &asked);
    if (!yes) {
        buf_reset(&text);
        retype_append_word(&text, carry->checkpoint_path);
        retype_append_connection(&text, context->parser, false);
        rc = err_set(&context->err, RC_INTERRUPTED, "stopped behind the canary%s",
                     asked ? "" : ": there is no terminal to ask whether to go on");
        err_advise(&context->err, "go on with the other rows: espoload resume %s%s",
                   buf_text(&text), asked ? "" : "; or answer beforehand with --yes");
    }
    buf_fini(&text);
    return rc;
}

int canary_show(struct command_context *context, const struct carry *carry,
                const struct canary *canary, const struct tally *tally) {
    int rc = RC_OK;

    if (!context->global->quiet)
        (void)terminal_print(context->log, "Canary, before -> now in EspoCRM:\n");
    for (size_t i = 0; rc == RC_OK && i < canary->count; i++)
        rc = show_at(context, carry, &canary->rows[i]);
    if (rc == RC_OK)
        rc = journal_set_int(carry->journal, shown_fact, 1, &context->err);
    if (rc == RC_OK)
        rc = journal_commit(carry->journal, &context->err);
    if (rc != RC_OK || tally->unprocessed == 0)
        return rc;
    return ask(context, carry, canary, tally->unprocessed);
}
