/* settle.c - looks rows in doubt up, and carries out what is concluded from it.
 *
 * What a look-up asks is settle_query.c's, whose a record is is settle_judge.c's.
 * Promises that no record is adopted twice: ids that a row of this run owns (journal),
 * that were there before it (settle_begin.c) or that an unknown row has named are nobody
 * else's.
 */
#include "flow/settle.h"

#include "flow/hidden.h"
#include "flow/look_times.h"
#include "flow/settle_begin.h"
#include "flow/settle_judge.h"
#include "flow/settle_match.h"
#include "flow/settle_query.h"

#include <stdlib.h>
#include <string.h>

enum { LOOK_ROWS = 40, CANDIDATES = 200, LOOK_BYTES = 1 << 20, WORDS_BYTES = 2048 };

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
    enum closeness closeness;
    bool identified;  /* all records of the full answer had an identity: it is stored */
    bool suspicious;  /* there are unknown rows: records that they named are nobody's */
    struct buf path;  /* owned */
    struct buf words; /* owned; of a message */
    struct settle_match match;
    struct settle_begin begin;
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
    settler->words.max = WORDS_BYTES;
    settle_match_init(&settler->match, options->mapping, options->program);
    *out = settler;
    return RC_OK;
}

void settler_free(struct settler *settler) {
    if (settler == NULL)
        return;
    buf_fini(&settler->path);
    buf_fini(&settler->words);
    settle_match_fini(&settler->match);
    settle_begin_fini(&settler->begin);
    free(settler);
}

int settler_begin(struct settler *settler, bool fresh, struct err *err) {
    uint64_t counts[ROW_STATE_COUNT];
    int rc;

    if (fresh)
        return settle_begin_ask(&settler->begin, &settler->options, err);
    rc = journal_count(settler->options.journal, counts, err);
    if (rc != RC_OK)
        return rc;
    settler->suspicious = counts[ROW_UNKNOWN] > 0;
    return settle_begin_load(&settler->begin, settler->options.journal) == RC_OK
               ? RC_OK
               : err_nomem(err);
}

static int64_t settler_now(const struct settler *settler) {
    return env_wall_ms(site_env(settler->options.site));
}

