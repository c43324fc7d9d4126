/* option_parser.c - walks the command line, the environment and the defaults.
 *
 * Promises that a secret typed as an argument is neither stored nor repeated in a
 * message. Does not read files: a profile is applied by config.c through option_apply().
 */
#include "cmd/option_parser.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

enum { SHOWN_MAX = 60 }; /* code points of a value in a message */

/* The walk over one command line. */
struct walk {
    struct option_parser *parser; /* filled */
    int argc;                     /* of argv */
    char *const *argv;            /* borrowed */
    int at;                       /* next argument to read */
};

int option_parser_add(struct option_parser *parser, const struct option_def *defs,
                      void *options, struct err *err) {
    struct option_table *table;
    size_t count = 0;

    if (parser->table_count == OPTION_TABLES_MAX)
        return err_set(err, RC_LIMIT, "too many option tables");
    while (defs[count].name != NULL)
        count++;
    table = &parser->tables[parser->table_count];
    table->sources = arena_zalloc(&parser->memory, (count + 1) * sizeof *table->sources);
    table->given = arena_zalloc(&parser->memory, (count + 1) * sizeof *table->given);
    table->texts = arena_zalloc(&parser->memory, (count + 1) * sizeof *table->texts);
    table->places = arena_zalloc(&parser->memory, (count + 1) * sizeof *table->places);
    if (table->sources == NULL || table->given == NULL || table->texts == NULL ||
        table->places == NULL)
        return err_nomem(err);
    table->defs = defs;
    table->count = count;
    table->options = options;
    parser->table_count++;
    return RC_OK;
}

void option_parser_fini(struct option_parser *parser) {
    arena_fini(&parser->memory);
    memset(parser, 0, sizeof *parser);
}

const struct option_def *option_at(const struct option_parser *parser,
                                   struct option_place place) {
    return &parser->tables[place.table].defs[place.index];
}

bool option_find(const struct option_parser *parser, struct slice name,
                 struct option_place *place) {
    for (size_t t = 0; t < parser->table_count; t++)
        for (size_t i = 0; i < parser->tables[t].count; i++)
            if (slice_is(name, parser->tables[t].defs[i].name)) {
                place->table = t;
                place->index = i;
                return true;
            }
    return false;
}

static bool find_letter(const struct option_parser *parser, char letter,
                        struct option_place *place) {
    for (size_t t = 0; t < parser->table_count; t++)
        for (size_t i = 0; i < parser->tables[t].count; i++)
            if (parser->tables[t].defs[i].letter == letter) {
                place->table = t;
                place->index = i;
                return true;
            }
    return false;
}

enum option_source option_source(const struct option_parser *parser, const char *name) {
    struct option_place place;

    if (!option_find(parser, slice_of(name), &place))
        return OPTION_UNSET;
    return parser->tables[place.table].sources[place.index];
}

const char *option_given(const struct option_parser *parser, const char *name) {
    struct option_place place;

    if (!option_find(parser, slice_of(name), &place))
        return NULL;
    return parser->tables[place.table].given[place.index];
}

const char *option_shown(const char *text, struct buf *buf) {
    const char *host = strstr(text, "://");
    size_t authority;

    buf->max = SHOWN_MAX * 8;
    buf_reset(buf);
    host = host == NULL ? text : host + 3;
    authority = strcspn(host, "/?#");
    if (host != text && memchr(host, '@', authority) != NULL) {
        (void)utf8_append_printable(buf, slice_make(text, (size_t)(host - text)), 16);
        (void)buf_append_text(buf, "***");
        text = strchr(host, '@');
        while (memchr(text + 1, '@', strcspn(text + 1, "/?#")) != NULL)
            text = strchr(text + 1, '@');
    }
    (void)utf8_append_printable(buf, slice_of(text), SHOWN_MAX);
    return buf_text(buf);
}

/* For who asks later where a value came from (`espoload config`). A list has its items
 * one behind the other. */
static int remember(struct option_parser *parser, struct option_place place,
                    const char *text, enum option_source source, const char *where) {
    struct option_table *table = &parser->tables[place.table];
    const char **kept = &table->texts[place.index];
    bool more = table->defs[place.index].type == OPTION_LIST && *kept != NULL &&
                table->sources[place.index] == source;

    *kept = more ? arena_format(&parser->memory, "%s, %s", *kept, text) : text;
    if (source != OPTION_FROM_DEFAULT)
        table->places[place.index] = arena_copy(&parser->memory, where, strlen(where));
    return *kept == NULL ||
                   (source != OPTION_FROM_DEFAULT && table->places[place.index] == NULL)
               ? RC_NOMEM
               : RC_OK;
}

