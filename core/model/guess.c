/* guess.c - from a header, cells and metadata to guesses, each with its reason. */
#include "model/guess.h"

#include "model/guess_internal.h"

#include "model/mapping.h"

#include <stdlib.h>

int guess_add_note(struct guesses *g, const char *text) {
    const char *copy = arena_copy(&g->arena, text, strlen(text));

    if (copy == NULL)
        return RC_NOMEM;
    if (g->note_count < GUESS_NOTES)
        g->notes[g->note_count++] = copy;
    return RC_OK;
}

const char *guess_note(const struct guesses *g, size_t i) {
    return i < g->note_count ? g->notes[i] : NULL;
}

const struct guess *guess_at(const struct guesses *g, size_t column) {
    return &g->minds[column].result;
}

static void load_languages(struct guesses *g) {
    for (size_t i = 0; i < g->in.language_count && i < GUESS_LANGUAGES; i++) {
        json_error_t error;
        json_t *language =
            json_loadb(g->in.languages[i].data, g->in.languages[i].len, 0, &error);
        if (language != NULL)
            g->languages[g->language_count++] = language;
        else if (json_error_code(&error) == json_error_out_of_memory)
            g->failed = true;
    }
}

/* "Person - Name" is the name: some programs put the kind of record in front. */
static struct slice bare_name(struct slice name) {
    static const char *const kinds[] = {"Person - ",  "Contact - ",     "Lead - ",
                                        "Deal - ",    "Opportunity - ", "Account - ",
                                        "Company - ", "Organization - "};

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t len = strlen(kinds[i]);
        if (name.len > len && memcmp(name.data, kinds[i], len) == 0)
            return slice_make(name.data + len, name.len - len);
    }
    return name;
}

static void load_minds(struct guesses *g) {
    g->minds = arena_zalloc(&g->arena, (g->in.column_count + 1) * sizeof *g->minds);
    if (g->minds == NULL) {
        g->failed = true;
        return;
    }
    for (size_t i = 0; i < g->in.column_count; i++) {
        struct guess_mind *mind = &g->minds[i];
        char room[GUESS_KEY + 1];
        struct slice key = guess_key(bare_name(g->in.columns[i].name), room);
        char *copy = arena_copy(&g->arena, key.data, key.len);
        if (copy == NULL) {
            g->failed = true;
            return;
        }
        mind->in = &g->in.columns[i];
        mind->key = slice_make(copy, key.len);
        mind->filled = mind->in->profile == NULL || guess_filled(mind) > 0;
        mind->result.remark = "";
        mind->result.reason = "";
    }
}

/* A mark of the primary address goes with it once a record has several. */
static void settle_mark(struct guesses *g, const char *plain, const char *list,
                        const char *mark, const char *key) {
    const struct guess_mind *holder = guess_holder(g, mark);
    const struct guess_mind *several = guess_holder(g, list);
    const struct guess_mind *primary = guess_holder(g, plain);
    json_t *part;

    if (holder == NULL || primary == NULL ||
        (several == NULL && json_object_get(primary->entry, "type") == NULL &&
         json_object_get(primary->entry, "delimiter") == NULL))
        return;
    part = json_object();
    tree_set(part, "column", json_stringn(holder->in->name.data, holder->in->name.len),
             &g->failed);
    if (json_object_get(holder->entry, "valueMap") != NULL)
        tree_set(part, "valueMap",
                 json_incref(json_object_get(holder->entry, "valueMap")), &g->failed);
    tree_set(primary->entry, key, part, &g->failed);
    for (size_t i = 0; i < g->in.column_count; i++)
        if (&g->minds[i] == holder) {
            json_decref(g->minds[i].entry);
            g->minds[i].entry = NULL;
        }
}

static void write_all(struct guesses *g) {
    for (size_t i = 0; i < g->in.column_count; i++) {
        struct guess_mind *mind = &g->minds[i];
        const struct schema_attribute *def;
        if (mind->taken == NULL || mind->entry == NULL)
            continue;
        if (mind->taken->kind == KIND_FULL_NAME) {
            guess_write_split(g, mind);
            continue;
        }
        def = mind->taken->def != NULL ? mind->taken->def
                                       : schema_find(g->in.schema, mind->result.field);
        if (def != NULL)
            guess_write_cells(g, mind, def);
    }
    settle_mark(g, "emailAddress", "emailAddressData", "emailAddressIsOptedOut",
                "optedOut");
    settle_mark(g, "phoneNumber", "phoneNumberData", "phoneNumberIsOptedOut", "optedOut");
    settle_mark(g, "emailAddress", "emailAddressData", "emailAddressIsInvalid",
                "invalid");
    settle_mark(g, "phoneNumber", "phoneNumberData", "phoneNumberIsInvalid", "invalid");
}

