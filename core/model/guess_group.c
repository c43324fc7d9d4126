/* guess_group.c - fields that several columns fill: e-mail addresses, phone numbers, the
 * parts of one postal address.
 */
#include "model/guess_internal.h"

#include <stdio.h>

enum { ADDRESSES_MOST = 10 }; /* EspoCRM takes no more of a kind */

static const char *const type_names[] = {NULL,   "Office", "Mobile",
                                         "Home", "Other",  "Fax"};

static const struct guess_place *place_of(const struct guess_mind *mind,
                                          enum guess_kind kind) {
    for (size_t i = 0; i < mind->place_count; i++)
        if (mind->places[i].kind == kind)
            return &mind->places[i];
    return NULL;
}

/* May the column be of that kind at all: its best guess, and its cells fit. */
static const struct guess_place *fitting(struct guesses *g, struct guess_mind *mind,
                                         enum guess_kind kind) {
    const struct guess_place *place = mind->done ? NULL : place_of(mind, kind);
    const char *misfit;

    if (place == NULL || place->score < mind->places[0].score)
        return NULL;
    misfit = guess_misfit(g, mind, place);
    if (misfit == NULL)
        return place;
    guess_refuse(g, mind,
                 guess_print(g, "is named like %s, but %s", place->def->name, misfit));
    return NULL;
}

/* What comes first: the numbers that a person is called at. */
static unsigned rank_of(const struct guess_mind *mind, const struct guess_place *place) {
    static const unsigned ranks[] = {0, 1, 2, 3, 4, 20}; /* faxes last */
    unsigned rank = place->kind == KIND_PHONE ? ranks[place->type] : 0;

    return rank * 200 + (mind->filled ? 0 : 1000) +
           (place->number > 100 ? 100 : place->number);
}

static struct guess_mind *first_of(struct guesses *g, enum guess_kind kind,
                                   const struct guess_place **out) {
    struct guess_mind *best = NULL;

    for (size_t i = 0; i < g->in.column_count; i++) {
        const struct guess_place *place = fitting(g, &g->minds[i], kind);
        if (place == NULL)
            continue;
        if (best == NULL || rank_of(&g->minds[i], place) < rank_of(best, *out) ||
            (rank_of(&g->minds[i], place) == rank_of(best, *out) &&
             place->score > (*out)->score)) {
            best = &g->minds[i];
            *out = place;
        }
    }
    return best;
}

static bool has_option(const struct schema_attribute *def, const char *option) {
    for (size_t i = 0; i < def->option_count; i++)
        if (strcmp(def->options[i], option) == 0)
            return true;
    return def->options == NULL;
}

/* The first is the primary one; returns how many there are. */
static size_t take_all(struct guesses *g, enum guess_kind kind, const char *plain,
                       const char *list, struct guess_mind **primary) {
    const struct guess_place *place = NULL;
    struct guess_mind *mind;
    size_t count = 0;

    *primary = NULL;
    while (count < ADDRESSES_MOST && (mind = first_of(g, kind, &place)) != NULL) {
        if (*primary == NULL) {
            *primary = mind;
            guess_take(g, mind, place, plain);
        } else if (guess_field(g, list) == NULL) {
            guess_refuse(g, mind,
                         guess_print(g, "would be %s, which '%s' fills", plain,
                                     guess_shown(g, *primary)));
            continue;
        } else {
            guess_take(g, mind, place, list);
        }
        count++;
    }
    for (size_t i = 0; count == ADDRESSES_MOST && i < g->in.column_count; i++)
        if (fitting(g, &g->minds[i], kind) != NULL)
            guess_refuse(g, &g->minds[i],
                         "a record has ten addresses of a kind at most, and as many "
                         "columns are before this one");
    return count;
}

void guess_choose_emails(struct guesses *g) {
    struct guess_mind *primary;

    (void)take_all(g, KIND_EMAIL, "emailAddress", "emailAddressData", &primary);
    for (size_t i = 0; i < g->in.column_count; i++) {
        struct guess_mind *mind = &g->minds[i];
        const struct guess_place *label = mind->done ? NULL : place_of(mind, KIND_LABEL);
        if (label != NULL && label->type == PHONE_TYPE_NONE)
            guess_refuse(g, mind, label->why);
    }
}

