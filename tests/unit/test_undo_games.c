/* Whole undos in a simulation: an import with all its accidents, to its end or not, then
 * edits by others, then an undo with accidents of its own until it is through. What the
 * run made or changed and nobody has edited is as before; what was edited is as it was
 * left, and listed; every count adds up.
 *
 * Each seed is one game (sim_game.h).
 */
#include "sim/sim_game.h"
#include "sim/sim_import.h"

#include "flow/undoer.h"

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
    ROWS_MAX = 24,
    RECORDS_MAX_HERE = 128,
    BAD_RUNS = 6, /* with faults and accidents, at most */
    RUNS_MAX = 60,
    BULK_CHANCE = 0xb01c /* of its own: else games of one engine are as they were */
};

#define MAPPING(more)                                                                    \
    "{\"version\":1,\"entityType\":\"Lead\"," more                                       \
    "\"columns\":[{\"name\":\"First\",\"field\":\"firstName\"},"                         \
    "{\"name\":\"Last\",\"field\":\"lastName\"},"                                        \
    "{\"name\":\"Mail\",\"field\":\"emailAddress\"},"                                    \
    "{\"name\":\"Note\",\"field\":\"description\"}]}"
#define MATCHED "\"match\":[[\"emailAddress\"]],"

static const struct kind {
    const char *name, *mapping;
    enum mapping_on_duplicate on_duplicate;
    unsigned there; /* of ten rows, so many have a record before the run */
    bool deletes;
} kinds[] = {
    {"create", MAPPING(""), ON_DUPLICATE_FORCE, 0, false},
    {"upsert", MAPPING("\"operation\":\"upsert\"," MATCHED), ON_DUPLICATE_UPDATE, 5,
     false},
    {"update", MAPPING("\"operation\":\"update\"," MATCHED), ON_DUPLICATE_UPDATE, 8,
     false},
    {"delete", MAPPING("\"operation\":\"delete\"," MATCHED), ON_DUPLICATE_UPDATE, 8,
     true},
};

/* One record through all of it. */
struct life {
    json_t *before, *after, *edited; /* owned; before NULL: the run has made it */
    bool gone_after, gone_edited;    /* deleted by then */
    const char *field;               /* that somebody has edited, or NULL */
    size_t writers;                  /* rows of the run that may have written it */
    bool made;                       /* one of these says that it created it */
    bool listed, failed;             /* one of its steps says so */
};

struct game {
    struct sim sim;
    const struct kind *kind;
    uint64_t seed, chance;
    size_t rows, seeded, runs, count;
    bool admin;
    bool whole;   /* the import came to its end */
    bool settled; /* nothing of it is under way when others edit */
    struct life lives[RECORDS_MAX_HERE];
};

static uint64_t dice(struct game *game, uint64_t below) {
    return sim_dice(&game->chance, below);
}

/* --- before the run --- */

static void write_rows(struct game *game) {
    static char text[ROWS_MAX * 120];
    size_t len = (size_t)snprintf(text, sizeof text, "First;Last;Mail;Note\n");

    for (size_t i = 0; i < game->rows; i++) {
        size_t who = i > 0 && dice(game, 8) == 0 ? dice(game, i) : i; /* a twin? */
        const char *last = dice(game, 12) == 0 ? "Reject" : "Byron";
        const char *note = dice(game, 10) == 0 ? "drop" : "note";
        len += (size_t)snprintf(text + len, sizeof text - len,
                                "Ada%zu;%s%zu;ada%zu@example.com;", i, last, who, who);
        if (dice(game, 3) > 0)
            len += (size_t)snprintf(text + len, sizeof text - len, "%s %zu", note, i);
        len += (size_t)snprintf(text + len, sizeof text - len, "\n");
    }
    sim_write_csv(&game->sim, text);
}

