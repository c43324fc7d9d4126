/* canary.c - keeps a row as a candidate when it shows something for the first time, then
 * takes the one that shows most of what is still missing, again and again.
 */
#include "flow/canary.h"

#include "flow/canary_traits.h"
#include "flow/rehearsal.h"
#include "flow/repeats.h"
#include "state/journal_plan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { KEYS_OF_ROW = 4, CANDIDATES_MAX = TRAITS_MAX + CANARY_MAX };

struct candidate {
    struct input_position at;
    unsigned char keys[KEYS_OF_ROW][KEYINDEX_KEY]; /* what its record is told by */
    size_t key_count;
    uint16_t traits[TRAITS_OF_ROW];
    size_t trait_count;
    bool taken;
};

struct chooser {
    const struct canary_options *options;
    struct canary_traits *traits;  /* owned */
    struct candidate **candidates; /* owned, each; in the file's order */
    size_t count, cap;
    struct keyindex *index;                  /* owned; of all rows that could be taken */
    const struct schema_attribute *by[3][2]; /* keys, where the mapping has no match */
    size_t by_count[3];
    struct arena arena; /* owned; of one row */
    struct err *err;
};

/* --- what a row's record is told by --- */

/* By what EspoCRM tells duplicates of a new record, where we do not match ourselves. */
static void find_keys(struct chooser *c) {
    static const char *const names[3][2] = {
        {"emailAddress", NULL}, {"firstName", "lastName"}, {"name", NULL}};
    const struct schema *schema = c->options->job->schema;

    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < 2 && names[i][k] != NULL; k++) {
            const struct schema_attribute *def = schema_find(schema, names[i][k]);
            if (def == NULL)
                continue;
            c->by[i][c->by_count[i]++] = def;
        }
}

static int add_key(struct candidate *candidate, int rc, const unsigned char *key) {
    if (rc == 1 && candidate->key_count < KEYS_OF_ROW)
        memcpy(candidate->keys[candidate->key_count++], key, KEYINDEX_KEY);
    return rc < 0 ? rc : RC_OK;
}

static int row_keys(struct chooser *c, const struct row *row, struct candidate *out) {
    const struct job *job = c->options->job;
    unsigned char key[KEYINDEX_KEY] = {0};
    size_t count;
    int rc = RC_OK;

    if (row->plan != NULL && row->plan->id != NULL) {
        size_t len = strlen(row->plan->id);
        memcpy(key, row->plan->id, len < sizeof key ? len : sizeof key);
        rc = add_key(out, 1, key);
    }
    for (size_t i = 0; rc == RC_OK && program_match(job->program, i, &count) != NULL; i++)
        rc = add_key(out, repeats_key(job, row, i, key), key);
    if (program_match(job->program, 0, &count) != NULL)
        return rc;
    for (size_t i = 0; rc == RC_OK && i < 3; i++)
        if (c->by_count[i] > 0)
            rc = add_key(out, repeats_key_by(row, c->by[i], c->by_count[i], key), key);
    return rc;
}

/* --- candidates --- */

/* May the row be taken? 1, 0, < 0. */
static int is_eligible(struct chooser *c, const struct row *row) {
    struct journal_plan plan;
    int rc = 1;

    if (row->record.error_count > 0 || row->number <= c->options->skip)
        return 0;
    if (c->options->plan != NULL) {
        rc = journal_get_plan(c->options->plan, row->line, &c->arena, &plan, c->err);
        arena_reset(&c->arena);
    }
    return rc;
}

static int keep_candidate(struct chooser *c, const struct candidate *candidate) {
    if (c->count == c->cap) {
        size_t cap = c->cap == 0 ? 64 : 2 * c->cap;
        struct candidate **more = realloc(c->candidates, cap * sizeof(void *));
        if (more == NULL)
            return err_nomem(c->err);
        c->candidates = more;
        c->cap = cap;
    }
    c->candidates[c->count] = malloc(sizeof *candidate);
    if (c->candidates[c->count] == NULL)
        return err_nomem(c->err);
    *c->candidates[c->count++] = *candidate;
    return RC_OK;
}

static int look_at_row(void *context, struct row *row) {
    struct chooser *c = context;
    struct candidate candidate = {
        .at = {.offset = row->offset, .line = row->line, .number = row->number}};
    const struct keyindex_row place = {
        .record = row->number, .line = row->line, .offset = row->offset};
    size_t fresh;
    int rc = is_eligible(c, row);

    if (rc != 1)
        return rc;
    if (row_keys(c, row, &candidate) < 0)
        return err_nomem(c->err);
    rc = RC_OK;
    for (size_t i = 0; rc == RC_OK && i < candidate.key_count; i++)
        rc = keyindex_add(c->index, candidate.keys[i], &place, c->err);
    if (rc != RC_OK)
        return rc;
    candidate.trait_count = canary_traits_of(c->traits, row, candidate.traits, &fresh);
    if (c->count < CANDIDATES_MAX && (fresh > 0 || c->count < c->options->count))
        return keep_candidate(c, &candidate);
    return RC_OK;
}

/* --- the choice --- */

