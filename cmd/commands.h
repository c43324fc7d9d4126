/* commands.h - the commands of the program, one file each. */
#ifndef CMD_COMMANDS_H
#define CMD_COMMANDS_H

#include "cmd/command.h"

extern const struct command command_ping;
extern const struct command command_inspect;
extern const struct command command_map;
extern const struct command command_check;
extern const struct command command_import;
extern const struct command command_export;
extern const struct command command_reconcile;
extern const struct command command_resume;
extern const struct command command_status;
extern const struct command command_config;
extern const struct command command_undo;

/* All of them, in the order of the help; NULL at the end. */
const struct command *const *commands_all(void);

#endif
