/* Who sends a request: API key, HMAC, Basic, Espo-Authorization with password or
 * token. */
#ifndef ESPOCRM_AUTH_H
#define ESPOCRM_AUTH_H

#include "app.h"

/* Sets c->user. 0, or -1 after a 401 or 403 was set. */
int auth_check(struct ctx *c);
/* A fresh token for the user, stored; caller frees. */
char *auth_new_token(struct app *app, const struct user *u);
/* Decodes base64 into malloced bytes with a NUL; NULL when it is none. */
char *base64_decode(const char *s, size_t *len);

#endif
