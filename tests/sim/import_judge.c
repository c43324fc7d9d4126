/* import_judge.c - what must be true after the last run of a game. */
#include "sim/import_game.h"

#include "sim/sim_game.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static int first_error(void *context, const struct journal_error *error) {
    struct import_line *line = context;

    if (line->reason == REASON_NONE) {
        line->reason = error->reason;
        (void)snprintf(line->words, sizeof line->words, "%s", error->message);
    }
    return RC_OK;
}

static void read_journal(struct import_game *game) {
    struct journal *journal;
    struct journal_cursor *cursor;
    struct journal_row row;
    size_t n = 0;

    assert_int_equal(journal_open(&journal, game->sim.checkpoint, NULL), RC_OK);
    assert_int_equal(journal_rows(journal, 0, false, &cursor, NULL), RC_OK);
    while (journal_rows_next(cursor, &row, NULL) == 1) {
        struct import_line *line = &game->lines[n++];
        if (row.record != n || n > game->count)
            fail_msg("seed %llu: row %llu stands where %zu should",
                     (unsigned long long)game->seed, (unsigned long long)row.record, n);
        line->state = row.state;
        line->reason = REASON_NONE;
        (void)snprintf(line->id, sizeof line->id, "%s", row.id == NULL ? "" : row.id);
    }
    journal_rows_close(cursor);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(
            journal_errors(journal, i + 1, first_error, &game->lines[i], NULL), RC_OK);
    journal_close(journal);
    if (n != game->count)
        fail_msg("seed %llu: %zu of %zu rows are in the checkpoint",
                 (unsigned long long)game->seed, n, game->count);
}

/* An empty cell is not sent: an update leaves what is there. */
static bool member_is(const json_t *json, const char *name, const char *value) {
    const char *text = json_string_value(json_object_get(json, name));

    if (value[0] == '\0')
        return true;
    return strcmp(text == NULL ? "" : text, value) == 0;
}

static bool record_is(const char *record, const struct import_line *line) {
    json_t *json = json_loads(record, 0, NULL);
    bool dropped = strncmp(line->note, "drop", 4) == 0;
    bool same = member_is(json, "firstName", line->first) &&
                member_is(json, "lastName", line->last) &&
                member_is(json, "emailAddress", line->mail) &&
                member_is(json, "phoneNumber", line->phone) &&
                (dropped || member_is(json, "description", line->note));

    json_decref(json);
    return same;
}

/* Nothing that was not in the row: what was created for it, and not changed since. */
static bool record_has_more(const char *record, const struct import_line *line) {
    const char *const cells[][2] = {{"firstName", line->first},
                                    {"emailAddress", line->mail},
                                    {"phoneNumber", line->phone},
                                    {"description", line->note}};
    json_t *json = json_loads(record, 0, NULL);
    bool more = false;

    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++) {
        const char *text = json_string_value(json_object_get(json, cells[i][0]));
        more = more || (cells[i][1][0] == '\0' && text != NULL && text[0] != '\0');
    }
    json_decref(json);
    return more;
}

static bool record_has_mail(const char *record, const char *mail) {
    json_t *json = json_loads(record, 0, NULL);
    const char *text = json_string_value(json_object_get(json, "emailAddress"));
    bool same = mail[0] != '\0' && text != NULL && strcasecmp(text, mail) == 0;

    json_decref(json);
    return same;
}

static bool record_has_name(const char *record, const struct import_line *line) {
    json_t *json = json_loads(record, 0, NULL);
    bool same = member_is(json, "firstName", line->first) &&
                member_is(json, "lastName", line->last);

    json_decref(json);
    return same;
}

/* All of them, when one seed is replayed. */
static void show_lines(const struct import_game *game) {
    for (size_t k = 0; k < game->count && sim_game_is_alone(); k++)
        print_message("%zu: %s;%s;%s;%s;%s %s %s %s %s\n", k + 1, game->lines[k].first,
                      game->lines[k].last, game->lines[k].mail, game->lines[k].phone,
                      game->lines[k].note, row_state_name(game->lines[k].state),
                      reason_code(game->lines[k].reason), game->lines[k].id,
                      game->lines[k].words);
}

static void wrong(const struct import_game *game, size_t i, const char *what) {
    const struct import_line *l = &game->lines[i];

    for (size_t k = 0; k < fake_crm_count(game->sim.crm); k++)
        if (record_has_mail(fake_crm_record(game->sim.crm, k), l->mail) ||
            record_has_name(fake_crm_record(game->sim.crm, k), l))
            print_message("%s%s\n", k < game->seeded ? "(there before) " : "",
                          fake_crm_record(game->sim.crm, k));
    show_lines(game);
    fail_msg("seed %llu, policy %d, %s: record %zu (%s;%s;%s;%s;%s) %s; it is %s %s %s",
             (unsigned long long)game->seed, game->sim.on_duplicate,
             game->rules == RULES_MERGE      ? "merge"
             : game->rules == RULES_LAST     ? "last"
             : game->rules == RULES_IDENTITY ? "identity"
             : game->rules == RULES_MATCH    ? "match"
                                             : "no match",
             i + 1, l->first, l->last, l->mail, l->phone, l->note, what,
             row_state_name(l->state), reason_code(l->reason), l->id);
}

