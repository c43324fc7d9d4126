/* tally.c - counts rows by where they ended, and checks the sum. */
#include "flow/tally.h"

#include <inttypes.h>
#include <string.h>

static uint64_t *tally_place(struct tally *tally, enum row_state state) {
    switch (state) {
    case ROW_CREATED: return &tally->created;
    case ROW_UPDATED: return &tally->updated;
    case ROW_UNCHANGED: return &tally->unchanged;
    case ROW_SKIPPED: return &tally->skipped;
    case ROW_DELETED: return &tally->deleted;
    case ROW_FAILED: return &tally->failed;
    case ROW_INTENDED:
    case ROW_DOUBTFUL:
    case ROW_UNKNOWN: return &tally->unknown;
    case ROW_NEW:
    case ROW_STATE_COUNT: break;
    }
    return &tally->unprocessed;
}

void tally_move(struct tally *tally, enum row_state from, enum row_state to) {
    uint64_t *left = tally_place(tally, from);

    if (*left > 0)
        (*left)--;
    (*tally_place(tally, to))++;
    if (from == ROW_INTENDED && tally->under_way > 0)
        tally->under_way--;
    tally->under_way += to == ROW_INTENDED;
}

struct tally tally_so_far(const struct tally *tally) {
    struct tally now = *tally;

    now.unknown -= now.under_way;
    now.unprocessed += now.under_way;
    now.under_way = 0;
    return now;
}

int tally_load(struct tally *tally, struct journal *journal, uint64_t rows,
               struct err *err) {
    uint64_t counts[ROW_STATE_COUNT];
    uint64_t in_journal = 0;
    int rc = journal_count(journal, counts, err);

    memset(tally, 0, sizeof *tally);
    tally->rows = rows;
    if (rc != RC_OK)
        return rc;
    for (int i = 0; i < ROW_STATE_COUNT; i++) {
        *tally_place(tally, (enum row_state)i) += counts[i];
        in_journal += counts[i];
    }
    tally->under_way = counts[ROW_INTENDED];
    if (in_journal < rows)
        tally->unprocessed += rows - in_journal;
    return journal_count_warnings(journal, &tally->warnings, err);
}

int tally_verify(const struct tally *tally, struct err *err) {
    uint64_t sum = tally->created + tally->updated + tally->unchanged + tally->skipped +
                   tally->deleted + tally->failed + tally->unknown + tally->unprocessed;

    if (sum == tally->rows)
        return RC_OK;
    (void)err_set(err, RC_LOCAL,
                  "the counts do not add up: %" PRIu64 " rows read, %" PRIu64
                  " accounted for",
                  tally->rows, sum);
    err_advise(err, "this is a fault of the program: keep the checkpoint and report it");
    return RC_LOCAL;
}