/* "Phone 1 - Label" beside "Phone 1 - Value". */
static struct guess_mind *label_of(struct guesses *g, unsigned number) {
    for (size_t i = 0; i < g->in.column_count; i++) {
        const struct guess_place *label =
            g->minds[i].done ? NULL : place_of(&g->minds[i], KIND_LABEL);
        if (label != NULL && label->type != PHONE_TYPE_NONE && label->number == number)
            return &g->minds[i];
    }
    return NULL;
}

static json_t *label_map(struct guesses *g, const struct schema_attribute *list) {
    static const char *const known[][2] = {
        {"Work", "Office"},     {"Main", "Office"},   {"Business", "Office"},
        {"Cell", "Mobile"},     {"Work Fax", "Fax"},  {"Home Fax", "Fax"},
        {"* Work", "Office"},   {"* Main", "Office"}, {"* Home", "Home"},
        {"* Mobile", "Mobile"}, {"* Other", "Other"}};
    json_t *map = json_object();

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (has_option(list, known[i][1]))
            tree_set(map, known[i][0], json_string(known[i][1]), &g->failed);
    return map;
}

static void write_label(struct guesses *g, struct guess_mind *mind,
                        struct guess_mind *label, const struct schema_attribute *list) {
    json_t *type = json_object();

    tree_set(type, "column", json_stringn(label->in->name.data, label->in->name.len),
             &g->failed);
    tree_set(type, "valueMap", label_map(g, list), &g->failed);
    tree_set(type, "onUnknown", json_string("null"), &g->failed);
    tree_set(mind->entry, "type", type, &g->failed);
    label->done = true;
    label->result.field = guess_print(g, "type of '%s'", guess_shown(g, mind));
    label->result.confidence = SCORE_WORD;
    label->result.reason = "says what kind of phone number it is";
}

void guess_choose_phones(struct guesses *g) {
    const struct schema_attribute *list = guess_field(g, "phoneNumberData");
    struct guess_mind *primary;
    size_t count = take_all(g, KIND_PHONE, "phoneNumber", "phoneNumberData", &primary);

    for (size_t i = 0; i < g->in.column_count && list != NULL; i++) {
        struct guess_mind *mind = &g->minds[i];
        struct guess_mind *label;
        const char *type;
        if (mind->taken == NULL || mind->taken->kind != KIND_PHONE)
            continue;
        label = label_of(g, mind->taken->number);
        type = type_names[mind->taken->type];
        if (type == NULL && count > 1 && mind == primary)
            type = "Office";
        if (label != NULL)
            write_label(g, mind, label, list);
        else if (type != NULL && has_option(list, type))
            tree_set(mind->entry, "type", json_string(type), &g->failed);
    }
}

/* --- addresses */

static const char *const part_names[PARTS] = {"Street", "City", "State", "PostalCode",
                                              "Country"};

struct address_choice {
    enum guess_group group;
    size_t filled, columns;
};

/* The best group of those that fit an address of the entity type; false = none. */
static bool best_group(struct guesses *g, bool shipping, enum guess_group *out) {
    struct address_choice best = {GROUP_PLAIN, 0, 0};

    for (int i = 0; i < GROUPS; i++) {
        struct address_choice now = {(enum guess_group)i, 0, 0};
        if ((now.group == GROUP_SHIPPING) != shipping)
            continue;
        for (size_t k = 0; k < g->in.column_count; k++) {
            const struct guess_place *place = fitting(g, &g->minds[k], KIND_ADDRESS);
            if (place == NULL || place->group != now.group)
                continue;
            now.columns++;
            now.filled += g->minds[k].filled;
        }
        if (now.filled > best.filled ||
            (best.columns == 0 && now.columns > 0 && now.filled == best.filled))
            best = now;
    }
    *out = best.group;
    return best.columns > 0;
}

static struct guess_mind *find_part(struct guesses *g, enum guess_group group,
                                    enum guess_part part,
                                    const struct guess_place **out) {
    struct guess_mind *best = NULL;

    for (size_t i = 0; i < g->in.column_count; i++) {
        const struct guess_place *place = fitting(g, &g->minds[i], KIND_ADDRESS);
        if (place == NULL || place->group != group || place->part != part)
            continue;
        if (best == NULL || place->score > (*out)->score ||
            (place->score == (*out)->score && place->number < (*out)->number)) {
            best = &g->minds[i];
            *out = place;
        }
    }
    return best;
}

