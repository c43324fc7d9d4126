/* html_report.h - a run as one page for a person: outcome, causes, speed, failed rows,
 * what was changed.
 *
 * Made from the checkpoint alone. One file without references to others; nothing of the
 * input or the CRM becomes markup: it is data that the page's script shows as text.
 */
#ifndef FLOW_HTML_REPORT_H
#define FLOW_HTML_REPORT_H

#include "base/env.h"
#include "base/err.h"
#include "flow/checkpoint.h"
#include "flow/tally.h"
#include "state/journal.h"

struct html_report_options {
    const struct checkpoint *facts; /* borrowed */
    const struct tally *tally;      /* borrowed */
    const char *version;            /* of the program */
    const char *checkpoint;         /* as the user is to type it */
    const struct env *env;
};

/* Replaces a file that is there. RC_LOCAL, RC_NOMEM. */
int html_report_write(struct journal *journal, const char *path,
                      const struct html_report_options *options, struct err *err);

#endif
