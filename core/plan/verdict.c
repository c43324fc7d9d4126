/* verdict.c - from (method, delivery, status, reason, body, attempt) to a verdict.
 *
 * Promises never to say RETRY for a POST that may have been done, and never to say DONE
 * without having read the answer to its end. Does not keep state, wait or count: the
 * caller knows the attempts. The statuses and their meaning are those of the recorded
 * exchanges with EspoCRM 9.1.7 and of the proxies that stand in front of it.
 */
#include "plan/verdict.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/utf8.h"
#include "model/json.h"
#include "plan/complaint.h"

enum {
    BACKOFF_FIRST_MS = 500,
    BACKOFF_MAX_MS = 30 * 1000,
    UNAVAILABLE_MS = 30 * 1000,    /* 503 without Retry-After */
    TOO_MANY_MS = 10 * 1000,       /* 429 without Retry-After */
    LOCKOUT_MS = 60 * 1000,        /* authFailedAttemptsPeriod, espocrm-api section 6 */
    PAUSE_MIN_MS = 500,            /* "Retry-After: 0" must not become a tight loop */
    PAUSE_MAX_MS = 15 * 60 * 1000, /* nobody waits longer on one word of the server */
    PATH_SHOWN = 60,               /* characters of a path in a message */
    TITLE_SHOWN = 80               /* bytes of a web page's title */
};

/* The arguments of verdict_of() and what was read out of them, for the rules below. */
struct judge {
    const struct request *request;       /* borrowed */
    const struct answer *answer;         /* borrowed */
    const struct verdict_policy *policy; /* borrowed */
    unsigned attempt;                    /* from 1 */
    struct complaint complaint;          /* of an answer other than 200 */
    struct verdict *out;                 /* borrowed; filled */
};

__attribute__((format(printf, 2, 3))) static void say(struct judge *j, const char *format,
                                                      ...) {
    struct verdict *out = j->out;
    va_list args;

    va_start(args, format);
    (void)vsnprintf(out->message, sizeof out->message, format, args);
    va_end(args);
    out->message[utf8_valid_prefix(slice_of(out->message))] =
        '\0'; /* cut in a character */
}

/* "POST Lead", the query left away: it may hold people's data. */
static const char *what(const struct judge *j, char out[PATH_SHOWN + 16]) {
    int len = (int)strcspn(j->request->path, "?");

    (void)snprintf(out, PATH_SHOWN + 16, "%s %.*s%s", method_name(j->request->method),
                   len > PATH_SHOWN ? PATH_SHOWN : len, j->request->path,
                   len > PATH_SHOWN ? "..." : "");
    return out;
}
#define WHAT(j) what(j, (char[PATH_SHOWN + 16]){0})

/* "Lead" is 1, "Lead/64f..." is 2, "Account/64f.../contacts" is 3. */
static size_t segment_count(const struct request *request) {
    size_t count = 1;

    for (const char *p = request->path; *p != '\0' && *p != '?'; p++)
        count += *p == '/';
    return count;
}

static bool path_is(const struct request *request, const char *name) {
    size_t len = strcspn(request->path, "?");
    return slice_is(slice_make(request->path, len), name);
}

static bool is_post(const struct judge *j) {
    return j->request->method == METHOD_POST;
}

static void row_failed(struct judge *j, enum reason reason) {
    j->out->action = VERDICT_ROW_FAILED;
    j->out->reason = reason;
}

static void doubtful(struct judge *j, enum reason reason) {
    j->out->action = VERDICT_DOUBTFUL;
    j->out->reason = reason;
}

/* "Nothing was sent, correct the command" (RC_USAGE) can only be said of the first
 * answer; later the same answer means that the server has changed under the run. */
static void stop(struct judge *j, enum rc rc) {
    j->out->action = VERDICT_STOP;
    j->out->stop = rc == RC_USAGE && j->policy->authenticated ? RC_SERVER : rc;
}

/* True when the request may be sent again; else the caller says what comes instead. */
static bool retry(struct judge *j) {
    int64_t wait = BACKOFF_FIRST_MS;

    if (j->attempt > j->policy->retries)
        return false;
    for (unsigned i = 1; i < j->attempt && wait < BACKOFF_MAX_MS; i++)
        wait *= 2;
    j->out->action = VERDICT_RETRY;
    j->out->wait_ms = wait < BACKOFF_MAX_MS ? wait : BACKOFF_MAX_MS;
    return true;
}

