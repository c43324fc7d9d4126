/* sim_import.h - whole imports and undos against the fake server: one call is one run of
 * the program.
 *
 * A run begins with a checkpoint or resumes it, and may die in the middle. Checkpoints
 * lie on a disk in memory (sim_disk.h), the other files in a folder of their own, which
 * sim_free() removes.
 */
#ifndef SIM_SIM_IMPORT_H
#define SIM_SIM_IMPORT_H

#include "flow/tally.h"
#include "model/mapping.h"
#include "sim/fake_crm.h"
#include "sim/sim_disk.h"

#include <stddef.h>
#include <stdint.h>

struct sim {
    struct fake_crm *crm; /* owned */
    const char *mapping;  /* JSON; borrowed */
    enum mapping_on_duplicate on_duplicate;
    size_t jobs;
    unsigned retries;
    size_t batch;              /* 0 = the default */
    bool bulk;                 /* a run that begins takes the bulk engine */
    bool by_rest;              /* and is resumed with --engine rest */
    int64_t settle_ms;         /* 0 = the default */
    uint64_t stop_at_errors;   /* 0 = never */
    struct sim_disk_plan disk; /* of the next run; file_bytes holds for all files */
    uint64_t disk_operations;  /* of the last run */
    bool cuts_power;           /* a run that dies loses what was not synced */
    char dir[64];              /* the folder */
    char csv[96];              /* the input, to be written by the test */
    char checkpoint[96];
    char results[96]; /* where a run that was carried to its end leaves them */
    char undo[96];    /* the checkpoint of the undo */
};

/* TESTDATA is options->testdata. */
void sim_init(struct sim *sim, const struct fake_options *options);
void sim_free(struct sim *sim);
void sim_write_csv(struct sim *sim, const char *text);

/* It died, as it was told to: nothing is known of its end. */
enum { SIM_CRASHED = 1 };

/* One run of the import: what importer_run() returned, or SIM_CRASHED. */
int sim_run(struct sim *sim, const struct fake_run *run, struct tally *tally,
            struct err *err);

/* One run of the undo of what the import has done so far, as undo_run(). */
int sim_undo(struct sim *sim, const struct fake_run *run, struct tally *tally,
             struct err *err);

/* What may happen to a run of about so many steps and requests, of its own or of the
 * disk; the latter goes to sim->disk. */
struct fake_run sim_accident(struct sim *sim, uint64_t *chance, uint64_t steps,
                             uint64_t requests);

/* What is wrong with a run, whatever it was to do and however it ended, or NULL. */
const char *sim_complaint(const struct sim *sim, int rc, const struct tally *tally,
                          const struct err *err);

/* What the files of a run have in common; for sim_*.c. */
void sim_begin(struct sim *sim, const struct fake_run *run, const char *checkpoint);
int sim_end(struct sim *sim, const char *checkpoint, int rc);
bool sim_has_begun(const char *checkpoint);

#endif
