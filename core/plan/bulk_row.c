/* bulk_row.c - what survives the trip through the Import, and how it is written. */
#include "plan/bulk_row.h"

#include "base/digest.h"
#include "model/address.h"
#include "model/json.h"

#include <string.h>

enum {
    TEXT_MAX = 9000, /* characters: a list, which shows what was stored, cuts longer ones
                           (espocrm-api, section 2.4) */
    VARCHAR_MAX = 255, /* characters: longer ones are cut by bytes */
    NAME_PARTS = 3     /* of a person: what the Import takes for a name */
};

const char *bulk_refusal(const struct schema *schema) {
    const struct schema_server *server = schema_server(schema);
    const struct schema_attribute *owner = schema_find(schema, "assignedUserId");

    if (!server->may_import)
        return "the user's role does not have the right to Import";
    if (!server->may_create)
        return "the Import needs the right to create, whatever it does";
    if (!server->may_read)
        return "the user may not read what it has written";
    if (!server->reads_all)
        return "the user may read only some of the records, perhaps not those that it "
               "writes, and what an Import has written is looked up";
    if (owner != NULL && owner->lock == LOCK_FORBIDDEN)
        return "the user may not set assignedUser, so EspoCRM sets it by itself, and the "
               "Import does not";
    if (server->has_default_team && !server->may_assign)
        return "the user's default team is added to new records, and by the Import it is "
               "not";
    if (!server->may_assign && strcmp(server->user_type, "api") != 0 &&
        strcmp(server->user_type, "admin") != 0)
        return "the user may not assign records to others, so EspoCRM assigns them to "
               "the user, and the Import does not";
    return NULL;
}

static bool is_mark(const char *name) {
    size_t len = strlen(name);

    return (len > 10 && strcmp(name + len - 10, "IsOptedOut") == 0) ||
           (len > 9 && strcmp(name + len - 9, "IsInvalid") == 0);
}

static bool is_address(const struct schema_attribute *def) {
    return def->type == ATTRIBUTE_EMAIL || def->type == ATTRIBUTE_PHONE;
}

static bool has_cr(struct slice text) {
    return text.len > 0 && memchr(text.data, '\r', text.len) != NULL;
}

static size_t characters(struct slice text) {
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++)
        n += ((unsigned char)text.data[i] & 0xc0) != 0x80;
    return n;
}

/* Others are percent-encoded, "%" too (encodeUrl). */
static bool is_plain_url(struct slice text) {
    static const char taken[] = "-._~:/?#[]@!$&'()*+,;=";

    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
            (c != '\0' && strchr(taken, c) != NULL))
            continue;
        return false;
    }
    return true;
}

static bool has_exponent(struct slice text) {
    return memchr(text.data, 'e', text.len) != NULL ||
           memchr(text.data, 'E', text.len) != NULL;
}

static bool is_assignment(const struct schema_attribute *def) {
    return strcmp(def->field, "assignedUser") == 0 ||
           strcmp(def->field, "assignedUsers") == 0 || strcmp(def->field, "teams") == 0;
}

static const char *text_obstacle(const struct schema_attribute *def, struct slice text) {
    size_t most = def->type == ATTRIBUTE_TEXT ? TEXT_MAX : VARCHAR_MAX;

    if (has_cr(text))
        return "a carriage return in a value";
    if (text.len > most && characters(text) > most)
        return "a long text";
    if (def->type == ATTRIBUTE_URL && !is_plain_url(slice_trim(text)))
        return "a URL with characters that would be encoded";
    return NULL;
}

static const char *list_obstacle(const struct value *value) {
    for (size_t i = 0; i < value->item_count; i++)
        if (has_cr(value->items[i]))
            return "a carriage return in a value";
    return NULL;
}

static const char *value_obstacle(const struct schema *schema,
                                  const struct attribute *a) {
    switch (a->def->type) {
    case ATTRIBUTE_VARCHAR:
    case ATTRIBUTE_TEXT:
    case ATTRIBUTE_ENUM:
    case ATTRIBUTE_ENTITY:
    case ATTRIBUTE_EMAIL:
    case ATTRIBUTE_PHONE:
    case ATTRIBUTE_URL: return text_obstacle(a->def, a->value.text);
    case ATTRIBUTE_LIST: return list_obstacle(&a->value);
    case ATTRIBUTE_INT:
    case ATTRIBUTE_DECIMAL:
    case ATTRIBUTE_CURRENCY:
        return has_exponent(a->value.text) ? "a number with an exponent" : NULL;
    case ATTRIBUTE_ID:
        if (!a->known)
            return "a link that was not looked up";
        return is_assignment(a->def) && !schema_server(schema)->may_assign
                   ? "an assignment, which EspoCRM must judge"
                   : NULL;
    case ATTRIBUTE_IDS: return "a link to several records";
    case ATTRIBUTE_FLOAT:
    case ATTRIBUTE_BOOL:
    case ATTRIBUTE_DATE:
    case ATTRIBUTE_DATETIME:
    case ATTRIBUTE_ADDRESSES: return NULL;
    case ATTRIBUTE_JSON:
    case ATTRIBUTE_OTHER: break;
    }
    return "a field of a kind of its own";
}

