/* settle.c - schedules look-ups for doubtful rows and judges what they find.
 *
 * What a look-up asks is settle_query.c's. Promises that no record is adopted twice: ids
 * that a row of this run owns (journal) and ids adopted in the same look are left out.
 */
#include "flow/settle.h"

#include "flow/settle_match.h"
#include "flow/settle_query.h"
#include "base/digest.h"
#include "model/schema.h"

#include <stdlib.h>
#include <string.h>

enum { LOOK_ROWS = 40, CANDIDATES = 200, LOOK_BYTES = 1 << 20, CONTESTED = 256 };

struct settler {
    struct settler_options options;
    struct row_queue rows;       /* waiting for their time */
    struct row *look[LOOK_ROWS]; /* being looked up */
    size_t look_count;
    size_t look_max;      /* how many rows a look may hold; shrinks when the
                                       answers overflow */
    int64_t look_sent_ms; /* when it left */
    bool looking;         /* parcel is under way */
    struct parcel parcel;
    struct row *narrow; /* to be looked up next, alone and more closely, or NULL */
    uint64_t contested[CONTESTED]; /* hashes of ids that several rows could own */
    size_t contested_count;
    struct buf path; /* owned */
    struct settle_match match;
};

int settler_new(struct settler **out, const struct settler_options *options,
                struct err *err) {
    struct settler *settler = calloc(1, sizeof *settler);

    *out = NULL;
    if (settler == NULL)
        return err_nomem(err);
    settler->options = *options;
    if (settler->options.page == 0 || settler->options.page > CANDIDATES)
        settler->options.page = CANDIDATES;
    settler->look_max = LOOK_ROWS;
    settler->path.max = LOOK_BYTES;
    if (settle_match_init(&settler->match, options->mapping, options->program) != RC_OK) {
        free(settler);
        return err_nomem(err);
    }
    *out = settler;
    return RC_OK;
}

void settler_free(struct settler *settler) {
    if (settler == NULL)
        return;
    buf_fini(&settler->path);
    settle_match_fini(&settler->match);
    free(settler);
}

static int64_t settler_now(const struct settler *settler) {
    return env_wall_ms(site_env(settler->options.site));
}

void settler_add(struct settler *settler, struct row *row) {
    int64_t now = settler_now(settler);

    if (row->doubtful_ms == 0 || row->doubtful_ms > now)
        row->doubtful_ms = now;
    row->look_at_ms = now;
    row_queue_push(&settler->rows, row);
}

size_t settler_count(const struct settler *settler) {
    return settler->rows.count + settler->look_count;
}

struct row *settler_take(struct settler *settler) {
    return row_queue_pop(&settler->rows);
}

/* A row behind another one in a lane is not looked up: what the one in front is about to
 * make could be taken for its own. */
static bool settler_may_look(const struct row *row) {
    return row->ticket.blocked == 0;
}

int64_t settler_wait_ms(const struct settler *settler) {
    int64_t now = settler_now(settler), next = INT64_MAX;

    if (settler->looking)
        return INT64_MAX;
    for (const struct row *row = settler->rows.first; row != NULL; row = row->next)
        if (settler_may_look(row) && row->look_at_ms < next)
            next = row->look_at_ms;
    if (next == INT64_MAX)
        return next;
    return next <= now ? 0 : next - now;
}

typedef bool row_test(struct settler *settler, const struct row *row, const void *with);

/* Rows inside that satisfy a test, those of the look that are not settled yet included.
 */
static size_t settler_rows_that(struct settler *settler, row_test *test,
                                const void *with) {
    size_t n = 0;

    for (size_t i = 0; i < settler->look_count; i++)
        n += settler->look[i] != NULL && test(settler, settler->look[i], with);
    for (const struct row *row = settler->rows.first; row != NULL; row = row->next)
        n += test(settler, row, with);
    return n;
}

static bool row_is_twin(struct settler *settler, const struct row *row,
                        const void *with) {
    (void)settler;
    return row->print == ((const struct row *)with)->print;
}

static bool row_equals(struct settler *settler, const struct row *row, const void *with) {
    return settle_match_equals(&settler->match, row, with);
}

static bool row_agrees(struct settler *settler, const struct row *row, const void *with) {
    return settle_match_agrees(&settler->match, row, with);
}

static bool row_resembles(struct settler *settler, const struct row *row,
                          const void *with) {
    return settle_match_resembles(&settler->match, row, with);
}

static void settler_report(struct settler *settler, struct row *row,
                           const struct settle_result *result) {
    settler->options.settled(settler->options.context, row, result);
}

