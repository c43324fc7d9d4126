/* pattern.c - whole-text matching with PCRE2, and a short cut for plain character sets.
 *
 * Nearly every pattern of a stock EspoCRM is a set like [^<>=]+, and it is checked for
 * most cells of a file: such sets are a table of bytes, the rest goes to PCRE2 (JIT).
 *
 */
#define PCRE2_CODE_UNIT_WIDTH 8

#include "model/pattern.h"

#include "base/rc.h"

#include <pcre2.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { MATCH_LIMIT = 200000 };

struct pattern {
    pcre2_code *code;             /* owned; NULL for a set */
    pcre2_match_data *match;      /* owned; room for one match */
    pcre2_match_context *context; /* owned; the limits */
    bool is_set;                  /* one or more characters of `set` */
    bool set[256];                /* by byte; bytes above 127 are parts of characters */
};

static bool is_word(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* One member of a set at *p: a plain ASCII character or an escaped punctuation mark. */
static bool set_char(const char **p, unsigned char *c) {
    const char *at = *p;

    if (*at == '\\') {
        at++;
        if (is_word(*at))
            return false; /* \d, \w, \x41: leave it to PCRE */
    }
    if (*at == '\0' || (unsigned char)*at >= 0x80 || (*at == '[' && at[-1] != '\\'))
        return false;
    *c = (unsigned char)*at;
    *p = at + 1;
    return true;
}

/* Is text of the form [...]+ or [^...]+ with ASCII members only? */
static bool set_read(const char *text, bool set[256]) {
    const char *p = text;
    bool negated;

    if (*p++ != '[')
        return false;
    negated = *p == '^';
    if (negated)
        p++;
    if (*p == ']')
        return false;
    memset(set, 0, 256 * sizeof *set);
    while (*p != ']') {
        unsigned char low, high;
        if (!set_char(&p, &low))
            return false;
        high = low;
        if (p[0] == '-' && p[1] != ']') {
            p++;
            if (!set_char(&p, &high) || high < low)
                return false;
        }
        for (unsigned c = low; c <= high; c++)
            set[c] = true;
    }
    if (strcmp(p, "]+") != 0)
        return false;
    for (size_t i = 0; negated && i < 256; i++)
        set[i] = !set[i];
    return true;
}

/* RC_USAGE when PCRE does not take text. */
static int compile(struct pattern *pattern, const char *text) {
    size_t size = strlen(text) + sizeof "\\A(?:)\\z";
    char *whole = malloc(size);
    PCRE2_SIZE offset;
    int code = 0;

    if (whole == NULL)
        return RC_NOMEM;
    (void)snprintf(whole, size, "\\A(?:%s)\\z", text);
    pattern->code = pcre2_compile((PCRE2_SPTR)whole, PCRE2_ZERO_TERMINATED, PCRE2_UTF,
                                  &code, &offset, NULL);
    free(whole);
    if (pattern->code == NULL)
        return code == PCRE2_ERROR_HEAP_FAILED ? RC_NOMEM : RC_USAGE;
    (void)pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE); /* slower without it */
    pattern->match = pcre2_match_data_create(1, NULL);
    pattern->context = pcre2_match_context_create(NULL);
    if (pattern->match == NULL || pattern->context == NULL)
        return RC_NOMEM;
    (void)pcre2_set_match_limit(pattern->context, MATCH_LIMIT);
    return RC_OK;
}

int pattern_new(struct pattern **out, const char *text) {
    struct pattern *pattern = calloc(1, sizeof *pattern);
    int rc = RC_OK;

    *out = NULL;
    if (pattern == NULL)
        return RC_NOMEM;
    pattern->is_set = set_read(text, pattern->set);
    if (!pattern->is_set)
        rc = compile(pattern, text);
    if (rc == RC_OK)
        *out = pattern;
    else
        pattern_free(pattern);
    return rc == RC_NOMEM ? RC_NOMEM : RC_OK;
}

void pattern_free(struct pattern *pattern) {
    if (pattern == NULL)
        return;
    pcre2_match_context_free(pattern->context);
    pcre2_match_data_free(pattern->match);
    pcre2_code_free(pattern->code);
    free(pattern);
}

bool pattern_matches(const struct pattern *pattern, struct slice text) {
    int rc;

    if (pattern->is_set) {
        for (size_t i = 0; i < text.len; i++)
            if (!pattern->set[(unsigned char)text.data[i]])
                return false;
        return text.len > 0;
    }
    rc = pcre2_match(pattern->code, (PCRE2_SPTR)(text.len == 0 ? "" : text.data),
                     text.len, 0, PCRE2_NO_UTF_CHECK, pattern->match, pattern->context);
    return rc != PCRE2_ERROR_NOMATCH;
}