static const char *attribute_obstacle(const struct schema *schema,
                                      const struct write *write,
                                      const struct attribute *a) {
    bool create = write->kind == WRITE_CREATE;

    if (is_mark(a->def->name))
        return create ? NULL : "a mark of an address";
    if (!create && is_address(a->def))
        return "an address that changes"; /* the list would be replaced by it */
    if (a->value.kind == VALUE_NULL)      /* an empty cell: nothing of a new record */
        return a->def->type == ATTRIBUTE_IDS   ? "a link to several records"
               : create && a->def->has_default ? "a field that is not to have its default"
                                               : NULL;
    return value_obstacle(schema, a);
}

static bool is_filled(const struct attribute *list, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].def->name, name) == 0)
            return list[i].value.kind != VALUE_NULL;
    return false;
}

/* A lead without a name may have an address in its place; not for the Import, which has
 * not set that yet when it checks (seen on 9.1.7). */
static bool lacks_name(const struct schema *schema, const struct write *write) {
    const char *const *names;
    const char *field;

    for (size_t i = 0; (names = schema_required_any(schema, i, &field)) != NULL; i++) {
        bool named = false;
        for (size_t k = 0; k < NAME_PARTS && names[k] != NULL; k++)
            named = named || is_filled(write->attributes, write->count, names[k]);
        if (!named)
            return true;
    }
    return false;
}

const char *bulk_obstacle(const struct schema *schema, const struct write *write) {
    if (write->kind != WRITE_CREATE && write->kind != WRITE_UPDATE)
        return "neither new nor changed";
    if (write->kind == WRITE_CREATE && !write->skip_duplicate_check)
        return "EspoCRM's own check for duplicates";
    if (write->kind == WRITE_CREATE && lacks_name(schema, write))
        return "a record without a name";
    if (write->version_number != 0)
        return "a record whose versions EspoCRM counts";
    if (write->lacks_currency)
        return "a record whose amount has no currency";
    for (size_t i = 0; i < write->count; i++) {
        const char *why = attribute_obstacle(schema, write, &write->attributes[i]);
        if (why != NULL)
            return why;
    }
    return NULL;
}

bool bulk_lacks_currency(const struct schema *schema, struct slice record,
                         const struct attribute *changed, size_t count) {
    const struct schema_attribute *at;

    for (size_t i = 0; (at = schema_at(schema, i)) != NULL; i++) {
        const struct schema_attribute *currency = schema_currency(schema, at);
        struct json_member amount, member;
        if (currency == NULL || is_filled(changed, count, currency->name))
            continue;
        if (json_find(record, at->name, &amount) && json_is_blank(&amount) &&
            !is_filled(changed, count, at->name))
            continue;
        if (!json_find(record, currency->name, &member) || json_is_blank(&member))
            return true;
    }
    return false;
}

/* Of a new record an empty cell is nothing: what it lacks may stand beside what others
 * have. */
uint64_t bulk_group(const struct write *write) {
    bool create = write->kind == WRITE_CREATE;
    uint64_t sum = 0;

    for (size_t i = 0; !create && i < write->count; i++)
        sum += digest_fnv(DIGEST_FNV_SEED,
                          slice_of(write->attributes[i].def->name)); /* in any order */
    return digest_fnv(sum ^ DIGEST_FNV_SEED, slice_of(create ? "create" : "update"));
}

/* What the attribute stands in: addresses all in one column. NULL: in none. */
static const struct schema_attribute *column_of(const struct schema *schema,
                                                const struct schema_attribute *def) {
    const struct schema_attribute *at;

    if (is_mark(def->name))
        return NULL;
    if (!is_address(def))
        return def;
    for (size_t i = 0; (at = schema_at(schema, i)) != NULL; i++)
        if (at->type == ATTRIBUTE_ADDRESSES && strcmp(at->field, def->name) == 0)
            return at;
    return NULL;
}

