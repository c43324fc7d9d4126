/* curl_transfer.c - options in, answer out, and the guard against a second POST.
 *
 * Promises that a POST of which a byte has left is never sent again, whatever libcurl
 * thinks of a connection that was closed, and that UNSENT is said only where it is
 * certain. Does not retry and does not read bodies.
 *
 * Answers are not compressed unless asked for: on a fast line unpacking costs the client
 * more than it saves, and answers to POST and PUT are small; compress = true pays for
 * pages over a slow one.
 */
#include "wire/curl_transfer.h"

#include <errno.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include "wire/espo.h"

enum {
    URL_MAX = 64 * 1024,
    LINES_MAX = 8 * 1024,
    BODY_DEFAULT = 12 * 1024 * 1024,
    HEADERS_MAX = 256 * 1024, /* bytes of an answer's headers */
    BODY_KEPT = 1024 * 1024,  /* a larger buffer is given back after its answer */
    IDLE_MAX_S = 3,   /* libcurl counts whole seconds, so idle for 4 s is too old: below
                       the 5 s after which Apache closes by default */
    PATH_TRACED = 200 /* characters of a path in a trace line */
};

/* ---- what all transfers share ---- */

static int copy_text(const char **out, const char *text, struct err *err) {
    *out = text == NULL ? NULL : strdup(text);
    return text == NULL || *out != NULL ? RC_OK : err_nomem(err);
}

/* libcurl would repeat a malformed proxy, password included, in its error text. */
static int check_proxy(const char *proxy, struct err *err) {
    CURLU *url;
    CURLUcode code;

    if (proxy == NULL || proxy[0] == '\0')
        return RC_OK;
    url = curl_url();
    if (url == NULL)
        return err_nomem(err);
    code = curl_url_set(url, CURLUPART_URL, proxy,
                        CURLU_NON_SUPPORT_SCHEME | CURLU_GUESS_SCHEME);
    curl_url_cleanup(url);
    if (code == CURLUE_OK)
        return RC_OK;
    (void)err_set(err, RC_USAGE, "the proxy cannot be used: %s", curl_url_strerror(code));
    err_advise(err, "give it as http://proxy.example.com:3128");
    return RC_USAGE;
}

static int check_ca_file(const char *path, struct err *err) {
    if (path == NULL || access(path, R_OK) == 0)
        return RC_OK;
    return err_set(err, RC_USAGE, "cannot read the CA file %s: %s", path,
                   strerror(errno));
}

/* Plain HTTP through a proxy has another target than HTTP without. */
static bool may_ask_proxy(const struct transfer_setup *setup) {
    return !setup->tls && (setup->options.proxy != NULL || getenv("http_proxy") != NULL ||
                           getenv("all_proxy") != NULL || getenv("ALL_PROXY") != NULL);
}

/* libcurl takes a URL apart and writes it anew for each request. All of ours go to one
 * site: that is taken apart once, and what is behind it goes along as the target. */
static int take_site_apart(struct transfer_setup *setup, struct err *err) {
    const char *url = buf_text(&setup->api_url);
    const char *host = strstr(url, "://");

    setup->tls = strncasecmp(url, "https:", 6) == 0;
    if (may_ask_proxy(setup))
        return RC_OK;
    setup->origin_len =
        host == NULL ? 0 : (size_t)(host - url) + 3 + strcspn(host + 3, "/");
    setup->site = curl_url();
    if (setup->site == NULL ||
        curl_url_set(setup->site, CURLUPART_URL, url, CURLU_PATH_AS_IS) != CURLUE_OK)
        return err_nomem(err);
    return RC_OK;
}