static int64_t pause_ms(const struct answer *answer, int64_t otherwise) {
    int64_t wait = answer->retry_after_ms < 0 ? otherwise : answer->retry_after_ms;

    if (wait < PAUSE_MIN_MS)
        return PAUSE_MIN_MS;
    return wait < PAUSE_MAX_MS ? wait : PAUSE_MAX_MS;
}

static void retry_free(struct judge *j, int64_t otherwise) {
    j->out->action = VERDICT_RETRY;
    j->out->free_attempt = true;
    j->out->pause_all = true;
    j->out->wait_ms = pause_ms(j->answer, otherwise);
}

/* What came back cannot be the answer to the request. */
static void unreadable(struct judge *j, const char *why) {
    say(j, "the answer to %s cannot be used: status %d, %s", WHAT(j), j->answer->status,
        why);
    if (is_post(j))
        doubtful(j, REASON_OUTCOME_UNKNOWN);
    else if (!retry(j))
        stop(j, RC_SERVER);
}

enum whole { WHOLE_NOT, WHOLE_RECORD, WHOLE_TRUE, WHOLE_FALSE, WHOLE_OTHER };

/* Scans body to its end; WHOLE_RECORD is an object whose "id" is a text. */
static enum whole scan_body(struct slice body) {
    struct json_cursor cursor;
    struct json_member member;
    bool has_id = false;
    int rc;

    body = json_trim(body);
    if (slice_is(body, "true"))
        return WHOLE_TRUE;
    if (slice_is(body, "false"))
        return WHOLE_FALSE;
    if (body.len == 0 || (body.data[0] != '{' && body.data[0] != '['))
        return WHOLE_NOT;
    if ((body.data[0] == '{' ? json_cursor_object : json_cursor_array)(&cursor, body) < 0)
        return WHOLE_NOT;
    while ((rc = json_cursor_next(&cursor, &member)) == 1)
        if (slice_is(member.name, "id")) /* of several the last counts, as in JSON */
            has_id = member.type == JSON_IS_STRING && member.raw.len > 2;
    if (rc < 0 || json_cursor_end(&cursor) < 0)
        return WHOLE_NOT;
    return has_id ? WHOLE_RECORD : WHOLE_OTHER;
}

/* A POST to these gives something other than a record. */
static bool posts_record(const struct request *request) {
    return segment_count(request) == 1 && !path_is(request, "MassAction") &&
           !path_is(request, "Action") && !path_is(request, "Export");
}

/* The title of a web page, which tells whose it is: empty where it has none, or one that
 * is too long or not plain to be shown. */
static struct slice title_of(struct slice page) {
    static const char open[] = "<title>", none[] = "";
    const char *at = memmem(page.data, page.len, open, sizeof open - 1), *end;
    size_t left;

    if (page.len == 0 || at == NULL)
        return slice_of(none);
    at += sizeof open - 1;
    left = page.len - (size_t)(at - page.data);
    end = memchr(at, '<', left);
    if (end == NULL || end - at > TITLE_SHOWN)
        return slice_of(none);
    for (const char *p = at; p < end; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7F)
            return slice_of(none);
    return slice_make(at, (size_t)(end - at));
}

/* Not EspoCRM's: a login page, a captive portal, a page of the web server. */
static void unreadable_page(struct judge *j) {
    struct slice title = title_of(j->answer->body);
    char why[TITLE_SHOWN + 160];

    (void)snprintf(
        why, sizeof why, "a web page or another thing that is not JSON%s%.*s%s",
        title.len > 0 ? " (the page \"" : "", (int)title.len, title.data,
        title.len > 0 ? "\"): what stands in front of EspoCRM must let /api/v1 pass"
                      : "");
    unreadable(j, slice_trim(j->answer->body).len == 0
                      ? "without a body, and not labelled as JSON"
                      : why);
}

static void judge_success(struct judge *j) {
    const struct request *request = j->request;
    enum whole whole;

    if (!j->answer->json) {
        unreadable_page(j);
        return;
    }
    if (request->method == METHOD_GET && slice_trim(j->answer->body).len == 0 &&
        strncmp(request->path, "Metadata", 8) == 0)
        return;
    whole = scan_body(j->answer->body);
    if (whole == WHOLE_NOT) {
        unreadable(j, j->answer->body.len == 0 ? "without a body"
                                               : "JSON that is cut off or malformed");
    } else if (whole == WHOLE_FALSE && request->method != METHOD_GET) {
        row_failed(j, REASON_SERVER_ERROR);
        say(j, "EspoCRM answered `false` to %s: it did nothing", WHAT(j));
    } else if (request->method == METHOD_DELETE && whole != WHOLE_TRUE) {
        unreadable(j, "not the `true` of a deletion");
    } else if ((request->method == METHOD_PUT || (is_post(j) && posts_record(request))) &&
               whole != WHOLE_RECORD) {
        unreadable(j, "without the record's id");
    }
}

