/* planner_flags.c - keeps what is recorded of addresses and numbers: opted out, invalid.
 *
 * EspoCRM keeps an e-mail address once, with its flags, for all records that have it.
 * Seen on 9.1.7: a POST or PUT of a plain address that says nothing of flags clears
 * those of that address; a PUT of a new address takes the flags of the old one along. So
 * the records that have the addresses of a batch are asked for, and the flags are sent
 * as they are. Phone numbers likewise.
 */
#include "flow/planner_private.h"

#include "model/json.h"

#include <string.h>

enum { TEXT_BYTES = 4096 };

/* Whose addresses they may be, beside those of the entity type itself. */
static const char *const owners[] = {"Lead", "Contact", "Account", "User"};
enum { OWNERS = sizeof owners / sizeof owners[0] };

/* The two kinds of them. */
struct kind {
    const char *name, *opted_out, *invalid, *data;
    const char *const select[7]; /* names tell `name` from an address (espocrm-live) */
};

static const struct kind kinds[FLAG_KINDS] = {
    {"emailAddress",
     "emailAddressIsOptedOut",
     "emailAddressIsInvalid",
     "emailAddressData",
     {"id", "createdAt", "emailAddress", "emailAddressIsOptedOut",
      "emailAddressIsInvalid", NULL}},
    {"phoneNumber",
     "phoneNumberIsOptedOut",
     "phoneNumberIsInvalid",
     "phoneNumberData",
     {"id", "createdAt", "phoneNumber", "phoneNumberIsOptedOut", "phoneNumberIsInvalid",
      NULL}},
};

static const struct schema_attribute *def_of(const struct job *job, size_t kind) {
    const struct schema_attribute *def = schema_find(job->schema, kinds[kind].name);

    return def != NULL &&
                   (def->type == ATTRIBUTE_EMAIL || def->type == ATTRIBUTE_PHONE) &&
                   schema_find(job->schema, kinds[kind].opted_out) != NULL
               ? def
               : NULL;
}

bool planner_keeps_flags(const struct job *job) {
    const struct schema_attribute *const *all;
    size_t count = program_attributes(job->program, &all);

    if (mapping_operation(job->mapping) == OPERATION_DELETE)
        return false;
    for (size_t i = 0; i < count; i++)
        for (size_t kind = 0; kind < FLAG_KINDS; kind++)
            if (all[i] == def_of(job, kind))
                return true;
    return false;
}

static const struct attribute *address_of(const struct row *row,
                                          const struct schema_attribute *def) {
    for (size_t i = 0; i < row->record.count; i++) {
        const struct attribute *a = &row->record.attributes[i];
        if (a->def == def && a->value.kind == VALUE_STRING && a->value.text.len > 0)
            return a;
    }
    return NULL;
}

/* The address that the row may write, or NULL: one that the record has already is not. */
static const struct attribute *written(const struct batch *batch, const struct item *item,
                                       const struct schema_attribute *def) {
    const struct attribute *a = address_of(item->row, def);
    struct json_member member;

    if (a == NULL || item->settle || item->row->record.error_count > 0 ||
        item->row->plan != NULL)
        return NULL;
    if (item->found.first == NULL)
        return mapping_operation(batch->planner->options.job->mapping) == OPERATION_UPDATE
                   ? NULL
                   : a;
    return json_find(item->found.first->record, def->name, &member) &&
                   json_holds(&member, a)
               ? NULL
               : a;
}

static bool is_true(struct slice object, const char *name) {
    struct json_member member;

    return json_find(object, name, &member) && slice_is(member.raw, "true");
}

static bool is_same(const struct schema_attribute *def, struct slice a, struct slice b) {
    struct buf one = {.max = TEXT_BYTES}, two = {.max = TEXT_BYTES};
    bool same = match_normalize(&one, def, a) == RC_OK &&
                match_normalize(&two, def, b) == RC_OK &&
                slice_equal(buf_slice(&one), buf_slice(&two));

    buf_fini(&one);
    buf_fini(&two);
    return same;
}

/* One address of a whole record: {"emailAddress":..,"optOut":..,"invalid":..}. */
static void take_element(struct flags *flags, const struct schema_attribute *def,
                         struct slice element, struct slice address) {
    struct buf text = {.max = TEXT_BYTES};
    struct json_member member;

    if (json_find(element, def->name, &member) && member.type == JSON_IS_STRING &&
        json_unescape(&text, member.raw) == RC_OK &&
        is_same(def, buf_slice(&text), address)) {
        flags->opted_out = flags->opted_out || is_true(element, "optOut");
        flags->invalid = flags->invalid || is_true(element, "invalid");
    }
    buf_fini(&text);
}

