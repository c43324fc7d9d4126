/* site.c - one way to the server, and its metadata. */
#include "flow/site.h"

#include "model/json.h"
#include "model/mapping.h"
#include "plan/pace.h"
#include "wire/curl_transport.h"
#include "wire/espo.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* A whole metadata answer is 1 to 3 MB (espocrm-api, section 7); we ask for parts. */
enum { METADATA_MAX = 16 * 1024 * 1024, DAY_MS = 24 * 60 * 60 * 1000 };

struct site_schema {
    struct site_schema *next;
    struct schema *schema; /* owned */
};

struct site {
    struct site_options options;
    struct transport *transport; /* owned */
    struct courier *courier;     /* owned */
    struct site_schema *schemas; /* owned */
    struct buf app_user;         /* owned; the body of GET App/user */
    int64_t clock_offset_ms;     /* server minus us */
    bool clock_known;            /* an answer had a Date */
};

/* One GET that is waited for. */
struct fetch {
    struct parcel parcel;   /* first */
    struct site *site;      /* borrowed */
    struct buf *body;       /* borrowed; where the answer goes */
    struct verdict verdict; /* when done */
    int status;             /* likewise */
    int rc;                 /* of storing the body */
    bool done;
};

int site_new_over(struct site **out, struct transport *transport,
                  const struct site_options *options, struct err *err) {
    struct courier_options courier = {
        .jobs = options->jobs,
        .rate_milli = options->rate_milli,
        .retries = options->retries,
        .env = options->env,
        .paused = options->paused,
        .paused_context = options->paused_context,
    };
    struct site *site = calloc(1, sizeof *site);
    int rc;

    *out = NULL;
    if (site == NULL) {
        transport_free(transport);
        return err_nomem(err);
    }
    site->options = *options;
    if (site->options.env == NULL)
        site->options.env = env_system();
    site->transport = transport;
    site->app_user.max = METADATA_MAX;
    rc = courier_new(&site->courier, transport, &courier, err);
    if (rc != RC_OK) {
        site_free(site);
        return rc;
    }
    *out = site;
    return RC_OK;
}

int site_new(struct site **out, const struct site_options *options, struct err *err) {
    struct curl_transport_options curl = {
        .url = options->url,
        .auth = options->auth,
        .ca_file = options->ca_file,
        .insecure = options->insecure,
        .proxy = options->proxy,
        .user_agent = options->user_agent,
        .connections = options->jobs != 0 ? options->jobs : PACE_AUTO_MOST,
        .timeout_ms = options->timeout_ms,
        .env = options->env,
        .trace = options->trace,
        .trace_context = options->trace_context,
    };
    struct transport *transport = NULL;
    int rc = curl_transport_new(&transport, &curl, err);

    *out = NULL;
    return rc != RC_OK ? rc : site_new_over(out, transport, options, err);
}

void site_free(struct site *site) {
    if (site == NULL)
        return;
    while (site->schemas != NULL) {
        struct site_schema *entry = site->schemas;
        site->schemas = entry->next;
        schema_free(entry->schema);
        free(entry);
    }
    courier_free(site->courier);
    transport_free(site->transport);
    buf_fini(&site->app_user);
    free(site);
}

struct courier *site_courier(struct site *site) {
    return site->courier;
}

const struct env *site_env(const struct site *site) {
    return site->options.env;
}

const char *site_url(const struct site *site) {
    return site->options.url;
}

int64_t site_server_ms(const struct site *site) {
    int64_t ours = env_wall_ms(site->options.env);

    return site->clock_known ? ours + site->clock_offset_ms : ours - DAY_MS;
}

static void fetch_done(struct parcel *parcel, const struct verdict *verdict,
                       const struct answer *answer) {
    struct fetch *fetch = (struct fetch *)parcel;

    fetch->verdict = *verdict;
    fetch->status = answer->status;
    fetch->done = true;
    if (answer->server_ms != 0) {
        fetch->site->clock_known = true;
        fetch->site->clock_offset_ms =
            answer->server_ms - env_wall_ms(fetch->site->options.env);
    }
    if (verdict->action == VERDICT_DONE)
        fetch->rc = buf_append_slice(fetch->body, answer->body);
}

static bool site_interrupted(const struct site *site) {
    return env_interrupts(site->options.env) > 0;
}

