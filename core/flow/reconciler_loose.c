/* reconciler_loose.c - rows that the database alone takes for some record: "Muller" for
 * "Müller".
 *
 * A question is about many rows, and which of them a record has come for is not said.
 * Where it is not plain (match_loosely() without a guess), the rows are asked for once
 * more by halves, so that what is found of a row does not depend on the rows beside it.
 * Rules of several attributes bring records that are no row's, a first name of one and a
 * last name of another: there a record must at least be like the row.
 */
#include "flow/reconciler_private.h"

#include "flow/repeats.h"
#include "plan/match.h"

enum { KEY_BYTES = 64 * 1024 };

enum likeness { LIKE_NOT, LIKE_GUESSED, LIKE_SURELY };

/* What is asked, and what is kept for the question. */
struct loosely {
    struct reconciler *r;
    const struct schema_attribute *const *by;
    size_t by_count, rule;
    bool whole;
    struct buf ours, theirs; /* scratch */
};

static enum likeness compare(struct loosely *it, const struct reconcile_item *item,
                             bool reversed) {
    enum likeness like = LIKE_SURELY;

    for (size_t k = 0; k < it->by_count; k++) {
        bool guessed;
        buf_reset(&it->ours);
        buf_reset(&it->theirs);
        if (match_normalize(&it->ours, it->by[k], repeats_value(item->row, it->by[k])) <
                0 ||
            match_record_key(&it->theirs, it->by[k], buf_slice(&it->r->pack), reversed) <
                0 ||
            match_loosely(buf_slice(&it->ours), buf_slice(&it->theirs), &guessed) == 0)
            return LIKE_NOT;
        if (guessed)
            like = LIKE_GUESSED;
    }
    return like;
}

static enum likeness likeness_of(struct loosely *it, const struct reconcile_item *item) {
    enum likeness plain = compare(it, item, false), reversed = LIKE_NOT;

    for (size_t k = 0; plain != LIKE_SURELY && k < it->by_count; k++)
        if (it->by[k]->person_name)
            reversed = compare(it, item, true);
    return plain > reversed ? plain : reversed;
}

static bool is_equal_to_some(const struct reconciler *r, int64_t place) {
    for (size_t i = 0; i < r->count; i++)
        for (size_t k = 0; k < r->items[i].found; k++)
            if (r->items[i].places[k] == place)
                return true;
    return false;
}

/* Gives a record that came for rows from..to to those that it is like: 1 = it may be
 * one's of which that is not sure. */
static int give(struct loosely *it, int64_t place, size_t from, size_t to, bool alone,
                struct err *err) {
    struct reconciler *r = it->r;
    bool outside, any = false, sure = false;
    int rc;

    buf_reset(&r->id);
    buf_reset(&r->pack);
    rc = journal_get_record(r->options->journal, place, &r->id, &r->pack, &outside, err);
    for (size_t i = from; rc >= 0 && i < to; i++) {
        struct reconcile_item *item = &r->items[i];
        enum likeness like;
        if (!reconciler_wants(r, item, it->rule))
            continue;
        like = likeness_of(it, item);
        any = any || like == LIKE_GUESSED;
        if (like != LIKE_SURELY &&
            !(alone && (it->by_count == 1 || like == LIKE_GUESSED)))
            continue;
        sure = true;
        item->rule = it->rule;
        if (reconciler_add_place(item, place, &item->loose) < 0)
            return err_nomem(err);
    }
    if (rc < 0 || sure)
        return rc < 0 ? rc : RC_OK;
    return any || (it->by_count == 1 && !is_equal_to_some(r, place));
}

static size_t count_open(const struct loosely *it, size_t from, size_t to) {
    size_t count = 0;

    for (size_t i = from; i < to; i++)
        count += reconciler_wants(it->r, &it->r->items[i], it->rule);
    return count;
}

/* Where the second half of the open rows begins. */
static size_t middle(const struct loosely *it, size_t from, size_t open) {
    for (size_t count = 0; count < open / 2; from++)
        count += reconciler_wants(it->r, &it->r->items[from], it->rule);
    return from;
}

static int settle(struct loosely *it, size_t from, size_t to, size_t asked,
                  struct err *err);

static int ask_part(struct loosely *it, size_t from, size_t to, struct err *err) {
    const struct reconcile_question question = {
        .rule = it->rule, .whole = it->whole, .from = from, .to = to};
    size_t open = count_open(it, from, to);
    int rc = reconciler_ask(it->r, &question, err);

    return rc == RC_OK ? settle(it, from, to, open, err) : rc;
}

/* r->came is the answer about `asked` of the rows from..to. */
static int settle(struct loosely *it, size_t from, size_t to, size_t asked,
                  struct err *err) {
    size_t open = count_open(it, from, to), half;
    bool unsure = false;
    int rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && open > 0 && i < it->r->came.count; i++) {
        rc = give(it, it->r->came.places[i], from, to, asked == 1, err);
        unsure = unsure || rc == 1;
        rc = rc == 1 ? RC_OK : rc;
    }
    if (rc != RC_OK || !unsure || asked == 1)
        return rc;
    if (open == 1)
        return ask_part(it, from, to, err);
    half = middle(it, from, open);
    rc = ask_part(it, from, half, err);
    return rc == RC_OK ? ask_part(it, half, to, err) : rc;
}

int reconciler_match_loosely(struct reconciler *r, size_t rule, bool whole, size_t asked,
                             struct err *err) {
    struct loosely it = {.r = r,
                         .rule = rule,
                         .whole = whole,
                         .ours = {.max = KEY_BYTES},
                         .theirs = {.max = KEY_BYTES}};
    int rc;

    it.by = program_match(r->options->job->program, rule, &it.by_count);
    rc = settle(&it, 0, r->count, asked, err);
    buf_fini(&it.ours);
    buf_fini(&it.theirs);
    return rc;
}
