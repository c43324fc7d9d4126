/* bulk_course.c - the course of a chunk: sent, looked at, settled, cleaned up.
 *
 * The answer to POST Import says that it has ended, and nothing about rows: those are
 * looked up by id. What is there is done; of what is not the Import's errors say why; and
 * what neither is there nor has failed is sent again under the same ids, in halves once
 * that does not help, until a row that breaks the Import stands alone.
 */
#include "wire/engine_bulk_private.h"

#include "model/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    UPLOADS = 3, /* of one file, when answers are lost */
    TRIES = 3,   /* of a row alone */
    LOST = 4,    /* requests that never arrived */
    POLL_MS = 500
};

static void chunk_go(struct chunk *chunk, enum chunk_stage stage, int64_t delay_ms);

/* --- outcomes --- */

void bulk_slot_end(struct chunk *chunk, struct chunk_slot *slot,
                   struct outcome *outcome) {
    struct write *write = slot->write;

    if (outcome->field == NULL)
        outcome->field = "";
    if (outcome->message == NULL)
        outcome->message = "";
    outcome->id = slice_of(write->id);
    chunk->bulk->counts.writes +=
        outcome->kind == OUTCOME_STORED || outcome->kind == OUTCOME_FAILED;
    slot->write = NULL;
    write->done(write, outcome);
}

static void slot_stored(struct chunk *chunk, struct chunk_slot *slot) {
    struct outcome outcome = {.kind = OUTCOME_STORED,
                              .modified = slice_of(slot->modified),
                              .version = slot->version};

    outcome.missing_count = slot->missing_count;
    if (slot->missing_count > 0)
        memcpy(outcome.missing, slot->missing,
               slot->missing_count * sizeof outcome.missing[0]);
    bulk_slot_end(chunk, slot, &outcome);
}

static void slot_by_rest(struct chunk *chunk, struct chunk_slot *slot, const char *why) {
    struct write *write = slot->write;
    struct outcome unsent = {.kind = OUTCOME_UNSENT};

    if (chunk->bulk->halted || chunk->bulk->rc != RC_OK) {
        bulk_slot_end(chunk, slot, &unsent);
        return;
    }
    slot->write = NULL;
    (void)bulk_by_rest(chunk->bulk, write, why);
}

/* The rest of the chunk ends like this; it is over. */
static void chunk_drop(struct chunk *chunk, enum outcome_kind kind, const char *message,
                       int status) {
    bool first = true;

    for (size_t i = 0; i < chunk->count; i++) {
        struct outcome outcome = {
            .kind = kind,
            .reason = kind == OUTCOME_DOUBTFUL ? REASON_OUTCOME_UNKNOWN : REASON_NONE,
            .message = message,
            .status = status,
            .shared = !first};
        if (chunk->slots[i].write == NULL)
            continue;
        first = false;
        bulk_slot_end(chunk, &chunk->slots[i], &outcome);
    }
    if (chunk->stage != CHUNK_CLEAN)
        chunk->bulk->busy--;
    bulk_chunk_put(chunk->bulk, chunk);
}

static bool was_sent(const struct chunk *chunk) {
    return chunk->tries > 0 || chunk->lost > 0;
}

/* It has not been run now; it may have been before. */
static void chunk_unsent(struct chunk *chunk, const char *message) {
    chunk_drop(chunk, was_sent(chunk) ? OUTCOME_DOUBTFUL : OUTCOME_UNSENT, message, 0);
}

static void chunk_by_rest(struct chunk *chunk, const char *why) {
    for (size_t i = 0; i < chunk->count; i++)
        if (chunk->slots[i].write != NULL)
            slot_by_rest(chunk, &chunk->slots[i], why);
    chunk_drop(chunk, OUTCOME_UNSENT, "", 0);
}

static void chunk_fail(struct chunk *chunk, int rc, const char *message) {
    struct err err = {0};

    if (rc == RC_NOMEM) {
        (void)err_nomem(&err);
    } else {
        (void)err_set(&err, (enum rc)rc, "the Import was refused: %s", message);
        err_advise(
            &err,
            "have that changed, then resume; or begin with --engine rest, which does "
            "not need the Import");
    }
    bulk_fail(chunk->bulk, rc, &err);
    chunk_unsent(chunk, message);
}

/* --- once more --- */