static int settler_adopt(struct settler *settler, struct row *row,
                         struct candidate *candidate, const char *by) {
    struct settle_result result = {.verdict = SETTLE_FOUND, .matched_by = by};
    size_t missing[OUTCOME_MISSING_MAX];
    int n = write_compare(row->record.attributes, row->record.count, candidate->json,
                          missing, OUTCOME_MISSING_MAX);
    char *id = arena_copy(&row->arena, candidate->id.data, candidate->id.len);

    if (id == NULL)
        return RC_NOMEM;
    candidate->taken = true;
    result.id = id;
    result.missing = missing;
    for (int i = 0; i < n && i < OUTCOME_MISSING_MAX; i++) {
        const struct attribute *a = &row->record.attributes[missing[i]];
        if (settle_query_lists(a)) /* else the list cannot show it: nothing is known */
            missing[result.missing_count++] = missing[i];
    }
    settler_report(settler, row, &result);
    return RC_OK;
}

static bool settler_unknown(struct settler *settler, struct row *row, const char *why) {
    struct settle_result result = {.verdict = SETTLE_UNKNOWN, .message = why};

    settler_report(settler, row, &result);
    return true;
}

/* Adopts the record that equals the row; true when the row is through. */
static bool settler_judge_equal(struct settler *settler, struct row *row,
                                struct candidate *candidates, size_t count) {
    struct candidate *found = NULL;
    size_t n = 0;

    for (size_t i = 0; i < count; i++)
        if (!candidates[i].taken &&
            settle_match_equals(&settler->match, row, &candidates[i]))
            found = n++ == 0 ? &candidates[i] : found;
    if (n == 0)
        return false;
    if (n > settler_rows_that(settler, row_is_twin, row))
        return settler_unknown(settler, row,
                               "more records like this row were made during the run than "
                               "rows could have made");
    return settler_adopt(settler, row, found, "fingerprint") == RC_OK;
}

/* What several rows could own is nobody's from now on: the last one that asks has no
 * better claim than the first. */
static void settler_contest(struct settler *settler, const struct candidate *candidate) {
    if (candidate != NULL && settler->contested_count < CONTESTED)
        settler->contested[settler->contested_count++] =
            digest_fnv(DIGEST_FNV_SEED, candidate->id);
}

static bool settler_is_contested(const struct settler *settler,
                                 const struct candidate *candidate) {
    uint64_t hash = digest_fnv(DIGEST_FNV_SEED, candidate->id);

    for (size_t i = 0; i < settler->contested_count; i++)
        if (settler->contested[i] == hash)
            return true;
    return false;
}

/* The records that could be the row's though none equals it. What equals, or agrees
 * better with, another row in doubt is that one's. */
struct likeness {
    struct candidate *agreeing; /* the first that differs in what is missing only */
    struct candidate *like;     /* the first that has its key */
    size_t agree_count, like_count;
};

static struct likeness settler_compare(struct settler *settler, const struct row *row,
                                       struct candidate *candidates, size_t count) {
    struct likeness found = {0};

    for (size_t i = 0; i < count; i++) {
        struct candidate *candidate = &candidates[i];
        if (candidate->taken || settler_rows_that(settler, row_equals, candidate) > 0)
            continue;
        if (settle_match_agrees(&settler->match, row, candidate)) {
            if (found.agree_count++ == 0)
                found.agreeing = candidate;
        } else if (settle_match_resembles(&settler->match, row, candidate) &&
                   settler_rows_that(settler, row_agrees, candidate) == 0) {
            if (found.like_count++ == 0)
                found.like = candidate;
        }
    }
    return found;
}

/* Judges a row of which there is no equal record; false when it has to be looked up again
 * later. */
static bool settler_judge_rest(struct settler *settler, struct row *row,
                               struct candidate *candidates, size_t count,
                               bool overflow) {
    const struct settle_result absent = {.verdict = SETTLE_ABSENT};
    const char *key = settle_match_key(&settler->match, row);
    struct likeness found;
    size_t twins;

    /* what is not equal may be another row's whose answer is on its way */
    if (settler->look_sent_ms < row->doubtful_ms + settler->options.settle_ms)
        return false;
    found = settler_compare(settler, row, candidates, count);
    twins = settler_rows_that(settler, row_is_twin, row);
    if (found.agree_count > 0 && found.agree_count <= twins &&
        !settler_is_contested(settler, found.agreeing) &&
        settler_rows_that(settler, row_agrees, found.agreeing) <= twins)
        return settler_adopt(settler, row, found.agreeing, key) == RC_OK;
    if (found.agree_count == 0 && found.like_count == 1 &&
        !settler_is_contested(settler, found.like) &&
        settler_rows_that(settler, row_resembles, found.like) == 1)
        return settler_adopt(settler, row, found.like, key) == RC_OK;
    if (found.agree_count + found.like_count > 0) {
        settler_contest(settler, found.agreeing);
        settler_contest(settler, found.like);
        return settler_unknown(settler, row,
                               "records that could be this row's were made during the "
                               "run, but differ from it");
    }
    if (overflow)
        return settler_unknown(settler, row,
                               "too many records were made during the run to tell "
                               "whether one is this row's");
    settler_report(settler, row, &absent);
    return true;
}

