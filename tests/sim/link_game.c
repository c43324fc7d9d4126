/* link_game.c - the file, what is there before, and the runs. */
#include "sim/link_game.h"

#include "sim/sim_game.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

enum {
    BAD_RUNS = LINK_RIVALS, /* with faults and accidents, at most */
    RUNS_MAX = 60           /* all of them */
};

static const struct link_kind kinds[] = {
    {"create", "", ON_DUPLICATE_FORCE, false, false},
    {"create, checked", "", ON_DUPLICATE_FAIL, false, true},
    {"update by the server's check", "", ON_DUPLICATE_UPDATE, true, true},
    {"upsert",
     "\"operation\":\"upsert\",\"match\":[[\"emailAddress\"]],\"onRepeat\":\"inOrder\",",
     ON_DUPLICATE_UPDATE, true, false},
};

static uint64_t dice(struct link_game *game, uint64_t below) {
    return sim_dice(&game->chance, below);
}

/* --- the file --- */

static void make_mapping(struct link_game *game) {
    (void)snprintf(
        game->mapping, sizeof game->mapping,
        "{\"version\":1,\"entityType\":\"Lead\",%s\"columns\":["
        "{\"name\":\"Last\",\"field\":\"lastName\"},"
        "{\"name\":\"Mail\",\"field\":\"emailAddress\"},"
        "{\"name\":\"Firm\",\"field\":\"createdAccountId\",\"lookup\":{\"entityType\":"
        "\"Account\",\"by\":[\"name\"],\"onNone\":\"create\"}},"
        "{\"name\":\"Teams\",\"field\":\"teamsIds\",\"delimiter\":\"|\",\"lookup\":{"
        "\"entityType\":\"Team\",\"by\":[\"name\"]},\"linkMultiple\":\"%s\"}]}",
        game->kind->rules, game->adds ? "add" : "replace");
    game->sim.mapping = game->mapping;
}

static void make_person(struct link_game *game, struct link_line *line) {
    struct link_person *person;
    bool again = game->kind->matches && game->person_count > 0 && dice(game, 5) == 0;

    line->person = again ? dice(game, game->person_count) : game->person_count++;
    person = &game->persons[line->person];
    for (const struct link_line *l = game->lines; again && l < line; l++)
        if (l->person == line->person)
            memcpy(line->last, l->last, sizeof line->last);
    if (again)
        return;
    (void)snprintf(line->last, sizeof line->last, "%s%zu",
                   dice(game, 20) == 0 ? "Reject" : "Byron", line->person);
    (void)snprintf(person->mail, sizeof person->mail, "ada%zu@example.com", line->person);
}

static void make_line(struct link_game *game, size_t i) {
    static const char *const spelled[] = {"Firm", "Firm", "FIRM", "firm"};
    struct link_line *line = &game->lines[i];

    make_person(game, line);
    line->firm_at = dice(game, 4) == 0 ? LINK_FIRMS : dice(game, LINK_FIRMS - 1);
    if (dice(game, 24) == 0)
        line->firm_at = LINK_FIRMS - 1;
    if (line->firm_at < LINK_FIRMS)
        (void)snprintf(line->firm, sizeof line->firm, "%s%zu%s",
                       line->firm_at == LINK_FIRMS - 1 ? "Reject"
                                                       : spelled[dice(game, 4)],
                       line->firm_at, dice(game, 8) == 0 ? " " : "");
    if (dice(game, 4) > 0)
        line->teams = (unsigned)dice(game, LINK_CLOSED);
    if (dice(game, 12) == 0)
        line->teams |= LINK_CLOSED;
    line->nowhere = dice(game, 24) == 0;
}

static const char *team_name(size_t i, char room[16]) {
    (void)snprintf(room, 16, "%s%zu", 1u << i == LINK_CLOSED ? "Closed" : "Team", i);
    return room;
}

