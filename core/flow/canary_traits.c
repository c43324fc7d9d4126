/* canary_traits.c - traits are known by hashes, in a table of fixed size. */
#include "flow/canary_traits.h"

#include "base/digest.h"
#include "flow/planner.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS = 2 * TRAITS_MAX, VALUES_MAX = 64 };

struct canary_traits {
    const struct schema_attribute *const *attributes; /* borrowed; of the program */
    size_t attribute_count;
    unsigned *values;                 /* owned; distinct ones of each attribute so far */
    uint64_t hashes[TRAITS_MAX];      /* by number */
    unsigned char weight[TRAITS_MAX]; /* likewise */
    uint16_t slots[SLOTS];            /* number + 1; 0 = free */
    size_t count;
};

/* A row's traits while they are gathered. */
struct gathering {
    struct canary_traits *traits;
    uint16_t *out;
    size_t count, fresh;
};

struct canary_traits *canary_traits_new(const struct job *job) {
    struct canary_traits *traits = calloc(1, sizeof *traits);

    if (traits == NULL)
        return NULL;
    traits->attribute_count = program_attributes(job->program, &traits->attributes);
    traits->values = calloc(traits->attribute_count + 1, sizeof *traits->values);
    if (traits->values == NULL) {
        free(traits);
        return NULL;
    }
    return traits;
}

void canary_traits_free(struct canary_traits *traits) {
    if (traits == NULL)
        return;
    free(traits->values);
    free(traits);
}

size_t canary_traits_count(const struct canary_traits *traits) {
    return traits->count;
}

unsigned canary_trait_weight(const struct canary_traits *traits, size_t trait) {
    return traits->weight[trait];
}

/* The slot of a hash, or the free one where it belongs. */
static uint16_t *find_slot(struct canary_traits *traits, uint64_t hash) {
    size_t at = (size_t)hash % SLOTS;

    while (traits->slots[at] != 0 && traits->hashes[traits->slots[at] - 1] != hash)
        at = (at + 1) % SLOTS;
    return &traits->slots[at];
}

/* budget: how many more of its kind are noticed; NULL = any number. */
static void gather(struct gathering *g, uint64_t hash, unsigned weight,
                   unsigned *budget) {
    struct canary_traits *traits = g->traits;
    uint16_t *slot = find_slot(traits, hash);

    if (*slot == 0) {
        if (traits->count == TRAITS_MAX || (budget != NULL && *budget >= VALUES_MAX))
            return;
        if (budget != NULL)
            ++*budget;
        traits->hashes[traits->count] = hash;
        traits->weight[traits->count] = (unsigned char)weight;
        *slot = (uint16_t)++traits->count;
        g->fresh++;
    }
    for (size_t i = 0; i < g->count; i++)
        if (g->out[i] == *slot - 1)
            return;
    if (g->count < TRAITS_OF_ROW)
        g->out[g->count++] = (uint16_t)(*slot - 1);
}

static uint64_t hash_of(const char *kind, const char *name, struct slice value) {
    uint64_t hash = digest_fnv(DIGEST_FNV_SEED, slice_of(kind));

    hash = digest_fnv(hash, slice_make(name, strlen(name) + 1));
    return digest_fnv(hash, value);
}

/* Has the attribute few enough values for each to count? */
static bool is_enumerable(enum attribute_type type) {
    return type == ATTRIBUTE_BOOL || type == ATTRIBUTE_ENUM || type == ATTRIBUTE_LIST ||
           type == ATTRIBUTE_ID || type == ATTRIBUTE_IDS || type == ATTRIBUTE_ENTITY;
}

static void gather_attribute(struct gathering *g, const struct attribute *a) {
    struct canary_traits *traits = g->traits;
    const char *name = a->def->name;
    unsigned *budget = &traits->values[traits->attribute_count];

    for (size_t i = 0; i < traits->attribute_count; i++)
        if (traits->attributes[i] == a->def)
            budget = &traits->values[i];
    if (a->value.kind == VALUE_NULL) {
        gather(g, hash_of("cleared", name, slice_make("", 0)), TRAIT_VALUE, NULL);
        return;
    }
    gather(g, hash_of("filled", name, slice_make("", 0)), TRAIT_VALUE, NULL);
    if (!is_enumerable(a->def->type))
        return;
    if (a->value.kind == VALUE_BOOL)
        gather(g, hash_of("value", name, slice_of(a->value.boolean ? "1" : "0")),
               TRAIT_VALUE, budget);
    else if (a->value.kind == VALUE_LIST)
        for (size_t i = 0; i < a->value.item_count; i++)
            gather(g, hash_of("value", name, a->value.items[i]), TRAIT_VALUE, budget);
    else
        gather(g, hash_of("value", name, a->value.text), TRAIT_VALUE, budget);
}

/* What a new record does not get. */
static void gather_gaps(struct gathering *g, const struct record *record) {
    const struct canary_traits *traits = g->traits;

    for (size_t i = 0; i < traits->attribute_count; i++) {
        bool found = false;
        for (size_t k = 0; k < record->count && !found; k++)
            found = record->attributes[k].def == traits->attributes[i];
        if (!found)
            gather(g, hash_of("empty", traits->attributes[i]->name, slice_make("", 0)),
                   TRAIT_VALUE, NULL);
    }
}

size_t canary_traits_of(struct canary_traits *traits, const struct row *row,
                        uint16_t out[TRAITS_OF_ROW], size_t *fresh) {
    struct gathering g = {.traits = traits, .out = out};
    const struct plan *plan = row->counted != 0 ? NULL : row->plan;
    enum plan_action action = plan == NULL ? PLAN_CREATE : plan->action;
    char word = (char)(row->counted != 0 ? PLAN_SKIP : action);

    gather(&g, hash_of("action", "", slice_make(&word, 1)), TRAIT_ACTION, NULL);
    if (plan != NULL && plan->matched_by != NULL)
        gather(&g, hash_of("rule", plan->matched_by, slice_make("", 0)), TRAIT_RULE,
               NULL);
    if (row->counted == 0 && action == PLAN_CREATE) {
        for (size_t i = 0; i < row->record.count; i++)
            gather_attribute(&g, &row->record.attributes[i]);
        gather_gaps(&g, &row->record);
    } else if (row->counted == 0 && action == PLAN_UPDATE) {
        for (size_t i = 0; i < plan->changed_count; i++)
            gather_attribute(&g, &plan->changed[i]);
        for (size_t i = 0; i < plan->added_count; i++)
            gather_attribute(&g, &plan->added[i]);
    }
    *fresh = g.fresh;
    return g.count;
}
