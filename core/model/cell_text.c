/* cell_text.c - numbers keep the server's digits, moments are written by the first
 * pattern, lists fall back to a JSON array where the delimiter is part of an item.
 */
#include "model/cell_text.h"

#include "model/datetime.h"
#include "model/zone.h"

enum { ITEM_MAX = 1 << 20 };

/* The text that a valueMap makes `value` of, or value itself where none does.
 * *faithful: an import gets value back. */
static struct slice unmapped(const struct converter *c, struct slice value,
                             bool *faithful) {
    char room[WORD_FOLD_MAX + 1];
    size_t found;

    if (c->map == NULL)
        return value;
    for (size_t i = 0; i < c->map->exact.count; i++)
        if (c->map->targets[i].data != NULL && slice_equal(c->map->targets[i], value))
            return c->map->exact.words[i];
    found = word_set_find(&c->map->exact, value);
    if (found == NO_WORD)
        found = word_set_find(&c->map->folded, word_fold(value, room));
    if (found != NO_WORD) /* it means something else there */
        *faithful = false;
    else if (c->unknown != UNKNOWN_KEEP &&
             (c->options.count == 0 || word_set_find(&c->options, value) == NO_WORD))
        *faithful = false;
    return value;
}

static int append_text(const struct converter *c, struct slice raw, struct buf *buf) {
    struct buf text = {.max = buf->max};
    bool faithful = true;
    int rc;

    if (c->map == NULL) {
        rc = json_unescape(buf, raw);
        return rc < 0 ? rc : CELL_TEXT;
    }
    rc = json_unescape(&text, raw);
    if (rc == RC_OK)
        rc = buf_append_slice(buf, unmapped(c, buf_slice(&text), &faithful));
    buf_fini(&text);
    return rc < 0 ? rc : faithful ? CELL_TEXT : CELL_UNFAITHFUL;
}

/* The server's digits, with the file's decimal sign. */
static int append_number(const struct converter *c, const struct json_member *member,
                         struct buf *buf) {
    struct slice digits = member->raw;
    const char *decimal = c->number.decimal[0] == '\0' ? "." : c->number.decimal;

    if (member->type == JSON_IS_STRING && digits.len >= 2)
        digits = slice_make(digits.data + 1, digits.len - 2);
    else if (member->type != JSON_IS_NUMBER)
        return RC_SERVER;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.data[i] == '.')
            (void)buf_append_text(buf, decimal);
        else
            (void)buf_append_char(buf, digits.data[i]);
    }
    return buf->failed < 0 ? buf->failed : CELL_TEXT;
}

static int append_bool(const struct converter *c, const struct json_member *member,
                       struct buf *buf) {
    bool yes = member->raw.len > 0 && member->raw.data[0] == 't';
    const struct word_set *words = yes ? &c->true_words : &c->false_words;

    if (member->type != JSON_IS_BOOL)
        return RC_SERVER;
    if (words->count > 0)
        (void)buf_append_slice(buf, words->words[0]);
    else
        (void)buf_append_text(buf, yes ? "true" : "false");
    return buf->failed < 0 ? buf->failed : CELL_TEXT;
}

/* In the zone's own time; *faithful: the time came once on its clocks. */
static struct civil localised(const struct converter *c, struct civil utc,
                              bool *faithful) {
    int64_t seconds = datetime_seconds(&utc), back;
    int32_t offset = c->zone == NULL ? 0 : zone_offset(c->zone, seconds);
    struct civil local = datetime_civil(seconds + offset);

    local.has_offset = true;
    local.offset = offset;
    *faithful =
        c->zone == NULL || zone_to_utc(c->zone, seconds + offset, &back) == ZONE_OK;
    return local;
}

static bool pattern_has(const char *pattern, char conversion) {
    for (const char *p = pattern; *p != '\0'; p++)
        if (*p == '%' && *++p == conversion)
            return true;
        else if (*p == '\0')
            break;
    return false;
}