static bool line_is_rejected(const struct import_line *line) {
    return strncmp(line->last, "Reject", 6) == 0;
}

/* Is somebody with this row's e-mail or name in the CRM? */
static bool is_there(const struct import_game *game, const struct import_line *line) {
    for (size_t k = 0; k < fake_crm_count(game->sim.crm); k++)
        if (record_has_mail(fake_crm_record(game->sim.crm, k), line->mail) ||
            record_has_name(fake_crm_record(game->sim.crm, k), line))
            return true;
    return false;
}

/* A row that nobody knows of. Where the role hides what is made, the rows that repeat it
 * fail, whether it came or not. */
static bool may_have_made(const struct import_game *game,
                          const struct import_line *line) {
    return line->state == ROW_UNKNOWN && (game->own || is_there(game, line));
}

/* Somebody else with this row's e-mail or name is in the CRM, or is in the file and may
 * have been there. */
static bool has_double(const struct import_game *game, size_t i) {
    const struct import_line *line = &game->lines[i];

    if (is_there(game, line))
        return true;
    for (size_t k = 0; k < game->count; k++) {
        const struct import_line *l = &game->lines[k];
        if (l->was_there && strcmp(l->first, line->first) == 0 &&
            strcmp(l->last, line->last) == 0)
            return true; /* until a later row has changed its name */
        if (k != i &&
            (l->state == ROW_CREATED || l->state == ROW_UPDATED ||
             l->state == ROW_UNCHANGED || may_have_made(game, l)) &&
            ((line->mail[0] != '\0' && strcasecmp(l->mail, line->mail) == 0) ||
             (strcmp(l->first, line->first) == 0 && strcmp(l->last, line->last) == 0)))
            return true;
    }
    return false;
}

/* A PUT, or a row of an Import, that failed at the server again and again, and did
 * nothing. */
static bool gave_up(const struct import_game *game, const struct import_line *line) {
    return line->state == ROW_FAILED && line->reason == REASON_SERVER_ERROR &&
           (game->sim.on_duplicate == ON_DUPLICATE_UPDATE ||
            fake_crm_counts(game->sim.crm)->breaks > 0);
}

/* Did a later row write to the same record? */
static bool is_overwritten(const struct import_game *game, size_t i) {
    for (size_t k = i + 1; k < game->count; k++)
        if (game->lines[k].state == ROW_UPDATED &&
            strcmp(game->lines[k].id, game->lines[i].id) == 0)
            return true;
    return false;
}

/* More rows have nothing but this name than one list of the server shows. */
static bool are_too_many(const struct import_game *game, const struct import_line *line) {
    size_t same = 0;

    for (size_t k = 0; k < game->count; k++)
        same += strcmp(game->lines[k].last, line->last) == 0;
    return game->rules != RULES_IDENTITY && line->mail[0] == '\0' && same >= game->page;
}

/* No list shows what is made. */
static bool is_hidden(const struct import_game *game) {
    return game->own && !game->assigned;
}

/* The server has left something out of a record of somebody with this name or e-mail, or
 * there are too many: then it may be impossible to tell whose it is. */
static bool may_be_unknown(const struct import_game *game,
                           const struct import_line *line) {
    if (are_too_many(game, line) || is_hidden(game))
        return true;
    for (size_t k = 0; k < game->count; k++) {
        const struct import_line *l = &game->lines[k];
        if (strncmp(l->note, "drop", 4) == 0 &&
            ((line->mail[0] != '\0' && strcasecmp(l->mail, line->mail) == 0) ||
             ((line->first[0] == '\0' || strcmp(l->first, line->first) == 0) &&
              strcmp(l->last, line->last) == 0)))
            return true;
    }
    return false;
}

/* onRepeat asks for matching, whatever the run forces. */
static enum mapping_on_duplicate policy_for(const struct import_game *game,
                                            const struct import_line *line) {
    bool matched = import_game_is_choosing(game) && line->mail[0] != '\0';

    return matched && game->sim.on_duplicate == ON_DUPLICATE_FORCE
               ? ON_DUPLICATE_FAIL
               : game->sim.on_duplicate;
}

