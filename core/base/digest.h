/* digest.h - SHA-256 and HMAC-SHA-256 (libcrypto). */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include "base/slice.h"

#include <stdint.h>

enum { DIGEST_SIZE = 32, DIGEST_HEX_SIZE = 65 };

struct digest; /* one running SHA-256 */

struct digest *digest_new(void); /* NULL when memory is out; digest_free() */
int digest_update(struct digest *digest, const void *data, size_t len);
int digest_final(struct digest *digest, unsigned char out[DIGEST_SIZE]);
void digest_free(struct digest *digest);

int digest_hmac(struct slice key, struct slice data, unsigned char out[DIGEST_SIZE]);
void digest_hex(const unsigned char in[DIGEST_SIZE], char out[DIGEST_HEX_SIZE]);

/* SHA-256 of data as hex, in one call. */
int digest_hex_of(struct slice data, char out[DIGEST_HEX_SIZE]);

/* FNV-1a, 64 bits: for hash tables and lanes, not for proof. Chain by passing the last
 * result as seed; start with DIGEST_FNV_SEED. */
#define DIGEST_FNV_SEED UINT64_C(0xcbf29ce484222325)
uint64_t digest_fnv(uint64_t seed, struct slice data);

#endif