/* A column is joined to the street: {"names": [..], "join": ..}. */
static void join_street(struct guesses *g, struct guess_mind *street,
                        struct guess_mind *more, const char *field, const char *join) {
    json_t *names = json_object_get(street->entry, "names");

    if (names == NULL) {
        names = json_array();
        tree_append(names, json_stringn(street->in->name.data, street->in->name.len),
                    &g->failed);
        (void)json_object_del(street->entry, "name");
        tree_set(street->entry, "names", names, &g->failed);
        names = json_object_get(street->entry, "names"); /* gone where memory is out */
        tree_set(street->entry, "join", json_string(join), &g->failed);
    }
    tree_append(names, json_stringn(more->in->name.data, more->in->name.len), &g->failed);
    more->done = true;
    more->result.field = field;
    more->result.confidence = SCORE_WORD;
    more->result.reason = guess_print(g, "one more part of the street, joined to '%s'",
                                      guess_shown(g, street));
}

static void join_lines(struct guesses *g, struct guess_mind *street,
                       enum guess_group group, const char *field) {
    const struct guess_place *place = NULL;
    struct guess_mind *more;
    bool lines = false;

    while ((more = find_part(g, group, PART_STREET, &place)) != NULL &&
           place->number > 1) {
        join_street(g, street, more, field, "\n");
        lines = true;
    }
    for (size_t i = 0; i < g->in.column_count; i++)
        if (!g->minds[i].done && place_of(&g->minds[i], KIND_HOUSE) != NULL) {
            if (!lines)
                join_street(g, street, &g->minds[i], field, " ");
            return;
        }
}

/* Which parts the group has columns for, as bits. */
static unsigned parts_of(struct guesses *g, enum guess_group group) {
    const struct guess_place *place = NULL;
    unsigned parts = 0;

    for (int i = 0; i < PARTS; i++)
        if (find_part(g, group, (enum guess_part)i, &place) != NULL)
            parts |= 1u << i;
    return parts;
}

/* A group whose parts all lack in the chosen one is the same address under two names:
 * "City" beside "Billing Zip". */
static bool completes(struct guesses *g, enum guess_group chosen,
                      enum guess_group other) {
    bool vague = chosen == GROUP_PLAIN || other == GROUP_PLAIN;
    bool distinct = chosen == GROUP_HOME || chosen == GROUP_OTHER ||
                    other == GROUP_HOME || other == GROUP_OTHER ||
                    other == GROUP_SHIPPING || chosen == GROUP_SHIPPING;

    return vague && !distinct && chosen != other &&
           (parts_of(g, chosen) & parts_of(g, other)) == 0;
}

static void take_part(struct guesses *g, const char *address, enum guess_group group,
                      enum guess_part part) {
    const struct guess_place *place = NULL;
    struct guess_mind *mind = find_part(g, group, part, &place);
    const char *name = guess_print(g, "%s%s", address, part_names[part]);

    if (mind == NULL || guess_field(g, name) == NULL || guess_holder(g, name) != NULL)
        return;
    guess_take(g, mind, place, name);
    if (part == PART_STREET)
        join_lines(g, mind, place->group, name);
}

static void take_address(struct guesses *g, const char *address, bool shipping) {
    enum guess_group group;
    bool also[GROUPS] = {false};
    char field[64];

    (void)snprintf(field, sizeof field, "%sCity", address);
    if (guess_field(g, field) == NULL || !best_group(g, shipping, &group))
        return;
    for (int k = 0; k < GROUPS; k++)
        also[k] = completes(g, group, (enum guess_group)k);
    for (int i = 0; i < PARTS; i++)
        take_part(g, address, group, (enum guess_part)i);
    for (int k = 0; k < GROUPS; k++)
        for (int i = 0; also[k] && i < PARTS; i++)
            take_part(g, address, (enum guess_group)k, (enum guess_part)i);
}

void guess_choose_addresses(struct guesses *g) {
    take_address(g, "shippingAddress", true);
    take_address(g, "billingAddress", false);
    take_address(g, "address", false);
    for (size_t i = 0; i < g->in.column_count; i++) {
        struct guess_mind *mind = &g->minds[i];
        const struct guess_place *place =
            mind->done ? NULL : place_of(mind, KIND_ADDRESS);
        if (place == NULL)
            continue;
        guess_refuse(g, mind,
                     "belongs to another address than the one that is taken; a record "
                     "has one of a kind");
    }
}
