/*
 * Tests what the test server offers to tests: counts, faults, delays, and a store that
 * survives kill -9. Output is TAP. Usage: espocrm-control SERVER TESTDATA
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "replay.h"

struct test {
    const char *server, *dir;
    struct testd testd;
    int run, failed;
};

static void check(struct test *t, bool ok, const char *what) {
    t->run++;
    t->failed += !ok;
    printf("%s %d - %s\n", ok ? "ok" : "not ok", t->run, what);
}

static long long now_ms(void) {
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (long long)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* One call on its own connection; the status, 0 without an answer. *out, unless it is
 * NULL, takes the body as JSON: a new reference, or NULL for no JSON. */
static long call(struct test *t, const char *method, const char *path, json_t *body,
                 json_t **out) {
    struct client *c = client_new(t->testd.port);
    json_t *headers =
        json_pack("{s:s,s:s,s:s}", "X-Api-Key", "{{API_KEY}}", "Content-Type",
                  "application/json", "X-Skip-Duplicate-Check", "true");
    struct buf text = {0};
    struct answer a = {0};
    if (body)
        buf_json(&text, body);
    long status =
        client_send(c, method, path, headers, body ? &text : NULL, &a) ? 0 : a.status;
    if (out)
        *out = a.body.p ? json_loadb(a.body.p, a.body.len, 0, NULL) : NULL;
    if (a.headers && json_object_get(a.headers, "retry-after") && out && !*out)
        *out = json_incref(json_object_get(a.headers, "retry-after"));
    answer_fini(&a);
    buf_free(&text);
    json_decref(headers);
    json_decref(body);
    client_free(c);
    return status;
}

static long lead(struct test *t, const char *name, json_t **out) {
    return call(t, "POST", "/api/v1/Lead",
                json_pack("{s:s,s:s}", "lastName", name, "title", "Boss"), out);
}

static void fault(struct test *t, json_t *spec) {
    if (call(t, "POST", "/_testd/fault", spec, NULL) != 200)
        check(t, false, "the fault is taken");
}

/* What the server counted for a last name: "records" or "posted"; -1 when unknown. */
static long rows(struct test *t, const char *name, const char *what) {
    json_t *all = NULL;
    call(t, "GET", "/_testd/rows?entity=Lead&by=lastName", NULL, &all);
    json_t *row = json_object_get(all, name);
    long n = row ? (long)json_integer_value(json_object_get(row, what)) : -1;
    json_decref(all);
    return n;
}

static void faults_that_store(struct test *t) {
    json_t *body = NULL;
    fault(t, json_pack("{s:s,s:i,s:s}", "method", "POST", "every", 2, "action",
                       "commit-then-close"));
    check(t, lead(t, "A1", NULL) == 200 && lead(t, "A2", NULL) == 0,
          "every second is closed");
    check(t, rows(t, "A2", "records") == 1, "and stored all the same");
    call(t, "DELETE", "/_testd/fault", NULL, NULL);
    fault(t, json_pack("{s:s,s:i,s:i}", "action", "commit-then-status", "status", 504,
                       "count", 1));
    check(t, lead(t, "B", NULL) == 504 && rows(t, "B", "records") == 1,
          "504 after storing");
    fault(t, json_pack("{s:s,s:i,s:i}", "action", "delay-commit", "delayMs", 200, "count",
                       1));
    check(t, lead(t, "C", NULL) == 0 && rows(t, "C", "records") == -1,
          "closed, not stored yet");
    usleep(400000);
    check(t, rows(t, "C", "records") == 1, "stored after the connection died");
    fault(t, json_pack("{s:s,s:i}", "action", "no-id", "count", 1));
    check(t, lead(t, "D", &body) == 200 && body && !json_object_get(body, "id"), "no id");
    json_decref(body);
    fault(t, json_pack("{s:s,s:i}", "action", "truncate", "count", 1));
    lead(t, "E", &body);
    check(t, !body && rows(t, "E", "records") == 1, "a cut answer");
    json_decref(body);
    fault(t,
          json_pack("{s:s,s:s,s:i}", "action", "drop", "attribute", "title", "count", 1));
    check(t, lead(t, "F", &body) == 200 && body && !json_object_get(body, "title"),
          "an attribute that is not stored");
    json_decref(body);
}

