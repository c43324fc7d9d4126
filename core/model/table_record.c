/* table_record.c - one record to one row.
 *
 * The members of a record come in the same order each time: where each belongs is
 * remembered from the record before, so that names are compared and not looked up.
 */
#include "model/table_internal.h"

#include "base/pack.h"
#include "base/utf8.h"
#include "model/cell_text.h"
#include "model/program_run.h"

#include <stdlib.h>

enum {
    LIST_TEXT_MAX = 10000, /* characters; maxSelectTextAttributeLengthForList */
    CELL_MAX = 256 << 20
};

static size_t find_attribute(const struct table *table, struct slice name) {
    for (size_t i = 0; i < table->attribute_count; i++)
        if (slice_is(name, table->attributes[i].def->name))
            return i;
    return table->attribute_count;
}

/* Takes the record apart into table->values; a member that is not there has no raw. */
static int take_apart(struct table *table, struct slice record, struct err *err) {
    struct json_cursor cursor;
    struct json_member member;
    int rc = json_cursor_object(&cursor, record);

    memset(table->values, 0, (table->attribute_count + 1) * sizeof *table->values);
    for (size_t n = 0; rc == RC_OK && (rc = json_cursor_next(&cursor, &member)) == 1;
         n++) {
        size_t at = n < TABLE_MEMBERS ? table->guess[n] : table->attribute_count;
        if (at >= table->attribute_count ||
            !slice_is(member.name, table->attributes[at].def->name)) {
            at = find_attribute(table, member.name);
            if (n < TABLE_MEMBERS)
                table->guess[n] = at;
        }
        table->values[at] = member; /* the last one is for all others */
        rc = RC_OK;
    }
    if (rc < 0)
        return err_set(err, RC_SERVER, "a record in the server's answer is not JSON");
    for (size_t i = 0; i < table->attribute_count; i++) {
        if (table->values[i].raw.data != NULL)
            continue;
        if (!table->attributes[i].by_id)
            return err_set(err, RC_SERVER,
                           "the server leaves '%s' of %s out of its answer, although it "
                           "was asked for",
                           table->attributes[i].def->name,
                           schema_entity_type(table->schema));
        table->values[i].type = JSON_IS_NULL;
        table->values[i].raw = slice_of("null");
    }
    return RC_OK;
}

/* Characters of a raw JSON string, as the database counts them. */
static size_t count_characters(struct slice raw) {
    size_t count = 0;

    for (size_t i = 1; i + 1 < raw.len; i++, count++) {
        unsigned char c = (unsigned char)raw.data[i];
        if (c == '\\' && raw.data[i + 1] == 'u') {
            i += 5; /* \uD83D\uDE00 is one character */
            if ((raw.data[i - 3] == 'd' || raw.data[i - 3] == 'D') &&
                strchr("89abAB", raw.data[i - 2]) != NULL)
                i += 6;
        } else if (c == '\\') {
            i++;
        } else if (c >= 0xC0) {
            i += c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : 1;
        }
    }
    return count;
}

bool table_must_read(const struct table *table, struct slice record) {
    struct json_member member;

    for (size_t i = 0; i < table->attribute_count; i++) {
        const struct schema_attribute *def = table->attributes[i].def;
        if (table->attributes[i].by_id) {
            if (json_find(record, def->field, &member) && member.type != JSON_IS_NULL)
                return true;
        } else if (def->type == ATTRIBUTE_TEXT && record.len > LIST_TEXT_MAX &&
                   json_find(record, def->name, &member) &&
                   member.type == JSON_IS_STRING && member.raw.len > LIST_TEXT_MAX &&
                   count_characters(member.raw) >= LIST_TEXT_MAX) {
            return true;
        }
    }
    return false;
}

bool table_reads_addresses(const struct table *table) {
    for (size_t i = 0; i < table->attribute_count; i++)
        if (table->attributes[i].by_id)
            return true;
    return false;
}

bool table_shows_links(const struct table *table) {
    for (size_t i = 0; i < table->attribute_count; i++)
        if (table->attributes[i].def->type == ATTRIBUTE_IDS)
            return true;
    return false;
}

/* Would an import take the cell apart into these values again? */
static bool comes_apart(const struct table_column *column, const struct buf *values,
                        struct slice cell) {
    struct slice parts[SPLIT_PARTS_MAX];

    if (!run_split_cell(column->step, cell, parts))
        return false;
    for (size_t i = 0; i < column->count; i++)
        if (!slice_equal(slice_trim(parts[i]), buf_slice(&values[i])))
            return false;
    return true;
}

