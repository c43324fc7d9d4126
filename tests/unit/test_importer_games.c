/* Whole imports in a simulation: random files, faults, crashes, power cuts, signals, full
 * disks; after the last resume the CRM holds each good row exactly once and every count
 * adds up.
 *
 * Each seed is one game (sim_game.h).
 */
#include "sim/sim_game.h"
#include "sim/sim_import.h"

#include "state/journal.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROWS_MAX = 48,
    BAD_RUNS = 8,      /* with faults and accidents, at most */
    RUNS_MAX = 60,     /* all of them */
    SPINS_ALLOWED = 50 /* polls in a row without waiting that an honest loop may need */
};

enum kind {
    ROW_PLAIN,
    ROW_TWIN,     /* a copy of an earlier row */
    ROW_SHARER,   /* another person with the e-mail of an earlier row */
    ROW_NAMESAKE, /* another e-mail, the name of an earlier row */
    ROW_SURNAME,  /* nothing but the last name of an earlier row */
    ROW_REJECTED, /* the server refuses it */
    ROW_DROPPED,  /* the server does not store its note */
    ROW_RAGGED,
    ROW_BAD_MAIL,
    ROW_KINDS
};

struct line {
    enum kind kind;
    char first[32], last[32], mail[48], phone[24], note[32];
    bool was_there;       /* a record that equals it was there before the run */
    bool others;          /* a record with its e-mail was there before the run */
    enum row_state state; /* in the end */
    enum reason reason;   /* FAILED: the first one */
    char id[32];          /* of its record */
    char words[120];      /* FAILED, UNKNOWN: why */
};

struct game {
    struct sim sim;
    uint64_t seed;
    uint64_t chance;
    struct line lines[ROWS_MAX];
    size_t count;
    size_t seeded; /* records that were there before */
    size_t runs;
};

static uint64_t dice(struct game *game, uint64_t below) {
    return sim_dice(&game->chance, below);
}

static const char plainly[] = "{\"version\":1,\"entityType\":\"Lead\",\"columns\":["
                              "{\"name\":\"First\",\"field\":\"firstName\"},"
                              "{\"name\":\"Last\",\"field\":\"lastName\"},"
                              "{\"name\":\"Mail\",\"field\":\"emailAddress\"},"
                              "{\"name\":\"Phone\",\"field\":\"phoneNumber\"},"
                              "{\"name\":\"Note\",\"field\":\"description\"}]}";
#define MATCHING(more)                                                                   \
    "{\"version\":1,\"entityType\":\"Lead\",\"match\":[[\"emailAddress\"]]," more        \
    "\"columns\":[{\"name\":\"First\",\"field\":\"firstName\"},"                         \
    "{\"name\":\"Last\",\"field\":\"lastName\"},"                                        \
    "{\"name\":\"Mail\",\"field\":\"emailAddress\"},"                                    \
    "{\"name\":\"Phone\",\"field\":\"phoneNumber\"},"                                    \
    "{\"name\":\"Note\",\"field\":\"description\"}]}"
static const char matching[] = MATCHING("");
static const char identified[] = MATCHING("\"identity\":\"cIdentity\",");
static const char taking_last[] = MATCHING("\"onRepeat\":\"last\",");
static const char merging[] = MATCHING("\"onRepeat\":\"merge\",");

/* --- the file --- */

static void fill_line(struct game *game, size_t i) {
    struct line *line = &game->lines[i];

    (void)snprintf(line->first, sizeof line->first, "Ada%zu", i);
    (void)snprintf(line->last, sizeof line->last, "Byron%zu", i);
    if (dice(game, 5) > 0)
        (void)snprintf(line->mail, sizeof line->mail, "%s%zu@example.com",
                       dice(game, 4) == 0 ? "Ada.B" : "ada", i);
    if (dice(game, 4) == 0)
        (void)snprintf(line->phone, sizeof line->phone, "+14155550%03zu", i);
    if (dice(game, 2) == 0)
        (void)snprintf(line->note, sizeof line->note, "note %zu", i);
}