static void write_lines(struct link_game *game) {
    static char text[LINK_ROWS * 160];
    size_t len = (size_t)snprintf(text, sizeof text, "Last;Mail;Firm;Teams\n");
    char room[16];

    for (size_t i = 0; i < game->count; i++) {
        const struct link_line *l = &game->lines[i];
        const char *between = "";
        len += (size_t)snprintf(text + len, sizeof text - len, "%s;%s;%s;", l->last,
                                game->persons[l->person].mail, l->firm);
        for (size_t k = 0; k < LINK_TEAMS; k++) {
            if ((l->teams & 1u << k) == 0)
                continue;
            len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", between,
                                    team_name(k, room));
            between = "|";
        }
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%s\n",
                                l->nowhere ? between : "", l->nowhere ? "Nowhere" : "");
    }
    sim_write_csv(&game->sim, text);
}

/* --- what is there before --- */

static void seed(struct link_game *game, const char *type, const char *json,
                 char id[24]) {
    (void)snprintf(id, 24, "%s",
                   fake_crm_seed_as(game->sim.crm, type, json,
                                    dice(game, 2) == 0 ? NULL : FAKE_RIVAL));
    game->seeded++;
}

static void seed_firms(struct link_game *game) {
    for (size_t i = 0; i < LINK_FIRMS - 1; i++) {
        struct link_firm *firm = &game->firms[i];
        char json[60], gone[24];
        (void)snprintf(json, sizeof json, "{\"name\":\"Firm%zu\"}", i);
        if (dice(game, 8) == 0) { /* one that was deleted is none */
            seed(game, "Account", json, gone);
            fake_crm_edit(game->sim.crm, game->seeded - 1, NULL, FAKE_RIVAL);
        }
        firm->there = dice(game, 3) == 0;
        if (firm->there > 0 && dice(game, 5) == 0)
            firm->there = 2; /* nobody knows which is meant */
        for (size_t k = 0; k < firm->there; k++)
            seed(game, "Account", json, firm->id);
    }
}

static void seed_person(struct link_game *game, size_t i) {
    struct link_person *person = &game->persons[i];
    const struct link_firm *firm = &game->firms[dice(game, LINK_FIRMS - 1)];
    char json[400], id[24];
    size_t len;

    person->there = dice(game, game->kind->checks ? 4 : 2) == 0;
    if (!person->there || game->kind->on_duplicate == ON_DUPLICATE_FORCE) {
        person->there = false;
        return;
    }
    (void)snprintf(person->last, sizeof person->last, "%s%zu",
                   dice(game, 2) == 0 ? "Byron" : "Old", i);
    if (dice(game, 2) == 0)
        (void)snprintf(person->account, sizeof person->account, "%s", firm->id);
    person->teams = dice(game, 2) == 0 ? 0 : (unsigned)dice(game, 1 << LINK_TEAMS);
    len = (size_t)snprintf(json, sizeof json,
                           "{\"lastName\":\"%s\",\"emailAddress\":\"%s\","
                           "\"assignedUserId\":\"%s\",\"createdAccountId\":%s%s%s,"
                           "\"teamsIds\":[",
                           person->last, person->mail, fake_crm_user(game->sim.crm),
                           person->account[0] == '\0' ? "null" : "\"", person->account,
                           person->account[0] == '\0' ? "" : "\"");
    for (size_t k = 0; k < LINK_TEAMS; k++)
        if ((person->teams & 1u << k) != 0)
            len += (size_t)snprintf(json + len, sizeof json - len, "%s\"%s\"",
                                    json[len - 1] == '[' ? "" : ",", game->teams[k]);
    (void)snprintf(json + len, sizeof json - len, "]}");
    seed(game, "Lead", json, id);
}

static void seed_records(struct link_game *game) {
    char json[60], room[16];

    for (size_t i = 0; i < LINK_TEAMS; i++) {
        (void)snprintf(json, sizeof json, "{\"name\":\"%s\"}", team_name(i, room));
        seed(game, "Team", json, game->teams[i]);
    }
    seed_firms(game);
    for (size_t i = 0; i < game->person_count; i++)
        seed_person(game, i);
    fake_crm_pass(game->sim.crm, 3600 * 1000);
}

