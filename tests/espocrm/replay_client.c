/*
 * HTTP for the replay: one kept-alive libcurl handle, and the tokens that stand for
 * credentials in recorded headers. Follows nothing, retries nothing.
 */
#include <ctype.h>
#include <curl/curl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "replay.h"

struct client {
    CURL *curl;
    int port;
};

struct client *client_new(int port) {
    struct client *c = mem_zero(sizeof *c);
    c->curl = curl_easy_init();
    c->port = port;
    return c;
}

void client_free(struct client *c) {
    if (!c)
        return;
    curl_easy_cleanup(c->curl);
    free(c);
}

static size_t on_body(char *data, size_t size, size_t n, void *cls) {
    buf_add(cls, data, size * n);
    return size * n;
}

static size_t on_header(char *data, size_t size, size_t n, void *cls) {
    json_t *headers = cls;
    size_t len = size * n;
    const char *colon = memchr(data, ':', len);
    if (!colon)
        return len;
    char name[128];
    size_t k = (size_t)(colon - data);
    if (k >= sizeof name)
        return len;
    for (size_t i = 0; i < k; i++)
        name[i] = (char)tolower((unsigned char)data[i]);
    name[k] = '\0';
    const char *v = colon + 1, *end = data + len;
    while (v < end && *v == ' ')
        v++;
    while (end > v && (end[-1] == '\r' || end[-1] == '\n'))
        end--;
    json_object_set_new(headers, name, json_stringn(v, (size_t)(end - v)));
    return len;
}

static void base64(struct buf *out, const void *data, size_t n) {
    unsigned char *text = mem_alloc(4 * ((n + 2) / 3) + 1);
    EVP_EncodeBlock(text, data, (int)n);
    buf_str(out, (const char *)text);
    free(text);
}

static void hmac(struct buf *out, const char *method, const char *path,
                 const char *secret, bool raw) {
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    struct buf text = {0}, plain = {0};
    buf_printf(&text, "%s %.*s", method, (int)strcspn(path, "?"), path);
    HMAC(EVP_sha256(), secret, (int)strlen(secret), (const unsigned char *)text.p,
         text.len, mac, &n);
    buf_str(&plain, REPLAY_HMAC_KEY ":");
    if (raw)
        buf_add(&plain, mac, n);
    for (unsigned i = 0; !raw && i < n; i++)
        buf_printf(&plain, "%02x", mac[i]);
    base64(out, plain.p, plain.len);
    buf_free(&text);
    buf_free(&plain);
}

static void pair(struct buf *out, const char *text) {
    base64(out, text, strlen(text));
}

static void token(struct buf *out, const char *name, const char *method,
                  const char *path) {
    if (!strncmp(path, "/api/v1", 7))
        path += 7;
    if (!strcmp(name, "API_KEY"))
        buf_str(out, REPLAY_API_KEY);
    else if (!strcmp(name, "WEAK_KEY"))
        buf_str(out, REPLAY_WEAK_KEY);
    else if (!strcmp(name, "HMAC_API_KEY"))
        buf_str(out, REPLAY_HMAC_KEY);
    else if (!strcmp(name, "ADMIN_BASIC"))
        pair(out, "admin:admin-password");
    else if (!strcmp(name, "USER_BASIC"))
        pair(out, "joe:joe-password");
    else if (!strcmp(name, "HMAC_HEX"))
        hmac(out, method, path, REPLAY_HMAC_SECRET, false);
    else if (!strcmp(name, "HMAC_RAW"))
        hmac(out, method, path, REPLAY_HMAC_SECRET, true);
    else if (!strcmp(name, "HMAC_WRONG"))
        hmac(out, method, path, "not the secret", false);
    else if (!strcmp(name, "HMAC_OTHER_METHOD"))
        hmac(out, "DELETE", path, REPLAY_HMAC_SECRET, false);
    else
        buf_printf(out, "{{%s}}", name);
}

static void expand(struct buf *out, const char *s, const char *method, const char *path) {
    while (*s) {
        const char *end = !strncmp(s, "{{", 2) ? strstr(s, "}}") : NULL;
        if (!end) {
            buf_add(out, s++, 1);
            continue;
        }
        char *name = mem_dupn(s + 2, (size_t)(end - s - 2));
        token(out, name, method, path);
        free(name);
        s = end + 2;
    }
}

static struct curl_slist *header_list(const json_t *headers, const char *method,
                                      const char *path) {
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    bool typed = false;
    const char *key;
    json_t *v;
    json_object_foreach((json_t *)(uintptr_t)headers, key, v) {
        struct buf line = {0};
        buf_str(&line, key);
        buf_str(&line, *json_string_value(v) ? ": " : ";");
        expand(&line, json_string_value(v), method, path);
        list = curl_slist_append(list, line.p);
        typed = typed || !strcasecmp(key, "Content-Type");
        buf_free(&line);
    }
    return typed ? list : curl_slist_append(list, "Content-Type:");
}

int client_send(struct client *c, const char *method, const char *path,
                const json_t *headers, const struct buf *body, struct answer *out) {
    *out = (struct answer){.headers = json_object()};
    struct buf url = {0};
    buf_printf(&url, "http://127.0.0.1:%d", c->port);
    buf_str(&url, path);
    struct curl_slist *list = header_list(headers, method, path);
    curl_easy_reset(c->curl);
    curl_easy_setopt(c->curl, CURLOPT_URL, url.p);
    curl_easy_setopt(c->curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(c->curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(c->curl, CURLOPT_WRITEDATA, &out->body);
    curl_easy_setopt(c->curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(c->curl, CURLOPT_HEADERDATA, out->headers);
    curl_easy_setopt(c->curl, CURLOPT_TIMEOUT, 60L);
    if (!strcmp(method, "HEAD"))
        curl_easy_setopt(c->curl, CURLOPT_NOBODY, 1L);
    else if (body) {
        curl_easy_setopt(c->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->len);
        curl_easy_setopt(c->curl, CURLOPT_POSTFIELDS, body->p ? body->p : "");
    }
    curl_easy_setopt(c->curl, CURLOPT_CUSTOMREQUEST, method);
    CURLcode rc = curl_easy_perform(c->curl);
    curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &out->status);
    curl_slist_free_all(list);
    buf_free(&url);
    return rc == CURLE_OK || out->status ? 0 : -1;
}

void answer_fini(struct answer *a) {
    json_decref(a->headers);
    buf_free(&a->body);
}
