/* map_report.h - a draft of a mapping as a person reads it, and as JSON lines. */
#ifndef CMD_MAP_REPORT_H
#define CMD_MAP_REPORT_H

#include "cmd/command.h"
#include "flow/drafter.h"

struct map_report {
    const struct draft *draft;
    const char *input;       /* file as the user named it; NULL = there is none */
    const char *entity_type; /* of the draft */
    const char *url;         /* of the server */
    const char *output;      /* where the draft was written; NULL = standard output */
};

/* Columns with field and reason, what was not guessed, what to know: to stderr. */
int map_print_text(struct command_context *context, const struct map_report *report);

/* One {"type":"guess"} a column, {"type":"note"}, {"type":"mapping"} where it was not
 * written to a file, {"type":"summary"}: to stdout. */
int map_print_json(struct command_context *context, const struct map_report *report);

#endif