/* Until the answer is there. */
static int fetch_wait(struct fetch *fetch, const char *path, struct err *err) {
    struct site *site = fetch->site;
    int rc;

    fetch->parcel.request.method = METHOD_GET;
    fetch->parcel.request.path = path;
    fetch->parcel.done = fetch_done;
    fetch->parcel.urgent = true;
    courier_send(site->courier, &fetch->parcel);
    while (!fetch->done) {
        if (site_interrupted(site))
            courier_cancel(site->courier);
        rc = courier_poll(site->courier, 200, err);
        if (rc < 0) {
            courier_cancel(site->courier); /* delivers fetch: it lives on a stack */
            (void)courier_poll(site->courier, 0, NULL);
            return rc;
        }
    }
    if (fetch->verdict.action == VERDICT_DONE)
        return fetch->rc == RC_OK
                   ? RC_OK
                   : err_set(err, RC_SERVER, "the answer to GET %s is too large", path);
    if (site_interrupted(site))
        return err_set(err, RC_INTERRUPTED, "interrupted");
    if (courier_stopped(site->courier, err) != RC_OK)
        return (int)courier_stopped(site->courier, NULL);
    if (fetch->verdict.reason == REASON_REQUEST_TOO_LARGE) {
        (void)err_set(err, RC_USAGE,
                      "the web server takes no request whose address is as long as this "
                      "one, %zu KB (status %d)",
                      (strlen(path) + 1023) / 1024, fetch->status);
        err_advise(err, "name fewer attributes or fewer values");
        return RC_USAGE;
    }
    return err_set(err, RC_SERVER, "GET %s: %s", path, fetch->verdict.message);
}

int site_get(struct site *site, const char *path, struct buf *body, struct err *err) {
    struct fetch fetch = {.site = site, .body = body};

    return fetch_wait(&fetch, path, err);
}

int site_ask(struct site *site, const char *path, struct buf *body, struct err *err) {
    struct fetch fetch = {.site = site, .body = body};
    int rc = fetch_wait(&fetch, path, err);

    if (rc != RC_SERVER || fetch.status < 400 || fetch.status >= 500)
        return rc;
    return err_set(err, RC_USAGE, "%s", fetch.verdict.message);
}

int site_look(struct site *site, const char *path, int *status, struct buf *body,
              struct err *err) {
    struct fetch fetch = {.site = site, .body = body};
    struct err own = {0};
    int rc = fetch_wait(&fetch, path, &own);

    *status = fetch.status;
    if (rc == RC_OK || (rc == RC_SERVER && fetch.verdict.action == VERDICT_ROW_FAILED))
        return RC_OK;
    if (err != NULL)
        *err = own;
    return rc;
}

/* A password is sent once; its token stands in for it afterwards (every request with a
 * password would make a new token row in the server, espocrm-api, section 6). */
static int site_take_token(struct site *site, struct err *err) {
    json_t *root = json_loadb(buf_text(&site->app_user), site->app_user.len, 0, NULL);
    const char *token = json_string_value(json_object_get(root, "token"));
    int rc = RC_OK;

    if (token != NULL && token[0] != '\0')
        rc = auth_set_token(site->options.auth, token, err);
    json_decref(root);
    return rc;
}

static int site_load_user(struct site *site, struct err *err) {
    int rc;

    if (site->app_user.len > 0)
        return RC_OK;
    rc = site_get(site, "App/user", &site->app_user, err);
    if (rc != RC_OK)
        return rc;
    if (site->app_user.len == 0)
        return err_set(err, RC_SERVER, "%s answers GET App/user with nothing",
                       site->options.url);
    return auth_kind_of(site->options.auth) == AUTH_USER ? site_take_token(site, err)
                                                         : RC_OK;
}

static int site_load_references(struct site *site, struct schema *schema,
                                struct err *err) {
    struct buf body = {.max = METADATA_MAX};
    struct buf path = {.max = 1024};
    const char *key;
    int rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && (key = schema_reference(schema, i)) != NULL; i++) {
        buf_reset(&body);
        buf_reset(&path);
        (void)buf_append_text(&path, "Metadata?key=");
        (void)espo_append_escaped(&path, slice_of(key));
        rc = path.failed != RC_OK ? err_nomem(err)
                                  : site_get(site, buf_text(&path), &body, err);
        if (rc == RC_OK)
            rc = schema_set_reference(schema, i, buf_slice(&body), err);
    }
    buf_fini(&body);
    buf_fini(&path);
    return rc;
}

