/* reconcile_fix.c - an import that makes the CRM equal the file, but for deletions.
 *
 * An empty cell leaves a field alone, so a field that is to be cleared has a word for
 * it, which the mapping's valueMap takes for null. A word that some value happens to be
 * is passed over for another one.
 */
#include "flow/reconcile_files_private.h"

#include "base/outfile.h"
#include "base/utf8.h"
#include "model/tree.h"

#include <stdlib.h>

enum { WORDS_TRIED = 50 };

struct fixing {
    struct reconcile_output *out;
    struct csvout *csv;
    char word[32];     /* that clears a field */
    struct buf folded; /* scratch */
    bool collides;     /* a value is that word */
    size_t *addresses; /* owned; by field: how many columns it takes */
    bool lost;         /* memory was out for a part of the mapping */
};

static bool is_addresses(const struct fixing *fixing, size_t field) {
    return fixing->out->written->fields[field].def->type == ATTRIBUTE_ADDRESSES;
}

/* The cells of an address: text, type, optOut, invalid. */
static const char *const part_endings[] = {"", " type", " optedOut", " invalid"};
enum { PARTS = 4 };

static size_t parts_of(const struct schema_attribute *def) {
    return strcmp(def->field, "phoneNumber") == 0 ? PARTS : PARTS - 1;
}

/* "phoneNumberData 2 type" */
static void name_part(const struct schema_attribute *def, size_t nth, size_t part,
                      char *out, size_t room) {
    (void)snprintf(out, room, "%.80s %zu%s", def->name, nth + 1, part_endings[part]);
}

static size_t skip_part(const struct schema_attribute *def, size_t part) {
    return parts_of(def) == PARTS || part == 0 ? part : part + 1; /* e-mails: no type */
}

static size_t count_addresses(struct slice raw) {
    struct json_cursor cursor;
    struct json_member item;
    size_t count = 0;

    if (raw.data == NULL || json_cursor_array(&cursor, raw) < 0)
        return 0;
    while (json_cursor_next(&cursor, &item) == 1)
        count++;
    return count;
}

/* Is the row in the fix, and with which values? */
static bool is_fixed(const struct fixing *fixing, const struct journal_found *found) {
    const struct reconcile_spec *spec = fixing->out->files->spec;

    if (!reconcile_shows(spec, found->pair.class, false))
        return false;
    return found->pair.class == PAIR_DIFFERENT ||
           (found->pair.class == PAIR_ONLY_FILE && !found->outside &&
            reconcile_knows_missing(fixing->out->files->job));
}

static int each_row(struct fixing *fixing,
                    int (*row)(struct fixing *fixing, const struct journal_found *found,
                               struct err *err),
                    struct err *err) {
    struct journal_pair_cursor *cursor = NULL;
    struct journal_found found;
    int rc = journal_pairs(fixing->out->files->journal, SCAN_UNEQUAL, &cursor, err);

    while (rc == RC_OK && (rc = journal_pairs_next(cursor, &found, err)) == 1) {
        rc = RC_OK;
        if (!is_fixed(fixing, &found))
            continue;
        rc = reconcile_take(fixing->out, &found, err);
        if (rc == RC_OK && reconcile_keep(fixing->out, &found, true))
            rc = row(fixing, &found, err);
    }
    journal_pairs_close(cursor);
    return rc;
}

static int note_addresses(struct fixing *fixing, const struct journal_found *found,
                          struct err *err) {
    (void)found;
    (void)err;
    for (size_t i = 0; i < fixing->out->written->field_count; i++) {
        size_t count = is_addresses(fixing, i) ? count_addresses(fixing->out->new[i]) : 0;
        if (count > fixing->addresses[i])
            fixing->addresses[i] = count;
    }
    fixing->out->written->fix_rows++;
    return RC_OK;
}

static int put_cell(struct fixing *fixing, struct slice text, struct err *err) {
    buf_reset(&fixing->folded);
    if (text.len < sizeof fixing->word && text.len >= strlen(fixing->word)) {
        if (utf8_append_folded(&fixing->folded, slice_trim(text)) < 0)
            return err_nomem(err);
        if (slice_is(buf_slice(&fixing->folded), fixing->word))
            fixing->collides = true;
    }
    return csvout_cell(fixing->csv, text, err);
}

static int put_part(struct fixing *fixing, struct slice address, const char *field,
                    size_t part, struct err *err) {
    static const char *const members[] = {NULL, "type", "optOut", "invalid"};
    struct json_member member;
    struct buf *cell = &fixing->out->cell;

    buf_reset(cell);
    if (address.data == NULL ||
        !json_find(address, part == 0 ? field : members[part], &member) ||
        member.type == JSON_IS_NULL)
        return csvout_null(fixing->csv, err);
    if (member.type == JSON_IS_STRING ? json_unescape(cell, member.raw) < 0
                                      : buf_append_slice(cell, member.raw) < 0)
        return err_nomem(err);
    return put_cell(fixing, buf_slice(cell), err);
}

