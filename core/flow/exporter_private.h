/* exporter_private.h - what exporter*.c share. */
#ifndef FLOW_EXPORTER_PRIVATE_H
#define FLOW_EXPORTER_PRIVATE_H

#include "flow/exporter.h"
#include "state/journal_record.h"

enum {
    EXPORT_RANGES_MAX = 64,
    EXPORT_ID_BYTES = 160,
    EXPORT_JSON_BYTES = 256 * 1024,
    EXPORT_PAGE_BYTES =
        16 << 20, /* of a list; one that is longer is asked for in halves */
    EXPORT_BODY_BYTES = 256 << 20, /* of a record */
    EXPORT_HELD_BYTES = 32 << 20,  /* of records that wait for the rest of their page */
    EXPORT_RELISTS = 5, /* how often a page is listed again before it gets on */
    EXPORT_COMMIT_RECORDS = 2000,
    EXPORT_COMMIT_US = 1000000
};

/* A record that is read by its id because a list does not show all of it. */
struct export_read {
    struct parcel parcel; /* first */
    struct export_range *range;
    struct export_read *next;    /* in the order of the page */
    struct buf path, body;       /* owned; of a link: the members' ids (base/pack.h) */
    size_t held;                 /* bytes of body that count as held */
    bool put;                    /* it is in the checkpoint already */
    char id[EXPORT_ID_BYTES];    /* of the record */
    char after[EXPORT_ID_BYTES]; /* of a link: the last member that was read, or "" */
};

struct export_range {
    struct parcel parcel; /* first; of its page */
    struct exporter *exporter;
    int64_t number;
    char after[EXPORT_ID_BYTES]; /* the last id that was read */
    char until[EXPORT_ID_BYTES]; /* the last one of the range, or "" */
    bool done, active;
    size_t page;        /* records a page now */
    struct buf path;    /* owned; of the request */
    struct buf body;    /* owned; of a page whose records are read by id, too */
    bool last_page;     /* that one */
    size_t pending;     /* reads under way */
    struct buf refused; /* owned; ids that could not be read (base/pack.h) */
    bool again;         /* the page is to be listed once more */
    unsigned relists;   /* how often it was */
    struct export_read *reads, **reads_end; /* owned */
};

struct exporter {
    const struct export_options *options; /* borrowed */
    struct export_counts *counts;         /* borrowed */
    struct export_range *ranges;          /* owned */
    size_t range_count;
    size_t active;   /* ranges being read */
    struct buf pack; /* scratch: cells of a record */
    struct buf text; /* scratch: what it is sorted by */
    size_t held;     /* bytes of records that wait for the rest of their page */
    uint64_t uncommitted;
    int64_t committed_us;
    int rc; /* of what failed first */
    struct err err;
};

/* The id of a record in a list; false when there is none, or one that is too long. */
bool exporter_take_id(struct slice record, char out[EXPORT_ID_BYTES]);

/* RC_USAGE: the web server takes no request that long; length: of the path, bytes. */
void exporter_too_long(struct err *err, size_t length, int status);

/* Keeps the first failure. */
void exporter_fail(struct exporter *exporter, int rc, const struct err *err);

/* How many there are; 0 where the server does not count (of some entity types). */
int export_probe_total(const struct export_options *options, uint64_t *total,
                       struct err *err);

/* The ids that stand at these places in the order of ids; "" where there is none. */
int export_probe_ids(const struct export_options *options, const uint64_t *places,
                     size_t count, char (*ids)[EXPORT_ID_BYTES], struct err *err);

/* Asks for the next page of a range (exporter_page.c). */
void exporter_ask(struct export_range *range);
void exporter_free_reads(struct export_range *range);

/* The next page of a record's members (exporter_link.c): RC_NOMEM. */
int exporter_link_ask(struct export_read *read);

/* Keeps a page of members: 1 when there are more, 0, or RC_SERVER. */
int exporter_link_take(struct export_read *read, struct slice body);

/* Puts the pairs of a record: RC_OK or < 0. */
int exporter_link_put(struct export_range *range, const struct export_read *read,
                      struct err *err);

/* Without a count the server says -2 on the last page, -1 before (espocrm-api, 2.2). */
bool exporter_is_last_page(size_t page, struct slice body);

#endif