int option_apply(struct option_parser *parser, struct option_place place,
                 const char *text, enum option_source source, const char *where,
                 struct err *err) {
    struct option_table *table = &parser->tables[place.table];
    const struct option_def *def = &table->defs[place.index];
    struct err inner = {0};
    struct buf value = {0};
    int rc;

    if (table->sources[place.index] > source)
        return RC_OK;
    rc = option_store(def, table->options, text, source, &parser->memory, &inner);
    if (rc == RC_OK)
        rc = remember(parser, place, text, source, where);
    if (rc == RC_OK) {
        table->sources[place.index] = source;
        if (source == OPTION_FROM_FLAG)
            table->given[place.index] = text;
        return RC_OK;
    }
    if (rc == RC_NOMEM)
        (void)err_nomem(err);
    else if (def->type == OPTION_SECRET)
        (void)err_set(err, inner.rc, "%s %s", where, inner.message);
    else
        (void)err_set(err, inner.rc, "%s: \"%s\" %s", where, option_shown(text, &value),
                      inner.message);
    if (inner.advice[0] != '\0')
        err_advise(err, "%s", inner.advice);
    buf_fini(&value);
    return rc;
}

static int apply_flag(struct option_parser *parser, struct option_place place, bool value,
                      const char *typed, struct err *err) {
    struct option_table *table = &parser->tables[place.table];
    int rc;

    if (table->defs[place.index].set != NULL)
        return option_apply(parser, place, value ? "true" : "false", OPTION_FROM_FLAG,
                            typed, err);
    rc = remember(parser, place, value ? "true" : "false", OPTION_FROM_FLAG, typed);
    if (rc < 0)
        return err_nomem(err);

    option_store_flag(&table->defs[place.index], table->options, value);
    table->sources[place.index] = OPTION_FROM_FLAG;
    table->given[place.index] = value ? "" : "no";
    return RC_OK;
}

static int refuse_secret(const struct option_def *def, struct err *err) {
    char variable[OPTION_DERIVED_MAX];

    option_environment_name(def, false, variable);
    (void)err_set(err, RC_USAGE,
                  "--%s is not taken from the command line: a process list would show "
                  "the secret to everybody on this machine",
                  def->name);
    err_advise(err,
               "put it into a file that only you can read and use --%s FILE, or set %s",
               def->instead, variable);
    return RC_USAGE;
}

/* The visible option nearest to what was typed, or NULL. A secret stands for the option
 * that takes its place. */
static const char *nearest(const struct option_parser *parser, struct slice name,
                           bool *negated) {
    size_t best = (name.len < 6 ? 2 : name.len / 3) + 1;
    const char *found = NULL, *prefixed = NULL;

    *negated = false;
    for (size_t t = 0; t < parser->table_count; t++)
        for (size_t i = 0; i < parser->tables[t].count; i++) {
            const struct option_def *def = &parser->tables[t].defs[i];
            const char *answer = def->instead != NULL ? def->instead : def->name;
            struct slice known = slice_of(def->name), tail = name;
            bool no = def->negatable && name.len > 3 && memcmp(name.data, "no-", 3) == 0;
            size_t distance;

            if (def->hidden && def->instead == NULL)
                continue;
            if (no)
                tail = slice_make(name.data + 3, name.len - 3);
            distance = utf8_distance(tail, known, best);
            if (distance < best && distance < known.len) {
                best = distance;
                found = answer;
                *negated = no;
            }
            if (prefixed == NULL && name.len >= 3 && known.len > name.len &&
                memcmp(name.data, known.data, name.len) == 0)
                prefixed = answer;
        }
    if (prefixed != NULL && best > 1) { /* cut off rather than misspelt */
        *negated = false;
        return prefixed;
    }
    return found;
}