int transfer_setup_init(struct transfer_setup *setup,
                        const struct curl_transport_options *options, struct err *err) {
    struct curl_transport_options *own = &setup->options;
    const char *ca_file = options->ca_file;
    int rc;

    memset(setup, 0, sizeof *setup);
    if (ca_file == NULL)
        ca_file = getenv("SSL_CERT_FILE"); /* the curl tool reads it, libcurl does not */
    *own = *options;
    own->url = own->ca_file = own->proxy = own->user_agent = NULL;
    own->connections = options->connections == 0 ? 8 : options->connections;
    own->timeout_ms = options->timeout_ms == 0 ? 120000 : options->timeout_ms;
    own->connect_timeout_ms =
        options->connect_timeout_ms == 0 ? 15000 : options->connect_timeout_ms;
    own->answer_max = options->answer_max == 0 ? BODY_DEFAULT : options->answer_max;
    own->env = options->env == NULL ? env_system() : options->env;
    setup->api_url.max = URL_MAX;

    rc = options->url == NULL ? err_set(err, RC_USAGE, "the URL of the site is missing")
                              : espo_api_url(options->url, &setup->api_url, err);
    if (rc == RC_OK)
        rc = check_proxy(options->proxy, err);
    if (rc == RC_OK)
        rc = check_ca_file(ca_file, err);
    if (rc == RC_OK)
        rc = copy_text(&own->ca_file, ca_file, err);
    if (rc == RC_OK)
        rc = copy_text(&own->proxy, options->proxy, err);
    if (rc == RC_OK)
        rc = copy_text(&own->user_agent,
                       options->user_agent == NULL ? "espoload" : options->user_agent,
                       err);
    if (rc == RC_OK)
        rc = take_site_apart(setup, err);
    if (rc != RC_OK)
        transfer_setup_fini(setup);
    return rc;
}

static void free_text(const char *text) {
    union {
        const char *in;
        void *out;
    } owned = {text}; /* strdup()ed by copy_text() */
    free(owned.out);
}

void transfer_setup_fini(struct transfer_setup *setup) {
    free_text(setup->options.ca_file);
    free_text(setup->options.proxy);
    free_text(setup->options.user_agent);
    buf_fini(&setup->api_url);
    curl_url_cleanup(setup->site);
    memset(setup, 0, sizeof *setup);
}

void transfer_init(struct transfer *transfer, const struct transfer_setup *setup) {
    memset(transfer, 0, sizeof *transfer);
    transfer->setup = setup;
    transfer->url.max = URL_MAX;
    transfer->lines.max = LINES_MAX;
    transfer->body.max = setup->options.answer_max;
}

void transfer_fini(struct transfer *transfer) {
    curl_easy_cleanup(transfer->easy);
    if (transfer->lines.data != NULL)
        OPENSSL_cleanse(transfer->lines.data, transfer->lines.cap);
    buf_fini(&transfer->lines);
    buf_fini(&transfer->url);
    buf_fini(&transfer->body);
}

/* ---- libcurl's callbacks ---- */

/* Nothing of the request has left: libcurl never came to sending it, or the kernel took
 * no byte. The second cannot be told over TLS, nor through a tunnel, where bytes of
 * others count or records may have left in part. */
static bool certainly_unsent(const struct transfer *transfer) {
    long sent = 1;

    if (transfer->sends == 0)
        return true;
    if (transfer->setup->tls)
        return false;
    return curl_easy_getinfo(transfer->easy, CURLINFO_REQUEST_SIZE, &sent) == CURLE_OK &&
           sent == 0;
}

/* Called each time libcurl is about to send the request. When a kept-alive connection
 * dies before a byte of the answer, libcurl takes that for a race with the server's
 * closing it and sends again; the server may have done the work all the same. */
static int on_prereq(void *context, char *remote_ip, char *local_ip, int remote_port,
                     int local_port) {
    struct transfer *transfer = context;

    (void)remote_ip;
    (void)local_ip;
    (void)remote_port;
    (void)local_port;
    if (transfer->request->method == METHOD_POST && !certainly_unsent(transfer)) {
        transfer->resend_stopped = true;
        return CURL_PREREQFUNC_ABORT;
    }
    transfer->sends++;
    return CURL_PREREQFUNC_OK;
}

static size_t on_header(char *data, size_t size, size_t count, void *context) {
    struct transfer *transfer = context;

    transfer->header_bytes += size * count;
    if (transfer->header_bytes > HEADERS_MAX)
        return 0;
    answer_header_line(&transfer->header, &transfer->answer,
                       slice_make(data, size * count));
    return size * count;
}

static size_t on_body(char *data, size_t size, size_t count, void *context) {
    struct transfer *transfer = context;
    int rc = buf_append(&transfer->body, data, size * count);

    if (rc == RC_LIMIT)
        transfer->answer.too_large = true;
    return rc == RC_OK ? size * count : 0;
}

