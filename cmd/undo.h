/* undo.h - what resume needs to go on with an undo. */
#ifndef CMD_UNDO_H
#define CMD_UNDO_H

#include "cmd/carry.h"

/* Goes on with the undo of a checkpoint that is open for writing; path: as the user typed
 * it. What the command is to return. */
int undo_resume(struct command_context *context, struct journal *undo,
                const struct checkpoint *facts, const struct error_limit *limit,
                uint64_t take, const char *path);

#endif
