/* export_carry.h - carries an export through, from a checkpoint that is open to the last
 * line: what export and resume have in common.
 */
#ifndef CMD_EXPORT_CARRY_H
#define CMD_EXPORT_CARRY_H

#include "cmd/connect.h"
#include "flow/export_spec.h"
#include "flow/exporter.h"
#include "state/export_state.h"

struct export_carry {
    struct connection *connection;  /* borrowed */
    struct journal *journal;        /* begun; borrowed */
    const struct export_spec *spec; /* borrowed */
    const char *checkpoint;         /* path, as the user is to type it */
    bool temporary;                 /* the checkpoint is of no use once we are gone */
    struct table *table;            /* borrowed */
    struct export_state *state;     /* borrowed; of an incremental export, or NULL */
    const struct schema *schema;    /* borrowed */
    const struct schema_attribute *sort; /* or NULL */
};

/* Options of the exporter; progress is left to the caller. */
void export_carry_options(const struct export_carry *carry, struct export_options *out);

/* Reads, writes the files, prints the end, removes the checkpoint when all is done. What
 * the command is to return. */
int export_carry_run(struct command_context *context, const struct export_carry *carry);

/* `status` of a checkpoint of an export. */
int export_status(struct command_context *context, struct journal *journal);

/* `resume` of a checkpoint of an export; takes the journal over. */
int export_resume(struct command_context *context, struct journal *journal,
                  const char *path);

#endif
