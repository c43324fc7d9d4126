/* fake_crm.h - an EspoCRM in memory, with faults, a clock and crash points, for tests.
 *
 * Leads, their accounts and teams; one user. A client that dies (sim_disk.h: its power is
 * cut) leaves the server as it is, and requests that had arrived are still carried out.
 * Time stands still unless a poll of the transport waits, so waiting costs nothing.
 * Everything random comes from one seed.
 *
 * The Import is in it, too (fake_import.c): rows that are stored one by one, Imports that
 * die in the middle, files that come late.
 *
 * Not modelled: field validation (a `lastName`, or an account's `name`, that begins with
 * "Reject" is refused), roles but for one that reads own leads (a team whose name begins
 * with "Closed" is seen, but no record may join it), trimming.
 * What is modelled is taken from the recorded exchanges: the duplicate check by name or
 * e-mail that is made before the record is stored (so it races) and among what the role
 * shows, the list request with `where`, the shapes of the error bodies.
 */
#ifndef SIM_FAKE_CRM_H
#define SIM_FAKE_CRM_H

#include "base/env.h"
#include "wire/transport.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fake_fault {
    FAULT_NONE,
    FAULT_LOST_BEFORE, /* the connection breaks, the server never sees it */
    FAULT_LOST_AFTER,  /* the server does it, its answer is lost */
    FAULT_LOST_LATER,  /* the answer is lost first, the server does it some time
                         later (a POST; a PUT is sent again at once and could then
                         come after the next row's) */
    FAULT_500_BEFORE,
    FAULT_500_AFTER,
    FAULT_502, /* not done */
    FAULT_504, /* done some time later */
    FAULT_429, /* not done; Retry-After */
    FAULT_MAINTENANCE,
    FAULT_503_AFTER, /* a bare one, though it is done */
    FAULT_HTML,      /* 200, a web page; not done */
    FAULT_HTML_AFTER,
    FAULT_CUT,    /* done; the JSON of the answer is cut off */
    FAULT_UNSENT, /* no connection */
    FAULT_COUNT
};

struct fake_crm;

struct fake_options {
    const char *testdata; /* folder that holds espo/; borrowed */
    uint64_t seed;
    unsigned fault_permille; /* how many of 1000 requests have a fault; any but NONE */
    /* Instead: decides for each request; number counts from 1 over all runs. */
    enum fake_fault (*choose)(void *context, uint64_t number,
                              const struct request *request);
    void *choose_context;
    int64_t later_max_ms; /* how late is later, at most; 0 = 5000 */
    size_t page;          /* most records of a list; 0 = 200 */
    bool admin;           /* the user may restore deleted records */
    bool own;             /* the user's role reads own leads: those assigned to it */
    bool versions;        /* optimistic concurrency: records have a versionNumber */
};

struct fake_crm *fake_crm_new(const struct fake_options *options);
void fake_crm_free(struct fake_crm *crm);

/* What is to happen during one run of the client; steps and requests count from 1 within
 * it, 0 = never. A step is a submit, a delivery, the end of a delivery, or a poll. */
struct fake_run {
    uint64_t crash_at_step;       /* the power is cut */
    uint64_t interrupt_at_step;   /* env_interrupts() is 1 from there on */
    uint64_t interrupt_2_at_step; /* and 2 from there on */
    uint64_t revoke_at_request;   /* 401 to everything from there on */
    uint64_t poll_error_at_step;  /* from there on transport_poll() gives RC_LOCAL */
    uint64_t rival_at_step;       /* somebody else makes an Account */
    const char *rival;            /* which: JSON; borrowed */
};
/* Who that is. */
#define FAKE_RIVAL "5e00000000000ad01"
void fake_crm_begin(struct fake_crm *crm, const struct fake_run *run);
void fake_crm_set_faults(struct fake_crm *crm, unsigned permille);

/* What was counted so far, over all runs unless it says otherwise. */
struct fake_counts {
    uint64_t steps;    /* of this run */
    uint64_t requests; /* of this run */
    uint64_t by_method[4];
    uint64_t faults[FAULT_COUNT];
    uint64_t
        overlaps;    /* POSTs or PUTs at work at once that share e-mail, phone or body */
    uint64_t breaks; /* Imports that died, and rows that failed in one for no reason */
    uint64_t account_faults; /* POSTs of an Account that met with a fault */
    uint64_t after_401;      /* requests that came after a 401 of this run */
    uint64_t spins;          /* most polls in a row that neither waited nor delivered */
};
const struct fake_counts *fake_crm_counts(const struct fake_crm *crm);

/* The clock, chance and signals; valid as long as crm. */
const struct env *fake_crm_env(const struct fake_crm *crm);
int64_t fake_crm_now_ms(const struct fake_crm *crm);    /* the client's wall clock */
int64_t fake_crm_offset_ms(const struct fake_crm *crm); /* server's clock minus it */

/* Lets ms pass: what had arrived is carried out. */
void fake_crm_pass(struct fake_crm *crm, int64_t ms);

/* A new transport to it; fatal when two are open at once. */
struct transport *fake_transport_new(struct fake_crm *crm);

/* Records, in the order of their making. json: a whole record; borrowed. */
size_t fake_crm_count(const struct fake_crm *crm);
const char *fake_crm_record(const struct fake_crm *crm, size_t i);
const char *fake_crm_type(const struct fake_crm *crm, size_t i); /* "Lead"; static */
bool fake_crm_is_deleted(const struct fake_crm *crm, size_t i);
/* NULL when there is none of that id, or it is deleted. */
const char *fake_crm_find(struct fake_crm *crm, const char *id);

/* Stores a record that was there before, a Lead or another; user: NULL = the user of the
 * key. Returns its id, borrowed. */
const char *fake_crm_seed(struct fake_crm *crm, const char *json, const char *user);
const char *fake_crm_seed_as(struct fake_crm *crm, const char *type, const char *json,
                             const char *user);

/* Somebody changes record i: members (JSON), or deletes it (NULL). */
void fake_crm_edit(struct fake_crm *crm, size_t i, const char *members, const char *user);

/* What the test is at, for the message of a fatal end: "seed 17". */
extern char fake_note[128];

/* The id of the key's user, from testdata; borrowed. */
const char *fake_crm_user(const struct fake_crm *crm);

#endif
