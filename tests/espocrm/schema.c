/*
 * Loads metadata files and turns fields into attributes. Promises that a loaded schema
 * is complete or that schema_load said on stderr which file is wrong. Field types that
 * no test needs (attachments, ranges, maps) have no attributes.
 */
#include "schema.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema_attrs.h"

static json_t *load_json(const char *dir, const char *file) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", dir, file);
    json_error_t err;
    json_t *v = json_load_file(path, 0, &err);
    if (!v)
        fprintf(stderr, "espocrm-testd: %s: %s (line %d)\n", path, err.text, err.line);
    return v;
}

pcre2_code *pattern_compile(const char *pattern) {
    struct buf b = {0};
    buf_printf(&b, "^(?:%s)$", pattern);
    int code;
    PCRE2_SIZE at;
    pcre2_code *re =
        pcre2_compile((PCRE2_SPTR)b.p, b.len, PCRE2_DOLLAR_ENDONLY, &code, &at, NULL);
    if (!re)
        fprintf(stderr, "espocrm-testd: pattern %s: error %d\n", pattern, code);
    else
        pcre2_jit_compile(re, PCRE2_JIT_COMPLETE);
    buf_free(&b);
    return re;
}

bool pattern_matches(const pcre2_code *re, const char *s, size_t n) {
    pcre2_match_data *md = pcre2_match_data_create(1, NULL);
    int rc = md ? pcre2_match(re, (PCRE2_SPTR)s, n, 0, 0, md, NULL) : -1;
    pcre2_match_data_free(md);
    return rc >= 0;
}

static pcre2_code *named_pattern(const struct schema *s, const char *name) {
    const char *p =
        json_string_value(json_object_get(json_object_get(s->patterns, name), "pattern"));
    return pattern_compile(p ? p : ".*");
}

static const struct {
    const char *name;
    enum ftype type;
} type_names[] = {
    {"varchar", F_VARCHAR},
    {"text", F_TEXT},
    {"wysiwyg", F_TEXT},
    {"int", F_INT},
    {"enumInt", F_INT},
    {"duration", F_SKIPPED},
    {"autoincrement", F_NUMBER},
    {"float", F_FLOAT},
    {"enumFloat", F_FLOAT},
    {"bool", F_BOOL},
    {"enum", F_ENUM},
    {"date", F_DATE},
    {"datetime", F_DATETIME},
    {"datetimeOptional", F_DATETIME},
    {"email", F_EMAIL},
    {"phone", F_PHONE},
    {"url", F_URL},
    {"link", F_LINK},
    {"linkOne", F_LINK_ONE},
    {"linkParent", F_LINK_PARENT},
    {"linkMultiple", F_LINK_MULTIPLE},
    {"array", F_ARRAY},
    {"multiEnum", F_MULTIENUM},
    {"checklist", F_CHECKLIST},
    {"urlMultiple", F_URL_MULTIPLE},
    {"currency", F_CURRENCY},
    {"currencyConverted", F_CONVERTED},
    {"number", F_NUMBER},
    {"personName", F_PERSON_NAME},
    {"foreign", F_FOREIGN},
    {"jsonArray", F_JSON},
    {"jsonObject", F_JSON},
    {"barcode", F_VARCHAR},
    {"colorpicker", F_VARCHAR},
    {"address", F_SKIPPED},
    {"map", F_SKIPPED},
    {"base", F_SKIPPED},
    {"image", F_SKIPPED},
    {"file", F_SKIPPED},
    {"attachmentMultiple", F_SKIPPED},
    {"password", F_SKIPPED},
};

static enum ftype field_type(const char *name) {
    for (size_t i = 0; name && i < sizeof type_names / sizeof *type_names; i++)
        if (!strcmp(type_names[i].name, name))
            return type_names[i].type;
    return F_OTHER;
}

static void field_numbers(struct field *f) {
    json_t *min = json_object_get(f->defs, "min"), *max = json_object_get(f->defs, "max");
    json_t *len = json_object_get(f->defs, "maxLength");
    json_t *count = json_object_get(f->defs, "maxCount");
    f->has_min = json_is_number(min);
    f->has_max = json_is_number(max);
    f->min = json_number_value(min);
    f->max = json_number_value(max);
    f->max_length = json_is_integer(len) ? (long)json_integer_value(len) : -1;
    f->max_count = json_is_integer(count) ? (long)json_integer_value(count) : -1;
}

static void field_pattern(const struct schema *s, struct field *f) {
    const char *p = json_string_value(json_object_get(f->defs, "pattern"));
    if (!p)
        return;
    f->pattern = *p == '$' ? named_pattern(s, p + 1) : pattern_compile(p);
}

