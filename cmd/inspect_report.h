/* inspect_report.h - an inspection as a person reads it, and as JSON lines. */
#ifndef CMD_INSPECT_REPORT_H
#define CMD_INSPECT_REPORT_H

#include "cmd/command.h"
#include "flow/inspector.h"

/* Data, so to stdout: facts, a table of columns, settings, problems with advice. As wide
 * as the terminal. file: as the user named it. (inspect_text.c) */
int inspect_print_text(struct command_context *context, const struct inspection *in,
                       const char *file);

/* {"type":"input"}, one {"type":"column"} each, one {"type":"problem"} each,
 * {"type":"summary"}. (inspect_json.c) */
int inspect_print_json(struct command_context *context, const struct inspection *in,
                       const char *file);

#endif