static void faults_that_refuse(struct test *t) {
    json_t *extra = NULL;
    fault(t, json_pack("{s:s,s:i,s:i,s:i}", "action", "status", "status", 429,
                       "retryAfter", 7, "count", 1));
    check(t,
          lead(t, "G", &extra) == 429 && extra && !strcmp(json_string_value(extra), "7"),
          "429 with Retry-After");
    json_decref(extra);
    check(t, rows(t, "G", "records") == -1, "is not stored");
    fault(t, json_pack("{s:s,s:i}", "action", "html", "count", 1));
    check(t, lead(t, "H", &extra) == 200 && !extra, "200 with a page instead of JSON");
    json_decref(extra);
    fault(t, json_pack("{s:s,s:i,s:i}", "action", "hang", "delayMs", 150, "count", 1));
    long long began = now_ms();
    check(t, lead(t, "I", NULL) == 0 && now_ms() - began >= 140, "no answer for a while");
    fault(t, json_pack("{s:s,s:i,s:s,s:i}", "method", "*", "after", 2, "action", "status",
                       "status", 401));
    check(t, lead(t, "J1", NULL) == 200 && lead(t, "J2", NULL) == 200, "the key works");
    check(t, lead(t, "J3", NULL) == 401 && lead(t, "J4", NULL) == 401,
          "and then no longer");
    check(t,
          call(t, "POST", "/_testd/fault", json_pack("{s:s}", "action", "nope"), NULL) ==
              400,
          "an unknown fault is refused");
    call(t, "POST", "/_testd/reset", json_object(), NULL);
    check(t, rows(t, "A1", "records") == -1 && lead(t, "K", NULL) == 200, "reset");
}

static void counting(struct test *t) {
    json_t *body = NULL;
    char path[64];
    lead(t, "Twice", NULL);
    lead(t, "Twice", NULL);
    check(t, rows(t, "Twice", "records") == 2 && rows(t, "Twice", "posted") == 2,
          "two rows");
    lead(t, "Before", &body);
    snprintf(path, sizeof path, "/api/v1/Lead/%s",
             json_string_value(json_object_get(body, "id")));
    json_decref(body);
    call(t, "PUT", path, json_pack("{s:s}", "lastName", "After"), NULL);
    check(t,
          rows(t, "Before", "posted") == 1 && rows(t, "Before", "records") == 0 &&
              rows(t, "After", "records") == 1 && rows(t, "After", "posted") == 0,
          "a POST is remembered through an update");
    call(t, "DELETE", path, NULL, NULL);
    check(t, rows(t, "After", "records") == 0, "a deleted row is none");
    call(t, "GET", "/_testd/counts", NULL, &body);
    check(t,
          json_integer_value(
              json_object_get(json_object_get(body, "accepted"), "Lead")) >= 4,
          "accepted POSTs are counted");
    json_decref(body);
}

static void delays(struct test *t) {
    json_t *args = json_pack("[s,s,s,s]", "--delay", "100", "--workers", "1");
    if (testd_start(&t->testd, t->server, t->dir, args) == 0) {
        long long began = now_ms();
        lead(t, "Slow", NULL);
        check(t, now_ms() - began >= 95, "a request takes its time");
        began = now_ms();
        check(t, rows(t, "Slow", "records") == 1 && now_ms() - began < 90,
              "the control interface does not");
    }
    check(t, testd_stop(&t->testd) == 0, "ends well");
    json_decref(args);
}

static void killing(struct test *t) {
    char file[] = "/tmp/espocrm-control-XXXXXX", name[64];
    int fd = mkstemp(file);
    if (fd < 0) {
        check(t, false, "a temporary file");
        return;
    }
    close(fd);
    json_t *args = json_pack("[s,s]", "--store", file);
    if (testd_start(&t->testd, t->server, t->dir, args) == 0)
        for (int i = 0; i < 20; i++) {
            snprintf(name, sizeof name, "Kept%d", i);
            lead(t, name, NULL);
        }
    testd_kill(&t->testd);
    if (testd_start(&t->testd, t->server, t->dir, args) == 0)
        check(t, rows(t, "Kept0", "records") == 1 && rows(t, "Kept19", "records") == 1,
              "what was answered survives kill -9");
    check(t, testd_stop(&t->testd) == 0, "ends well");
    json_decref(args);
    unlink(file);
    snprintf(name, sizeof name, "%s-wal", file);
    unlink(name);
    snprintf(name, sizeof name, "%s-shm", file);
    unlink(name);
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: espocrm-control SERVER TESTDATA\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    struct test t = {.server = argv[1], .dir = argv[2]};
    if (testd_start(&t.testd, t.server, t.dir, NULL) == 0) {
        faults_that_store(&t);
        faults_that_refuse(&t);
        counting(&t);
    }
    check(&t, testd_stop(&t.testd) == 0, "ends well");
    delays(&t);
    killing(&t);
    curl_global_cleanup();
    printf("1..%d\n# %d failed\n", t.run, t.failed);
    return t.failed != 0;
}
