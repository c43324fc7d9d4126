/* Whole undos in a simulation: an import with all its accidents, to its end or not, then
 * edits by others, then an undo with accidents of its own until it is through. What the
 * run made or changed and nobody has edited is as before; what was edited is as it was
 * left, and listed; every count adds up. In half of them the Leads have accounts, which
 * the run makes where there are none, and teams: accounts that nobody edits and no Lead
 * refers to are gone in the end.
 *
 * Each seed is one game (sim_game.h).
 */
#include "sim/sim_game.h"
#include "sim/sim_import.h"

#include "flow/undoer.h"
#include "state/journal_made.h"
#include "state/journal_undo.h"

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
    BULK_CHANCE = 0xb01c, /* of its own: else games of one engine are as they were */
    LINK_CHANCE = 0x114c, /* likewise */
    OWN_CHANCE = 0x0a17,  /* likewise */
    STRANGERS = 3,        /* Leads that no row is about */
    FIRMS = 4,
    TEAMS = 5, /* one that refuses records, and one that no row names: */
    TEAM_CLOSED = 3,
    TEAM_OTHERS = 4
};

#define COLUMNS                                                                          \
    "{\"name\":\"First\",\"field\":\"firstName\"},"                                      \
    "{\"name\":\"Last\",\"field\":\"lastName\"},"                                        \
    "{\"name\":\"Mail\",\"field\":\"emailAddress\"},"                                    \
    "{\"name\":\"Note\",\"field\":\"description\"}"
#define LINK_COLUMNS                                                                     \
    ",{\"name\":\"Firm\",\"field\":\"createdAccountId\",\"lookup\":{\"entityType\":"     \
    "\"Account\",\"by\":[\"name\"],\"onNone\":\"create\"}},"                             \
    "{\"name\":\"Teams\",\"field\":\"teamsIds\",\"delimiter\":\"|\",\"lookup\":{"        \
    "\"entityType\":\"Team\",\"by\":[\"name\"]},\"linkMultiple\":\"%s\"}"
#define MATCHED "\"match\":[[\"emailAddress\"]],"

static const struct kind {
    const char *name, *rules; /* of the mapping */
    enum mapping_on_duplicate on_duplicate;
    unsigned there; /* of ten rows, so many have a record before the run */
    bool deletes;
} kinds[] = {
    {"create", "", ON_DUPLICATE_FORCE, 0, false},
    {"upsert", "\"operation\":\"upsert\"," MATCHED, ON_DUPLICATE_UPDATE, 5, false},
    {"update", "\"operation\":\"update\"," MATCHED, ON_DUPLICATE_UPDATE, 8, false},
    {"delete", "\"operation\":\"delete\"," MATCHED, ON_DUPLICATE_UPDATE, 8, true},
};

/* One record through all of it. */
struct life {
    json_t *before, *after, *edited; /* owned; before NULL: the run has made it */
    bool gone_after, gone_edited;    /* deleted by then */
    const char *field;               /* that somebody has edited, or NULL */
    size_t writers;                  /* rows of the run that may have written it */
    bool made;                       /* one of these says that it created it */
    bool lost;                       /* for a link, and the run was not told its id */
    bool listed, failed;             /* one of its steps says so */
};

struct game {
    struct sim sim;
    const struct kind *kind;
    uint64_t seed, chance, link_chance;
    char mapping[1000];
    bool links;                              /* Leads have an account and teams */
    char firms[FIRMS][24], teams[TEAMS][24]; /* ids of those that there were, or "" */
    char others_firm[24];                    /* that no row names */
    size_t rows, seeded, runs, count;
    bool admin;
    bool own;     /* the role hides the Leads that are made, and shows those there were */
    bool whole;   /* the import came to its end */
    bool settled; /* nothing of it is under way when others edit */
    struct life lives[RECORDS_MAX_HERE];
};

static uint64_t dice(struct game *game, uint64_t below) {
    return sim_dice(&game->chance, below);
}

static uint64_t link_dice(struct game *game, uint64_t below) {
    return sim_dice(&game->link_chance, below);
}

/* --- before the run --- */

static void make_mapping(struct game *game) {
    size_t len =
        (size_t)snprintf(game->mapping, sizeof game->mapping,
                         "{\"version\":1,\"entityType\":\"Lead\",%s\"columns\":[" COLUMNS,
                         game->kind->rules);

    if (game->links)
        len +=
            (size_t)snprintf(game->mapping + len, sizeof game->mapping - len,
                             LINK_COLUMNS, link_dice(game, 2) == 0 ? "add" : "replace");
    (void)snprintf(game->mapping + len, sizeof game->mapping - len, "]}");
    game->sim.mapping = game->mapping;
}

