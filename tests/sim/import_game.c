/* import_game.c - the file, what is there before, and the runs. */
#include "sim/import_game.h"

#include "sim/sim_game.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BAD_RUNS = 8, /* with faults and accidents, at most */
    RUNS_MAX = 60 /* all of them */
};

static uint64_t dice(struct import_game *game, uint64_t below) {
    return sim_dice(&game->chance, below);
}

#define COLUMNS                                                                          \
    "\"columns\":[{\"name\":\"First\",\"field\":\"firstName\"},"                         \
    "{\"name\":\"Last\",\"field\":\"lastName\"},"                                        \
    "{\"name\":\"Mail\",\"field\":\"emailAddress\"},"                                    \
    "{\"name\":\"Phone\",\"field\":\"phoneNumber\"},"                                    \
    "{\"name\":\"Note\",\"field\":\"description\"}]}"
#define LEADS "{\"version\":1,\"entityType\":\"Lead\","
#define MATCHING LEADS "\"match\":[[\"emailAddress\"]],"
static const char *const mappings[] = {
    [RULES_NONE] = LEADS COLUMNS,
    [RULES_MATCH] = MATCHING COLUMNS,
    [RULES_LAST] = MATCHING "\"onRepeat\":\"last\"," COLUMNS,
    [RULES_MERGE] = MATCHING "\"onRepeat\":\"merge\"," COLUMNS,
    [RULES_IDENTITY] = MATCHING "\"identity\":\"cIdentity\"," COLUMNS,
};

/* --- the file --- */

static void fill_line(struct import_game *game, size_t i) {
    struct import_line *line = &game->lines[i];

    (void)snprintf(line->first, sizeof line->first, "Ada%zu", i);
    (void)snprintf(line->last, sizeof line->last, "Byron%zu", i);
    if (dice(game, 5) > 0)
        (void)snprintf(line->mail, sizeof line->mail, "%s%zu@example.com",
                       dice(game, 4) == 0 ? "Ada.B" : "ada", i);
    if (dice(game, 4) == 0)
        (void)snprintf(line->phone, sizeof line->phone, "+14155550%03zu", i % 1000);
    if (dice(game, 2) == 0)
        (void)snprintf(line->note, sizeof line->note, "note %zu", i);
}

