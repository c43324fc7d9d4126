/* link_judge.c - what must be true after the last run of a game with links. */
#include "sim/link_game.h"

#include "sim/sim_game.h"
#include "state/journal_made.h"
#include "state/journal_undo.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { TRIES_MAX = 3 /* of an account */ };

static void show_lines(const struct link_game *game) {
    for (size_t i = 0; i < game->count && sim_game_is_alone(); i++) {
        const struct link_line *l = &game->lines[i];
        print_message("%zu: %s;%s;%s;%x%s: %s %s %s %s\n", i + 1, l->last,
                      game->persons[l->person].mail, l->firm, l->teams,
                      l->nowhere ? " Nowhere" : "", row_state_name(l->state),
                      reason_code(l->reason), l->id, l->words);
    }
    for (size_t i = 0; i < fake_crm_count(game->sim.crm) && sim_game_is_alone(); i++)
        print_message("%s%s %s\n", i < game->seeded ? "(there before) " : "",
                      fake_crm_type(game->sim.crm, i), fake_crm_record(game->sim.crm, i));
}

static void wrong(const struct link_game *game, const char *what, const char *whose) {
    show_lines(game);
    fail_msg("seed %llu, %s%s%s: %s: %s", (unsigned long long)game->seed,
             game->kind->name, game->adds ? ", teams join" : "",
             game->sim.bulk ? ", bulk" : "", what, whose);
}

/* --- what the run says --- */

static int note_error(void *context, const struct journal_error *error) {
    struct link_line *line = context;

    line->half = line->half || strcmp(error->field, "teamsIds") == 0;
    if (line->reason == REASON_NONE) {
        line->reason = error->reason;
        (void)snprintf(line->words, sizeof line->words, "%s", error->message);
    }
    return RC_OK;
}

/* Every account that was made is known to the checkpoint, for an undo. */
struct made_search {
    const char *name, *id;
    bool found;
};

static int search_made(void *context, const struct journal_made *made) {
    struct made_search *search = context;

    if (strcasecmp(made->value.data, search->name) == 0)
        search->found = made->id == NULL || strcmp(made->id, search->id) == 0;
    return RC_OK;
}

static void judge_made(const struct link_game *game, const json_t *account) {
    struct made_search search = {.name =
                                     json_string_value(json_object_get(account, "name")),
                                 .id = json_string_value(json_object_get(account, "id"))};
    struct journal *journal;

    assert_int_equal(journal_open(&journal, game->sim.checkpoint, NULL), RC_OK);
    assert_int_equal(journal_all_made(journal, search_made, &search, NULL), RC_OK);
    journal_close(journal);
    if (!search.found)
        wrong(game, "the checkpoint knows nothing of an account that was made",
              search.name);
}

static void read_journal(struct link_game *game) {
    struct journal *journal;
    struct journal_cursor *cursor;
    struct journal_row row;
    uint64_t states[ROW_STATE_COUNT] = {0};
    size_t n = 0;

    assert_int_equal(journal_open(&journal, game->sim.checkpoint, NULL), RC_OK);
    assert_int_equal(journal_rows(journal, 0, false, &cursor, NULL), RC_OK);
    while (journal_rows_next(cursor, &row, NULL) == 1) {
        struct link_line *line = &game->lines[n++];
        if (row.record != n || n > game->count)
            wrong(game, "a row stands in another one's place", "");
        line->state = row.state;
        line->reason = REASON_NONE;
        (void)snprintf(line->id, sizeof line->id, "%s", row.id == NULL ? "" : row.id);
        states[row.state]++;
    }
    journal_rows_close(cursor);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(
            journal_errors(journal, i + 1, note_error, &game->lines[i], NULL), RC_OK);
    journal_close(journal);
    if (n != game->count)
        wrong(game, "rows are missing in the checkpoint", "");
    if (game->tally.created != states[ROW_CREATED] ||
        game->tally.updated != states[ROW_UPDATED] ||
        game->tally.unchanged != states[ROW_UNCHANGED] ||
        game->tally.failed != states[ROW_FAILED] ||
        game->tally.unknown != states[ROW_UNKNOWN])
        wrong(game, "the sum is not that of the rows", "");
}

