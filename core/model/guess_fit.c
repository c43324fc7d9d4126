/* guess_fit.c - do the cells of a column fit the field that its name means? */
#include "model/guess_internal.h"

#include "model/datetime.h"
#include "model/email.h"
#include "model/profile_internal.h"

enum {
    FIT_PERCENT = 50, /* cells that must be what the field takes */
    FOREIGN_ID_SHORT = 15,
    FOREIGN_ID_LONG = 18,
    OWN_ID = 17
};

uint64_t guess_filled(const struct guess_mind *mind) {
    return mind->in->profile == NULL ? 0 : profile_filled(mind->in->profile);
}

unsigned guess_share(const struct guess_mind *mind,
                     bool (*holds)(void *context, struct slice value), void *context) {
    const struct profile_value *values;
    uint64_t all = 0, held = 0;
    size_t count = 0;

    if (mind->in->profile == NULL)
        return 0;
    values = profile_values(mind->in->profile, &count);
    for (size_t i = 0; i < count; i++) {
        all += values[i].count;
        if (holds(context, slice_of(values[i].text)))
            held += values[i].count;
    }
    return all == 0 ? 0 : (unsigned)(held * 100 / all);
}

static bool is_foreign_id(void *context, struct slice value) {
    bool digit = false, upper = false;

    (void)context;
    if (value.len != FOREIGN_ID_SHORT && value.len != FOREIGN_ID_LONG)
        return false;
    for (size_t i = 0; i < value.len; i++) {
        char c = value.data[i];
        digit = digit || (c >= '0' && c <= '9');
        upper = upper || (c >= 'A' && c <= 'Z');
        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')))
            return false;
    }
    return digit && upper;
}

/* 17 hexadecimal digits, or a short number as the first user's. */
static bool is_own_id(void *context, struct slice value) {
    (void)context;
    if (value.len == 0 || value.len > OWN_ID)
        return false;
    for (size_t i = 0; i < value.len; i++) {
        char c = value.data[i];
        if (!((c >= '0' && c <= '9') || (value.len == OWN_ID && c >= 'a' && c <= 'f')))
            return false;
    }
    return value.len == OWN_ID || value.len <= 4;
}

bool guess_has_foreign_ids(const struct guess_mind *mind) {
    return guess_share(mind, is_foreign_id, NULL) >= FIT_PERCENT;
}

bool guess_has_own_ids(const struct guess_mind *mind) {
    return guess_share(mind, is_own_id, NULL) >= FIT_PERCENT;
}

/* "Ada Byron (ada@example.com)": a name with an address behind. */
static bool is_name_with_mail(void *context, struct slice value) {
    (void)context;
    return memchr(value.data, '@', value.len) != NULL &&
           memchr(value.data, ' ', value.len) != NULL;
}

/* E-mail addresses, parted by the mark that context is; a single one is none. */
static bool is_mail_list(void *context, struct slice value) {
    const char *mark = context, *end;
    size_t count = 0;

    for (;;) {
        struct slice item;
        end = memmem(value.data, value.len, mark, strlen(mark));
        item =
            slice_make(value.data, end == NULL ? value.len : (size_t)(end - value.data));
        item = slice_trim(item);
        if (item.len > 0 && email_problem(item) != NULL)
            return false;
        count += item.len > 0;
        if (end == NULL)
            return count > 1;
        value.len -= (size_t)(end - value.data) + strlen(mark);
        value.data = end + strlen(mark);
    }
}

const char *guess_mail_delimiter(const struct guess_mind *mind) {
    static char marks[][4] = {":::", ";", ",", "|"};

    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (guess_share(mind, is_mail_list, marks[i]) > 0)
            return marks[i];
    return NULL;
}

static bool is_bool(void *context, struct slice value) {
    bool usual;

    (void)context;
    return guess_bool_word(value.data, &usual) != 0;
}

static bool is_salutation(void *context, struct slice value) {
    char room[GUESS_KEY + 1];

    (void)context;
    return guess_is_salutation(guess_key(value, room));
}

struct option_question {
    const struct schema_attribute *def;
    const struct option_names *names;
};

static bool is_option(void *context, struct slice value) {
    const struct option_question *q = context;
    const char *option;

    return guess_option(q->def, q->names, value.data, &option) != OPTION_UNKNOWN;
}

static unsigned share_of(const struct guess_mind *mind, uint64_t fitting) {
    uint64_t filled = guess_filled(mind);

    return filled == 0 ? 0 : (unsigned)(fitting * 100 / filled);
}

static const char *misfit_of_link(const struct guess_mind *mind,
                                  const struct guess_place *place) {
    if (guess_has_foreign_ids(mind))
        return "its cells are ids of another system, which EspoCRM does not know";
    if (guess_share(mind, is_name_with_mail, NULL) >= FIT_PERCENT)
        return "its cells have a name and an address in one, by which no record can be "
               "looked up";
    if (!place->by_name && place->def->type == ATTRIBUTE_ID &&
        place->def->foreign == NULL)
        return "it is one half of a pair of type and id";
    return NULL;
}