/* Every address has its columns; the first one is the primary one. */
static int put_addresses(struct fixing *fixing, size_t field, struct err *err) {
    const struct schema_attribute *def = fixing->out->written->fields[field].def;
    struct slice raw = fixing->out->new[field];
    struct json_cursor cursor;
    struct json_member item = {.raw = {NULL, 0}};
    bool more = raw.data != NULL && json_cursor_array(&cursor, raw) == RC_OK;
    int rc = RC_OK;

    for (size_t nth = 0; rc == RC_OK && nth < fixing->addresses[field]; nth++) {
        more = more && json_cursor_next(&cursor, &item) == 1;
        for (size_t part = 0; rc == RC_OK && part < parts_of(def); part++)
            rc = put_part(fixing, more ? item.raw : slice_make(NULL, 0), def->field,
                          skip_part(def, part), err);
    }
    return rc;
}

static bool clears(struct slice raw, const struct buf *cell) {
    return cell->len == 0 || slice_is(raw, "null");
}

static int put_row(struct fixing *fixing, const struct journal_found *found,
                   struct err *err) {
    struct reconcile_output *out = fixing->out;
    bool changed = found->pair.class == PAIR_DIFFERENT;
    int rc = changed ? csvout_cell(fixing->csv, found->id, err)
                     : csvout_null(fixing->csv, err);

    for (size_t i = 0; rc == RC_OK && i < out->written->field_count; i++) {
        if (is_addresses(fixing, i)) {
            rc = put_addresses(fixing, i, err);
            continue;
        }
        buf_reset(&out->cell);
        if (reconcile_cell(out, i, out->new[i], &out->cell) < 0)
            rc = err_nomem(err);
        else if (out->new[i].data == NULL ||
                 (!changed && clears(out->new[i], &out->cell)))
            rc = csvout_null(fixing->csv, err);
        else if (clears(out->new[i], &out->cell))
            rc = csvout_cell(fixing->csv, slice_of(fixing->word), err);
        else
            rc = put_cell(fixing, buf_slice(&out->cell), err);
    }
    return rc == RC_OK ? csvout_end(fixing->csv, err) : rc;
}

static int put_header(struct fixing *fixing, struct err *err) {
    const struct reconcile_written *written = fixing->out->written;
    int rc = csvout_cell(fixing->csv, slice_of("id"), err);

    for (size_t i = 0; rc == RC_OK && i < written->field_count; i++) {
        const struct schema_attribute *def = written->fields[i].def;
        char name[120];
        if (!is_addresses(fixing, i))
            rc = csvout_cell(fixing->csv, slice_of(def->name), err);
        for (size_t n = 0; rc == RC_OK && n < fixing->addresses[i]; n++)
            for (size_t part = 0; rc == RC_OK && part < parts_of(def); part++) {
                name_part(def, n, skip_part(def, part), name, sizeof name);
                rc = csvout_cell(fixing->csv, slice_of(name), err);
            }
    }
    return rc == RC_OK ? csvout_end(fixing->csv, err) : rc;
}

/* --- the mapping --- */

static void add_address_columns(json_t *columns, struct fixing *fixing, size_t field) {
    static const char *const words[] = {NULL, "type", "optedOut", "invalid"};
    const struct schema_attribute *def = fixing->out->written->fields[field].def;
    char name[120];

    for (size_t n = 0; n < fixing->addresses[field]; n++) {
        json_t *column;
        name_part(def, n, 0, name, sizeof name);
        column = json_pack("{s:s,s:s,s:s}", "name", name, "field", def->name, "mode",
                           "replace");
        for (size_t part = 1; part < parts_of(def); part++) {
            size_t at = skip_part(def, part);
            name_part(def, n, at, name, sizeof name);
            tree_set(column, words[at], json_pack("{s:s}", "column", name),
                     &fixing->lost);
        }
        tree_append(columns, column, &fixing->lost);
    }
}

static json_t *make_columns(struct fixing *fixing) {
    json_t *columns = json_array();

    tree_append(columns, json_pack("{s:s,s:s}", "name", "id", "field", "id"),
                &fixing->lost);
    for (size_t i = 0; i < fixing->out->written->field_count; i++) {
        const struct schema_attribute *def = fixing->out->written->fields[i].def;
        json_t *column;
        if (is_addresses(fixing, i)) {
            add_address_columns(columns, fixing, i);
            continue;
        }
        column = json_pack("{s:s,s:s}", "name", def->name, "field", def->name);
        if (!def->not_null) {
            tree_set(column, "valueMap", json_pack("{s:n}", fixing->word), &fixing->lost);
            tree_set(column, "onUnknown", json_string("keep"), &fixing->lost);
        }
        tree_append(columns, column, &fixing->lost);
    }
    return columns;
}

