/* sim_accident.c - what happens to runs, and what must hold of each of them.
 */
#include "sim/sim_import.h"

#include "sim/sim_game.h"

struct fake_run sim_accident(struct sim *sim, uint64_t *chance, uint64_t steps,
                             uint64_t requests) {
    struct fake_run run = {0};
    uint64_t step = 1 + sim_dice(chance, steps);

    switch (sim_dice(chance, 9)) {
    case 0:
    case 1:
    case 2: run.crash_at_step = step; break;
    case 3: run.interrupt_at_step = step; break;
    case 4: run.revoke_at_request = 1 + sim_dice(chance, requests); break;
    case 5: run.poll_error_at_step = step; break;
    case 6: sim->disk.power_off_at = 1 + sim_dice(chance, 60); break;
    case 7: sim->disk.error_at = 1 + sim_dice(chance, 60); break;
    default: break;
    }
    if (sim_dice(chance, 10) == 0)
        sim->disk.file_bytes = 4096 * (int64_t)(1 + sim_dice(chance, 60));
    return run;
}

const char *sim_complaint(const struct sim *sim, int rc, const struct tally *tally,
                          const struct err *err) {
    enum { SPINS_ALLOWED = 50 /* that an honest loop may need */ };
    const struct fake_counts *counts = fake_crm_counts(sim->crm);

    if (rc < 0 && (err->rc != rc || err->message[0] == '\0'))
        return "a run ended without words";
    if (rc != SIM_CRASHED && tally->rows > 0 && tally_verify(tally, NULL) != RC_OK)
        return "a run does not add up";
    if (counts->overlaps > 0)
        return "requests that share a key were at work at the same time";
    if (counts->after_401 > 0)
        return "requests were sent after a 401";
    if (counts->spins > SPINS_ALLOWED)
        return "a run polls again and again without waiting";
    return NULL;
}