static void make_line(struct game *game, size_t i) {
    struct line *line = &game->lines[i];
    const struct line *other = i == 0 ? NULL : &game->lines[dice(game, i)];

    line->kind = dice(game, 2) == 0 ? ROW_PLAIN : (enum kind)dice(game, ROW_KINDS);
    if (other == NULL || other->kind == ROW_RAGGED || other->kind == ROW_BAD_MAIL)
        line->kind = line->kind == ROW_TWIN || line->kind == ROW_SHARER ||
                             line->kind == ROW_NAMESAKE || line->kind == ROW_SURNAME
                         ? ROW_PLAIN
                         : line->kind;
    fill_line(game, i);
    switch (line->kind) {
    case ROW_TWIN: *line = *other; break; /* its kind, too */
    case ROW_SHARER:
        (void)snprintf(line->mail, sizeof line->mail, "%s", other->mail);
        break;
    case ROW_NAMESAKE:
        (void)snprintf(line->first, sizeof line->first, "%s", other->first);
        (void)snprintf(line->last, sizeof line->last, "%s", other->last);
        break;
    case ROW_SURNAME:
        memset(line->first, 0, sizeof line->first);
        memset(line->mail, 0, sizeof line->mail);
        memset(line->phone, 0, sizeof line->phone);
        (void)snprintf(line->last, sizeof line->last, "%s", other->last);
        if (dice(game, 2) == 0)
            memset(line->note, 0, sizeof line->note);
        break;
    case ROW_REJECTED:
        (void)snprintf(line->last, sizeof line->last, "Reject%zu", i);
        break;
    case ROW_DROPPED: (void)snprintf(line->note, sizeof line->note, "drop %zu", i); break;
    case ROW_BAD_MAIL: (void)snprintf(line->mail, sizeof line->mail, "no mail"); break;
    case ROW_PLAIN:
    case ROW_RAGGED:
    case ROW_KINDS: break;
    }
}

static void write_lines(struct game *game) {
    static char text[ROWS_MAX * 200];
    size_t len = (size_t)snprintf(text, sizeof text, "First;Last;Mail;Phone;Note\n");

    for (size_t i = 0; i < game->count; i++) {
        const struct line *l = &game->lines[i];
        len += (size_t)snprintf(text + len, sizeof text - len, "%s;%s;%s;%s;\"%s\"%s\n",
                                l->first, l->last, l->mail, l->phone, l->note,
                                l->kind == ROW_RAGGED ? ";more;cells" : "");
    }
    sim_write_csv(&game->sim, text);
}

/* Some rows are in the CRM already, of an earlier import of ours or by somebody else. */
static void seed_records(struct game *game) {
    for (size_t i = 0; i < game->count; i++) {
        struct line *l = &game->lines[i];
        bool ours = dice(game, 2) == 0, same = dice(game, 2) == 0;
        char json[400];
        if (dice(game, 10) != 0 || l->mail[0] == '\0' || l->kind == ROW_BAD_MAIL)
            continue;
        (void)snprintf(json, sizeof json,
                       "{\"firstName\":\"%s\",\"lastName\":\"%s\",\"emailAddress\":"
                       "\"%s\",\"phoneNumber\":%s%s%s,\"description\":%s%s%s}",
                       same ? l->first : "Other", same ? l->last : "Person", l->mail,
                       l->phone[0] == '\0' ? "null" : "\"", l->phone,
                       l->phone[0] == '\0' ? "" : "\"",
                       l->note[0] == '\0' ? "null" : "\"", l->note,
                       l->note[0] == '\0' ? "" : "\"");
        (void)fake_crm_seed(game->sim.crm, json, ours ? NULL : "5e00000000000ad01");
        game->seeded++;
    }
    fake_crm_pass(game->sim.crm, 3600 * 1000);
}

static bool line_is_broken(const struct line *line) {
    return line->kind == ROW_RAGGED || line->kind == ROW_BAD_MAIL;
}

