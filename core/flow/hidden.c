/* hidden.c - keeps and finds the keys of rows whose records are hidden. */
#include "flow/hidden.h"

#include "flow/repeats.h"
#include "state/journal_key.h"

#include <string.h>

enum { RULE_PARTS = 8 };

bool hidden_is_shown(const struct schema *schema, const struct row *row) {
    struct slice assigned = slice_make("", 0);

    for (size_t i = 0; i < row->record.count; i++)
        if (strcmp(row->record.attributes[i].def->name, "assignedUserId") == 0 &&
            row->record.attributes[i].value.kind == VALUE_STRING)
            assigned = row->record.attributes[i].value.text;
    return schema_shows_made(schema, assigned);
}

static bool may_hide(const struct job *job) {
    return !schema_server(job->schema)->reads_all;
}

int hidden_begin(struct journal *journal, const struct job *job, struct err *err) {
    return may_hide(job) ? journal_begin_keys(journal, err) : RC_OK;
}

struct putting {
    struct journal *journal;
    uint64_t record;
    struct err *err;
};

static int put_key(const struct putting *s, const unsigned char key[KEYINDEX_KEY]) {
    return journal_put_key(s->journal, s->record,
                           slice_make((const char *)key, KEYINDEX_KEY), s->err);
}

/* A record is found by any of its addresses, not by the primary one alone. */
static int put_addresses(const struct putting *s, const struct row *row,
                         const struct schema_attribute *const *by, size_t count,
                         size_t part) {
    struct slice values[RULE_PARTS];
    unsigned char key[KEYINDEX_KEY];
    int rc = 0;

    if (count > RULE_PARTS)
        return 0;
    for (size_t i = 0; i < row->record.count; i++) {
        const struct attribute *a = &row->record.attributes[i];
        if (a->value.kind != VALUE_ADDRESSES ||
            strcmp(a->def->field, by[part]->name) != 0)
            continue;
        for (size_t k = 0; rc >= 0 && k < a->value.item_count; k++) {
            for (size_t v = 0; v < count; v++)
                values[v] =
                    v == part ? a->value.addresses[k].text : repeats_value(row, by[v]);
            rc = repeats_key_of(values, by, count, key);
            if (rc == 1)
                rc = put_key(s, key);
        }
    }
    return rc;
}

int hidden_put(struct journal *journal, const struct job *job, const struct row *row,
               struct err *err) {
    const struct putting putting = {
        .journal = journal, .record = row->number, .err = err};
    const struct schema_attribute *const *by;
    unsigned char key[KEYINDEX_KEY];
    size_t count;
    int rc = 0;

    if (!may_hide(job) || hidden_is_shown(job->schema, row))
        return RC_OK;
    for (size_t i = 0; rc >= 0 && (by = program_match(job->program, i, &count)) != NULL;
         i++) {
        rc = repeats_key(job, row, i, key);
        if (rc == 1)
            rc = put_key(&putting, key);
        for (size_t part = 0; rc >= 0 && part < count; part++)
            if (by[part]->type == ATTRIBUTE_EMAIL || by[part]->type == ATTRIBUTE_PHONE)
                rc = put_addresses(&putting, row, by, count, part);
    }
    return rc == RC_NOMEM ? err_nomem(err) : rc < 0 ? rc : RC_OK;
}

int hidden_find(struct journal *journal, const struct job *job, struct row *row,
                size_t rules, size_t *rule, struct journal_row *found, struct err *err) {
    unsigned char key[KEYINDEX_KEY];
    size_t count;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < rules && may_hide(job) &&
                       program_match(job->program, i, &count) != NULL;
         i++) {
        rc = repeats_key(job, row, i, key);
        if (rc == 1)
            rc = journal_find_key(journal, row->number,
                                  slice_make((const char *)key, sizeof key), &row->arena,
                                  found, err);
        *rule = i;
    }
    return rc == RC_NOMEM ? err_nomem(err) : rc;
}
