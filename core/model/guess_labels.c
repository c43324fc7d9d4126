/* guess_labels.c - what EspoCRM calls the fields of an entity type, in the languages that
 * it was asked for.
 *
 * I18n of 9.1.7: {Scope}.fields.{name}, of the entity type, else of Global; name is an
 * attribute (addressCity) or a field (assignedUser, whose attribute is assignedUserId).
 */
#include "model/guess_internal.h"

static const char *label_of(json_t *language, const char *scope, const char *name) {
    json_t *fields = json_object_get(json_object_get(language, scope), "fields");

    return json_string_value(json_object_get(fields, name));
}

static void keep(struct guesses *g, struct slice key, const struct schema_attribute *def,
                 bool by_name) {
    struct guess_label *label = &g->labels[g->label_count];

    if (key.len == 0)
        return;
    for (size_t i = 0; i < g->label_count; i++)
        if (g->labels[i].def == def && slice_equal(slice_of(g->labels[i].key), key))
            return;
    label->key = arena_copy(&g->arena, key.data, key.len);
    label->def = def;
    label->by_name = by_name;
    if (label->key == NULL)
        g->failed = true;
    else
        g->label_count++;
}

static void load(struct guesses *g, json_t *language,
                 const struct schema_attribute *def) {
    bool link = def->type == ATTRIBUTE_ID || def->type == ATTRIBUTE_IDS;
    const char *scopes[] = {schema_entity_type(g->in.schema), "Global"};
    const char *label = NULL;
    char room[GUESS_KEY + 1], with_id[GUESS_KEY + 4];
    struct slice key;

    for (size_t s = 0; s < 2 && label == NULL; s++) {
        label = label_of(language, scopes[s], def->name);
        if (label == NULL && link)
            label = label_of(language, scopes[s], def->field);
    }
    if (label == NULL)
        return;
    key = guess_key(slice_of(label), room);
    keep(g, key, def, link);
    if (link && key.len > 0) { /* "Account ID" */
        memcpy(with_id, key.data, key.len);
        memcpy(with_id + key.len, "id", 3);
        keep(g, slice_make(with_id, key.len + 2), def, false);
    }
}

void guess_load_labels(struct guesses *g) {
    size_t count = schema_count(g->in.schema);

    g->labels =
        arena_alloc(&g->arena, (2 * GUESS_LANGUAGES * count + 1) * sizeof *g->labels);
    if (g->labels == NULL) {
        g->failed = true;
        return;
    }
    for (size_t l = 0; l < g->language_count; l++)
        for (size_t i = 0; i < count && !g->failed; i++)
            load(g, g->languages[l], schema_at(g->in.schema, i));
}
