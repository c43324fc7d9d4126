/* transform.c - each transform is a function from text to text; `regex` is PCRE2's. */
#define PCRE2_CODE_UNIT_WIDTH 8

#include "model/transform.h"

#include "base/buf.h"
#include "base/digest.h"
#include "base/utf8.h"
#include "model/phone.h"

#include <locale.h>
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>
#include <wctype.h>

enum { TEXT_MAX = 16 << 20, MATCH_LIMIT = 200000, PAD_MAX = 1000 };

enum transform_kind {
    TRANSFORM_TRIM,
    TRANSFORM_COLLAPSE,
    TRANSFORM_LOWER,
    TRANSFORM_UPPER,
    TRANSFORM_TITLE,
    TRANSFORM_PHONE,
    TRANSFORM_HASH,
    TRANSFORM_REPLACE,
    TRANSFORM_REGEX,
    TRANSFORM_SUBSTR,
    TRANSFORM_PAD_LEFT,
    TRANSFORM_DEFAULT
};

struct transform {
    enum transform_kind kind;
    struct slice from, to; /* REPLACE, REGEX (to), PAD_LEFT (to), DEFAULT (to) */
    long first, count;     /* SUBSTR: characters, first < 0 from the end, count < 0 = all;
                              PAD_LEFT: first is the width */
    pcre2_code *code;      /* owned; REGEX */
};

struct transforms {
    struct transform *list; /* owned */
    size_t count;
    locale_t locale;              /* for letters; owned, or 0: ASCII only */
    pcre2_match_context *context; /* owned; the limits; NULL without REGEX */
};

/* Arguments: none, or an array of these ('t' a text, 'n' a whole number), or one text. */
static const struct {
    const char *name;
    enum transform_kind kind;
    const char *arguments, *form;
} known[] = {
    {"trim", TRANSFORM_TRIM, "", "\"trim\""},
    {"collapse", TRANSFORM_COLLAPSE, "", "\"collapse\""},
    {"lower", TRANSFORM_LOWER, "", "\"lower\""},
    {"upper", TRANSFORM_UPPER, "", "\"upper\""},
    {"title", TRANSFORM_TITLE, "", "\"title\""},
    {"phone", TRANSFORM_PHONE, "", "\"phone\""},
    {"hash", TRANSFORM_HASH, "", "\"hash\""},
    {"replace", TRANSFORM_REPLACE, "tt", "{\"replace\": [\"from\", \"to\"]}"},
    {"regex", TRANSFORM_REGEX, "tt", "{\"regex\": [\"pattern\", \"by\"]}"},
    {"substr", TRANSFORM_SUBSTR, "nn", "{\"substr\": [from, count]}"},
    {"padLeft", TRANSFORM_PAD_LEFT, "nt", "{\"padLeft\": [width, \"0\"]}"},
    {"default", TRANSFORM_DEFAULT, "t", "{\"default\": \"text\"}"},
};

enum { KNOWN = sizeof known / sizeof known[0] };

/* One argument; false when it is of another kind. */
static bool take_argument(struct transform *transform, json_t *value, char kind,
                          size_t index) {
    if (kind == 't') {
        struct slice text = {json_string_value(value), json_string_length(value)};
        if (index == 0 && transform->kind != TRANSFORM_DEFAULT)
            transform->from = text;
        else
            transform->to = text;
        return json_is_string(value);
    }
    if (index == 0)
        transform->first = (long)json_integer_value(value);
    else
        transform->count = (long)json_integer_value(value);
    return json_is_integer(value);
}

static bool take_arguments(struct transform *transform, json_t *value,
                           const char *kinds) {
    size_t count = strlen(kinds);

    if (count == 1 && !json_is_array(value))
        return take_argument(transform, value, kinds[0], 0);
    if (!json_is_array(value) || json_array_size(value) != count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!take_argument(transform, json_array_get(value, i), kinds[i], i))
            return false;
    return true;
}