static int append_time(const struct converter *c, const struct json_member *member,
                       struct buf *buf) {
    bool date = c->def->type == ATTRIBUTE_DATE, faithful = true;
    struct slice text = member->raw;
    struct civil civil, back;

    if (member->type != JSON_IS_STRING || text.len < 2)
        return RC_SERVER;
    text = slice_make(text.data + 1, text.len - 2);
    if (c->format_count == 0 && (date || c->zone == NULL)) {
        (void)buf_append_slice(buf, text);
        return buf->failed < 0 ? buf->failed : CELL_TEXT;
    }
    if (datetime_read(date ? "%Y-%m-%d" : "%Y-%m-%d %H:%M:%S", text, &civil) !=
        DATETIME_OK) {
        (void)buf_append_slice(buf, text); /* 0000-00-00, or the like */
        return buf->failed < 0 ? buf->failed : CELL_UNFAITHFUL;
    }
    if (!date)
        civil = localised(c, civil, &faithful);
    {
        const char *pattern = c->format_count > 0 ? c->formats[0] : "%Y-%m-%d %H:%M:%S";
        size_t begin = buf->len;
        (void)datetime_write(buf, pattern, &civil);
        if (buf->failed < 0)
            return buf->failed;
        /* what the pattern leaves out (seconds, a century) is lost */
        if (datetime_read(pattern, slice_make(buf->data + begin, buf->len - begin),
                          &back) != DATETIME_OK ||
            datetime_seconds(&back) != datetime_seconds(&civil))
            faithful = false;
        else if (pattern_has(pattern, 'z'))
            faithful = true;
    }
    return faithful ? CELL_TEXT : CELL_UNFAITHFUL;
}

/* Can the item stand between delimiters and be read as itself? */
static bool is_plain_item(const struct converter *c, struct slice item) {
    if (item.len == 0 || slice_trim(item).len != item.len)
        return false;
    return c->delimiter.len == 0 ||
           memmem(item.data, item.len, c->delimiter.data, c->delimiter.len) == NULL;
}

/* Items, collected: joined by the delimiter, or as a JSON array where one holds it. */
struct joined {
    const struct converter *converter;
    struct buf plain; /* joined */
    struct buf json;  /* array, without its end */
    size_t count;
    bool needs_json;
    bool faithful;
};

static void joined_init(struct joined *joined, const struct converter *c, size_t max) {
    *joined = (struct joined){.converter = c, .plain.max = max, .json.max = max};
    joined->faithful = true;
    (void)buf_append_char(&joined->json, '[');
}

static void joined_add(struct joined *joined, struct slice item) {
    if (!is_plain_item(joined->converter, item) ||
        (joined->count == 0 && item.data[0] == '['))
        joined->needs_json = true;
    if (joined->count++ > 0) {
        (void)buf_append_slice(&joined->plain, joined->converter->delimiter);
        (void)buf_append_char(&joined->json, ',');
    }
    (void)buf_append_slice(&joined->plain, item);
    (void)json_append_string(&joined->json, item);
}

static int joined_take(struct joined *joined, int rc, struct buf *buf) {
    (void)buf_append_char(&joined->json, ']');
    if (rc >= 0 && joined->count > 0)
        (void)buf_append_slice(
            buf, buf_slice(joined->needs_json ? &joined->json : &joined->plain));
    if (rc >= 0 && joined->json.failed < 0)
        rc = joined->json.failed;
    if (rc >= 0 && buf->failed < 0)
        rc = buf->failed;
    buf_fini(&joined->plain);
    buf_fini(&joined->json);
    if (rc < 0)
        return rc;
    return joined->count == 0 ? CELL_NULL
           : joined->faithful ? CELL_TEXT
                              : CELL_UNFAITHFUL;
}

static int append_list(const struct converter *c, const struct json_member *member,
                       struct buf *buf) {
    struct json_cursor cursor;
    struct json_member item;
    struct buf text = {.max = ITEM_MAX};
    struct joined joined;
    int rc = json_cursor_array(&cursor, member->raw);

    joined_init(&joined, c, buf->max);
    while (rc == RC_OK && (rc = json_cursor_next(&cursor, &item)) == 1) {
        buf_reset(&text);
        if (item.type == JSON_IS_STRING) {
            rc = json_unescape(&text, item.raw);
        } else { /* by a script: no import gives a list of numbers */
            rc = buf_append_slice(&text, item.raw);
            joined.faithful = false;
        }
        if (rc == RC_OK)
            joined_add(&joined, unmapped(c, buf_slice(&text), &joined.faithful));
    }
    buf_fini(&text);
    return joined_take(&joined, rc, buf);
}

