/* guess_place.c - all the fields that a column's name may mean. */
#include "model/guess_internal.h"

#include "base/utf8.h"

#include <stdio.h>

enum { NEAR_LEAST = 6 }; /* letters of a name in which one may be wrong */

bool guess_is_writable(const struct schema_attribute *def) {
    static const char *const own[] = {"createdAccount",     "createdContact",
                                      "createdOpportunity", "originalEmail",
                                      "originalLead",       "targetList"};

    if (def == NULL || def->lock != LOCK_NONE || def->type == ATTRIBUTE_JSON ||
        def->type == ATTRIBUTE_OTHER)
        return false;
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strcmp(own[i], def->field) == 0)
            return false;
    return true;
}

const struct schema_attribute *guess_field(const struct guesses *g, const char *name) {
    const struct schema_attribute *def = schema_find(g->in.schema, name);

    return guess_is_writable(def) ? def : NULL;
}

void guess_add_place(struct guess_mind *mind, const struct guess_place *place) {
    size_t at = mind->place_count;

    for (size_t i = 0; i < mind->place_count; i++)
        if (mind->places[i].kind == place->kind && mind->places[i].def == place->def &&
            place->kind != KIND_ADDRESS)
            return; /* a better one: they come in the order of their scores */
    if (at == GUESS_PLACES)
        return;
    while (at > 0 && mind->places[at - 1].score < place->score) {
        mind->places[at] = mind->places[at - 1];
        at--;
    }
    mind->places[at] = *place;
    mind->place_count++;
}

/* What stands around the word for an address or number: "2", "work", "1 - Value". */
struct rest_reading {
    struct slice word; /* without digits and fillers; borrowed from room */
    unsigned before;   /* the number in front of the word, 0 = none */
    unsigned after;    /* behind it */
    bool value;        /* "Value" stands behind */
    bool label;        /* "Label" or "Type" stands behind */
    char room[GUESS_KEY + 1];
};

static void drop_text(struct rest_reading *r, const char *text) {
    size_t len = strlen(text);

    if (r->word.len >= len && memcmp(r->word.data, text, len) == 0)
        r->word = slice_make(r->word.data + len, r->word.len - len);
    else if (r->word.len >= len &&
             memcmp(r->word.data + r->word.len - len, text, len) == 0)
        r->word.len -= len;
}

static bool ends_with(struct slice text, const char *tail) {
    size_t len = strlen(tail);

    return text.len >= len && memcmp(text.data + text.len - len, tail, len) == 0;
}

/* Digits go to *number, the others are kept. */
static size_t keep_letters(struct slice text, char *out, unsigned *number) {
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            out[n++] = text.data[i];
        else if (*number < 100)
            *number = *number * 10 + (unsigned)(text.data[i] - '0');
    }
    return n;
}

static void read_rest(const struct guess_rest *rest, struct rest_reading *r) {
    static const char *const fillers[] = {"address", "adresse", "anschrift", "direccion",
                                          "numero",  "number",  "de",        "du"};
    struct slice behind = rest->behind;
    size_t n;

    memset(r, 0, sizeof *r);
    r->value = ends_with(behind, "value");
    r->label = ends_with(behind, "label") || ends_with(behind, "type");
    if (r->value || ends_with(behind, "label"))
        behind.len -= 5;
    else if (r->label)
        behind.len -= 4;
    n = keep_letters(rest->front, r->room, &r->before);
    n += keep_letters(behind, r->room + n, &r->after);
    r->word = slice_make(r->room, n);
    for (size_t i = 0; i < sizeof fillers / sizeof *fillers; i++)
        drop_text(r, fillers[i]);
}

static bool email_rest(void *context, const struct guess_rest *rest) {
    struct rest_reading *r = context;

    read_rest(rest, r);
    return r->word.len == 0 || guess_email_qualifier(r->word);
}

static void find_email(struct guesses *g, struct guess_mind *mind, struct slice key) {
    struct rest_reading r;
    struct guess_place place = {.kind = KIND_EMAIL, .score = SCORE_WORD};

    if (guess_field(g, "emailAddress") == NULL ||
        guess_longest(guess_email_words, key, email_rest, &r) == 0)
        return;
    place.def = guess_field(g, "emailAddress");
    place.kind = r.label ? KIND_LABEL : KIND_EMAIL;
    place.number = r.before + r.after;
    if (place.number == 0 && guess_is_word("second|secondary|alternate|alternative|other|"
                                           "additional|andere|weitere|zusatzliche|"
                                           "sonstige|autre|otro",
                                           r.word))
        place.number = 2;
    place.why = r.label ? "says what kind of e-mail address it is, for which EspoCRM has "
                          "no place"
                        : "a usual name for an e-mail address";
    guess_add_place(mind, &place);
}

