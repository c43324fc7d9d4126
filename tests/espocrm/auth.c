/*
 * Authentication. Promises that more than ten failed logins within a minute lock everyone
 * out for the rest of it, valid keys included, as one address is all there is here.
 * Two-factor codes and X-Another-User are left out.
 */
#include "auth.h"

#include <ctype.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int digit(char ch) {
    static const char abc[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *p = ch ? strchr(abc, ch) : NULL;
    return p ? (int)(p - abc) : -1;
}

char *base64_decode(const char *s, size_t *len) {
    char *out = mem_alloc(strlen(s) + 1);
    size_t n = 0;
    unsigned acc = 0;
    int bits = 0;
    for (; *s && *s != '='; s++) {
        int d = digit(*s);
        if (d < 0) {
            free(out);
            return NULL;
        }
        acc = (acc << 6 | (unsigned)d) & 0xffffffu;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out[n++] = (char)(acc >> bits & 0xffu);
        }
    }
    out[n] = '\0';
    *len = n;
    return out;
}

static bool locked_out(struct app *app) {
    if (app->cfg.no_lockout || app->nfailures <= MAX_FAILED_LOGINS)
        return false;
    return clock_mono_ms() - app->failures[app->nfailures % (MAX_FAILED_LOGINS + 1)] <
           LOGIN_WINDOW_MS;
}

static int refuse(struct ctx *c, bool ask) {
    struct app *app = c->app;
    app->failures[app->nfailures++ % (MAX_FAILED_LOGINS + 1)] = clock_mono_ms();
    fail(c, 401, NULL);
    c->rp->content_type = TYPE_HTML;
    c->rp->ask_basic = ask;
    return -1;
}

static int accept(struct ctx *c, enum user_kind kind) {
    c->user = &c->app->users[kind];
    if (c->user->active)
        return 0;
    c->user = NULL;
    return refuse(c, false);
}

static bool same(const char *a, const char *b) {
    return a && b && *b && !strcmp(a, b);
}

static int by_key(struct ctx *c, const char *key) {
    const struct config *cfg = &c->app->cfg;
    if (same(key, cfg->api_key))
        return accept(c, USER_API);
    if (same(key, cfg->weak_key))
        return accept(c, USER_WEAK);
    return refuse(c, false);
}

/* base64(key ":" digest), the digest raw or in hex, of "METHOD /path". */
static int by_hmac(struct ctx *c, const char *header) {
    const struct config *cfg = &c->app->cfg;
    size_t n = 0;
    char *text = base64_decode(header, &n);
    char *colon = text ? memchr(text, ':', n) : NULL;
    bool ok = false;
    if (colon && cfg->hmac_key && cfg->hmac_secret) {
        *colon = '\0';
        unsigned char mac[EVP_MAX_MD_SIZE];
        unsigned mac_len = 0;
        char hex[2 * EVP_MAX_MD_SIZE + 1];
        struct buf b = {0};
        buf_printf(&b, "%s /%s", c->rq->method, c->rq->raw_path);
        HMAC(EVP_sha256(), cfg->hmac_secret, (int)strlen(cfg->hmac_secret),
             (const unsigned char *)b.p, b.len, mac, &mac_len);
        for (unsigned i = 0; i < mac_len; i++)
            snprintf(hex + 2 * i, 3, "%02x", mac[i]);
        size_t have = n - (size_t)(colon + 1 - text);
        ok = same(text, cfg->hmac_key) &&
             ((have == mac_len && !memcmp(colon + 1, mac, mac_len)) ||
              (have == 2 * mac_len && !memcmp(colon + 1, hex, have)));
        buf_free(&b);
    }
    free(text);
    return ok ? accept(c, USER_HMAC) : refuse(c, false);
}

static bool token_valid(struct app *app, const char *token, const char *login) {
    int64_t n = 0;
    store_run(&app->store, &n, "SELECT COUNT(*) FROM token WHERE token=? AND user=?",
              token, login, NULL);
    return n > 0;
}

static int by_password(struct ctx *c, const char *encoded, bool ask) {
    const struct config *cfg = &c->app->cfg;
    size_t n = 0;
    char *text = base64_decode(encoded, &n);
    char *colon = text ? strchr(text, ':') : NULL;
    int kind = -1;
    if (colon) {
        *colon++ = '\0';
        if (same(text, cfg->user) && same(colon, cfg->password))
            kind = USER_REGULAR;
        else if (same(text, cfg->admin) && same(colon, cfg->admin_password))
            kind = USER_ADMIN;
        else if (token_valid(c->app, colon, text))
            kind = same(text, cfg->admin) ? USER_ADMIN : USER_REGULAR;
    }
    bool broken = !colon;
    free(text);
    return kind >= 0 ? accept(c, (enum user_kind)kind) : refuse(c, ask && broken);
}

int auth_check(struct ctx *c) {
    const struct request *rq = c->rq;
    if (locked_out(c->app)) {
        fail(c, 403, NULL);
        c->rp->content_type = TYPE_HTML;
        return -1;
    }
    if (rq->espo_authorization)
        return by_password(c, rq->espo_authorization, false);
    if (rq->hmac)
        return by_hmac(c, rq->hmac);
    if (rq->api_key)
        return by_key(c, rq->api_key);
    if (rq->authorization && !strncasecmp(rq->authorization, "Basic ", 6))
        return by_password(c, rq->authorization + 6, true);
    fail(c, 401, NULL);
    c->rp->content_type = TYPE_HTML;
    c->rp->ask_basic =
        !rq->requested_with || strcasecmp(rq->requested_with, "XMLHttpRequest");
    return -1;
}

char *auth_new_token(struct app *app, const struct user *u) {
    char id[ID_SIZE], more[ID_SIZE], token[2 * ID_SIZE];
    idgen_next(&app->store.ids, id);
    idgen_next(&app->store.ids, more);
    snprintf(token, sizeof token, "%s%s", id, more);
    store_begin(&app->store);
    store_run(&app->store, NULL, "INSERT INTO token(token,user) VALUES(?,?)", token,
              u->login, NULL);
    store_commit(&app->store);
    return mem_dup(token);
}
