/* guess_phone.c - which country phone numbers without a country code belong to, told by
 * how they are written, by the countries in the file, by the ends of mail addresses.
 *
 * A country is taken only if the numbers are possible there.
 */
#include "model/guess_internal.h"

#include "model/phone.h"

#include <ctype.h>

enum {
    NATIONAL_PERCENT = 10, /* of the numbers, for a country to be worth naming */
    POSSIBLE_PERCENT = 80, /* of the national ones that must be numbers there */
    COUNTRY_PERCENT = 60   /* of the cells that must name one country */
};

static bool is_international(struct slice s) {
    return (s.len > 1 && s.data[0] == '+') ||
           (s.len > 2 && s.data[0] == '0' && s.data[1] == '0');
}

/* (415) 555-2671, 415-555-2671, 1-415-555-2671 */
static bool is_north_american(struct slice s) {
    static const char *const shapes[] = {"(ddd) ddd-dddd", "(ddd)ddd-dddd",
                                         "ddd-ddd-dddd",   "ddd.ddd.dddd",
                                         "1-ddd-ddd-dddd", "(ddd) ddd dddd"};

    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        size_t at = 0;
        if (strlen(shapes[i]) != s.len)
            continue;
        while (at < s.len && (shapes[i][at] == 'd' ? isdigit((unsigned char)s.data[at])
                                                   : shapes[i][at] == s.data[at]))
            at++;
        if (at == s.len)
            return true;
    }
    return false;
}

struct national_count {
    const char *country;        /* asked about; NULL = just count */
    uint64_t all, national;     /* numbers */
    uint64_t american, fitting; /* of the national ones */
    const char *example;
};

static bool count_number(void *context, struct slice value) {
    struct national_count *count = context;
    char number[PHONE_SIZE], extension[16];
    enum phone_result result;

    count->all++;
    if (is_international(value) || guess_is_missing(value.data))
        return false;
    count->national++;
    count->american += is_north_american(value);
    if (count->example == NULL)
        count->example = value.data;
    if (count->country == NULL)
        return false;
    result = phone_normalize(value, count->country, number, extension);
    count->fitting += result == PHONE_OK || result == PHONE_HAS_EXTENSION;
    return false;
}

static struct national_count count_numbers(const struct guesses *g, const char *country) {
    struct national_count count = {.country = country};

    for (size_t i = 0; i < g->in.column_count; i++)
        if (g->minds[i].taken != NULL && g->minds[i].taken->kind == KIND_PHONE)
            (void)guess_share(&g->minds[i], count_number, &count);
    return count;
}

struct country_vote {
    const char *codes[16];
    uint64_t votes[16];
    size_t count;
};

static void vote(struct country_vote *v, const char *code, uint64_t cells) {
    size_t i = 0;

    while (i < v->count && strcmp(v->codes[i], code) != 0)
        i++;
    if (i == sizeof v->codes / sizeof *v->codes)
        return;
    if (i == v->count) {
        v->codes[v->count] = code;
        v->votes[v->count++] = 0;
    }
    v->votes[i] += cells;
}

/* The country that most cells name; NULL = none. */
static const char *elected(const struct country_vote *v) {
    uint64_t all = 0;
    size_t best = 0;

    for (size_t i = 0; i < v->count; i++) {
        all += v->votes[i];
        if (v->votes[i] > v->votes[best])
            best = i;
    }
    return v->count > 0 && v->votes[best] * 100 >= all * COUNTRY_PERCENT ? v->codes[best]
                                                                         : NULL;
}

static const char *country_of_addresses(const struct guesses *g) {
    struct country_vote v = {.count = 0};

    for (size_t i = 0; i < g->in.column_count; i++) {
        const struct guess_mind *mind = &g->minds[i];
        const struct profile_value *values;
        size_t count = 0;
        if (mind->taken == NULL || mind->taken->kind != KIND_ADDRESS ||
            mind->taken->part != PART_COUNTRY || mind->in->profile == NULL)
            continue;
        values = profile_values(mind->in->profile, &count);
        for (size_t k = 0; k < count; k++) {
            char room[GUESS_KEY + 1];
            const char *code = guess_country(guess_key(slice_of(values[k].text), room));
            if (code != NULL)
                vote(&v, code, values[k].count);
        }
    }
    return elected(&v);
}

/* "de" of "x@firma.de" and of "www.firma.de". */
static const char *country_of_domain(const char *text) {
    const char *at = strrchr(text, '@'), *dot;
    char tail[4] = "";
    struct slice key;

    if (at == NULL)
        return NULL;
    dot = strrchr(at, '.');
    if (dot == NULL || strlen(dot + 1) != 2)
        return NULL;
    tail[0] = (char)tolower((unsigned char)dot[1]);
    tail[1] = (char)tolower((unsigned char)dot[2]);
    key = slice_make(tail, 2);
    return guess_country(key);
}

static const char *country_of_mails(const struct guesses *g) {
    struct country_vote v = {.count = 0};

    for (size_t i = 0; i < g->in.column_count; i++) {
        const struct guess_mind *mind = &g->minds[i];
        const struct profile_value *values;
        size_t count = 0;
        if (mind->taken == NULL || mind->taken->kind != KIND_EMAIL ||
            mind->in->profile == NULL)
            continue;
        values = profile_values(mind->in->profile, &count);
        for (size_t k = 0; k < count; k++) {
            const char *code = country_of_domain(values[k].text);
            if (code != NULL)
                vote(&v, code, values[k].count);
        }
    }
    return elected(&v);
}

static bool try_country(struct guesses *g, const char *country, const char *why) {
    struct national_count count;

    if (country == NULL || !phone_country_known(country))
        return false;
    count = count_numbers(g, country);
    if (phone_has_library() && count.fitting * 100 < count.national * POSSIBLE_PERCENT)
        return false;
    memcpy(g->phone_country, country, 3);
    guess_say(
        g, "phoneCountry is %s for numbers without a country code, such as %.40s: %s%s",
        country, count.example == NULL ? "" : count.example, why,
        phone_has_library() ? ""
                            : " (this build cannot read them all the same: it "
                              "has no libphonenumber)");
    return true;
}

void guess_phone_country(struct guesses *g) {
    struct national_count count = count_numbers(g, NULL);
    const char *country;

    if (count.national == 0 || count.national * 100 < count.all * NATIONAL_PERCENT)
        return;
    country = country_of_addresses(g);
    if (count.american * 100 >= count.national * POSSIBLE_PERCENT &&
        try_country(g, country != NULL && strcmp(country, "CA") == 0 ? country : "US",
                    "they are written as in North America"))
        return;
    if (try_country(g, country, "most addresses of the file are there") ||
        try_country(g, country_of_mails(g), "most e-mail addresses end so"))
        return;
    guess_say(
        g,
        "phone numbers without a country code, such as %.40s, fail until \"defaults\" "
        "has \"phoneCountry\", such as \"DE\": nothing in the file tells it",
        count.example == NULL ? "" : count.example);
}
