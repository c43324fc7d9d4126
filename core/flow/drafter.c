/* drafter.c - gathers what a draft of a mapping is guessed from, and tries the draft
 * against header and metadata as an import would.
 */
#include "flow/drafter.h"

#include "base/utf8.h"
#include "flow/inspector_problems.h"
#include "model/program_header.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SDL_FILE_MAX = 4 << 20, SDL_CHUNK = 16 << 10, PROBLEMS_SHOWN = 20 };

/* --- the entity type */

/* "Leads", "lead", "Interessent": what the server calls Lead. */
static const char *nearest_entity(json_t *language, const char *name) {
    static const char *const parts[] = {"scopeNames", "scopeNamesPlural"};
    const char *nearest = NULL, *scope;
    size_t limit = 1 + strlen(name) / 4;
    json_t *value;

    for (size_t i = 0; i < 2; i++)
        json_object_foreach(
            json_object_get(json_object_get(language, "Global"), parts[i]), scope,
            value) {
            const char *words[2] = {scope, json_string_value(value)};
            for (size_t k = 0; k < 2 && words[k] != NULL; k++) {
                size_t distance =
                    utf8_distance(slice_of(words[k]), slice_of(name), limit);
                if (distance > limit || (nearest != NULL && distance == limit))
                    continue;
                nearest = scope;
                limit = distance;
            }
        }
    return nearest;
}

static void advise_entity(const struct buf *bodies, const char *name, struct err *err) {
    for (size_t i = 0; i < PROGRAM_LANGUAGES && err->advice[0] == '\0'; i++) {
        json_t *language = bodies[i].len == 0
                               ? NULL
                               : json_loadb(bodies[i].data, bodies[i].len, 0, NULL);
        const char *nearest = nearest_entity(language, name);
        if (nearest != NULL && strcmp(nearest, name) != 0)
            err_advise(err, "did you mean %s?", nearest);
        json_decref(language);
    }
}

static int load_entity(const struct draft_options *options, struct site *site,
                       const struct schema **schema, struct buf *bodies,
                       struct err *err) {
    struct err first = {0};
    const struct schema_server *server;
    int rc = site_load_schema(site, options->entity_type, schema, &first);

    if (rc == RC_OK || rc == RC_USAGE) {
        int labels = site_load_labels(site, bodies, err);
        if (labels != RC_OK)
            return labels;
    }
    if (rc == RC_USAGE) {
        first.advice[0] = '\0';
        advise_entity(bodies, options->entity_type, &first);
        if (first.advice[0] == '\0')
            err_advise(&first, "\"espoload ping\" says what this key may do; names of "
                               "entity types are as in EspoCRM's API, such as Lead");
    }
    if (rc != RC_OK) {
        *err = first;
        return rc;
    }
    server = schema_server(*schema);
    if (server->may_create)
        return RC_OK;
    (void)err_set(err, RC_AUTH, "user %s may not create %s records", server->user_name,
                  options->entity_type);
    err_advise(err, "let an administrator give the user a role with that right");
    return RC_AUTH;
}

/* --- the Data Loader's mapping */

static int read_file(const char *path, struct buf *out, struct err *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC), rc = RC_OK;
    ssize_t n = 1;

    if (fd < 0)
        return err_named_file(err, "read", path);
    while (rc == RC_OK && n != 0) {
        char *room = buf_reserve(out, SDL_CHUNK);
        if (room == NULL) {
            rc = err_set(err, RC_USAGE, "%s is too large for a mapping of Data Loader",
                         path);
            break;
        }
        n = read(fd, room, SDL_CHUNK);
        if (n > 0)
            buf_commit(out, (size_t)n);
        else if (n < 0 && errno != EINTR)
            rc = err_named_file(err, "read", path);
    }
    (void)close(fd);
    return rc;
}