static void seed_records(struct game *game) {
    for (size_t i = 0; i < game->rows + 3; i++) { /* some that the run does not know */
        char json[300];
        if (i < game->rows && dice(game, 10) >= game->kind->there)
            continue;
        (void)snprintf(json, sizeof json,
                       "{\"firstName\":\"Old\",\"lastName\":\"Byron%zu\","
                       "\"emailAddress\":\"ada%zu@example.com\",\"title\":\"t\","
                       "\"description\":%s}",
                       i, i, dice(game, 2) == 0 ? "null" : "\"was there\"");
        (void)fake_crm_seed(game->sim.crm, json,
                            dice(game, 2) == 0 ? NULL : "5e00000000000ad01");
        game->seeded++;
    }
    fake_crm_pass(game->sim.crm, 3600 * 1000);
}

static void game_init(struct game *game, uint64_t seed) {
    static const size_t batches[] = {0, 1, 3, 20};
    struct fake_options options = {.testdata = TESTDATA, .seed = seed};

    memset(game, 0, sizeof *game);
    game->seed = seed;
    game->chance = seed * 1000003;
    game->admin = options.admin = dice(game, 2) == 0;
    options.page = dice(game, 4) == 0 ? 5 : 200;
    options.versions = dice(game, 2) == 0;
    sim_init(&game->sim, &options);
    game->sim.bulk = sim_dice(&(uint64_t){seed ^ BULK_CHANCE}, 3) == 0;
    game->kind = &kinds[dice(game, sizeof kinds / sizeof kinds[0])];
    game->sim.mapping = game->kind->mapping;
    game->sim.on_duplicate = game->kind->on_duplicate;
    game->sim.jobs = 1 + dice(game, 8);
    game->sim.retries = (unsigned)dice(game, 5);
    game->sim.batch = batches[dice(game, 4)];
    game->rows = 1 + dice(game, ROWS_MAX);
    write_rows(game);
    seed_records(game);
}

static void wrong(const struct game *game, const char *what, const char *record) {
    fail_msg("seed %llu, %s%s: %s: %s", (unsigned long long)game->seed, game->kind->name,
             game->admin ? ", admin" : "", what, record);
}

/* --- what there is --- */

static json_t *read_record(const struct game *game, size_t i) {
    return json_loads(fake_crm_record(game->sim.crm, i), 0, NULL);
}

/* What every change moves, taken back or not. */
static bool is_moving(const char *name) {
    return strcmp(name, "modifiedAt") == 0 || strcmp(name, "modifiedById") == 0 ||
           strcmp(name, "versionNumber") == 0;
}

static bool same_value(const json_t *a, const json_t *b) {
    bool no_a = a == NULL || json_is_null(a) || json_is_false(a);
    bool no_b = b == NULL || json_is_null(b) || json_is_false(b);

    return no_a || no_b ? no_a && no_b : json_equal(a, b);
}

/* The same but for what moves, and for one field. */
static bool same_record(const json_t *a, const json_t *b, const char *but) {
    const json_t *sides[] = {a, b};

    for (size_t i = 0; i < 2; i++)
        for (void *at = json_object_iter((json_t *)(uintptr_t)sides[i]); at != NULL;
             at = json_object_iter_next((json_t *)(uintptr_t)sides[i], at)) {
            const char *name = json_object_iter_key(at);
            if (!is_moving(name) && strcmp(name, "deleted") != 0 &&
                (but == NULL || strcmp(name, but) != 0) &&
                !same_value(json_object_get(a, name), json_object_get(b, name)))
                return false;
        }
    return true;
}

static void note_before(struct game *game) {
    for (size_t i = 0; i < game->seeded; i++)
        game->lives[i].before = read_record(game, i);
}

static void note_after(struct game *game) {
    game->count = fake_crm_count(game->sim.crm);
    assert_true(game->count <= RECORDS_MAX_HERE);
    for (size_t i = 0; i < game->count; i++) {
        game->lives[i].after = read_record(game, i);
        game->lives[i].gone_after = fake_crm_is_deleted(game->sim.crm, i);
    }
}

static struct life *life_of(struct game *game, const char *id) {
    for (size_t i = 0; id != NULL && i < fake_crm_count(game->sim.crm); i++) {
        const char *own = strstr(fake_crm_record(game->sim.crm, i), "\"id\":\"");
        if (own != NULL && strncmp(own + 6, id, strlen(id)) == 0)
            return &game->lives[i];
    }
    return NULL;
}

