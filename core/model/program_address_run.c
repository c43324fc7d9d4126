/* program_address_run.c - the cells of a row that are addresses, gathered into lists.
 */
#include "model/program_run.h"

#include "model/address.h"

#include <string.h>

/* What a part says of the row's address. 1 with *out set, 0 nothing (or an error that is
 * told), RC_NOMEM. */
static int run_part(struct run *run, const struct step *step,
                    const struct address_part *part, struct value *out) {
    struct slice cell = {NULL, 0};
    struct refusal refusal;
    int rc;

    if (!part->present)
        return 0;
    *out = part->constant;
    if (part->cell == NO_COLUMN)
        return 1;
    if (part->cell < run->field_count)
        cell = run->fields[part->cell];
    if (step_is_empty(step, cell))
        return 0;
    rc = convert_cell(&part->converter, cell, run->arena, out, &refusal);
    if (rc != 0)
        return rc;
    return run_add_error(run, refusal.reason, part->cell, part->converter.def->name,
                         refusal.value, refusal.message);
}

static int run_flag(struct run *run, const struct step *step,
                    const struct address_part *part, bool *out) {
    struct value value;
    int rc = run_part(run, step, part, &value);

    if (rc == 1 && value.kind == VALUE_BOOL)
        *out = value.boolean;
    return rc < 0 ? rc : RC_OK;
}

/* Room for one more. */
static struct address *list_grow(struct run *run, struct run_list *list) {
    if (list->count == list->cap) {
        size_t cap = list->cap == 0 ? 4 : 2 * list->cap;
        struct address *more = arena_alloc(run->arena, cap * sizeof *more);
        if (more == NULL)
            return NULL;
        if (list->count > 0)
            memcpy(more, list->items, list->count * sizeof *more);
        list->items = more;
        list->cap = cap;
    }
    return &list->items[list->count];
}

int run_add_address(struct run *run, const struct step *step, size_t column,
                    struct slice text) {
    const struct address_step *how = step->address;
    struct run_list *list = &run->lists[how->list];
    struct address *address = list_grow(run, list);
    struct value type;
    int rc;

    if (address == NULL)
        return RC_NOMEM;
    *address = (struct address){
        .text = text,
        .primary = how->primary,
        .on_conflict = (enum conflict_rule)step->column->on_conflict,
        .column = column,
    };
    rc = run_part(run, step, &how->type, &type);
    if (rc == 1 && type.kind == VALUE_STRING)
        address->type = type.text;
    if (rc >= 0)
        rc = run_flag(run, step, &how->opted_out, &address->opted_out);
    if (rc >= 0)
        rc = run_flag(run, step, &how->invalid, &address->invalid);
    list->count++;
    return rc < 0 ? rc : RC_OK;
}

/* Takes b into a: the same address. */
static void join(struct address *a, const struct address *b) {
    if (a->type.len == 0)
        a->type = b->type;
    a->opted_out = a->opted_out || b->opted_out;
    a->invalid = a->invalid || b->invalid;
    a->primary = a->primary || b->primary;
}

/* Each address once, the primary one in front. */
static void tidy(struct run_list *list) {
    size_t kept = 0;

    for (size_t i = 0; i < list->count; i++) {
        size_t k = 0;
        while (k < kept && !address_equal(list->items[k].text, list->items[i].text))
            k++;
        if (k < kept)
            join(&list->items[k], &list->items[i]);
        else
            list->items[kept++] = list->items[i];
    }
    list->count = kept;
    for (size_t i = 1; i < kept; i++)
        if (list->items[i].primary && !list->items[0].primary) {
            struct address first = list->items[i];
            memmove(&list->items[1], &list->items[0], i * sizeof first);
            list->items[0] = first;
        }
}

int run_gather_addresses(struct run *run) {
    for (size_t i = 0; i < run->program->list_count; i++) {
        const struct address_list *kind = &run->program->lists[i];
        struct run_list *list = &run->lists[i];
        if (list->count == 0)
            continue;
        tidy(list);
        run->attributes[run->count++] = (struct attribute){
            .def = kind->plain,
            .column = list->items[0].column,
            .value = {.kind = VALUE_STRING, .text = list->items[0].text},
            .on_conflict = list->items[0].on_conflict,
        };
        run->attributes[run->count++] = (struct attribute){
            .def = kind->def,
            .column = list->items[0].column,
            .value = {.kind = VALUE_ADDRESSES,
                      .addresses = list->items,
                      .item_count = list->count},
            .on_conflict = list->items[0].on_conflict,
            .add = kind->add,
        };
    }
    return RC_OK;
}