static int load_sdl(struct draft *draft, const struct draft_options *options,
                    struct err *err) {
    struct buf text = {.max = SDL_FILE_MAX};
    int rc = read_file(options->sdl_path, &text, err);

    if (rc == RC_OK)
        rc = sdl_parse(&draft->sdl, buf_slice(&text), options->sdl_path,
                       options->entity_type, err);
    buf_fini(&text);
    return rc;
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

static void tell(struct draft *draft, const struct draft_options *options,
                 const struct sdl_entry *entry, struct guess_told *out) {
    const char *file = base_name(options->sdl_path);
    struct sdl_field field;

    if (entry == NULL || entry->target[0] == '\0') {
        out->not_why = arena_format(&draft->memory, "%s does not map it", file);
        return;
    }
    sdl_field(options->entity_type, entry->target, &field);
    out->by = arena_format(&draft->memory, "%s maps it to %s", file, entry->target);
    out->field = field.field;
    out->type = field.type;
    out->as = field.known ? NULL : entry->target;
    if (field.not_why != NULL)
        out->not_why = arena_format(&draft->memory, "%s maps it to %s, which %s", file,
                                    entry->target, field.not_why);
}

/* Custom fields end in __c. */
static void strip_suffix(struct draft *draft, struct guess_told *told) {
    size_t len = told->as == NULL ? 0 : strlen(told->as);

    if (len > 3 && strcmp(told->as + len - 3, "__c") == 0)
        told->as = arena_copy(&draft->memory, told->as, len - 3);
}

/* --- the columns */

static int make_columns(struct draft *draft, size_t count, struct err *err) {
    draft->columns = calloc(count + 1, sizeof *draft->columns);
    draft->column_count = count;
    return draft->columns == NULL ? err_nomem(err) : RC_OK;
}

/* Names that a mapping could not tell apart. */
static int mark_repeated(struct draft *draft, struct err *err) {
    struct slice *names =
        arena_alloc(&draft->memory, (draft->column_count + 1) * sizeof *names);
    struct header header;
    size_t index;

    for (size_t i = 0; names != NULL && i < draft->column_count; i++)
        names[i] = draft->columns[i].name;
    if (names == NULL ||
        header_init(&header, names, draft->column_count, &draft->memory) < 0)
        return err_nomem(err);
    for (size_t i = 0; i < draft->column_count; i++) {
        char *name = arena_copy(&draft->memory, names[i].data, names[i].len);
        if (name == NULL)
            return err_nomem(err);
        draft->columns[i].repeated =
            header_find(&header, name, &draft->memory, &index) == HEADER_TWICE;
    }
    return RC_OK;
}

static int columns_of_file(struct draft *draft, struct err *err) {
    const struct inspection *in = draft->inspection;
    int rc = make_columns(draft, in->column_count, err);

    for (size_t i = 0; rc == RC_OK && i < in->column_count; i++) {
        struct guess_column *column = &draft->columns[i];
        column->name = in->columns[i].name;
        column->unnamed = in->columns[i].unnamed || in->header_line == 0;
        column->profile = in->columns[i].profile;
        column->summary = in->columns[i].summary;
    }
    return rc == RC_OK ? mark_repeated(draft, err) : rc;
}

static int columns_of_sdl(struct draft *draft, struct err *err) {
    const struct sdl_entry *entry;
    size_t count = 0;
    int rc;

    while (sdl_at(draft->sdl, count) != NULL)
        count++;
    rc = make_columns(draft, count, err);
    draft->column_count = 0;
    for (size_t i = 0; rc == RC_OK && (entry = sdl_at(draft->sdl, i)) != NULL; i++)
        if (!entry->constant && entry->source[0] != '\0')
            draft->columns[draft->column_count++].name = slice_of(entry->source);
    return rc;
}

static int tell_columns(struct draft *draft, const struct draft_options *options,
                        struct err *err) {
    const struct sdl_entry *entry;
    struct slice *names =
        arena_alloc(&draft->memory, (draft->column_count + 1) * sizeof *names);
    struct header header;
    const struct sdl_entry **told =
        arena_zalloc(&draft->memory, (draft->column_count + 1) * sizeof(void *));
    size_t index = 0;

    for (size_t i = 0; names != NULL && i < draft->column_count; i++)
        names[i] = draft->columns[i].name;
    if (names == NULL || told == NULL ||
        header_init(&header, names, draft->column_count, &draft->memory) < 0)
        return err_nomem(err);
    for (size_t i = 0; (entry = sdl_at(draft->sdl, i)) != NULL; i++)
        if (!entry->constant &&
            header_find(&header, entry->source, &draft->memory, &index) == HEADER_FOUND)
            told[index] = entry;
    for (size_t i = 0; i < draft->column_count; i++) {
        struct guess_told *out = &draft->columns[i].told;
        tell(draft, options, told[i], out);
        strip_suffix(draft, out);
        if (out->by == NULL && out->not_why == NULL)
            return err_nomem(err);
    }
    return RC_OK;
}

/* "Web"=LeadSource: one value for every row. */
static size_t constants_of(struct draft *draft, const struct draft_options *options,
                           struct guess_constant *out, size_t room) {
    const struct sdl_entry *entry;
    size_t count = 0;

    for (size_t i = 0; draft->sdl != NULL && (entry = sdl_at(draft->sdl, i)) != NULL;
         i++) {
        struct sdl_field field;
        if (!entry->constant || entry->target[0] == '\0' || count == room)
            continue;
        sdl_field(options->entity_type, entry->target, &field);
        out[count].field = field.field != NULL ? field.field : entry->target;
        out[count].value = entry->source;
        out[count++].by = arena_format(&draft->memory, "%s sets %s to this",
                                       base_name(options->sdl_path), entry->target);
    }
    return count;
}

static int note_sdl(struct draft *draft, struct err *err) {
    const struct sdl_entry *entry;
    int rc = RC_OK;

    if (draft->sdl == NULL)
        return RC_OK;
    if (sdl_was_export(draft->sdl))
        rc = guess_add_note(draft->guesses,
                            "the mapping of Data Loader is one of an export, with "
                            "Salesforce's fields on the left: it was turned round");
    if (rc == RC_OK && draft->inspection == NULL)
        rc = guess_add_note(draft->guesses,
                            "without a file formats of dates and numbers, options and "
                            "the country of phone numbers are not known: give FILE, too");
    for (size_t i = 0; rc == RC_OK && (entry = sdl_at(draft->sdl, i)) != NULL; i++) {
        const char *note = NULL;
        bool there = draft->inspection == NULL || entry->constant;
        for (size_t k = 0; !there && k < draft->column_count; k++)
            there = draft->columns[k].told.by != NULL &&
                    draft->columns[k].name.len == strlen(entry->source) &&
                    strncasecmp(draft->columns[k].name.data, entry->source,
                                draft->columns[k].name.len) == 0;
        if (entry->others[0] != '\0')
            note = arena_format(&draft->memory,
                                "'%s' goes to several fields of Salesforce; %s are left "
                                "out: add them by hand",
                                entry->source, entry->others);
        else if (!there && entry->target[0] != '\0')
            note =
                arena_format(&draft->memory,
                             "the file has no column '%s', which Data Loader's mapping "
                             "names for %s",
                             entry->source, entry->target);
        if (note != NULL)
            rc = guess_add_note(draft->guesses, note);
    }
    return rc == RC_OK ? RC_OK : err_nomem(err);
}

/* --- the draft, tried */

static int note_problems(struct draft *draft, const struct mapping_problem *problems,
                         size_t count, struct err *err) {
    for (size_t i = 0; i < count && i < PROBLEMS_SHOWN; i++) {
        const char *note =
            arena_format(&draft->memory, "the draft cannot be imported as it is: %s: %s",
                         problems[i].pointer, problems[i].message);
        if (note == NULL || guess_add_note(draft->guesses, note) < 0)
            return err_nomem(err);
    }
    draft->problem_count = count;
    return RC_OK;
}

static int try_draft(struct draft *draft, const struct schema *schema, struct err *err) {
    struct mapping *mapping = NULL;
    struct program *program = NULL;
    struct mapping_problem *problems = NULL;
    size_t count = 0;
    struct slice *names =
        arena_alloc(&draft->memory, (draft->column_count + 1) * sizeof *names);
    int rc = names == NULL
                 ? err_nomem(err)
                 : mapping_parse(&mapping, slice_of(draft->text), "the draft", err);

    for (size_t i = 0; names != NULL && i < draft->column_count; i++)
        names[i] = draft->columns[i].name;
    if (rc == RC_OK) {
        struct err told = {0};
        rc = program_new(&program, mapping, schema, names, draft->column_count, &problems,
                         &count, &told);
        if (rc == RC_USAGE)
            rc = note_problems(draft, problems, count, err);
        else if (rc != RC_OK)
            *err = told;
    }
    free(problems);
    program_free(program);
    mapping_free(mapping);
    return rc;
}

static int set_targets(struct draft *draft, struct site *site, struct err *err) {
    const char *target;
    int rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && (target = guess_target(draft->guesses, i)) != NULL;
         i++) {
        const struct schema *schema = NULL;
        struct err told = {0};
        rc = site_load_schema(site, target, &schema, &told);
        if (rc != RC_OK && rc != RC_USAGE) {
            *err = told;
            return rc;
        }
        rc = guess_set_target(draft->guesses, target, rc == RC_OK ? schema : NULL, err);
        if (rc == RC_OK && (schema == NULL || !schema_server(schema)->may_read))
            i--; /* it is no target any more */
    }
    return rc;
}

