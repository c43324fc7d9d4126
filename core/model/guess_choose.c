/* guess_choose.c - one field for one column: the surest guess first, and no two columns
 * on one field.
 */
#include "model/guess_internal.h"

#include <stdio.h>

const struct guess_mind *guess_holder(const struct guesses *g, const char *field) {
    for (size_t i = 0; i < g->in.column_count; i++) {
        const char *taken = g->minds[i].result.field;
        size_t len = strlen(field);
        while (taken != NULL && *taken != '\0') {
            if (strncmp(taken, field, len) == 0 &&
                (taken[len] == '\0' || taken[len] == ','))
                return &g->minds[i];
            taken = strchr(taken, ' ');
            taken = taken == NULL ? NULL : taken + 1;
        }
    }
    return NULL;
}

static void set_text(struct guesses *g, json_t *entry, const char *key,
                     struct slice text) {
    if (json_object_set_new(entry, key, json_stringn(text.data, text.len)) < 0)
        g->failed = true;
}

void guess_take(struct guesses *g, struct guess_mind *mind,
                const struct guess_place *place, const char *field) {
    mind->taken = place;
    mind->done = true;
    mind->result.field = field;
    mind->result.confidence = place->score;
    mind->result.reason = place->why;
    mind->entry = json_object();
    if (mind->entry == NULL) {
        g->failed = true;
        return;
    }
    set_text(g, mind->entry, "name", mind->in->name);
    if (strchr(field, ',') == NULL)
        set_text(g, mind->entry, "field", slice_of(field));
}

void guess_refuse(struct guesses *g, struct guess_mind *mind, const char *reason) {
    (void)g;
    mind->done = true;
    mind->result.field = NULL;
    mind->result.confidence = 0;
    mind->result.reason = reason;
}

void guess_give_up(struct guesses *g, struct guess_mind *mind, const char *reason) {
    json_decref(mind->entry);
    mind->entry = NULL;
    mind->taken = NULL;
    mind->target = NULL;
    mind->result.remark = "";
    guess_refuse(g, mind, reason);
}

void guess_remark(struct guesses *g, struct guess_mind *mind, const char *remark) {
    const char *before = mind->result.remark;

    mind->result.remark =
        before[0] == '\0' ? remark : guess_print(g, "%s; %s", before, remark);
}

/* Columns that no mapping can name, or whose fate is told. */
static void refuse_unsayable(struct guesses *g, struct guess_mind *mind) {
    const struct guess_column *in = mind->in;
    const char *why = NULL;

    if (in->repeated)
        why = "has the same name as another column, so a mapping cannot tell them apart: "
              "rename one of them in the file";
    else if (slice_is(in->name, "*"))
        why = "is called \"*\", which means all columns in a mapping: rename it";
    else if (memchr(in->name.data, '\0', in->name.len) != NULL)
        why = "has a NUL byte in its name: rename it";
    mind->result.sayable = why == NULL;
    if (why == NULL && in->name.data[0] == '_')
        why = "begins with _, which marks columns of reports: ignored on input";
    if (why == NULL && in->told.not_why != NULL)
        why = in->told.not_why;
    if (why != NULL)
        guess_refuse(g, mind, why);
    if (in->name.len > 0 && in->name.data[0] == '_')
        mind->result.sayable = false;
}

/* The best place that is still to be had; NULL with why not. */
static const struct guess_place *best_place(struct guesses *g, struct guess_mind *mind,
                                            const char **why) {
    *why = NULL;
    for (size_t i = 0; i < mind->place_count; i++) {
        const struct guess_place *place = &mind->places[i];
        const struct guess_mind *holder;
        const char *misfit;
        if (place->kind != KIND_PLAIN && place->kind != KIND_COMPANY)
            continue;
        holder = guess_holder(g, place->def->name);
        misfit = guess_misfit(g, mind, place);
        if (holder == NULL && misfit == NULL)
            return place;
        if (*why == NULL && misfit != NULL)
            *why = guess_print(g, "is named like %s, but %s", place->def->name, misfit);
        else if (*why == NULL)
            *why = guess_print(g, "would be %s, which '%s' fills", place->def->name,
                               guess_shown(g, holder));
    }
    return NULL;
}

/* Filled columns go before empty ones, then the surest, then the file's order. */
static bool goes_before(const struct guess_mind *a, const struct guess_place *place_a,
                        const struct guess_mind *b, const struct guess_place *place_b) {
    if (a->filled != b->filled)
        return a->filled;
    return place_a->score > place_b->score;
}

static void choose_plain(struct guesses *g) {
    for (;;) {
        struct guess_mind *best = NULL;
        const struct guess_place *best_one = NULL;
        for (size_t i = 0; i < g->in.column_count; i++) {
            struct guess_mind *mind = &g->minds[i];
            const struct guess_place *place;
            const char *why;
            if (mind->done)
                continue;
            place = best_place(g, mind, &why);
            if (place != NULL &&
                (best == NULL || goes_before(mind, place, best, best_one))) {
                best = mind;
                best_one = place;
            }
        }
        if (best == NULL)
            return;
        guess_take(g, best, best_one, best_one->def->name);
    }
}

