/* auth.c - EspoCRM's four ways of logging in (espocrm-api, section 6).
 *
 * Promises that every secret it copies is cleared before its memory is given back. Does
 * not read keys from files and does not talk to the server.
 */
#include "wire/auth.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "base/digest.h"
#include "base/utf8.h"

enum {
    PART_MAX = 1000,                              /* bytes of a key, name or password */
    PLAIN_MAX = 2 * PART_MAX + 1,                 /* "first:second" */
    ENCODED_SIZE = 4 * ((PLAIN_MAX + 2) / 3) + 1, /* base64 of it, terminated */
    SIGNED_MAX = 16 * 1024                        /* bytes of "METHOD /path" */
};

struct auth {
    enum auth_kind kind;
    bool by_token;              /* second is a token, not the password */
    size_t first_len;           /* bytes of first */
    size_t second_len;          /* bytes of second */
    char first[PART_MAX + 1];   /* API key or user name, terminated */
    char second[PART_MAX + 1];  /* secret key, password or token, terminated */
    char encoded[ENCODED_SIZE]; /* AUTH_USER: base64(first:second) */
};

/* The name of a part for messages: never the part itself. */
static const char *first_name(enum auth_kind kind) {
    return kind == AUTH_USER ? "user name" : "API key";
}

static const char *second_name(enum auth_kind kind) {
    return kind == AUTH_USER ? "password" : "HMAC secret key";
}

static int part_check(const char *part, const char *name, bool ascii, struct err *err) {
    size_t len = part == NULL ? 0 : strlen(part);

    if (len == 0)
        return err_set(err, RC_USAGE, "the %s is empty", name);
    if (len > PART_MAX)
        return err_set(err, RC_USAGE, "the %s is longer than %d bytes", name, PART_MAX);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)part[i];
        if (c < 0x20 || c == 0x7F) {
            (void)err_set(err, RC_USAGE, "the %s holds a %s", name,
                          c == '\n' || c == '\r' ? "line break" : "control character");
            err_advise(err, "its file has to hold the %s alone, in one line", name);
            return RC_USAGE;
        }
        if (ascii && (c <= 0x20 || c >= 0x7F)) {
            (void)err_set(err, RC_USAGE,
                          "the %s holds a blank or a character that is not ASCII", name);
            err_advise(err, "copy it again from the API user's page in EspoCRM");
            return RC_USAGE;
        }
    }
    if (utf8_valid_prefix(slice_make(part, len)) < len)
        return err_set(err, RC_USAGE, "the %s is not UTF-8", name);
    return RC_OK;
}

/* base64(first:second) for AUTH_USER; the other kinds need none before a request. */
static void auth_encode(struct auth *auth) {
    unsigned char plain[PLAIN_MAX];
    size_t len = auth->first_len;

    memcpy(plain, auth->first, len);
    plain[len++] = ':';
    memcpy(plain + len, auth->second, auth->second_len);
    len += auth->second_len;
    (void)EVP_EncodeBlock((unsigned char *)auth->encoded, plain, (int)len);
    OPENSSL_cleanse(plain, sizeof plain);
}

int auth_new(struct auth **out, enum auth_kind kind, const char *first,
             const char *second, struct err *err) {
    struct auth *auth;
    int rc;

    *out = NULL;
    rc = part_check(first, first_name(kind), kind != AUTH_USER, err);
    if (rc == RC_OK && kind != AUTH_API_KEY)
        rc = part_check(second, second_name(kind), kind != AUTH_USER, err);
    if (rc != RC_OK)
        return rc;
    if (kind != AUTH_API_KEY && strchr(first, ':') != NULL)
        return err_set(err, RC_USAGE, "the %s holds a colon", first_name(kind));
    auth = calloc(1, sizeof *auth);
    if (auth == NULL)
        return err_nomem(err);
    auth->kind = kind;
    auth->first_len = strlen(first);
    memcpy(auth->first, first, auth->first_len);
    if (kind != AUTH_API_KEY) {
        auth->second_len = strlen(second);
        memcpy(auth->second, second, auth->second_len);
    }
    if (kind == AUTH_USER)
        auth_encode(auth);
    *out = auth;
    return RC_OK;
}