static int guess_all(struct draft *draft, const struct draft_options *options,
                     struct site *site, const struct schema *schema,
                     const struct buf *bodies, struct err *err) {
    struct guess_constant constants[64];
    struct slice languages[PROGRAM_LANGUAGES];
    const struct inspection *in = draft->inspection;
    struct guess_input input = {
        .schema = schema,
        .columns = draft->columns,
        .column_count = draft->column_count,
        .constants = constants,
        .languages = languages,
        .encoding = options->encoding,
        .delimiter = options->delimiter,
        .headless = in != NULL && in->header_line == 0,
        .title = arena_format(&draft->memory, "%s of %s", options->entity_type,
                              base_name(options->input_name)),
    };
    int rc;

    input.constant_count = constants_of(draft, options, constants, 64);
    for (size_t i = 0; i < PROGRAM_LANGUAGES; i++)
        if (bodies[i].len > 0)
            languages[input.language_count++] = buf_slice(&bodies[i]);
    if (in != NULL && in->encoding == INSPECT_GUESSED)
        input.encoding = in->facts.encoding;
    rc = guess_new(&draft->guesses, &input, err);
    if (rc == RC_OK && in != NULL && in->encoding == INSPECT_GUESSED)
        rc = guess_add_note(draft->guesses,
                            arena_format(&draft->memory,
                                         "the file is not UTF-8, and is taken for %s: "
                                         "look whether its letters are right",
                                         in->facts.encoding));
    if (rc == RC_OK && in != NULL && inspect_header_is_title(in))
        rc = guess_add_note(draft->guesses,
                            "most columns have no name: if the first line is a title, "
                            "take away what stands above the header, and draft again");
    if (rc == RC_OK)
        rc = set_targets(draft, site, err);
    if (rc == RC_OK)
        rc = guess_draft(draft->guesses, &draft->text, err);
    if (rc == RC_OK)
        rc = note_sdl(draft, err);
    return rc;
}