static struct guess_mind *find_kind(struct guesses *g, enum guess_kind kind,
                                    const struct guess_place **out) {
    struct guess_mind *best = NULL;

    for (size_t i = 0; i < g->in.column_count; i++)
        for (size_t k = 0; k < g->minds[i].place_count; k++) {
            const struct guess_place *place = &g->minds[i].places[k];
            if (g->minds[i].done || place->kind != kind)
                continue;
            if (best == NULL || goes_before(&g->minds[i], place, best, *out)) {
                best = &g->minds[i];
                *out = place;
            }
        }
    return best;
}

static bool any_named(const struct guesses *g, const char *field) {
    for (size_t i = 0; i < g->in.column_count; i++)
        for (size_t k = 0; k < g->minds[i].place_count; k++)
            if (g->minds[i].places[k].def != NULL &&
                g->minds[i].places[k].kind == KIND_PLAIN &&
                strcmp(g->minds[i].places[k].def->name, field) == 0)
                return true;
    return false;
}

/* "Name" beside "Vorname" is the last name; "Nombre" beside "Apellidos" the first. */
static void choose_beside(struct guesses *g) {
    static const char as_last[] = "name|nom|nachname", as_first[] = "nombre|nombres";
    bool first = any_named(g, "firstName"), last = any_named(g, "lastName");

    for (size_t i = 0; i < g->in.column_count; i++) {
        struct guess_mind *mind = &g->minds[i];
        struct guess_place place = {.score = SCORE_BESIDE};
        bool full = false;
        for (size_t k = 0; k < mind->place_count; k++)
            full = full || mind->places[k].kind == KIND_FULL_NAME;
        if (mind->done || !full || first == last || mind->in->told.by != NULL)
            continue;
        if (first && guess_is_word(as_last, mind->key)) {
            place.def = guess_field(g, "lastName");
            place.why = "beside a column for the first name it is the last name";
            last = true;
        } else if (last && guess_is_word(as_first, mind->key)) {
            place.def = guess_field(g, "firstName");
            place.why = "beside a column for the last name it is the first name";
            first = true;
        }
        if (place.def != NULL) {
            mind->place_count = 0;
            guess_add_place(mind, &place);
        }
    }
}

static void choose_full_name(struct guesses *g) {
    const struct guess_place *place = NULL;
    struct guess_mind *mind;
    const struct guess_mind *first = guess_holder(g, "firstName");
    const struct guess_mind *last = guess_holder(g, "lastName");

    while ((mind = find_kind(g, KIND_FULL_NAME, &place)) != NULL) {
        if (first != NULL || last != NULL) {
            guess_refuse(g, mind,
                         guess_print(g,
                                     "would be split into first and last name, which "
                                     "'%s' fills",
                                     guess_shown(g, first != NULL ? first : last)));
            continue;
        }
        guess_take(g, mind, place, "firstName, lastName");
        first = mind;
    }
}

static const char *lock_words(enum attribute_lock lock) {
    switch (lock) {
    case LOCK_NONE: break;
    case LOCK_SYSTEM: return "EspoCRM sets this itself and drops what is sent";
    case LOCK_READ_ONLY: return "the field is read-only in EspoCRM";
    case LOCK_FORBIDDEN: return "this user's role may not edit the field";
    case LOCK_FOREIGN: return "EspoCRM computes this field from others";
    case LOCK_NOT_STORED: return "EspoCRM does not keep this field with the record";
    case LOCK_TYPE: return "the field is of a kind that no cell can fill";
    }
    return NULL;
}

/* EspoCRM itself sets or computes the field that is called so, or the role forbids it. */
static const char *locked_words(const struct guesses *g, const struct guess_mind *mind) {
    const struct schema_attribute *def;
    char room[GUESS_KEY + 1];

    for (size_t i = 0; (def = schema_at(g->in.schema, i)) != NULL; i++)
        if (def->lock != LOCK_NONE && !def->person_name &&
            slice_equal(guess_key(slice_of(def->name), room), mind->key))
            return lock_words(def->lock);
    return NULL;
}

/* The same for what EspoCRM calls such a field, and for its usual names. */
static const struct schema_attribute *locked_field(const struct guesses *g,
                                                   const struct guess_mind *mind) {
    const struct {
        const char *field, *words;
    } more[] = {{"emailAddress", guess_email_words},
                {"phoneNumber", guess_phone_words[0]},
                {"phoneNumber", guess_phone_words[1]}};
    const struct schema_attribute *def;

    for (size_t i = 0; i < g->label_count; i++)
        if (g->labels[i].def->lock != LOCK_NONE && !g->labels[i].def->person_name &&
            slice_equal(slice_of(g->labels[i].key), mind->key))
            return g->labels[i].def;
    for (const struct guess_words *w = guess_field_words; w->field != NULL; w++) {
        def = schema_find(g->in.schema, w->field);
        if (def != NULL && def->lock != LOCK_NONE && !def->person_name &&
            guess_is_word(w->words, mind->key))
            return def;
    }
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        def = schema_find(g->in.schema, more[i].field);
        if (def != NULL && def->lock != LOCK_NONE &&
            guess_is_word(more[i].words, mind->key))
            return def;
    }
    return NULL;
}

