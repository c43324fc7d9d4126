/* convert_text.c - cells that stay text: texts, options, addresses, numbers to call,
 * ids.
 *
 * What the server would trim is trimmed here, so that its answer can be compared with
 * what was sent. Control characters pass: the server takes them.
 */
#include "model/convert.h"

#include "base/utf8.h"
#include "model/email.h"
#include "model/option_names.h"
#include "model/pattern.h"
#include "model/phone.h"

enum { ID_MAX = 36, SHOWN_OPTIONS = 8 }; /* a uuid; the usual id has 17 characters */

static int take(struct value *out, struct slice text) {
    *out = (struct value){.kind = VALUE_STRING, .text = text};
    return 1;
}

static int check_length(const struct converter *c, struct slice text, struct arena *arena,
                        struct refusal *refusal) {
    size_t count;

    if (c->def->max_length == 0 || text.len <= c->def->max_length)
        return 1;
    count = utf8_count(text);
    if (count <= c->def->max_length)
        return 1;
    return convert_refuse(refusal, arena, REASON_VALUE_TOO_LONG, text,
                          "%s has %zu characters, %s takes at most %zu",
                          convert_show(text, arena), count, c->def->name,
                          c->def->max_length);
}

int convert_text(const struct converter *c, struct slice cell, struct arena *arena,
                 struct value *out, struct refusal *refusal) {
    bool url = c->def->type == ATTRIBUTE_URL;
    int rc;

    if (c->def->type != ATTRIBUTE_TEXT)
        cell = slice_trim(cell);
    rc = check_length(c, cell, arena, refusal);
    if (rc != 1)
        return rc;
    if (c->def->pattern_code == NULL || pattern_matches(c->def->pattern_code, cell))
        return take(out, cell);
    if (url)
        return convert_refuse(refusal, arena, REASON_URL_INVALID, cell,
                              "%s is not a web address as EspoCRM takes it; write it as "
                              "https://www.example.com/page, blanks and umlauts as %%20, "
                              "%%C3%%A4",
                              convert_show(cell, arena));
    if (strcmp(c->def->pattern, "[^<>=]+") == 0)
        return convert_refuse(refusal, arena, REASON_VALUE_PATTERN, cell,
                              "%s has a <, > or = in it, which %s does not allow",
                              convert_show(cell, arena), c->def->name);
    return convert_refuse(refusal, arena, REASON_VALUE_PATTERN, cell,
                          "%s does not match the pattern of %s: %s",
                          convert_show(cell, arena), c->def->name, c->def->pattern);
}

const char *convert_options(const struct converter *c, struct arena *arena) {
    char room[360];
    struct buf list = {.data = room, .cap = sizeof room, .max = sizeof room - 1};
    const char *copy;
    size_t shown = 0;

    for (size_t i = 0; i < c->options.count && shown < SHOWN_OPTIONS; i++) {
        if (c->options.words[i].len == 0)
            continue;
        (void)buf_append_text(&list, shown++ > 0 ? ", " : "");
        (void)utf8_append_printable(&list, c->options.words[i], 40);
    }
    if (shown == SHOWN_OPTIONS && c->options.count > shown + 1)
        (void)buf_append_text(&list, ", ...");
    copy = arena_copy(arena, room, list.len);
    return copy == NULL ? "" : copy;
}

static int unknown_option(const struct converter *c, struct slice cell,
                          struct arena *arena, struct refusal *refusal) {
    enum reason reason = REASON_ENUM_UNKNOWN;
    size_t near = word_set_nearest(&c->options, cell);
    size_t tail = strlen(c->def->name);

    if (tail > 8 && strcmp(c->def->name + tail - 8, "Currency") == 0 &&
        c->def->max_length == 3)
        reason = REASON_CURRENCY_UNKNOWN;
    if (near != NO_WORD)
        return convert_refuse(refusal, arena, reason, cell,
                              "%s is not an option of %s; did you mean %s?",
                              convert_show(cell, arena), c->def->name,
                              convert_show(c->options.words[near], arena));
    return convert_refuse(
        refusal, arena, reason, cell, "%s is not an option of %s, which takes: %s",
        convert_show(cell, arena), c->def->name, convert_options(c, arena));
}

const char *convert_option(const struct converter *c, struct slice cell,
                           const char **other) {
    struct option_found found = {NULL, NULL};
    size_t at = word_set_find(&c->options, cell);

    *other = NULL;
    if (at != NO_WORD)
        return c->def->options[at];
    if (c->names != NULL)
        found = option_names_find(c->names, cell);
    *other = found.other;
    return found.option;
}

int convert_enum(const struct converter *c, struct slice cell, struct arena *arena,
                 struct value *out, struct refusal *refusal) {
    const char *option, *other;
    int rc;

    cell = slice_trim(cell);
    if (c->options.count > 0) {
        option = convert_option(c, cell, &other);
        if (option == NULL && c->unknown == UNKNOWN_NULL) {
            *out = (struct value){.kind = VALUE_NULL};
            return 1;
        }
        if (option == NULL)
            return unknown_option(c, cell, arena, refusal);
        if (other != NULL)
            return convert_refuse(refusal, arena, REASON_ENUM_UNKNOWN, cell,
                                  "%s could be %s or %s of %s: write the one that is "
                                  "meant",
                                  convert_show(cell, arena),
                                  convert_show(slice_of(option), arena),
                                  convert_show(slice_of(other), arena), c->def->name);
        return take(out, slice_of(option));
    }
    rc = check_length(c, cell, arena, refusal);
    return rc == 1 ? take(out, cell) : rc;
}

