/* fake_private.h - what the parts of the fake server share. */
#ifndef SIM_FAKE_PRIVATE_H
#define SIM_FAKE_PRIVATE_H

#include "sim/fake_crm.h"

#include "base/buf.h"

#include <jansson.h>

enum {
    RECORDS_MAX = 1024,
    WORK_MAX = 128,
    JSON_MAX = 2048,
    FLIGHTS_MAX = 64,
    SPINS_MAX = 2000,
    POLLS_MAX = 2000000
};

struct fake_record {
    char id[18];
    char user[24];       /* who made it */
    int64_t created_ms;  /* the server's clock */
    char json[JSON_MAX]; /* the whole record */
};

enum work_state { WORK_FREE, WORK_COMING, WORK_CHECKED, WORK_DONE };

/* A POST or PUT at the server: it is there from begin to end whatever the client does. */
struct fake_work {
    enum work_state state;
    uint64_t begin_us, end_us;
    bool is_put;
    bool skip_check; /* X-Skip-Duplicate-Check */
    bool wanted;     /* a client waits for the answer */
    bool duplicate;  /* what the check found at begin */
    int64_t version; /* PUT: X-Version-Number, or 0 */
    char id[24];     /* PUT: of what */
    char body[JSON_MAX];
    int status;                /* of the answer, when done */
    char reason[128];          /* its X-Status-Reason */
    char answer[JSON_MAX * 6]; /* its body: up to five records */
};

/* All that outlives a client. */
struct fake_shared {
    int64_t now_us;
    uint64_t random;
    uint64_t next_id;
    uint64_t requests_ever;
    unsigned fault_permille;
    struct fake_run run;
    struct fake_counts counts;
    uint64_t revoked; /* a 401 was given in this run */
    uint64_t spins;   /* in a row */
    uint64_t polls;   /* of this run */
    size_t record_count;
    struct fake_record records[RECORDS_MAX];
    struct fake_work work[WORK_MAX];
};

struct fake_crm {
    struct fake_options options;
    struct fake_shared *shared; /* mapped, MAP_SHARED */
    struct env env;
    json_t
        *metadata; /* owned: "entityDefs" by entity type, "app", "Settings", "App/user" */
    bool open;     /* a transport is */
};

uint64_t fake_random(struct fake_crm *crm, uint64_t below);
void fake_fatal(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* One more step of this run; may end the process. */
void fake_step(struct fake_crm *crm);

/* Moves the clock to until_us and carries out what is due on the way. */
void fake_advance(struct fake_crm *crm, int64_t until_us);

/* The server's clock, ms. */
int64_t fake_server_ms(const struct fake_crm *crm);

/* Answers a GET; status 200 and body, or another status. */
int fake_get(struct fake_crm *crm, const char *path, struct buf *body);

#endif