/* ---- one request ---- */

#define SET(option, value)                                                               \
    (code = code != CURLE_OK ? code : curl_easy_setopt(easy, option, value))

/* The options that stay as they are from one request to the next. */
static CURLcode set_constant_options(struct transfer *transfer, CURL *easy) {
    const struct curl_transport_options *options = &transfer->setup->options;
    CURLcode code = CURLE_OK;

    SET(CURLOPT_PRIVATE, transfer);
    SET(CURLOPT_CURLU, transfer->setup->site);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_NOPROGRESS, 1L);
    SET(CURLOPT_PATH_AS_IS, 1L);
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    SET(CURLOPT_TCP_NODELAY, 1L);
    SET(CURLOPT_TCP_KEEPALIVE, 1L);
    SET(CURLOPT_MAXAGE_CONN, (long)IDLE_MAX_S);
    SET(CURLOPT_TIMEOUT_MS, options->timeout_ms);
    SET(CURLOPT_CONNECTTIMEOUT_MS, options->connect_timeout_ms);
    SET(CURLOPT_USERAGENT, options->user_agent);
    if (options->insecure) {
        SET(CURLOPT_SSL_VERIFYPEER, 0L);
        SET(CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (options->ca_file != NULL)
        SET(CURLOPT_CAINFO, options->ca_file);
    if (options->proxy != NULL)
        SET(CURLOPT_PROXY, options->proxy);
    SET(CURLOPT_ERRORBUFFER, transfer->error);
    SET(CURLOPT_PREREQFUNCTION, on_prereq);
    SET(CURLOPT_PREREQDATA, transfer);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, transfer);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, transfer);
    return code;
}

static CURLcode set_request_options(struct transfer *transfer, CURL *easy) {
    const struct transfer_setup *setup = transfer->setup;
    const struct request *request = transfer->request;
    const char *custom = NULL;
    CURLcode code = CURLE_OK;

    if (request->body.len > 0 || request->method == METHOD_POST) {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDS, request->body.len > 0 ? request->body.data : "");
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
        if (request->method != METHOD_POST)
            custom = method_name(request->method);
    } else {
        SET(CURLOPT_HTTPGET, 1L);
        if (request->method != METHOD_GET)
            custom = method_name(request->method);
    }
    SET(CURLOPT_CUSTOMREQUEST, custom);
    if (setup->options.compress)
        SET(CURLOPT_ACCEPT_ENCODING, request->method == METHOD_GET ? "gzip" : NULL);
    SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)transfer->body.max);
    SET(CURLOPT_HTTPHEADER, &transfer->list[0]);
    if (setup->site != NULL)
        SET(CURLOPT_REQUEST_TARGET, buf_text(&transfer->url) + setup->origin_len);
    else
        SET(CURLOPT_URL, buf_text(&transfer->url));
    return code;
}
#undef SET

/* Lines in transfer->lines, chained into the list that libcurl reads. */
static int build_headers(struct transfer *transfer) {
    const struct request *request = transfer->request;
    const struct auth *auth = transfer->setup->options.auth;
    struct buf *lines = &transfer->lines;
    size_t count = 0;
    char *at;

    buf_reset(lines);
    (void)buf_append_text(lines, "Expect:\n"); /* no "100-continue" round trip */
    if (auth != NULL)
        (void)auth_append_headers(auth, request->method, request->path, lines);
    if (request->body.len > 0 || request->method == METHOD_POST)
        (void)buf_append_format(lines, "Content-Type: %s\n",
                                request->content_type == NULL ? "application/json"
                                                              : request->content_type);
    if (request->skip_duplicate_check)
        (void)buf_append_text(lines, "X-Skip-Duplicate-Check: true\n");
    if (request->no_total)
        (void)buf_append_text(lines, "X-No-Total: true\n");
    if (request->version_number != 0)
        (void)buf_append_format(lines, "X-Version-Number: %" PRId64 "\n",
                                request->version_number);
    if (lines->failed != RC_OK)
        return lines->failed;
    for (at = lines->data; *at != '\0'; count++) {
        char *end = strchr(at, '\n');
        if (end == NULL || count == TRANSFER_HEADERS_MAX)
            return RC_LIMIT;
        *end = '\0';
        if (count > 0)
            transfer->list[count - 1].next = &transfer->list[count];
        transfer->list[count] = (struct curl_slist){.data = at};
        at = end + 1;
    }
    return RC_OK;
}