static bool shares_key(const struct line *a, const struct line *b) {
    return !line_is_broken(a) && !line_is_broken(b) && a->mail[0] != '\0' &&
           strcasecmp(a->mail, b->mail) == 0;
}

static bool is_choosing(const struct game *game) {
    return game->sim.mapping == taking_last || game->sim.mapping == merging;
}

/* Does a later row of its key count instead? */
static bool is_passed_over(const struct game *game, size_t i) {
    for (size_t k = i + 1; k < game->count && is_choosing(game); k++)
        if (shares_key(&game->lines[i], &game->lines[k]))
            return true;
    return false;
}

/* What the last row of each key is to become. */
static void merge_lines(struct game *game) {
    for (size_t i = 0; i < game->count && game->sim.mapping == merging; i++) {
        struct line *line = &game->lines[i];
        for (size_t k = i; k-- > 0 && !is_passed_over(game, i);) {
            const struct line *earlier = &game->lines[k];
            if (!shares_key(line, earlier))
                continue;
            if (line->phone[0] == '\0')
                (void)snprintf(line->phone, sizeof line->phone, "%s", earlier->phone);
            if (line->note[0] == '\0')
                (void)snprintf(line->note, sizeof line->note, "%s", earlier->note);
        }
    }
}

static void game_init(struct game *game, uint64_t seed) {
    static const enum mapping_on_duplicate policies[] = {
        ON_DUPLICATE_FAIL, ON_DUPLICATE_SKIP, ON_DUPLICATE_UPDATE, ON_DUPLICATE_FORCE};
    static const char *const mappings[] = {plainly,     plainly, matching,  matching,
                                           taking_last, merging, identified};
    static const size_t batches[] = {0, 1, 3, 20};
    struct fake_options options = {.testdata = TESTDATA, .seed = seed};

    memset(game, 0, sizeof *game);
    game->seed = seed;
    game->chance = seed * 1000003;
    options.page = dice(game, 4) == 0 ? 5 : 200;
    options.versions = dice(game, 2) == 0;
    sim_init(&game->sim, &options);
    game->sim.on_duplicate = policies[dice(game, 4)];
    game->sim.mapping = mappings[dice(game, 7)];
    game->sim.jobs = 1 + dice(game, 8);
    game->sim.retries = (unsigned)dice(game, 5);
    game->sim.batch = batches[dice(game, 4)];
    game->count = 1 + dice(game, ROWS_MAX);
    for (size_t i = 0; i < game->count; i++)
        make_line(game, i);
    write_lines(game);
    seed_records(game);
    merge_lines(game);
}

/* --- the runs --- */

static struct fake_run make_run(struct game *game) {
    struct fake_run run = {0};
    uint64_t step = 1 + dice(game, 40 + 12 * game->count);

    switch (dice(game, 8)) {
    case 0:
    case 1:
    case 2: run.crash_at_step = step; break;
    case 3: run.interrupt_at_step = step; break;
    case 4:
        run.interrupt_at_step = step;
        run.interrupt_2_at_step = step + dice(game, 20);
        break;
    case 5: run.revoke_at_request = 1 + dice(game, 8 + game->count); break;
    case 6: run.poll_error_at_step = step; break;
    default: break;
    }
    return run;
}

static void check_run(const struct game *game) {
    const struct fake_counts *counts = fake_crm_counts(game->sim.crm);

    if (counts->overlaps > 0)
        fail_msg("seed %llu: requests that share a key were at work at the same time",
                 (unsigned long long)game->seed);
    if (counts->after_401 > 0)
        fail_msg("seed %llu: requests were sent after a 401",
                 (unsigned long long)game->seed);
    if (counts->spins > SPINS_ALLOWED)
        fail_msg("seed %llu: %llu polls in a row without waiting",
                 (unsigned long long)game->seed, (unsigned long long)counts->spins);
}

