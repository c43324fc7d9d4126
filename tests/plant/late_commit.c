/* late_commit.c - planted: what is to be durable before anything is sent becomes so after
 * the next turn of the wire. Only a crash in between shows it.
 */
#include "state/journal.h"
#include "wire/courier.h"

int __real_journal_commit(struct journal *journal, struct err *err);
int __wrap_journal_commit(struct journal *journal, struct err *err);
void __real_journal_rollback(struct journal *journal);
void __wrap_journal_rollback(struct journal *journal);
int __real_courier_poll(struct courier *courier, int timeout_ms, struct err *err);
int __wrap_courier_poll(struct courier *courier, int timeout_ms, struct err *err);

static struct journal *late; /* to be committed */
static bool running;         /* requests are under way: a commit is one of a run */

int __wrap_journal_commit(struct journal *journal, struct err *err) {
    if (!running)
        return __real_journal_commit(journal, err);
    if (late == NULL) {
        late = journal;
        return RC_OK;
    }
    late = NULL;
    return __real_journal_commit(journal, err);
}

void __wrap_journal_rollback(struct journal *journal) {
    late = NULL;
    __real_journal_rollback(journal);
}

int __wrap_courier_poll(struct courier *courier, int timeout_ms, struct err *err) {
    int rc, committed = RC_OK;

    running = true;
    rc = __real_courier_poll(courier, timeout_ms, err);
    running = false;
    if (late != NULL)
        committed = __real_journal_commit(late, err);
    late = NULL;
    running = courier_in_flight(courier) > 0;
    return committed < 0 ? committed : rc;
}
