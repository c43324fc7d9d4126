/* journal_record.h - what an export has read: kept in the checkpoint until all of it is
 * there, then read back in the order of the file.
 *
 * Records and how far each range of ids was read (journal_put_range()) are put in one
 * transaction: after a crash both tell the same. A record is kept once, whatever the
 * server lists.
 */
#ifndef STATE_JOURNAL_RECORD_H
#define STATE_JOURNAL_RECORD_H

#include "base/slice.h"
#include "state/journal.h"

enum journal_sort_kind { SORT_NULL, SORT_NUMBER, SORT_TEXT };

struct journal_record {
    struct slice id;
    enum journal_sort_kind sort; /* what it is ordered by, before its id */
    double number;               /* SORT_NUMBER */
    struct slice text;           /* SORT_TEXT: ordered byte by byte */
    struct slice cells;          /* any bytes */
};

/* Ids from behind `after` to `until`, both as the server orders them. */
struct journal_range {
    int64_t number;    /* from 0, in the order of the ids */
    const char *after; /* "" = from the first */
    const char *until; /* included; "" = to the last */
    bool done;         /* all were read */
};

/* Makes room for records; before the first one, in the transaction under way. */
int journal_begin_records(struct journal *journal, struct err *err);

/* 1 when it was put, 0 when one of that id is there already, < 0. */
int journal_put_record(struct journal *journal, const struct journal_record *record,
                       struct err *err);
int journal_put_range(struct journal *journal, const struct journal_range *range,
                      struct err *err);

/* Each range, in their order; borrowed during the call. */
typedef int journal_range_visit(void *context, const struct journal_range *range);
int journal_ranges(struct journal *journal, journal_range_visit *visit, void *context,
                   struct err *err);
int journal_count_records(struct journal *journal, uint64_t *out, struct err *err);

enum journal_order { ORDER_ID, ORDER_SORT, ORDER_SORT_DESCENDING, ORDER_RANDOM };

/* limit: 0 = all. next: 1 with *record (its texts are borrowed until the next call), 0,
 * < 0. */
int journal_records(struct journal *journal, enum journal_order order, uint64_t limit,
                    struct journal_cursor **out, struct err *err);
int journal_records_next(struct journal_cursor *cursor, struct journal_record *record,
                         struct err *err);
void journal_records_close(struct journal_cursor *cursor);

#endif
