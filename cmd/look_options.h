/* look_options.h - the option about looking for rows in doubt that several commands have.
 */
#ifndef CMD_LOOK_OPTIONS_H
#define CMD_LOOK_OPTIONS_H

#include "cmd/command.h"
#include "flow/look_times.h"

#include <stddef.h>

#define LOOKS_FALLBACK "6"
_Static_assert(LOOKS_DEFAULT == 6, "the help tells another number than the default");

/* An entry of an option table for a struct `owner` with a member `int64_t looks`. more:
 * what its help ends with; behind it, members that only some tables have. */
/* clang-format off */
#define LOOKS_OPTION_DEF(owner, heading, more, ...)                                      \
    {.name = "looks", .type = OPTION_INT, .argument = "N", .group = heading,             \
     .offset = offsetof(owner, looks), .min = 1, .max = LOOKS_MAX,                       \
     .help = "how often it is looked up in that time: at once, then after ever longer "  \
             "pauses, the last time when it is over" more, __VA_ARGS__}
/* clang-format on */

#endif
