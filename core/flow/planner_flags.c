/* planner_flags.c - keeps what is recorded of addresses and numbers: opted out, invalid.
 *
 * EspoCRM keeps an e-mail address once, with its flags, for all records that have it.
 * Seen on 9.1.7: a POST or PUT of a plain address that says nothing of flags clears
 * those of that address; a PUT of a new address takes the flags of the old one along. So
 * the records that have the addresses of a batch are asked for, and the flags are sent
 * as they are. Phone numbers likewise.
 */
#include "flow/planner_private.h"

#include "flow/address_kind.h"
#include "model/address.h"
#include "model/json.h"
#include "model/json_attribute.h"

#include <string.h>

enum { TEXT_BYTES = 4096, IMAGE_MAX = 64 * 1024 * 1024 };

static const struct schema_attribute *def_of(const struct job *job, size_t kind) {
    const struct schema_attribute *def =
        schema_find(job->schema, address_kinds[kind].name);

    return def != NULL &&
                   (def->type == ATTRIBUTE_EMAIL || def->type == ATTRIBUTE_PHONE) &&
                   schema_find(job->schema, address_kinds[kind].opted_out) != NULL
               ? def
               : NULL;
}

bool planner_keeps_flags(const struct job *job) {
    const struct schema_attribute *const *all;
    size_t count = program_attributes(job->program, &all);

    if (mapping_operation(job->mapping) == OPERATION_DELETE)
        return false;
    for (size_t i = 0; i < count; i++)
        for (size_t kind = 0; kind < ADDRESS_KIND_COUNT; kind++)
            if (all[i] == def_of(job, kind))
                return true;
    return false;
}

void planner_find_flags(struct planner *planner) {
    const struct job *job = planner->options.job;

    for (size_t kind = 0; kind < ADDRESS_KIND_COUNT; kind++)
        planner->flag_defs[kind] = def_of(job, kind);
    for (size_t step = 0; step < ADDRESS_OWNER_STEPS; step++)
        planner->flag_owners[step] =
            address_owner(planner->options.site, mapping_entity_type(job->mapping), step);
}

/* The row's value for def: its text, or of def's list all addresses; or NULL. */
static const struct attribute *value_of(const struct attribute *list, size_t count,
                                        const struct schema_attribute *def,
                                        enum value_kind kind) {
    for (size_t i = 0; i < count; i++) {
        const struct attribute *a = &list[i];
        if (a->value.kind == kind &&
            (kind == VALUE_ADDRESSES ? strcmp(a->def->field, def->name) == 0
                                     : a->def == def && a->value.text.len > 0))
            return a;
    }
    return NULL;
}

/* One address of a whole record: {"emailAddress":..,"optOut":..,"invalid":..}. */
static void take_element(struct flagged *flagged, const char *name,
                         struct slice element) {
    struct buf text = {.max = TEXT_BYTES};
    struct json_member member;

    if (json_find(element, name, &member) && member.type == JSON_IS_STRING &&
        json_unescape(&text, member.raw) == RC_OK &&
        address_equal(buf_slice(&text), flagged->text)) {
        flagged->opted_out = flagged->opted_out || json_has_true(element, "optOut");
        flagged->invalid = flagged->invalid || json_has_true(element, "invalid");
    }
    buf_fini(&text);
}

/* A list shows the flags of the address that it shows; a whole record those of all. */
static void flags_claim(struct batch *batch, void *owner, struct slice record,
                        bool loosely) {
    struct flagged *flagged = owner;
    const struct address_kind *kind = &address_kinds[flagged->kind];
    struct json_member list, element;
    struct json_cursor cursor;

    if (loosely)
        return;
    if (!json_find(record, kind->data, &list) ||
        json_cursor_array(&cursor, list.raw) < 0) {
        flagged->opted_out = flagged->opted_out || json_has_true(record, kind->opted_out);
        flagged->invalid = flagged->invalid || json_has_true(record, kind->invalid);
        return;
    }
    while (json_cursor_next(&cursor, &element) == 1)
        take_element(flagged, batch->by[0]->name, element.raw);
}

