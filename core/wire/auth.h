/* auth.h - who we are: the headers that prove it, and the secrets' safe keeping.
 *
 * A secret is held in one buffer that is cleared when freed, and is never part of any
 * message.
 */
#ifndef WIRE_AUTH_H
#define WIRE_AUTH_H

#include "base/buf.h"
#include "base/err.h"
#include "plan/exchange.h"

enum auth_kind {
    AUTH_API_KEY,  /* X-Api-Key */
    AUTH_HMAC,     /* X-Hmac-Authorization, hex digest (8.4.1 and later) */
    AUTH_HMAC_RAW, /* the same with the raw digest of older servers */
    AUTH_USER      /* Espo-Authorization; the password once, its token afterwards */
};

struct auth;

/* first: API key or user name; second: secret key or password (NULL for API_KEY). Both
 * are copied. RC_USAGE for what no header can carry or no server can have given out
 * (empty, control characters, line breaks, over 1,000 bytes; ':' in a user name; blanks
 * and anything but ASCII in a key). Free with auth_free(). */
int auth_new(struct auth **out, enum auth_kind kind, const char *first,
             const char *second, struct err *err);
void auth_free(struct auth *auth);

/* AUTH_API_KEY for NULL (a simulation has nobody to convince). */
enum auth_kind auth_kind_of(const struct auth *auth);

/* From now on user and token stand in for user and password, which is forgotten (the
 * token comes from GET App/user, member "token"). For AUTH_USER only, else RC_USAGE. */
int auth_set_token(struct auth *auth, const char *token, struct err *err);

/* Appends the header lines for one request to buf, each ending in '\n' ("X-Api-Key:
 * ..."). path as in struct request: HMAC signs METHOD + " /" + path without its query. */
int auth_append_headers(const struct auth *auth, enum method method, const char *path,
                        struct buf *buf);

#endif
