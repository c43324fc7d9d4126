/* word_set.c - a hash table that is built once and only read. */
#include "model/word_set.h"

#include "base/digest.h"
#include "base/rc.h"
#include "base/utf8.h"

static uint64_t hash_of(struct slice word) {
    uint64_t hash = digest_fnv(DIGEST_FNV_SEED, word);

    return hash ^ hash >> 32;
}

int word_set_init(struct word_set *set, const struct slice *words, size_t count,
                  struct arena *arena) {
    size_t size = 8;

    *set = (struct word_set){.words = words, .count = count};
    while (size < count * 2)
        size *= 2;
    set->table = arena_zalloc(arena, size * sizeof *set->table);
    if (set->table == NULL)
        return RC_NOMEM;
    set->mask = size - 1;
    for (size_t i = 0; i < count; i++) {
        size_t at = (size_t)hash_of(words[i]) & set->mask;
        if (words[i].len > set->longest)
            set->longest = words[i].len;
        while (set->table[at] != 0)
            at = (at + 1) & set->mask;
        set->table[at] = (uint32_t)i + 1;
    }
    return RC_OK;
}

size_t word_set_find(const struct word_set *set, struct slice word) {
    size_t at;

    if (set->count == 0 || word.len > set->longest)
        return NO_WORD;
    at = (size_t)hash_of(word) & set->mask;
    for (; set->table[at] != 0; at = (at + 1) & set->mask)
        if (slice_equal(set->words[set->table[at] - 1], word))
            return set->table[at] - 1;
    return NO_WORD;
}

size_t word_set_nearest(const struct word_set *set, struct slice word) {
    size_t limit = 1 + word.len / 3, nearest = NO_WORD;

    for (size_t i = 0; i < set->count; i++) {
        size_t distance = utf8_distance(word, set->words[i], limit);
        if (distance > limit || set->words[i].len == 0)
            continue;
        nearest = i;
        if (distance == 0)
            break;
        limit = distance - 1;
    }
    return nearest;
}

struct slice word_fold(struct slice word, char out[WORD_FOLD_MAX + 1]) {
    struct buf buf = {.data = out, .cap = WORD_FOLD_MAX + 1, .max = WORD_FOLD_MAX};
    size_t i;

    if (word.len > WORD_FOLD_MAX)
        return slice_make(out, 0);
    for (i = 0; i < word.len && (unsigned char)word.data[i] < 0x80; i++)
        out[i] = (char)(word.data[i] >= 'A' && word.data[i] <= 'Z' ? word.data[i] + 32
                                                                   : word.data[i]);
    if (i == word.len)
        return slice_make(out, i);
    if (utf8_append_folded(&buf, word) < 0)
        return slice_make(out, 0);
    return slice_make(out, buf.len);
}
