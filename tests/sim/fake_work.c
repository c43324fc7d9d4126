/* fake_work.c - POST, PUT and DELETE: the duplicate check, and what is stored when.
 */
#include "sim/fake_link.h"

#include <stdio.h>
#include <string.h>

static bool same_mail(const json_t *a, const json_t *b) {
    const char *mail = fake_text(a, "emailAddress");

    return mail[0] != '\0' && strcasecmp(mail, fake_text(b, "emailAddress")) == 0;
}

static bool same_name(const json_t *a, const json_t *b) {
    return fake_text(a, "lastName")[0] != '\0' &&
           strcasecmp(fake_text(a, "firstName"), fake_text(b, "firstName")) == 0 &&
           strcasecmp(fake_text(a, "lastName"), fake_text(b, "lastName")) == 0;
}

/* The server's own check: a person by address or name, an account by name. */
static bool is_double(const char *type, const json_t *a, const json_t *b) {
    if (strcmp(type, "Account") == 0)
        return strcasecmp(fake_text(a, "name"), fake_text(b, "name")) == 0;
    return strcmp(type, "Lead") == 0 && (same_mail(a, b) || same_name(a, b));
}

static bool same_phone(const json_t *a, const json_t *b) {
    const char *phone = fake_text(a, "phoneNumber");

    return phone[0] != '\0' && strcmp(phone, fake_text(b, "phoneNumber")) == 0;
}

/* What a request is writing at this moment, to be freed, or NULL. */
static json_t *at_work(const struct fake_work *work) {
    bool writes = work->kind == WORK_POST || work->kind == WORK_PUT;

    if (work->state != WORK_CHECKED || work->duplicate)
        return NULL;
    if (work->kind == WORK_IMPORT)
        return fake_import_row_now(work);
    return writes ? json_loads(work->body, 0, NULL) : NULL;
}

/* Two requests at once that both write and share an address, a number or everything: what
 * corrupts the server's data (espocrm-live, "Parallel requests"). */
static void count_overlaps(struct fake_state *state, const struct fake_work *work,
                           const json_t *body) {
    for (size_t i = 0; i < state->work_count; i++) {
        const struct fake_work *other = &state->work[i];
        json_t *its;
        if (other == work ||
            (work->kind == WORK_PUT && strcmp(work->id, other->id) == 0 &&
             strcmp(work->body, other->body) == 0)) /* the same PUT, sent again */
            continue;
        its = at_work(other);
        if (its == NULL)
            continue;
        if (same_mail(body, its) || same_phone(body, its) ||
            (work->kind == WORK_POST && other->kind == WORK_POST &&
             (strcmp(work->body, other->body) == 0 ||
              (strcmp(work->type, "Account") == 0 && other->type == work->type &&
               is_double("Account", body, its)))))
            state->counts.overlaps++;
        json_decref(its);
    }
}

static void work_over(struct fake_work *work) {
    work->state = work->wanted ? WORK_DONE : WORK_FREE;
}

/* The next thing that an Import does. */
static void work_step(struct fake_crm *crm, struct fake_work *work) {
    json_t *row;

    if (!fake_import_step(crm, work)) {
        work_over(work);
        return;
    }
    row = fake_import_row_now(work);
    if (row != NULL)
        count_overlaps(crm->state, work, row);
    json_decref(row);
}

/* The check is made when the request begins and the record is stored when it ends. */
static void work_begin(struct fake_crm *crm, struct fake_work *work) {
    struct fake_state *state = crm->state;
    json_t *body, *found;

    work->state = WORK_CHECKED;
    if (work->kind == WORK_IMPORT && !fake_import_begin(crm, work))
        work_over(work);
    if (work->kind != WORK_POST && work->kind != WORK_PUT)
        return;
    body = json_loads(work->body, 0, NULL);
    found = json_array();
    for (size_t i = 0;
         work->kind == WORK_POST && !work->skip_check && i < state->record_count; i++) {
        const json_t *its = fake_read(crm, i);
        if (!state->records[i].deleted && state->records[i].type == work->type &&
            fake_is_shown(crm, work->type, its) && is_double(work->type, body, its) &&
            json_array_size(found) < 5)
            (void)json_array_append_new(found, json_deep_copy(its));
    }
    work->duplicate = json_array_size(found) > 0;
    if (work->duplicate)
        fake_dump(found, work->answer, sizeof work->answer);
    else
        count_overlaps(state, work, body);
    json_decref(found);
    json_decref(body);
}

void fake_answer_missing(struct fake_work *work) {
    work->status = 404;
    work->answer[0] = '\0';
    (void)snprintf(work->reason, sizeof work->reason, "Record %s does not exist.",
                   work->id);
}

struct fake_record *fake_work_record(struct fake_crm *crm, struct fake_work *work) {
    struct fake_record *record = fake_record(crm, work->id);

    if (record == NULL || record->deleted) {
        fake_answer_missing(work);
        return NULL;
    }
    if (fake_is_shown(crm, work->type,
                      fake_read(crm, (size_t)(record - crm->state->records))))
        return record;
    work->status = 403;
    work->answer[0] = '\0';
    (void)snprintf(work->reason, sizeof work->reason, "No edit access.");
    return NULL;
}