static size_t chunk_compact(struct chunk *chunk) {
    size_t kept = 0;

    for (size_t i = 0; i < chunk->count; i++) {
        free(chunk->slots[i].missing);
        chunk->slots[i].missing = NULL;
        chunk->slots[i].missing_count = 0;
        chunk->slots[i].failed = false;
        if (chunk->slots[i].write != NULL)
            chunk->slots[kept++].write = chunk->slots[i].write;
    }
    for (size_t i = kept; i < chunk->count; i++)
        chunk->slots[i].write = NULL;
    chunk->count = kept;
    return kept;
}

/* The second half goes its own way. */
static bool chunk_split(struct chunk *chunk) {
    size_t half = chunk->count / 2;
    struct chunk *other = bulk_chunk_get(chunk->bulk, chunk->count - half);

    if (other == NULL)
        return false;
    for (size_t i = half; i < chunk->count; i++) {
        other->slots[other->count++].write = chunk->slots[i].write;
        chunk->slots[i].write = NULL;
    }
    chunk->count = half;
    other->tries = chunk->tries;
    other->lost = chunk->lost;
    other->left = chunk->left;
    chunk_begin(other);
    return true;
}

static void chunk_give_up_row(struct chunk *chunk) {
    char message[300];
    struct outcome outcome = {
        .kind = OUTCOME_FAILED, .reason = REASON_SERVER_ERROR, .message = message};

    (void)snprintf(message, sizeof message,
                   "EspoCRM breaks off at this row, tried %u times: %.200s", chunk->tries,
                   chunk->why[0] != '\0' ? chunk->why : "without a reason");
    if (chunk->kind == WRITE_UPDATE)
        slot_by_rest(chunk, &chunk->slots[0], "a row that the Import breaks off at");
    else
        bulk_slot_end(chunk, &chunk->slots[0], &outcome);
    chunk_drop(chunk, OUTCOME_DOUBTFUL, "", 0);
}

static void chunk_again(struct chunk *chunk) {
    (void)chunk_compact(chunk);
    if (chunk->bulk->halted)
        chunk_unsent(chunk, "");
    else if (chunk->lost >= LOST)
        chunk_drop(chunk, OUTCOME_DOUBTFUL, chunk->why, 0);
    else if (chunk->count == 1 && chunk->tries >= TRIES)
        chunk_give_up_row(chunk);
    else if (chunk->count > 1 && chunk->tries >= 2 && !chunk_split(chunk))
        chunk_fail(chunk, RC_NOMEM, "");
    else
        chunk_begin(chunk);
}

/* Each write has its outcome, or is to be sent again. */
static void chunk_settled(struct chunk *chunk) {
    struct engine_bulk *bulk = chunk->bulk;
    bool left = false;

    for (size_t i = 0; i < chunk->count; i++)
        left = left || chunk->slots[i].write != NULL;
    if (chunk->import[0] != '\0' && !bulk->options.keep_log) {
        if (!left)
            bulk->busy--;
        chunk->stage = CHUNK_CLEAN;
        chunk_go(chunk, CHUNK_CLEAN, 0);
    } else if (left) {
        chunk_again(chunk);
    } else {
        bulk->busy--;
        bulk_chunk_put(bulk, chunk);
    }
}

static void chunk_cleaned(struct chunk *chunk, enum verdict_action action) {
    if (action == VERDICT_DONE)
        bulk_file_drop(chunk->bulk, chunk->file);
    chunk->import[0] = '\0';
    if (chunk_compact(chunk) > 0) {
        chunk->stage = CHUNK_UPLOAD;
        chunk_again(chunk);
    } else {
        bulk_chunk_put(chunk->bulk, chunk);
    }
}

/* --- what is there --- */

static void slot_take_stamp(struct chunk_slot *slot, struct slice record) {
    struct outcome stamp = {.kind = OUTCOME_STORED};

    outcome_read_stamp(&stamp, record);
    (void)snprintf(slot->modified, sizeof slot->modified, "%.*s", (int)stamp.modified.len,
                   stamp.modified.len > 0 ? stamp.modified.data : "");
    slot->version = stamp.version;
}

static bool slot_take_record(struct chunk *chunk, struct slice record) {
    size_t missing[OUTCOME_MISSING_MAX];
    struct json_member id;
    struct chunk_slot *slot;
    int n;

    if (!json_find(record, "id", &id) || id.type != JSON_IS_STRING || id.raw.len < 3)
        return true;
    slot = chunk_find(chunk, slice_make(id.raw.data + 1, id.raw.len - 2));
    if (slot == NULL)
        return true;
    slot_take_stamp(slot, record);
    n = write_compare_shown(slot->write->attributes, slot->write->count, record, missing,
                            OUTCOME_MISSING_MAX);
    if (n == 0) {
        slot_stored(chunk, slot);
        return true;
    }
    if (n < 0)
        return true;
    if (slot->missing == NULL)
        slot->missing = malloc(sizeof missing);
    if (slot->missing == NULL)
        return false;
    memcpy(slot->missing, missing, (size_t)n * sizeof missing[0]);
    slot->missing_count = (size_t)n;
    return true;
}

