/* rehearsal.c - reads rows ahead, has them planned, and hands them on in their order. */
#include "flow/rehearsal.h"

#include "flow/repeats.h"

#include <stdlib.h>
#include <string.h>

enum {
    RING = 1024,       /* rows between reading and handing on */
    PLANNED_MAX = 600, /* of these, in the planner */
    POLL_MS = 50,
    ASK_EVERY = 1024, /* rows, between looks for a signal */
    KEYS_MAX = REPEATS_COMPARED
};

struct place {
    struct row *row;
    bool done;
};

struct __attribute__((packed)) key {
    uint64_t hash;
    uint32_t line;
};

struct rehearsal {
    struct rehearsal_options options;
    struct planner *planner; /* owned; NULL where the CRM is not asked */
    struct row_pool pool;
    struct place ring[RING];
    uint64_t head, tail; /* read, handed on */
    size_t ahead;        /* rows read and not handed on, at most */
    bool eof;
    struct key *keys; /* owned; in the file's order, then sorted */
    size_t key_count, key_cap;
    const struct schema_attribute *email; /* what keys are of, where there is no match */
};

static void rehearsal_planned(void *context, struct row *row) {
    struct rehearsal *rehearsal = context;

    ((struct place *)row->owner)->done = true;
    planner_ended(rehearsal->planner, row);
}

/* --- rows that repeat each other --- */

static int keep_key(struct rehearsal *rehearsal, uint64_t hash, uint64_t line) {
    if (rehearsal->key_count == rehearsal->key_cap) {
        size_t cap = rehearsal->key_cap == 0 ? 4096 : 2 * rehearsal->key_cap;
        struct key *more;
        if (cap > KEYS_MAX)
            cap = KEYS_MAX;
        if (cap == rehearsal->key_cap)
            return RC_OK;
        more = realloc(rehearsal->keys, cap * sizeof *more);
        if (more == NULL)
            return RC_NOMEM;
        rehearsal->keys = more;
        rehearsal->key_cap = cap;
    }
    rehearsal->keys[rehearsal->key_count++] =
        (struct key){.hash = hash, .line = (uint32_t)line};
    return RC_OK;
}

static uint64_t first_bytes(const unsigned char key[KEYINDEX_KEY]) {
    uint64_t hash = 0;

    for (int i = 0; i < 8; i++)
        hash |= (uint64_t)key[i] << (8 * i);
    return hash;
}

static int note_keys(struct rehearsal *rehearsal, const struct row *row) {
    const struct job *job = rehearsal->options.job;
    unsigned char key[KEYINDEX_KEY];
    size_t count;
    int rc = 0;

    if (row->record.error_count > 0 || row->counted != 0)
        return RC_OK;
    if (rehearsal->email != NULL) {
        rc = repeats_key_by(row, &rehearsal->email, 1, key);
        return rc == 1 ? keep_key(rehearsal, first_bytes(key), row->line) : rc;
    }
    for (size_t i = 0; rc >= 0 && program_match(job->program, i, &count) != NULL; i++) {
        rc = repeats_key(job, row, i, key);
        if (rc == 1)
            rc = keep_key(rehearsal, first_bytes(key), row->line);
    }
    return rc < 0 ? rc : RC_OK;
}

/* By hash, in place: qsort() would take as much memory again. */
static void sort_keys(struct key *keys, size_t count, int bit) {
    while (count > 1 && bit >= 0) {
        size_t low = 0, high = count;
        while (low < high) {
            struct key key = keys[low];
            if ((key.hash >> bit & 1) == 0) {
                low++;
                continue;
            }
            keys[low] = keys[--high];
            keys[high] = key;
        }
        sort_keys(keys, low, --bit);
        keys += low;
        count -= low;
    }
}

/* Of keys of one hash: all but the one that comes first in the file, each as its line in
 * place of the hash, and that of the first. To out, which may be keys. */
static size_t pair_group(const struct key *keys, size_t count, struct key *out) {
    uint32_t earlier = keys[0].line;
    size_t n = 0;
    bool found = false;

    for (size_t i = 1; i < count; i++)
        if (keys[i].line < earlier)
            earlier = keys[i].line;
    for (size_t i = 0; i < count; i++) {
        uint32_t line = keys[i].line;
        if (line == earlier && !found)
            found = true;
        else
            out[n++] = (struct key){.hash = line, .line = earlier};
    }
    return n;
}

/* A row that has several keys of earlier rows counts once. */
static void find_repeats(struct rehearsal *rehearsal, struct rehearsal_repeats *out) {
    struct key *keys = rehearsal->keys;
    size_t count = rehearsal->key_count, pairs = 0;

    out->compared = count;
    sort_keys(keys, count, 63);
    for (size_t i = 0, next; i < count; i = next) {
        for (next = i + 1; next < count && keys[next].hash == keys[i].hash; next++)
            continue;
        pairs += pair_group(keys + i, next - i, keys + pairs);
    }
    sort_keys(keys, pairs, 63);
    for (size_t i = 0; i < pairs; i++) {
        if (i > 0 && keys[i].hash == keys[i - 1].hash)
            continue;
        if (out->rows++ >= REPEATS_SHOWN)
            continue;
        out->shown[out->shown_count].line = keys[i].hash;
        out->shown[out->shown_count++].earlier = keys[i].line;
    }
}

/* --- the walk --- */