static unsigned gain_of(const struct chooser *c, const struct candidate *candidate,
                        const bool *shown) {
    unsigned gain = 0;

    for (size_t i = 0; i < candidate->trait_count; i++)
        if (!shown[candidate->traits[i]])
            gain += canary_trait_weight(c->traits, candidate->traits[i]);
    return gain;
}

/* The one that shows most; where nothing is missing any more, the first. */
static struct candidate *best_of(const struct chooser *c, const bool *shown) {
    struct candidate *best = NULL;
    unsigned most = 0;

    for (size_t i = 0; i < c->count; i++) {
        unsigned gain = gain_of(c, c->candidates[i], shown);
        if (c->candidates[i]->taken || (best != NULL && gain <= most))
            continue;
        best = c->candidates[i];
        most = gain;
    }
    return best;
}

/* Where the first row of the file about the same record begins. */
static int first_of(struct chooser *c, const struct candidate *candidate,
                    struct input_position *out) {
    struct keyindex_row first;
    int rc = RC_OK;

    *out = candidate->at;
    for (size_t i = 0; rc >= 0 && i < candidate->key_count; i++) {
        rc = keyindex_next(c->index, candidate->keys[i], 0, &first, c->err);
        if (rc == 1 && first.record < out->number)
            *out = (struct input_position){
                .offset = first.offset, .line = first.line, .number = first.record};
    }
    return rc < 0 ? rc : RC_OK;
}

static void add_row(struct canary *out, const struct input_position *at) {
    size_t i = out->count;

    if (canary_has(out, at->number))
        return;
    while (i > 0 && out->rows[i - 1].number > at->number)
        i--;
    memmove(&out->rows[i + 1], &out->rows[i], (out->count - i) * sizeof out->rows[0]);
    out->rows[i] = *at;
    out->count++;
}

static int choose(struct chooser *c, struct canary *out) {
    bool shown[TRAITS_MAX] = {false};
    struct candidate *next;
    int rc = RC_OK;

    while (rc == RC_OK && out->count < c->options->count &&
           (next = best_of(c, shown)) != NULL) {
        struct input_position at;
        next->taken = true;
        rc = first_of(c, next, &at);
        if (rc == RC_OK)
            add_row(out, &at);
        for (size_t i = 0; i < next->trait_count; i++)
            shown[next->traits[i]] = true;
    }
    out->traits = canary_traits_count(c->traits);
    for (size_t i = 0; i < out->traits; i++)
        out->shown += shown[i];
    return rc;
}

int canary_choose(const struct canary_options *options, struct canary *out,
                  struct err *err) {
    struct chooser c = {.options = options, .err = err};
    struct rehearsal_repeats repeats;
    const struct rehearsal_options rehearsal = {
        .job = options->job,
        .site = options->site,
        .on_duplicate = options->on_duplicate,
        .env = options->env,
        .row = look_at_row,
        .context = &c,
    };
    int rc;

    memset(out, 0, sizeof *out);
    c.traits = canary_traits_new(options->job);
    rc = c.traits == NULL ? err_nomem(err) : keyindex_open(&c.index, err);
    find_keys(&c);
    if (rc == RC_OK)
        rc = rehearsal_run(&rehearsal, &repeats, err);
    if (rc == RC_OK)
        rc = choose(&c, out);
    if (rc == RC_OK)
        rc = job_rewind(options->job, err);
    for (size_t i = 0; i < c.count; i++)
        free(c.candidates[i]);
    free(c.candidates);
    keyindex_close(c.index);
    canary_traits_free(c.traits);
    arena_fini(&c.arena);
    return rc;
}

bool canary_has(const struct canary *canary, uint64_t record) {
    size_t low = 0, high = canary->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (canary->rows[middle].number == record)
            return true;
        if (canary->rows[middle].number < record)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* --- in the checkpoint: "number line offset, ..." --- */

static const char fact[] = "canary";

int canary_keep(struct journal *journal, const struct canary *canary, struct err *err) {
    struct buf text = {.max = 64 * 1024};
    int rc;

    for (size_t i = 0; i < canary->count; i++)
        (void)buf_append_format(&text, "%" PRIu64 " %" PRIu64 " %" PRIu64 ",",
                                canary->rows[i].number, canary->rows[i].line,
                                canary->rows[i].offset);
    rc = text.failed != RC_OK ? err_nomem(err)
                              : journal_set_text(journal, fact, buf_text(&text), err);
    buf_fini(&text);
    return rc;
}

int canary_load(struct journal *journal, struct canary *out, struct err *err) {
    const char *at = journal_text(journal, fact);

    memset(out, 0, sizeof *out);
    while (*at != '\0') {
        struct input_position *row = &out->rows[out->count];
        char *end;
        row->number = strtoull(at, &end, 10);
        row->line = strtoull(end, &end, 10);
        row->offset = strtoull(end, &end, 10);
        if (*end != ',' || ++out->count == CANARY_MAX)
            break;
        at = end + 1;
    }
    return out->count == CANARY_MAX || *at == '\0'
               ? RC_OK
               : journal_damaged(journal, err, "the rows of its canary cannot be read");
}