static void edit(struct game *game) {
    static const char *const fields[] = {"description", "lastName", "title"};
    bool deletes = game->settled && (game->whole || !game->kind->deletes);

    for (size_t i = 0; i < game->count; i++) {
        struct life *life = &game->lives[i];
        char json[80];
        if (game->settled && !life->gone_after && dice(game, 4) == 0) {
            life->field = fields[dice(game, 3)];
            (void)snprintf(json, sizeof json, "{\"%s\":\"edited %zu\"}", life->field, i);
            fake_crm_edit(game->sim.crm, i, json, "5e00000000000ad02");
        } else if (deletes && !life->gone_after && dice(game, 12) == 0) {
            fake_crm_edit(game->sim.crm, i, NULL, "5e00000000000ad02");
        }
        life->edited = read_record(game, i);
        life->gone_edited = fake_crm_is_deleted(game->sim.crm, i);
    }
}

/* --- the runs --- */

static struct fake_run make_run(struct game *game, struct sim_disk_plan *disk) {
    struct fake_run run = {0};
    uint64_t step = 1 + dice(game, 40 + 12 * game->rows);

    switch (dice(game, 9)) {
    case 0:
    case 1:
    case 2: run.crash_at_step = step; break;
    case 3: run.interrupt_at_step = step; break;
    case 4: run.revoke_at_request = 1 + dice(game, 8 + game->rows); break;
    case 5: run.poll_error_at_step = step; break;
    case 6: disk->power_off_at = 1 + dice(game, 60); break;
    case 7: disk->error_at = 1 + dice(game, 60); break;
    default: break;
    }
    if (dice(game, 10) == 0)
        disk->file_bytes = 4096 * (int64_t)(1 + dice(game, 60));
    return run;
}

typedef int run_once(struct sim *sim, const struct fake_run *run, struct tally *tally,
                     struct err *err);

/* One run with or without accidents; RC_OK when it came to its end. */
static int play_run(struct game *game, run_once *once, bool bad) {
    struct fake_run run = {0};
    struct tally tally;
    struct err err = {0};
    int rc;

    if (bad)
        run = make_run(game, &game->sim.disk);
    fake_crm_set_faults(game->sim.crm, bad ? (unsigned)dice(game, 400) : 0);
    game->sim.cuts_power = dice(game, 2) == 0;
    rc = once(&game->sim, &run, &tally, &err);
    if (sim_game_is_alone())
        print_message("%s %zu: rc %d, %s\n", once == sim_run ? "import" : "undo",
                      game->runs, rc, err.message);
    if (rc < 0 && (err.rc != rc || err.message[0] == '\0'))
        wrong(game, "a run ended without words", "");
    if (rc != SIM_CRASHED && tally.rows > 0 && tally_verify(&tally, &err) != RC_OK)
        wrong(game, "a run does not add up", err.message);
    if (fake_crm_counts(game->sim.crm)->after_401 > 0)
        wrong(game, "requests were sent after a 401", "");
    if (fake_crm_counts(game->sim.crm)->overlaps > 0)
        wrong(game, "requests that share a key were at work at the same time", "");
    game->runs++;
    return rc;
}

static int play_to_the_end(struct game *game, run_once *once) {
    int rc = 1;

    for (size_t i = 1; rc != RC_OK; i++) {
        if (i > RUNS_MAX)
            wrong(game, "so many runs and no end", "");
        rc = play_run(game, once, i <= BAD_RUNS);
        if (dice(game, 2) == 0)
            fake_crm_pass(game->sim.crm, (int64_t)dice(game, 30000));
    }
    return rc;
}

static bool has_begun(const struct game *game) {
    struct journal *journal;
    bool begun = sim_has_begun(game->sim.checkpoint) &&
                 journal_open(&journal, game->sim.checkpoint, NULL) == RC_OK;

    if (begun) {
        begun = journal_text(journal, "kind")[0] != '\0';
        journal_close(journal);
    }
    return begun;
}