static int compile(struct transforms *transforms, struct transform *transform,
                   const char *pointer, struct problems *problems) {
    PCRE2_SIZE offset = 0;
    int error = 0;

    transform->code = pcre2_compile((PCRE2_SPTR)transform->from.data, transform->from.len,
                                    PCRE2_UTF | PCRE2_UCP, &error, &offset, NULL);
    if (transform->code == NULL) {
        PCRE2_UCHAR words[200];
        (void)pcre2_get_error_message(error, words, sizeof words);
        problems_add(problems, pointer,
                     "the pattern '%.80s' is not valid: %s (character %zu)",
                     transform->from.data, (const char *)words, (size_t)offset + 1);
        return RC_OK;
    }
    if (transforms->context == NULL)
        transforms->context = pcre2_match_context_create(NULL);
    if (transforms->context == NULL)
        return RC_NOMEM;
    (void)pcre2_set_match_limit(transforms->context, MATCH_LIMIT);
    return RC_OK;
}

/* What is wrong with arguments of the right kind, or NULL. */
static const char *argument_problem(const struct transform *transform) {
    if (transform->kind == TRANSFORM_REPLACE && transform->from.len == 0)
        return "replaces nothing: its first text is empty";
    if (transform->kind == TRANSFORM_PAD_LEFT &&
        (transform->first < 1 || transform->first > PAD_MAX))
        return "has a width that is not from 1 to 1000";
    if (transform->kind == TRANSFORM_PAD_LEFT && utf8_count(transform->to) != 1)
        return "fills up with one character";
    return NULL;
}

static void add_unknown(const char *pointer, struct problems *problems) {
    char room[512];
    struct buf names = BUF_ON(room);

    for (size_t i = 0; i < KNOWN; i++)
        (void)buf_append_format(&names, "%s%s", i == 0 ? "" : ", ", known[i].name);
    problems_add(problems, pointer, "is not a transform: there are %s", buf_text(&names));
}

static int read_one(struct transforms *transforms, json_t *json, const char *pointer,
                    struct problems *problems) {
    struct transform *transform = &transforms->list[transforms->count];
    const char *name = json_string_value(json), *problem;
    json_t *value = NULL;
    void *member = json_is_object(json) ? json_object_iter(json) : NULL;
    size_t i = 0;

    if (member != NULL && json_object_size(json) == 1) {
        name = json_object_iter_key(member);
        value = json_object_iter_value(member);
    }
    while (i < KNOWN && (name == NULL || strcmp(name, known[i].name) != 0))
        i++;
    if (i == KNOWN) {
        add_unknown(pointer, problems);
        return RC_OK;
    }
    *transform = (struct transform){.kind = known[i].kind};
    if ((value == NULL) != (known[i].arguments[0] == '\0') ||
        (value != NULL && !take_arguments(transform, value, known[i].arguments))) {
        problems_add(problems, pointer, "is written as %s", known[i].form);
        return RC_OK;
    }
    transforms->count++;
    problem = argument_problem(transform);
    if (problem != NULL) {
        problems_add(problems, pointer, "%s", problem);
        return RC_OK;
    }
    return transform->kind == TRANSFORM_REGEX
               ? compile(transforms, transform, pointer, problems)
               : RC_OK;
}

int transforms_new(struct transforms **out, json_t *json, const char *pointer,
                   struct problems *problems) {
    bool array = json_is_array(json);
    size_t count = array ? json_array_size(json) : 1, before = problems->count;
    struct transforms *transforms = calloc(1, sizeof *transforms);
    char at[POINTER_SIZE];
    int rc = RC_OK;

    *out = NULL;
    if (transforms == NULL)
        return RC_NOMEM;
    transforms->list = calloc(count + 1, sizeof *transforms->list);
    if (transforms->list == NULL)
        rc = RC_NOMEM;
    transforms->locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    for (size_t i = 0; rc == RC_OK && i < count; i++) {
        pointer_index(at, pointer, i);
        rc = read_one(transforms, array ? json_array_get(json, i) : json,
                      array ? at : pointer, problems);
    }
    if (rc == RC_OK && problems->count == before)
        *out = transforms;
    else
        transforms_free(transforms);
    return rc;
}

