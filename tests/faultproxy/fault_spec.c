/* fault_spec.c - reads `KIND,key=value,...`.
 *
 * Strict: an unknown key, a key that the kind has no use for, a key given twice or a
 * value out of range is an error that names it.
 */
#include "fault.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KIND(name) (1u << FAULT_##name)
#define ANY_KIND ((1u << FAULT_KINDS) - 1u)

enum key {
    KEY_AFTER_BYTES,
    KEY_AT,
    KEY_BETWEEN,
    KEY_BYTES,
    KEY_COUNT,
    KEY_EVERY,
    KEY_FORWARD,
    KEY_METHOD,
    KEY_MS,
    KEY_NTH,
    KEY_PATH,
    KEY_PROBABILITY,
    KEY_RETRY_AFTER,
    KEY_STATUS,
    KEY_THEN,
    KEY_WHERE,
    KEYS
};

static const struct {
    const char *name;
    unsigned kinds; /* which it may stand in */
} keys[KEYS] = {
    [KEY_AFTER_BYTES] = {"after-bytes", KIND(CUT) | KIND(RESET)},
    [KEY_AT] = {"at", KIND(CUT) | KIND(RESET)},
    [KEY_BETWEEN] = {"between", ANY_KIND},
    [KEY_BYTES] = {"bytes", KIND(SLICE)},
    [KEY_COUNT] = {"count", ANY_KIND},
    [KEY_EVERY] = {"every", ANY_KIND},
    [KEY_FORWARD] = {"forward", KIND(ANSWER) | KIND(HTML)},
    [KEY_METHOD] = {"method", ANY_KIND},
    [KEY_MS] = {"ms", KIND(DELAY) | KIND(SLICE) | KIND(REFUSE)},
    [KEY_NTH] = {"nth", ANY_KIND},
    [KEY_PATH] = {"path", ANY_KIND},
    [KEY_PROBABILITY] = {"probability", ANY_KIND},
    [KEY_RETRY_AFTER] = {"retry-after", KIND(ANSWER)},
    [KEY_STATUS] = {"status", KIND(ANSWER)},
    [KEY_THEN] = {"then", KIND(SWALLOW) | KIND(BLACK_HOLE) | KIND(CLOSE_IDLE)},
    [KEY_WHERE] = {"where", KIND(CUT) | KIND(RESET) | KIND(DELAY) | KIND(SLICE)},
};

static int bad_value(struct err *err, const char *key, const char *value,
                     const char *wanted) {
    return err_set(err, RC_USAGE, "%s=%s: %s", key, value, wanted);
}

static int parse_number(const char *key, const char *value, uint64_t min, uint64_t max,
                        uint64_t *out, struct err *err) {
    char *end = NULL;
    errno = 0;
    unsigned long long number = strtoull(value, &end, 10);
    if (value[0] < '0' || value[0] > '9' || *end != '\0' || errno != 0 || number < min ||
        number > max)
        return err_set(err, RC_USAGE, "%s=%s: a number from %llu to %llu is needed", key,
                       value, (unsigned long long)min, (unsigned long long)max);
    *out = number;
    return RC_OK;
}

static int parse_between(struct fault *fault, const char *value, struct err *err) {
    char first[24];
    const char *dash = strchr(value, '-');
    if (dash == NULL || (size_t)(dash - value) >= sizeof first)
        return bad_value(err, "between", value, "two numbers are needed, as 10-20");
    memcpy(first, value, (size_t)(dash - value));
    first[dash - value] = '\0';
    int rc = parse_number("between", first, 1, UINT64_MAX, &fault->first, err);
    if (rc == RC_OK)
        rc = parse_number("between", dash + 1, fault->first, UINT64_MAX, &fault->last,
                          err);
    return rc;
}

static int parse_probability(struct fault *fault, const char *value, struct err *err) {
    char *end = NULL;
    fault->probability = strtod(value, &end);
    fault->by_chance = true;
    /* written this way round so that NaN is refused too */
    if (value[0] == '\0' || *end != '\0' ||
        !(fault->probability >= 0 && fault->probability <= 1))
        return bad_value(err, "probability", value, "a number from 0 to 1 is needed");
    return RC_OK;
}

/* Index of value among NULL-terminated words, or RC_USAGE. */
static int parse_word(const char *key, const char *value, const char *const *words,
                      struct err *err) {
    for (int i = 0; words[i] != NULL; i++)
        if (strcmp(words[i], value) == 0)
            return i;
    char wanted[128] = "one of these is needed:";
    for (int i = 0; words[i] != NULL; i++) {
        size_t used = strlen(wanted);
        snprintf(wanted + used, sizeof wanted - used, " %s", words[i]);
    }
    return bad_value(err, key, value, wanted);
}

static int parse_text(const char *key, const char *value, char *out, size_t size,
                      struct err *err) {
    size_t len = strlen(value);
    if (len == 0 || len >= size)
        return bad_value(err, key, value, "empty or too long");
    memcpy(out, value, len + 1);
    return RC_OK;
}

static int set_words(struct fault *fault, enum key key, const char *value,
                     struct err *err) {
    static const char *const ats[] = {"before", "head", "middle", "after", NULL};
    static const char *const thens[] = {"close", "reset", "silence", NULL};
    static const char *const wheres[] = {"answer", "request", NULL};
    static const char *const bools[] = {"no", "yes", NULL};
    const char *const *words = key == KEY_AT      ? ats
                               : key == KEY_THEN  ? thens
                               : key == KEY_WHERE ? wheres
                                                  : bools;
    int word = parse_word(keys[key].name, value, words, err);
    if (word < 0)
        return word;
    if (key == KEY_AT)
        fault->at = (enum fault_at)(word + AT_BEFORE);
    else if (key == KEY_THEN)
        fault->then = (enum fault_then)word;
    else if (key == KEY_WHERE)
        fault->where = (enum fault_where)word;
    else
        fault->forward = word == 1;
    return RC_OK;
}

