/* fake_crm.c - the server's side: clock, records, duplicate check, POST and PUT.
 */
#include "sim/fake_crm.h"

#include "sim/fake_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* 2026-11-24 01:00:00 UTC: where the client's clock begins. */
#define BEGIN_MS INT64_C(1795482000000)
#define OFFSET_MS INT64_C(93500) /* the server's clock is ahead */

char fake_note[128] = "";

void fake_fatal(const char *format, ...) {
    va_list args;

    va_start(args, format);
    (void)fprintf(stderr, "%s: ", fake_note);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    (void)fputc('\n', stderr);
    _exit(FAKE_STUCK);
}

/* --- clock, chance, signals --- */

static int64_t env_now_us(void *context) {
    return ((struct fake_crm *)context)->shared->now_us;
}

static int64_t env_now_ms(void *context) {
    return BEGIN_MS + env_now_us(context) / 1000;
}

static uint64_t random_bits(struct fake_shared *shared) { /* splitmix64 */
    uint64_t z = shared->random += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static uint64_t env_random_bits(void *context) {
    return random_bits(((struct fake_crm *)context)->shared);
}

static int env_signals(void *context) {
    const struct fake_shared *shared = ((struct fake_crm *)context)->shared;
    const struct fake_run *run = &shared->run;
    uint64_t step = shared->counts.steps;

    return (run->interrupt_at_step != 0 && step >= run->interrupt_at_step) +
           (run->interrupt_2_at_step != 0 && step >= run->interrupt_2_at_step);
}

uint64_t fake_random(struct fake_crm *crm, uint64_t below) {
    return random_bits(crm->shared) % below;
}

const struct env *fake_crm_env(const struct fake_crm *crm) {
    return &crm->env;
}

int64_t fake_crm_now_ms(const struct fake_crm *crm) {
    return BEGIN_MS + crm->shared->now_us / 1000;
}

int64_t fake_crm_offset_ms(const struct fake_crm *crm) {
    (void)crm;
    return OFFSET_MS;
}

int64_t fake_server_ms(const struct fake_crm *crm) {
    return fake_crm_now_ms(crm) + OFFSET_MS;
}

void fake_step(struct fake_crm *crm) {
    struct fake_shared *shared = crm->shared;

    shared->counts.steps++;
    if (shared->run.crash_at_step != 0 &&
        shared->counts.steps >= shared->run.crash_at_step)
        _exit(FAKE_CRASHED);
}

/* --- life --- */

static json_t *load(const char *folder, const char *name) {
    char path[512];
    json_error_t error;
    json_t *json;

    (void)snprintf(path, sizeof path, "%s/espo/%s", folder, name);
    json = json_load_file(path, 0, &error);
    if (json == NULL)
        fake_fatal("%s: %s", path, error.text);
    return json;
}

static json_t *load_metadata(const char *folder) {
    json_t *lead, *defs = json_object(), *app = json_object(), *all = json_object();

    lead = load(folder, "metadata/Lead.json");
    (void)json_object_set_new(json_object_get(lead, "fields"), "cIdentity",
                              json_pack("{s:s,s:i}", "type", "varchar", "maxLength", 64));
    (void)json_object_set_new(defs, "Lead", lead);
    (void)json_object_set_new(defs, "Account", load(folder, "metadata/Account.json"));
    (void)json_object_set_new(app, "regExpPatterns",
                              load(folder, "metadata/app.regExpPatterns.json"));
    (void)json_object_set_new(all, "entityDefs", defs);
    (void)json_object_set_new(all, "app", app);
    (void)json_object_set_new(all, "Settings", load(folder, "settings.json"));
    (void)json_object_set_new(all, "App/user", load(folder, "app-user.json"));
    return all;
}

struct fake_crm *fake_crm_new(const struct fake_options *options) {
    struct fake_crm *crm = calloc(1, sizeof *crm);
    void *shared = mmap(NULL, sizeof *crm->shared, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (crm == NULL || shared == MAP_FAILED)
        fake_fatal("no memory for the fake server");
    crm->options = *options;
    if (crm->options.later_max_ms == 0)
        crm->options.later_max_ms = 5000;
    if (crm->options.page == 0)
        crm->options.page = 200;
    crm->shared = shared;
    crm->shared->random = options->seed;
    crm->shared->fault_permille = options->fault_permille;
    crm->env = (struct env){.monotonic_us = env_now_us,
                            .wall_ms = env_now_ms,
                            .random = env_random_bits,
                            .interrupts = env_signals,
                            .context = crm};
    crm->metadata = load_metadata(options->testdata);
    (void)json_object_set_new(json_object_get(crm->metadata, "Settings"),
                              "recordListMaxSizeLimit",
                              json_integer((json_int_t)crm->options.page));
    return crm;
}

void fake_crm_free(struct fake_crm *crm) {
    if (crm == NULL)
        return;
    json_decref(crm->metadata);
    (void)munmap(crm->shared, sizeof *crm->shared);
    free(crm);
}

void fake_crm_begin(struct fake_crm *crm, const struct fake_run *run) {
    struct fake_shared *shared = crm->shared;

    shared->run = *run;
    shared->counts.steps = 0;
    shared->counts.requests = 0;
    shared->revoked = 0;
    shared->spins = 0;
    shared->polls = 0;
    for (size_t i = 0; i < WORK_MAX; i++) /* nobody waits for these any more */
        shared->work[i].wanted = false;
}

void fake_crm_set_faults(struct fake_crm *crm, unsigned permille) {
    crm->shared->fault_permille = permille;
}

const struct fake_counts *fake_crm_counts(const struct fake_crm *crm) {
    return &crm->shared->counts;
}

/* --- records --- */

size_t fake_crm_count(const struct fake_crm *crm) {
    return crm->shared->record_count;
}

const char *fake_crm_record(const struct fake_crm *crm, size_t i) {
    return crm->shared->records[i].json;
}

static struct fake_record *record_find(struct fake_shared *shared, const char *id) {
    for (size_t i = 0; i < shared->record_count; i++)
        if (strcmp(shared->records[i].id, id) == 0)
            return &shared->records[i];
    return NULL;
}

const char *fake_crm_find(const struct fake_crm *crm, const char *id) {
    struct fake_record *record = record_find(crm->shared, id);

    return record == NULL ? NULL : record->json;
}

static void dump(const json_t *json, char *out, size_t size) {
    size_t len = json_dumpb(json, out, size - 1, JSON_COMPACT);

    if (len == 0 || len > size - 1)
        fake_fatal("a body of %zu bytes is too large for the fake server", len);
    out[len] = '\0';
}

static const char *text_of(const json_t *json, const char *name) {
    const char *text = json_string_value(json_object_get(json, name));

    return text == NULL ? "" : text;
}

const char *fake_crm_user(const struct fake_crm *crm) {
    return text_of(json_object_get(json_object_get(crm->metadata, "App/user"), "user"),
                   "id");
}

static const char *record_store(struct fake_crm *crm, json_t *json, const char *user) {
    struct fake_shared *shared = crm->shared;
    struct fake_record *record = &shared->records[shared->record_count];
    char created[20];

    if (shared->record_count == RECORDS_MAX)
        fake_fatal("too many records for the fake server");
    record->created_ms = fake_server_ms(crm);
    env_format_utc(record->created_ms, created);
    (void)snprintf(record->id, sizeof record->id, "%017llx",
                   (unsigned long long)(UINT64_C(0x6b04e3d7360) + ++shared->next_id));
    (void)snprintf(record->user, sizeof record->user, "%s", user);
    (void)json_object_set_new(json, "id", json_string(record->id));
    (void)json_object_set_new(json, "deleted", json_false());
    (void)json_object_set_new(json, "createdAt", json_string(created));
    (void)json_object_set_new(json, "createdById", json_string(user));
    if (crm->options.versions)
        (void)json_object_set_new(json, "versionNumber", json_integer(1));
    if (json_object_get(json, "status") == NULL)
        (void)json_object_set_new(json, "status", json_string("New"));
    dump(json, record->json, sizeof record->json);
    shared->record_count++;
    return record->id;
}

const char *fake_crm_seed(struct fake_crm *crm, const char *text, const char *user) {
    json_t *json = json_loads(text, 0, NULL);
    const char *id;

    if (json == NULL)
        fake_fatal("no JSON: %s", text);
    id = record_store(crm, json, user == NULL ? fake_crm_user(crm) : user);
    json_decref(json);
    return id;
}

/* --- POST and PUT --- */

static bool same_mail(const json_t *a, const json_t *b) {
    const char *mail = text_of(a, "emailAddress");

    return mail[0] != '\0' && strcasecmp(mail, text_of(b, "emailAddress")) == 0;
}

static bool same_name(const json_t *a, const json_t *b) {
    return text_of(a, "lastName")[0] != '\0' &&
           strcasecmp(text_of(a, "firstName"), text_of(b, "firstName")) == 0 &&
           strcasecmp(text_of(a, "lastName"), text_of(b, "lastName")) == 0;
}

static bool same_phone(const json_t *a, const json_t *b) {
    const char *phone = text_of(a, "phoneNumber");

    return phone[0] != '\0' && strcmp(phone, text_of(b, "phoneNumber")) == 0;
}

/* Two requests at once that both write and share an address, a number or everything: what
 * corrupts the server's data (espocrm-live, "Parallel requests"). */
static void count_overlaps(struct fake_shared *shared, const struct fake_work *work,
                           const json_t *body) {
    for (size_t i = 0; i < WORK_MAX; i++) {
        const struct fake_work *other = &shared->work[i];
        json_t *its;
        if (other == work || other->state != WORK_CHECKED || other->duplicate ||
            (work->is_put && strcmp(work->id, other->id) == 0 &&
             strcmp(work->body, other->body) == 0)) /* the same PUT, sent again */
            continue;
        its = json_loads(other->body, 0, NULL);
        if (same_mail(body, its) || same_phone(body, its) ||
            (!work->is_put && !other->is_put && strcmp(work->body, other->body) == 0))
            shared->counts.overlaps++;
        json_decref(its);
    }
}

/* The check is made when the request begins and the record is stored when it ends. */
static void work_begin(struct fake_crm *crm, struct fake_work *work) {
    struct fake_shared *shared = crm->shared;
    json_t *body = json_loads(work->body, 0, NULL);
    json_t *found = json_array();

    work->state = WORK_CHECKED;
    for (size_t i = 0; !work->is_put && !work->skip_check && i < shared->record_count;
         i++) {
        json_t *its = json_loads(shared->records[i].json, 0, NULL);
        if ((same_mail(body, its) || same_name(body, its)) && json_array_size(found) < 5)
            (void)json_array_append(found, its);
        json_decref(its);
    }
    work->duplicate = json_array_size(found) > 0;
    if (work->duplicate)
        dump(found, work->answer, sizeof work->answer);
    else
        count_overlaps(shared, work, body);
    json_decref(found);
    json_decref(body);
}

static void work_put(struct fake_crm *crm, struct fake_work *work, json_t *body) {
    struct fake_record *record = record_find(crm->shared, work->id);
    json_int_t version;
    json_t *json;

    work->status = 404;
    work->answer[0] = '\0';
    (void)snprintf(work->reason, sizeof work->reason, "Record %s does not exist.",
                   work->id);
    if (record == NULL)
        return;
    json = json_loads(record->json, 0, NULL);
    version = json_integer_value(json_object_get(json, "versionNumber"));
    if (work->version != 0 && work->version != version) {
        work->status = 409;
        (void)snprintf(work->reason, sizeof work->reason, "modified");
        (void)snprintf(work->answer, sizeof work->answer,
                       "{\"values\":{},\"versionNumber\":%lld}", (long long)version);
        json_decref(json);
        return;
    }
    (void)json_object_update(json, body);
    if (crm->options.versions)
        (void)json_object_set_new(json, "versionNumber", json_integer(version + 1));
    dump(json, record->json, sizeof record->json);
    json_decref(json);
    work->status = 200;
    (void)snprintf(work->answer, sizeof work->answer, "%s", record->json);
}

static void work_end(struct fake_crm *crm, struct fake_work *work) {
    static const char refusal[] =
        "{\"messageTranslation\":{\"label\":\"validationFailure\",\"scope\":null,"
        "\"data\":{\"field\":\"lastName\",\"type\":\"maxLength\"}}}";
    json_t *body = json_loads(work->body, 0, NULL);

    work->state = WORK_DONE;
    work->reason[0] = '\0';
    if (strncmp(text_of(body, "lastName"), "Reject", 6) == 0) {
        work->status = 400;
        (void)snprintf(work->reason, sizeof work->reason,
                       "Field validation failure; entityType: Lead, field: lastName, "
                       "type: maxLength.");
        (void)snprintf(work->answer, sizeof work->answer, "%s", refusal);
    } else if (work->is_put) {
        work_put(crm, work, body);
    } else if (work->duplicate) {
        work->status = 409;
        (void)snprintf(work->reason, sizeof work->reason, "duplicate");
    } else {
        const char *id;
        if (strncmp(text_of(body, "description"), "drop", 4) == 0)
            (void)json_object_set_new(body, "description", json_null());
        id = record_store(crm, body, fake_crm_user(crm));
        work->status = 200;
        (void)snprintf(work->answer, sizeof work->answer, "%s", fake_crm_find(crm, id));
    }
    json_decref(body);
    if (!work->wanted)
        work->state = WORK_FREE;
}

/* The work that changes its state next, or NULL. */
static struct fake_work *work_next(struct fake_shared *shared, int64_t *when_us) {
    struct fake_work *next = NULL;

    for (size_t i = 0; i < WORK_MAX; i++) {
        struct fake_work *work = &shared->work[i];
        int64_t at =
            (int64_t)(work->state == WORK_COMING ? work->begin_us : work->end_us);
        if (work->state != WORK_COMING && work->state != WORK_CHECKED)
            continue;
        if (next != NULL && *when_us <= at)
            continue;
        next = work;
        *when_us = at;
    }
    return next;
}

void fake_advance(struct fake_crm *crm, int64_t until_us) {
    struct fake_shared *shared = crm->shared;
    struct fake_work *work;
    int64_t at_us = 0;

    while ((work = work_next(shared, &at_us)) != NULL && at_us <= until_us) {
        if (at_us > shared->now_us)
            shared->now_us = at_us;
        if (work->state == WORK_COMING)
            work_begin(crm, work);
        else
            work_end(crm, work);
    }
    if (until_us > shared->now_us)
        shared->now_us = until_us;
}

void fake_crm_pass(struct fake_crm *crm, int64_t ms) {
    fake_advance(crm, crm->shared->now_us + ms * 1000);
}