int guess_new(struct guesses **out, const struct guess_input *input, struct err *err) {
    struct guesses *g = calloc(1, sizeof *g);

    *out = NULL;
    if (g == NULL)
        return err_nomem(err);
    g->in = *input;
    load_languages(g);
    load_minds(g);
    if (!g->failed)
        guess_load_labels(g);
    if (!g->failed)
        guess_choose(g);
    if (!g->failed) {
        guess_phone_country(g);
        guess_settle_numbers(g);
        write_all(g);
    }
    if (g->failed) {
        guess_free(g);
        return err_nomem(err);
    }
    *out = g;
    return RC_OK;
}

const char *guess_target(const struct guesses *g, size_t i) {
    for (size_t k = 0; k < g->in.column_count; k++) {
        const char *target = g->minds[k].target;
        bool before = false;
        for (size_t m = 0; target != NULL && m < k; m++)
            before = before || (g->minds[m].target != NULL &&
                                strcmp(g->minds[m].target, target) == 0);
        if (target != NULL && !before && i-- == 0)
            return target;
    }
    return NULL;
}

static bool is_mail(void *context, struct slice value) {
    (void)context;
    return memchr(value.data, '@', value.len) != NULL;
}

/* What records of the target are looked up by, in order. */
static size_t choose_by(const struct guess_mind *mind, const struct schema *target,
                        const char *by[3]) {
    bool user = strcmp(schema_entity_type(target), "User") == 0;
    const char *const wanted[3] = {guess_share(mind, is_mail, NULL) >= 50 ? "emailAddress"
                                                                          : NULL,
                                   user ? "userName" : NULL, "name"};
    size_t count = 0;

    for (size_t i = 0; i < 3; i++)
        if (wanted[i] != NULL && schema_find(target, wanted[i]) != NULL)
            by[count++] = wanted[i];
    return count;
}

static void set_lookup(struct guesses *g, struct guess_mind *mind,
                       const struct schema *target) {
    const char *by[3];
    struct lookup lookup = {.pointer = "",
                            .entity_type = mind->target,
                            .by = by,
                            .by_count = choose_by(mind, target, by),
                            .on_none = LOOKUP_NONE_CREATE};
    char room[1001] = "";
    struct buf why = BUF_ON(room);
    bool makes = strcmp(mind->target, "Account") == 0 &&
                 lookup_problem(&lookup, target, &why) == NULL;
    json_t *entry = json_object(), *list = json_array();

    for (size_t i = 0; i < lookup.by_count; i++)
        tree_append(list, json_string(by[i]), &g->failed);
    tree_set(entry, "by", list, &g->failed);
    if (makes)
        tree_set(entry, "onNone", json_string("create"), &g->failed);
    tree_set(mind->entry, "lookup", entry, &g->failed);
    guess_remark(g, mind,
                 guess_print(g, "%s records are found by %s%s%s; %s", mind->target, by[0],
                             lookup.by_count > 1 ? ", then by " : "",
                             lookup.by_count > 1 ? by[1] : "",
                             makes ? "where there is none, it is made"
                                   : "a row that finds none fails"));
}

int guess_set_target(struct guesses *g, const char *entity_type,
                     const struct schema *target, struct err *err) {
    for (size_t i = 0; i < g->in.column_count; i++) {
        struct guess_mind *mind = &g->minds[i];
        const char *by[3];
        if (mind->target == NULL || strcmp(mind->target, entity_type) != 0)
            continue;
        if (target != NULL && schema_server(target)->may_read &&
            choose_by(mind, target, by) > 0) {
            set_lookup(g, mind, target);
            continue;
        }
        guess_give_up(g, mind,
                      guess_print(g,
                                  "would be %s, but this user may not read %s records, "
                                  "so none can be looked up",
                                  mind->result.field, entity_type));
    }
    return g->failed ? err_nomem(err) : RC_OK;
}

void guess_free(struct guesses *g) {
    if (g == NULL)
        return;
    for (size_t i = 0; g->minds != NULL && i < g->in.column_count; i++)
        json_decref(g->minds[i].entry);
    for (size_t i = 0; i < g->language_count; i++)
        json_decref(g->languages[i]);
    free(g->draft);
    arena_fini(&g->arena);
    free(g);
}
