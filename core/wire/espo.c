/* espo.c - URL and search parameters, appended by hand.
 *
 * Promises that no part of a URL that may be a password is repeated in a message. Does
 * not build the JSON of searchParams: the caller knows what it looks for.
 */
#include "wire/espo.h"

#include <curl/curl.h>
#include <string.h>
#include <strings.h>

enum { SITE_MAX = 2000 }; /* bytes of a URL as typed */

static bool is_plain(unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '-' || c == '.' || c == '_' || c == '~';
}

/* What a query may hold as it stands (RFC 3986, section 3.4) and neither PHP nor nginx
 * take for something else: it keeps a look-up of many values short. */
static bool is_query_plain(unsigned char c) {
    return is_plain(c) || (c != '\0' && strchr(",:@/?!$'()*", c) != NULL);
}

static int append_coded(struct buf *buf, struct slice s, bool (*plain)(unsigned char)) {
    static const char digits[] = "0123456789ABCDEF";
    size_t at = 0;

    while (at < s.len) {
        unsigned char c = (unsigned char)s.data[at];
        size_t run = at;
        while (run < s.len && plain((unsigned char)s.data[run]))
            run++;
        if (run > at) {
            (void)buf_append(buf, s.data + at, run - at);
            at = run;
        } else {
            char code[3] = {'%', digits[c >> 4], digits[c & 15]};
            (void)buf_append(buf, code, sizeof code);
            at++;
        }
    }
    return buf->failed;
}

int espo_append_escaped(struct buf *buf, struct slice s) {
    return append_coded(buf, s, is_plain);
}

int espo_append_list_path(struct buf *buf, const char *entity_type, struct slice json) {
    (void)buf_append_text(buf, entity_type);
    (void)buf_append_text(buf, "?searchParams=");
    return append_coded(buf, json, is_query_plain);
}

static int url_refuse(struct err *err, const char *why) {
    (void)err_set(err, RC_USAGE, "the URL of the site cannot be used: %s", why);
    err_advise(err, "give the address that EspoCRM opens at in a browser, such as "
                    "https://crm.example.com");
    return RC_USAGE;
}

/* Refuses what only seems to be a URL, before anything is parsed. */
static int url_check_text(struct slice text, struct err *err) {
    if (text.len == 0)
        return url_refuse(err, "it is empty");
    if (text.len > SITE_MAX)
        return url_refuse(err, "it is too long");
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.data[i] <= 0x20 || text.data[i] == 0x7F)
            return url_refuse(err, "it holds a blank or a control character");
    return RC_OK;
}

static int url_parse(CURLU *url, const char *text, struct err *err) {
    CURLUcode code = curl_url_set(url, CURLUPART_URL, text,
                                  CURLU_DISALLOW_USER | CURLU_NON_SUPPORT_SCHEME);
    char *scheme = NULL, *query = NULL;
    bool is_http;

    if (code == CURLUE_OUT_OF_MEMORY)
        return err_nomem(err);
    if (code == CURLUE_USER_NOT_ALLOWED)
        return url_refuse(err, "it holds a user name or a password (before '@')");
    if (code != CURLUE_OK)
        return url_refuse(err, curl_url_strerror(code));
    if (curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK)
        return url_refuse(err, "it has no scheme");
    is_http = strcasecmp(scheme, "http") == 0 || strcasecmp(scheme, "https") == 0;
    curl_free(scheme);
    if (!is_http)
        return url_refuse(err, "its scheme is neither https nor http");
    if (curl_url_get(url, CURLUPART_QUERY, &query, 0) == CURLUE_OK) {
        curl_free(query);
        return url_refuse(err, "it has a query (from '?' on)");
    }
    return RC_OK;
}

static bool ends_with(struct slice s, const char *tail) {
    size_t len = strlen(tail);
    return s.len >= len && memcmp(s.data + s.len - len, tail, len) == 0;
}

static struct slice without_slashes(struct slice s) {
    while (s.len > 0 && s.data[s.len - 1] == '/')
        s.len--;
    return s;
}

static int url_append_api(CURLU *url, struct buf *out, struct err *err) {
    char *text = NULL;
    struct slice site;

    if (curl_url_set(url, CURLUPART_FRAGMENT, NULL, 0) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_URL, &text, 0) != CURLUE_OK)
        return err_nomem(err);
    site = without_slashes(slice_of(text));
    if (ends_with(site, "/api/v1"))
        site.len -= strlen("/api/v1");
    site = without_slashes(site);
    (void)buf_append_slice(out, site);
    (void)buf_append_text(out, "/api/v1/");
    curl_free(text);
    if (out->failed == RC_NOMEM)
        return err_nomem(err);
    return out->failed == RC_OK ? RC_OK : url_refuse(err, "it is too long");
}

int espo_api_url(const char *site, struct buf *out, struct err *err) {
    struct buf text = {.max = SITE_MAX + 16};
    struct slice typed = slice_trim(slice_of(site));
    CURLU *url = NULL;
    int rc = url_check_text(typed, err);

    if (rc != RC_OK)
        goto out;
    if (memmem(typed.data, typed.len, "://", 3) == NULL)
        (void)buf_append_text(&text, "https://");
    url = buf_append_slice(&text, typed) == RC_OK ? curl_url() : NULL;
    if (url == NULL) {
        rc = err_nomem(err);
        goto out;
    }
    rc = url_parse(url, buf_text(&text), err);
    if (rc == RC_OK)
        rc = url_append_api(url, out, err);
out:
    curl_url_cleanup(url);
    buf_fini(&text);
    return rc;
}