int transfer_prepare(struct transfer *transfer, struct request *request,
                     struct err *err) {
    int rc;

    transfer->request = request;
    transfer->sends = 0;
    transfer->resend_stopped = false;
    transfer->error[0] = '\0';
    transfer->header_bytes = 0;
    transfer->started_us = env_monotonic_us(transfer->setup->options.env);
    memset(&transfer->answer, 0, offsetof(struct answer, location));
    transfer->answer.detail[0] = '\0';
    answer_header_begin(&transfer->header, &transfer->answer);
    buf_reset(&transfer->body);
    transfer->body.max = request->answer_max != 0 ? request->answer_max
                                                  : transfer->setup->options.answer_max;
    buf_reset(&transfer->url);
    (void)buf_append_slice(&transfer->url, buf_slice(&transfer->setup->api_url));
    (void)buf_append_text(&transfer->url, request->path);
    rc = transfer->url.failed;
    if (rc == RC_OK)
        rc = build_headers(transfer);
    if (rc == RC_OK && transfer->easy == NULL) {
        transfer->easy = curl_easy_init();
        if (transfer->easy == NULL ||
            set_constant_options(transfer, transfer->easy) != CURLE_OK)
            rc = RC_NOMEM;
    }
    if (rc == RC_OK && set_request_options(transfer, transfer->easy) != CURLE_OK)
        rc = RC_NOMEM;
    if (rc == RC_OK)
        return RC_OK;
    curl_easy_cleanup(transfer->easy);
    transfer->easy = NULL;
    transfer->request = NULL;
    return rc == RC_NOMEM ? err_nomem(err)
                          : err_set(err, RC_LIMIT, "the URL of a request is too long");
}

/* ---- the answer ---- */

/* Blots out "user:password@" behind "://", should libcurl name a proxy. */
static void redact(char *text) {
    char *at = text;

    while ((at = strstr(at, "://")) != NULL) {
        size_t len;
        at += 3;
        len = strcspn(at, "/ '\"");
        for (size_t i = len; i > 0; i--) {
            if (at[i - 1] != '@')
                continue;
            memset(at, '*', i - 1);
            break;
        }
        at += len;
    }
}

/* libcurl's words, with what they mean where they do not say it. */
static void describe_error(struct transfer *transfer, CURLcode code) {
    char text[CURL_ERROR_SIZE + 128];
    const char *before = "", *after = "";

    if (code == CURLE_SSL_CONNECT_ERROR)
        before = "no TLS connection (is it http instead of https?): ";
    else if (code == CURLE_PEER_FAILED_VERIFICATION)
        after = " (name your own CA's certificate with --cacert)";
    else if (code == CURLE_OPERATION_TIMEDOUT)
        after = " (--timeout allows more)";
    (void)snprintf(text, sizeof text, "%s%s%s", before, transfer->error, after);
    exchange_clean_text(transfer->answer.detail, sizeof transfer->answer.detail,
                        slice_of(text));
}

static void describe_failure(struct transfer *transfer, CURLcode code) {
    char *detail = transfer->answer.detail;
    size_t size = sizeof transfer->answer.detail;

    if (transfer->resend_stopped)
        exchange_clean_text(detail, size,
                            slice_of("the connection was closed before an answer came"));
    else if (transfer->header_bytes > HEADERS_MAX)
        exchange_clean_text(detail, size,
                            slice_of("its headers do not end within 256 KiB; check the "
                                     "URL: EspoCRM sends a few hundred bytes"));
    else if (transfer->body.failed == RC_NOMEM)
        exchange_clean_text(detail, size, slice_of("out of memory"));
    else if (transfer->error[0] != '\0')
        describe_error(transfer, code);
    else
        exchange_clean_text(detail, size,
                            slice_of(code == CURLE_OK ? "the answer was cut off"
                                                      : curl_easy_strerror(code)));
    redact(detail);
}