struct phone_reading {
    struct rest_reading rest;
    enum phone_type type;
};

static bool phone_rest(void *context, const struct guess_rest *rest) {
    struct phone_reading *r = context;

    read_rest(rest, &r->rest);
    r->type = PHONE_TYPE_NONE;
    return r->rest.word.len == 0 || guess_phone_qualifier(r->rest.word, &r->type);
}

static void find_phone(struct guesses *g, struct guess_mind *mind, struct slice key) {
    static const enum phone_type of_list[3] = {PHONE_TYPE_NONE, PHONE_TYPE_MOBILE,
                                               PHONE_TYPE_FAX};
    struct phone_reading r, best = {.type = PHONE_TYPE_NONE};
    struct guess_place place = {.kind = KIND_PHONE, .score = SCORE_WORD};
    size_t longest = 0;

    if (guess_field(g, "phoneNumber") == NULL)
        return;
    for (size_t i = 0; i < 3; i++) {
        size_t len = guess_longest(guess_phone_words[i], key, phone_rest, &r);
        if (len <= longest)
            continue;
        longest = len;
        best = r;
        if (of_list[i] != PHONE_TYPE_NONE)
            best.type = of_list[i];
    }
    if (longest == 0)
        return;
    place.def = guess_field(g, "phoneNumber");
    place.kind = best.rest.label ? KIND_LABEL : KIND_PHONE;
    place.type = place.kind == KIND_LABEL && best.type == PHONE_TYPE_NONE
                     ? PHONE_TYPE_OTHER
                     : best.type;
    place.number = best.rest.before + best.rest.after;
    place.why = "a usual name for a phone number";
    guess_add_place(mind, &place);
}

struct part_reading {
    struct rest_reading rest;
    enum guess_group group;
};

static bool part_rest(void *context, const struct guess_rest *rest) {
    struct part_reading *r = context;

    read_rest(rest, &r->rest);
    r->group = GROUP_PLAIN;
    if (r->rest.value || r->rest.label)
        return false;
    for (int i = 0; i < GROUPS && r->rest.word.len > 0; i++)
        if (guess_is_word(guess_group_words[i], r->rest.word)) {
            r->group = (enum guess_group)i;
            return true;
        }
    return r->rest.word.len == 0;
}

static bool has_address(const struct guesses *g) {
    return guess_field(g, "addressCity") != NULL ||
           guess_field(g, "billingAddressCity") != NULL;
}

static void find_part(struct guesses *g, struct guess_mind *mind, struct slice key) {
    struct part_reading r, best = {.group = GROUP_PLAIN};
    struct guess_place place = {.kind = KIND_ADDRESS, .score = SCORE_WORD};
    size_t longest = 0;

    if (!has_address(g))
        return;
    if (guess_is_word(guess_house_words, key)) {
        place.kind = KIND_HOUSE;
        place.why = "goes behind the street";
        guess_add_place(mind, &place);
        return;
    }
    for (int i = 0; i < PARTS; i++) {
        size_t len = guess_longest(guess_part_words[i], key, part_rest, &r);
        if (len <= longest)
            continue;
        longest = len;
        best = r;
        place.part = (enum guess_part)i;
    }
    if (longest == 0)
        return;
    place.group = best.group;
    if (best.rest.before > 1 || (best.rest.after > 1 && place.part != PART_STREET))
        place.group = GROUP_OTHER;
    place.number = best.rest.after;
    if (place.part == PART_STREET &&
        guess_is_word("address|addr|adresse|anschrift|direccion", key))
        place.score = SCORE_WORD - 1; /* a street column goes first */
    place.why = "a usual name for a part of an address";
    guess_add_place(mind, &place);
}

/* "Company" is text of a lead, a link of a contact, the name of an account. */
static void find_company(struct guesses *g, struct guess_mind *mind, struct slice key) {
    struct guess_place place = {
        .kind = KIND_COMPANY, .score = SCORE_WORD, .why = "a usual name for a company"};

    if (!guess_is_word(guess_company_words, key))
        return;
    if (strcmp(schema_entity_type(g->in.schema), "Account") == 0)
        place.def = guess_field(g, "name");
    else if (guess_field(g, "accountName") != NULL)
        place.def = guess_field(g, "accountName");
    else
        place.def = guess_field(g, "accountId");
    place.by_name = place.def != NULL && place.def->type == ATTRIBUTE_ID;
    if (place.def != NULL)
        guess_add_place(mind, &place);
}

static bool is_person(const struct guesses *g) {
    const struct schema_attribute *name = schema_find(g->in.schema, "name");

    return name != NULL && name->person_name && guess_field(g, "firstName") != NULL &&
           guess_field(g, "lastName") != NULL;
}