static void settler_again(struct settler *settler, struct row *row) {
    row->look_at_ms = row->doubtful_ms + settler->options.settle_ms;
    row_queue_push(&settler->rows, row);
}

/* Records that a row of this run owns already are nobody else's. */
static int settler_read(struct settler *settler, struct slice body,
                        struct candidate *candidates) {
    int n = candidates_read(body, candidates, CANDIDATES);

    for (int i = 0; i < n; i++) {
        char id[64];
        memcpy(id, candidates[i].id.data, candidates[i].id.len);
        id[candidates[i].id.len] = '\0';
        if (journal_owns_id(settler->options.journal, id))
            candidates[i].taken = true;
    }
    return n;
}

static void settler_give_up(struct settler *settler, const char *why) {
    struct settle_result result = {.verdict = SETTLE_UNKNOWN, .message = why};

    for (size_t i = 0; i < settler->look_count; i++) {
        struct row *row = settler->look[i];
        settler->look[i] = NULL;
        settler_report(settler, row, &result);
    }
}

/* The look has told nothing: its rows wait for the next one. */
static void settler_put_back(struct settler *settler) {
    for (size_t i = 0; i < settler->look_count; i++)
        row_queue_push(&settler->rows, settler->look[i]);
    settler->look_count = 0;
}

static void settler_judge_all(struct settler *settler, struct slice body) {
    struct candidate candidates[CANDIDATES];
    int n = settler_read(settler, body, candidates);
    bool overflow = n >= (int)settler->options.page;

    if (n < 0) {
        settler_give_up(settler, "the look-up's answer could not be read");
        return;
    }
    if (overflow && settler->look_count > 1) { /* ask for fewer rows, then judge */
        settler->look_max = settler->look_count / 2;
        settler_put_back(settler);
        return;
    }
    if (overflow && settler->narrow == NULL) { /* ask more closely, then judge */
        settler->narrow = settler->look[0];
        settler_put_back(settler);
        return;
    }
    settler->look_max = LOOK_ROWS;
    settler->narrow = NULL;
    for (size_t i = 0; i < settler->look_count; i++) {
        settler->look[i]->looks++;
        if (settler_judge_equal(settler, settler->look[i], candidates, (size_t)n))
            settler->look[i] = NULL;
    }
    for (size_t i = 0; i < settler->look_count; i++) {
        struct row *row = settler->look[i];
        if (row == NULL)
            continue;
        if (!settler_judge_rest(settler, row, candidates, (size_t)n, overflow))
            settler_again(settler, row);
        settler->look[i] = NULL;
    }
}

static void settler_done(struct parcel *parcel, const struct verdict *verdict,
                         const struct answer *answer) {
    struct settler *settler = parcel->tag;

    settler->looking = false;
    if (verdict->action == VERDICT_DONE) {
        settler_judge_all(settler, answer->body);
    } else if (verdict->action == VERDICT_ROW_FAILED) {
        settler_give_up(settler, verdict->message);
    } else { /* the run is being stopped: they stay doubtful */
        settler_put_back(settler);
    }
    settler->look_count = 0;
}

static bool settler_takes(const struct settler *settler, const struct row *row,
                          int64_t now) {
    if (settler->narrow != NULL)
        return row == settler->narrow;
    return settler_may_look(row) && row->look_at_ms <= now &&
           settler->look_count < settler->look_max &&
           settle_query_fits(settler->look, settler->look_count, row);
}

int settler_poll(struct settler *settler, struct err *err) {
    int64_t now = settler_now(settler);
    struct row_queue rest = {NULL, NULL, 0};
    struct row *row;
    int rc;

    if (settler->looking || settler->rows.count == 0 || settler_wait_ms(settler) > 0)
        return RC_OK;
    while ((row = row_queue_pop(&settler->rows)) != NULL) {
        if (settler_takes(settler, row, now))
            settler->look[settler->look_count++] = row;
        else
            row_queue_push(&rest, row);
    }
    settler->rows = rest;
    if (settler->look_count == 0)
        return RC_OK;
    memset(&settler->parcel, 0, sizeof settler->parcel);
    while ((rc = settle_query_build(&settler->options, settler->look, settler->look_count,
                                    settler->narrow != NULL, &settler->path)) ==
               RC_LIMIT &&
           settler->look_count > 1)
        row_queue_push(&settler->rows, settler->look[--settler->look_count]);
    if (rc != RC_OK) {
        settler_put_back(settler);
        return rc == RC_NOMEM ? err_nomem(err)
                              : err_set(err, RC_SERVER, "a look-up would be too long");
    }
    settler->parcel.request.method = METHOD_GET;
    settler->parcel.request.path = buf_text(&settler->path);
    settler->parcel.request.no_total = true;
    settler->parcel.urgent = true;
    settler->parcel.done = settler_done;
    settler->parcel.tag = settler;
    settler->look_sent_ms = now;
    settler->looking = true;
    courier_send(site_courier(settler->options.site), &settler->parcel);
    return RC_OK;
}