static int set_key(struct fault *fault, enum key key, const char *value,
                   struct err *err) {
    static const uint64_t hour_ms = 3600000;
    const char *name = keys[key].name;
    switch (key) {
    case KEY_AFTER_BYTES:
        fault->at = AT_BYTES;
        return parse_number(name, value, 0, UINT64_MAX, &fault->bytes, err);
    case KEY_BETWEEN: return parse_between(fault, value, err);
    case KEY_BYTES: return parse_number(name, value, 1, 1 << 20, &fault->bytes, err);
    case KEY_COUNT: return parse_number(name, value, 1, UINT64_MAX, &fault->count, err);
    case KEY_EVERY: return parse_number(name, value, 1, UINT64_MAX, &fault->every, err);
    case KEY_METHOD:
        return parse_text(name, value, fault->method, sizeof fault->method, err);
    case KEY_MS: return parse_number(name, value, 0, hour_ms, &fault->ms, err);
    case KEY_NTH: return parse_number(name, value, 1, UINT64_MAX, &fault->nth, err);
    case KEY_PATH: return parse_text(name, value, fault->path, sizeof fault->path, err);
    case KEY_PROBABILITY: return parse_probability(fault, value, err);
    case KEY_RETRY_AFTER:
        return parse_number(name, value, 1, 86400, &fault->retry_after, err);
    case KEY_STATUS: return parse_number(name, value, 200, 599, &fault->status, err);
    case KEY_AT:
    case KEY_FORWARD:
    case KEY_THEN:
    case KEY_WHERE: return set_words(fault, key, value, err);
    case KEYS: break;
    }
    return err_set(err, RC_USAGE, "unknown key");
}

static int parse_pair(struct fault *fault, char *pair, unsigned *seen, struct err *err) {
    char *value = strchr(pair, '=');
    if (value == NULL)
        return err_set(err, RC_USAGE, "\"%s\" is no key=value", pair);
    *value++ = '\0';
    for (int key = 0; key < KEYS; key++) {
        if (strcmp(keys[key].name, pair) != 0)
            continue;
        if ((keys[key].kinds & (1u << fault->kind)) == 0)
            return err_set(err, RC_USAGE, "%s means nothing to %s", pair,
                           fault_name(fault->kind));
        if ((*seen & (1u << key)) != 0)
            return err_set(err, RC_USAGE, "%s is given twice", pair);
        *seen |= 1u << key;
        return set_key(fault, (enum key)key, value, err);
    }
    return err_set(err, RC_USAGE, "unknown key \"%s\"", pair);
}

static int parse_kind(struct fault *fault, const char *word, struct err *err) {
    for (int kind = 0; kind < FAULT_KINDS; kind++)
        if (strcmp(fault_name((enum fault_kind)kind), word) == 0) {
            fault->kind = (enum fault_kind)kind;
            return RC_OK;
        }
    return err_set(err, RC_USAGE, "unknown kind \"%s\"", word);
}

/* What holds when nothing is said, and what must not be left out. */
static int settle(struct fault *fault, unsigned seen, struct err *err) {
    bool places = (seen & (1u << KEY_AT)) != 0;
    bool counts = (seen & (1u << KEY_AFTER_BYTES)) != 0;
    bool timed = (seen & (1u << KEY_MS)) != 0;
    if (places && counts)
        return err_set(err, RC_USAGE, "at and after-bytes exclude each other");
    switch (fault->kind) {
    case FAULT_CUT:
    case FAULT_RESET:
        if (!places && !counts)
            fault->at = AT_MIDDLE;
        break;
    case FAULT_DELAY:
        if (!timed)
            return err_set(err, RC_USAGE, "delay needs ms=");
        break;
    case FAULT_SLICE:
        if (fault->bytes == 0)
            return err_set(err, RC_USAGE, "slice needs bytes=");
        break;
    case FAULT_REFUSE:
        if (!timed)
            fault->ms = 1000;
        break;
    case FAULT_ANSWER:
        if (fault->status == 0)
            return err_set(err, RC_USAGE, "answer needs status=");
        break;
    case FAULT_HTML: fault->status = 200; break;
    case FAULT_BLACK_HOLE:
        if ((seen & (1u << KEY_THEN)) == 0)
            fault->then = THEN_SILENCE;
        break;
    case FAULT_CLOSE_IDLE:
        if (fault->then == THEN_SILENCE)
            return err_set(err, RC_USAGE, "close-idle closes or resets");
        break;
    case FAULT_SWALLOW:
    case FAULT_KINDS: break;
    }
    return RC_OK;
}

int fault_parse(struct fault *out, const char *spec, uint64_t seed, struct err *err) {
    *out = (struct fault){.random = seed};
    unsigned seen = 0;
    char *copy = strdup(spec);
    if (copy == NULL)
        return err_nomem(err);
    char *rest = copy;
    int rc = parse_kind(out, strsep(&rest, ","), err);
    while (rc == RC_OK && rest != NULL)
        rc = parse_pair(out, strsep(&rest, ","), &seen, err);
    if (rc == RC_OK)
        rc = settle(out, seen, err);
    if (rc == RC_USAGE)
        err_prefix(err, "--fault '%s'", spec);
    free(copy);
    return rc;
}