static void work_put(struct fake_crm *crm, struct fake_work *work, json_t *body) {
    struct fake_record *record = fake_work_record(crm, work);
    const json_t *was;
    json_int_t version;

    if (record == NULL)
        return;
    was = fake_read(crm, (size_t)(record - crm->state->records));
    version = json_integer_value(json_object_get(was, "versionNumber"));
    if (work->version != 0 && work->version != version) {
        work->status = 409;
        (void)snprintf(work->reason, sizeof work->reason, "modified");
        (void)snprintf(work->answer, sizeof work->answer,
                       "{\"values\":{},\"versionNumber\":%lld}", (long long)version);
        return;
    }
    if (!fake_links_check(crm, work, body, was))
        return;
    fake_change(crm, record, body, fake_crm_user(crm));
    work->status = 200;
    (void)snprintf(work->answer, sizeof work->answer, "%s", record->json);
}

static void work_delete(struct fake_crm *crm, struct fake_work *work) {
    struct fake_record *record = fake_work_record(crm, work);

    if (record == NULL)
        return;
    fake_set_deleted(crm, record, true, fake_crm_user(crm));
    work->status = 200;
    (void)snprintf(work->answer, sizeof work->answer, "true");
}

/* Only of administrators, and only of a record that is deleted. */
static void work_undelete(struct fake_crm *crm, struct fake_work *work, json_t *body) {
    struct fake_record *record = fake_record(crm, fake_text(body, "id"));

    work->answer[0] = '\0';
    if (!crm->options.admin) {
        work->status = 403;
    } else if (record == NULL) {
        work->status = 404;
    } else if (!record->deleted) {
        work->status = 403;
        (void)snprintf(work->reason, sizeof work->reason, "No 'deleted' attribute.");
    } else {
        fake_set_deleted(crm, record, false, fake_crm_user(crm));
        work->status = 200;
        (void)snprintf(work->answer, sizeof work->answer, "true");
    }
}

/* The one field that is looked at. */
static bool is_valid(struct fake_work *work, const json_t *body) {
    const char *field = strcmp(work->type, "Lead") == 0 ? "lastName" : "name";

    if (strncmp(fake_text(body, field), "Reject", 6) != 0)
        return true;
    work->status = 400;
    (void)snprintf(work->reason, sizeof work->reason,
                   "Field validation failure; entityType: %s, field: %s, type: "
                   "maxLength.",
                   work->type, field);
    (void)snprintf(work->answer, sizeof work->answer,
                   "{\"messageTranslation\":{\"label\":\"validationFailure\",\"scope\":"
                   "null,\"data\":{\"field\":\"%s\",\"type\":\"maxLength\"}}}",
                   field);
    return false;
}

static void work_post(struct fake_crm *crm, struct fake_work *work, json_t *body) {
    const char *id;

    if (work->duplicate) {
        work->status = 409;
        (void)snprintf(work->reason, sizeof work->reason, "duplicate");
        return;
    }
    if (!fake_links_check(crm, work, body, NULL))
        return;
    if (strncmp(fake_text(body, "description"), "drop", 4) == 0)
        (void)json_object_set_new(body, "description", json_null());
    id = fake_store(crm, work->type, body, fake_crm_user(crm));
    work->status = 200;
    (void)snprintf(work->answer, sizeof work->answer, "%s", fake_crm_find(crm, id));
}

static void work_end(struct fake_crm *crm, struct fake_work *work) {
    json_t *body = json_loads(work->body, 0, NULL);

    work->reason[0] = '\0';
    if (work->kind == WORK_FILE) {
        fake_file_store(crm, work);
    } else if (work->kind == WORK_FORGET_IMPORT || work->kind == WORK_FORGET_FILE) {
        fake_import_forget(crm, work);
    } else if (work->kind == WORK_DELETE) {
        work_delete(crm, work);
    } else if (work->kind == WORK_UNDELETE) {
        work_undelete(crm, work, body);
    } else if (work->kind == WORK_RELATE) {
        fake_relate(crm, work, body);
    } else if (is_valid(work, body)) {
        if (work->kind == WORK_PUT)
            work_put(crm, work, body);
        else
            work_post(crm, work, body);
    }
    json_decref(body);
    work_over(work);
}

/* The work that changes its state next, or NULL. */
static struct fake_work *work_next(struct fake_state *state, int64_t *when_us) {
    struct fake_work *next = NULL;

    for (size_t i = 0; i < state->work_count; i++) {
        struct fake_work *work = &state->work[i];
        int64_t at;
        if (work->state != WORK_COMING && work->state != WORK_CHECKED)
            continue;
        at = (int64_t)(work->state == WORK_COMING ? work->begin_us : work->end_us);
        if (work->state == WORK_CHECKED && work->kind == WORK_IMPORT)
            at = fake_import_next_us(work);
        if (next != NULL && *when_us <= at)
            continue;
        next = work;
        *when_us = at;
    }
    return next;
}

void fake_advance(struct fake_crm *crm, int64_t until_us) {
    struct fake_state *state = crm->state;
    struct fake_work *work;
    int64_t at_us = 0;

    while ((work = work_next(state, &at_us)) != NULL && at_us <= until_us) {
        if (at_us > state->now_us)
            state->now_us = at_us;
        if (work->state == WORK_COMING)
            work_begin(crm, work);
        else if (work->kind == WORK_IMPORT)
            work_step(crm, work);
        else
            work_end(crm, work);
    }
    if (until_us > state->now_us)
        state->now_us = until_us;
}