bool site_may_read(const struct site *site, const char *entity_type) {
    struct json_member acl, table, scope, read;

    if (!json_find(buf_slice(&site->app_user), "acl", &acl) ||
        !json_find(acl.raw, "table", &table) ||
        !json_find(table.raw, entity_type, &scope))
        return false;
    if (scope.type != JSON_IS_OBJECT)
        return slice_is(scope.raw, "true");
    return json_find(scope.raw, "read", &read) && read.type == JSON_IS_STRING &&
           !slice_is(read.raw, "\"no\"");
}

/* The raw text of a member of a member, or "". */
static struct slice raw_of(struct slice object, const char *outer, const char *inner) {
    struct json_member member;

    if (!json_find(object, outer, &member) || !json_find(member.raw, inner, &member))
        return slice_of("");
    return member.raw;
}

int site_append_rights(const struct site *site, const char *entity_type,
                       struct buf *out) {
    struct slice user = buf_slice(&site->app_user);
    struct json_member acl;

    if (json_find(user, "acl", &acl)) {
        (void)buf_append_slice(out, raw_of(acl.raw, "table", entity_type));
        (void)buf_append_slice(out, raw_of(acl.raw, "fieldTable", entity_type));
    }
    (void)buf_append_slice(out, raw_of(user, "user", "type"));
    return buf_append_slice(out, raw_of(user, "user", "teamsIds"));
}

int site_load_labels(struct site *site, struct buf *bodies, struct err *err) {
    static const char *const paths[PROGRAM_LANGUAGES] = {"I18n", "I18n?default=true"};
    int rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < PROGRAM_LANGUAGES; i++) {
        bodies[i].max = METADATA_MAX;
        rc = site_get(site, paths[i], &bodies[i], err);
    }
    if (rc == RC_OK && slice_equal(buf_slice(&bodies[0]), buf_slice(&bodies[1])))
        buf_reset(&bodies[1]); /* as most users have it */
    return rc;
}

const struct schema *site_schema(const struct site *site, const char *entity_type) {
    for (const struct site_schema *entry = site->schemas; entry != NULL;
         entry = entry->next)
        if (strcmp(schema_entity_type(entry->schema), entity_type) == 0)
            return entry->schema;
    return NULL;
}

static int site_keep_schema(struct site *site, struct schema *schema, struct err *err) {
    struct site_schema *entry = calloc(1, sizeof *entry);

    if (entry == NULL)
        return err_nomem(err);
    entry->schema = schema;
    entry->next = site->schemas;
    site->schemas = entry;
    return RC_OK;
}

int site_load_schema(struct site *site, const char *entity_type,
                     const struct schema **out, struct err *err) {
    struct schema *schema = NULL;
    struct buf defs = {.max = METADATA_MAX}, patterns = {.max = METADATA_MAX};
    struct buf settings = {.max = METADATA_MAX}, path = {.max = 1024};
    struct schema_sources sources;
    int rc;

    *out = site_schema(site, entity_type);
    if (*out != NULL)
        return RC_OK;
    rc = site_load_user(site, err);
    (void)buf_append_text(&path, "Metadata?key=entityDefs.");
    (void)espo_append_escaped(&path, slice_of(entity_type));
    if (rc == RC_OK && path.failed != RC_OK)
        rc = err_nomem(err);
    if (rc == RC_OK)
        rc = site_get(site, "Settings", &settings, err);
    if (rc == RC_OK)
        rc = site_get(site, buf_text(&path), &defs, err);
    if (rc == RC_OK)
        rc = site_get(site, "Metadata?key=app.regExpPatterns", &patterns, err);
    if (rc == RC_OK) {
        sources.entity_defs = buf_slice(&defs);
        sources.regexp_patterns = buf_slice(&patterns);
        sources.settings = buf_slice(&settings);
        sources.app_user = buf_slice(&site->app_user);
        rc = schema_new(&schema, entity_type, &sources, err);
    }
    if (rc == RC_OK)
        rc = site_load_references(site, schema, err);
    if (rc == RC_OK)
        rc = site_keep_schema(site, schema, err);
    if (rc == RC_OK)
        *out = schema;
    else
        schema_free(schema);
    buf_fini(&defs);
    buf_fini(&patterns);
    buf_fini(&settings);
    buf_fini(&path);
    return rc;
}