/* Is it among those that the record has? */
static bool record_has(struct arena *arena, struct slice record, size_t kind,
                       struct slice text) {
    struct address *all;
    struct json_member list;
    size_t count;

    return json_find(record, address_kinds[kind].data, &list) &&
           address_read(list.raw, address_kinds[kind].name, arena, &all, &count) ==
               RC_OK &&
           address_find(all, count, text) != NULL;
}

static int add_flagged(struct item *item, size_t kind, struct slice text, bool asked) {
    struct flagged *flagged = arena_zalloc(&item->row->arena, sizeof *flagged);

    if (flagged == NULL)
        return RC_NOMEM;
    *flagged = (struct flagged){
        .next = item->flagged, .kind = kind, .text = text, .asked = asked};
    item->flagged = flagged;
    return RC_OK;
}

/* A rule of the ladder has asked for the address alone, and found no record. */
static bool was_asked(const struct batch *batch, const struct item *item,
                      const struct schema_attribute *def) {
    const struct program *program = batch->planner->options.job->program;
    const struct schema_attribute *const *by;
    size_t count;

    if (item->found.first != NULL || batch->planner->policy.blind)
        return false;
    for (size_t i = 0; (by = program_match(program, i, &count)) != NULL; i++)
        if (count == 1 && by[0] == def)
            return true;
    return false;
}

/* The addresses that the row may write: those that the record has already are not. */
static int collect_kind(const struct batch *batch, struct item *item, size_t kind,
                        const struct schema_attribute *def) {
    const struct record *row = &item->row->record;
    const struct attribute *a = value_of(row->attributes, row->count, def, VALUE_STRING);
    const struct attribute *all =
        value_of(row->attributes, row->count, def, VALUE_ADDRESSES);
    struct slice record =
        item->found.first == NULL ? slice_make("", 0) : item->found.first->record;
    struct json_member member;
    int rc = RC_OK;

    for (size_t i = 0; all != NULL && rc == RC_OK && i < all->value.item_count; i++) {
        struct slice text = all->value.addresses[i].text;
        if (!record_has(&item->row->arena, record, kind, text))
            rc = add_flagged(item, kind, text,
                             a != NULL && slice_equal(a->value.text, text) &&
                                 was_asked(batch, item, def));
    }
    if (all != NULL || a == NULL ||
        (json_find(record, def->name, &member) && json_holds(&member, a)))
        return rc;
    return add_flagged(item, kind, a->value.text, was_asked(batch, item, def));
}

static int collect_flagged(struct batch *batch) {
    const struct job *job = batch->planner->options.job;
    bool update = mapping_operation(job->mapping) == OPERATION_UPDATE;

    for (size_t i = 0; i < batch->count; i++) {
        struct item *item = &batch->items[i];
        if (item->settle || item->row->record.error_count > 0 ||
            item->row->plan != NULL || (item->found.first == NULL && update))
            continue;
        for (size_t kind = 0; kind < ADDRESS_KIND_COUNT; kind++) {
            const struct schema_attribute *def = batch->planner->flag_defs[kind];
            if (def != NULL && collect_kind(batch, item, kind, def) < 0)
                return RC_NOMEM;
        }
    }
    return RC_OK;
}

static int ask_flags(struct batch *batch, const char *entity_type, size_t kind, bool own,
                     struct err *err) {
    const struct schema_attribute *def = batch->planner->flag_defs[kind];
    const struct schema_attribute **by = arena_alloc(&batch->arena, sizeof *by);

    if (def == NULL)
        return 1;
    if (by == NULL)
        return err_nomem(err);
    by[0] = def;
    find_begin(batch, entity_type, by, 1, address_kinds[kind].select);
    batch->claim = flags_claim;
    for (size_t i = 0; i < batch->count; i++)
        for (struct flagged *f = batch->items[i].flagged; f != NULL; f = f->next)
            if (f->kind == kind && !(own && f->asked) && find_key(batch, &f->text, f) < 0)
                return err_nomem(err);
    return batch->value_count == 0 ? 1 : find_start(batch, err);
}

