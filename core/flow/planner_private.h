/* planner_private.h - a batch of rows on its way through the planner. */
#ifndef FLOW_PLANNER_PRIVATE_H
#define FLOW_PLANNER_PRIVATE_H

#include "base/arena.h"
#include "flow/address_kind.h"
#include "flow/finder.h"
#include "flow/key_table.h"
#include "flow/link_cache.h"
#include "flow/planner.h"
#include "plan/match.h"

enum { BATCH_ROWS = 200, BATCHES = 2, SHOWN_CANDIDATES = 5, INACTIVE_MAX = 10000 };

#define NO_RULE ((size_t)-1)

/* A record that a look-up found. Those of one list are all equal, or all found by the
 * collation only: an equal one drives the others out. */
struct found {
    struct found *next; /* the order in which they came */
    struct slice id;
    struct slice created; /* createdAt, raw JSON */
    struct slice record;  /* JSON */
    bool loosely;         /* equal for the database's collation only */
};

struct found_list {
    struct found *first; /* in an arena */
    size_t count;        /* equal ones, each id once */
    size_t loose;        /* others, each id once; 0 when there are equal ones */
};

/* An address that a row writes, and what is recorded of it. */
struct flagged {
    struct flagged *next;
    size_t kind; /* e-mail address or phone number */
    struct slice text;
    bool opted_out, invalid;
    bool asked; /* a rule has asked for it, and found no record of the own type */
};

/* One row in a batch. */
struct item {
    struct row *row;
    struct found_list found;
    size_t rule;             /* by which it was found, or NO_RULE */
    bool applied;            /* some rule's cells were filled */
    bool by_id;              /* and it was that of the id */
    bool settle;             /* links only */
    bool own;                /* found is what an earlier sending of the row has made */
    bool whole;              /* found.first holds the whole record */
    struct flagged *flagged; /* in the row's arena */
};

/* One text of a link's cell. */
struct slot {
    struct slot *next;
    struct item *item;
    size_t link;                 /* index in the row's record */
    const struct lookup *lookup; /* how it is looked up */
    size_t by;                   /* index of the attribute that is asked next */
    struct slice value;          /* as in the cell */
    struct found_list found;
    const char *id;      /* once known; in the batch's arena */
    bool asked;          /* in the look-up under way */
    bool done;           /* nothing more is to be asked */
    bool makes;          /* it is to be created */
    const char *refusal; /* it could not be created: why */
    unsigned tries;      /* how often it was sent and its answer lost */
    const char *doubt;   /* how the last of these was lost; in the batch's arena */
};

enum batch_stage {
    BATCH_FREE,
    BATCH_OWN,
    BATCH_LINKS,
    BATCH_MATCH,
    BATCH_READ,
    BATCH_FLAGS,
    BATCH_DECIDE
};

struct batch {
    struct planner *planner;
    enum batch_stage stage;
    struct item items[BATCH_ROWS];
    size_t count;
    bool own_asked;     /* for records that are there under ids of ours */
    size_t rule;        /* of the ladder: the next to be asked */
    size_t flag_step;   /* of the flags: the next to be asked */
    size_t pending;     /* finds and makings under way */
    struct arena arena; /* owned; emptied with the batch */
    struct slot *slots; /* of all links, in order */
    int64_t wait_ms;    /* monotonic: nothing before; 0 = no wait */

    /* the look-up under way (planner_find.c) */
    const char *entity_type;
    const struct schema_attribute *const *by;
    size_t by_count;
    const char *const *select;
    struct slice *values; /* in arena */
    size_t value_count;   /* keys */
    size_t value_cap;
    struct key_table keys;    /* of owners: items or slots */
    struct key_table reading; /* ids of records whose addresses are read */
    struct found *to_read;    /* of these */
    bool any_hit;             /* some record answered to a key */
    bool asked_again;         /* for the keys that nothing answered to */
    void (*claim)(struct batch *batch, void *owner, struct slice record, bool loosely);

    struct key_table dirty; /* ids that were written while it was planned */
};

struct planner {
    struct planner_options options;
    struct mapping_policy policy;
    bool keeps_flags; /* of addresses; and only then: */
    const struct schema_attribute *flag_defs[ADDRESS_KIND_COUNT]; /* or NULL */
    const char *flag_owners[ADDRESS_OWNER_STEPS]; /* address_owner() of each step */
    struct finder *finder;                        /* owned */
    struct lanes *ids; /* owned; of records that rows are about */
    struct row_queue waiting;
    struct batch batches[BATCHES];
    struct batch *linking;             /* the one that may ask for links */
    struct link_cache *cache;          /* owned */
    const char **select;               /* owned; of a match */
    const struct schema_attribute *id; /* of the schema; NULL = it has none */
    struct key_table
        inactive;        /* ids of users that look-ups found and that cannot log in */
    struct arena memory; /* owned; of these */
    size_t inactive_count;
    size_t inside;    /* rows in batches */
    size_t blocked;   /* rows that wait for another one's record */
    int64_t began_ms; /* wall clock: what was sent before was another run's */
    int rc;           /* a look-up failed for good */
    struct err err;
};

void planner_fail(struct planner *planner, int rc, const struct err *err);

/* The next step of a batch, if nothing of it is under way. */
void batch_advance(struct batch *batch);

/* One find or making of the batch came to its end. */
void batch_settle(struct batch *batch, int rc, const struct err *err);

/* A look-up: begun, given keys (by_count values each) with their owners, started.
 * `claim` is called for every record and each owner whose key it has
 * (planner_find.c). RC_NOMEM, RC_SERVER. */
void find_begin(struct batch *batch, const char *entity_type,
                const struct schema_attribute *const *by, size_t by_count,
                const char *const *select);
int find_key(struct batch *batch, const struct slice *values, void *owner);
int find_start(struct batch *batch, struct err *err);

/* What must be asked before the find is judged: other addresses of found records, and
 * once more the keys that nothing answered to. 1 = nothing, 0 = started, < 0. */
int find_read_addresses(struct batch *batch, struct err *err);

/* Adds a copy of a record to a list, once by id. */
int found_add(struct found_list *list, struct arena *arena, struct slice record,
              bool loosely);

/* The one that was created first. */
struct found *found_oldest(const struct found_list *list);

/* Appends "64f.., 64e.. and 3 more". */
void found_append(const struct found_list *list, struct buf *out);

/* Records that doubtful rows have made already, by the ids that they were given: 1 = all
 * are known, 0 = something is under way, < 0 (planner_own.c). */
int batch_ask_own(struct batch *batch, struct err *err);

/* Links: 1 = all are known, 0 = something is under way, < 0 (planner_links.c). */
int batch_collect_links(struct batch *batch);
int batch_ask_links(struct batch *batch, struct err *err);
int batch_fill_links(struct batch *batch);

/* Creates the records of slots that say so: as above (planner_make.c). */
int batch_make_links(struct batch *batch, struct err *err);

/* Matching: the same (planner_match.c). */
int batch_ask_matches(struct batch *batch, struct err *err);

/* The whole record, for rows that need more than a list shows: the same. */
int batch_read_records(struct batch *batch, struct err *err);

/* What is recorded of the addresses that rows write: the same (planner_flags.c). */
int batch_ask_flags(struct batch *batch, struct err *err);

/* Fills flag_defs and flag_owners. */
void planner_find_flags(struct planner *planner);

/* Has a planned row send them along. RC_NOMEM. */
int item_keep_flags(struct batch *batch, struct item *item);

/* The action of a row (planner_decide.c). RC_NOMEM. */
int item_decide(struct batch *batch, struct item *item);

#endif