static bool is_done(const struct link_line *line) {
    return line->state == ROW_CREATED || line->state == ROW_UPDATED ||
           line->state == ROW_UNCHANGED;
}

/* --- accounts --- */

static bool is_firm(const char *name, size_t firm) {
    char own[24];

    (void)snprintf(own, sizeof own, "%s%zu", firm == LINK_FIRMS - 1 ? "Reject" : "Firm",
                   firm);
    return strcasecmp(name, own) == 0;
}

static bool is_rivals(const json_t *account) {
    return strcmp(json_string_value(json_object_get(account, "createdById")),
                  FAKE_RIVAL) == 0;
}

static void judge_account(struct link_game *game, struct link_firm *firm,
                          const json_t *account, const char *text) {
    const char *id = json_string_value(json_object_get(account, "id"));

    if (is_rivals(account)) {
        (void)snprintf(firm->rival_ids[firm->rivals++], sizeof firm->rival_ids[0], "%s",
                       id);
        return;
    }
    if (firm->there > 0)
        wrong(game, "was made, though it was there", text);
    if (++firm->made > 1)
        wrong(game, "was made twice", text);
    (void)snprintf(firm->id, sizeof firm->id, "%s", id);
    judge_made(game, account);
}

/* Fills the ids of each firm that there is now. */
static void judge_accounts(struct link_game *game) {
    bool named[LINK_FIRMS] = {false};

    for (size_t i = game->seeded; i < fake_crm_count(game->sim.crm); i++) {
        const char *text = fake_crm_record(game->sim.crm, i);
        json_t *json;
        size_t firm = 0;
        if (strcmp(fake_crm_type(game->sim.crm, i), "Account") != 0)
            continue;
        json = json_loads(text, 0, NULL);
        while (firm < LINK_FIRMS &&
               !is_firm(json_string_value(json_object_get(json, "name")), firm))
            firm++;
        if (firm == LINK_FIRMS)
            wrong(game, "no row names this account", text);
        judge_account(game, &game->firms[firm], json, text);
        json_decref(json);
    }
    for (size_t i = 0; i < game->count; i++)
        if (game->lines[i].firm_at < LINK_FIRMS)
            named[game->lines[i].firm_at] = true;
    for (size_t i = 0; i < LINK_FIRMS; i++)
        if (game->firms[i].made > 0 && !named[i])
            wrong(game, "was made, and no row names it", game->firms[i].id);
}

/* Nobody knows which is meant, since somebody else has made one, too. */
static bool is_ambiguous(const struct link_firm *firm) {
    return firm->rivals > 0 && firm->there + firm->made + firm->rivals > 1;
}

static bool is_account_of(const struct link_firm *firm, const char *id) {
    bool is = strcmp(firm->id, id) == 0;

    for (size_t i = 0; i < firm->rivals && !is; i++)
        is = strcmp(firm->rival_ids[i], id) == 0;
    return is;
}

/* --- rows --- */

/* Does it want a team that refuses it? One that the person is in does not, unless
 * another row has taken it away. */
static bool joins_closed(const struct link_game *game, const struct link_line *line) {
    bool inside = (game->persons[line->person].teams & LINK_CLOSED) != 0;

    for (size_t i = 0; i < game->count && !game->adds; i++)
        if (game->lines[i].person == line->person && game->lines[i].teams != 0 &&
            (game->lines[i].teams & LINK_CLOSED) == 0)
            inside = false;
    return (line->teams & LINK_CLOSED) != 0 && !inside;
}

/* The role does not show what is made of the person. Of one that is there, and found,
 * nothing is made. */
static bool is_hidden(const struct link_game *game, const struct link_line *line) {
    return game->own && !(game->kind->matches && game->persons[line->person].there);
}

