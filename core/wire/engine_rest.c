/* engine_rest.c - one request per write, as many in flight as the courier allows.
 *
 * A parcel and its body live from carry to outcome and are kept for reuse; there are
 * never more of them than writes handed over at once.
 */
#include "wire/engine_rest.h"

#include "base/buf.h"
#include "model/json.h"
#include "model/schema.h"

#include <stdlib.h>

/* The server reads bodies up to its web server's limit (50 MB in its own sample
 * configuration, espocrm-live); a row is far below. */
enum { BODY_MAX = 64 * 1024 * 1024 };

struct rest_parcel {
    struct parcel parcel;     /* first: the courier's part */
    struct rest_parcel *next; /* in the list of spares */
    struct engine_rest *rest; /* borrowed */
    struct write *write;      /* borrowed until done */
    struct buf path;          /* owned */
    struct buf body;          /* owned */
};

struct engine_rest {
    struct engine engine;       /* first: the interface */
    struct courier *courier;    /* borrowed */
    struct rest_parcel *spares; /* owned */
};

static void rest_done(struct parcel *parcel, const struct verdict *verdict,
                      const struct answer *answer) {
    struct rest_parcel *mine = (struct rest_parcel *)parcel;
    struct write *write = mine->write;
    struct outcome outcome;

    outcome_of(write, verdict, answer, &outcome);
    outcome.unsure = mine->parcel.unanswered;
    outcome.maybe_done = mine->parcel.maybe_done;
    mine->next = mine->rest->spares;
    mine->rest->spares = mine;
    write->done(write, &outcome);
}

static struct rest_parcel *rest_parcel_get(struct engine_rest *rest) {
    struct rest_parcel *mine = rest->spares;

    if (mine != NULL) {
        rest->spares = mine->next;
    } else {
        mine = calloc(1, sizeof *mine);
        if (mine == NULL)
            return NULL;
        mine->path.max = 1024;
        mine->body.max = BODY_MAX;
    }
    mine->rest = rest;
    return mine;
}

static int rest_fill(struct rest_parcel *mine, struct write *write) {
    struct request *request = &mine->parcel.request;
    static const enum method methods[] = {
        [WRITE_CREATE] = METHOD_POST,   [WRITE_UPDATE] = METHOD_PUT,
        [WRITE_DELETE] = METHOD_DELETE, [WRITE_UNDELETE] = METHOD_POST,
        [WRITE_RELATE] = METHOD_POST,
    };
    int rc = RC_OK;

    memset(&mine->parcel, 0, sizeof mine->parcel);
    mine->write = write;
    buf_reset(&mine->path);
    buf_reset(&mine->body);
    (void)buf_append_text(&mine->path, write->entity_type);
    if (write->kind == WRITE_UNDELETE)
        (void)buf_append_text(&mine->path, "/action/restoreDeleted");
    else if (write->kind != WRITE_CREATE)
        (void)buf_append_format(&mine->path, "/%s", write->id);
    if (write->kind == WRITE_RELATE) {
        (void)buf_append_format(&mine->path, "/%s", write->attributes[0].def->field);
        (void)buf_append_text(&mine->body, "{\"ids\":");
        (void)json_append_attribute(&mine->body, &write->attributes[0]);
        rc = buf_append_char(&mine->body, '}');
    } else if (write->kind == WRITE_UNDELETE) {
        (void)buf_append_text(&mine->body, "{\"id\":");
        (void)json_append_string(&mine->body, slice_of(write->id));
        rc = buf_append_char(&mine->body, '}');
    } else if (write->kind != WRITE_DELETE) {
        rc = json_append_record(&mine->body, write->attributes, write->count);
    }
    if (rc < 0 || mine->path.failed != RC_OK)
        return RC_NOMEM;
    request->method = methods[write->kind];
    request->path = buf_text(&mine->path);
    request->body = buf_slice(&mine->body);
    request->skip_duplicate_check = write->skip_duplicate_check;
    request->version_number = write->version_number;
    mine->parcel.done = rest_done;
    return RC_OK;
}

static int rest_carry(struct engine *engine, struct write *const *writes, size_t count,
                      struct err *err) {
    struct engine_rest *rest = (struct engine_rest *)engine;

    for (size_t i = 0; i < count; i++) {
        struct rest_parcel *mine = rest_parcel_get(rest);
        if (mine == NULL || rest_fill(mine, writes[i]) != RC_OK) {
            if (mine != NULL) {
                mine->next = rest->spares;
                rest->spares = mine;
            }
            return err_nomem(err);
        }
        courier_send(rest->courier, &mine->parcel);
    }
    return RC_OK;
}

static void rest_free(struct engine *engine) {
    struct engine_rest *rest = (struct engine_rest *)engine;

    while (rest->spares != NULL) {
        struct rest_parcel *mine = rest->spares;
        rest->spares = mine->next;
        buf_fini(&mine->path);
        buf_fini(&mine->body);
        free(mine);
    }
    free(rest);
}

int engine_rest_new(struct engine **out, struct courier *courier, struct err *err) {
    static const struct engine_ops ops = {
        .name = "rest", .carry = rest_carry, .free = rest_free};
    struct engine_rest *rest = calloc(1, sizeof *rest);

    *out = NULL;
    if (rest == NULL)
        return err_nomem(err);
    rest->engine.ops = &ops;
    rest->courier = courier;
    *out = &rest->engine;
    return RC_OK;
}