/* A mapping must speak of something. */
static int check_sayable(const struct draft *draft, const char *name, struct err *err) {
    for (size_t i = 0; i < draft->column_count; i++)
        if (guess_at(draft->guesses, i)->sayable)
            return RC_OK;
    (void)err_set(
        err, RC_INPUT,
        "%s has no column that a mapping can name, so there is nothing to draft", name);
    err_advise(err, "each column needs a name of its own that does not begin with _");
    return RC_INPUT;
}

int draft_make(struct draft *draft, const struct draft_options *options,
               struct site *site, struct err *err) {
    struct buf bodies[PROGRAM_LANGUAGES] = {{0}};
    const struct schema *schema = NULL;
    int rc = RC_OK;

    if (options->inspect.input.path != NULL)
        rc = inspect_file(&draft->inspection, &options->inspect, err);
    if (rc == RC_OK && options->sdl_path != NULL)
        rc = load_sdl(draft, options, err);
    if (rc == RC_OK)
        rc = load_entity(options, site, &schema, bodies, err);
    if (rc == RC_OK)
        rc = draft->inspection != NULL ? columns_of_file(draft, err)
                                       : columns_of_sdl(draft, err);
    if (rc == RC_OK && draft->sdl != NULL)
        rc = tell_columns(draft, options, err);
    if (rc == RC_OK)
        rc = guess_all(draft, options, site, schema, bodies, err);
    if (rc == RC_OK)
        rc = check_sayable(draft, options->input_name, err);
    if (rc == RC_OK)
        rc = try_draft(draft, schema, err);
    for (size_t i = 0; i < PROGRAM_LANGUAGES; i++)
        buf_fini(&bodies[i]);
    if (rc == RC_NOMEM)
        (void)err_nomem(err);
    return rc;
}

void draft_free(struct draft *draft) {
    guess_free(draft->guesses);
    inspect_free(draft->inspection);
    sdl_free(draft->sdl);
    free(draft->columns);
    arena_fini(&draft->memory);
    memset(draft, 0, sizeof *draft);
}