static void judge_redirect(struct judge *j) {
    const char *location = j->answer->location;
    const char *api = strstr(location, "/api/v1");

    stop(j, RC_USAGE);
    if (location[0] == '\0')
        say(j,
            "the server redirects %s (status %d) without saying where to; check the "
            "URL of the site",
            WHAT(j), j->answer->status);
    else if (api == NULL || (size_t)(api - location) > strcspn(location, "?#"))
        say(j,
            "the server redirects to %.*s (status %d), which is not EspoCRM's API: a "
            "login in front of EspoCRM must let /api/v1 pass",
            (int)strcspn(location, "?#"), location, j->answer->status);
    else
        say(j, "the server redirects to another address (status %d); use this URL: %.*s",
            j->answer->status, (int)(api - location), location);
}

static void judge_validation(struct judge *j) {
    const struct complaint *c = &j->complaint;

    if (strcmp(c->label, "validationFailure") == 0) {
        row_failed(j, REASON_SERVER_VALIDATION);
        say(j, "the field %s %s (EspoCRM's check \"%s\")",
            c->field[0] == '\0' ? "that is not named" : c->field,
            complaint_words(c->type), c->type);
    } else if (j->request->method == METHOD_GET) {
        stop(j, RC_USAGE); /* a look-up that is wrong once is wrong for every batch */
        say(j, "EspoCRM refuses the request %s: %s", WHAT(j),
            c->text[0] == '\0' ? "bad request (status 400), without a reason" : c->text);
    } else if (c->text[0] == '\0' && !j->policy->authenticated) {
        stop(j, RC_USAGE);
        say(j,
            "the web server refuses the request %s (status 400); check the URL of the "
            "site, http or https included",
            WHAT(j));
    } else {
        row_failed(j, REASON_SERVER_VALIDATION);
        say(j, "EspoCRM refuses the record: %s",
            c->text[0] == '\0' ? "bad request (status 400), without a reason" : c->text);
    }
}

static void judge_unauthorized(struct judge *j) {
    stop(j, RC_AUTH);
    if (strcmp(j->complaint.text, "second-step-required") == 0)
        say(j, "the user has two-step login switched on, which a program cannot answer; "
               "use an API key");
    else if (j->complaint.body == COMPLAINT_PAGE) /* EspoCRM's own has no body */
        say(j, "the web server or a proxy in front of EspoCRM wants a login of its own "
               "(status 401), and never asked EspoCRM: it must let /api/v1 pass");
    else
        say(j, "the server does not accept the key or password (status 401): wrong, "
               "expired, or of a user that is not active");
}

/* A link to what does not exist comes as 403 too, so a 403 is mostly the row's own. A
 * bare one (no reason, no body) may be a locked-out address, valid keys included, or the
 * want of a right: the recordings tell them apart, a lock-out has no X-Status-Reason at
 * all, a missing right an empty one. A lock-out that somebody else on this address has
 * caused passes after 60 s; nothing was done, so the request waits. */
static void judge_forbidden(struct judge *j) {
    const struct complaint *c = &j->complaint;
    bool told = c->text[0] != '\0' || c->label[0] != '\0';

    if (strcmp(c->label, "cannotRelateNonExisting") == 0) {
        row_failed(j, REASON_LINK_MISSING);
        say(j, "the link %s names a record that does not exist or is not visible",
            c->field[0] == '\0' ? "that is not named" : c->field);
    } else if (told) {
        row_failed(j, REASON_FORBIDDEN);
        say(j, "EspoCRM does not allow it: %s", c->text[0] == '\0' ? c->label : c->text);
    } else if (c->body == COMPLAINT_EMPTY &&
               (j->policy->seen_401 || !j->policy->authenticated)) {
        stop(j, RC_AUTH);
        say(j, "the server refuses everything from this address (status 403): after more "
               "than 10 failed logins it is locked out for 60 s, valid keys included; "
               "wait a minute, check the key, try again");
    } else if (c->body == COMPLAINT_EMPTY && !j->answer->has_reason) {
        retry_free(j, LOCKOUT_MS);
        say(j, "the server refuses everything from this address (status 403): failed "
               "logins from here have locked it out for 60 s");
    } else if (c->body == COMPLAINT_EMPTY) {
        row_failed(j, REASON_FORBIDDEN);
        say(j,
            "EspoCRM does not allow %s (status 403) and gives no reason: the user's "
            "role lacks the right",
            WHAT(j));
    } else {
        if (j->policy->authenticated)
            row_failed(j, REASON_FORBIDDEN);
        else
            stop(j, RC_AUTH);
        say(j,
            "%s was refused (status 403) by the web server or a firewall in front of "
            "EspoCRM, not by EspoCRM itself",
            WHAT(j));
    }
}