void settler_add(struct settler *settler, struct row *row) {
    int64_t now = settler_now(settler);

    if (row->doubtful_ms == 0 || row->doubtful_ms > now)
        row->doubtful_ms = now;
    row->look_at_ms = look_first_ms(row->doubtful_ms, settler->options.settle_ms,
                                    settler->options.looks);
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

static void settler_report(struct settler *settler, struct row *row,
                           const struct settle_result *result) {
    if (result->verdict == SETTLE_UNKNOWN)
        settler->suspicious = true;
    settler->options.settled(settler->options.context, row, result);
}

/* Its id as a text; out holds ID_SIZE. */
enum { ID_SIZE = 72 };
static const char *candidate_id(const struct candidate *candidate, char out[ID_SIZE]) {
    size_t len = candidate->id.len < ID_SIZE ? candidate->id.len : ID_SIZE - 1;

    memcpy(out, candidate->id.data, len);
    out[len] = '\0';
    return out;
}

static void settler_mark(struct settler *settler, struct candidate *candidate) {
    char id[ID_SIZE];

    (void)candidate_id(candidate, id);
    candidate->taken = candidate->taken ||
                       settle_begin_has(&settler->begin, candidate->id) ||
                       journal_owns_id(settler->options.journal, id);
    candidate->suspect = !candidate->taken && settler->suspicious &&
                         journal_suspects_id(settler->options.journal, id);
}

static bool settler_adopt(struct settler *settler, struct row *row,
                          const struct candidate *candidate) {
    struct settle_result result = {.verdict = SETTLE_FOUND, .matched_by = "fingerprint"};

    if (row->identity.len > 0 && slice_equal(row->identity, candidate->identity))
        result.matched_by = "identity";
    result.id = arena_copy(&row->arena, candidate->id.data, candidate->id.len);
    if (result.id == NULL)
        return false;
    settler_report(settler, row, &result);
    return true;
}

static void settler_unknown(struct settler *settler, struct row *row, const char *why) {
    struct settle_result result = {.verdict = SETTLE_UNKNOWN, .message = why};

    settler_report(settler, row, &result);
}

/* Says why, and which records to look at: these ids are what keeps the records from
 * being taken for other rows' later on. */
static void settler_unknown_among(struct settler *settler, struct row *row,
                                  const struct judgement *judgement,
                                  const struct candidate *candidates) {
    const bool many = judgement->ruling == RULING_MANY;
    struct buf *words = &settler->words;

    buf_reset(words);
    (void)buf_append_text(
        words, many ? "the answer was lost, and more records like this row were made "
                      "during the run than rows could have made; look at "
                    : "the answer was lost, and a record that could be this row's is "
                      "not as it was sent; look at ");
    for (size_t i = 0; i < judgement->named_count && i < JUDGE_NAMED_MAX; i++) {
        if (i > 0)
            (void)buf_append_text(words, ", ");
        (void)buf_append_slice(words, candidates[judgement->named[i]].id);
    }
    if (judgement->named_count > JUDGE_NAMED_MAX)
        (void)buf_append_format(words, " and %zu more",
                                judgement->named_count - JUDGE_NAMED_MAX);
    settler_unknown(settler, row, buf_text(words));
}

static void settler_again(struct settler *settler, struct row *row) {
    row->look_at_ms = look_next_ms(row->doubtful_ms, settler->options.settle_ms,
                                   settler->options.looks, settler_now(settler));
    row_queue_push(&settler->rows, row);
}

static void settler_give_up(struct settler *settler, const char *why) {
    for (size_t i = 0; i < settler->look_count; i++) {
        struct row *row = settler->look[i];
        settler->look[i] = NULL;
        settler_unknown(settler, row, why);
    }
    settler->narrow = NULL;
    settler->closeness = LOOK_WIDE;
}

/* The look has told nothing: its rows wait for the next one. */
static void settler_put_back(struct settler *settler) {
    for (size_t i = 0; i < settler->look_count; i++)
        row_queue_push(&settler->rows, settler->look[i]);
    settler->look_count = 0;
}

/* An answer that is full says nothing about what is missing in it: it is asked for fewer
 * rows, then for one alone and more closely; then by what only its record can have. */
static bool settler_asks_closer(struct settler *settler) {
    if (settler->look_count > 1)
        settler->look_max = settler->look_count / 2;
    else if (settler->narrow == NULL)
        settler->closeness = LOOK_NARROW;
    else if (settler->closeness == LOOK_NARROW && settler->look[0]->identity.len > 0)
        settler->closeness = LOOK_IDENTITY;
    else
        return false;
    settler->narrow = settler->look_count > 1 ? NULL : settler->look[0];
    settler_put_back(settler);
    return true;
}

/* A record that the role hides looks like one that is not there. */
static bool settler_would_see(const struct settler *settler, const struct row *row) {
    return settler->options.schema == NULL ||
           hidden_is_shown(settler->options.schema, row);
}

static void settler_execute(struct settler *settler, struct row *row,
                            const struct judgement *judgement,
                            const struct candidate *candidates, bool overflow) {
    const struct settle_result absent = {.verdict = SETTLE_ABSENT};

    row->looks++;
    switch (judgement->ruling) {
    case RULING_AGAIN: settler_again(settler, row); break;
    case RULING_FOUND:
        if (!settler_adopt(settler, row, &candidates[judgement->named[0]]))
            settler_again(settler, row);
        break;
    case RULING_ABSENT:
        if (overflow)
            settler_unknown(settler, row,
                            "too many records were made during the run to tell whether "
                            "one is this row's");
        else if (!settler_would_see(settler, row))
            settler_unknown(settler, row,
                            "the answer was lost, and your role does not show this "
                            "record, should it be there: it is not assigned to you");
        else
            settler_report(settler, row, &absent);
        break;
    case RULING_MANY:
    case RULING_DIFFERS:
        settler_unknown_among(settler, row, judgement, candidates);
        break;
    }
}

static bool settler_is_in_look(const struct settler *settler, const struct row *row) {
    for (size_t i = 0; i < settler->look_count; i++)
        if (settler->look[i] == row)
            return true;
    return false;
}

/* All rows in doubt, those of the look and those that wait; NULL when memory is out. */
static struct row **settler_rows(const struct settler *settler, size_t *count) {
    struct row **rows = calloc(settler_count(settler) + 1, sizeof *rows);
    size_t n = 0;

    if (rows == NULL)
        return NULL;
    for (size_t i = 0; i < settler->look_count; i++)
        rows[n++] = settler->look[i];
    for (struct row *row = settler->rows.first; row != NULL; row = row->next)
        rows[n++] = row;
    judge_sort(rows, n);
    *count = n;
    return rows;
}

/* Every row is judged by the same pairing, before anything is done about any. */
static void settler_judge(struct settler *settler, struct candidate *candidates,
                          size_t count, bool overflow) {
    struct judgement judgements[LOOK_ROWS] = {{0}};
    struct row *judged[LOOK_ROWS];
    struct judge judge = {.match = &settler->match,
                          .pool = settler->options.pool,
                          .candidates = candidates,
                          .candidate_count = count,
                          .look_ms = settler->look_sent_ms,
                          .settle_ms = settler->options.settle_ms};
    struct row **rows = settler_rows(settler, &judge.row_count);
    size_t n = 0;
    int rc = rows == NULL ? RC_NOMEM : RC_OK;

    judge.rows = rows;
    if (rc == RC_OK)
        rc = judge_prepare(&judge);
    for (size_t i = 0; rc == RC_OK && i < judge.row_count; i++) {
        if (!settler_is_in_look(settler, rows[i]))
            continue;
        rc = judge_row(&judge, i, &judgements[n]);
        judged[n++] = rows[i];
    }
    if (rc == RC_OK) {
        settler->look_count = 0;
        for (size_t i = 0; i < n; i++)
            settler_execute(settler, judged[i], &judgements[i], candidates, overflow);
    } else { /* no memory now, perhaps later */
        for (size_t i = 0; i < settler->look_count; i++)
            settler_again(settler, settler->look[i]);
    }
    judge_fini(&judge);
    free(rows);
}

static bool are_identified(const struct candidate *candidates, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (candidates[i].identity.len == 0)
            return false;
    return true;
}

static void settler_judge_all(struct settler *settler, struct slice body) {
    struct candidate candidates[CANDIDATES];
    int n = settle_match_read(&settler->match, body, candidates, CANDIDATES);
    bool overflow = n >= (int)settler->options.page;

    if (n < 0) {
        settler_give_up(settler, "the answer was lost, and the look-up's answer could "
                                 "not be read");
        return;
    }
    if (overflow && settler->closeness != LOOK_IDENTITY)
        settler->identified = are_identified(candidates, (size_t)n);
    if (overflow && settler_asks_closer(settler))
        return;
    if (settler->closeness == LOOK_IDENTITY && !settler->identified)
        overflow = true; /* it may be there without one */
    settler->look_max = LOOK_ROWS;
    settler->narrow = NULL;
    settler->closeness = LOOK_WIDE;
    for (int i = 0; i < n; i++)
        settler_mark(settler, &candidates[i]);
    settler_judge(settler, candidates, (size_t)n, overflow);
}

bool settler_claims(struct settler *settler, const struct row *row, struct slice record) {
    struct candidate candidate;
    int like;

    if (settle_match_read_one(&settler->match, record, &candidate) != RC_OK)
        return false;
    settler_mark(settler, &candidate);
    if (candidate.taken)
        return false;
    like = settle_match_compare(&settler->match, row, &candidate);
    if (like < LIKE_MORE ||
        judge_is_awaited(&settler->match, settler->options.pool, row, &candidate) != 0)
        return false;
    for (const struct row *other = settler->rows.first; other != NULL;
         other = other->next)
        if (other->print != row->print &&
            settle_match_compare(&settler->match, other, &candidate) >= like)
            return false;
    return true;
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
                                    settler->closeness, &settler->path)) == RC_LIMIT &&
           settler->look_count > 1)
        row_queue_push(&settler->rows, settler->look[--settler->look_count]);
    if (rc != RC_OK) {
        settler_put_back(settler);
        return rc == RC_NOMEM
                   ? err_nomem(err)
                   : err_set(err, RC_SERVER,
                             "a look-up would need an address (URL) that is too long");
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