static const char *team_name(size_t i, char room[16]) {
    (void)snprintf(room, 16, "%s%zu", i == TEAM_CLOSED ? "Closed" : "Team", i);
    return room;
}

/* ";Firm2;Team0|Team1" */
static size_t write_links(struct game *game, char *out, size_t size) {
    size_t len = (size_t)snprintf(out, size, ";");
    const char *between = "";
    char room[16];

    if (link_dice(game, 4) > 0)
        len += (size_t)snprintf(out + len, size - len, "%s%d",
                                link_dice(game, 12) == 0 ? "Reject" : "Firm",
                                (int)link_dice(game, FIRMS));
    len += (size_t)snprintf(out + len, size - len, ";");
    for (size_t i = 0; i < TEAM_OTHERS; i++) {
        if (link_dice(game, i == TEAM_CLOSED ? 10 : 3) > 0)
            continue;
        len +=
            (size_t)snprintf(out + len, size - len, "%s%s", between, team_name(i, room));
        between = "|";
    }
    return len;
}

static void write_rows(struct game *game) {
    static char text[ROWS_MAX * 160];
    size_t len = (size_t)snprintf(text, sizeof text, "First;Last;Mail;Note%s\n",
                                  game->links ? ";Firm;Teams" : "");

    for (size_t i = 0; i < game->rows; i++) {
        size_t who = i > 0 && dice(game, 8) == 0 ? dice(game, i) : i; /* a twin? */
        const char *last = dice(game, 12) == 0 ? "Reject" : "Byron";
        const char *note = dice(game, 10) == 0 ? "drop" : "note";
        len += (size_t)snprintf(text + len, sizeof text - len,
                                "Ada%zu;%s%zu;ada%zu@example.com;", i, last, who, who);
        if (dice(game, 3) > 0)
            len += (size_t)snprintf(text + len, sizeof text - len, "%s %zu", note, i);
        if (game->links)
            len += write_links(game, text + len, sizeof text - len);
        len += (size_t)snprintf(text + len, sizeof text - len, "\n");
    }
    sim_write_csv(&game->sim, text);
}

static void seed_one(struct game *game, const char *type, const char *name, char id[24]) {
    char json[60];

    (void)snprintf(json, sizeof json, "{\"name\":\"%s\"}", name);
    (void)snprintf(id, 24, "%s", fake_crm_seed_as(game->sim.crm, type, json, NULL));
    game->seeded++;
}

static void seed_links(struct game *game) {
    char name[16];

    for (size_t i = 0; i < TEAMS; i++)
        seed_one(game, "Team", team_name(i, name), game->teams[i]);
    seed_one(game, "Account", "Others", game->others_firm);
    for (size_t i = 0; i < FIRMS; i++) {
        (void)snprintf(name, sizeof name, "Firm%d", (int)i);
        if (i == 0 || link_dice(game, 3) == 0)
            seed_one(game, "Account", name, game->firms[i]);
    }
}

/* Of a Lead that was there before: ,"createdAccountId":"..","teamsIds":[..] */
static const char *seed_linked(struct game *game, char room[160]) {
    const char *firm = game->links ? game->firms[link_dice(game, FIRMS)] : "";
    size_t len = 0;

    room[0] = '\0';
    if (firm[0] != '\0')
        len = (size_t)snprintf(room, 160, ",\"createdAccountId\":\"%s\"", firm);
    if (game->links && link_dice(game, 2) == 0)
        (void)snprintf(room + len, 160 - len, ",\"teamsIds\":[\"%s\"]",
                       game->teams[link_dice(game, TEAM_CLOSED)]);
    return room;
}