/* Does the role hide what is made? Not where only the server's own check, which goes by
 * the role, could tell that two rows are about one person. Out of its own chance, so that
 * the other games stay what they were. */
static bool has_own_role(const struct link_game *game) {
    uint64_t chance = game->seed * 7919;

    return sim_dice(&chance, 5) == 0 && !(game->kind->matches && game->kind->checks);
}

static void game_init(struct link_game *game, const char *testdata, uint64_t seed) {
    static const size_t batches[] = {0, 1, 3, 20};
    struct fake_options options = {.testdata = testdata, .seed = seed};

    memset(game, 0, sizeof *game);
    game->seed = seed;
    game->chance = seed * 1000003;
    options.page = dice(game, 4) == 0 ? 5 : 200;
    options.versions = dice(game, 2) == 0;
    game->kind = &kinds[dice(game, sizeof kinds / sizeof kinds[0])];
    options.own = game->own = has_own_role(game);
    sim_init(&game->sim, &options);
    game->adds = dice(game, 2) == 0;
    game->sim.bulk = !game->kind->checks && dice(game, 3) == 0 && !game->own;
    game->sim.on_duplicate = game->kind->on_duplicate;
    game->sim.jobs = 1 + dice(game, 8);
    game->sim.retries = (unsigned)dice(game, 5);
    game->sim.batch = batches[dice(game, 4)];
    make_mapping(game);
    game->count = 1 + dice(game, LINK_ROWS);
    for (size_t i = 0; i < game->count; i++)
        make_line(game, i);
    write_lines(game);
    seed_records(game);
}

/* --- the runs --- */

static int play_run(struct link_game *game, bool bad) {
    const uint64_t steps = 40 + 12 * game->count;
    struct fake_run run = {0};
    struct err err = {0};
    const char *complaint;
    int rc;

    if (bad) {
        run = sim_accident(&game->sim, &game->chance, steps, 8 + game->count);
        if (dice(game, 8) == 0)
            run.rival_at_step = 1 + dice(game, steps);
        (void)snprintf(game->rival, sizeof game->rival, "{\"name\":\"Firm%u\"}",
                       (unsigned)dice(game, LINK_FIRMS - 1));
        run.rival = game->rival;
    }
    fake_crm_set_faults(game->sim.crm, bad ? (unsigned)dice(game, 400) : 0);
    game->sim.cuts_power = dice(game, 2) == 0;
    rc = sim_run(&game->sim, &run, &game->tally, &err);
    if (sim_game_is_alone())
        print_message("run %zu: rc %d, %s\n", game->runs, rc, err.message);
    complaint = sim_complaint(&game->sim, rc, &game->tally, &err);
    if (complaint != NULL)
        fail_msg("seed %llu, %s: %s (run %zu: %d %s)", (unsigned long long)game->seed,
                 game->kind->name, complaint, game->runs, rc, err.message);
    return rc;
}

static void play(struct link_game *game) {
    int rc = 1;

    for (game->runs = 1; rc != RC_OK; game->runs++) {
        if (game->runs > RUNS_MAX)
            fail_msg("seed %llu: %zu runs and no end", (unsigned long long)game->seed,
                     game->runs - 1);
        rc = play_run(game, game->runs <= BAD_RUNS);
        if (dice(game, 2) == 0)
            fake_crm_pass(game->sim.crm, (int64_t)dice(game, 30000));
    }
    fake_crm_pass(game->sim.crm, 60000); /* whatever is late has arrived now */
}

size_t link_game_play(const char *testdata, uint64_t seed) {
    struct link_game game;

    game_init(&game, testdata, seed);
    play(&game);
    link_game_judge(&game);
    sim_free(&game.sim);
    return game.runs;
}
