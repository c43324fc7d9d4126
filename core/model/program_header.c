/* program_header.c - names of columns as people spell them: "E-Mail ", "e-mail". */
#include "model/program_header.h"

#include "base/rc.h"
#include "base/utf8.h"

enum { NAME_MAX_BYTES = 1 << 16 };

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Folds s; runs of blanks (U+00A0 is one) become one blank, or none. */
static struct slice normal_form(struct slice s, bool bare, struct arena *arena) {
    struct buf folded = {.max = NAME_MAX_BYTES};
    struct slice out = {NULL, 0};
    char *text = NULL;
    bool pending = false;

    if (utf8_append_folded(&folded, s) == RC_NOMEM)
        goto out;
    text = arena_alloc(arena, folded.len + 1);
    if (text == NULL)
        goto out;
    for (size_t i = 0; i < folded.len; i++) {
        const char *p = folded.data + i;
        if (i + 1 < folded.len && memcmp(p, "\xC2\xA0", 2) == 0) {
            pending = true;
            i++;
        } else if (is_blank(*p)) {
            pending = true;
        } else if (!bare || *p != '_') {
            if (pending && !bare && out.len > 0)
                text[out.len++] = ' ';
            pending = false;
            text[out.len++] = *p;
        }
    }
    text[out.len] = '\0';
    out.data = text;
out:
    buf_fini(&folded);
    return out;
}

struct slice header_bare(struct slice name, struct arena *arena) {
    return normal_form(name, true, arena);
}

int header_init(struct header *header, const struct slice *names, size_t count,
                struct arena *arena) {
    *header = (struct header){.names = names, .count = count};
    header->loose = arena_alloc(arena, (count + 1) * sizeof *header->loose);
    header->bare = arena_alloc(arena, (count + 1) * sizeof *header->bare);
    header->used = arena_zalloc(arena, count + 1);
    if (header->loose == NULL || header->bare == NULL || header->used == NULL)
        return RC_NOMEM;
    for (size_t i = 0; i < count; i++) {
        header->loose[i] = normal_form(names[i], false, arena);
        header->bare[i] = normal_form(names[i], true, arena);
        if (header->loose[i].data == NULL || header->bare[i].data == NULL)
            return RC_NOMEM;
    }
    return RC_OK;
}

static enum header_result find_in(const struct slice *list, size_t count,
                                  struct slice name, size_t *column) {
    enum header_result result = HEADER_NONE;

    for (size_t i = 0; i < count; i++) {
        if (!slice_equal(list[i], name))
            continue;
        *column = i;
        if (result == HEADER_FOUND)
            return HEADER_TWICE;
        result = HEADER_FOUND;
    }
    return result;
}

enum header_result header_find(const struct header *header, const char *name,
                               struct arena *arena, size_t *column) {
    enum header_result result =
        find_in(header->names, header->count, slice_of(name), column);
    struct slice loose;

    if (result != HEADER_NONE)
        return result;
    loose = normal_form(slice_of(name), false, arena);
    if (loose.data == NULL)
        return HEADER_NO_MEMORY;
    return find_in(header->loose, header->count, loose, column);
}

size_t header_nearest(const struct header *header, const char *name) {
    size_t limit = 1 + strlen(name) / 3, nearest = header->count;

    for (size_t i = 0; i < header->count; i++) {
        size_t distance = utf8_distance(slice_of(name), header->names[i], limit);
        if (distance > limit || header->names[i].len == 0)
            continue;
        nearest = i;
        if (distance == 0)
            break;
        limit = distance - 1;
    }
    return nearest;
}