static bool has_field(const struct fixing *fixing, const struct schema_attribute *def) {
    for (size_t i = 0; i < fixing->out->written->field_count; i++)
        if (fixing->out->written->fields[i].def == def)
            return true;
    return false;
}

/* By the id; a row without one by the rules that it was reconciled by, so that a fix
 * that is applied twice makes no record twice. */
static json_t *make_match(struct fixing *fixing) {
    json_t *rules = json_pack("[[s]]", "id");
    const struct schema_attribute *const *by;
    size_t count;

    for (size_t rule = 0;
         (by = program_match(fixing->out->files->job->program, rule, &count)) != NULL;
         rule++) {
        json_t *names = json_array();
        bool usable = true;
        for (size_t k = 0; k < count; k++) {
            usable = usable && has_field(fixing, by[k]);
            tree_append(names, json_string(by[k]->name), &fixing->lost);
        }
        if (usable)
            tree_append(rules, names, &fixing->lost);
        else
            json_decref(names);
    }
    return rules;
}

int reconcile_put_mapping(const struct reconcile_output *out, json_t *root,
                          const char *ending, struct buf *path, struct err *err) {
    const struct outfile_options options = {.force = out->files->spec->force,
                                            .env = out->files->env};
    char *text = root == NULL ? NULL : json_dumps(root, JSON_INDENT(2));
    int rc = RC_OK;

    path->max = 8192;
    if (text == NULL || buf_append_format(path, "%s%s", out->files->prefix, ending) < 0)
        rc = err_nomem(err);
    if (rc == RC_OK)
        rc = outfile_put(buf_text(path), text, &options, err);
    free(text);
    json_decref(root);
    return rc;
}

static int put_fix_mapping(struct fixing *fixing, struct err *err) {
    const struct reconcile_output *out = fixing->out;
    json_t *root = json_pack("{s:i,s:s,s:s,s:s,s:o,s:o}", "version", 1, "title",
                             "Makes EspoCRM equal the file that it was reconciled with",
                             "entityType", mapping_entity_type(out->files->job->mapping),
                             "operation", "upsert", "match", make_match(fixing),
                             "columns", make_columns(fixing));

    if (fixing->lost) {
        json_decref(root);
        return err_nomem(err);
    }
    return reconcile_put_mapping(out, root, ".fix.json", &out->written->fix_mapping, err);
}

/* 1 = the word is a value somewhere, RC_OK, < 0. */
static int try_word(struct fixing *fixing, int number, struct err *err) {
    struct reconcile_output *out = fixing->out;
    int rc;

    if (number == 0)
        (void)snprintf(fixing->word, sizeof fixing->word, "(clear)");
    else
        (void)snprintf(fixing->word, sizeof fixing->word, "(clear %d)", number);
    fixing->collides = false;
    rc = reconcile_open_csv(out, ".fix.csv", &out->written->fix, &fixing->csv, err);
    if (rc == RC_OK)
        rc = put_header(fixing, err);
    if (rc == RC_OK)
        rc = each_row(fixing, put_row, err);
    if (rc == RC_OK && !fixing->collides)
        rc = csvout_commit(fixing->csv, err);
    csvout_close(fixing->csv);
    fixing->csv = NULL;
    return rc == RC_OK && fixing->collides ? 1 : rc;
}

int reconcile_write_fix(struct reconcile_output *out, struct err *err) {
    struct fixing fixing = {.out = out, .folded = {.max = 1024}};
    int rc = 1;

    fixing.addresses = calloc(out->written->field_count + 1, sizeof *fixing.addresses);
    if (fixing.addresses == NULL)
        return err_nomem(err);
    rc = each_row(&fixing, note_addresses, err);
    if (rc == RC_OK && out->written->fix_rows > 0) {
        rc = 1;
        for (int i = 0; rc == 1 && i < WORDS_TRIED; i++)
            rc = try_word(&fixing, i, err);
        if (rc == 1)
            rc = err_set(err, RC_LIMIT, "no word is left that could mean: clear it");
        if (rc == RC_OK)
            rc = put_fix_mapping(&fixing, err);
    }
    if (rc != RC_OK)
        buf_reset(&out->written->fix);
    free(fixing.addresses);
    buf_fini(&fixing.folded);
    return rc;
}