static bool chunk_take_records(struct chunk *chunk, struct slice body) {
    struct json_member list, record;
    struct json_cursor cursor;
    bool ok = json_find(body, "list", &list) && json_cursor_array(&cursor, list.raw) >= 0;

    while (ok && json_cursor_next(&cursor, &record) == 1)
        ok = slot_take_record(chunk, record.raw);
    return ok;
}

/* A new record that differs is as the Import has left it, or not written to its end. */
static bool is_unfinished(const struct chunk *chunk, const struct chunk_slot *slot) {
    return slot->write->kind == WRITE_CREATE && (!chunk->whole || slot->failed);
}

/* It may still become what it is to be: its owner looks. */
static void slot_doubtful(struct chunk *chunk, struct chunk_slot *slot,
                          const char *message) {
    struct outcome outcome = {.kind = OUTCOME_DOUBTFUL,
                              .reason = REASON_OUTCOME_UNKNOWN,
                              .message = message,
                              .shared = true};

    bulk_slot_end(chunk, slot, &outcome);
}

/* An Import that has left out rows without a word has not come to its end, whatever it
 * says. */
static void chunk_judge_whole(struct chunk *chunk) {
    for (size_t i = 0; i < chunk->count; i++)
        if (chunk->slots[i].write != NULL && chunk->slots[i].missing == NULL &&
            !chunk->slots[i].failed)
            chunk->whole = false;
}

/* Which of the writes that are not as they should be are done all the same, and which go
 * another way; what is left is to be sent again. */
static void chunk_settle(struct chunk *chunk) {
    chunk_judge_whole(chunk);
    for (size_t i = 0; i < chunk->count; i++) {
        struct chunk_slot *slot = &chunk->slots[i];
        bool update;
        if (slot->write == NULL)
            continue;
        update = slot->write->kind == WRITE_UPDATE;
        if (slot->missing != NULL && is_unfinished(chunk, slot))
            slot_doubtful(chunk, slot, "the record is there, and lacks something");
        else if (slot->missing != NULL && (!update || chunk->whole))
            slot_stored(chunk, slot);
        else if (slot->missing == NULL && update)
            slot_by_rest(chunk, slot, "a record that is not found");
    }
    chunk_settled(chunk);
}

static void chunk_observed(struct chunk *chunk, struct slice body) {
    bool left = false;

    if (!chunk_take_records(chunk, body)) {
        chunk_drop(chunk, OUTCOME_DOUBTFUL, "the look-up's answer is not a list", 200);
        return;
    }
    if (chunk->to < chunk->count) {
        chunk->from = chunk->to;
        chunk_go(chunk, CHUNK_OBSERVE, 0);
        return;
    }
    for (size_t i = 0; i < chunk->count; i++)
        left = left || chunk->slots[i].write != NULL;
    chunk->offset = 0;
    if (left && chunk->import[0] != '\0')
        chunk_go(chunk, CHUNK_ERRORS, 0);
    else
        chunk_settle(chunk);
}

/* --- what is wrong --- */

/* A row that has failed for no reason that is told may have met a deadlock, or a database
 * that was away: it is tried again. */
static bool may_pass(const struct chunk *chunk, const char *type) {
    return type[0] == '\0' && chunk->tries < TRIES;
}

static void chunk_take_error(struct chunk *chunk, struct slice error) {
    struct chunk_slot *slot = bulk_error_slot(chunk, error);
    char type[64] = "";

    if (slot == NULL)
        return; /* it is there after all, or was settled before */
    (void)chunk_take_text(error, "type", type, sizeof type);
    if (slot->write->kind == WRITE_UPDATE)
        slot_by_rest(chunk, slot, "a change that the Import refuses");
    else if (slot->missing != NULL || may_pass(chunk, type))
        slot->failed = true;
    else if (type[0] == '\0' && chunk->left)
        slot_doubtful(chunk, slot,
                      "the row has failed, and an earlier Import of it may "
                      "still be at work");
    else
        bulk_error_tell(chunk, slot, type, error);
}

