/* link_game.h - a whole import of Leads that have an account and teams, in a simulation,
 * and the verdict on it.
 *
 * Accounts are looked up by name and made where there is none, also while somebody else
 * makes one of the same name; teams replace those of a
 * record or join them, one relation after the other; all with faults, crashes, power
 * cuts, full disks. After the last resume each account was made once, each record has the
 * account and the teams of its row, or the row says that it has not. A seed replays
 * exactly (sim_game.h).
 */
#ifndef SIM_LINK_GAME_H
#define SIM_LINK_GAME_H

#include "base/reason.h"
#include "sim/sim_import.h"
#include "state/journal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Plays one and judges it; how many runs it took. Fails the test by itself. */
size_t link_game_play(const char *testdata, uint64_t seed);

/* --- for link_*.c --- */

enum {
    LINK_ROWS = 32,
    LINK_FIRMS = 6,
    LINK_TEAMS = 5,
    LINK_CLOSED = 1 << 4,
    LINK_RIVALS = 8
};

/* An account, or none, that rows name; the last one is refused by the server. */
struct link_firm {
    size_t there; /* how many there were before */
    char id[24];  /* of the last of these, or of the one that was made */
    /* in the end: */
    size_t made;   /* by the runs */
    size_t rivals; /* made by somebody else in the meantime */
    char rival_ids[LINK_RIVALS][24];
};

/* Whom rows are about: what there was of them before the runs. */
struct link_person {
    bool there;
    char mail[40], last[24];
    char account[24]; /* id, or "" */
    unsigned teams;   /* a bit for each */
};

struct link_line {
    size_t person; /* several rows of one person are equal but for their links */
    char last[24];
    char firm[24];  /* as the cell has it, or "" */
    size_t firm_at; /* which of the firms; of "" LINK_FIRMS */
    unsigned teams; /* 0 = the cell is empty */
    bool nowhere;   /* it names a team that is not there */
    /* in the end: */
    enum row_state state;
    enum reason reason; /* the first one */
    bool half;          /* some reason is about its teams */
    char id[32];
    char words[160];
};

struct link_kind {
    const char *name;
    const char *rules; /* of the mapping */
    enum mapping_on_duplicate on_duplicate;
    bool matches; /* a record that is there is updated */
    bool checks;  /* by the server's own check for duplicates */
};

struct link_game {
    struct sim sim;
    const struct link_kind *kind;
    uint64_t seed, chance;
    char mapping[800];
    bool adds; /* teams join those that there are */
    bool own;  /* the user's role hides what is made, and shows what was there before */
    struct link_firm firms[LINK_FIRMS];
    char teams[LINK_TEAMS][24]; /* ids */
    struct link_person persons[LINK_ROWS];
    size_t person_count;
    struct link_line lines[LINK_ROWS];
    size_t count;
    size_t seeded; /* records that were there before */
    size_t runs;
    char rival[40];     /* JSON of the account that somebody else makes in a run */
    struct tally tally; /* of the last run */
};

/* After the last run. */
void link_game_judge(struct link_game *game);

#endif
