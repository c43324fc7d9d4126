/* import_game.h - a whole import in a simulation, and the verdict on it.
 *
 * A random file, records that are there before, faults, crashes, power cuts, signals,
 * full disks; after the last resume the CRM holds each good row exactly once and every
 * count adds up. A seed replays exactly (sim_game.h).
 */
#ifndef SIM_IMPORT_GAME_H
#define SIM_IMPORT_GAME_H

#include "base/reason.h"
#include "sim/sim_import.h"
#include "state/journal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct import_game_options {
    const char *testdata; /* folder that holds espo/; borrowed */
    bool bulk;            /* runs begin with the bulk engine */
};

/* Plays one and judges it; how many runs it took. Fails the test by itself. */
size_t import_game_play(const struct import_game_options *options, uint64_t seed);

/* --- for import_*.c --- */

enum import_row_kind {
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

struct import_line {
    enum import_row_kind kind;
    char first[32], last[32], mail[48], phone[24], note[32];
    bool was_there;       /* a record that equals it was there before the run */
    bool others;          /* a record with its e-mail was there before the run */
    enum row_state state; /* in the end */
    enum reason reason;   /* FAILED: the first one */
    char id[32];          /* of its record */
    char words[120];      /* FAILED, UNKNOWN: why */
};

/* What the mapping says of records that are there. */
enum import_rules { RULES_NONE, RULES_MATCH, RULES_LAST, RULES_MERGE, RULES_IDENTITY };

enum { IMPORT_ROWS = 48 };

struct import_game {
    struct sim sim;
    uint64_t seed;
    uint64_t chance;
    struct import_line lines[IMPORT_ROWS];
    size_t count;
    size_t seeded; /* records that were there before */
    size_t page;   /* records of a list, at most */
    enum import_rules rules;
    bool own;           /* the user reads own leads only */
    bool assigned;      /* and each row is assigned to it */
    char mapping[2048]; /* of such a game */
    size_t runs;
};

/* A row that never becomes a request. */
bool import_line_is_broken(const struct import_line *line);

/* Does the mapping choose among rows of one key? */
bool import_game_is_choosing(const struct import_game *game);

/* Does a later row of its key count instead? */
bool import_game_is_passed_over(const struct import_game *game, size_t i);

/* After the last run. */
void import_game_judge(struct import_game *game);

#endif