bool bulk_columns_add(struct bulk_columns *columns, const struct schema *schema,
                      const struct write *write) {
    for (size_t i = 0; i < write->count; i++) {
        const struct attribute *a = &write->attributes[i];
        const struct schema_attribute *def = column_of(schema, a->def);
        size_t k = 0;
        if (def == NULL || (a->value.kind == VALUE_NULL && write->kind == WRITE_CREATE))
            continue;
        while (k < columns->count && columns->list[k] != def)
            k++;
        if (k < columns->count)
            continue;
        if (columns->count == BULK_COLUMNS_MAX)
            return false;
        columns->list[columns->count++] = def;
    }
    return true;
}

static void append_cell(struct buf *csv, struct slice text) {
    if (text.len == 0)
        return;
    (void)buf_append_char(csv, '"');
    while (text.len > 0) {
        const char *quote = memchr(text.data, '"', text.len);
        size_t len = quote == NULL ? text.len : (size_t)(quote - text.data) + 1;
        (void)buf_append(csv, text.data, len);
        if (quote != NULL)
            (void)buf_append_char(csv, '"');
        text.data += len;
        text.len -= len;
    }
    (void)buf_append_char(csv, '"');
}

static bool has_mark(const struct write *write, const char *field, const char *suffix) {
    size_t len = strlen(field);

    for (size_t i = 0; i < write->count; i++) {
        const struct attribute *a = &write->attributes[i];
        if (strncmp(a->def->name, field, len) == 0 &&
            strcmp(a->def->name + len, suffix) == 0)
            return a->value.kind == VALUE_BOOL && a->value.boolean;
    }
    return false;
}

/* All addresses of a kind, as JSON, each with its marks: so they are kept. */
static void append_addresses(struct buf *csv, const struct schema_attribute *def,
                             const struct write *write) {
    struct buf json = {.max = csv->max};
    struct address one = {.column = NO_COLUMN};
    struct value value = {.kind = VALUE_ADDRESSES, .addresses = &one};

    for (size_t i = 0; i < write->count; i++) {
        const struct attribute *a = &write->attributes[i];
        if (a->def == def && a->value.kind == VALUE_ADDRESSES) {
            value = a->value;
            break;
        }
        if (strcmp(a->def->name, def->field) != 0 || a->value.kind != VALUE_STRING)
            continue;
        one.text = slice_trim(a->value.text);
        one.opted_out = has_mark(write, def->field, "IsOptedOut");
        one.invalid = has_mark(write, def->field, "IsInvalid");
        value.item_count = 1;
    }
    if (value.item_count > 0) {
        if (address_append(&json, def->field, &value) < 0)
            csv->failed = json.failed;
        append_cell(csv, buf_slice(&json));
    }
    buf_fini(&json);
}

static void append_value(struct buf *csv, const struct attribute *a) {
    struct buf json = {.max = csv->max};

    switch (a->value.kind) {
    case VALUE_NULL:
    case VALUE_ADDRESSES: break;
    case VALUE_BOOL: append_cell(csv, slice_of(a->value.boolean ? "1" : "0")); break;
    case VALUE_NUMBER: append_cell(csv, a->value.text); break;
    case VALUE_STRING: /* REST trims all but long texts, the Import none */
        append_cell(csv, a->def->type == ATTRIBUTE_TEXT ? a->value.text
                                                        : slice_trim(a->value.text));
        break;
    case VALUE_LIST:
        if (json_append_attribute(&json, a) < 0)
            csv->failed = json.failed;
        append_cell(csv, buf_slice(&json));
        break;
    }
    buf_fini(&json);
}

static bool append_attribute(struct buf *csv, const struct schema_attribute *def,
                             const struct write *write) {
    for (size_t i = 0; i < write->count; i++) {
        if (write->attributes[i].def != def)
            continue;
        append_value(csv, &write->attributes[i]);
        return true;
    }
    return false;
}

int bulk_append_row(struct buf *csv, const struct bulk_columns *columns,
                    const struct write *write) {
    for (size_t k = 0; k < columns->count; k++) {
        const struct schema_attribute *def = columns->list[k];
        if (def->type == ATTRIBUTE_ADDRESSES)
            append_addresses(csv, def, write);
        else if (!append_attribute(csv, def, write) && def->default_true)
            append_cell(csv, slice_of("1")); /* left empty it would be false */
        (void)buf_append_char(csv, ',');
    }
    append_cell(csv, slice_of(write->id));
    return buf_append_char(csv, '\n');
}