static void trace(const struct transfer *transfer) {
    const struct curl_transport_options *options = &transfer->setup->options;
    const struct answer *answer = &transfer->answer;
    const struct request *request = transfer->request;
    char path[PATH_TRACED];
    char line[512];
    char outcome[sizeof answer->detail + 16];

    if (options->trace == NULL)
        return;
    exchange_clean_text(path, sizeof path, slice_of(request->path));
    switch (answer->delivery) {
    case DELIVERY_ANSWERED:
        (void)snprintf(outcome, sizeof outcome, "%d", answer->status);
        break;
    case DELIVERY_UNSENT:
        (void)snprintf(outcome, sizeof outcome, "unsent: %s", answer->detail);
        break;
    case DELIVERY_LOST:
        (void)snprintf(outcome, sizeof outcome, "lost: %s", answer->detail);
        break;
    case DELIVERY_CANCELLED: (void)snprintf(outcome, sizeof outcome, "cancelled"); break;
    }
    (void)snprintf(line, sizeof line, "%s %s%s %s, %.1f ms, %zu bytes out, %zu in",
                   method_name(request->method), path,
                   strlen(request->path) > strlen(path) ? "..." : "", outcome,
                   (double)answer->latency_us / 1000.0, request->body.len,
                   answer->body.len);
    options->trace(options->trace_context, line);
}

static void discard_handle(struct transfer *transfer) {
    curl_easy_cleanup(transfer->easy);
    transfer->easy = NULL;
}

/* Where the time of an answer went, by libcurl's clock. */
static void take_times(struct transfer *transfer) {
    struct answer *answer = &transfer->answer;
    curl_off_t named = 0, connected = 0, sent = 0, first = 0;
    long connections = 0;

    (void)curl_easy_getinfo(transfer->easy, CURLINFO_NUM_CONNECTS, &connections);
    (void)curl_easy_getinfo(transfer->easy, CURLINFO_PRETRANSFER_TIME_T, &sent);
    (void)curl_easy_getinfo(transfer->easy, CURLINFO_STARTTRANSFER_TIME_T, &first);
    if (connections > 0) {
        (void)curl_easy_getinfo(transfer->easy, CURLINFO_NAMELOOKUP_TIME_T, &named);
        (void)curl_easy_getinfo(transfer->easy, CURLINFO_CONNECT_TIME_T, &connected);
        answer->connect_us = (int64_t)sent;
        answer->trip_us = connected > named ? (int64_t)(connected - named) : 0;
    }
    answer->wait_us = first > sent ? (int64_t)(first - sent) : 0;
}

void transfer_finish(struct transfer *transfer, CURLcode code) {
    const struct env *env = transfer->setup->options.env;
    struct answer *answer = &transfer->answer;
    long status = 0;

    answer->latency_us = env_monotonic_us(env) - transfer->started_us;
    (void)curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    if (code == CURLE_FILESIZE_EXCEEDED) /* so says its Content-Length */
        answer->too_large = transfer->header.complete = true;
    /* libcurl takes headers that were cut off for the whole answer */
    if (status > 0 && transfer->header.complete &&
        (code == CURLE_OK || answer->too_large)) {
        answer->delivery = DELIVERY_ANSWERED;
        answer->status = (int)status;
        answer->body = buf_slice(&transfer->body);
        take_times(transfer);
        answer_header_end(&transfer->header, answer,
                          answer->server_ms != 0 ? 0 : env_wall_ms(env));
    } else {
        answer->delivery = certainly_unsent(transfer) ? DELIVERY_UNSENT : DELIVERY_LOST;
        answer->untrusted =
            code == CURLE_PEER_FAILED_VERIFICATION && answer->delivery == DELIVERY_UNSENT;
        describe_failure(transfer, code);
    }
    if (code != CURLE_OK || answer->delivery != DELIVERY_ANSWERED)
        discard_handle(transfer);
    trace(transfer);
}

void transfer_cancel(struct transfer *transfer) {
    struct answer *answer = &transfer->answer;

    answer->delivery = DELIVERY_CANCELLED;
    answer->latency_us =
        env_monotonic_us(transfer->setup->options.env) - transfer->started_us;
    discard_handle(transfer); /* and with it the connection, half-used as it is */
    trace(transfer);
}

void transfer_release(struct transfer *transfer) {
    transfer->request = NULL;
    if (transfer->body.cap > BODY_KEPT)
        buf_fini(&transfer->body);
}