/* A list shows the flags of the address that it shows; a whole record those of all. */
static void flags_claim(struct batch *batch, void *owner, struct slice record,
                        bool loosely) {
    const struct kind *kind = &kinds[batch->flag_kind];
    struct item *item = owner;
    struct flags *flags = &item->flags[batch->flag_kind];
    const struct attribute *address = address_of(item->row, batch->by[0]);
    struct json_member list, element;
    struct json_cursor cursor;

    if (loosely || address == NULL)
        return;
    if (!json_find(record, kind->data, &list) ||
        json_cursor_array(&cursor, list.raw) < 0) {
        flags->opted_out = flags->opted_out || is_true(record, kind->opted_out);
        flags->invalid = flags->invalid || is_true(record, kind->invalid);
        return;
    }
    while (json_cursor_next(&cursor, &element) == 1)
        take_element(flags, batch->by[0], element.raw, address->value.text);
}

/* The entity type of a step, or NULL: beyond the last, or not to be asked. */
static const char *owner_at(const struct batch *batch, size_t step) {
    const char *own = mapping_entity_type(batch->planner->options.job->mapping);
    const char *type = step == 0 ? own : owners[step - 1];

    if (step > 0 && strcmp(type, own) == 0)
        return NULL;
    return site_may_read(batch->planner->options.site, type) ? type : NULL;
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

static int ask_flags(struct batch *batch, const char *entity_type, size_t kind, bool own,
                     struct err *err) {
    const struct schema_attribute *def = def_of(batch->planner->options.job, kind);
    const struct schema_attribute **by = arena_alloc(&batch->arena, sizeof *by);

    if (def == NULL)
        return 1;
    if (by == NULL)
        return err_nomem(err);
    by[0] = def;
    find_begin(batch, entity_type, by, 1, kinds[kind].select);
    batch->claim = flags_claim;
    batch->flag_kind = kind;
    for (size_t i = 0; i < batch->count; i++) {
        struct item *item = &batch->items[i];
        const struct attribute *a = written(batch, item, def);
        if (own && was_asked(batch, item, def))
            continue;
        if (a != NULL && find_key(batch, &a->value.text, item) < 0)
            return err_nomem(err);
    }
    return batch->value_count == 0 ? 1 : find_start(batch, err);
}

int batch_ask_flags(struct batch *batch, struct err *err) {
    int rc;

    if (!batch->planner->keeps_flags)
        return 1;
    rc = find_read_addresses(batch, err);
    while (rc == 1 && batch->flag_step < (OWNERS + 1) * FLAG_KINDS) {
        size_t step = batch->flag_step++;
        const char *type = owner_at(batch, step / FLAG_KINDS);
        if (type != NULL)
            rc = ask_flags(batch, type, step % FLAG_KINDS, step < FLAG_KINDS, err);
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
    for (size_t kind = 0; kind < FLAG_KINDS; kind++)
        if (strcmp(a->def->name, kinds[kind].opted_out) == 0 ||
            strcmp(a->def->name, kinds[kind].invalid) == 0)
            return !a->value.boolean &&
                   !has_def(list, count, def_of(batch->planner->options.job, kind));
    return false;
}

/* Added by an earlier planning of the row. */
static bool was_added(const struct batch *batch, const struct attribute *a) {
    for (size_t kind = 0; kind < FLAG_KINDS; kind++)
        if (strcmp(a->def->name, kinds[kind].opted_out) == 0 ||
            strcmp(a->def->name, kinds[kind].invalid) == 0)
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

/* Behind list's attributes, those of the flags of its addresses: of new records what is
 * set, of changed ones both, for else the old address's would go along. */
static int flags_append(const struct batch *batch, const struct item *item, bool all,
                        const struct attribute **list, size_t *count) {
    const struct schema *schema = batch->planner->options.job->schema;
    struct attribute *more;
    size_t n = 0, addresses;

    more = arena_alloc(&item->row->arena, (*count + 2 * FLAG_KINDS) * sizeof *more);
    if (more == NULL)
        return RC_NOMEM;
    for (size_t i = 0; i < *count; i++)
        if (!was_added(batch, &(*list)[i]) &&
            !(all && would_clear(batch, &(*list)[i], *list, *count)))
            more[n++] = (*list)[i];
    addresses = n;
    for (size_t i = 0; i < addresses; i++)
        for (size_t kind = 0; kind < FLAG_KINDS; kind++) {
            const struct flags *flags = &item->flags[kind];
            const struct attribute *a = &more[i];
            if (a->def != def_of(batch->planner->options.job, kind) ||
                a->value.kind != VALUE_STRING)
                continue;
            n = add_flag(more, n, a, schema_find(schema, kinds[kind].opted_out), all,
                         flags->opted_out);
            n = add_flag(more, n, a, schema_find(schema, kinds[kind].invalid), all,
                         flags->invalid);
        }
    *list = more;
    *count = n;
    return RC_OK;
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
    return RC_OK;
}