int convert_email(const struct converter *c, struct slice cell, struct arena *arena,
                  struct value *out, struct refusal *refusal) {
    const char *problem;

    (void)c;
    cell = slice_trim(cell);
    problem = email_problem(cell);
    if (problem == NULL)
        return take(out, cell);
    return convert_refuse(refusal, arena, REASON_EMAIL_INVALID, cell, "the address %s %s",
                          convert_show(cell, arena), problem);
}

int convert_id(const struct converter *c, struct slice cell, struct arena *arena,
               struct value *out, struct refusal *refusal) {
    cell = slice_trim(cell);
    if (cell.len <= ID_MAX &&
        (c->def->pattern_code == NULL || pattern_matches(c->def->pattern_code, cell)))
        return take(out, cell);
    return convert_refuse(refusal, arena, REASON_ID_INVALID, cell,
                          "%s is not the id of a record%s%s: ids are letters, digits and "
                          "=-_. and at most %d characters",
                          convert_show(cell, arena),
                          c->def->foreign == NULL ? "" : " of ",
                          c->def->foreign == NULL ? "" : c->def->foreign, (int)ID_MAX);
}

static const char *phone_problem(enum phone_result result, const struct converter *c) {
    switch (result) {
    case PHONE_SCIENTIFIC:
        return "is what a spreadsheet makes of a long number; give the column the format "
               "Text there and export again, the last digits are lost in this file";
    case PHONE_SEVERAL:
        return "is not a single number: keep one in this column and move the others to "
               "columns of their own";
    case PHONE_NATIONAL:
        return "does not begin with + and a country code; correct it, or set "
               "phoneCountry "
               "in the mapping's defaults (such as \"DE\")";
    case PHONE_NO_LIBRARY:
        return "does not begin with + and a country code, and this program was built "
               "without libphonenumber, which national numbers need";
    case PHONE_BAD_COUNTRY: return "has a country code that does not exist";
    case PHONE_TOO_SHORT: return "has too few digits for a number of its country";
    case PHONE_TOO_LONG: return "has too many digits for a number of its country";
    case PHONE_IMPOSSIBLE: return "has a number of digits that its country does not use";
    case PHONE_TRUNK_PREFIX:
        return "has a digit behind the country code that is for calls inside the country "
               "only; take it out";
    case PHONE_OK:
    case PHONE_NO_NUMBER:
    case PHONE_HAS_EXTENSION:
    case PHONE_NO_MEMORY: break;
    }
    return c->phone_country == NULL
               ? "is not a telephone number; write it as +493012345678"
               : "is not a telephone number";
}

/* Without phoneNumberInternational the server checks the characters only. */
static int convert_loose(const struct converter *c, struct slice cell,
                         struct arena *arena, struct value *out,
                         struct refusal *refusal) {
    char room[256];
    struct slice text = phone_clean(cell, room, sizeof room);
    const char *kept;
    int rc;

    if (text.len == 0 ||
        (c->def->pattern_code != NULL && !pattern_matches(c->def->pattern_code, text)))
        return convert_refuse(refusal, arena, REASON_PHONE_INVALID, cell,
                              "%s has characters that EspoCRM does not allow in a "
                              "telephone number",
                              convert_show(cell, arena));
    rc = check_length(c, text, arena, refusal);
    if (rc != 1)
        return rc;
    if (text.len == cell.len)
        return take(out, cell);
    kept = arena_copy(arena, text.data, text.len);
    return kept == NULL ? RC_NOMEM : take(out, slice_make(kept, text.len));
}

/* The server loses an extension without a word unless phoneNumberExtensions is set. */
static int with_extension(const struct converter *c, struct slice cell,
                          const char *number, const char *extension, struct arena *arena,
                          struct value *out, struct refusal *refusal) {
    char *text;

    if (!c->phone_extensions || strlen(extension) > 6)
        return convert_refuse(refusal, arena, REASON_PHONE_INVALID, cell,
                              "%s has an extension (%s), which EspoCRM would drop; move "
                              "it to another column, or have extensions allowed in "
                              "EspoCRM's settings",
                              convert_show(cell, arena), extension);
    text = arena_format(arena, "%s ext. %s", number, extension);
    return text == NULL ? RC_NOMEM : take(out, slice_of(text));
}

int convert_phone(const struct converter *c, struct slice cell, struct arena *arena,
                  struct value *out, struct refusal *refusal) {
    char number[PHONE_SIZE], extension[16];
    enum phone_result result;
    const char *kept;

    cell = slice_trim(cell);
    if (!c->phone_international)
        return convert_loose(c, cell, arena, out, refusal);
    result = phone_normalize(cell, c->phone_country, number, extension);
    if (result == PHONE_NO_MEMORY)
        return RC_NOMEM;
    if (result == PHONE_HAS_EXTENSION)
        return with_extension(c, cell, number, extension, arena, out, refusal);
    if (result != PHONE_OK)
        return convert_refuse(refusal, arena,
                              result == PHONE_SCIENTIFIC ? REASON_PHONE_SCIENTIFIC
                                                         : REASON_PHONE_INVALID,
                              cell, "the number %s %s", convert_show(cell, arena),
                              phone_problem(result, c));
    if (slice_is(cell, number))
        return take(out, cell);
    kept = arena_copy(arena, number, strlen(number));
    return kept == NULL ? RC_NOMEM : take(out, slice_of(kept));
}