/* How many records the server shows in one list. */
static size_t chunk_page(const struct chunk *chunk) {
    return schema_server(chunk->bulk->options.schema)->list_max_size;
}

static void chunk_errors(struct chunk *chunk, struct slice body) {
    struct json_member list, error;
    struct json_cursor cursor;
    size_t count = 0;

    if (json_find(body, "list", &list) && json_cursor_array(&cursor, list.raw) >= 0)
        for (; json_cursor_next(&cursor, &error) == 1; count++)
            chunk_take_error(chunk, error.raw);
    chunk->offset += count;
    if (count > 0 && count == chunk_page(chunk))
        chunk_go(chunk, CHUNK_ERRORS, 0);
    else
        chunk_settle(chunk);
}

/* --- answers --- */

/* A right that was there when the run began. */
static int refusal_rc(const struct verdict *verdict) {
    return verdict->reason == REASON_FORBIDDEN ? RC_AUTH : RC_SERVER;
}

static void chunk_uploaded(struct chunk *chunk, const struct verdict *verdict,
                           const struct answer *answer) {
    switch (verdict->action) {
    case VERDICT_DONE:
        if (!chunk_take_text(answer->body, "attachmentId", chunk->file,
                             sizeof chunk->file))
            chunk_fail(chunk, RC_SERVER, "POST Import/file gives no attachmentId");
        else {
            bulk_file_add(chunk->bulk, chunk->file);
            if (chunk->bulk->rc == RC_OK)
                chunk_go(chunk, CHUNK_RUN, 0);
            else
                chunk_unsent(chunk, chunk->bulk->err.message);
        }
        break;
    case VERDICT_DOUBTFUL: /* a file more does no harm */
        if (++chunk->uploads < UPLOADS && !chunk->bulk->halted)
            chunk_go(chunk, CHUNK_UPLOAD, (int64_t)POLL_MS << chunk->uploads);
        else
            chunk_drop(chunk, OUTCOME_DOUBTFUL, verdict->message, answer->status);
        break;
    case VERDICT_ROW_FAILED:
        if (verdict->reason == REASON_REQUEST_TOO_LARGE && chunk->count > 1) {
            if (chunk_split(chunk))
                chunk_begin(chunk);
            else
                chunk_fail(chunk, RC_NOMEM, "");
            break;
        }
        if (verdict->reason == REASON_REQUEST_TOO_LARGE && !was_sent(chunk))
            chunk_by_rest(chunk, "a row that is too large for a file");
        else
            chunk_fail(chunk, refusal_rc(verdict), verdict->message);
        break;
    case VERDICT_RETRY:
    case VERDICT_DUPLICATE:
    case VERDICT_MODIFIED:
    case VERDICT_STOP: chunk_unsent(chunk, verdict->message); break;
    }
}

static void chunk_ask(struct chunk *chunk) {
    chunk->quiet_us = env_monotonic_us(chunk->bulk->env);
    chunk->last_index = -1;
    chunk_go(chunk, CHUNK_STATUS, POLL_MS);
}

static void chunk_count_run(struct chunk *chunk) {
    struct engine_bulk_counts *counts = &chunk->bulk->counts;

    chunk->tries++;
    counts->chunks++;
    if (chunk->count > counts->largest)
        counts->largest = chunk->count;
}

static void chunk_ran(struct chunk *chunk, const struct verdict *verdict,
                      const struct answer *answer) {
    switch (verdict->action) {
    case VERDICT_DONE:
        (void)chunk_take_text(answer->body, "id", chunk->import, sizeof chunk->import);
        chunk_count_run(chunk);
        chunk->whole = true;
        bulk_adapt(chunk->bulk, chunk->count, answer->latency_us);
        chunk_go(chunk, CHUNK_OBSERVE, 0);
        break;
    case VERDICT_DOUBTFUL:
        memcpy(chunk->why, verdict->message, sizeof chunk->why);
        chunk_ask(chunk);
        break;
    case VERDICT_ROW_FAILED:
        chunk_fail(chunk, refusal_rc(verdict), verdict->message);
        break;
    case VERDICT_RETRY:
    case VERDICT_DUPLICATE:
    case VERDICT_MODIFIED:
    case VERDICT_STOP: chunk_unsent(chunk, verdict->message); break;
    }
}

/* How long an Import may be quiet: new records run no risk when they are sent again, for
 * their ids can only be taken once; but before a row is given up all that was sent of it
 * must be over. */
