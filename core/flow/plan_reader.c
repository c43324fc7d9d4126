/* plan_reader.c - reads a plan's file: is it of this file, mapping and server, and what
 * does it say of each row?
 *
 * It is read as a spreadsheet may have saved it: other delimiter, other order of columns
 * and lines, columns added, lines emptied.
 */
#include "flow/plan_file.h"

#include "base/digest.h"
#include "base/utf8.h"
#include "model/json.h"
#include "state/journal_plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 64 * 1024 * 1024 };

enum plan_column { AT_LINE, AT_ACTION, AT_ID, AT_CODE, AT_CHANGES, AT_COUNT };

static const char *const column_names[AT_COUNT] = {"_line", "_action", "_id", "_code",
                                                   "_changes"};

struct plan_reader {
    const char *path;
    struct input *input; /* owned */
    size_t at[AT_COUNT]; /* indexes of the columns */
    struct arena arena;  /* owned; of one line */
    struct journal_plan line;
};

static int refuse(const struct plan_reader *reader, uint64_t line, const char *what,
                  struct err *err) {
    (void)err_set(err, RC_USAGE, "%s, line %" PRIu64 ": %s", reader->path, line, what);
    err_advise(err,
               "make the plan again: espoload check FILE -m MAPPING --plan %s "
               "--force",
               reader->path);
    return RC_USAGE;
}

static int refuse_file(const char *path, struct err *err) {
    (void)err_set(err, RC_USAGE,
                  "%s is not a plan of espoload: it must have the columns "
                  "_line, _action, _id, _code and _changes",
                  path);
    err_advise(err, "name the file that check --plan has written");
    return RC_USAGE;
}

static int find_columns(struct plan_reader *reader, struct err *err) {
    size_t count;
    const struct slice *names = input_columns(reader->input, &count);

    for (int c = 0; c < AT_COUNT; c++) {
        reader->at[c] = count;
        for (size_t i = 0; i < count; i++)
            if (slice_is(names[i], column_names[c]))
                reader->at[c] = i;
        if (reader->at[c] == count)
            return refuse_file(reader->path, err);
    }
    return RC_OK;
}

static int reader_open(struct plan_reader *reader, const char *path, struct err *err) {
    const struct input_options options = {.path = path};
    struct input_facts facts;
    int rc;

    memset(reader, 0, sizeof *reader);
    reader->path = path;
    rc = input_scan(&options, &facts, err);
    if (rc == RC_OK)
        rc = input_open(&reader->input, &options, &facts, err);
    if (rc == RC_INPUT || rc == RC_LOCAL) { /* a plan that cannot be read is not used */
        err->rc = RC_USAGE;
        return RC_USAGE;
    }
    return rc == RC_OK ? find_columns(reader, err) : rc;
}

static void reader_close(struct plan_reader *reader) {
    input_close(reader->input);
    arena_fini(&reader->arena);
}

static bool is_empty(const struct csv_record *record) {
    for (size_t i = 0; i < record->count; i++)
        if (slice_trim(record->fields[i]).len > 0)
            return false;
    return true;
}

static bool read_number(const char *text, uint64_t *number) {
    char *end = NULL;

    *number = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0';
}

static bool is_action(const char *word) {
    static const char *const words[] = {"create", "update", "unchanged", "delete",
                                        "skip",   "fail",   "plan"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i], word) == 0)
            return true;
    return false;
}

/* The next line: 1 with reader->line set, until the next call; 0, < 0. */
static int reader_next(struct plan_reader *reader, struct err *err) {
    const struct csv_record *record;
    const char *texts[AT_COUNT];
    int rc;

    do {
        rc = input_next(reader->input, &record, err);
        if (rc != 1)
            return rc;
        if (record->reason != REASON_NONE)
            return refuse(reader, record->line, "the line cannot be read", err);
    } while (is_empty(record));
    arena_reset(&reader->arena);
    for (int c = 0; c < AT_COUNT; c++) {
        struct slice cell = slice_trim(record->fields[reader->at[c]]);
        texts[c] = arena_copy(&reader->arena, cell.data, cell.len);
        if (texts[c] == NULL)
            return err_nomem(err);
    }
    reader->line = (struct journal_plan){.action = texts[AT_ACTION],
                                         .id = texts[AT_ID],
                                         .code = texts[AT_CODE],
                                         .changes = texts[AT_CHANGES]};
    if (!read_number(texts[AT_LINE], &reader->line.line) ||
        (reader->line.line == 0) != (strcmp(texts[AT_ACTION], "plan") == 0))
        return refuse(reader, record->line, "_line is not the number of a line", err);
    if (!is_action(texts[AT_ACTION]))
        return refuse(reader, record->line, "_action is not an action of a plan", err);
    return 1;
}

/* --- what the plan is of --- */

static void member_text(struct slice object, const char *name, struct buf *out) {
    struct json_member member;

    buf_reset(out);
    if (json_find(object, name, &member))
        (void)json_unescape(out, member.raw);
}

static int differs(const struct plan_reader *reader, const char *what, const char *plan,
                   const char *now, struct err *err) {
    (void)err_set(err, RC_USAGE, "the plan %s is of another %s: it is of %s, not of %s",
                  reader->path, what, plan, now);
    err_advise(err, "name what the plan was made for, or make a new one with check "
                    "--plan; nothing was sent");
    return RC_USAGE;
}