static int play_run(struct game *game, const struct fake_run *run) {
    struct tally tally;
    struct err err = {0};
    int rc;

    if (dice(game, 8) == 0 && game->runs <= BAD_RUNS)
        game->sim.disk.file_bytes = 4096 * (int64_t)(1 + dice(game, 60));
    if (dice(game, 6) == 0 && game->runs <= BAD_RUNS)
        game->sim.disk.power_off_at = 1 + dice(game, 60);
    if (dice(game, 8) == 0 && game->runs <= BAD_RUNS)
        game->sim.disk.error_at = 1 + dice(game, 60);
    game->sim.cuts_power = dice(game, 2) == 0;
    rc = sim_run(&game->sim, run, &tally, &err);
    if (rc < 0 && (err.rc != rc || err.message[0] == '\0'))
        fail_msg("seed %llu: run %zu ended with %d without words",
                 (unsigned long long)game->seed, game->runs, rc);
    if (rc != SIM_CRASHED && tally.rows > 0 && tally_verify(&tally, NULL) != RC_OK)
        fail_msg("seed %llu: run %zu does not add up", (unsigned long long)game->seed,
                 game->runs);
    if (sim_game_is_alone())
        print_message("run %zu: rc %d, %s, step %llu, %lld s\n", game->runs, rc,
                      err.message,
                      (unsigned long long)fake_crm_counts(game->sim.crm)->steps,
                      (long long)fake_crm_now_ms(game->sim.crm) / 1000 % 100000);
    check_run(game);
    return rc;
}

static void play(struct game *game) {
    static const struct fake_run quiet;
    int rc = 1;

    for (game->runs = 1; rc != RC_OK; game->runs++) {
        struct fake_run run = make_run(game);
        bool bad = game->runs <= BAD_RUNS;
        if (game->runs > RUNS_MAX)
            fail_msg("seed %llu: %zu runs and no end", (unsigned long long)game->seed,
                     game->runs - 1);
        fake_crm_set_faults(game->sim.crm, bad ? (unsigned)dice(game, 400) : 0);
        rc = play_run(game, bad ? &run : &quiet);
        if (dice(game, 2) == 0)
            fake_crm_pass(game->sim.crm, (int64_t)dice(game, 30000));
    }
    fake_crm_pass(game->sim.crm, 60000); /* whatever is late has arrived now */
}

/* --- the verdict --- */

static int first_error(void *context, const struct journal_error *error) {
    struct line *line = context;

    if (line->reason == REASON_NONE) {
        line->reason = error->reason;
        (void)snprintf(line->words, sizeof line->words, "%s", error->message);
    }
    return RC_OK;
}

