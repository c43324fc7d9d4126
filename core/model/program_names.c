/* program_names.c - lets cells name options by what the server calls them for people. */
#include "model/option_names.h"
#include "model/program_internal.h"

#include <string.h>

/* A currency is its code, and nothing else. */
static bool has_names(const struct converter *c) {
    size_t len = strlen(c->def->name);
    bool currency = len > 8 && strcmp(c->def->name + len - 8, "Currency") == 0 &&
                    c->def->max_length == 3;

    return c->options.count > 0 && !currency &&
           (c->def->type == ATTRIBUTE_ENUM || c->def->type == ATTRIBUTE_LIST);
}

bool program_has_options(const struct program *program) {
    for (size_t i = 0; i < program->step_count; i++)
        for (size_t k = 0; k < program->steps[i].converter_count; k++)
            if (has_names(&program->steps[i].converters[k]))
                return true;
    return false;
}

static int name_options(struct program *program, json_t *const *languages, size_t count) {
    const char *entity_type = schema_entity_type(program->schema);
    int rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < program->step_count; i++)
        for (size_t k = 0; rc == RC_OK && k < program->steps[i].converter_count; k++) {
            struct converter *c = &program->steps[i].converters[k];
            struct option_names *names;
            if (!has_names(c))
                continue;
            names = arena_alloc(&program->arena, sizeof *names);
            rc = names == NULL ? RC_NOMEM
                               : option_names_init(names, c->def, entity_type, languages,
                                                   count, &program->arena);
            c->names = names;
        }
    return rc;
}

int program_name_options(struct program *program, const struct slice *languages,
                         size_t count) {
    json_t *parsed[PROGRAM_LANGUAGES] = {NULL};
    size_t n = 0;
    int rc;

    for (size_t i = 0; i < count && i < PROGRAM_LANGUAGES; i++) {
        parsed[n] = json_loadb(languages[i].data, languages[i].len, 0, NULL);
        n += parsed[n] != NULL;
    }
    rc = name_options(program, parsed, n);
    for (size_t i = 0; i < n; i++)
        json_decref(parsed[i]);
    return rc;
}