void transforms_free(struct transforms *transforms) {
    if (transforms == NULL)
        return;
    for (size_t i = 0; transforms->list != NULL && i < transforms->count; i++)
        pcre2_code_free(transforms->list[i].code);
    pcre2_match_context_free(transforms->context);
    if (transforms->locale != (locale_t)0)
        freelocale(transforms->locale);
    free(transforms->list);
    free(transforms);
}

/* Runs of blanks become one. */
static void collapse(struct slice cell, struct buf *out) {
    bool blank = false;

    cell = slice_trim(cell);
    for (size_t i = 0; i < cell.len; i++) {
        bool is = memchr(" \t\r\n\v\f", cell.data[i], 6) != NULL;
        if (is && !blank)
            (void)buf_append_char(out, ' ');
        else if (!is)
            (void)buf_append_char(out, cell.data[i]);
        blank = is;
    }
}

static uint32_t turn_case(const struct transforms *transforms, uint32_t cp, bool upper) {
    if (transforms->locale != (locale_t)0)
        return (uint32_t)(upper ? towupper_l((wint_t)cp, transforms->locale)
                                : towlower_l((wint_t)cp, transforms->locale));
    if (upper ? cp >= 'a' && cp <= 'z' : cp >= 'A' && cp <= 'Z')
        return cp ^ 0x20;
    return cp;
}

static bool is_letter(const struct transforms *transforms, uint32_t cp) {
    return transforms->locale != (locale_t)0
               ? iswalnum_l((wint_t)cp, transforms->locale) != 0
               : cp >= 0x80 || (cp | 0x20) - 'a' < 26 || cp - '0' < 10;
}

/* title: the first letter of each word is a capital, the others are not. */
static void turn(const struct transforms *transforms, enum transform_kind kind,
                 struct slice cell, struct buf *out) {
    bool within = false;

    for (size_t at = 0; at < cell.len;) {
        uint32_t cp = 0;
        size_t n = utf8_decode(slice_make(cell.data + at, cell.len - at), &cp);
        if (n == 0) {
            (void)buf_append_char(out, cell.data[at++]);
            continue;
        }
        (void)utf8_append(out, turn_case(transforms, cp,
                                         kind == TRANSFORM_UPPER ||
                                             (kind == TRANSFORM_TITLE && !within)));
        within = is_letter(transforms, cp) || (within && cp == '\'');
        at += n;
    }
}

static void replace(const struct transform *transform, struct slice cell,
                    struct buf *out) {
    while (cell.len > 0) {
        const char *at =
            memmem(cell.data, cell.len, transform->from.data, transform->from.len);
        size_t len = at == NULL ? cell.len : (size_t)(at - cell.data);
        (void)buf_append(out, cell.data, len);
        if (at == NULL)
            return;
        (void)buf_append_slice(out, transform->to);
        cell = slice_make(at + transform->from.len, cell.len - len - transform->from.len);
    }
}

/* A pattern that gives up, or makes too much, leaves the cell as it is. */
static void substitute(const struct transforms *transforms,
                       const struct transform *transform, struct slice cell,
                       struct buf *out) {
    size_t size = cell.len * 2 + 256;

    for (int tries = 0; tries < 2; tries++) {
        PCRE2_SIZE len = size;
        char *room = buf_reserve(out, size);
        int made;
        if (room == NULL)
            return;
        made =
            pcre2_substitute(transform->code, (PCRE2_SPTR)cell.data, cell.len, 0,
                             PCRE2_SUBSTITUTE_GLOBAL | PCRE2_SUBSTITUTE_OVERFLOW_LENGTH |
                                 PCRE2_SUBSTITUTE_UNSET_EMPTY,
                             NULL, transforms->context, (PCRE2_SPTR)transform->to.data,
                             transform->to.len, (PCRE2_UCHAR *)room, &len);
        if (made >= 0) {
            buf_commit(out, len);
            return;
        }
        if (made != PCRE2_ERROR_NOMEMORY)
            break;
        size = len;
    }
    (void)buf_append_slice(out, cell);
}