/* Is an earlier row about the person that may have made it? */
static bool is_repeat(const struct link_game *game, const struct link_line *line) {
    for (const struct link_line *l = game->lines; l < line; l++)
        if (l->person == line->person &&
            (l->state == ROW_CREATED || l->state == ROW_UNKNOWN))
            return true;
    return false;
}

static bool is_refused(const struct link_game *game, const struct link_line *line) {
    const struct fake_counts *counts = fake_crm_counts(game->sim.crm);
    const struct link_firm *firm =
        line->firm_at < LINK_FIRMS ? &game->firms[line->firm_at] : NULL;

    if (line->reason == REASON_LOOKUP_NONE)
        return line->nowhere || line->firm_at == LINK_FIRMS - 1 ||
               (firm != NULL && firm->there == 0 && counts->account_faults >= TRIES_MAX);
    if (line->reason == REASON_LOOKUP_MANY)
        return firm != NULL && (firm->there > 1 || is_ambiguous(firm));
    if (line->reason == REASON_SERVER_VALIDATION)
        return strncmp(line->last, "Reject", 6) == 0;
    if (line->reason == REASON_REPEATED)
        return is_hidden(game, line) && is_repeat(game, line);
    if (line->reason == REASON_LINK_MISSING || line->reason == REASON_FORBIDDEN)
        return joins_closed(game, line);
    if (line->reason == REASON_DUPLICATE)
        return game->persons[line->person].there && !game->kind->matches;
    if (line->reason == REASON_SERVER_ERROR) /* of a change, or of an Import */
        return game->kind->matches || counts->breaks > 0;
    return false;
}

/* In part refused, and no answer has ever told how far it came; or it was sent, and can
 * no more be looked up, or never could. */
static bool is_open(const struct link_game *game, const struct link_line *line) {
    return line->state == ROW_UNKNOWN &&
           (joins_closed(game, line) || is_hidden(game, line) ||
            (line->firm_at < LINK_FIRMS && is_ambiguous(&game->firms[line->firm_at])));
}

static void judge_line(const struct link_game *game, const struct link_line *line) {
    bool broken = line->nowhere || line->firm_at == LINK_FIRMS - 1 ||
                  (line->firm_at < LINK_FIRMS && game->firms[line->firm_at].there > 1);
    const char *record =
        line->id[0] == '\0' ? NULL : fake_crm_find(game->sim.crm, line->id);

    if (broken && line->state != ROW_FAILED)
        wrong(game, "names what cannot be named, and did not fail", line->words);
    if (is_done(line) &&
        (record == NULL || strstr(record, game->persons[line->person].mail) == NULL))
        wrong(game, "is done, and its record is not there", line->id);
    if (is_done(line) && strncmp(line->last, "Reject", 6) == 0)
        wrong(game, "was refused by the server, and is taken for done", line->id);
    if (line->half && is_done(line) && line->reason != REASON_SERVER_ERROR &&
        !joins_closed(game, line))
        wrong(game, "lacks teams without need", line->words);
    if (line->state == ROW_FAILED && !is_refused(game, line))
        wrong(game, "failed without need", line->words);
    if (line->state != ROW_FAILED && !is_done(line) && !is_open(game, line))
        wrong(game, "has not come to a right end", row_state_name(line->state));
}

/* --- records --- */

static unsigned teams_of(const struct link_game *game, const json_t *lead) {
    const json_t *list = json_object_get(lead, "teamsIds"), *id;
    unsigned teams = 0;
    size_t i;

    json_array_foreach(list, i, id) {
        unsigned was = teams;
        for (size_t k = 0; k < LINK_TEAMS; k++)
            if (strcmp(json_string_value(id), game->teams[k]) == 0)
                teams |= 1u << k;
        if (teams == was)
            wrong(game, "is related to a thing twice, or to none", json_string_value(id));
    }
    return teams;
}

/* What the rows that are done want of one person: most and least of it. */
struct wanted {
    size_t done, links, sets; /* rows; of these with an account, with teams */
    size_t created;
    bool account, set; /* one of them wants what there is */
    bool open;         /* nobody knows what a row has done to it */
    unsigned all;      /* teams that may have joined */
    unsigned sure;     /* and that must have */
};

