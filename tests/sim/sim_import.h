/* sim_import.h - whole imports against the fake server: one call is one run of the
 * program.
 *
 * A run begins with a checkpoint or resumes it, in this process or in a child that may
 * die in the middle. Files lie in a folder of their own, which sim_free() removes.
 */
#ifndef SIM_SIM_IMPORT_H
#define SIM_SIM_IMPORT_H

#include "flow/tally.h"
#include "model/mapping.h"
#include "sim/fake_crm.h"

#include <stddef.h>
#include <stdint.h>

struct sim {
    struct fake_crm *crm; /* owned */
    const char *mapping;  /* JSON; borrowed */
    enum mapping_on_duplicate on_duplicate;
    size_t jobs;
    unsigned retries;
    size_t batch;        /* 0 = the default */
    int64_t settle_ms;   /* 0 = the default */
    uint64_t stop_at_errors; /* 0 = never */
    long disk_bytes;     /* in a child: no file may grow beyond this; 0 = no limit */
    char dir[64];        /* the folder */
    char csv[96];        /* the input, to be written by the test */
    char checkpoint[96];
    char results[96]; /* where a run that was carried to its end leaves them */
};

/* TESTDATA is options->testdata. */
void sim_init(struct sim *sim, const struct fake_options *options);
void sim_free(struct sim *sim);
void sim_write_csv(struct sim *sim, const char *text);

/* One run in this process: what importer_run() returned. */
int sim_run(struct sim *sim, const struct fake_run *run, struct tally *tally,
            struct err *err);

/* One run in a child: the same, or FAKE_CRASHED (> 0) when it crashed as it was told to.
 * Fatal when it died of anything else, or got stuck. */
int sim_run_in_child(struct sim *sim, const struct fake_run *run);

#endif