int batch_ask_flags(struct batch *batch, struct err *err) {
    int rc;

    if (!batch->planner->keeps_flags)
        return 1;
    if (batch->flag_step == 0 && collect_flagged(batch) < 0)
        return err_nomem(err);
    rc = find_read_addresses(batch, err);
    while (rc == 1 && batch->flag_step < ADDRESS_OWNER_STEPS * ADDRESS_KIND_COUNT) {
        size_t step = batch->flag_step++;
        const char *type = batch->planner->flag_owners[step / ADDRESS_KIND_COUNT];
        if (type != NULL)
            rc = ask_flags(batch, type, step % ADDRESS_KIND_COUNT,
                           step < ADDRESS_KIND_COUNT, err);
    }
    return rc;
}

static struct attribute flag_attribute(const struct attribute *address,
                                       const struct schema_attribute *def, bool value) {
    return (struct attribute){
        .def = def,
        .column = address->column,
        .value = {.kind = VALUE_BOOL, .boolean = value},
    };
}

static bool is_mapped(const struct batch *batch, const struct schema_attribute *def) {
    const struct schema_attribute *const *all;
    size_t count = program_attributes(batch->planner->options.job->program, &all);

    for (size_t i = 0; i < count; i++)
        if (all[i] == def)
            return true;
    return false;
}

static bool has_def(const struct attribute *list, size_t count,
                    const struct schema_attribute *def) {
    for (size_t i = 0; i < count; i++)
        if (list[i].def == def)
            return true;
    return false;
}

/* A column that says "not opted out" of an address that stays: that is no reason to clear
 * what is recorded. */
static bool would_clear(const struct batch *batch, const struct attribute *a,
                        const struct attribute *list, size_t count) {
    for (size_t kind = 0; kind < ADDRESS_KIND_COUNT; kind++)
        if (strcmp(a->def->name, address_kinds[kind].opted_out) == 0 ||
            strcmp(a->def->name, address_kinds[kind].invalid) == 0)
            return !a->value.boolean &&
                   !has_def(list, count, batch->planner->flag_defs[kind]);
    return false;
}

/* Added by an earlier planning of the row. */
static bool was_added(const struct batch *batch, const struct attribute *a) {
    for (size_t kind = 0; kind < ADDRESS_KIND_COUNT; kind++)
        if (strcmp(a->def->name, address_kinds[kind].opted_out) == 0 ||
            strcmp(a->def->name, address_kinds[kind].invalid) == 0)
            return !is_mapped(batch, a->def);
    return false;
}

/* A column of its own says more than nothing, and never clears what is recorded. */
static bool raise_mapped(struct attribute *list, size_t count,
                         const struct schema_attribute *def, bool value) {
    for (size_t i = 0; i < count; i++)
        if (list[i].def == def) {
            if (value)
                list[i].value = (struct value){.kind = VALUE_BOOL, .boolean = true};
            return true;
        }
    return false;
}

/* One flag of an address; returns how many there are then. */
static size_t add_flag(struct attribute *list, size_t n, const struct attribute *address,
                       const struct schema_attribute *def, bool all, bool value) {
    if (def == NULL || raise_mapped(list, n, def, value) || (!all && !value))
        return n;
    list[n] = flag_attribute(address, def, value);
    return n + 1;
}

/* What was found of an address, or NULL. */
static const struct flagged *recorded(const struct item *item, size_t kind,
                                      struct slice text) {
    for (const struct flagged *f = item->flagged; f != NULL; f = f->next)
        if (f->kind == kind && address_equal(f->text, text))
            return f;
    return NULL;
}

/* Several addresses have their flags in the list. */
static int flag_list(const struct item *item, struct attribute *attribute) {
    struct value *value = &attribute->value;
    struct address *all =
        arena_alloc(&item->row->arena, (value->item_count + 1) * sizeof *all);

    if (all == NULL)
        return RC_NOMEM;
    for (size_t i = 0; i < value->item_count; i++) {
        all[i] = value->addresses[i];
        for (size_t kind = 0; kind < ADDRESS_KIND_COUNT; kind++) {
            const struct flagged *f = recorded(item, kind, all[i].text);
            all[i].opted_out = all[i].opted_out || (f != NULL && f->opted_out);
            all[i].invalid = all[i].invalid || (f != NULL && f->invalid);
        }
    }
    value->addresses = all;
    return RC_OK;
}

