/* export_headers.c - names and labels of columns. */
#include "flow/export_headers.h"

#include "model/tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The label of a field, in the entity type or for all. */
static const char *label_of(json_t *labels, const char *entity_type, const char *field) {
    const char *const scopes[] = {entity_type, "Global"};

    for (size_t i = 0; i < 2; i++) {
        const char *label = json_string_value(json_object_get(
            json_object_get(json_object_get(labels, scopes[i]), "fields"), field));
        if (label != NULL && label[0] != '\0')
            return label;
    }
    return NULL;
}

static bool ends_with(const char *text, const char *tail) {
    size_t len = strlen(text), end = strlen(tail);

    return len > end && strcmp(text + len - end, tail) == 0;
}

/* "Account" of accountName, "Account ID" of accountId, "Opportunity Amount". */
static json_t *make_header(const struct table *table, size_t column,
                           enum export_headers kind, const char *entity_type,
                           json_t *labels) {
    const struct schema_attribute *def = table_attribute(table, column);
    const char *name = table_header(table, column), *label = NULL;
    char text[400];

    if (kind == HEADERS_NAMES || def == NULL)
        return json_string(name);
    label = label_of(labels, entity_type, def->name);
    if (label != NULL)
        (void)snprintf(text, sizeof text, "%.300s", label);
    else if ((label = label_of(labels, entity_type, def->field)) != NULL)
        (void)snprintf(text, sizeof text, "%.300s%s", label,
                       ends_with(def->name, "Ids")    ? " IDs"
                       : ends_with(def->name, "Id")   ? " ID"
                       : ends_with(def->name, "Type") ? " Type"
                                                      : "");
    else
        return json_string(name);
    if (kind == HEADERS_BOTH)
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), " (%.80s)", name);
    return json_string(text);
}

/* Two columns of one name could not be told apart. */
static void make_unique(const struct table *table, json_t *headers, bool *lost) {
    for (size_t i = 0; i < json_array_size(headers); i++) {
        const char *text = json_string_value(json_array_get(headers, i));
        bool twice = false;
        char longer[500];
        for (size_t k = 0; k < json_array_size(headers) && !twice; k++)
            twice = k != i &&
                    strcmp(text, json_string_value(json_array_get(headers, k))) == 0;
        if (!twice)
            continue;
        (void)snprintf(longer, sizeof longer, "%.300s (%.80s)", text,
                       table_header(table, i));
        *lost = json_array_set_new(headers, i, json_string(longer)) < 0 || *lost;
    }
}

/* lost: a part of root is. Takes root. */
static int dump(json_t *root, bool lost, struct buf *json, struct err *err) {
    char *text = lost ? NULL : json_dumps(root, JSON_COMPACT);
    int rc = text == NULL ? RC_NOMEM : buf_append_text(json, text);

    free(text);
    json_decref(root);
    return rc < 0 ? err_nomem(err) : RC_OK;
}

int export_headers(const struct table *table, enum export_headers kind,
                   const char *entity_type, struct slice labels, struct buf *json,
                   struct err *err) {
    json_t *headers = json_array(), *known = NULL;
    bool lost = false;

    if (kind != HEADERS_NAMES) {
        known = json_loadb(labels.data == NULL ? "" : labels.data, labels.len, 0, NULL);
        if (known == NULL) {
            json_decref(headers);
            return err_set(err, RC_SERVER, "the server's answer to GET I18n is not JSON");
        }
    }
    for (size_t i = 0; i < table_columns(table); i++)
        tree_append(headers, make_header(table, i, kind, entity_type, known), &lost);
    json_decref(known);
    if (!lost)
        make_unique(table, headers, &lost);
    return dump(headers, lost, json, err);
}

/* The type's name in Table Schema. */
static const char *type_of(const struct schema_attribute *def) {
    if (def == NULL)
        return "string";
    switch (def->type) {
    case ATTRIBUTE_INT: return "integer";
    case ATTRIBUTE_FLOAT:
    case ATTRIBUTE_DECIMAL:
    case ATTRIBUTE_CURRENCY: return "number";
    case ATTRIBUTE_BOOL: return "boolean";
    case ATTRIBUTE_DATE: return "date";
    case ATTRIBUTE_DATETIME: return "datetime";
    case ATTRIBUTE_VARCHAR:
    case ATTRIBUTE_TEXT:
    case ATTRIBUTE_ENUM:
    case ATTRIBUTE_LIST:
    case ATTRIBUTE_EMAIL:
    case ATTRIBUTE_PHONE:
    case ATTRIBUTE_URL:
    case ATTRIBUTE_ID:
    case ATTRIBUTE_IDS:
    case ATTRIBUTE_ENTITY:
    case ATTRIBUTE_ADDRESSES:
    case ATTRIBUTE_JSON:
    case ATTRIBUTE_OTHER: break;
    }
    return "string";
}

int export_columns(const struct table *table, struct slice headers, struct buf *json,
                   struct err *err) {
    json_t *names = json_loadb(headers.data, headers.len, 0, NULL);
    json_t *columns = json_array();
    bool lost = false;

    for (size_t i = 0; i < table_columns(table); i++) {
        const struct schema_attribute *def = table_attribute(table, i);
        json_t *field = json_pack("{s:O, s:s}", "name", json_array_get(names, i), "type",
                                  type_of(def));
        if (def != NULL && def->type == ATTRIBUTE_DATETIME)
            tree_set(field, "format", json_string("any"), &lost);
        if (def != NULL)
            tree_set(field, "espoAttribute", json_string(def->name), &lost);
        tree_append(columns, field, &lost);
    }
    json_decref(names);
    return dump(columns, lost, json, err);
}