static void field_init(const struct schema *s, struct entity *e, struct field *f,
                       const char *name, json_t *defs) {
    *f = (struct field){.name = mem_dup(name), .defs = defs};
    f->type = field_type(json_string_value(json_object_get(defs, "type")));
    f->required = json_is_true(json_object_get(defs, "required"));
    f->read_only = json_is_true(json_object_get(defs, "readOnly")) ||
                   f->type == F_NUMBER || f->type == F_CONVERTED || f->type == F_FOREIGN;
    f->not_storable = json_is_true(json_object_get(defs, "notStorable"));
    f->decimal = json_is_true(json_object_get(defs, "decimal"));
    f->dflt = json_object_get(defs, "default");
    f->options = json_object_get(defs, "options");
    json_t *word;
    size_t i;
    json_array_foreach(
        json_object_get(defs, "suppressValidationList"), i,
        word) if (!strcmp(json_string_value(word) ? json_string_value(word) : "",
                          "required")) f->suppress_required = true;
    field_numbers(f);
    field_pattern(s, f);
    json_t *link = json_object_get(json_object_get(e->defs, "links"), name);
    f->foreign = json_string_value(json_object_get(link, "entity"));
}

/* `optionsReference: "Account.industry"` takes the options of another entity's field. */
static void resolve_options(struct schema *s) {
    for (size_t i = 0; i < s->n; i++)
        for (size_t j = 0; j < s->entities[i].nfields; j++) {
            struct field *f = &s->entities[i].fields[j];
            const char *ref =
                json_string_value(json_object_get(f->defs, "optionsReference"));
            const char *dot = ref ? strchr(ref, '.') : NULL;
            if (!dot)
                continue;
            char *type = mem_dupn(ref, (size_t)(dot - ref));
            struct entity *other = schema_entity(s, type, false);
            struct field *of = other ? entity_field(other, dot + 1) : NULL;
            f->options = of ? json_object_get(of->defs, "options") : NULL;
            free(type);
        }
}

static enum linktype link_type(const struct schema *s, const char *type,
                               const char *foreign, const char *foreign_link,
                               const char *relation) {
    if (!type)
        return L_UNKNOWN;
    if (!strcmp(type, "belongsTo"))
        return L_BELONGS_TO;
    if (!strcmp(type, "belongsToParent"))
        return L_PARENT;
    if (!strcmp(type, "hasChildren"))
        return L_HAS_CHILDREN;
    if (strcmp(type, "hasMany") != 0)
        return L_UNKNOWN;
    if (relation)
        return L_MANY_MANY;
    const struct entity *f = foreign ? schema_entity(s, foreign, false) : NULL;
    if (!f || !foreign_link)
        return L_UNKNOWN;
    const char *back = json_string_value(json_object_get(
        json_object_get(json_object_get(f->defs, "links"), foreign_link), "type"));
    if (back && !strcmp(back, "belongsTo"))
        return L_HAS_MANY;
    return back && !strcmp(back, "hasMany") ? L_MANY_MANY : L_UNKNOWN;
}

/* Both sides of a many-to-many link must arrive at one name for the relation. */
static void link_relation(struct link *l, const struct entity *e, const char *relation) {
    struct buf here = {0}, there = {0};
    if (!l->foreign_link) {
        buf_printf(&here, "%s:%s", relation ? relation : "", e->name);
        l->left = true;
        l->relation = here.p;
        return;
    }
    buf_printf(&here, "%s.%s", e->name, l->name);
    buf_printf(&there, "%s.%s", l->foreign, l->foreign_link);
    l->left = strcmp(here.p, there.p) < 0;
    l->relation = mem_dup(l->left ? here.p : there.p);
    buf_free(&here);
    buf_free(&there);
}

static void load_links(const struct schema *s, struct entity *e) {
    json_t *defs = json_object_get(e->defs, "links");
    e->links = mem_zero((json_object_size(defs) + 1) * sizeof *e->links);
    const char *name;
    json_t *d;
    json_object_foreach(defs, name, d) {
        struct link *l = &e->links[e->nlinks++];
        const char *relation = json_string_value(json_object_get(d, "relationName"));
        l->name = mem_dup(name);
        l->foreign = json_string_value(json_object_get(d, "entity"));
        l->foreign_link = json_string_value(json_object_get(d, "foreign"));
        l->type = link_type(s, json_string_value(json_object_get(d, "type")), l->foreign,
                            l->foreign_link, relation);
        if (l->type == L_MANY_MANY)
            link_relation(l, e, relation);
    }
}