static void play_import(struct game *game) {
    game->whole = dice(game, 3) > 0;
    if (!game->whole) { /* one run, however it ends */
        game->whole = play_run(game, sim_run, true) == RC_OK;
        if (has_begun(game))
            return;
    }
    (void)play_to_the_end(game, sim_run);
    game->whole = true;
}

/* --- the verdict --- */

static int show_reason(void *context, const struct journal_error *error) {
    (void)context;
    print_message("    %s %s\n", error->field, error->message);
    return RC_OK;
}

/* When one seed is replayed. */
static void show_row(const char *whose, struct journal *journal,
                     const struct journal_row *row) {
    if (!sim_game_is_alone())
        return;
    print_message("%s row %llu: %s %s%s%s\n", whose, (unsigned long long)row->record,
                  row_state_name(row->state), row->id == NULL ? "" : row->id,
                  row->matched_by == NULL ? "" : " ",
                  row->matched_by == NULL ? "" : row->matched_by);
    (void)journal_errors(journal, row->record, show_reason, NULL, NULL);
}

static void read_run(struct game *game) {
    struct journal *journal;
    struct journal_cursor *cursor;
    struct journal_row row;

    assert_int_equal(journal_open(&journal, game->sim.checkpoint, NULL), RC_OK);
    assert_int_equal(journal_rows(journal, 0, false, &cursor, NULL), RC_OK);
    while (journal_rows_next(cursor, &row, NULL) == 1) {
        struct life *life = life_of(game, row.id);
        show_row("import", journal, &row);
        if (life == NULL || row.state == ROW_SKIPPED || row.state == ROW_UNCHANGED ||
            row.state == ROW_UNKNOWN)
            continue;
        life->writers++;
        life->made = life->made || row.state == ROW_CREATED;
    }
    journal_rows_close(cursor);
    journal_close(journal);
}

/* A row of the undo may fail only because the server did. */
static int judge_reason(void *context, const struct journal_error *error) {
    if (error->reason != REASON_SERVER_ERROR)
        wrong(context, "a step failed without need", error->message);
    return RC_OK;
}

static void read_undo(struct game *game) {
    struct journal *journal;
    struct journal_cursor *cursor;
    struct journal_row row;
    struct undo_counts n;
    uint64_t rows = 0, failed = 0;

    assert_int_equal(journal_open(&journal, game->sim.undo, NULL), RC_OK);
    assert_int_equal(journal_rows(journal, 0, false, &cursor, NULL), RC_OK);
    while (journal_rows_next(cursor, &row, NULL) == 1) {
        struct life *life = life_of(game, row.id);
        show_row("undo", journal, &row);
        rows++;
        failed += row.state == ROW_FAILED;
        if (!row_state_is_final(row.state))
            wrong(game, "a step has no end", row_state_name(row.state));
        if (row.state == ROW_FAILED)
            (void)journal_errors(journal, row.record, judge_reason, game, NULL);
        if (life == NULL)
            continue;
        life->listed = life->listed || row.state == ROW_SKIPPED;
        life->failed = life->failed || row.state == ROW_FAILED;
    }
    journal_rows_close(cursor);
    assert_int_equal(undo_count(journal, &n, NULL), RC_OK);
    journal_close(journal);
    if (n.deleted + n.restored + n.undeleted + n.links + n.kept + n.gone + n.as_before +
            failed !=
        rows)
        wrong(game, "the counts of the undo do not add up", "");
}

static void judge_made(const struct game *game, const struct life *life,
                       const json_t *now, bool gone, const char *text) {
    if (!life->made) { /* of a row that is not known: left alone, but what others did */
        if (life->writers == 0 &&
            (gone != life->gone_edited || !json_equal(now, life->edited)))
            wrong(game, "nobody says it made this, and it was changed", text);
    } else if (life->field == NULL) {
        if (!gone)
            wrong(game, "was created and not edited, and is still there", text);
    } else if (gone) {
        wrong(game, "was edited, and is deleted", text);
    } else if (!life->listed) {
        wrong(game, "was edited and is kept, and nobody says so", text);
    } else if (life->writers == 1 && !json_equal(now, life->edited)) {
        wrong(game, "was edited and is kept, but changed", text);
    } else if (!same_value(json_object_get(now, life->field),
                           json_object_get(life->edited, life->field))) {
        wrong(game, "an edit is lost", text);
    }
}

