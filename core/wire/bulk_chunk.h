/* bulk_chunk.h - one chunk's requests to the Import, and what their answers say.
 *
 * POST Import/file takes the CSV, POST Import carries it out, GET {entity} by id shows
 * what is there, GET Import/{id}/errors says why something is not, DELETE Import/{id}
 * removes the log (espocrm-api, section 4; recorded as bulk-1 to bulk-18).
 */
#ifndef WIRE_BULK_CHUNK_H
#define WIRE_BULK_CHUNK_H

#include "plan/bulk_row.h"
#include "wire/courier.h"

struct engine_bulk;

enum chunk_stage {
    CHUNK_UPLOAD,
    CHUNK_RUN,
    CHUNK_STATUS, /* its answer was lost: is it still running? */
    CHUNK_OBSERVE,
    CHUNK_ERRORS,
    CHUNK_CLEAN
};

/* A write in it. */
struct chunk_slot {
    struct write *write; /* borrowed; NULL once it has its outcome */
    size_t *missing; /* owned; OUTCOME_MISSING_MAX; not NULL: it is there, and differs */
    size_t missing_count;
    char modified[24]; /* then: its modifiedAt, or "" */
    int64_t version;   /* and its versionNumber; 0 = not known */
    bool failed; /* so the Import says: of one that is there, that another Import is at
                    work on it, or that it was not written to its end */
};

enum { CHUNK_ID_MAX = 40 };

struct chunk {
    struct parcel parcel; /* first: the courier's part */
    struct chunk *next;   /* of the engine's */
    struct engine_bulk *bulk;
    enum chunk_stage stage;
    enum write_kind kind;     /* of all its writes */
    const char *entity_type;  /* likewise; borrowed */
    struct chunk_slot *slots; /* owned */
    size_t count;
    size_t from, to; /* of the slots that are asked for now */
    size_t offset;   /* of the errors that come next */
    struct bulk_columns columns;
    char file[CHUNK_ID_MAX];   /* id of the uploaded file */
    char import[CHUNK_ID_MAX]; /* id of the Import record, or "" */
    bool whole;                /* the Import has come to its end */
    bool left;                 /* an earlier Import of it may still be at work */
    unsigned tries;            /* how often it was run */
    unsigned lost;             /* how often it was sent, and no Import came of it */
    unsigned uploads;          /* how often the file was sent for this try */
    int64_t quiet_us;          /* monotonic: since when an Import has not moved */
    int64_t last_index;        /* of the Import, as last seen; -1 = none */
    char why[300];             /* what the server said when it broke off, or "" */
    struct buf path, body;     /* owned */
};

/* Prepare the chunk's next request; RC_NOMEM. RC_LIMIT: the file would have too many
 * columns, or be larger than web servers take as a rule, and the chunk is to be cut.
 * Every slot has its write when it is uploaded and run. */
int chunk_build_upload(struct chunk *chunk, const struct schema *schema);
int chunk_build_run(struct chunk *chunk, const struct schema *schema, bool silent);
int chunk_build_status(struct chunk *chunk);
int chunk_build_errors(struct chunk *chunk, size_t page);
int chunk_build_clean(struct chunk *chunk);
/* As many slots as a URL holds, and a list: page. */
int chunk_build_observe(struct chunk *chunk, size_t page);

/* The text of a member, where it fits size. */
bool chunk_take_text(struct slice body, const char *name, char *out, size_t size);

enum chunk_status {
    STATUS_RUNNING,
    STATUS_OVER,
    STATUS_NONE /* no Import of this file is there */
};
/* Of a list of Import records; sets import, last_index, whole. */
enum chunk_status chunk_take_status(struct chunk *chunk, struct slice body);

/* The slot of a record's id, or NULL. */
struct chunk_slot *chunk_find(const struct chunk *chunk, struct slice id);

#endif
