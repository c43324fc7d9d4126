/* ids_anew.c - planted: new records that are sent once more, by this run or by one that
 * takes it up, get other ids than they were sent under before.
 */
#include "base/digest.h"
#include "plan/write.h"
#include "wire/bulk_chunk.h"

#include <stdio.h>

int __real_chunk_build_upload(struct chunk *chunk, const struct schema *schema);
int __wrap_chunk_build_upload(struct chunk *chunk, const struct schema *schema);

enum { SENT_BITS = 24, KEPT = 4096 }; /* records are far fewer */

static unsigned char sent[1 << SENT_BITS]; /* by the hash of an id */
static char ids[KEPT][18];                 /* that were made anew; writes borrow them */
static size_t made;

static const char *id_of(const char *id) {
    unsigned char *before =
        &sent[digest_fnv(DIGEST_FNV_SEED, slice_of(id)) & ((1 << SENT_BITS) - 1)];
    char *anew = ids[made % KEPT];

    if (*before == 0) {
        *before = 1;
        return id;
    }
    (void)snprintf(anew, sizeof ids[0], "%017zx", ++made);
    return anew;
}

int __wrap_chunk_build_upload(struct chunk *chunk, const struct schema *schema) {
    for (size_t i = 0; i < chunk->count; i++)
        if (chunk->slots[i].write->kind == WRITE_CREATE)
            chunk->slots[i].write->id = id_of(chunk->slots[i].write->id);
    return __real_chunk_build_upload(chunk, schema);
}
