/* option.h - what an option is: the const tables that the parser, --help, the man page
 * and the completions all come from, and how the text of a value becomes a value.
 *
 * Environment name and profile key derive from the long name: "api-key-file" is
 * ESPOLOAD_API_KEY_FILE and apiKeyFile. Parsing is option_parser.h's.
 */
#ifndef CMD_OPTION_H
#define CMD_OPTION_H

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum option_type {
    OPTION_FLAG,     /* bool */
    OPTION_COUNT,    /* unsigned; each use adds one (-vv) */
    OPTION_STRING,   /* const char *; NULL when not given */
    OPTION_PATH,     /* const char *; in a profile relative to the config file, or ~/ */
    OPTION_LIST,     /* struct option_list; each use adds one */
    OPTION_INT,      /* int64_t */
    OPTION_DECIMAL,  /* int64_t, thousandths: "2.5" is 2500 */
    OPTION_DURATION, /* int64_t, milliseconds: "90", "1.5", "500ms", "2m", "1h" */
    OPTION_SIZE,     /* int64_t, bytes: "4096", "64K", "8M", "1G" (powers of 1024) */
    OPTION_CHOICE,   /* int; index into choices */
    OPTION_SECRET    /* const char *; from the environment only, refused elsewhere */
};

enum option_source {
    OPTION_UNSET = 0,    /* no value, not even a default */
    OPTION_FROM_DEFAULT, /* the table */
    OPTION_FROM_PROFILE,
    OPTION_FROM_ENVIRONMENT,
    OPTION_FROM_FLAG /* the command line */
};

struct option_list {
    const char **items; /* owned by the parser */
    size_t count;       /* of items */
};

/* Own conversion of an option. text lives as long as the parser. Message: what is wrong
 * with the value, without naming option or value ("is not a number"). */
typedef int option_setter(void *options, const char *text, enum option_source source,
                          struct err *err);

struct option_def {
    const char *name;           /* long name without dashes; NULL ends a table */
    char letter;                /* short form; 0 = none */
    enum option_type type;      /* of the value and of the member */
    const char *argument;       /* the value's name in help ("FILE"); NULL for flags */
    const char *help;           /* what it does; wrapped by the help */
    const char *group;          /* heading in help; NULL = "Options" */
    size_t offset;              /* of the member in the table's options struct */
    option_setter *set;         /* converts and stores instead; NULL = by type */
    const char *fallback;       /* default as it would be typed; NULL = none */
    const char *const *choices; /* OPTION_CHOICE: the words, NULL-terminated */
    int64_t min;                /* INT, DECIMAL, DURATION, SIZE: least value */
    int64_t max;                /* greatest value, in the member's unit; 0 = no bound */
    const char *instead;        /* SECRET: the option to use, without dashes */
    bool names_file;            /* STRING: it may be a path, which completions offer */
    bool negatable;             /* FLAG: --no-NAME exists */
    bool hidden;                /* not in help, man page and completions */
    bool not_in_profile;        /* has no profile key */
    bool arguments_only;        /* neither profile nor environment (--help) */
};

enum { OPTION_NAME_MAX = 48, OPTION_DERIVED_MAX = OPTION_NAME_MAX + 16 };

/* Converts text and stores it at def's offset in options. text is borrowed by strings;
 * lists grow in memory. Message as option_setter's. RC_USAGE, RC_NOMEM. */
int option_store(const struct option_def *def, void *options, const char *text,
                 enum option_source source, struct arena *memory, struct err *err);

/* Stores a flag, or counts one up (with `value` true). */
void option_store_flag(const struct option_def *def, void *options, bool value);

/* Does the option stand without a value on the command line? */
bool option_is_flag(const struct option_def *def);

/* "1", "true", "yes", "on" and their opposites, ASCII case ignored; RC_USAGE else. */
int option_boolean(const char *text, bool *value);

/* Decimal digits with up to three decimals as thousandths; *end: behind them. RC_USAGE
 * when there is no digit, RC_LIMIT when it is too large. */
int option_thousandths(const char *text, int64_t *value, const char **end);

/* "ESPOLOAD_API_KEY_FILE" (negated: "ESPOLOAD_NO_...") and "apiKeyFile". */
void option_environment_name(const struct option_def *def, bool negated,
                             char out[OPTION_DERIVED_MAX]);
void option_profile_key(const struct option_def *def, char out[OPTION_DERIVED_MAX]);

/* What help shows of a flag: is it "--no-NAME" because NAME is on by default? */
bool option_shown_negated(const struct option_def *def);

#endif