/* The values of several attributes in one cell; those that are empty are left out, unless
 * their places count. */
static int append_whole(const struct table *table, const struct table_column *column,
                        struct buf *cell) {
    struct buf values[3] = {{.max = CELL_MAX}, {.max = CELL_MAX}, {.max = CELL_MAX}};
    bool by_place = column->step->split_as == SPLIT_DELIMITER, any = false;
    int rc = CELL_NULL, worst = CELL_NULL;

    for (size_t i = 0; i < column->count && rc >= 0; i++) {
        rc = cell_text_append(&column->converters[i],
                              &table->values[column->attributes[i]], &values[i]);
        worst = rc > worst ? rc : worst;
        if (i > 0 && (by_place || (cell->len > 0 && values[i].len > 0)))
            (void)buf_append_slice(cell, column->text);
        (void)buf_append_slice(cell, buf_slice(&values[i]));
        any = any || values[i].len > 0;
    }
    if (rc >= 0 && cell->failed < 0)
        rc = cell->failed;
    else if (rc >= 0 && !any)
        rc = CELL_NULL;
    else if (rc >= 0)
        rc = worst == CELL_UNFAITHFUL || !comes_apart(column, values, buf_slice(cell))
                 ? CELL_UNFAITHFUL
                 : CELL_TEXT;
    for (size_t i = 0; i < 3; i++)
        buf_fini(&values[i]);
    return rc;
}

/* The nth of the parts that an import joins again; the last one holds what is over. */
static int append_part(const struct table *table, const struct table_column *column,
                       struct buf *cell) {
    struct buf whole = {.max = CELL_MAX};
    struct slice rest;
    int rc = cell_text_append(column->converters, &table->values[column->attributes[0]],
                              &whole);

    rest = buf_slice(&whole);
    for (size_t i = 0; rc > CELL_NULL; i++) {
        const char *end =
            i + 1 == column->parts || column->text.len == 0
                ? NULL
                : memmem(rest.data, rest.len, column->text.data, column->text.len);
        size_t len = end == NULL ? rest.len : (size_t)(end - rest.data);
        if (i == column->nth) {
            if (buf_append(cell, rest.data, len) < 0)
                rc = cell->failed;
            break;
        }
        if (end == NULL) {
            rc = CELL_NULL;
            break;
        }
        rest = slice_make(end + column->text.len, rest.len - len - column->text.len);
    }
    buf_fini(&whole);
    return rc;
}

/* The address that a column is about: the nth that is not the primary one and of its
 * type. */
static bool find_other(const struct table *table, const struct table_column *column,
                       struct slice *address) {
    const struct json_member *list = &table->values[column->attributes[0]];
    struct json_cursor cursor;
    struct json_member item, part;
    size_t n = 0;

    if (list->type != JSON_IS_ARRAY || json_cursor_array(&cursor, list->raw) < 0)
        return false;
    while (json_cursor_next(&cursor, &item) == 1) {
        if (json_has_true(item.raw, "primary"))
            continue;
        if (column->type.len > 0 && !(json_find(item.raw, "type", &part) &&
                                      json_string_holds(part.raw, column->type)))
            continue;
        if (n++ == column->nth) {
            *address = item.raw;
            return true;
        }
    }
    return false;
}

static int append_other(const struct table *table, const struct table_column *column,
                        struct buf *cell) {
    const struct converter *c = column->converters;
    const char *name = column->member;
    struct slice address;
    struct json_member part;

    if (name == NULL)
        name = c->def->type == ATTRIBUTE_EMAIL ? "emailAddress" : "phoneNumber";
    if (!find_other(table, column, &address) || !json_find(address, name, &part) ||
        part.type == JSON_IS_NULL)
        return CELL_NULL;
    if (part.type == JSON_IS_STRING) {
        int rc = json_unescape(cell, part.raw);
        return rc < 0 ? rc : CELL_TEXT;
    }
    return buf_append_slice(cell, part.raw) < 0 ? cell->failed : CELL_TEXT;
}