static void judge_not_found(struct judge *j) {
    const struct complaint *c = &j->complaint;
    size_t segments = segment_count(j->request);

    if (!j->answer->json && c->text[0] == '\0') {
        stop(j, RC_USAGE);
        say(j,
            "there is no EspoCRM API at this URL: %s gives status 404 and no JSON; "
            "check the URL of the site and its web server's rewrite rules",
            WHAT(j));
    } else if (strncmp(c->text, "Controller ", 11) == 0 ||
               (segments == 1 && c->text[0] == '\0')) {
        stop(j, RC_USAGE);
        say(j, "this EspoCRM has no entity type %.*s",
            (int)strcspn(j->request->path, "/?"), j->request->path);
    } else if (j->request->method == METHOD_DELETE) {
        say(j, "the record was gone already");
    } else if (is_post(j) && segments == 3 && c->text[0] == '\0') {
        row_failed(j, REASON_LINK_MISSING);
        say(j, "a record to be related does not exist or is not visible");
    } else {
        row_failed(j, REASON_NOT_FOUND);
        say(j, "EspoCRM does not find it: %s", c->text[0] == '\0' ? WHAT(j) : c->text);
    }
}

/* The header tells which of the two it is; where a proxy has taken it away, the body
 * does: duplicates are an array, a stale version is an object with versionNumber. */
static void judge_conflict(struct judge *j) {
    const struct complaint *c = &j->complaint;
    bool silent = c->text[0] == '\0';

    if (strcmp(c->text, "duplicate") == 0 || (silent && c->body == COMPLAINT_ARRAY)) {
        j->out->action = VERDICT_DUPLICATE;
        j->out->reason = REASON_DUPLICATE;
        say(j, "EspoCRM's duplicate check found records that are there already");
    } else if (strcmp(c->text, "modified") == 0 || (silent && c->has_version)) {
        j->out->action = VERDICT_MODIFIED;
        j->out->reason = REASON_MODIFIED;
        say(j, "the record was changed by somebody else in the meantime");
    } else {
        row_failed(j, REASON_SERVER_VALIDATION);
        say(j, "EspoCRM refuses it as a conflict (status 409): %s",
            silent ? "no reason given" : c->text);
    }
}

/* EspoCRM's own 503 comes from PHP before anything is written and speaks of maintenance;
 * a bare one, or a gateway's {"message":"..."}, may come from one that gave up waiting.
 */
static void judge_unavailable(struct judge *j) {
    const struct complaint *c = &j->complaint;

    if (c->maintenance)
        say(j, "EspoCRM is in maintenance mode (status 503): %s", c->text);
    else
        say(j, "the server is not available (status 503)");
    if (!is_post(j) || c->maintenance) {
        retry_free(j, UNAVAILABLE_MS);
    } else {
        doubtful(j, REASON_SERVER_ERROR);
        j->out->pause_all = true;
        j->out->wait_ms = pause_ms(j->answer, UNAVAILABLE_MS);
    }
}

static void judge_server_error(struct judge *j) {
    bool own = j->answer->status == 500; /* else a proxy's: PHP is down or slow */

    say(j,
        own ? "EspoCRM failed at %s (status %d)%s%s"
            : "the web server got no answer from EspoCRM to %s (status %d)%s%s",
        WHAT(j), j->answer->status, j->complaint.text[0] == '\0' ? "" : ": ",
        j->complaint.text);
    if (is_post(j))
        doubtful(j, REASON_SERVER_ERROR);
    else if (retry(j))
        return;
    else if (own && j->request->method != METHOD_GET)
        row_failed(j, REASON_SERVER_ERROR);
    else
        stop(j, RC_UNREACHABLE);
}

