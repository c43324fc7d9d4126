/*
 * What one server is made of and what one request carries through it. Everything below
 * happens under app.lock; nothing here is global.
 */
#ifndef ESPOCRM_APP_H
#define ESPOCRM_APP_H

#include <pthread.h>

#include "schema.h"
#include "store.h"

#define MAX_FAILED_LOGINS 10
#define LOGIN_WINDOW_MS 60000
#define REASON_SIZE 512

struct phone_parser;

struct config {
    int port;
    const char *data_dir, *store_file, *port_file, *variant;
    const char *api_key, *hmac_key, *hmac_secret, *weak_key, *inactive_key;
    const char *user, *password, *admin, *admin_password;
    const char *currencies; /* comma list instead of the settings' one, or NULL */
    long leads;             /* records to begin with */
    int delay_ms, workers;
    bool no_lockout, chunked, quiet;
};

enum user_kind {
    USER_SYSTEM,
    USER_ADMIN,
    USER_API,
    USER_HMAC,
    USER_WEAK,
    USER_REGULAR,
    USER_INACTIVE,
    USER_KINDS
};

struct user {
    enum user_kind kind;
    const char *id;
    char name[64]; /* display name */
    char login[64];
    const char *type; /* "api", "regular", "admin" */
    json_t *acl;      /* borrowed: "acl" of the App/user answer */
    bool active;
};

/* One query parameter or header of a request, decoded; owned by the request. */
struct request {
    char *method;
    char *uri;      /* as sent, with query */
    char *path;     /* decoded, after /api/v1/, or the whole path for others */
    char *raw_path; /* as sent, without /api/v1 and query, for HMAC */
    bool api;       /* below /api/v1 */
    char *query;    /* raw, without '?', or NULL */
    char *api_key, *hmac, *authorization, *espo_authorization, *by_token;
    char *content_type, *content_encoding, *requested_with;
    char *skip_duplicate, *version, *no_total;
    struct buf body;
    long long started_ms;
};

struct reply {
    int status;
    const char *content_type; /* NULL: none */
    char reason[REASON_SIZE];
    bool has_reason;
    struct buf body;
    const char *allow; /* for 405 */
    bool ask_basic;    /* WWW-Authenticate */
    bool link_updated;
    int retry_after; /* seconds; 0: none */
    char location[256];
    const char *disposition;
    bool close;       /* close the connection after the answer */
    long truncate_at; /* cut the connection after that many body bytes; -1: no */
};

struct fault {
    json_t *spec; /* owned */
    long seen;    /* requests that matched */
    long fired;
};

struct app {
    struct config cfg;
    struct schema schema;
    struct store store;
    struct phone_parser *phones;
    struct user users[USER_KINDS];
    pthread_mutex_t lock;
    int64_t failures[MAX_FAILED_LOGINS + 1]; /* times of the latest failed logins */
    size_t nfailures;
    struct fault *faults;
    size_t nfaults;
    json_t *requests; /* "POST Lead" -> n */
    json_t *statuses; /* "200" -> n */
    json_t *accepted; /* POSTs stored, by entity type */
    long total_requests, in_flight, max_in_flight, connections;
    char stamp[64];      /* X-App-Timestamp */
    char assignment[16]; /* assignmentPermission of the weak user */
    char die_at[64];     /* an import dies at a row with this cell; "" = none does */
    char half_at[64];    /* the same, its row written, its addresses not */
    char trouble_at[64]; /* and one with this cell fails without a reason */
    long troubles;       /* so many times yet */
    char refuse_at[64];  /* and refuses the names of a row with this one */
};

/* Everything one request needs while it is answered. */
struct ctx {
    struct app *app;
    struct request *rq;
    struct reply *rp;
    struct user *user; /* NULL before authentication */
    const char *drop;  /* attribute that a fault takes away on storing, or NULL */
};

int app_open(struct app *app);
void app_close(struct app *app);
void app_seed(struct app *app);

/* Sets status and reason (printf-like; NULL: no such header); the body stays empty. */
void fail(struct ctx *c, int status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The same with an empty X-Status-Reason header. */
void fail_blank(struct ctx *c, int status);
void reply_json(struct ctx *c, const char *text);
void reply_validation(struct ctx *c, const char *entity, const char *field,
                      const char *type);

void request_free(struct request *rq);
void reply_init(struct reply *rp);

extern const char TYPE_JSON[];
extern const char TYPE_HTML[];

#endif