static int unknown_option(const struct option_parser *parser, const char *dashes,
                          struct slice name, struct err *err) {
    struct buf text = {.max = SHOWN_MAX * 8};
    bool negated;
    const char *near = nearest(parser, name, &negated);

    (void)utf8_append_printable(&text, name, SHOWN_MAX);
    if (near != NULL)
        (void)err_set(err, RC_USAGE, "unknown option %s%s; did you mean --%s%s?", dashes,
                      buf_text(&text), negated ? "no-" : "", near);
    else
        (void)err_set(err, RC_USAGE, "unknown option %s%s", dashes, buf_text(&text));
    err_advise(err, "--help lists the options");
    buf_fini(&text);
    return RC_USAGE;
}

/* Takes the next argument as a value; one that is itself an option was surely not meant.
 */
static int take_value(struct walk *walk, const struct option_def *def, const char *typed,
                      const char **value, struct err *err) {
    struct option_place other;
    const char *next = walk->at < walk->argc ? walk->argv[walk->at] : NULL;

    if (next != NULL && strncmp(next, "--", 2) == 0) {
        struct slice name = slice_make(next + 2, strcspn(next + 2, "="));
        if (name.len == 0 || option_find(walk->parser, name, &other))
            next = NULL;
    }
    if (next == NULL) {
        (void)err_set(err, RC_USAGE, "%s needs a value: %s %s", typed, typed,
                      def->argument == NULL ? "VALUE" : def->argument);
        if (walk->at < walk->argc)
            err_advise(err, "a value that begins with dashes is written --%s=VALUE",
                       def->name);
        return RC_USAGE;
    }
    walk->at++;
    *value = next;
    return RC_OK;
}

static int parse_long(struct walk *walk, const char *argument, struct err *err) {
    struct slice name = slice_make(argument + 2, strcspn(argument + 2, "="));
    const char *value = name.data[name.len] == '=' ? name.data + name.len + 1 : NULL;
    char typed[OPTION_DERIVED_MAX];
    const struct option_def *def;
    struct option_place place;
    bool negated = false;
    int rc;

    if (!option_find(walk->parser, name, &place)) {
        negated =
            name.len > 3 && memcmp(name.data, "no-", 3) == 0 &&
            option_find(walk->parser, slice_make(name.data + 3, name.len - 3), &place) &&
            option_at(walk->parser, place)->negatable;
        if (!negated)
            return unknown_option(walk->parser, "--", name, err);
    }
    def = option_at(walk->parser, place);
    (void)snprintf(typed, sizeof typed, "--%s%s", negated ? "no-" : "", def->name);
    if (def->type == OPTION_SECRET)
        return refuse_secret(def, err);
    if (option_is_flag(def)) {
        if (value != NULL)
            return err_set(err, RC_USAGE, "%s takes no value", typed);
        return apply_flag(walk->parser, place, !negated, typed, err);
    }
    if (value == NULL) {
        rc = take_value(walk, def, typed, &value, err);
        if (rc < 0)
            return rc;
    }
    return option_apply(walk->parser, place, value, OPTION_FROM_FLAG, typed, err);
}

/* "-qv", "-j8", "-vj", "8": flags may be bundled, a value ends the bundle. */
static int parse_short(struct walk *walk, const char *argument, struct err *err) {
    for (const char *c = argument + 1; *c != '\0'; c++) {
        char typed[OPTION_DERIVED_MAX];
        const struct option_def *def;
        struct option_place place;
        const char *value;
        int rc;

        if (!find_letter(walk->parser, *c, &place)) {
            if (c == argument + 1 && argument[2] != '\0')
                return unknown_option(
                    walk->parser, "-",
                    slice_make(argument + 1, strcspn(argument + 1, "=")), err);
            return unknown_option(walk->parser, "-", slice_make(c, 1), err);
        }
        def = option_at(walk->parser, place);
        (void)snprintf(typed, sizeof typed, "-%c", *c);
        if (option_is_flag(def)) {
            rc = apply_flag(walk->parser, place, true, typed, err);
            if (rc < 0)
                return rc;
            continue;
        }
        value = c + 1;
        if (*value == '\0') {
            rc = take_value(walk, def, typed, &value, err);
            if (rc < 0)
                return rc;
        }
        return option_apply(walk->parser, place, value, OPTION_FROM_FLAG, typed, err);
    }
    return RC_OK;
}

/* Bytes of a dash at the start of text that only looks like a hyphen (U+2010 to U+2015,
 * U+2212): word processors and web pages turn "--" into one. */
