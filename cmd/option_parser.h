/* option_parser.h - fills options structs from arguments, environment, profile, defaults.
 *
 * A value comes from the command line, else from ESPOLOAD_NAME in the environment, else
 * from the profile (config.h), else from the table; where it came from can be asked
 * afterwards. Options may follow arguments; --x=v, --x v, -xv, -x v and bundled flags are
 * taken; `--` ends the options. Long names are never abbreviated, so that a script does
 * not break when an option is added.
 */
#ifndef CMD_OPTION_PARSER_H
#define CMD_OPTION_PARSER_H

#include "cmd/option.h"

#include "base/buf.h"

enum { OPTION_TABLES_MAX = 4 };

struct option_table {
    const struct option_def *defs; /* borrowed for ever; ends with name == NULL */
    size_t count;                  /* of defs */
    void *options;                 /* the struct that offsets point into; borrowed */
    enum option_source *sources;   /* one per def; in the parser's memory */
    const char **texts; /* likewise: the value as it was written; NULL = none */
    const char *
        *places; /* likewise: "--jobs", "ESPOLOAD_JOBS", "FILE:3: /profiles/x/jobs";
                            NULL = none, or the default */
    const char **given; /* likewise: as typed on the command line; of a flag "" (or "no"
                           for --no-NAME); NULL = not typed */
};

/* Zero-initialise it, add tables, then parse arguments, environment, profile and defaults
 * in this order: what came first wins. */
struct option_parser {
    struct option_table tables[OPTION_TABLES_MAX];
    size_t table_count;       /* of tables */
    const char **positionals; /* arguments that are no options; in memory */
    size_t positional_count;  /* of positionals */
    bool ended;               /* `--` was seen */
    struct arena memory;      /* of values; valid until option_parser_fini() */
};

/* The place of one option in a parser. */
struct option_place {
    size_t table; /* index into tables */
    size_t index; /* index into its defs */
};

int option_parser_add(struct option_parser *parser, const struct option_def *defs,
                      void *options, struct err *err);
void option_parser_fini(struct option_parser *parser);

/* Reads argv[*at] to argv[argc - 1] and moves *at; with `first_only` it stops behind the
 * first positional (the command's name). RC_USAGE, RC_NOMEM. argv stays borrowed. */
int option_parse_arguments(struct option_parser *parser, int argc, char *const *argv,
                           int *at, bool first_only, struct err *err);

/* environment: "NAME=value" entries, NULL at the end, borrowed like argv. An empty value
 * counts as not set. */
int option_parse_environment(struct option_parser *parser, char *const *environment,
                             struct err *err);
int option_parse_defaults(struct option_parser *parser, struct err *err);

/* Sets one option unless a stronger source did. where: how messages name it ("--jobs",
 * "ESPOLOAD_JOBS", "/path/config.json: /profiles/x/jobs"); text is borrowed like argv. */
int option_apply(struct option_parser *parser, struct option_place place,
                 const char *text, enum option_source source, const char *where,
                 struct err *err);

/* Is there an option of that long name? */
bool option_find(const struct option_parser *parser, struct slice name,
                 struct option_place *place);
const struct option_def *option_at(const struct option_parser *parser,
                                   struct option_place place);

/* Where the value of a long name came from; OPTION_UNSET for a name that is none. */
enum option_source option_source(const struct option_parser *parser, const char *name);

/* What was typed on the command line for an option, as option_table.given has it. */
const char *option_given(const struct option_parser *parser, const char *name);

/* What somebody typed, fit for a message: no control characters, not too long, and
 * without the user:password of an URL. In buf, which is reset first. */
const char *option_shown(const char *text, struct buf *buf);

/* The value of NAME in an environment, or NULL; borrowed from it. */
const char *option_environment(char *const *environment, const char *name);

#endif