/* The same as a clause, and for what every system has of its own. */
static const char *own_words(struct guesses *g, const struct guess_mind *mind) {
    static const char ids[] = "id|recordid|externalid|idno|kundennummer|nummer";
    static const char others[] = "ownerid|accountid|parentid|recordtypeid|reportstoid|"
                                 "campaignid|companyid|associatedcompanyids";
    static const char times[] =
        "createdate|createddate|created|createdon|createdat|creationdate|erstelltam|"
        "angelegtam|lastmodifieddate|modified|modifiedat|modifiedon|lastmodified|"
        "geandertam|erstelldatum|erstellungsdatum|anlagedatum|anderungsdatum|"
        "letzteanderung|zuletztgeandert|zuletztgeandertam|lastactivitydate|"
        "systemmodstamp|createdby|modifiedby|createdbyid|"
        "lastmodifiedbyid|datedecreation|fechadecreacion";
    const struct schema_attribute *def;

    if (guess_is_word(times, mind->key))
        return "EspoCRM sets such fields itself and drops what is sent";
    def = locked_field(g, mind);
    if (def != NULL)
        return guess_print(g, "would be %s, but %s", def->name, lock_words(def->lock));
    if (guess_has_foreign_ids(mind) || guess_is_word(others, mind->key))
        return "ids of another system, which EspoCRM does not know";
    if (guess_is_word(ids, mind->key))
        return "numbers of another system: a field of your own could keep them, and "
               "\"match\" find records by them";
    return NULL;
}

/* Amounts whose currency the server does not have would become its default one. */
static void choose_amounts(struct guesses *g) {
    for (size_t i = 0; i < g->in.column_count; i++) {
        struct guess_mind *amount = &g->minds[i];
        const struct schema_attribute *currency =
            amount->taken == NULL || amount->taken->def == NULL
                ? NULL
                : schema_currency(g->in.schema, amount->taken->def);
        if (currency == NULL || guess_holder(g, currency->name) != NULL)
            continue;
        for (size_t k = 0; k < g->in.column_count; k++) {
            const struct guess_mind *other = &g->minds[k];
            bool named = false;
            for (size_t m = 0; !other->done && m < other->place_count; m++)
                named = named || other->places[m].def == currency;
            if (named && other->filled) {
                guess_give_up(g, amount,
                              guess_print(g,
                                          "would be %s, but '%s' has no currency of the "
                                          "server: the amounts would be stored as %s",
                                          amount->result.field, guess_shown(g, other),
                                          schema_server(g->in.schema)->default_currency));
                break;
            }
        }
    }
}

static void refuse_rest(struct guesses *g) {
    for (size_t i = 0; i < g->in.column_count; i++) {
        struct guess_mind *mind = &g->minds[i];
        const char *why = NULL;
        if (mind->done)
            continue;
        why = locked_words(g, mind);
        if (why == NULL)
            (void)best_place(g, mind, &why);
        if (why == NULL && mind->in->told.by == NULL)
            why = own_words(g, mind);
        if (why == NULL && mind->in->told.by != NULL && mind->in->told.field != NULL)
            why = guess_print(g, "%s, and this user may not fill %s of %s",
                              mind->in->told.by, mind->in->told.field,
                              schema_entity_type(g->in.schema));
        else if (why == NULL && mind->in->told.by != NULL)
            why = guess_print(g, "%s, for which %s has no field", mind->in->told.by,
                              schema_entity_type(g->in.schema));
        if (why == NULL)
            why = mind->in->unnamed
                      ? "has no name, and its cells do not tell what it is"
                      : guess_print(g, "no field of %s is known to be called so%s",
                                    schema_entity_type(g->in.schema),
                                    mind->filled ? "" : "; all its cells are empty");
        guess_refuse(g, mind, why);
    }
}

/* Constants come first: what they fill no column can. */
bool guess_is_constant(const struct guesses *g, const char *field) {
    for (size_t i = 0; i < g->in.constant_count; i++)
        if (strcmp(g->in.constants[i].field, field) == 0)
            return true;
    return false;
}

static void drop_constant_places(struct guesses *g, struct guess_mind *mind) {
    size_t kept = 0;

    for (size_t i = 0; i < mind->place_count; i++)
        if (mind->places[i].def == NULL ||
            !guess_is_constant(g, mind->places[i].def->name))
            mind->places[kept++] = mind->places[i];
    mind->place_count = kept;
}

void guess_choose(struct guesses *g) {
    for (size_t i = 0; i < g->in.column_count; i++) {
        struct guess_mind *mind = &g->minds[i];
        refuse_unsayable(g, mind);
        if (mind->done)
            continue;
        guess_find_places(g, mind);
        drop_constant_places(g, mind);
    }
    choose_beside(g);
    guess_choose_emails(g);
    guess_choose_phones(g);
    choose_plain(g);
    guess_choose_addresses(g);
    choose_full_name(g);
    choose_amounts(g);
    refuse_rest(g);
}