static void judge_changed(const struct game *game, const struct life *life,
                          const json_t *now, bool gone, const char *text) {
    /* By the run: it was there before. Where nobody edits, also what came late. */
    bool deleted = life->gone_after || (gone && !game->settled);
    bool meets =
        life->field != NULL && !same_value(json_object_get(life->before, life->field),
                                           json_object_get(life->after, life->field));

    if (deleted && !game->admin) {
        if (!gone || !life->listed)
            wrong(game, "cannot be restored, and nobody says so", text);
    } else if (!deleted && life->gone_edited) {
        if (!gone)
            wrong(game, "was deleted by somebody, and is back", text);
    } else if (gone) {
        wrong(game, "was there before, and is gone", text);
    } else if (life->field == NULL) {
        if (!same_record(now, life->before, NULL))
            wrong(game, "is not as before", text);
    } else if (!same_value(json_object_get(now, life->field),
                           json_object_get(life->edited, life->field))) {
        wrong(game, "an edit is lost", text);
    } else if (meets && life->writers == 1 && !json_equal(now, life->edited)) {
        wrong(game, "was edited and is kept, but changed", text);
    } else if (meets && !life->listed) {
        wrong(game, "was edited and is kept, and nobody says so", text);
    } else if (!meets && life->writers == 1 &&
               !same_record(now, life->before, life->field)) {
        wrong(game, "is not as before but for what was edited", text);
    }
}

static void judge(struct game *game) {
    read_run(game);
    read_undo(game);
    for (size_t i = 0; i < fake_crm_count(game->sim.crm); i++) {
        struct life *life = &game->lives[i];
        const char *text = fake_crm_record(game->sim.crm, i);
        bool gone = fake_crm_is_deleted(game->sim.crm, i);
        json_t *now = read_record(game, i);
        if (i >= game->count) { /* came late, and was settled by the undo */
            if (life->made && !gone)
                wrong(game, "came late, was created, and is still there", text);
        } else if (life->failed) {
            if (life->field != NULL &&
                !same_value(json_object_get(now, life->field),
                            json_object_get(life->edited, life->field)))
                wrong(game, "an edit is lost", text);
        } else if (life->before == NULL) {
            judge_made(game, life, now, gone, text);
        } else if (life->writers == 0) {
            if (gone != life->gone_edited || !json_equal(now, life->edited))
                wrong(game, "is not the run's, and was changed", text);
        } else {
            judge_changed(game, life, now, gone, text);
        }
        json_decref(now);
    }
}

static size_t play(uint64_t seed) {
    static struct game game;

    game_init(&game, seed);
    note_before(&game);
    play_import(&game);
    game.settled = game.whole || dice(&game, 2) == 0;
    if (game.settled) /* else what is late comes during the undo, and nobody edits */
        fake_crm_pass(game.sim.crm, 60000);
    note_after(&game);
    edit(&game);
    fake_crm_pass(game.sim.crm, (int64_t)dice(&game, 5000));
    (void)play_to_the_end(&game, sim_undo);
    fake_crm_pass(game.sim.crm, 60000);
    judge(&game);
    for (size_t i = 0; i < RECORDS_MAX_HERE; i++) {
        json_decref(game.lives[i].before);
        json_decref(game.lives[i].after);
        json_decref(game.lives[i].edited);
    }
    sim_free(&game.sim);
    return game.runs;
}

static void test_games(void **state) {
    static const struct sim_games games = {
        .name = "undo games", .play = play, .fixed = 300, .fresh = 100};

    (void)state;
    sim_games_play(&games);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_games),
    };
    return cmocka_run_group_tests_name("undo games", tests, NULL, NULL);
}
