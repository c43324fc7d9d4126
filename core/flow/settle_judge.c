/* settle_judge.c - pairs rows with records, and says what may be concluded from it.
 */
#include "flow/settle_judge.h"

#include "flow/settle_pair.h"

#include <stdlib.h>
#include <string.h>

static int compare_rows(const void *a, const void *b) {
    const struct row *x = *(struct row *const *)a, *y = *(struct row *const *)b;

    if (x->record.count != y->record.count)
        return x->record.count > y->record.count ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

void judge_sort(struct row **rows, size_t count) {
    qsort(rows, count, sizeof *rows, compare_rows);
}

int judge_prepare(struct judge *judge) {
    size_t n = judge->candidate_count;

    judge->like = calloc(judge->row_count * n + 1, 1);
    judge->of_row = calloc(judge->row_count + 1, sizeof *judge->of_row);
    judge->of_record = calloc(n + 1, sizeof *judge->of_record);
    judge->awaited = calloc(n + 1, 1);
    if (judge->like == NULL || judge->of_row == NULL || judge->of_record == NULL ||
        judge->awaited == NULL)
        return RC_NOMEM;
    for (size_t i = 0; i < judge->row_count; i++) {
        for (size_t k = 0; k < n; k++) {
            int like = judge->candidates[k].taken
                           ? LIKE_NOT
                           : settle_match_compare(judge->match, judge->rows[i],
                                                  &judge->candidates[k]);
            if (like < 0)
                return like;
            judge->like[i * n + k] = (unsigned char)like;
        }
    }
    settle_pair(judge->like, judge->row_count, n, judge->of_row, judge->of_record);
    return RC_OK;
}

void judge_fini(struct judge *judge) {
    free(judge->like);
    free(judge->of_row);
    free(judge->of_record);
    free(judge->awaited);
    judge->like = judge->awaited = NULL;
    judge->of_row = judge->of_record = NULL;
}

/* Has it been handed to the wire, and no answer come? One that waits in a lane has not
 * been sent, and one that changes a record has its own. */
static bool is_under_way(const struct row *row) {
    return row->state == ROW_INTENDED && row->ticket.blocked == 0 &&
           row->write.kind == WRITE_CREATE;
}

int judge_is_awaited(struct settle_match *match, const struct row_pool *pool,
                     const struct row *row, const struct candidate *candidate) {
    for (const struct row *other = pool == NULL ? NULL : pool->all; other != NULL;
         other = other->pool_next) {
        int like = LIKE_NOT;
        if (other != row && is_under_way(other))
            like = settle_match_compare(match, other, candidate);
        if (like < 0)
            return like;
        if (like != LIKE_NOT)
            return 1;
    }
    return 0;
}

static int is_awaited(struct judge *judge, size_t record) {
    if (judge->awaited[record] == 0) {
        int rc =
            judge_is_awaited(judge->match, judge->pool, NULL, &judge->candidates[record]);
        if (rc < 0)
            return rc;
        judge->awaited[record] = (unsigned char)(1 + rc);
    }
    return judge->awaited[record] == 2;
}

/* Whatever of it arrived was there when the look-up left. */
static bool is_in_time(const struct judge *judge, const struct row *row) {
    return judge->look_ms >= row->doubtful_ms + judge->settle_ms;
}

static unsigned char like_of(const struct judge *judge, size_t row, size_t record) {
    return judge->like[row * judge->candidate_count + record];
}

/* Could a record of another row, no twin of this one, still come and change who gets
 * `record`? */
static bool is_contested(const struct judge *judge, size_t row, size_t record) {
    bool late = !is_in_time(judge, judge->rows[row]);

    for (size_t i = 0; i < judge->row_count; i++)
        if (judge->rows[i]->print != judge->rows[row]->print &&
            like_of(judge, i, record) >= LIKE_MORE &&
            (late || !is_in_time(judge, judge->rows[i])))
            return true;
    return false;
}

static void name(struct judgement *out, size_t record) {
    if (out->named_count < JUDGE_NAMED_MAX)
        out->named[out->named_count] = record;
    out->named_count++;
}

/* What the records are to a row. */
struct findings {
    size_t spare;  /* they hold all that it sent, and no row has them */
    size_t doubts; /* they could be its own, and no row has them */
    bool early;    /* one that has what it could have had may yet find another */
    bool awaited;  /* one could be that of a row under way */
};

static int look_round(struct judge *judge, size_t row, struct findings *out) {
    memset(out, 0, sizeof *out);
    for (size_t k = 0; k < judge->candidate_count; k++) {
        unsigned char like = like_of(judge, row, k);
        size_t owner = judge->of_record[k];
        int awaited = like == LIKE_NOT ? 0 : is_awaited(judge, k);
        if (awaited < 0)
            return awaited;
        out->awaited = out->awaited || awaited == 1;
        if (like == LIKE_NOT || owner == row)
            continue;
        if (owner == SETTLE_UNPAIRED)
            *(like >= LIKE_MORE ? &out->spare : &out->doubts) += 1;
        else if (like >= LIKE_MORE && !is_in_time(judge, judge->rows[owner]))
            out->early = true;
    }
    return RC_OK;
}

/* The records without a row that are at least `like` this one's. */
static void name_unpaired(const struct judge *judge, size_t row, unsigned char like,
                          struct judgement *out) {
    for (size_t k = 0; k < judge->candidate_count; k++)
        if (judge->of_record[k] == SETTLE_UNPAIRED && like_of(judge, row, k) >= like)
            name(out, k);
}

int judge_row(struct judge *judge, size_t i, struct judgement *out) {
    size_t own = judge->of_row[i];
    struct findings found;
    int rc = look_round(judge, i, &found);

    memset(out, 0, sizeof *out);
    if (rc < 0 || found.awaited)
        return rc < 0 ? rc : RC_OK;
    if (own != SETTLE_UNPAIRED) {
        if (found.spare == 0 && is_contested(judge, i, own))
            return RC_OK;
        out->ruling = found.spare == 0 ? RULING_FOUND : RULING_MANY;
        name(out, own);
        if (found.spare > 0)
            name_unpaired(judge, i, LIKE_MORE, out);
        return RC_OK;
    }
    if (!is_in_time(judge, judge->rows[i]) || found.early)
        return RC_OK;
    out->ruling = found.doubts > 0 ? RULING_DIFFERS : RULING_ABSENT;
    if (found.doubts > 0)
        name_unpaired(judge, i, LIKE_PERHAPS, out);
    return RC_OK;
}