static void seed_records(struct game *game) {
    if (game->links)
        seed_links(game);
    for (size_t i = 0; i < game->rows + STRANGERS; i++) {
        char json[400], linked[160];
        if (i < game->rows && dice(game, 10) >= game->kind->there)
            continue;
        (void)snprintf(json, sizeof json,
                       "{\"firstName\":\"Old\",\"lastName\":\"Byron%zu\","
                       "\"emailAddress\":\"ada%zu@example.com\",\"title\":\"t\","
                       "\"assignedUserId\":\"%s\",\"description\":%s%s}",
                       i, i, fake_crm_user(game->sim.crm),
                       dice(game, 2) == 0 ? "null" : "\"was there\"",
                       seed_linked(game, linked));
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
    game->sim.bulk = sim_dice(&(uint64_t){seed ^ BULK_CHANCE}, 3) == 0;
    game->own = options.own = !game->admin && !game->sim.bulk &&
                              sim_dice(&(uint64_t){seed ^ OWN_CHANCE}, 3) == 0;
    sim_init(&game->sim, &options);
    game->kind = &kinds[dice(game, sizeof kinds / sizeof kinds[0])];
    game->link_chance = seed ^ LINK_CHANCE;
    game->links = link_dice(game, 2) == 0 && !game->kind->deletes;
    make_mapping(game);
    game->sim.on_duplicate = game->kind->on_duplicate;
    game->sim.jobs = 1 + dice(game, 8);
    game->sim.retries = (unsigned)dice(game, 5);
    game->sim.batch = batches[dice(game, 4)];
    game->rows = 1 + dice(game, ROWS_MAX);
    write_rows(game);
    seed_records(game);
}

static void wrong(const struct game *game, const char *what, const char *record) {
    fail_msg("seed %llu, %s%s%s: %s: %s", (unsigned long long)game->seed,
             game->kind->name, game->links ? ", links" : "", game->admin ? ", admin" : "",
             what, record);
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

static bool is_type(const struct game *game, size_t i, const char *type) {
    return strcmp(fake_crm_type(game->sim.crm, i), type) == 0;
}

/* A Lead gets an account, or joins one more team: those that nothing of the run is about
 * may get one that the run made. */
static void edit_link(struct game *game, size_t i) {
    struct life *life = &game->lives[i];
    size_t at = link_dice(game, game->count);
    const char *id = game->others_firm;
    bool strange = i < game->seeded && i >= game->seeded - STRANGERS;
    json_t *members, *teams = json_copy(json_object_get(life->after, "teamsIds"));
    char *text;

    if (strange && is_type(game, at, "Account") &&
        !fake_crm_is_deleted(game->sim.crm, at))
        id = json_string_value(json_object_get(game->lives[at].after, "id"));
    (void)json_array_append_new(teams, json_string(game->teams[TEAM_OTHERS]));
    life->field = link_dice(game, 2) == 0 ? "teamsIds" : "createdAccountId";
    if (strcmp(life->field, "teamsIds") == 0)
        members = json_pack("{s:O}", life->field, teams);
    else
        members = json_pack("{s:s}", life->field, id);
    text = json_dumps(members, 0);
    fake_crm_edit(game->sim.crm, i, text, "5e00000000000ad02");
    if (same_value(json_object_get(life->after, life->field),
                   json_object_get(members, life->field)) ||
        (life->before != NULL && same_value(json_object_get(life->before, life->field),
                                            json_object_get(members, life->field))))
        life->field = NULL; /* it is that one's, or was before: no edit */
    free(text);
    json_decref(members);
    json_decref(teams);
}

/* What the run's Leads need stays: teams, and accounts that were there. */
static bool is_left_alone(const struct game *game, size_t i) {
    return is_type(game, i, "Team") || (is_type(game, i, "Account") && i < game->seeded);
}

static void edit(struct game *game) {
    static const char *const fields[] = {"description", "lastName", "title"};
    bool deletes = game->settled && (game->whole || !game->kind->deletes);

    for (size_t i = 0; i < game->count; i++) {
        struct life *life = &game->lives[i];
        char json[80];
        bool leave = is_left_alone(game, i);
        if (!leave && game->links && game->settled && !life->gone_after &&
            is_type(game, i, "Lead") && link_dice(game, 6) == 0) {
            edit_link(game, i);
        } else if (!leave && game->settled && !life->gone_after && dice(game, 4) == 0) {
            life->field = fields[dice(game, 3)];
            if (is_type(game, i, "Account") && strcmp(life->field, "lastName") == 0)
                life->field = "name";
            (void)snprintf(json, sizeof json, "{\"%s\":\"edited %zu\"}", life->field, i);
            fake_crm_edit(game->sim.crm, i, json, "5e00000000000ad02");
        } else if (!leave && deletes && !is_type(game, i, "Account") &&
                   !life->gone_after && dice(game, 12) == 0) {
            fake_crm_edit(game->sim.crm, i, NULL, "5e00000000000ad02");
        }
        life->edited = read_record(game, i);
        life->gone_edited = fake_crm_is_deleted(game->sim.crm, i);
    }
}

/* --- the runs --- */

typedef int run_once(struct sim *sim, const struct fake_run *run, struct tally *tally,
                     struct err *err);

/* One run with or without accidents; RC_OK when it came to its end. */
static int play_run(struct game *game, run_once *once, bool bad) {
    struct fake_run run = {0};
    struct tally tally;
    struct err err = {0};
    const char *complaint;
    int rc;

    if (bad)
        run =
            sim_accident(&game->sim, &game->chance, 40 + 12 * game->rows, 8 + game->rows);
    fake_crm_set_faults(game->sim.crm, bad ? (unsigned)dice(game, 400) : 0);
    game->sim.cuts_power = dice(game, 2) == 0;
    rc = once(&game->sim, &run, &tally, &err);
    if (sim_game_is_alone())
        print_message("%s %zu: rc %d, %s\n", once == sim_run ? "import" : "undo",
                      game->runs, rc, err.message);
    complaint = sim_complaint(&game->sim, rc, &tally, &err);
    if (complaint != NULL)
        wrong(game, complaint, err.message);
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

static bool has_name(const struct game *game, size_t i, const char *name) {
    const struct life *life = &game->lives[i];
    json_t *now = read_record(game, i);
    const char *own = json_string_value(
        json_object_get(life->after == NULL ? now : life->after, "name"));
    bool same = strcasecmp(own, name) == 0;

    json_decref(now);
    return same;
}

/* Of the accounts. */
static int note_made(void *context, const struct journal_made *made) {
    struct game *game = context;

    for (size_t i = game->seeded; i < fake_crm_count(game->sim.crm); i++) {
        struct life *life = &game->lives[i];
        if (!is_type(game, i, "Account") || !has_name(game, i, made->value.data))
            continue;
        life->made = true;
        life->lost = made->id == NULL;
        if (made->id != NULL && life_of(game, made->id) != life)
            wrong(game, "the run knows an account by another id", made->id);
    }
    return RC_OK;
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
            (row.state == ROW_UNKNOWN && life->before == NULL))
            continue;
        life->writers++;
        life->made = life->made || row.state == ROW_CREATED;
    }
    journal_rows_close(cursor);
    assert_int_equal(journal_all_made(journal, note_made, game, NULL), RC_OK);
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

/* A Lead that the run made, and whose role does not show it. */
static void judge_hidden(const struct game *game, const struct life *life,
                         const json_t *now, bool gone, const char *text) {
    if (gone != life->gone_edited || !json_equal(now, life->edited))
        wrong(game, "is hidden, and was changed", text);
    if (life->made && !gone && !life->listed)
        wrong(game, "is hidden and kept, and nobody says so", text);
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

/* Does a Lead that is there refer to it? */
static bool is_used(const struct game *game, const json_t *account) {
    bool used = false;

    for (size_t i = 0; i < fake_crm_count(game->sim.crm) && !used; i++) {
        json_t *json = read_record(game, i);
        used = is_type(game, i, "Lead") && !fake_crm_is_deleted(game->sim.crm, i) &&
               json_equal(json_object_get(json, "createdAccountId"),
                          json_object_get(account, "id"));
        json_decref(json);
    }
    return used;
}

/* An account that the run made. */
static void judge_account(const struct game *game, const struct life *life,
                          const json_t *now, bool gone, const char *text) {
    bool used = is_used(game, now);
    bool renamed = life->field != NULL && strcmp(life->field, "name") == 0;

    if (!life->made)
        wrong(game, "the run does not know that it made this", text);
    else if (gone && used)
        wrong(game, "is deleted, and a Lead refers to it", text);
    else if (gone && life->field != NULL)
        wrong(game, "was edited, and is deleted", text);
    else if (gone && game->own)
        wrong(game, "is deleted, and Leads that nobody saw may refer to it", text);
    else if (!gone && !used && life->field == NULL && !game->own)
        wrong(game, "was made for a link, nothing needs it, and it is still there", text);
    else if (!gone && !life->listed && !(life->lost && renamed))
        wrong(game, "is kept, and nobody says so", text);
    else if (!gone && life->field != NULL && !json_equal(now, life->edited))
        wrong(game, "was edited and is kept, but changed", text);
}

static void judge_changed(const struct game *game, const struct life *life,
                          const json_t *now, bool gone, const char *text) {
    /* By the run: it was there before. Where nobody edits, also what came late. */
    bool deleted = life->gone_after || (gone && !game->settled);
    bool meets =
        life->field != NULL && !same_value(json_object_get(life->before, life->field),
                                           json_object_get(life->after, life->field));
    /* In vain: a team that refuses records. */
    bool tried =
        life->field != NULL && strcmp(life->field, "teamsIds") == 0 && life->listed;

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
               !(tried && json_equal(now, life->edited)) &&
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
        if (is_type(game, i, "Account") && i >= game->seeded && !life->failed) {
            judge_account(game, life, now, gone, text);
        } else if (game->own && i >= game->seeded && is_type(game, i, "Lead")) {
            if (i < game->count)
                judge_hidden(game, life, now, gone, text);
            else if (gone)
                wrong(game, "came late, is hidden, and is gone", text);
        } else if (i >= game->count) { /* came late, and was settled by the undo */
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
