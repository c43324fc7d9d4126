/* resume_off_by_one.c - planted: a resume goes on one row too early.
 */
#include "state/journal.h"

int __real_journal_last_row(struct journal *journal, uint64_t before,
                            struct journal_row *row, struct err *err);
int __wrap_journal_last_row(struct journal *journal, uint64_t before,
                            struct journal_row *row, struct err *err);

int __wrap_journal_last_row(struct journal *journal, uint64_t before,
                            struct journal_row *row, struct err *err) {
    int rc = __real_journal_last_row(journal, before, row, err);

    return rc == 1 && row->record > 1
               ? __real_journal_last_row(journal, row->record, row, err)
               : rc;
}
