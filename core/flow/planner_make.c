/* planner_make.c - creates the records that links name and that are not there.
 *
 * Each is sent once: what is to be sent is durable before, and after a lost answer it is
 * looked up again until it has been absent for the settle time. The server's own check
 * for duplicates stays on; what it finds is taken.
 */
#include "flow/planner_private.h"

#include "flow/look_times.h"
#include "model/json.h"
#include "plan/plan_line.h"
#include "state/journal_made.h"
#include "state/journal_plan.h"

#include <stdlib.h>
#include <string.h>

enum {
    BODY_MAX = 64 * 1024,
    TRIES_MAX = 3 /* lost answers, before it is given up */
};

static const char not_shown[] =
    "it was sent before, no answer told its id, and your role does not show it, should "
    "it be there";

/* One record on its way. */
struct making {
    struct parcel parcel; /* first */
    struct batch *batch;
    const struct lookup *lookup;
    const struct schema_attribute *def; /* what it is looked up by first */
    struct slice value;                 /* as in the cell */
    struct buf key;                     /* owned; the value, normalised */
    struct buf body;                    /* owned */
};

static void making_free(struct making *making) {
    buf_fini(&making->key);
    buf_fini(&making->body);
    free(making);
}

static bool is_same(const struct slot *slot, const struct making *making) {
    struct buf key = {.max = BODY_MAX};
    bool same;

    if (!slot->makes ||
        strcmp(slot->lookup->entity_type, making->lookup->entity_type) != 0 ||
        strcmp(slot->lookup->by[0], making->lookup->by[0]) != 0)
        return false;
    (void)match_normalize(&key, making->def, slot->value);
    same = slice_equal(buf_slice(&key), buf_slice(&making->key));
    buf_fini(&key);
    return same;
}

/* All slots that wait for it: the id, or why there is none. */
static void making_tell(struct making *making, const char *id, const char *refusal) {
    struct batch *batch = making->batch;

    for (struct slot *slot = batch->slots; slot != NULL; slot = slot->next) {
        if (!is_same(slot, making))
            continue;
        slot->makes = false;
        slot->id = id;
        slot->refusal = refusal;
    }
    if (id != NULL)
        link_cache_put(batch->planner->cache, making->lookup->entity_type,
                       making->def->name, buf_slice(&making->key), id);
}

static int making_note(struct making *making, const char *id, const char *modified,
                       struct err *err) {
    struct journal *journal = making->batch->planner->options.journal;
    const struct journal_made made = {
        .entity_type = making->lookup->entity_type,
        .field = making->def->name,
        .key = buf_slice(&making->key),
        .since = env_wall_ms(site_env(making->batch->planner->options.site)),
        .id = id,
        .modified = modified,
        .value = slice_trim(making->value),
    };

    return journal_put_made(journal, &made, err);
}

/* To be looked up again, once it must have arrived if it ever will. doubt: how its answer
 * was lost, or NULL. */
static void making_look_again(struct making *making, int64_t wait_ms, const char *doubt) {
    struct batch *batch = making->batch;
    int64_t at =
        env_monotonic_us(site_env(batch->planner->options.site)) / 1000 + wait_ms;

    for (struct slot *slot = batch->slots; slot != NULL; slot = slot->next) {
        if (!is_same(slot, making))
            continue;
        slot->makes = false;
        slot->done = false;
        slot->by = 0;
        if (doubt != NULL) {
            slot->tries++;
            slot->doubt = doubt;
        }
    }
    if (at > batch->wait_ms)
        batch->wait_ms = at;
}

/* The id of the one record of a 409's list that is equal, in the batch's arena. *whole:
 * the list could be read to its end, or to that one. */
static const char *making_duplicate(struct making *making, struct slice body,
                                    bool *whole) {
    struct json_cursor cursor;
    struct json_member element, id;
    struct buf key = {.max = BODY_MAX};
    const char *found = NULL;
    int rc = json_cursor_array(&cursor, body);

    while (rc >= 0 && found == NULL && (rc = json_cursor_next(&cursor, &element)) == 1) {
        buf_reset(&key);
        if (match_record_key(&key, making->def, element.raw, false) == RC_OK &&
            slice_equal(buf_slice(&key), buf_slice(&making->key)) &&
            json_find(element.raw, "id", &id) && id.raw.len > 2)
            found = arena_copy(&making->batch->arena, id.raw.data + 1, id.raw.len - 2);
    }
    buf_fini(&key);
    *whole = rc >= 0;
    return found;
}

