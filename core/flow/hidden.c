/* hidden.c - keeps and finds the keys of rows whose records are hidden. */
#include "flow/hidden.h"

#include "flow/repeats.h"
#include "state/journal_key.h"

#include <string.h>

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

/* Calls visit with each of the row's keys, until it gives something else than 0. */
static int each_key(const struct job *job, const struct row *row, size_t *rule,
                    int (*visit)(void *context, struct slice key), void *context) {
    unsigned char key[KEYINDEX_KEY];
    size_t count;
    int rc = 0;

    for (size_t i = 0; rc == 0 && program_match(job->program, i, &count) != NULL; i++) {
        rc = repeats_key(job, row, i, key);
        *rule = i;
        if (rc == 1)
            rc = visit(context, slice_make((const char *)key, sizeof key));
    }
    return rc;
}

struct search {
    struct journal *journal;
    uint64_t record;
    struct arena *arena;       /* for what is found */
    struct journal_row *found; /* likewise */
    struct err *err;
};

static int put_key(void *context, struct slice key) {
    const struct search *s = context;

    return journal_put_key(s->journal, s->record, key, s->err);
}

static int find_key(void *context, struct slice key) {
    const struct search *s = context;

    return journal_find_key(s->journal, s->record, key, s->arena, s->found, s->err);
}

int hidden_put(struct journal *journal, const struct job *job, const struct row *row,
               struct err *err) {
    struct search search = {.journal = journal, .record = row->number, .err = err};
    size_t rule;
    int rc;

    if (!may_hide(job) || hidden_is_shown(job->schema, row))
        return RC_OK;
    rc = each_key(job, row, &rule, put_key, &search);
    return rc == RC_NOMEM ? err_nomem(err) : rc;
}

int hidden_find(struct journal *journal, const struct job *job, struct row *row,
                size_t *rule, struct journal_row *found, struct err *err) {
    struct search search = {journal, row->number, &row->arena, found, err};
    int rc = may_hide(job) ? each_key(job, row, rule, find_key, &search) : 0;

    return rc == RC_NOMEM ? err_nomem(err) : rc;
}
