/* site.h - the server of a run: the way to it, who we are there, and what it says of
 * itself.
 */
#ifndef FLOW_SITE_H
#define FLOW_SITE_H

#include "base/buf.h"
#include "base/env.h"
#include "base/err.h"
#include "model/schema.h"
#include "wire/auth.h"
#include "wire/courier.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct site_options {
    const char *url;        /* of the site, as typed */
    struct auth *auth;      /* borrowed; a user's password is swapped for a token */
    const char *ca_file;    /* NULL = the system's */
    bool insecure;          /* take any certificate */
    const char *proxy;      /* NULL = the environment's */
    const char *user_agent; /* "espoload/0.1.0" */
    size_t jobs;            /* requests in flight; 0 = found out (plan/pace.h) */
    int64_t rate_milli;     /* requests a second, thousandths; 0 = no limit */
    unsigned retries;       /* how often a request is sent again */
    long timeout_ms;        /* of one request; 0 = the transport's default */
    const struct env *env;  /* NULL = env_system() */
    void (*trace)(void *context, const char *line); /* see curl_transport.h */
    void *trace_context;
    void (*paused)(void *context, const char *why, int64_t wait_ms); /* see courier.h */
    void *paused_context;
};

struct site;

/* Nothing is sent yet. RC_USAGE for a bad URL. */
int site_new(struct site **out, const struct site_options *options, struct err *err);

/* The same over a transport that exists (a simulation); the site takes it over. */
int site_new_over(struct site **out, struct transport *transport,
                  const struct site_options *options, struct err *err);
void site_free(struct site *site);

struct courier *site_courier(struct site *site);
const struct env *site_env(const struct site *site);
const char *site_url(const struct site *site);

/* One GET, waited for: body holds what came (its cap is the caller's). An empty body is
 * fine. RC_AUTH, RC_UNREACHABLE, RC_SERVER, RC_USAGE, RC_INTERRUPTED. */
int site_get(struct site *site, const char *path, struct buf *body, struct err *err);

/* The same, where what is asked for is the user's choice: RC_USAGE when the server
 * refuses just this (400, 403, 404). */
int site_ask(struct site *site, const char *path, struct buf *body, struct err *err);

/* GET path of a record that may not be there: *status is 200, and body the record, or
 * that of a refusal that concerns this record (403, 404). Else as site_get(). */
int site_look(struct site *site, const char *path, int *status, struct buf *body,
              struct err *err);

/* The server's clock, ms since 1970, by the last answer's Date header. Where no answer
 * has one it is our own less a day, so that looking back from there misses nothing. */
int64_t site_server_ms(const struct site *site);

/* Proves the key with one GET App/user (a wrong key in many requests would lock the
 * address out), reads Settings and the metadata of entity_type, and builds its schema,
 * which lives as long as the site. */
int site_load_schema(struct site *site, const char *entity_type,
                     const struct schema **out, struct err *err);

/* The labels of everything, in the user's language and in the server's default one: of
 * all languages these two can be had (LanguageService.php of 9.1.7). bodies: of
 * PROGRAM_LANGUAGES buffers without a cap; the second stays empty where both languages
 * are one. Needs no rights. RC_UNREACHABLE, ... */
int site_load_labels(struct site *site, struct buf *bodies, struct err *err);

/* May the user read records of an entity type at all, by App/user? False before
 * site_load_schema(). */
bool site_may_read(const struct site *site, const char *entity_type);

/* What of App/user decides which records of an entity type the user sees: rights, teams,
 * type. As a text to be compared; appends. */
int site_append_rights(const struct site *site, const char *entity_type, struct buf *out);

/* One that was loaded, or NULL. */
const struct schema *site_schema(const struct site *site, const char *entity_type);

#endif