/* A date with an optional time has an attribute beside it for the date alone. */
static void add_plain(struct guesses *g, struct guess_mind *mind,
                      const struct guess_place *place) {
    struct guess_place day = *place;
    char name[128];

    guess_add_place(mind, place);
    if (place->def == NULL || place->def->type != ATTRIBUTE_DATETIME)
        return;
    (void)snprintf(name, sizeof name, "%sDate", place->def->name);
    day.def = guess_field(g, name);
    day.score--;
    if (day.def != NULL && day.def->type == ATTRIBUTE_DATE)
        guess_add_place(mind, &day);
}

/* "Title" may be "Dr." or "CEO": where no cell tells, it is no salutation. */
static bool is_either_title(const char *field, struct slice key) {
    return strcmp(field, "salutationName") == 0 &&
           guess_is_word("title|titel|titre|titulo", key);
}

static void find_words(struct guesses *g, struct guess_mind *mind, struct slice key) {
    for (const struct guess_words *w = guess_field_words; w->field != NULL; w++) {
        struct guess_place place = {.score = SCORE_WORD,
                                    .def = guess_field(g, w->field),
                                    .why = "a usual name for the field"};
        if (place.def == NULL || !guess_is_word(w->words, key) ||
            (is_either_title(w->field, key) && guess_filled(mind) == 0))
            continue;
        place.by_name =
            place.def->type == ATTRIBUTE_ID || place.def->type == ATTRIBUTE_IDS;
        add_plain(g, mind, &place);
    }
}

/* "Currency" is that of the amount; EspoCRM has one beside each. */
static void find_currency(struct guesses *g, struct guess_mind *mind, struct slice key) {
    static const char words[] = "currency|currencycode|currencyisocode|wahrung|devise|"
                                "monnaie|moneda|divisa";
    const struct schema_attribute *def, *currency;

    if (!guess_is_word(words, key))
        return;
    for (size_t i = 0; (def = schema_at(g->in.schema, i)) != NULL; i++) {
        struct guess_place place = {.score = SCORE_WORD,
                                    .why = "a usual name for the currency of an amount"};
        if ((def->type != ATTRIBUTE_CURRENCY && def->type != ATTRIBUTE_DECIMAL) ||
            !guess_is_writable(def))
            continue;
        currency = schema_currency(g->in.schema, def);
        if (!guess_is_writable(currency))
            continue;
        place.def = currency;
        guess_add_place(mind, &place);
    }
}

/* The place of an attribute that the name means, whatever kind it is of. */
static void add_def(struct guesses *g, struct guess_mind *mind, struct slice key,
                    const struct schema_attribute *def, unsigned score, const char *why,
                    bool by_name) {
    struct guess_place place = {
        .score = score, .def = def, .why = why, .by_name = by_name};
    bool person = def->person_name && is_person(g);

    if (!person && !guess_is_writable(def))
        return;
    if (def->type == ATTRIBUTE_EMAIL && strcmp(def->name, "emailAddress") == 0)
        place.kind = KIND_EMAIL;
    else if (def->type == ATTRIBUTE_PHONE && strcmp(def->name, "phoneNumber") == 0)
        place.kind = KIND_PHONE;
    else if (person)
        place.kind = KIND_FULL_NAME;
    else if (def->type == ATTRIBUTE_ADDRESSES)
        return;
    if (!person && place.kind == KIND_PLAIN && strstr(def->name, "ddress") != NULL) {
        size_t before = mind->place_count;
        find_part(g, mind, key); /* as a part, it goes with the others of its address */
        if (mind->place_count > before)
            return;
    }
    add_plain(g, mind, &place);
}

static void find_named(struct guesses *g, struct guess_mind *mind, struct slice key) {
    const struct schema_attribute *def;
    char room[GUESS_KEY + 1];

    for (size_t i = 0; (def = schema_at(g->in.schema, i)) != NULL; i++) {
        struct slice own = guess_key(slice_of(def->name), room);
        bool custom = def->name[0] == 'c' && def->name[1] >= 'A' && def->name[1] <= 'Z';
        if (slice_equal(own, key))
            add_def(g, mind, key, def, SCORE_NAME, "the name of the field", false);
        else if (custom && own.len > 1 &&
                 slice_equal(slice_make(own.data + 1, own.len - 1), key))
            add_def(g, mind, key, def, SCORE_LABEL, "the name of the field", false);
        else if (def->type == ATTRIBUTE_ID &&
                 slice_equal(guess_key(slice_of(def->field), room), key))
            add_def(g, mind, key, def, SCORE_NAME, "the name of the link", true);
    }
}

