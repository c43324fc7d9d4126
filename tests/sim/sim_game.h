/* sim_game.h - which seeds are played, and what they cost.
 *
 * A game is played by one seed and always the same. A test plays a fixed set, and then a
 * fresh one that is told before it begins. ESPOLOAD_SEED=N plays that game alone, and
 * tells what happens in it; ESPOLOAD_SEEDS=N plays 1 to N, or N from ESPOLOAD_FIRST on.
 */
#ifndef SIM_SIM_GAME_H
#define SIM_SIM_GAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Plays one game; how many runs of the program it took. Fails the test by itself. */
typedef size_t sim_game_play(uint64_t seed);

struct sim_games {
    const char *name;
    sim_game_play *play;
    uint64_t fixed; /* seeds 1 to this */
    uint64_t fresh; /* so many more */
};
void sim_games_play(const struct sim_games *games);

/* One game is replayed: it may tell what happens. */
bool sim_game_is_alone(void);

/* Below `below`, from the game's own chance. */
uint64_t sim_dice(uint64_t *chance, uint64_t below);

#endif