static void making_in_doubt(struct making *making, const char *why) {
    struct batch *batch = making->batch;

    making_look_again(making,
                      look_next_ms(0, batch->planner->options.settle_ms,
                                   batch->planner->options.looks, 0),
                      arena_copy(&batch->arena, why, strlen(why)));
}

static void making_done(struct parcel *parcel, const struct verdict *verdict,
                        const struct answer *answer) {
    struct making *making = (struct making *)parcel;
    struct batch *batch = making->batch;
    struct outcome stamp = {.kind = OUTCOME_STORED};
    const char *made = NULL, *modified = NULL;
    struct err err = {0};
    bool whole = false;
    int rc = RC_OK;

    switch (verdict->action) {
    case VERDICT_DONE:
        outcome_read_stamp(&stamp, answer->body);
        made = arena_copy(&batch->arena, stamp.id.data, stamp.id.len);
        if (stamp.modified.len > 0)
            modified = arena_copy(&batch->arena, stamp.modified.data, stamp.modified.len);
        rc = made == NULL ? err_nomem(&err) : making_note(making, made, modified, &err);
        making_tell(making, made, NULL);
        break;
    case VERDICT_DUPLICATE: /* another client was faster, or a rule of the server's */
        made = making_duplicate(making, answer->body, &whole);
        if (whole)
            making_tell(making, made,
                        made != NULL ? NULL
                                     : "EspoCRM calls it a duplicate of another one");
        else
            making_in_doubt(making, "EspoCRM calls it a duplicate, and its list of these "
                                    "was cut off");
        break;
    case VERDICT_ROW_FAILED:
    case VERDICT_MODIFIED:
        making_tell(
            making, NULL,
            arena_copy(&batch->arena, verdict->message, strlen(verdict->message)));
        break;
    case VERDICT_DOUBTFUL:
    case VERDICT_RETRY:
        rc = making_note(making, NULL, NULL, &err); /* in doubt since now */
        making_in_doubt(making, verdict->message);
        break;
    case VERDICT_STOP:
        rc = verdict->stop == RC_OK
                 ? err_set(&err, RC_INTERRUPTED, "the run is being stopped")
                 : err_set(&err, verdict->stop, "%s", verdict->message);
        break;
    }
    making_free(making);
    batch_settle(batch, rc, &err);
}

static struct making *making_new(struct batch *batch, const struct slot *slot,
                                 struct err *err) {
    const struct schema *schema =
        site_schema(batch->planner->options.site, slot->lookup->entity_type);
    struct making *making = calloc(1, sizeof *making);
    struct attribute attribute = {.column = NO_COLUMN};

    if (making == NULL) {
        (void)err_nomem(err);
        return NULL;
    }
    making->batch = batch;
    making->lookup = slot->lookup;
    making->def = schema_find(schema, slot->lookup->by[0]);
    making->value = slot->value;
    making->key.max = making->body.max = BODY_MAX;
    attribute.def = making->def;
    attribute.value =
        (struct value){.kind = VALUE_STRING, .text = slice_trim(slot->value)};
    if (match_normalize(&making->key, making->def, slot->value) < 0 ||
        json_append_record(&making->body, &attribute, 1) < 0) {
        (void)err_nomem(err);
        making_free(making);
        return NULL;
    }
    return making;
}

/* Was it sent before? Then it may still be on its way, from a run that died until that
 * was noticed at the latest, which *sent says; or it was made, and look-ups do not show
 * it to this user: *id. */
static int making_recall(struct making *making, bool *sent, int64_t *wait_ms,
                         const char **id, struct err *err) {
    struct planner *planner = making->batch->planner;
    struct journal_made made = {
        .entity_type = making->lookup->entity_type,
        .field = making->def->name,
        .key = buf_slice(&making->key),
    };
    int64_t now;
    int rc = journal_get_made(planner->options.journal, &made, err);

    *sent = false;
    *wait_ms = 0;
    *id = NULL;
    if (rc == 1 && made.id != NULL) {
        *id = arena_copy(&making->batch->arena, made.id, strlen(made.id));
        return *id == NULL ? err_nomem(err) : RC_OK;
    }
    *sent = rc == 1;
    if (rc == 1) {
        if (made.since < planner->began_ms)
            made.since = planner->began_ms;
        now = env_wall_ms(site_env(planner->options.site));
        if (made.since + planner->options.settle_ms > now)
            *wait_ms = look_next_ms(made.since, planner->options.settle_ms,
                                    planner->options.looks, now) -
                       now;
    }
    return rc < 0 ? rc : RC_OK;
}

