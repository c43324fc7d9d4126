/* digest.c - SHA-256 and HMAC-SHA-256 by libcrypto; FNV-1a by hand. */
#include "base/digest.h"

#include "base/rc.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>

struct digest {
    EVP_MD_CTX *context; /* owned */
};

struct digest *digest_new(void) {
    struct digest *digest = calloc(1, sizeof *digest);

    if (digest == NULL)
        return NULL;
    digest->context = EVP_MD_CTX_new();
    if (digest->context == NULL ||
        EVP_DigestInit_ex(digest->context, EVP_sha256(), NULL) != 1) {
        digest_free(digest);
        return NULL;
    }
    return digest;
}

int digest_update(struct digest *digest, const void *data, size_t len) {
    return EVP_DigestUpdate(digest->context, data, len) == 1 ? RC_OK : RC_NOMEM;
}

int digest_final(struct digest *digest, unsigned char out[DIGEST_SIZE]) {
    return EVP_DigestFinal_ex(digest->context, out, NULL) == 1 ? RC_OK : RC_NOMEM;
}

void digest_free(struct digest *digest) {
    if (digest == NULL)
        return;
    EVP_MD_CTX_free(digest->context);
    free(digest);
}

int digest_hmac(struct slice key, struct slice data, unsigned char out[DIGEST_SIZE]) {
    unsigned int len = DIGEST_SIZE;

    if (key.len > INT_MAX)
        return RC_LIMIT;
    return HMAC(EVP_sha256(), key.data, (int)key.len, (const unsigned char *)data.data,
                data.len, out, &len) == NULL
               ? RC_NOMEM
               : RC_OK;
}

void digest_hex(const unsigned char in[DIGEST_SIZE], char out[DIGEST_HEX_SIZE]) {
    for (size_t i = 0; i < DIGEST_SIZE; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", in[i]);
}

int digest_hex_of(struct slice data, char out[DIGEST_HEX_SIZE]) {
    unsigned char raw[DIGEST_SIZE];

    if (EVP_Digest(data.data, data.len, raw, NULL, EVP_sha256(), NULL) != 1)
        return RC_NOMEM;
    digest_hex(raw, out);
    return RC_OK;
}

uint64_t digest_fnv(uint64_t seed, struct slice data) {
    for (size_t i = 0; i < data.len; i++)
        seed = (seed ^ (unsigned char)data.data[i]) * UINT64_C(0x100000001b3);
    return seed;
}
