/* email.c - the rules of PHP's FILTER_VALIDATE_EMAIL, by hand.
 *
 * Local part of at most 64 bytes, atoms or quoted strings parted by dots; a domain of
 * at least two labels of letters, digits and hyphens, the last one not beginning with a
 * digit; 254 bytes in all; ASCII only. Stricter than PHP in one thing: no address
 * literals in place of the domain ([192.0.2.1]).
 */
#include "model/email.h"

#include <stdbool.h>

enum { LOCAL_MAX = 64, LABEL_MAX = 63, TOTAL_MAX = 254 };

static bool is_alnum(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_atom(char c) {
    return is_alnum(c) || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/* Why cells that are no single address are usually so; NULL when it is none of these. */
static const char *common_mistake(struct slice s) {
    size_t ats = 0;

    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.data[i];
        if (c == '@')
            ats++;
        if (c >= 0x80)
            return "has a character that is not ASCII, which EspoCRM refuses";
    }
    if (ats == 0)
        return "has no @";
    if (memchr(s.data, '<', s.len) != NULL && ats == 1)
        return "stands inside \"Name <address>\": keep the part between < and > only, "
               "and "
               "move the name to a column of its own";
    if (ats > 1 || memchr(s.data, ';', s.len) != NULL ||
        memchr(s.data, ',', s.len) != NULL)
        return "is not a single one: keep one address in this column and move the others "
               "to columns of their own";
    if (memchr(s.data, ' ', s.len) != NULL)
        return "has a blank in it";
    return NULL;
}

static const char *quoted_problem(struct slice *s) {
    size_t i = 1;

    while (i < s->len && s->data[i] != '"' && s->data[i] > ' ') {
        if (s->data[i] == '\\')
            i++;
        i++;
    }
    if (i >= s->len || s->data[i] != '"')
        return "has a quote that is not closed, or a blank between quotes";
    s->data += i + 1;
    s->len -= i + 1;
    return NULL;
}

static const char *local_problem(struct slice s) {
    const char *problem;

    if (s.len > LOCAL_MAX)
        return "has more than 64 characters in front of the @";
    for (;;) {
        size_t n = 0;
        if (s.len > 0 && s.data[0] == '"') {
            problem = quoted_problem(&s);
            if (problem != NULL)
                return problem;
        } else {
            while (n < s.len && is_atom(s.data[n]))
                n++;
            if (n < s.len && s.data[n] != '.')
                return "has a character in front of the @ that is not allowed there";
            if (n == 0)
                return s.len == 0 ? "has nothing, or a dot, just in front of the @"
                                  : "begins with a dot, or has two dots in a row";
            s.data += n;
            s.len -= n;
        }
        if (s.len == 0)
            return NULL;
        if (s.data[0] != '.')
            return "has a character in front of the @ that is not allowed there";
        s.data++;
        s.len--;
    }
}

static const char *domain_problem(struct slice s) {
    size_t labels = 0, start = 0;

    for (size_t i = 0; i <= s.len; i++) {
        size_t len = i - start;
        if (i < s.len && s.data[i] != '.') {
            if (!is_alnum(s.data[i]) && s.data[i] != '-')
                return "has a character behind the @ that is not allowed there";
            continue;
        }
        if (len == 0)
            return "has a dot too many, or nothing, behind the @";
        if (s.data[start] == '-' || s.data[i - 1] == '-')
            return "has a part behind the @ that begins or ends with a hyphen";
        if (len > LABEL_MAX)
            return "has a part of more than 63 characters behind the @";
        labels++;
        if (i == s.len && s.data[start] >= '0' && s.data[start] <= '9')
            return "ends in digits";
        start = i + 1;
    }
    return labels < 2 ? "has no dot behind the @" : NULL;
}

const char *email_problem(struct slice address) {
    const char *at = NULL, *problem;
    size_t i = 0;

    /* the last @: a quoted local part may hold others */
    for (i = address.len; i > 0 && at == NULL; i--)
        if (address.data[i - 1] == '@')
            at = address.data + i - 1;
    if (at == NULL)
        return "has no @";
    problem = local_problem(slice_make(address.data, (size_t)(at - address.data)));
    if (problem == NULL)
        problem = domain_problem(
            slice_make(at + 1, address.len - (size_t)(at - address.data) - 1));
    if (problem == NULL && address.len > TOTAL_MAX)
        problem = "has more than 254 characters";
    if (problem != NULL) {
        const char *common = common_mistake(address);
        if (common != NULL)
            problem = common;
    }
    return problem;
}