static int rehearsal_read(struct rehearsal *rehearsal, struct err *err) {
    struct row *row = row_pool_get(&rehearsal->pool);
    struct place *place = &rehearsal->ring[rehearsal->head % RING];
    int rc = row == NULL ? err_nomem(err) : job_read(rehearsal->options.job, row, err);

    if (rc != 1) {
        if (row != NULL)
            row_pool_put(&rehearsal->pool, row);
        rehearsal->eof = true;
        return rc;
    }
    rehearsal->head++;
    *place = (struct place){.row = row};
    row->owner = place;
    if (note_keys(rehearsal, row) < 0)
        return err_nomem(err);
    if (rehearsal->planner == NULL || row->record.error_count > 0 || row->counted != 0)
        place->done = true;
    else
        planner_add(rehearsal->planner, row, false);
    return RC_OK;
}

static int rehearsal_hand_on(struct rehearsal *rehearsal) {
    int rc = RC_OK;

    while (rc == RC_OK && rehearsal->tail < rehearsal->head &&
           rehearsal->ring[rehearsal->tail % RING].done) {
        struct row *row = rehearsal->ring[rehearsal->tail % RING].row;
        rc = rehearsal->options.row(rehearsal->options.context, row);
        row_pool_put(&rehearsal->pool, row);
        rehearsal->tail++;
    }
    return rc;
}

static int rehearsal_turn(struct rehearsal *rehearsal, struct err *err) {
    struct courier *courier = site_courier(rehearsal->options.site);
    int rc = RC_OK;

    while (
        rc == RC_OK && !rehearsal->eof &&
        rehearsal->head - rehearsal->tail < rehearsal->ahead &&
        (rehearsal->planner == NULL || planner_count(rehearsal->planner) < PLANNED_MAX)) {
        rc = rehearsal_read(rehearsal, err);
        if (rc == RC_OK && rehearsal->head % ASK_EVERY == 0 &&
            env_interrupts(rehearsal->options.env) > 0)
            rc = err_set(err, RC_INTERRUPTED, "stopped by a signal");
    }
    if (rc == RC_OK)
        rc = rehearsal_hand_on(rehearsal);
    if (rc != RC_OK || rehearsal->planner == NULL || rehearsal->tail == rehearsal->head)
        return rc;
    rc = planner_poll(rehearsal->planner, true, err);
    if (rc == RC_OK && courier_poll(courier, POLL_MS, err) < 0)
        rc = RC_NOMEM;
    if (rc == RC_OK)
        rc = (int)courier_stopped(courier, err);
    if (rc == RC_OK && env_interrupts(rehearsal->options.env) > 0)
        rc = err_set(err, RC_INTERRUPTED, "stopped by a signal");
    return rc;
}

/* No answer may come for a planner that is gone. */
static void rehearsal_close(struct rehearsal *rehearsal) {
    struct courier *courier = site_courier(rehearsal->options.site);

    if (rehearsal->planner != NULL &&
        courier_in_flight(courier) + courier_waiting(courier) > 0) {
        courier_cancel(courier);
        while (courier_in_flight(courier) + courier_waiting(courier) > 0 &&
               courier_poll(courier, POLL_MS, NULL) >= 0)
            continue;
    }
    planner_free(rehearsal->planner);
    row_pool_fini(&rehearsal->pool);
    free(rehearsal->keys);
    free(rehearsal);
}

/* Which rows would be duplicates of each other: by match, else by e-mail where EspoCRM
 * compares that (espocrm-api, section 1.4). */
static void choose_keys(struct rehearsal *rehearsal, struct rehearsal_repeats *out) {
    static const char *const types[] = {"Lead", "Contact", "Account"};
    const struct job *job = rehearsal->options.job;
    const struct schema_attribute *const *all;
    size_t count, n = program_attributes(job->program, &all);

    if (program_match(job->program, 0, &count) != NULL) {
        out->by = "match key";
        return;
    }
    for (size_t i = 0; i < n; i++)
        if (strcmp(all[i]->name, "emailAddress") == 0)
            for (size_t k = 0; k < sizeof types / sizeof types[0]; k++)
                if (strcmp(mapping_entity_type(job->mapping), types[k]) == 0) {
                    rehearsal->email = all[i];
                    out->by = "emailAddress";
                }
}

int rehearsal_run(const struct rehearsal_options *options, struct rehearsal_repeats *out,
                  struct err *err) {
    struct rehearsal *rehearsal = calloc(1, sizeof *rehearsal);
    const struct planner_options plan = {
        .site = options->site,
        .job = options->job,
        .on_duplicate = options->on_duplicate,
        .planned = rehearsal_planned,
        .context = rehearsal,
    };
    int rc = RC_OK;

    memset(out, 0, sizeof *out);
    if (rehearsal == NULL)
        return err_nomem(err);
    rehearsal->options = *options;
    choose_keys(rehearsal, out);
    rehearsal->ahead = 1;
    if (planner_is_needed(options->job)) {
        rc = planner_new(&rehearsal->planner, &plan, err);
        rehearsal->ahead = RING;
    }
    while (rc == RC_OK && !(rehearsal->eof && rehearsal->tail == rehearsal->head))
        rc = rehearsal_turn(rehearsal, err);
    if (rc == RC_OK)
        find_repeats(rehearsal, out);
    rehearsal_close(rehearsal);
    return rc;
}