int cell_text_append_addresses(const struct converter *c,
                               const struct json_member *member, bool all,
                               struct buf *buf) {
    const char *name = c->def->type == ATTRIBUTE_EMAIL ? "emailAddress" : "phoneNumber";
    struct buf text = {.max = ITEM_MAX};
    struct joined joined;
    int rc = RC_OK;

    if (member->type == JSON_IS_NULL)
        return CELL_NULL;
    joined_init(&joined, c, buf->max);
    for (int primary = all; rc == RC_OK && primary >= 0; primary--) {
        struct json_cursor cursor;
        struct json_member item, part;
        rc = json_cursor_array(&cursor, member->raw);
        while (rc == RC_OK && (rc = json_cursor_next(&cursor, &item)) == 1) {
            rc = RC_OK;
            if (json_find(item.raw, "primary", &part) &&
                slice_is(part.raw, "true") != (primary == 1))
                continue;
            buf_reset(&text);
            if (!json_find(item.raw, name, &part) || part.type != JSON_IS_STRING)
                rc = RC_SERVER;
            else
                rc = json_unescape(&text, part.raw);
            if (rc == RC_OK)
                joined_add(&joined, buf_slice(&text));
        }
    }
    buf_fini(&text);
    return joined_take(&joined, rc, buf);
}

int cell_text_append_names(const struct converter *c, const struct json_member *member,
                           struct buf *buf) {
    struct json_cursor cursor;
    struct json_member item;
    struct buf text = {.max = ITEM_MAX};
    struct joined joined;
    int rc = RC_OK;

    if (member->type == JSON_IS_NULL || member->type == JSON_IS_ARRAY)
        return CELL_NULL; /* PHP writes an object without members as [] */
    rc = json_cursor_object(&cursor, member->raw);
    joined_init(&joined, c, buf->max);
    while (rc == RC_OK && (rc = json_cursor_next(&cursor, &item)) == 1) {
        buf_reset(&text);
        rc = item.type == JSON_IS_STRING ? json_unescape(&text, item.raw) : RC_OK;
        if (rc == RC_OK)
            joined_add(&joined, unmapped(c, buf_slice(&text), &joined.faithful));
    }
    buf_fini(&text);
    return joined_take(&joined, rc, buf);
}

int cell_text_append(const struct converter *c, const struct json_member *member,
                     struct buf *buf) {
    int rc;

    if (member->type == JSON_IS_NULL)
        return CELL_NULL;
    switch (c->def->type) {
    case ATTRIBUTE_INT:
    case ATTRIBUTE_FLOAT:
    case ATTRIBUTE_DECIMAL:
    case ATTRIBUTE_CURRENCY: return append_number(c, member, buf);
    case ATTRIBUTE_BOOL: return append_bool(c, member, buf);
    case ATTRIBUTE_DATE:
    case ATTRIBUTE_DATETIME: return append_time(c, member, buf);
    case ATTRIBUTE_LIST:
    case ATTRIBUTE_IDS: return append_list(c, member, buf);
    case ATTRIBUTE_ADDRESSES:
    case ATTRIBUTE_JSON:
    case ATTRIBUTE_OTHER:
    case ATTRIBUTE_VARCHAR:
    case ATTRIBUTE_TEXT:
    case ATTRIBUTE_ENUM:
    case ATTRIBUTE_EMAIL:
    case ATTRIBUTE_PHONE:
    case ATTRIBUTE_URL:
    case ATTRIBUTE_ID:
    case ATTRIBUTE_ENTITY: break;
    }
    if (member->type == JSON_IS_STRING)
        return append_text(c, member->raw, buf);
    rc = buf_append_slice(buf, member->raw); /* as the JSON that it is */
    return rc < 0 ? rc : CELL_TEXT;
}