static void find_labels(struct guesses *g, struct guess_mind *mind, struct slice key) {
    for (size_t i = 0; i < g->label_count; i++)
        if (slice_equal(slice_of(g->labels[i].key), key))
            add_def(g, mind, key, g->labels[i].def, SCORE_LABEL,
                    "EspoCRM calls the field so", g->labels[i].by_name);
}

static void find_near(struct guesses *g, struct guess_mind *mind, struct slice key) {
    const struct schema_attribute *def;
    char room[GUESS_KEY + 1];

    if (key.len < NEAR_LEAST || mind->place_count > 0)
        return;
    for (size_t i = 0; (def = schema_at(g->in.schema, i)) != NULL; i++)
        if (guess_is_writable(def) &&
            utf8_distance(guess_key(slice_of(def->name), room), key, 1) == 1)
            add_def(g, mind, key, def, SCORE_NEAR,
                    "the name of the field but for one letter", false);
    for (size_t i = 0; i < g->label_count; i++)
        if (guess_is_writable(g->labels[i].def) &&
            utf8_distance(slice_of(g->labels[i].key), key, 1) == 1)
            add_def(g, mind, key, g->labels[i].def, SCORE_NEAR,
                    "EspoCRM calls the field so but for one letter",
                    g->labels[i].by_name);
}

/* Addresses are told by their cells, unless the name says whose they are. */
static void find_cells(struct guesses *g, struct guess_mind *mind, struct slice key) {
    static const char *const others[] = {"owner",    "user",     "assistant", "assistent",
                                         "manager",  "betreuer", "created",   "modified",
                                         "linkedin", "facebook", "twitter",   "photo",
                                         "image",    "bild",     "foto",      "logo"};
    struct guess_place place = {.score = SCORE_CELLS};
    enum profile_type type =
        mind->in->profile == NULL ? PROFILE_EMPTY : mind->in->summary.type;

    if (mind->place_count > 0)
        return;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (memmem(key.data, key.len, others[i], strlen(others[i])) != NULL)
            return;
    if (type == PROFILE_EMAIL) {
        place.kind = KIND_EMAIL;
        place.def = guess_field(g, "emailAddress");
        place.number = 50; /* behind those that are called so */
        place.why = "its cells are e-mail addresses";
    } else if (type == PROFILE_PHONE) {
        place.kind = KIND_PHONE;
        place.def = guess_field(g, "phoneNumber");
        place.number = 50;
        place.why = "its cells are phone numbers";
    } else if (type == PROFILE_URL) {
        place.def = guess_field(g, "website");
        place.why = "its cells are web addresses";
    }
    if (place.def != NULL)
        guess_add_place(mind, &place);
}

static void find_told(struct guesses *g, struct guess_mind *mind) {
    static const char *const types[] = {"", "Office", "Mobile", "Home", "Other", "Fax"};
    const struct guess_told *told = &mind->in->told;
    const struct schema_attribute *def = schema_find(g->in.schema, told->field);
    struct slice key;
    char room[GUESS_KEY + 1];

    if (def == NULL)
        return;
    key = guess_key(slice_of(told->field), room);
    add_def(g, mind, key, def, SCORE_TOLD, told->by,
            def->type == ATTRIBUTE_ID || def->type == ATTRIBUTE_IDS);
    for (size_t i = 0; i < mind->place_count; i++) {
        mind->places[i].score = SCORE_TOLD;
        mind->places[i].why = told->by;
        for (size_t k = 1; told->type != NULL && k < sizeof types / sizeof *types; k++)
            if (strcmp(types[k], told->type) == 0)
                mind->places[i].type = (enum phone_type)k;
    }
}

void guess_find_places(struct guesses *g, struct guess_mind *mind) {
    const struct guess_told *told = &mind->in->told;
    struct slice key = mind->key;
    char room[GUESS_KEY + 1];

    if (told->not_why != NULL)
        return;
    if (told->field != NULL) {
        find_told(g, mind);
        return;
    }
    if (told->as != NULL)
        key = guess_key(slice_of(told->as), room);
    if (mind->in->unnamed || key.len == 0) {
        find_cells(g, mind, key);
        return;
    }
    find_named(g, mind, key);
    find_labels(g, mind, key);
    find_company(g, mind, key);
    find_email(g, mind, key);
    find_phone(g, mind, key);
    find_words(g, mind, key);
    find_currency(g, mind, key);
    if (is_person(g) && guess_is_word(guess_full_name_words, key)) {
        struct guess_place place = {.kind = KIND_FULL_NAME,
                                    .score = SCORE_WORD - 1,
                                    .why = "a usual name for first and last name"};
        guess_add_place(mind, &place);
    }
    find_part(g, mind, key);
    if (told->by == NULL) {
        find_near(g, mind, key);
        find_cells(g, mind, key);
    }
}