static int verify_input(const struct plan_reader *reader, struct slice json,
                        const struct input_facts *facts, struct err *err) {
    struct buf name = {.max = 8192}, text = {.max = 8192};
    char bytes[24];
    int rc = RC_OK;

    member_text(json, "input", &name);
    member_text(json, "inputBytes", &text);
    (void)snprintf(bytes, sizeof bytes, "%" PRIu64, facts->bytes);
    if (strcmp(buf_text(&text), bytes) != 0)
        rc = err_set(err, RC_USAGE,
                     "the plan %s is of another file: it is of %.200s with %.30s bytes, "
                     "this one has %s",
                     reader->path, buf_text(&name), buf_text(&text), bytes);
    member_text(json, "inputSha256", &text);
    if (rc == RC_OK && strcmp(buf_text(&text), facts->sha256) != 0)
        rc = err_set(err, RC_USAGE,
                     "the plan %s is of another file: it is of %.200s with the SHA-256 "
                     "%.12s..., this one has %.12s...",
                     reader->path, buf_text(&name), buf_text(&text), facts->sha256);
    if (rc != RC_OK)
        err_advise(err, "the input was changed, or is another one: make a new plan with "
                        "check --plan; nothing was sent");
    buf_fini(&name);
    buf_fini(&text);
    return rc;
}

static int verify_mapping(const struct plan_reader *reader, struct slice json,
                          const struct plan_scope *scope, struct err *err) {
    struct buf name = {.max = 65536}, text = {.max = 8192};
    char sha256[DIGEST_HEX_SIZE];
    int rc = digest_hex_of(slice_of(mapping_json(scope->job->mapping)), sha256);

    member_text(json, "mapping", &name);
    member_text(json, "mappingSha256", &text);
    if (rc != RC_OK)
        rc = err_nomem(err);
    else if (strcmp(buf_text(&text), sha256) != 0)
        rc = err_set(err, RC_USAGE,
                     "the plan %s is of another mapping: it was made with %.200s "
                     "(SHA-256 %.12s...), this is %.200s (%.12s...)",
                     reader->path, buf_text(&name), buf_text(&text), scope->mapping_name,
                     sha256);
    if (rc == RC_USAGE)
        err_advise(err,
                   "the mapping was changed, or is another one: make a new plan with "
                   "check --plan; nothing was sent");
    buf_fini(&name);
    buf_fini(&text);
    return rc;
}

static int verify_scope(const struct plan_reader *reader, const struct plan_scope *scope,
                        struct err *err) {
    static const char *const on_duplicate[] = {"fail", "skip", "update", "force"};
    struct slice json = slice_of(reader->line.changes);
    struct buf text = {.max = 8192};
    uint64_t number = 0;
    int rc = verify_input(reader, json, &scope->job->facts, err);

    if (rc == RC_OK)
        rc = verify_mapping(reader, json, scope, err);
    member_text(json, "url", &text);
    if (rc == RC_OK && strcmp(buf_text(&text), scope->url) != 0)
        rc = differs(reader, "server", buf_text(&text), scope->url, err);
    member_text(json, "entityType", &text);
    if (rc == RC_OK &&
        strcmp(buf_text(&text), mapping_entity_type(scope->job->mapping)) != 0)
        rc = differs(reader, "entity type", buf_text(&text),
                     mapping_entity_type(scope->job->mapping), err);
    member_text(json, "onDuplicate", &text);
    if (rc == RC_OK && (!read_number(buf_text(&text), &number) || number > 3 ||
                        number != (uint64_t)scope->on_duplicate))
        rc = differs(reader, "--on-duplicate", number > 3 ? "?" : on_duplicate[number],
                     on_duplicate[scope->on_duplicate], err);
    buf_fini(&text);
    return rc;
}

int plan_file_verify(const char *path, const struct plan_scope *scope, struct err *err) {
    struct plan_reader reader;
    bool found = false;
    int rc = reader_open(&reader, path, err);

    while (rc == RC_OK && (rc = reader_next(&reader, err)) == 1) {
        rc = RC_OK;
        if (reader.line.line != 0)
            continue;
        rc = verify_scope(&reader, scope, err);
        found = true;
    }
    if (rc == RC_OK && !found) {
        rc = err_set(err, RC_USAGE,
                     "%s does not say what it is a plan of: the line whose _line is 0 is "
                     "missing",
                     path);
        err_advise(err, "put that line back, or make a new plan with check --plan");
    }
    reader_close(&reader);
    return rc;
}

int plan_file_load(const char *path, struct journal *journal, struct err *err) {
    struct plan_reader reader;
    char words[80];
    int rc = reader_open(&reader, path, err);

    if (rc == RC_OK)
        rc = journal_begin_plan(journal, err);
    while (rc == RC_OK && (rc = reader_next(&reader, err)) == 1) {
        rc = RC_OK;
        if (reader.line.line == 0)
            continue;
        rc = journal_put_plan(journal, &reader.line, err);
        if (rc == 0) {
            (void)snprintf(words, sizeof words,
                           "it says a second time what becomes of line %" PRIu64,
                           reader.line.line);
            rc = err_set(err, RC_USAGE, "%s: %s", path, words);
            err_advise(err, "delete one of the two lines");
        } else if (rc == 1) {
            rc = RC_OK;
        }
    }
    reader_close(&reader);
    return rc;
}
