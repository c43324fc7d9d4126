/* fake_crm.c - the server's side: clock, chance, signals, and the records.
 */
#include "sim/fake_crm.h"

#include "sim/fake_private.h"
#include "sim/sim_disk.h"

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
    _exit(1);
}

/* --- clock, chance, signals --- */

static int64_t env_now_us(void *context) {
    return ((struct fake_crm *)context)->state->now_us;
}

static int64_t env_now_ms(void *context) {
    return BEGIN_MS + env_now_us(context) / 1000;
}

static uint64_t random_bits(struct fake_state *state) { /* splitmix64 */
    uint64_t z = state->random += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static uint64_t env_random_bits(void *context) {
    return random_bits(((struct fake_crm *)context)->state);
}

static int env_signals(void *context) {
    const struct fake_state *state = ((struct fake_crm *)context)->state;
    const struct fake_run *run = &state->run;
    uint64_t step = state->counts.steps;

    return (run->interrupt_at_step != 0 && step >= run->interrupt_at_step) +
           (run->interrupt_2_at_step != 0 && step >= run->interrupt_2_at_step);
}

uint64_t fake_random(struct fake_crm *crm, uint64_t below) {
    return random_bits(crm->state) % below;
}

const struct env *fake_crm_env(const struct fake_crm *crm) {
    return &crm->env;
}

int64_t fake_crm_now_ms(const struct fake_crm *crm) {
    return BEGIN_MS + crm->state->now_us / 1000;
}

int64_t fake_crm_offset_ms(const struct fake_crm *crm) {
    (void)crm;
    return OFFSET_MS;
}

int64_t fake_server_ms(const struct fake_crm *crm) {
    return fake_crm_now_ms(crm) + OFFSET_MS;
}

void fake_step(struct fake_crm *crm) {
    struct fake_state *state = crm->state;

    state->counts.steps++;
    if (state->run.crash_at_step != 0 && state->counts.steps >= state->run.crash_at_step)
        sim_disk_power_off();
    if (state->counts.steps == state->run.rival_at_step)
        (void)fake_crm_seed_as(crm, "Account", state->run.rival, FAKE_RIVAL);
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
    (void)json_object_set_new(defs, "Team", load(folder, "metadata/Team.json"));
    (void)json_object_set_new(app, "regExpPatterns",
                              load(folder, "metadata/app.regExpPatterns.json"));
    (void)json_object_set_new(all, "entityDefs", defs);
    (void)json_object_set_new(all, "app", app);
    (void)json_object_set_new(all, "Settings", load(folder, "settings.json"));
    (void)json_object_set_new(all, "App/user", load(folder, "app-user.json"));
    return all;
}

/* What this server says of itself; the files are read once for all servers. */
static json_t *make_metadata(const struct fake_options *options) {
    static json_t *loaded;
    json_t *all, *settings, *user, *table;

    if (loaded == NULL)
        loaded = load_metadata(options->testdata);
    all = json_copy(loaded);
    settings = json_copy(json_object_get(all, "Settings"));
    (void)json_object_set_new(settings, "recordListMaxSizeLimit",
                              json_integer((json_int_t)options->page));
    (void)json_object_set_new(all, "Settings", settings);
    if (options->admin || options->own) {
        user = json_deep_copy(json_object_get(all, "App/user"));
        table = json_object_get(json_object_get(user, "acl"), "table");
        if (options->admin)
            (void)json_object_set_new(json_object_get(user, "user"), "type",
                                      json_string("admin"));
        if (options->own && json_object_set_new(json_object_get(table, "Lead"), "read",
                                                json_string("own")) != 0)
            fake_fatal("the user has no rights to be taken away");
        (void)json_object_set_new(all, "App/user", user);
    }
    return all;
}

struct fake_crm *fake_crm_new(const struct fake_options *options) {
    struct fake_crm *crm = calloc(1, sizeof *crm);
    void *state = mmap(NULL, sizeof *crm->state, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (crm == NULL || state == MAP_FAILED)
        fake_fatal("no memory for the fake server");
    crm->options = *options;
    if (crm->options.later_max_ms == 0)
        crm->options.later_max_ms = 5000;
    if (crm->options.page == 0)
        crm->options.page = 200;
    crm->state = state;
    crm->state->random = options->seed;
    crm->state->fault_permille = options->fault_permille;
    crm->env = (struct env){.monotonic_us = env_now_us,
                            .wall_ms = env_now_ms,
                            .random = env_random_bits,
                            .interrupts = env_signals,
                            .context = crm};
    crm->metadata = make_metadata(&crm->options);
    return crm;
}

void fake_crm_free(struct fake_crm *crm) {
    if (crm == NULL)
        return;
    json_decref(crm->metadata);
    for (size_t i = 0; i < PAGES_MAX; i++) {
        free(crm->pages[i].path);
        free(crm->pages[i].body);
    }
    for (size_t i = 0; i < crm->state->record_count; i++)
        json_decref(crm->parsed[i].json);
    (void)munmap(crm->state, sizeof *crm->state);
    free(crm);
}

void fake_crm_begin(struct fake_crm *crm, const struct fake_run *run) {
    struct fake_state *state = crm->state;

    state->run = *run;
    state->counts.steps = 0;
    state->counts.requests = 0;
    state->revoked = 0;
    state->spins = 0;
    state->polls = 0;
    for (size_t i = 0; i < state->work_count; i++) /* nobody waits for these any more */
        state->work[i].wanted = false;
}

void fake_crm_set_faults(struct fake_crm *crm, unsigned permille) {
    crm->state->fault_permille = permille;
}

const struct fake_counts *fake_crm_counts(const struct fake_crm *crm) {
    return &crm->state->counts;
}

/* --- records --- */

size_t fake_crm_count(const struct fake_crm *crm) {
    return crm->state->record_count;
}

const char *fake_crm_record(const struct fake_crm *crm, size_t i) {
    return crm->state->records[i].json;
}

const char *fake_crm_type(const struct fake_crm *crm, size_t i) {
    return crm->state->records[i].type;
}

const char *fake_type_of(const char *path) {
    static const char *const types[] = {"Lead", "Account", "Team"};
    size_t len = strcspn(path, "/?");

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strlen(types[i]) == len && memcmp(types[i], path, len) == 0)
            return types[i];
    return NULL;
}

struct fake_record *fake_record(struct fake_crm *crm, const char *id) {
    struct fake_state *state = crm->state;

    for (size_t i = 0; i < state->record_count; i++)
        if (strcmp(state->records[i].id, id) == 0)
            return &state->records[i];
    return NULL;
}

bool fake_crm_is_deleted(const struct fake_crm *crm, size_t i) {
    return crm->state->records[i].deleted;
}

const char *fake_crm_find(struct fake_crm *crm, const char *id) {
    struct fake_record *record = fake_record(crm, id);

    return record == NULL || record->deleted ? NULL : record->json;
}

const json_t *fake_read(struct fake_crm *crm, size_t i) {
    const struct fake_record *record = &crm->state->records[i];
    struct fake_parsed *parsed = &crm->parsed[i];

    if (parsed->changes != record->changes) {
        json_decref(parsed->json);
        parsed->json = json_loads(record->json, 0, NULL);
        parsed->changes = record->changes;
    }
    return parsed->json;
}

void fake_dump(const json_t *json, char *out, size_t size) {
    size_t len = json_dumpb(json, out, size - 1, JSON_COMPACT);

    if (len == 0 || len > size - 1)
        fake_fatal("a body of %zu bytes is too large for the fake server", len);
    out[len] = '\0';
}

const char *fake_text(const json_t *json, const char *name) {
    const char *text = json_string_value(json_object_get(json, name));

    return text == NULL ? "" : text;
}

const char *fake_crm_user(const struct fake_crm *crm) {
    return fake_text(json_object_get(json_object_get(crm->metadata, "App/user"), "user"),
                     "id");
}

/* A record has changed: how, when and by whom (NULL = nobody, it is new). */
static void record_put(struct fake_crm *crm, struct fake_record *record, json_t *json,
                       const char *user) {
    char now[20];

    env_format_utc(fake_server_ms(crm), now);
    (void)json_object_set_new(json, "modifiedAt", json_string(now));
    (void)json_object_set_new(json, "modifiedById",
                              user == NULL ? json_null() : json_string(user));
    (void)json_object_set_new(json, "deleted", json_boolean(record->deleted));
    if (crm->options.versions) {
        json_t *version = json_object_get(json, "versionNumber");
        (void)json_object_set_new(json, "versionNumber",
                                  json_integer(json_integer_value(version) + 1));
    }
    fake_dump(json, record->json, sizeof record->json);
    record->changes++;
}

const char *fake_store(struct fake_crm *crm, const char *type, json_t *json,
                       const char *user) {
    char id[18];

    (void)snprintf(id, sizeof id, "%017llx",
                   (unsigned long long)(UINT64_C(0x6b04e3d7360) + ++crm->state->next_id));
    return fake_store_as(crm, type, id, json, user);
}

const char *fake_store_as(struct fake_crm *crm, const char *type, const char *id,
                          json_t *json, const char *user) {
    struct fake_state *state = crm->state;
    struct fake_record *there = fake_record(crm, id);
    struct fake_record *record =
        there != NULL ? there : &state->records[state->record_count];
    char created[20];

    if (record == &state->records[RECORDS_MAX])
        fake_fatal("too many records for the fake server");
    record->type = type;
    record->created_ms = fake_server_ms(crm);
    env_format_utc(record->created_ms, created);
    (void)snprintf(record->id, sizeof record->id, "%s", id);
    record->deleted = false;
    (void)snprintf(record->user, sizeof record->user, "%s", user);
    (void)json_object_set_new(json, "id", json_string(record->id));
    (void)json_object_set_new(json, "createdAt", json_string(created));
    (void)json_object_set_new(json, "createdById", json_string(user));
    if (strcmp(type, "Lead") == 0) { /* what it has in any case */
        if (json_object_get(json, "status") == NULL)
            (void)json_object_set_new(json, "status", json_string("New"));
        if (json_object_get(json, "teamsIds") == NULL)
            (void)json_object_set_new(json, "teamsIds", json_array());
    }
    record_put(crm, record, json, NULL);
    state->record_count += there == NULL;
    return record->id;
}

void fake_complete(struct fake_record *record, json_t *members) {
    json_t *json = json_loads(record->json, 0, NULL);

    (void)json_object_update(json, members);
    fake_dump(json, record->json, sizeof record->json);
    record->changes++;
    json_decref(json);
}

/* EspoCRM notes a change where something is another value than before. */
void fake_change(struct fake_crm *crm, struct fake_record *record, json_t *members,
                 const char *user) {
    json_t *json = json_loads(record->json, 0, NULL), *value;
    bool changes = false;
    const char *name;

    json_object_foreach(members, name, value) {
        const json_t *was = json_object_get(json, name);
        changes = changes || !(was == NULL ? json_is_null(value) || json_is_false(value)
                                           : json_equal(was, value));
    }
    if (changes) {
        (void)json_object_update(json, members);
        record_put(crm, record, json, user);
    }
    json_decref(json);
}

void fake_set_deleted(struct fake_crm *crm, struct fake_record *record, bool deleted,
                      const char *user) {
    json_t *json = json_loads(record->json, 0, NULL);

    record->deleted = deleted;
    record_put(crm, record, json, user);
    json_decref(json);
}

const char *fake_crm_seed(struct fake_crm *crm, const char *text, const char *user) {
    return fake_crm_seed_as(crm, "Lead", text, user);
}

const char *fake_crm_seed_as(struct fake_crm *crm, const char *type, const char *text,
                             const char *user) {
    json_t *json = json_loads(text, 0, NULL);
    const char *id;

    if (json == NULL)
        fake_fatal("no JSON: %s", text);
    id = fake_store(crm, fake_type_of(type), json,
                    user == NULL ? fake_crm_user(crm) : user);
    json_decref(json);
    return id;
}

void fake_crm_edit(struct fake_crm *crm, size_t i, const char *text, const char *user) {
    struct fake_record *record = &crm->state->records[i];
    json_t *json = text == NULL ? NULL : json_loads(text, 0, NULL);

    if (text != NULL && json == NULL)
        fake_fatal("no JSON: %s", text);
    if (text == NULL)
        fake_set_deleted(crm, record, true, user);
    else
        fake_change(crm, record, json, user);
    json_decref(json);
}

void fake_crm_pass(struct fake_crm *crm, int64_t ms) {
    fake_advance(crm, crm->state->now_us + ms * 1000);
}