/* Takes the making over. */
static int making_send(struct making *making, struct err *err) {
    struct planner *planner = making->batch->planner;
    int rc = making_note(making, NULL, NULL, err);

    if (rc == RC_OK)
        rc = journal_commit(planner->options.journal, err);
    if (rc != RC_OK) {
        making_free(making);
        return rc;
    }
    making->parcel.request.method = METHOD_POST;
    making->parcel.request.path = making->lookup->entity_type;
    making->parcel.request.body = buf_slice(&making->body);
    making->parcel.urgent = true;
    making->parcel.done = making_done;
    making->batch->pending++;
    courier_send(site_courier(planner->options.site), &making->parcel);
    return RC_OK;
}

/* A rehearsal makes nothing: words stand for the id. */
static int pretend(struct batch *batch) {
    for (struct slot *slot = batch->slots; slot != NULL; slot = slot->next)
        if (slot->makes) {
            slot->makes = false;
            slot->id = arena_format(&batch->arena, PLAN_LINE_NEW "%.*s",
                                    (int)slot->value.len, slot->value.data);
            if (slot->id == NULL)
                return RC_NOMEM;
        }
    return 1;
}

/* Only what the plan that is carried out says is made. */
static int refuse_unplanned(struct batch *batch, struct err *err) {
    for (struct slot *slot = batch->slots; slot != NULL; slot = slot->next) {
        struct row *row = slot->item->row;
        struct journal_plan plan;
        int rc;
        if (!slot->makes)
            continue;
        rc = journal_get_plan(batch->planner->options.journal, row->line, &batch->arena,
                              &plan, err);
        if (rc < 0)
            return rc;
        if (rc == 1 &&
            plan_line_makes(plan.changes, row->record.links[slot->link].def->name))
            continue;
        slot->makes = false;
        slot->refusal = "the plan does not say so";
    }
    return RC_OK;
}

/* It is assigned to nobody: a role that reads own records may not show it. */
static bool is_hidden(const struct making *making) {
    const struct schema *schema =
        site_schema(making->batch->planner->options.site, making->lookup->entity_type);

    return !schema_shows_made(schema, slice_make("", 0));
}

/* The slot's record: under way with that of a slot before it, known, to be waited for,
 * given up, or sent. Not for a row that was sent before: there was one then. */
static int slot_make(struct batch *batch, struct slot *slot, struct err *err) {
    struct making *making = making_new(batch, slot, err);
    const char *id = NULL;
    int64_t wait_ms = 0;
    bool same = false, sent = false, hidden;
    int rc = making == NULL ? RC_NOMEM : RC_OK;

    for (const struct slot *s = batch->slots; rc == RC_OK && s != slot && !same;
         s = s->next)
        same = is_same(s, making);
    if (rc == RC_OK && !same)
        rc = making_recall(making, &sent, &wait_ms, &id, err);
    if (rc == RC_OK && id == NULL && wait_ms <= 0 && slot->item->settle) {
        slot->makes = false;
        slot->refusal = "it was there when the row was sent";
        making_free(making);
        return RC_OK;
    }
    hidden = rc == RC_OK && sent && is_hidden(making);
    if (rc == RC_OK && !same && id == NULL && wait_ms <= 0 && !hidden &&
        slot->tries < TRIES_MAX)
        return making_send(making, err);
    if (rc == RC_OK && id != NULL)
        making_tell(making, id, NULL);
    else if (rc == RC_OK && !same && wait_ms > 0)
        making_look_again(making, wait_ms, NULL);
    else if (rc == RC_OK && !same)
        making_tell(making, NULL, hidden ? not_shown : slot->doubt);
    if (making != NULL)
        making_free(making);
    return rc;
}

int batch_make_links(struct batch *batch, struct err *err) {
    int rc = RC_OK;

    if (batch->planner->options.journal == NULL)
        return pretend(batch) == 1 ? 1 : err_nomem(err);
    if (batch->planner->options.by_plan)
        rc = refuse_unplanned(batch, err);
    for (struct slot *slot = batch->slots; rc == RC_OK && slot != NULL; slot = slot->next)
        if (slot->makes)
            rc = slot_make(batch, slot, err);
    if (rc != RC_OK)
        return rc;
    return batch->pending > 0 || batch->wait_ms != 0 ? 0 : 1;
}