static const char *misfit_of_enum(struct guesses *g, const struct guess_mind *mind,
                                  const struct schema_attribute *def) {
    struct option_question q = {def, guess_option_names(g, def)};

    if (strcmp(def->name, "salutationName") == 0)
        return guess_share(mind, is_salutation, NULL) >= FIT_PERCENT ||
                       guess_share(mind, is_option, &q) >= FIT_PERCENT
                   ? NULL
                   : "its cells are not salutations";
    if (def->options == NULL || guess_share(mind, is_option, &q) > 0)
        return NULL;
    return "none of its cells is an option of the field";
}

static const char *misfit_of_text(const struct guess_mind *mind,
                                  const struct guess_place *place) {
    const uint64_t *fits = mind->in->profile->fits;

    /* "Title" of an address book is Mr. or Ms. */
    if (strcmp(place->def->name, "title") == 0 &&
        guess_share(mind, is_salutation, NULL) >= FIT_PERCENT)
        return "its cells are salutations";
    if (place->kind == KIND_PLAIN && place->score < SCORE_LABEL &&
        share_of(mind, fits[PROFILE_EMAIL]) > FIT_PERCENT)
        return "its cells are e-mail addresses";
    return NULL;
}

static const char *misfit_of_date(const struct guess_mind *mind, bool day) {
    const uint64_t *fits = mind->in->profile->fits;

    const struct tally_first *five = &mind->in->profile->lengths[5];
    struct civil civil;

    if (share_of(mind, five->count) >= FIT_PERCENT &&
        datetime_is_serial(slice_of(five->text), &civil))
        return "its cells are the numbers in which spreadsheets keep dates: give the "
               "column a date format there, and export it again";
    if (share_of(mind, fits[PROFILE_DATE] + fits[PROFILE_DATETIME]) < FIT_PERCENT)
        return "its cells are not dates";
    if (share_of(mind, fits[day ? PROFILE_DATE : PROFILE_DATETIME]) >= FIT_PERCENT)
        return NULL;
    return day ? "its cells have a time, for which the field has no place"
               : "its cells have no time, which the field needs";
}

static const char *misfit_of_type(struct guesses *g, const struct guess_mind *mind,
                                  const struct guess_place *place) {
    const struct schema_attribute *def = place->def;
    const uint64_t *fits = mind->in->profile->fits;

    switch (def->type) {
    case ATTRIBUTE_EMAIL:
        return share_of(mind, fits[PROFILE_EMAIL]) < FIT_PERCENT &&
                       guess_mail_delimiter(mind) == NULL
                   ? "its cells are not e-mail addresses"
                   : NULL;
    case ATTRIBUTE_PHONE:
        return share_of(mind, fits[PROFILE_PHONE]) < FIT_PERCENT
                   ? "its cells are not phone numbers"
                   : NULL;
    case ATTRIBUTE_URL:
        return share_of(mind, fits[PROFILE_URL]) < FIT_PERCENT
                   ? "its cells are not web addresses"
                   : NULL;
    case ATTRIBUTE_INT:
    case ATTRIBUTE_FLOAT:
    case ATTRIBUTE_DECIMAL:
    case ATTRIBUTE_CURRENCY:
        return share_of(mind, fits[PROFILE_DECIMAL] + fits[PROFILE_AMOUNT]) <
                           FIT_PERCENT &&
                       share_of(mind, fits[PROFILE_INTEGER]) < FIT_PERCENT
                   ? "its cells are not numbers"
                   : NULL;
    case ATTRIBUTE_DATE:
    case ATTRIBUTE_DATETIME: return misfit_of_date(mind, def->type == ATTRIBUTE_DATE);
    case ATTRIBUTE_BOOL:
        return guess_share(mind, is_bool, NULL) < FIT_PERCENT
                   ? "its cells do not mean yes or no"
                   : NULL;
    case ATTRIBUTE_ENUM: return misfit_of_enum(g, mind, def);
    case ATTRIBUTE_ID:
    case ATTRIBUTE_IDS: return misfit_of_link(mind, place);
    case ATTRIBUTE_VARCHAR:
    case ATTRIBUTE_TEXT: return misfit_of_text(mind, place);
    case ATTRIBUTE_LIST:
    case ATTRIBUTE_ENTITY:
    case ATTRIBUTE_ADDRESSES:
    case ATTRIBUTE_JSON:
    case ATTRIBUTE_OTHER: break;
    }
    return NULL;
}

const char *guess_misfit(struct guesses *g, const struct guess_mind *mind,
                         const struct guess_place *place) {
    if (place->def == NULL || guess_filled(mind) == 0)
        return NULL;
    if (place->score == SCORE_TOLD && place->def->type != ATTRIBUTE_ID &&
        place->def->type != ATTRIBUTE_IDS)
        return NULL; /* somebody has decided it */
    return misfit_of_type(g, mind, place);
}
