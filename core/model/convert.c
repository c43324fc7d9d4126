/* convert.c - which conversion an attribute takes, the valueMap, and the words of
 * refusals. */
#include "model/convert.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>

enum { SHOWN = 60, MESSAGE_MAX = 600 };

/* Blanks that are not the usual one, and characters that show nothing or turn the text
 * around: what is wrong with a cell is often just these. */
static bool is_invisible(uint32_t cp) {
    static const struct {
        uint32_t first, last;
    } ranges[] = {{0x80, 0xA0},     {0xAD, 0xAD},     {0x61C, 0x61C},   {0x180E, 0x180E},
                  {0x2000, 0x200F}, {0x2028, 0x202F}, {0x205F, 0x206F}, {0x3000, 0x3000},
                  {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}};

    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (cp >= ranges[i].first && cp <= ranges[i].last)
            return true;
    return false;
}

/* At most SHOWN characters, each fit to be seen. */
static void append_visible(struct buf *buf, struct slice value) {
    size_t at = 0;

    for (size_t shown = 0; at < value.len && shown < SHOWN; shown++) {
        struct slice rest = slice_make(value.data + at, value.len - at);
        uint32_t cp = 0;
        size_t n = utf8_decode(rest, &cp);
        if (n > 0 && is_invisible(cp))
            (void)buf_append_format(buf, "\\u%04X", (unsigned)cp);
        else
            (void)utf8_append_printable(buf, slice_make(rest.data, n > 0 ? n : 1), 1);
        at += n > 0 ? n : 1;
    }
    if (at < value.len)
        (void)buf_append_text(buf, "...");
}

const char *convert_show(struct slice value, struct arena *arena) {
    char room[SHOWN * 6 + 8];
    struct buf buf = {.data = room, .cap = sizeof room, .max = sizeof room - 1};
    const char *copy;

    (void)buf_append_char(&buf, '\'');
    append_visible(&buf, value);
    (void)buf_append_char(&buf, '\'');
    copy = arena_copy(arena, room, buf.len);
    return copy == NULL ? "" : copy;
}

int convert_refuse(struct refusal *refusal, struct arena *arena, enum reason reason,
                   struct slice value, const char *format, ...) {
    char room[MESSAGE_MAX];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(room, sizeof room, format, args);
    va_end(args);
    *refusal = (struct refusal){.reason = reason, .value = value};
    refusal->message = arena_copy(arena, room, strlen(room));
    return refusal->message == NULL ? RC_NOMEM : 0;
}

static int unknown_value(const struct converter *converter, struct slice *cell,
                         struct arena *arena, struct refusal *refusal) {
    char room[WORD_FOLD_MAX + 1];
    const char *other;
    size_t nearest;

    if (converter->options.count > 0 &&
        convert_option(converter, slice_trim(*cell), &other) != NULL)
        return 1; /* what the field itself knows needs no mapping */
    switch (converter->unknown) {
    case UNKNOWN_KEEP: return 1;
    case UNKNOWN_NULL: *cell = slice_make(NULL, 0); return 1;
    case UNKNOWN_ERROR: break;
    }
    nearest = word_set_nearest(&converter->map->folded, word_fold(*cell, room));
    if (nearest == NO_WORD && converter->options.count > 0)
        return convert_refuse(refusal, arena, REASON_VALUE_UNMAPPED, *cell,
                              "%s is not in the column's valueMap, nor an option of %s, "
                              "which takes: %s",
                              convert_show(*cell, arena), converter->def->name,
                              convert_options(converter, arena));
    if (nearest == NO_WORD)
        return convert_refuse(refusal, arena, REASON_VALUE_UNMAPPED, *cell,
                              "%s is not in the column's valueMap",
                              convert_show(*cell, arena));
    return convert_refuse(refusal, arena, REASON_VALUE_UNMAPPED, *cell,
                          "%s is not in the column's valueMap; did you mean %s?",
                          convert_show(*cell, arena),
                          convert_show(converter->map->exact.words[nearest], arena));
}

int convert_map(const struct converter *converter, struct slice *cell,
                struct arena *arena, struct refusal *refusal) {
    const struct value_map *map = converter->map;
    char room[WORD_FOLD_MAX + 1];
    size_t found;

    found = word_set_find(&map->exact, *cell);
    if (found == NO_WORD) {
        struct slice folded = word_fold(*cell, room);
        if (folded.len > 0)
            found = word_set_find(&map->folded, folded);
    }
    if (found == NO_WORD)
        return unknown_value(converter, cell, arena, refusal);
    *cell = map->targets[found];
    return 1;
}

static int convert_type(const struct converter *converter, struct slice cell,
                        struct arena *arena, struct value *out, struct refusal *refusal) {
    switch (converter->def->type) {
    case ATTRIBUTE_VARCHAR:
    case ATTRIBUTE_TEXT:
    case ATTRIBUTE_URL: return convert_text(converter, cell, arena, out, refusal);
    case ATTRIBUTE_ENUM:
    case ATTRIBUTE_ENTITY: return convert_enum(converter, cell, arena, out, refusal);
    case ATTRIBUTE_EMAIL: return convert_email(converter, cell, arena, out, refusal);
    case ATTRIBUTE_PHONE: return convert_phone(converter, cell, arena, out, refusal);
    case ATTRIBUTE_ID: return convert_id(converter, cell, arena, out, refusal);
    case ATTRIBUTE_INT:
    case ATTRIBUTE_FLOAT:
    case ATTRIBUTE_DECIMAL:
    case ATTRIBUTE_CURRENCY: return convert_number(converter, cell, arena, out, refusal);
    case ATTRIBUTE_BOOL: return convert_bool(converter, cell, arena, out, refusal);
    case ATTRIBUTE_DATE:
    case ATTRIBUTE_DATETIME: return convert_time(converter, cell, arena, out, refusal);
    case ATTRIBUTE_LIST:
    case ATTRIBUTE_IDS: return convert_list(converter, cell, arena, out, refusal);
    case ATTRIBUTE_ADDRESSES:
    case ATTRIBUTE_JSON:
    case ATTRIBUTE_OTHER: break;
    }
    return convert_refuse(refusal, arena, REASON_VALUE_PATTERN, cell,
                          "%s cannot be filled from a cell", converter->def->name);
}

int convert_cell(const struct converter *converter, struct slice cell,
                 struct arena *arena, struct value *out, struct refusal *refusal) {
    enum attribute_type type = converter->def->type;

    if (converter->map != NULL && type != ATTRIBUTE_LIST && type != ATTRIBUTE_IDS) {
        struct slice mapped = slice_trim(cell);
        int rc = convert_map(converter, &mapped, arena, refusal);
        if (rc != 1)
            return rc;
        if (mapped.data == NULL) {
            *out = (struct value){.kind = VALUE_NULL};
            return 1;
        }
        if (mapped.len != slice_trim(cell).len || mapped.data != slice_trim(cell).data)
            cell = mapped;
    }
    return convert_type(converter, cell, arena, out, refusal);
}