static int load_entity(struct schema *s, const char *dir, const char *name,
                       const char *variant) {
    struct entity *e = &s->entities[s->n++];
    char file[128];
    snprintf(file, sizeof file, "metadata/%s.json", name);
    *e = (struct entity){.name = mem_dup(name), .defs = load_json(dir, file)};
    e->model = json_object_get(s->model, name);
    if (!e->defs)
        return -1;
    if (variant && !strcmp(name, "Lead")) {
        snprintf(file, sizeof file, "metadata/%s.%s.json", name, variant);
        json_t *more = load_json(dir, file);
        if (!more)
            return -1;
        json_object_update(json_object_get(e->defs, "fields"),
                           json_object_get(more, "fields"));
        json_decref(more);
    }
    json_t *defs = json_object_get(e->defs, "fields"), *d;
    e->fields = mem_zero((json_object_size(defs) + 1) * sizeof *e->fields);
    const char *fname;
    json_object_foreach(defs, fname, d)
        field_init(s, e, &e->fields[e->nfields++], fname, d);
    e->person = json_is_true(json_object_get(e->model, "person"));
    e->stream = json_is_true(json_object_get(e->model, "stream"));
    e->admin_writes = json_is_true(json_object_get(e->model, "adminWrites"));
    return 0;
}

int schema_load(struct schema *s, const char *dir, const char *variant) {
    *s = (struct schema){0};
    s->model = load_json(dir, "model.json");
    s->patterns = load_json(dir, "metadata/app.regExpPatterns.json");
    s->fields = load_json(dir, "metadata/fields.json");
    s->scopes = load_json(dir, "metadata/scopes.json");
    s->settings = load_json(dir, "settings.json");
    s->i18n = load_json(dir, "i18n.json");
    s->i18n_default = load_json(dir, "i18n-default.json");
    s->user_full = load_json(dir, "app-user.json");
    s->user_weak = load_json(dir, "app-user-weak.json");
    if (!s->model || !s->patterns || !s->fields || !s->scopes || !s->settings ||
        !s->i18n || !s->i18n_default || !s->user_full || !s->user_weak)
        return -1;
    s->re_id = named_pattern(s, "id");
    s->re_phone = named_pattern(s, "phoneNumberLoose");
    s->re_uri = named_pattern(s, "uriOptionalProtocol");
    s->entities = mem_zero(json_object_size(s->model) * sizeof *s->entities);
    const char *name;
    json_t *model;
    json_object_foreach(s->model, name,
                        model) if (load_entity(s, dir, name, variant)) return -1;
    resolve_options(s);
    for (size_t i = 0; i < s->n; i++) {
        load_links(s, &s->entities[i]);
        schema_build_attrs(&s->entities[i]);
    }
    return 0;
}

static void entity_fini(struct entity *e) {
    for (size_t i = 0; i < e->nattrs; i++) {
        free(e->attrs[i]->name);
        free(e->attrs[i]->other);
        free(e->attrs[i]);
    }
    for (size_t i = 0; i < e->nfields; i++) {
        free(e->fields[i].name);
        pcre2_code_free(e->fields[i].pattern);
    }
    for (size_t i = 0; i < e->nlinks; i++) {
        free(e->links[i].name);
        free(e->links[i].relation);
    }
    free(e->attrs);
    free(e->sorted);
    free(e->fields);
    free(e->links);
    free(e->name);
    free(e->insert_sql);
    free(e->update_sql);
    json_decref(e->defs);
}

void schema_fini(struct schema *s) {
    for (size_t i = 0; i < s->n; i++)
        entity_fini(&s->entities[i]);
    free(s->entities);
    json_decref(s->model);
    json_decref(s->patterns);
    json_decref(s->fields);
    json_decref(s->scopes);
    json_decref(s->settings);
    json_decref(s->i18n);
    json_decref(s->i18n_default);
    json_decref(s->user_full);
    json_decref(s->user_weak);
    pcre2_code_free(s->re_id);
    pcre2_code_free(s->re_phone);
    pcre2_code_free(s->re_uri);
}

struct entity *schema_entity(const struct schema *s, const char *name, bool fold_first) {
    for (size_t i = 0; i < s->n; i++) {
        const char *n = s->entities[i].name;
        if (!strcmp(n, name) ||
            (fold_first && *name && toupper((unsigned char)*name) == *n &&
             !strcmp(n + 1, name + 1)))
            return &s->entities[i];
    }
    return NULL;
}

static int by_name(const void *key, const void *item) {
    const struct attr *const *a = item;
    return strcmp(key, (*a)->name);
}

struct attr *entity_attr(const struct entity *e, const char *name) {
    struct attr **a = bsearch(name, e->sorted, e->nattrs, sizeof *e->sorted, by_name);
    return a ? *a : NULL;
}

struct field *entity_field(const struct entity *e, const char *name) {
    for (size_t i = 0; i < e->nfields; i++)
        if (!strcmp(e->fields[i].name, name))
            return &e->fields[i];
    return NULL;
}

struct link *entity_link(const struct entity *e, const char *name) {
    for (size_t i = 0; i < e->nlinks; i++)
        if (!strcmp(e->links[i].name, name))
            return &e->links[i];
    return NULL;
}
