/* word_set.h - a fixed set of words, asked for each cell: options, true and false
 * words. */
#ifndef MODEL_WORD_SET_H
#define MODEL_WORD_SET_H

#include "base/arena.h"

#include <stddef.h>
#include <stdint.h>

#define NO_WORD ((size_t)-1)

enum { WORD_FOLD_MAX = 256 }; /* bytes of the longest word that is looked up folded */

struct word_set {
    const struct slice *words; /* borrowed */
    size_t count;              /* of words */
    size_t longest;            /* bytes */
    uint32_t *table;           /* index + 1 by hash; 0 = free */
    size_t mask;               /* size of table - 1 */
};

/* words: borrowed as long as the set lives; of equal ones the first counts. The table is
 * arena's. RC_NOMEM. */
int word_set_init(struct word_set *set, const struct slice *words, size_t count,
                  struct arena *arena);

/* Index of word, or NO_WORD. */
size_t word_set_find(const struct word_set *set, struct slice word);

/* Index of the word nearest to word, or NO_WORD when none is near: for "did you mean". */
size_t word_set_nearest(const struct word_set *set, struct slice word);

/* word in lower case, written to out; empty when it is longer than WORD_FOLD_MAX. */
struct slice word_fold(struct slice word, char out[WORD_FOLD_MAX + 1]);

#endif