/* Behind list's attributes, those of the flags of its addresses: of new records what is
 * set, of changed ones both, for else the old address's would go along. */
static int flags_append(const struct batch *batch, const struct item *item, bool all,
                        const struct attribute **list, size_t *count) {
    const struct schema *schema = batch->planner->options.job->schema;
    struct attribute *more;
    size_t n = 0, addresses;

    more =
        arena_alloc(&item->row->arena, (*count + 2 * ADDRESS_KIND_COUNT) * sizeof *more);
    if (more == NULL)
        return RC_NOMEM;
    for (size_t i = 0; i < *count; i++)
        if (!was_added(batch, &(*list)[i]) &&
            !(all && would_clear(batch, &(*list)[i], *list, *count)))
            more[n++] = (*list)[i];
    addresses = n;
    for (size_t i = 0; i < addresses; i++)
        for (size_t kind = 0; kind < ADDRESS_KIND_COUNT; kind++) {
            const struct attribute *a = &more[i];
            struct flagged none = {.next = NULL};
            const struct flagged *flags;
            if (a->def != batch->planner->flag_defs[kind] ||
                a->value.kind != VALUE_STRING ||
                value_of(more, addresses, a->def, VALUE_ADDRESSES) != NULL)
                continue;
            flags = recorded(item, kind, a->value.text);
            flags = flags == NULL ? &none : flags;
            n = add_flag(more, n, a, schema_find(schema, address_kinds[kind].opted_out),
                         all, flags->opted_out);
            n = add_flag(more, n, a, schema_find(schema, address_kinds[kind].invalid),
                         all, flags->invalid);
        }
    for (size_t i = 0; i < addresses; i++)
        if (more[i].value.kind == VALUE_ADDRESSES && flag_list(item, &more[i]) < 0)
            return RC_NOMEM;
    *list = more;
    *count = n;
    return RC_OK;
}

/* What the record has for the marks that go along, so that they can be put back. */
static int image_flags(struct item *item) {
    struct plan *plan = item->row->plan;
    struct buf more = {.max = 4096}, image = {.max = IMAGE_MAX};
    struct json_member member;
    int rc;

    (void)buf_append_char(&more, '{');
    for (size_t i = 0; i < plan->changed_count; i++) {
        const char *name = plan->changed[i].def->name;
        if (plan->changed[i].def->type != ATTRIBUTE_BOOL ||
            !json_find(item->found.first->record, name, &member))
            continue;
        (void)buf_append_format(&more, "%s\"%s\":", more.len > 1 ? "," : "", name);
        (void)buf_append_slice(&more, member.raw);
    }
    rc = buf_append_char(&more, '}');
    if (rc == RC_OK)
        rc = json_append_merged(&image, plan->image, buf_slice(&more));
    if (rc == RC_OK) {
        plan->image =
            slice_make(arena_copy(&item->row->arena, image.data, image.len), image.len);
        rc = plan->image.data == NULL ? RC_NOMEM : RC_OK;
    }
    buf_fini(&more);
    buf_fini(&image);
    return rc;
}

int item_keep_flags(struct batch *batch, struct item *item) {
    struct row *row = item->row;

    if (!batch->planner->keeps_flags)
        return RC_OK;
    if (row->plan->action == PLAN_CREATE)
        return flags_append(batch, item, false, &row->record.attributes,
                            &row->record.count);
    if (row->plan->action != PLAN_UPDATE)
        return RC_OK;
    if (flags_append(batch, item, true, &row->plan->changed, &row->plan->changed_count) <
        0)
        return RC_NOMEM;
    if (row->plan->changed_count + row->plan->added_count == 0)
        row->plan->action = PLAN_UNCHANGED;
    return image_flags(item);
}
