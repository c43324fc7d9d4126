/* commands.c - the list of commands. */
#include "cmd/commands.h"

const struct command *const *commands_all(void) {
    static const struct command *const all[] = {
        &command_ping,   &command_inspect, &command_map,       &command_check,
        &command_import, &command_export,  &command_reconcile, &command_resume,
        &command_undo,   &command_status,  &command_config,    NULL,
    };
    return all;
}
