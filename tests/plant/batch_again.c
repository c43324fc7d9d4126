/* batch_again.c - planted: a resume takes rows that were intended for rows that were
 * never sent, and sends the batch once more.
 */
#include "state/journal.h"

int __wrap_journal_mark_doubtful(struct journal *journal, int64_t now_ms,
                                 struct err *err);

int __wrap_journal_mark_doubtful(struct journal *journal, int64_t now_ms,
                                 struct err *err) {
    enum { MOST = 256 };
    struct journal_row rows[MOST];
    struct journal_cursor *cursor;
    size_t count = 0;
    int rc = journal_rows(journal, 0, true, &cursor, err);

    (void)now_ms;
    while (rc == RC_OK && count < MOST &&
           journal_rows_next(cursor, &rows[count], err) == 1)
        count += rows[count].state == ROW_INTENDED;
    journal_rows_close(cursor);
    for (size_t i = 0; rc == RC_OK && i < count; i++) {
        const struct journal_row row = {.record = rows[i].record,
                                        .line = rows[i].line,
                                        .offset = rows[i].offset,
                                        .state = ROW_NEW};
        rc = journal_put_row(journal, &row, err);
    }
    return rc == RC_OK ? journal_commit(journal, err) : rc;
}