static int64_t chunk_quiet_us(const struct chunk *chunk) {
    bool again =
        chunk->kind == WRITE_CREATE && (chunk->count > 1 || chunk->tries + 1 < TRIES);

    return chunk->bulk->options.settle_ms * 1000 / (again ? 5 : 1);
}

/* A file whose Import is not there yet may still stand in front of the web server, and an
 * Import that does not move may wait for the database: so some quiet is waited for. */
static void chunk_asked(struct chunk *chunk, const struct verdict *verdict,
                        const struct answer *answer) {
    int64_t now_us = env_monotonic_us(chunk->bulk->env), before = chunk->last_index;
    enum chunk_status status = verdict->action == VERDICT_DONE
                                   ? chunk_take_status(chunk, answer->body)
                                   : STATUS_NONE;

    if (chunk->last_index != before)
        chunk->quiet_us = now_us;
    if (status != STATUS_OVER && now_us - chunk->quiet_us < chunk_quiet_us(chunk)) {
        chunk_go(chunk, CHUNK_STATUS, POLL_MS);
        return;
    }
    chunk->left = chunk->left || status != STATUS_OVER;
    if (chunk->import[0] != '\0')
        chunk_count_run(chunk);
    else
        chunk->lost++; /* the network's fault, not a row's */
    chunk_go(chunk, CHUNK_OBSERVE, 0);
}

static void chunk_done(struct parcel *parcel, const struct verdict *verdict,
                       const struct answer *answer) {
    struct chunk *chunk = (struct chunk *)parcel; /* its first member */
    bool done = verdict->action == VERDICT_DONE;

    switch (chunk->stage) {
    case CHUNK_UPLOAD: chunk_uploaded(chunk, verdict, answer); return;
    case CHUNK_RUN: chunk_ran(chunk, verdict, answer); return;
    case CHUNK_CLEAN: chunk_cleaned(chunk, verdict->action); return;
    case CHUNK_STATUS:
        if (done || verdict->action == VERDICT_ROW_FAILED) {
            chunk_asked(chunk, verdict, answer);
            return;
        }
        break;
    case CHUNK_OBSERVE:
        if (done) {
            chunk_observed(chunk, answer->body);
            return;
        }
        break;
    case CHUNK_ERRORS:
        if (done) {
            chunk_errors(chunk, answer->body);
            return;
        }
        break;
    }
    chunk_drop(chunk, OUTCOME_DOUBTFUL, verdict->message, answer->status);
}

static int chunk_build(struct chunk *chunk) {
    const struct engine_bulk_options *options = &chunk->bulk->options;

    switch (chunk->stage) {
    case CHUNK_UPLOAD: return chunk_build_upload(chunk, options->schema);
    case CHUNK_RUN: return chunk_build_run(chunk, options->schema, options->silent);
    case CHUNK_STATUS: return chunk_build_status(chunk);
    case CHUNK_OBSERVE: return chunk_build_observe(chunk, chunk_page(chunk));
    case CHUNK_ERRORS: return chunk_build_errors(chunk, chunk_page(chunk));
    case CHUNK_CLEAN: return chunk_build_clean(chunk);
    }
    return RC_OK;
}

static void chunk_go(struct chunk *chunk, enum chunk_stage stage, int64_t delay_ms) {
    struct courier *courier = chunk->bulk->options.courier;
    int rc;

    chunk->stage = stage;
    rc = chunk_build(chunk);
    if (rc == RC_LIMIT && stage == CHUNK_UPLOAD && chunk->count > 1) {
        if (chunk_split(chunk)) {
            chunk_begin(chunk);
            return;
        }
        rc = RC_NOMEM;
    } else if (rc == RC_LIMIT && stage == CHUNK_UPLOAD && !was_sent(chunk)) {
        chunk_by_rest(chunk, "a row that is too large for a file");
        return;
    }
    if (rc != RC_OK) {
        chunk_fail(chunk, rc, "a row is too large for it");
        return;
    }
    chunk->parcel.done = chunk_done;
    chunk->parcel.finishing = stage >= CHUNK_STATUS;
    if (delay_ms > 0)
        courier_send_later(courier, &chunk->parcel, delay_ms);
    else
        courier_send(courier, &chunk->parcel);
}

void chunk_begin(struct chunk *chunk) {
    chunk->uploads = 0;
    chunk->from = chunk->to = 0;
    chunk->file[0] = chunk->import[0] = '\0';
    chunk->whole = false;
    chunk->kind = chunk->slots[0].write->kind;
    chunk->entity_type = chunk->slots[0].write->entity_type;
    chunk_go(chunk, CHUNK_UPLOAD, 0);
}
