/* settle_pair.c - a maximum matching by augmenting paths (Kuhn), equal pairs first.
 *
 * The path that is being tried lies in of_row and in a trail of fixed size, not on the
 * stack: paths can be as long as there are records.
 */
#include "flow/settle_pair.h"

#include "flow/settle_match.h"

#include <stdbool.h>
#include <string.h>

enum { RECORDS_MAX = 256 };

struct search {
    const unsigned char *like; /* borrowed */
    size_t rows, records;
    size_t *of_row, *of_record;
    unsigned char least;      /* likeness that is good enough */
    bool tried[RECORDS_MAX];  /* records, on any path of this search */
    size_t from[RECORDS_MAX]; /* the row that a record was reached from */
    size_t queue[RECORDS_MAX];
};

/* Gives each record on the way back to the row that wanted it. */
static void search_turn(struct search *s, size_t record) {
    while (record != SETTLE_UNPAIRED) {
        size_t row = s->from[record], before = s->of_row[row];
        s->of_row[row] = record;
        s->of_record[record] = row;
        record = before;
    }
}

/* Breadth first from a row without a record to a record without a row. */
static bool search_from(struct search *s, size_t start) {
    size_t head = 0, tail = 0, row = start;

    memset(s->tried, 0, sizeof s->tried);
    for (;;) {
        for (size_t i = 0; i < s->records; i++) {
            if (s->tried[i] || s->like[row * s->records + i] < s->least)
                continue;
            s->tried[i] = true;
            s->from[i] = row;
            if (s->of_record[i] == SETTLE_UNPAIRED) {
                search_turn(s, i);
                return true;
            }
            s->queue[tail++] = i;
        }
        if (head == tail)
            return false;
        row = s->of_record[s->queue[head++]];
    }
}

void settle_pair(const unsigned char *like, size_t rows, size_t records, size_t *of_row,
                 size_t *of_record) {
    struct search search = {.like = like,
                            .rows = rows,
                            .records = records < RECORDS_MAX ? records : RECORDS_MAX,
                            .of_row = of_row,
                            .of_record = of_record};

    for (size_t i = 0; i < rows; i++)
        of_row[i] = SETTLE_UNPAIRED;
    for (size_t i = 0; i < records; i++)
        of_record[i] = SETTLE_UNPAIRED;
    for (search.least = LIKE_EQUAL; search.least >= LIKE_MORE; search.least--)
        for (size_t i = 0; i < rows; i++)
            if (of_row[i] == SETTLE_UNPAIRED)
                (void)search_from(&search, i);
}