static void want(const struct link_game *game, size_t person, const char *account,
                 unsigned teams, struct wanted *out) {
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < game->count; i++) {
        const struct link_line *line = &game->lines[i];
        if (line->person != person)
            continue;
        if (is_done(line) || joins_closed(game, line)) /* the part before that team */
            out->all |= line->teams & ~(unsigned)LINK_CLOSED;
        out->open = out->open || is_open(game, line);
        if (!is_done(line))
            continue;
        out->done++;
        out->created += line->state == ROW_CREATED;
        out->links += line->firm_at < LINK_FIRMS;
        out->sets += line->teams != 0;
        out->sure |= line->half ? 0 : line->teams;
        out->set = out->set || (line->teams != 0 && line->teams == teams);
        out->account =
            out->account || (line->firm_at < LINK_FIRMS &&
                             is_account_of(&game->firms[line->firm_at], account));
    }
}

static void judge_teams(const struct link_game *game, const struct link_person *person,
                        const struct wanted *wanted, unsigned teams, const char *text) {
    unsigned all = person->teams | wanted->all, sure = person->teams | wanted->sure;

    if (game->adds) {
        if ((teams & ~all) != 0)
            wrong(game, "has teams that no row wants", text);
        if ((sure & ~teams) != 0)
            wrong(game, "lacks teams, and its row does not say so", text);
    } else if (wanted->sets == 0 ? teams != person->teams : !wanted->set) {
        wrong(game, "has not the teams of its row", text);
    }
}

static void judge_lead(const struct link_game *game, const json_t *lead, size_t at,
                       const char *text) {
    const struct link_person *person = &game->persons[at];
    const char *account = json_string_value(json_object_get(lead, "createdAccountId"));
    const char *last = json_string_value(json_object_get(lead, "lastName"));
    unsigned teams = teams_of(game, lead);
    char byron[24];
    struct wanted wanted;

    account = account == NULL ? "" : account;
    want(game, at, account, teams, &wanted);
    if (wanted.open)
        return;
    if (!person->there && wanted.done == 0)
        wrong(game, "was made, and no row says so", text);
    if (!person->there && game->kind->matches ? wanted.created > 1
                                              : wanted.created != !person->there)
        wrong(game, "has not been made by one row", text);
    (void)snprintf(byron, sizeof byron, "Byron%zu", at);
    if (strcmp(last, wanted.done > 0 ? byron : person->last) != 0)
        wrong(game, "has another name", text);
    if (wanted.links == 0 ? strcmp(account, person->account) != 0 : !wanted.account)
        wrong(game, "has another account", text);
    judge_teams(game, person, &wanted, teams, text);
}

static void judge_leads(const struct link_game *game) {
    size_t found[LINK_ROWS] = {0};

    for (size_t i = 0; i < fake_crm_count(game->sim.crm); i++) {
        const char *text = fake_crm_record(game->sim.crm, i);
        json_t *json = json_loads(text, 0, NULL);
        const char *mail = json_string_value(json_object_get(json, "emailAddress"));
        size_t at = 0;
        if (strcmp(fake_crm_type(game->sim.crm, i), "Lead") == 0) {
            while (at < game->person_count && strcmp(mail, game->persons[at].mail) != 0)
                at++;
            if (at == game->person_count || ++found[at] > 1)
                wrong(game, "is there twice, or nobody's", text);
            judge_lead(game, json, at, text);
        }
        json_decref(json);
    }
    for (size_t i = 0; i < game->count; i++)
        if (is_done(&game->lines[i]) && found[game->lines[i].person] == 0)
            wrong(game, "is done, and not there", game->lines[i].id);
}

void link_game_judge(struct link_game *game) {
    read_journal(game);
    judge_accounts(game);
    for (size_t i = 0; i < game->count; i++)
        judge_line(game, &game->lines[i]);
    judge_leads(game);
}