static void judge_line(const struct import_game *game, size_t i) {
    const struct import_line *line = &game->lines[i];
    enum mapping_on_duplicate policy = policy_for(game, line);
    const char *record =
        line->id[0] == '\0' ? NULL : fake_crm_find(game->sim.crm, line->id);

    if (import_line_is_broken(line) && line->state != ROW_FAILED)
        wrong(game, i, "is broken, and did not fail");
    if (import_game_is_passed_over(game, i)) {
        if (line->state != ROW_SKIPPED || line->reason != REASON_REPEATED)
            wrong(game, i, "was not passed over for a later row");
        return;
    }
    switch (line->state) {
    case ROW_CREATED:
        if (record == NULL)
            wrong(game, i, "is not in the CRM");
        if (record < fake_crm_record(game->sim.crm, game->seeded))
            wrong(game, i, "was there before and is taken for created");
        if (!is_overwritten(game, i) && !record_is(record, line))
            wrong(game, i, "is not what was sent");
        if (!is_overwritten(game, i) && record_has_more(record, line))
            wrong(game, i, "has values of another row");
        if (line_is_rejected(line))
            wrong(game, i, "was refused by the server and is taken for created");
        break;
    case ROW_UPDATED:
    case ROW_UNCHANGED:
        if (policy != ON_DUPLICATE_UPDATE || record == NULL)
            wrong(game, i, "cannot have been updated");
        if (!is_overwritten(game, i) && !record_is(record, line))
            wrong(game, i, "is not what was sent");
        break;
    case ROW_SKIPPED:
        if (policy != ON_DUPLICATE_SKIP || !has_double(game, i) ||
            (import_game_is_choosing(game) && line->reason == REASON_REPEATED))
            wrong(game, i, "has no double that it could be skipped for");
        break;
    case ROW_FAILED:
        if (import_line_is_broken(line) ||
            (line_is_rejected(line) && line->reason == REASON_SERVER_VALIDATION))
            break;
        if (gave_up(game, line))
            break;
        if ((line->reason != REASON_DUPLICATE && line->reason != REASON_REPEATED &&
             line->reason != REASON_MATCH_MANY) ||
            policy == ON_DUPLICATE_FORCE || !has_double(game, i))
            wrong(game, i, "failed without need");
        break;
    case ROW_UNKNOWN:
        if (!may_be_unknown(game, line) ||
            (game->rules == RULES_IDENTITY && !is_hidden(game)))
            wrong(game, i, "should be known");
        break;
    case ROW_DELETED:
    case ROW_NEW:
    case ROW_INTENDED:
    case ROW_DOUBTFUL:
    case ROW_STATE_COUNT: wrong(game, i, "has not come to a right end"); break;
    }
}

/* Of rows with one match key one is created, where the mapping has such a key. */
static void judge_doubles(const struct import_game *game, size_t i) {
    const struct import_line *line = &game->lines[i];

    if (game->rules == RULES_NONE || line->state != ROW_CREATED ||
        line->mail[0] == '\0' || policy_for(game, line) == ON_DUPLICATE_FORCE)
        return;
    for (size_t k = 0; k < i; k++)
        if (game->lines[k].state == ROW_CREATED &&
            strcasecmp(game->lines[k].mail, line->mail) == 0)
            wrong(game, i, "was created beside another row of its e-mail");
}

static bool is_unknowns(const struct import_game *game, const char *record) {
    for (size_t i = 0; i < game->count; i++)
        if (game->lines[i].state == ROW_UNKNOWN && record_is(record, &game->lines[i]))
            return true;
    return false;
}

/* After a crash, a row can come upon what a later one with its e-mail had made meanwhile,
 * and update it: then nobody has created it. */
static bool is_shared(const struct import_game *game, const char *record) {
    size_t lines = 0, changed = 0;

    for (size_t i = 0; i < game->count; i++) {
        const struct import_line *line = &game->lines[i];
        lines += record_has_mail(record, line->mail);
        changed += line->state == ROW_UPDATED &&
                   fake_crm_find(game->sim.crm, line->id) == record;
    }
    return game->sim.on_duplicate == ON_DUPLICATE_UPDATE && lines > 1 && changed > 0;
}

/* Each record that was made belongs to one row that says it was created, or to one that
 * says it does not know. */
static void judge_records(const struct import_game *game) {
    size_t unknown = 0, unowned = 0;

    for (size_t i = 0; i < game->count; i++)
        unknown += game->lines[i].state == ROW_UNKNOWN;
    for (size_t k = game->seeded; k < fake_crm_count(game->sim.crm); k++) {
        const char *record = fake_crm_record(game->sim.crm, k);
        size_t owners = 0;
        for (size_t i = 0; i < game->count; i++)
            owners += game->lines[i].state == ROW_CREATED &&
                      fake_crm_find(game->sim.crm, game->lines[i].id) == record;
        if (owners == 1 || (owners == 0 && is_shared(game, record)))
            continue;
        if (owners == 0 && is_unknowns(game, record) && ++unowned <= unknown)
            continue;
        show_lines(game);
        fail_msg("seed %llu, policy %d: %zu rows own %s", (unsigned long long)game->seed,
                 game->sim.on_duplicate, owners, record);
    }
}

static size_t count_lines(const struct import_game *game) {
    size_t lines = 0;
    FILE *file = fopen(game->sim.results, "r");
    int c;

    assert_non_null(file);
    while ((c = fgetc(file)) != EOF)
        lines += c == '\n';
    (void)fclose(file);
    return lines;
}

void import_game_judge(struct import_game *game) {
    read_journal(game);
    for (size_t i = 0; i < game->count; i++)
        judge_line(game, i);
    for (size_t i = 0; i < game->count; i++)
        judge_doubles(game, i);
    judge_records(game);
    assert_int_equal(count_lines(game), game->count + 1); /* results, with a header */
}
