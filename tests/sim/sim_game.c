/* sim_game.c - seeds from the environment or from chance.
 */
#include "sim/sim_game.h"

#include "sim/fake_crm.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

enum { FRESH_BITS = 40 }; /* a seed that is easily typed */

#ifdef __SANITIZE_ADDRESS__
enum { SLOWER = 5 }; /* so many times fewer games */
#else
enum { SLOWER = 1 };
#endif

uint64_t sim_dice(uint64_t *chance, uint64_t below) { /* splitmix64 */
    uint64_t z = *chance += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (z ^ z >> 31) % below;
}

bool sim_game_is_alone(void) {
    return getenv("ESPOLOAD_SEED") != NULL;
}

static uint64_t number_of(const char *name) {
    const char *text = getenv(name);

    return text == NULL ? 0 : strtoull(text, NULL, 10);
}

static double cpu_seconds(void) {
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void play_some(const struct sim_games *games, uint64_t first, uint64_t count) {
    double begun = cpu_seconds(), took;
    size_t runs = 0;

    (void)printf("%s: seeds %" PRIu64 " to %" PRIu64 "\n", games->name, first,
                 first + count - 1);
    (void)fflush(stdout); /* they are known whatever happens */
    for (uint64_t seed = first; seed < first + count; seed++) {
        (void)snprintf(fake_note, sizeof fake_note, "ESPOLOAD_SEED=%" PRIu64, seed);
        runs += games->play(seed);
    }
    took = cpu_seconds() - begun;
    (void)printf("%s: %zu runs, %.0f a second of CPU\n", games->name, runs,
                 (double)runs / (took > 0 ? took : 1e-9));
}

void sim_games_play(const struct sim_games *games) {
    uint64_t seed = 0, one = number_of("ESPOLOAD_SEED"),
             many = number_of("ESPOLOAD_SEEDS"), first = number_of("ESPOLOAD_FIRST");

    if (sim_game_is_alone()) {
        play_some(games, one, 1);
        return;
    }
    play_some(games, first > 0 ? first : 1, many > 0 ? many : games->fixed / SLOWER);
    if (many > 0 || games->fresh == 0)
        return;
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
        seed = (uint64_t)time(NULL);
    play_some(games, seed >> (64 - FRESH_BITS), games->fresh / SLOWER);
}
