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
    PAGES_MAX = 64,
    POLLS_MAX = 2000000,
    FILES_MAX = 512,
    FILE_MAX = 16 * 1024,
    IMPORTS_MAX = 512,
    IMPORT_ROWS_MAX = 64
};

struct fake_record {
    const char *type; /* "Lead", "Account", "Team"; static */
    char id[18];
    char user[24];       /* who made it */
    int64_t created_ms;  /* the server's clock */
    bool deleted;        /* it is there for administrators only */
    uint64_t changes;    /* how often json was written */
    char json[JSON_MAX]; /* the whole record */
};

enum work_state { WORK_FREE, WORK_COMING, WORK_CHECKED, WORK_DONE };
enum work_kind {
    WORK_POST,
    WORK_PUT,
    WORK_DELETE,
    WORK_UNDELETE,
    WORK_RELATE,        /* POST Lead/{id}/teams */
    WORK_FILE,          /* POST Import/file */
    WORK_IMPORT,        /* POST Import */
    WORK_FORGET_IMPORT, /* DELETE Import/{id} */
    WORK_FORGET_FILE    /* DELETE Attachment/{id} */
};

/* A file for an Import: there for ever, live from its upload to its removal. */
struct fake_file {
    bool live;
    char id[18];
    char text[FILE_MAX];
};

enum fake_row_end {
    ROW_END_NONE, /* it was not reached */
    ROW_END_DONE,
    ROW_END_TAKEN, /* there is a record of that id */
    ROW_END_REFUSED,
    ROW_END_NOT_FOUND,
    ROW_END_TROUBLE /* for no reason that is told */
};

struct fake_import {
    char id[18];
    bool live;              /* its log is there */
    bool complete;          /* it came to its end */
    bool update;            /* it makes no records */
    struct fake_file *file; /* borrowed */
    size_t row_count;
    uint64_t step;     /* how many were made: two a row, and one */
    uint64_t waits_at; /* the step before which it waits: for a lock, say */
    uint64_t dies_at;  /* the server breaks off in the midst of it; 0 = never */
    unsigned char ends[IMPORT_ROWS_MAX]; /* enum fake_row_end */
};

/* A write at the server: it is there from begin to end whatever the client does. */
struct fake_work {
    enum work_state state;
    enum work_kind kind;
    const char *type; /* of the record; static */
    uint64_t begin_us, end_us;
    uint64_t late_us;       /* of that time: IMPORT: how long it waits for something */
    bool skip_check;        /* X-Skip-Duplicate-Check */
    bool wanted;            /* a client waits for the answer */
    bool duplicate;         /* what the check found at begin */
    int64_t version;        /* PUT: X-Version-Number, or 0 */
    char id[24];            /* PUT, DELETE, RELATE: of what */
    struct fake_file *file; /* FILE; borrowed */
    struct fake_import *import; /* IMPORT, from its begin on; borrowed */
    char body[JSON_MAX];
    int status;                /* of the answer, when done */
    char reason[128];          /* its X-Status-Reason */
    char answer[JSON_MAX * 6]; /* its body: up to five records */
};

/* All that outlives a client. */
struct fake_state {
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
    size_t work_count; /* of these were ever used */
    struct fake_work work[WORK_MAX];
    size_t file_count;
    struct fake_file files[FILES_MAX];
    size_t import_count;
    struct fake_import imports[IMPORTS_MAX];
};

/* A GET whose answer is always the same. */
struct fake_page {
    char *path; /* owned */
    char *body; /* owned */
};

/* A record as it was read last. */
struct fake_parsed {
    json_t *json; /* owned */
    uint64_t changes;
};

struct fake_crm {
    struct fake_options options;
    struct fake_state *state; /* mapped: untouched pages cost nothing */
    struct env env;
    json_t
        *metadata; /* owned: "entityDefs" by entity type, "app", "Settings", "App/user" */
    bool open;     /* a transport is */
    struct fake_page pages[PAGES_MAX];
    struct fake_parsed parsed[RECORDS_MAX];
};

uint64_t fake_random(struct fake_crm *crm, uint64_t below);
void fake_fatal(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* One more step of this run; may cut the power. */
void fake_step(struct fake_crm *crm);

/* Moves the clock to until_us and carries out what is due on the way. */
void fake_advance(struct fake_crm *crm, int64_t until_us);

/* The server's clock, ms. */
int64_t fake_server_ms(const struct fake_crm *crm);

/* One of that id, deleted or not, or NULL. */
struct fake_record *fake_record(struct fake_crm *crm, const char *id);
/* Stores a new one; returns its id, borrowed. */
const char *fake_store(struct fake_crm *crm, const char *type, json_t *json,
                       const char *user);
/* Under this id, which only a deleted record may have: that is gone then. */
const char *fake_store_as(struct fake_crm *crm, const char *type, const char *id,
                          json_t *json, const char *user);
/* What path begins with, static, and always the same one: "Lead" of "Lead", "Lead/1",
 * "Lead?q". NULL = none that it has records of. */
const char *fake_type_of(const char *path);
/* More of what is being stored: no change of its own. */
void fake_complete(struct fake_record *record, json_t *members);
void fake_change(struct fake_crm *crm, struct fake_record *record, json_t *members,
                 const char *user);
void fake_set_deleted(struct fake_crm *crm, struct fake_record *record, bool deleted,
                      const char *user);

/* A member's text, or "". */
const char *fake_text(const json_t *json, const char *name);
void fake_dump(const json_t *json, char *out, size_t size);
/* Record i, read; borrowed until it changes. */
const json_t *fake_read(struct fake_crm *crm, size_t i);

/* The Import (fake_import.c). A file's content is taken in when its upload arrives. */
struct fake_file *fake_file_take(struct fake_crm *crm, struct slice content);
void fake_file_store(struct fake_crm *crm, struct fake_work *work);
/* false: there is no such file, and work has its answer. */
bool fake_import_begin(struct fake_crm *crm, struct fake_work *work);
int64_t fake_import_next_us(const struct fake_work *work);
/* false: it is over, and work has its answer. */
bool fake_import_step(struct fake_crm *crm, struct fake_work *work);
/* What the row that it has in hand stores, to be freed, or NULL. */
json_t *fake_import_row_now(const struct fake_work *work);
void fake_import_forget(struct fake_crm *crm, struct fake_work *work);
json_t *fake_import_shown(const struct fake_import *import);
int fake_import_errors(struct fake_crm *crm, const char *path, struct buf *body);
void fake_answer_missing(struct fake_work *work);
/* What it changes; NULL and an answer: it is not there, or the role forbids it. */
struct fake_record *fake_work_record(struct fake_crm *crm, struct fake_work *work);

/* Answers a GET; status 200 and body, or another status. */
int fake_get(struct fake_crm *crm, const char *path, struct buf *body);
/* Does the role show a record of that type to the user of the key? */
bool fake_is_shown(const struct fake_crm *crm, const char *type, const json_t *record);

#endif