static size_t false_dash(const char *text) {
    if (strncmp(text, "\xE2\x80", 2) == 0 && (unsigned char)text[2] >= 0x90 &&
        (unsigned char)text[2] <= 0x95)
        return 3;
    return strncmp(text, "\xE2\x88\x92", 3) == 0 ? 3 : 0;
}

static int add_positional(struct option_parser *parser, const char *argument, int room,
                          struct err *err) {
    size_t dash = parser->ended ? 0 : false_dash(argument);
    struct buf text = {0};

    if (dash > 0) {
        const char *rest = argument + dash;
        rest += strspn(rest, "-");
        rest += false_dash(rest);
        (void)err_set(err, RC_USAGE, "\"%s\" begins with a dash that is not a hyphen",
                      option_shown(argument, &text));
        err_advise(err, "type it by hand: %s%s", strlen(rest) > 1 ? "--" : "-",
                   option_shown(rest, &text));
        buf_fini(&text);
        return RC_USAGE;
    }
    if (parser->positionals == NULL) {
        parser->positionals = arena_alloc(
            &parser->memory, ((size_t)room + 1) * sizeof *parser->positionals);
        if (parser->positionals == NULL)
            return err_nomem(err);
    }
    parser->positionals[parser->positional_count++] = argument;
    return RC_OK;
}

int option_parse_arguments(struct option_parser *parser, int argc, char *const *argv,
                           int *at, bool first_only, struct err *err) {
    struct walk walk = {.parser = parser, .argc = argc, .argv = argv, .at = *at};
    int rc = RC_OK;

    while (rc == RC_OK && walk.at < argc) {
        const char *argument = argv[walk.at++];
        if (parser->ended || argument[0] != '-' || argument[1] == '\0') {
            rc = add_positional(parser, argument, argc, err);
            if (first_only)
                break;
        } else if (strcmp(argument, "--") == 0) {
            parser->ended = true;
        } else if (argument[1] == '-') {
            rc = parse_long(&walk, argument, err);
        } else {
            rc = parse_short(&walk, argument, err);
        }
    }
    *at = walk.at;
    return rc;
}

const char *option_environment(char *const *environment, const char *name) {
    size_t len = strlen(name);

    if (environment == NULL)
        return NULL;
    for (; *environment != NULL; environment++)
        if (strncmp(*environment, name, len) == 0 && (*environment)[len] == '=')
            return *environment + len + 1;
    return NULL;
}

static int parse_variable(struct option_parser *parser, struct option_place place,
                          char *const *environment, struct err *err) {
    const struct option_def *def = option_at(parser, place);
    char name[OPTION_DERIVED_MAX];
    const char *text;
    bool on;

    option_environment_name(def, false, name);
    text = option_environment(environment, name);
    if ((text == NULL || *text == '\0') && def->negatable) {
        option_environment_name(def, true, name);
        text = option_environment(environment, name);
        if (text != NULL && option_boolean(text, &on) == RC_OK)
            text = on ? "false" : "true";
    }
    if (text == NULL || *text == '\0')
        return RC_OK;
    return option_apply(parser, place, text, OPTION_FROM_ENVIRONMENT, name, err);
}

int option_parse_environment(struct option_parser *parser, char *const *environment,
                             struct err *err) {
    struct option_place place;

    for (place.table = 0; place.table < parser->table_count; place.table++)
        for (place.index = 0; place.index < parser->tables[place.table].count;
             place.index++) {
            int rc;
            if (option_at(parser, place)->arguments_only)
                continue;
            rc = parse_variable(parser, place, environment, err);
            if (rc < 0)
                return rc;
        }
    return RC_OK;
}

int option_parse_defaults(struct option_parser *parser, struct err *err) {
    struct option_place place;

    for (place.table = 0; place.table < parser->table_count; place.table++)
        for (place.index = 0; place.index < parser->tables[place.table].count;
             place.index++) {
            const struct option_def *def = option_at(parser, place);
            char typed[OPTION_DERIVED_MAX];
            int rc;
            if (def->fallback == NULL ||
                parser->tables[place.table].sources[place.index] != OPTION_UNSET)
                continue;
            (void)snprintf(typed, sizeof typed, "--%s", def->name);
            rc = option_apply(parser, place, def->fallback, OPTION_FROM_DEFAULT, typed,
                              err);
            if (rc < 0)
                return rc;
        }
    return RC_OK;
}