static int append_cell(const struct table *table, const struct table_column *column,
                       struct buf *cell) {
    const struct json_member *value = &table->values[column->attributes[0]];

    switch (column->kind) {
    case COLUMN_VALUE: return cell_text_append(column->converters, value, cell);
    case COLUMN_NAMES: return cell_text_append_names(column->converters, value, cell);
    case COLUMN_ADDRESSES:
    case COLUMN_OTHERS:
        return cell_text_append_addresses(column->converters, value,
                                          column->kind == COLUMN_ADDRESSES, cell);
    case COLUMN_OTHER:
    case COLUMN_MARK: return append_other(table, column, cell);
    case COLUMN_WHOLE: return append_whole(table, column, cell);
    case COLUMN_PART: return append_part(table, column, cell);
    case COLUMN_EMPTY: break;
    }
    return CELL_NULL;
}

/* Do the mapping's transforms leave the cell as it is? Else an import would make
 * something else of it. */
static bool is_stable(const struct table *table, const struct table_column *column,
                      struct slice text) {
    struct arena arena = {NULL, 0};
    struct slice turned = text;
    bool stable = true;

    if (table->program == NULL || column->step == NULL ||
        column->step->column->transforms == NULL || column->kind == COLUMN_PART)
        return true;
    if (transforms_apply(column->step->column->transforms,
                         column->step->column->phone_country, &arena, &turned) == RC_OK)
        stable = slice_equal(turned, text);
    arena_fini(&arena);
    return stable;
}

static int no_value(const struct table *table, const struct table_column *column, int rc,
                    struct err *err) {
    const struct schema_attribute *def = table->attributes[column->attributes[0]].def;

    if (rc == RC_NOMEM)
        return err_nomem(err);
    if (rc == RC_LIMIT)
        return err_set(err, RC_SERVER, "'%s' of a %s is longer than %d MiB", def->name,
                       schema_entity_type(table->schema), CELL_MAX >> 20);
    return err_set(err, RC_SERVER,
                   "'%s' of a %s is not of the type that the metadata says: %.*s",
                   def->name, schema_entity_type(table->schema),
                   (int)(table->values[column->attributes[0]].raw.len < 80
                             ? table->values[column->attributes[0]].raw.len
                             : 80),
                   table->values[column->attributes[0]].raw.data);
}

int table_append_cells(struct table *table, struct slice record, struct buf *pack,
                       size_t *unfaithful, struct err *err) {
    struct buf cell = {.max = CELL_MAX};
    int rc = take_apart(table, record, err);

    for (size_t i = 0; rc == RC_OK && i < table->column_count; i++) {
        int result;
        buf_reset(&cell);
        result = append_cell(table, &table->columns[i], &cell);
        if (result < 0)
            rc = no_value(table, &table->columns[i], result, err);
        else if (result == CELL_NULL)
            (void)pack_append(pack, slice_make(NULL, 0));
        else
            (void)pack_append(pack, slice_make(buf_text(&cell), cell.len));
        if (result == CELL_TEXT &&
            !is_stable(table, &table->columns[i], buf_slice(&cell)))
            result = CELL_UNFAITHFUL;
        *unfaithful += result == CELL_UNFAITHFUL;
    }
    buf_fini(&cell);
    return rc == RC_OK && pack->failed != RC_OK
               ? err_set(err, RC_SERVER, "a record is longer than %d MiB", CELL_MAX >> 20)
               : rc;
}

int table_append_json(struct table *table, struct slice record, struct buf *json,
                      struct err *err) {
    struct buf cell = {.max = CELL_MAX};
    int rc = take_apart(table, record, err);

    (void)buf_append_char(json, '{');
    for (size_t i = 0; rc == RC_OK && i < table->column_count; i++) {
        const struct table_column *column = &table->columns[i];
        const struct json_member *value = &table->values[column->attributes[0]];
        int result = CELL_TEXT;
        (void)buf_append_text(json, i > 0 ? "," : "");
        (void)json_append_string(json, slice_of(column->header));
        (void)buf_append_char(json, ':');
        if (column->kind <= COLUMN_ADDRESSES) {
            (void)buf_append_slice(json, value->raw);
            continue;
        }
        buf_reset(&cell);
        result = append_cell(table, column, &cell);
        if (result < 0)
            rc = no_value(table, column, result, err);
        else if (result == CELL_NULL)
            (void)buf_append_text(json, "null");
        else
            (void)json_append_string(json, buf_slice(&cell));
    }
    buf_fini(&cell);
    (void)buf_append_char(json, '}');
    return rc == RC_OK && json->failed != RC_OK
               ? err_set(err, RC_SERVER, "a record is longer than %d MiB", CELL_MAX >> 20)
               : rc;
}
