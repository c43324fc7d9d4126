/* Running one Import: rows become records. */
#ifndef ESPOCRM_IMPORT_RUN_H
#define ESPOCRM_IMPORT_RUN_H

#include "record.h"

struct import_result {
    long created, updated, duplicates, errors, last_index; /* last_index -1: no row */
    bool died; /* as PHP does for want of memory: rows that follow are left */
};

/* Runs the rows of a CSV. `params` is the body of POST Import. */
void import_run(struct ctx *c, const struct entity *e, const char *import_id,
                const json_t *params, const char *csv, size_t len,
                struct import_result *result);

#endif
