/* engine_bulk.h - whole chunks of writes through EspoCRM's built-in Import.
 *
 * New records get ids that are made here, so that a chunk that is sent twice creates
 * nothing the second time (bulk-5 to bulk-7 of the recordings): whatever becomes of an
 * answer, one GET by id tells what the CRM holds. The Import's own counts are not
 * believed. What the Import would store otherwise than REST (bulk_row.h) goes by REST,
 * through the engine underneath.
 */
#ifndef WIRE_ENGINE_BULK_H
#define WIRE_ENGINE_BULK_H

#include "model/schema.h"
#include "plan/engine.h"
#include "wire/courier.h"

#include <stddef.h>
#include <stdint.h>

struct engine_bulk_options {
    struct courier *courier;     /* borrowed */
    struct engine *rest;         /* taken over */
    const struct schema *schema; /* of the writes' entity type; borrowed */
    const struct env *env;       /* NULL = env_system() */
    size_t chunk;                /* writes in one chunk; 0 = found out */
    int64_t settle_ms; /* how long an Import whose answer was lost may be quiet */
    bool keep_log;     /* leave the Import records on the server */
    const char *left;  /* what `files` was told last by an earlier run, or NULL */
    /* Files whose Imports may have left a log on the server, to be kept for a run that
     * takes this one up; more: one has come, whose Import is about to be sent. < 0: they
     * cannot be kept, and the run stops. NULL = nobody keeps them. */
    int (*files)(void *context, const char *files, bool more, struct err *err);
    void *context;
    bool silent; /* no workflows, and few hooks */
};

int engine_bulk_new(struct engine **out, const struct engine_bulk_options *options,
                    struct err *err);

/* What has been carried how, for the summary. */
struct engine_bulk_counts {
    uint64_t chunks; /* Imports that were run */
    uint64_t writes; /* that ended in them, stored or failed */
    uint64_t rest;   /* writes that went by REST */
    size_t size;     /* of a chunk, now */
    size_t largest;  /* so far */
    struct {
        const char *why; /* bulk_obstacle(); borrowed for ever */
        uint64_t writes;
    } obstacles[8]; /* the first ones met */
};
void engine_bulk_counts(const struct engine *engine, struct engine_bulk_counts *out);

#endif