/* Bytes of the first n characters. */
static size_t prefix(struct slice cell, size_t n) {
    size_t at = 0;

    while (at < cell.len && n > 0) {
        uint32_t cp;
        size_t step = utf8_decode(slice_make(cell.data + at, cell.len - at), &cp);
        at += step > 0 ? step : 1;
        n--;
    }
    return at;
}

static struct slice cut(const struct transform *transform, struct slice cell) {
    size_t all = utf8_count(cell), first, skip;

    if (transform->first >= 0)
        first = (size_t)transform->first;
    else
        first = all > (size_t)-transform->first ? all - (size_t)-transform->first : 0;
    skip = prefix(cell, first);
    cell = slice_make(cell.data + skip, cell.len - skip);
    if (transform->count >= 0)
        cell.len = prefix(cell, (size_t)transform->count);
    return cell;
}

static void call_number(const char *country, struct slice cell, struct buf *out) {
    char number[PHONE_SIZE], extension[16], room[512];
    struct slice clean = phone_clean(slice_trim(cell), room, sizeof room);

    if (clean.len > 0 && phone_normalize(clean, country, number, extension) == PHONE_OK)
        (void)buf_append_text(out, number);
    else
        (void)buf_append_slice(out, cell);
}

/* Appends what becomes of cell; TRIM and SUBSTR only move its ends. */
static void apply_one(const struct transforms *transforms,
                      const struct transform *transform, const char *country,
                      struct slice cell, struct buf *out) {
    char hex[DIGEST_HEX_SIZE];

    switch (transform->kind) {
    case TRANSFORM_TRIM: (void)buf_append_slice(out, slice_trim(cell)); break;
    case TRANSFORM_COLLAPSE: collapse(cell, out); break;
    case TRANSFORM_LOWER:
    case TRANSFORM_UPPER:
    case TRANSFORM_TITLE: turn(transforms, transform->kind, cell, out); break;
    case TRANSFORM_PHONE: call_number(country, cell, out); break;
    case TRANSFORM_HASH:
        if (digest_hex_of(cell, hex) == RC_OK)
            (void)buf_append_text(out, hex);
        else
            out->failed = RC_NOMEM;
        break;
    case TRANSFORM_REPLACE: replace(transform, cell, out); break;
    case TRANSFORM_REGEX: substitute(transforms, transform, cell, out); break;
    case TRANSFORM_SUBSTR: (void)buf_append_slice(out, cut(transform, cell)); break;
    case TRANSFORM_PAD_LEFT:
        for (size_t n = utf8_count(cell); n < (size_t)transform->first; n++)
            (void)buf_append_slice(out, transform->to);
        (void)buf_append_slice(out, cell);
        break;
    case TRANSFORM_DEFAULT: (void)buf_append_slice(out, cell); break;
    }
}

int transforms_apply(const struct transforms *transforms, const char *phone_country,
                     struct arena *arena, struct slice *cell) {
    for (size_t i = 0; i < transforms->count; i++) {
        const struct transform *transform = &transforms->list[i];
        struct buf out = {.max = TEXT_MAX};
        char *copy;
        if (slice_trim(*cell).len == 0) {
            if (transform->kind == TRANSFORM_DEFAULT)
                *cell = transform->to;
            continue;
        }
        apply_one(transforms, transform, phone_country, *cell, &out);
        if (out.failed == RC_LIMIT) { /* it stays as it is: the field's length judges */
            buf_fini(&out);
            continue;
        }
        copy = out.failed == RC_OK ? arena_copy(arena, buf_text(&out), out.len) : NULL;
        *cell = slice_make(copy, out.len);
        buf_fini(&out);
        if (copy == NULL)
            return RC_NOMEM;
    }
    return RC_OK;
}