void auth_free(struct auth *auth) {
    if (auth == NULL)
        return;
    OPENSSL_cleanse(auth, sizeof *auth);
    free(auth);
}

int auth_set_token(struct auth *auth, const char *token, struct err *err) {
    int rc;

    if (auth->kind != AUTH_USER)
        return err_set(err, RC_USAGE, "a token stands in for a password only");
    rc = part_check(token, "token", true, err);
    if (rc != RC_OK)
        return rc;
    OPENSSL_cleanse(auth->second, sizeof auth->second);
    auth->second_len = strlen(token);
    memcpy(auth->second, token, auth->second_len + 1);
    auth->by_token = true;
    auth_encode(auth);
    return RC_OK;
}

static void hex_of(const unsigned char in[DIGEST_SIZE], unsigned char *out) {
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < DIGEST_SIZE; i++) {
        out[2 * i] = (unsigned char)digits[in[i] >> 4];
        out[2 * i + 1] = (unsigned char)digits[in[i] & 15];
    }
}

/* HMAC-SHA-256 over "METHOD /path", the query not included. */
static int auth_sign(const struct auth *auth, enum method method, const char *path,
                     unsigned char out[DIGEST_SIZE]) {
    struct buf text = {.max = SIGNED_MAX};
    int rc;

    (void)buf_append_text(&text, method_name(method));
    (void)buf_append_text(&text, " /");
    (void)buf_append(&text, path, strcspn(path, "?"));
    rc = text.failed;
    if (rc == RC_OK)
        rc = digest_hmac(slice_make(auth->second, auth->second_len), buf_slice(&text),
                         out);
    buf_fini(&text);
    return rc;
}

static int append_hmac(const struct auth *auth, enum method method, const char *path,
                       struct buf *buf) {
    unsigned char plain[PART_MAX + 1 + 2 * DIGEST_SIZE];
    unsigned char encoded[4 * ((sizeof plain + 2) / 3) + 1];
    unsigned char digest[DIGEST_SIZE];
    size_t len = auth->first_len;
    int rc = auth_sign(auth, method, path, digest);

    if (rc != RC_OK)
        return rc;
    memcpy(plain, auth->first, len);
    plain[len++] = ':';
    if (auth->kind == AUTH_HMAC_RAW) {
        memcpy(plain + len, digest, DIGEST_SIZE);
        len += DIGEST_SIZE;
    } else {
        hex_of(digest, plain + len);
        len += 2 * DIGEST_SIZE;
    }
    (void)EVP_EncodeBlock(encoded, plain, (int)len);
    (void)buf_append_text(buf, "X-Hmac-Authorization: ");
    (void)buf_append_text(buf, (const char *)encoded);
    rc = buf_append_char(buf, '\n');
    OPENSSL_cleanse(plain, sizeof plain);
    OPENSSL_cleanse(encoded, sizeof encoded);
    return rc;
}

int auth_append_headers(const struct auth *auth, enum method method, const char *path,
                        struct buf *buf) {
    switch (auth->kind) {
    case AUTH_API_KEY:
        (void)buf_append_text(buf, "X-Api-Key: ");
        (void)buf_append(buf, auth->first, auth->first_len);
        (void)buf_append_char(buf, '\n');
        break;
    case AUTH_HMAC:
    case AUTH_HMAC_RAW: (void)append_hmac(auth, method, path, buf); break;
    case AUTH_USER:
        (void)buf_append_text(buf, "Espo-Authorization: ");
        (void)buf_append_text(buf, auth->encoded);
        (void)buf_append_char(buf, '\n');
        if (auth->by_token)
            (void)buf_append_text(buf, "Espo-Authorization-By-Token: true\n");
        break;
    }
    return buf->failed;
}

enum auth_kind auth_kind_of(const struct auth *auth) {
    return auth == NULL ? AUTH_API_KEY : auth->kind;
}
