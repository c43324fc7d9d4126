/* journal_pair.h - what a reconciliation has found: each row of the file, and which
 * record of the table `record` (journal_record.h) it is about.
 *
 * Rows are put in the order of the file, each once; reading goes on behind the last.
 * When all are there, journal_settle_pairs() finds the rows that are about one record.
 */
#ifndef STATE_JOURNAL_PAIR_H
#define STATE_JOURNAL_PAIR_H

#include "base/slice.h"
#include "state/journal.h"

/* The numbers are part of the file format. */
enum pair_class {
    PAIR_EQUAL = 0,
    PAIR_DIFFERENT = 1,
    PAIR_ONLY_FILE = 2,
    PAIR_AMBIGUOUS = 3, /* several records, or several rows of one key */
    PAIR_FAILED = 4,    /* unreadable, or not to be converted */
    PAIR_CLASS_COUNT
};

struct journal_pair {
    uint64_t number; /* of the row in the file, from 1 */
    uint64_t line;   /* physical line of its first byte */
    enum pair_class class;
    int64_t place;       /* of its record; 0 = none */
    struct slice key;    /* what it is told by, any bytes; empty = nothing */
    struct slice detail; /* any bytes; what they mean is the caller's affair */
    bool based;          /* it was in the base of a three-way comparison */
    bool weak;           /* ambiguous: only the database takes its records for equal;
                            different: only in cells that cannot be read;
                            failed: about no record, whatever is there */
};

/* A row with its record, or a record that no row is about (number 0). */
struct journal_found {
    struct journal_pair pair;
    struct slice id, record; /* empty when there is none */
    bool outside;            /* as it was put */
};

/* Makes room, in the transaction under way. */
int journal_begin_pairs(struct journal *journal, struct err *err);
int journal_put_pair(struct journal *journal, const struct journal_pair *pair,
                     struct err *err);

/* One of several records that a row may be about: no row is known to lack it. */
int journal_put_candidate(struct journal *journal, int64_t place, uint64_t number,
                          struct err *err);

/* A record that no row is about was in the base. Its row's is said in the pair. */
int journal_put_based(struct journal *journal, int64_t place, struct err *err);

/* The number of the last row that was put; 0 = none. */
int journal_last_pair(struct journal *journal, uint64_t *number, struct err *err);

/* The place of a record: 1, 0, < 0. */
int journal_find_record(struct journal *journal, struct slice id, int64_t *place,
                        struct err *err);

/* A record by its place: 1 with id and record appended, 0, < 0. Records that were put
 * with a sort number are outside. */
int journal_get_record(struct journal *journal, int64_t place, struct buf *id,
                       struct buf *record, bool *outside, struct err *err);

/* Every record in the order of the places. < 0 from visit ends it and is returned. */
typedef int journal_place_visit(void *context, int64_t place, struct slice record);
int journal_places(struct journal *journal, journal_place_visit *visit, void *context,
                   struct err *err);

/* Rows that share a record or a key become ambiguous. May be called again. */
int journal_settle_pairs(struct journal *journal, struct err *err);

/* The line of another row that row `number` shares its key or its record with; 0 =
 * none. */
int journal_twin(struct journal *journal, uint64_t number, uint64_t *line,
                 struct err *err);

/* Rows by class, records that no row is about, and rows only in the file whose record
 * is outside. After journal_settle_pairs(). */
struct pair_counts {
    uint64_t rows, by_class[PAIR_CLASS_COUNT];
    uint64_t records;  /* that are not outside */
    uint64_t only_crm; /* of these */
    uint64_t outside;
    uint64_t weak[PAIR_CLASS_COUNT]; /* of each class */
};
int journal_count_pairs(struct journal *journal, struct pair_counts *counts,
                        struct err *err);

/* Rows in the file's order (all, or those that are not equal), or records that no row
 * is about in the order of their ids. next: 1 with *found, borrowed until the next
 * call, 0, < 0. */
enum pair_scan { SCAN_ROWS, SCAN_UNEQUAL, SCAN_ONLY_CRM };
struct journal_pair_cursor;
int journal_pairs(struct journal *journal, enum pair_scan scan,
                  struct journal_pair_cursor **out, struct err *err);
int journal_pairs_next(struct journal_pair_cursor *cursor, struct journal_found *found,
                       struct err *err);
void journal_pairs_close(struct journal_pair_cursor *cursor);

#endif
