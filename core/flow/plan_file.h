/* plan_file.h - the plan of a run as a CSV file: what check would have each row do, to be
 * looked at by a person and carried out by an import, and by nothing else.
 *
 * One line a row: _line, _action, _id, _matchedBy, _code, _message, _fields, _changes
 * (plan/plan_line.h). The line whose _line is 0 says what the plan is of: input, mapping,
 * server, entity type. A person may sort the lines, save them from a spreadsheet, and
 * delete lines of rows that are not to be carried out.
 */
#ifndef FLOW_PLAN_FILE_H
#define FLOW_PLAN_FILE_H

#include "base/err.h"
#include "flow/job.h"
#include "flow/planner.h"
#include "plan/plan_line.h"
#include "state/journal.h"

#include <stdbool.h>

/* What a plan is of. */
struct plan_scope {
    const struct job *job;    /* compiled: the input and the mapping */
    const char *mapping_name; /* as the user named it */
    const char *url;          /* of the server */
    enum mapping_on_duplicate on_duplicate;
};

/* What is to be done with a planned row, or one that has errors. The line's texts are
 * borrowed from the row and from `changes`, which is emptied first. RC_NOMEM, RC_LIMIT.
 */
int plan_line_make(const struct row *row, struct buf *changes, struct plan_line *line);

struct plan_writer;

/* Atomic: nothing is there before the commit. RC_USAGE when the file is there and force
 * is not set, RC_LOCAL, RC_NOMEM. */
int plan_writer_open(struct plan_writer **out, const char *path, bool force,
                     const struct plan_scope *scope, struct err *err);
int plan_writer_add(struct plan_writer *writer, const struct row *row, struct err *err);
int plan_writer_commit(struct plan_writer *writer, struct err *err);
void plan_writer_close(struct plan_writer *writer);

/* Reads the file to its end: is it a plan, whole, and of this scope? RC_USAGE with what
 * differs, RC_NOMEM. */
int plan_file_verify(const char *path, const struct plan_scope *scope, struct err *err);

/* Puts every line into the journal (not committed). RC_USAGE when two are of one row. */
int plan_file_load(const char *path, struct journal *journal, struct err *err);

#endif