static void make_line(struct import_game *game, size_t i) {
    struct import_line *line = &game->lines[i];
    const struct import_line *other = i == 0 ? NULL : &game->lines[dice(game, i)];

    line->kind =
        dice(game, 2) == 0 ? ROW_PLAIN : (enum import_row_kind)dice(game, ROW_KINDS);
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

static void write_lines(struct import_game *game) {
    static char text[IMPORT_ROWS * 200];
    size_t len = (size_t)snprintf(text, sizeof text, "First;Last;Mail;Phone;Note\n");

    for (size_t i = 0; i < game->count; i++) {
        const struct import_line *l = &game->lines[i];
        len += (size_t)snprintf(text + len, sizeof text - len, "%s;%s;%s;%s;\"%s\"%s\n",
                                l->first, l->last, l->mail, l->phone, l->note,
                                l->kind == ROW_RAGGED ? ";more;cells" : "");
    }
    sim_write_csv(&game->sim, text);
}

/* Some rows are in the CRM already, of an earlier import of ours or by somebody else. */
static void seed_records(struct import_game *game) {
    for (size_t i = 0; i < game->count; i++) {
        struct import_line *l = &game->lines[i];
        bool ours = dice(game, 2) == 0, same = dice(game, 2) == 0;
        char json[400];
        if (dice(game, game->sim.bulk ? 2 : 10) != 0 || l->mail[0] == '\0' ||
            l->kind == ROW_BAD_MAIL)
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
        l->was_there = l->was_there || same;
        game->seeded++;
    }
    fake_crm_pass(game->sim.crm, 3600 * 1000);
}

bool import_line_is_broken(const struct import_line *line) {
    return line->kind == ROW_RAGGED || line->kind == ROW_BAD_MAIL;
}

static bool shares_key(const struct import_line *a, const struct import_line *b) {
    return !import_line_is_broken(a) && !import_line_is_broken(b) && a->mail[0] != '\0' &&
           strcasecmp(a->mail, b->mail) == 0;
}

bool import_game_is_choosing(const struct import_game *game) {
    return game->rules == RULES_LAST || game->rules == RULES_MERGE;
}

bool import_game_is_passed_over(const struct import_game *game, size_t i) {
    for (size_t k = i + 1; k < game->count && import_game_is_choosing(game); k++)
        if (shares_key(&game->lines[i], &game->lines[k]))
            return true;
    return false;
}

/* What the last row of each key is to become. */
static void merge_lines(struct import_game *game) {
    for (size_t i = 0; i < game->count && game->rules == RULES_MERGE; i++) {
        struct import_line *line = &game->lines[i];
        for (size_t k = i; k-- > 0 && !import_game_is_passed_over(game, i);) {
            const struct import_line *earlier = &game->lines[k];
            if (!shares_key(line, earlier))
                continue;
            if (line->phone[0] == '\0')
                (void)snprintf(line->phone, sizeof line->phone, "%s", earlier->phone);
            if (line->note[0] == '\0')
                (void)snprintf(line->note, sizeof line->note, "%s", earlier->note);
        }
    }
}

/* In some games the role hides what is not assigned to the user. Not by bulk: a user who
 * does not see everything gets the other engine. */
static void choose_role(struct import_game *game, bool bulk) {
    uint64_t chance = game->seed * 7919;

    game->own = !bulk && sim_dice(&chance, 5) == 0;
    game->assigned = game->own && sim_dice(&chance, 3) == 0;
}

static void write_mapping(struct import_game *game) {
    static const char key[] = "\"columns\":";
    const char *mapping = mappings[game->rules];
    const char *columns = strstr(mapping, key) + strlen(key);

    game->sim.mapping = mapping;
    if (!game->assigned)
        return;
    (void)snprintf(game->mapping, sizeof game->mapping,
                   "%.*s[{\"const\":\"%s\",\"field\":\"assignedUserId\"},%s",
                   (int)(columns - mapping), mapping, fake_crm_user(game->sim.crm),
                   columns + 1);
    game->sim.mapping = game->mapping;
}

static void game_init(struct import_game *game, const struct import_game_options *with,
                      uint64_t seed) {
    static const enum mapping_on_duplicate policies[] = {
        ON_DUPLICATE_FAIL, ON_DUPLICATE_SKIP, ON_DUPLICATE_UPDATE, ON_DUPLICATE_FORCE};
    static const enum import_rules rules[] = {RULES_NONE,    RULES_NONE, RULES_MATCH,
                                              RULES_MATCH,   RULES_LAST, RULES_MERGE,
                                              RULES_IDENTITY};
    static const size_t batches[] = {0, 1, 3, 20};
    struct fake_options options = {.testdata = with->testdata, .seed = seed};

    memset(game, 0, sizeof *game);
    game->seed = seed;
    game->chance = seed * 1000003;
    options.page = game->page = dice(game, 4) == 0 ? 5 : 200;
    options.versions = dice(game, 2) == 0;
    if (with->bulk) { /* it leaves alone what has versions */
        options.versions = options.versions && dice(game, 4) == 0;
        options.later_max_ms = dice(game, 2) == 0 ? 5000 : 8000;
    }
    choose_role(game, with->bulk);
    options.own = game->own;
    sim_init(&game->sim, &options);
    game->sim.bulk = with->bulk;
    game->sim.on_duplicate = policies[dice(game, 4)];
    game->rules = rules[dice(game, 7)];
    if (with->bulk && game->rules == RULES_NONE) /* the server's check is for REST */
        game->sim.on_duplicate = ON_DUPLICATE_FORCE;
    write_mapping(game);
    game->sim.jobs = 1 + dice(game, 8);
    game->sim.retries = (unsigned)dice(game, 5);
    game->sim.batch = batches[dice(game, 4)];
    game->count = 1 + dice(game, IMPORT_ROWS);
    for (size_t i = 0; i < game->count; i++)
        make_line(game, i);
    write_lines(game);
    seed_records(game);
    merge_lines(game);
}

/* --- the runs --- */

static struct fake_run make_run(struct import_game *game) {
    struct fake_run run = {0};
    uint64_t steps = game->sim.bulk ? 40 + 3 * game->count : 40 + 12 * game->count;
    uint64_t step = 1 + dice(game, steps);

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

static int play_run(struct import_game *game, const struct fake_run *run) {
    struct tally tally;
    struct err err = {0};
    const char *complaint;
    int rc;

    if (dice(game, 8) == 0 && game->runs <= BAD_RUNS)
        game->sim.disk.file_bytes = 4096 * (int64_t)(1 + dice(game, 60));
    if (dice(game, 6) == 0 && game->runs <= BAD_RUNS)
        game->sim.disk.power_off_at = 1 + dice(game, 60);
    if (dice(game, 8) == 0 && game->runs <= BAD_RUNS)
        game->sim.disk.error_at = 1 + dice(game, 60);
    game->sim.cuts_power = dice(game, 2) == 0;
    game->sim.by_rest = game->sim.bulk && dice(game, 8) == 0;
    rc = sim_run(&game->sim, run, &tally, &err);
    if (sim_game_is_alone())
        print_message("run %zu: rc %d, %s, step %llu, %lld s\n", game->runs, rc,
                      err.message,
                      (unsigned long long)fake_crm_counts(game->sim.crm)->steps,
                      (long long)fake_crm_now_ms(game->sim.crm) / 1000 % 100000);
    complaint = sim_complaint(&game->sim, rc, &tally, &err);
    if (complaint != NULL)
        fail_msg("seed %llu: %s (run %zu: %d)", (unsigned long long)game->seed, complaint,
                 game->runs, rc);
    return rc;
}

static void play(struct import_game *game) {
    static const struct fake_run quiet;
    int rc = 1;

    for (game->runs = 1; rc != RC_OK; game->runs++) {
        struct fake_run run = make_run(game);
        bool bad = game->runs <= BAD_RUNS;
        uint64_t most = game->sim.bulk ? 600 : 400; /* it sends fewer requests */
        if (game->runs > RUNS_MAX)
            fail_msg("seed %llu: %zu runs and no end", (unsigned long long)game->seed,
                     game->runs - 1);
        fake_crm_set_faults(game->sim.crm, bad ? (unsigned)dice(game, most) : 0);
        rc = play_run(game, bad ? &run : &quiet);
        if (dice(game, 2) == 0)
            fake_crm_pass(game->sim.crm, (int64_t)dice(game, 30000));
    }
    fake_crm_pass(game->sim.crm, 60000); /* whatever is late has arrived now */
}

size_t import_game_play(const struct import_game_options *options, uint64_t seed) {
    struct import_game game;

    game_init(&game, options, seed);
    play(&game);
    import_game_judge(&game);
    sim_free(&game.sim);
    return game.runs;
}
