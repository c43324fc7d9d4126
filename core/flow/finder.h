/* finder.h - asks the server for the records that hold given values, many at a time.
 *
 * One GET answers for as many values as a URL of 7 KB holds (the server's limit is about
 * 8,190 bytes, espocrm-live), up to the page limit; more records than a page are read on
 * by id. What comes is whatever the database's collation takes for equal: the caller
 * compares again (plan/match.h). Requests go before writes.
 */
#ifndef FLOW_FINDER_H
#define FLOW_FINDER_H

#include "base/err.h"
#include "base/slice.h"
#include "flow/site.h"
#include "model/schema.h"

#include <stddef.h>
#include <stdint.h>

struct find {
    const char *entity_type;                  /* borrowed until done */
    const struct schema_attribute *const *by; /* what is compared; all must be equal */
    size_t by_count;                          /* 1 or more */
    const struct slice *values;               /* by_count for each of count keys */
    size_t count;                             /* keys; borrowed until done */
    bool distinct;                            /* no two keys are equal: that is known */
    const char *const *select; /* attributes to be listed, ends with NULL */
    /* Each record that was found, a JSON object borrowed for the length of the call. One
     * record may come more than once. */
    void (*record)(void *context, struct slice record);
    /* All have come, or rc says why not; nothing comes after it. */
    void (*done)(void *context, int rc, const struct err *err);
    void *context;
};

struct finder;

/* page: the server's limit of records in one list. */
int finder_new(struct finder **out, struct site *site, size_t page, struct err *err);

/* No request may be under way. */
void finder_free(struct finder *finder);

/* Starts; *find is copied. RC_NOMEM: nothing was started, done is not called. */
int finder_start(struct finder *finder, const struct find *find, struct err *err);

/* GET {entity_type}/{id}: the whole record, with what lists leave out or cut. A record
 * that is gone calls done alone. */
int finder_read(struct finder *finder, const char *entity_type, struct slice id,
                const struct find *find, struct err *err);

/* How many keys a URL held when last one was full, or 0 before any was. */
size_t finder_held(const struct finder *finder);

/* Look-up requests sent so far. */
uint64_t finder_requests(const struct finder *finder);

#endif