static void read_journal(struct game *game) {
    struct journal *journal;
    struct journal_cursor *cursor;
    struct journal_row row;
    size_t n = 0;

    assert_int_equal(journal_open(&journal, game->sim.checkpoint, NULL), RC_OK);
    assert_int_equal(journal_rows(journal, 0, false, &cursor, NULL), RC_OK);
    while (journal_rows_next(cursor, &row, NULL) == 1) {
        struct line *line = &game->lines[n++];
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

static bool record_is(const char *record, const struct line *line) {
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
static bool record_has_more(const char *record, const struct line *line) {
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

static bool record_has_name(const char *record, const struct line *line) {
    json_t *json = json_loads(record, 0, NULL);
    bool same = member_is(json, "firstName", line->first) &&
                member_is(json, "lastName", line->last);

    json_decref(json);
    return same;
}

/* All of them, when one seed is replayed. */
static void show_lines(const struct game *game) {
    for (size_t k = 0; k < game->count && sim_game_is_alone(); k++)
        print_message("%zu: %s;%s;%s;%s;%s %s %s %s %s\n", k + 1, game->lines[k].first,
                      game->lines[k].last, game->lines[k].mail, game->lines[k].phone,
                      game->lines[k].note, row_state_name(game->lines[k].state),
                      reason_code(game->lines[k].reason), game->lines[k].id,
                      game->lines[k].words);
}

static void wrong(const struct game *game, size_t i, const char *what) {
    const struct line *l = &game->lines[i];

    for (size_t k = 0; k < fake_crm_count(game->sim.crm); k++)
        if (record_has_mail(fake_crm_record(game->sim.crm, k), l->mail) ||
            record_has_name(fake_crm_record(game->sim.crm, k), l))
            print_message("%s%s\n", k < game->seeded ? "(there before) " : "",
                          fake_crm_record(game->sim.crm, k));
    show_lines(game);
    fail_msg("seed %llu, policy %d, %s: record %zu (%s;%s;%s;%s;%s) %s; it is %s %s %s",
             (unsigned long long)game->seed, game->sim.on_duplicate,
             game->sim.mapping == merging       ? "merge"
             : game->sim.mapping == taking_last ? "last"
             : game->sim.mapping == identified  ? "identity"
             : game->sim.mapping == matching    ? "match"
                                                : "no match",
             i + 1, l->first, l->last, l->mail, l->phone, l->note, what,
             row_state_name(l->state), reason_code(l->reason), l->id);
}

static bool line_is_rejected(const struct line *line) {
    return strncmp(line->last, "Reject", 6) == 0;
}

/* Somebody else with this row's e-mail or name is in the CRM, or is in the file and may
 * have been there. */
static bool has_double(const struct game *game, size_t i) {
    const struct line *line = &game->lines[i];

    for (size_t k = 0; k < fake_crm_count(game->sim.crm); k++)
        if (record_has_mail(fake_crm_record(game->sim.crm, k), line->mail) ||
            record_has_name(fake_crm_record(game->sim.crm, k), line))
            return true;
    for (size_t k = 0; k < game->count; k++) {
        const struct line *l = &game->lines[k];
        if (k != i &&
            (l->state == ROW_CREATED || l->state == ROW_UPDATED ||
             l->state == ROW_UNCHANGED) &&
            ((line->mail[0] != '\0' && strcasecmp(l->mail, line->mail) == 0) ||
             (strcmp(l->first, line->first) == 0 && strcmp(l->last, line->last) == 0)))
            return true;
    }
    return false;
}

/* A PUT that failed at the server again and again, and did nothing. */
static bool line_gave_up(const struct line *line) {
    return line->state == ROW_FAILED && line->reason == REASON_SERVER_ERROR;
}

/* Did a later row write to the same record? */
static bool is_overwritten(const struct game *game, size_t i) {
    for (size_t k = i + 1; k < game->count; k++)
        if (game->lines[k].state == ROW_UPDATED &&
            strcmp(game->lines[k].id, game->lines[i].id) == 0)
            return true;
    return false;
}

/* The server has left something out of a record of somebody with this name or e-mail:
 * then it may be impossible to tell whose it is. */
static bool may_be_unknown(const struct game *game, const struct line *line) {
    for (size_t k = 0; k < game->count; k++) {
        const struct line *l = &game->lines[k];
        if (strncmp(l->note, "drop", 4) == 0 &&
            ((line->mail[0] != '\0' && strcasecmp(l->mail, line->mail) == 0) ||
             ((line->first[0] == '\0' || strcmp(l->first, line->first) == 0) &&
              strcmp(l->last, line->last) == 0)))
            return true;
    }
    return false;
}

static void judge_line(const struct game *game, size_t i) {
    const struct line *line = &game->lines[i];
    enum mapping_on_duplicate policy = game->sim.on_duplicate;
    const char *record =
        line->id[0] == '\0' ? NULL : fake_crm_find(game->sim.crm, line->id);

    if (line_is_broken(line) && line->state != ROW_FAILED)
        wrong(game, i, "is broken, and did not fail");
    if (is_passed_over(game, i)) {
        if (line->state != ROW_SKIPPED || line->reason != REASON_REPEATED)
            wrong(game, i, "was not passed over for a later row");
        return;
    }
    if (is_choosing(game) && policy == ON_DUPLICATE_FORCE && line->mail[0] != '\0')
        policy = ON_DUPLICATE_FAIL; /* onRepeat asks for matching */
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
            (is_choosing(game) && line->reason == REASON_REPEATED))
            wrong(game, i, "has no double that it could be skipped for");
        break;
    case ROW_FAILED:
        if (line_is_broken(line) ||
            (line_is_rejected(line) && line->reason == REASON_SERVER_VALIDATION))
            break;
        if (line_gave_up(line) && policy == ON_DUPLICATE_UPDATE)
            break;
        if ((line->reason != REASON_DUPLICATE && line->reason != REASON_REPEATED &&
             line->reason != REASON_MATCH_MANY) ||
            policy == ON_DUPLICATE_FORCE || !has_double(game, i))
            wrong(game, i, "failed without need");
        break;
    case ROW_UNKNOWN:
        if (!may_be_unknown(game, line) || game->sim.mapping == identified)
            wrong(game, i, "should be known");
        break;
    case ROW_DELETED:
    case ROW_NEW:
    case ROW_INTENDED:
    case ROW_DOUBTFUL:
    case ROW_STATE_COUNT: wrong(game, i, "has not come to a right end"); break;
    }
}

static bool is_unknowns(const struct game *game, const char *record) {
    for (size_t i = 0; i < game->count; i++)
        if (game->lines[i].state == ROW_UNKNOWN && record_is(record, &game->lines[i]))
            return true;
    return false;
}

/* After a crash, a row can come upon what a later one with its e-mail had made meanwhile,
 * and update it: then nobody has created it. */
static bool is_shared(const struct game *game, const char *record) {
    size_t lines = 0, changed = 0;

    for (size_t i = 0; i < game->count; i++) {
        const struct line *line = &game->lines[i];
        lines += record_has_mail(record, line->mail);
        changed += line->state == ROW_UPDATED &&
                   fake_crm_find(game->sim.crm, line->id) == record;
    }
    return game->sim.on_duplicate == ON_DUPLICATE_UPDATE && lines > 1 && changed > 0;
}

/* Each record that was made belongs to one row that says it was created, or to one that
 * says it does not know. */
static void judge_records(const struct game *game) {
    for (size_t k = game->seeded; k < fake_crm_count(game->sim.crm); k++) {
        const char *record = fake_crm_record(game->sim.crm, k);
        size_t owners = 0;
        for (size_t i = 0; i < game->count; i++)
            owners += game->lines[i].state == ROW_CREATED &&
                      fake_crm_find(game->sim.crm, game->lines[i].id) == record;
        if (owners == 1 ||
            (owners == 0 && (is_unknowns(game, record) || is_shared(game, record))))
            continue;
        show_lines(game);
        fail_msg("seed %llu, policy %d: %zu rows own %s", (unsigned long long)game->seed,
                 game->sim.on_duplicate, owners, record);
    }
}

static size_t count_lines(const struct game *game) {
    size_t lines = 0;
    FILE *file = fopen(game->sim.results, "r");
    int c;

    assert_non_null(file);
    while ((c = fgetc(file)) != EOF)
        lines += c == '\n';
    (void)fclose(file);
    return lines;
}

static void judge(struct game *game) {
    read_journal(game);
    for (size_t i = 0; i < game->count; i++)
        judge_line(game, i);
    judge_records(game);
    assert_int_equal(count_lines(game), game->count + 1); /* results, with a header */
}

static size_t play_game(uint64_t seed) {
    struct game game;

    game_init(&game, seed);
    play(&game);
    judge(&game);
    sim_free(&game.sim);
    return game.runs;
}

static void test_games(void **state) {
    static const struct sim_games games = {
        .name = "importer games", .play = play_game, .fixed = 300, .fresh = 200};

    (void)state;
    sim_games_play(&games);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_games),
    };
    return cmocka_run_group_tests_name("importer games", tests, NULL, NULL);
}