static void judge_other(struct judge *j) {
    int status = j->answer->status;

    if (status == 408 || status == 425) { /* the server did not wait for the request */
        say(j, "the server gave up waiting for %s (status %d)", WHAT(j), status);
        if (is_post(j))
            doubtful(j, REASON_SERVER_ERROR);
        else if (!retry(j))
            stop(j, RC_UNREACHABLE);
    } else if (status >= 400 && status < 500) {
        row_failed(j, REASON_SERVER_ERROR);
        say(j, "%s was refused with status %d%s%s", WHAT(j), status,
            j->complaint.text[0] == '\0' ? "" : ": ", j->complaint.text);
    } else {
        unreadable(j, "which EspoCRM never gives");
    }
}

static void judge_status(struct judge *j) {
    int status = j->answer->status;

    complaint_read(j->answer, &j->complaint);
    memcpy(j->out->field, j->complaint.field, sizeof j->out->field);
    if (status >= 300 && status < 400) {
        judge_redirect(j);
        return;
    }
    switch (status) {
    case 400: judge_validation(j); break;
    case 401: judge_unauthorized(j); break;
    case 403: judge_forbidden(j); break;
    case 404: judge_not_found(j); break;
    case 405:
        stop(j, RC_USAGE);
        say(j,
            "the server does not allow %s (status 405); check the URL of the site and "
            "whether its web server lets PUT and DELETE through",
            WHAT(j));
        break;
    case 407:
        stop(j, RC_USAGE);
        say(j, "the proxy wants a user name and a password (status 407)");
        break;
    case 409: judge_conflict(j); break;
    case 413:
    case 414:
    case 431:
        row_failed(j, REASON_REQUEST_TOO_LARGE);
        say(j, "the web server refuses %s as too large (status %d)", WHAT(j), status);
        break;
    case 429:
        say(j, "the server asks for fewer requests (status 429)");
        retry_free(j, TOO_MANY_MS);
        break;
    case 503: judge_unavailable(j); break;
    default:
        if (status >= 500 && status < 600)
            judge_server_error(j);
        else
            judge_other(j);
    }
}

/* No answer at all. UNSENT is certain; everything else may have been done. */
static void judge_failure(struct judge *j) {
    const struct answer *answer = j->answer;
    char detail[160];

    exchange_clean_text(detail, sizeof detail, slice_of(answer->detail));
    if (answer->delivery == DELIVERY_UNSENT)
        say(j, "the server cannot be reached: %s",
            detail[0] == '\0' ? "no connection" : detail);
    else if (answer->delivery == DELIVERY_CANCELLED)
        say(j, "%s was given up before its answer came", WHAT(j));
    else
        say(j, "the answer to %s was lost: %s", WHAT(j),
            detail[0] == '\0' ? "the connection broke" : detail);

    if (answer->untrusted) {
        stop(j, RC_UNREACHABLE);
    } else if (is_post(j) && answer->delivery != DELIVERY_UNSENT) {
        doubtful(j, REASON_OUTCOME_UNKNOWN);
    } else if (answer->delivery == DELIVERY_CANCELLED) {
        j->out->action = VERDICT_RETRY; /* it was us: no need to wait */
    } else if (!retry(j)) {
        stop(j, RC_UNREACHABLE);
    }
}

void verdict_of(const struct request *request, const struct answer *answer,
                unsigned attempt, const struct verdict_policy *policy,
                struct verdict *out) {
    struct judge j = {.request = request,
                      .answer = answer,
                      .policy = policy,
                      .attempt = attempt,
                      .out = out};

    memset(out, 0, sizeof *out);
    if (answer->delivery != DELIVERY_ANSWERED) {
        judge_failure(&j);
    } else if (answer->too_large) {
        say(&j,
            "the answer to %s is too large to be read: no answer of EspoCRM should be; "
            "check the URL, and what stands in front of the server",
            WHAT(&j));
        if (is_post(&j))
            doubtful(&j, REASON_OUTCOME_UNKNOWN);
        else if (request->answer_max > 0)
            row_failed(&j, REASON_SERVER_ERROR);
        else
            stop(&j, RC_SERVER);
    } else if (answer->status >= 200 && answer->status < 300) {
        judge_success(&j);
    } else {
        judge_status(&j);
    }
}
