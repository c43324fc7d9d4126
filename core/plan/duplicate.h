/* duplicate.h - what to do when the server says 409 duplicate. Pure.
 *
 * The server matches by name or e-mail address, case ignored, and lists the records found
 * (at most 5, espocrm-live "Duplicates"). A match by name alone says nothing about who
 * somebody is, so it never leads to an update: only an equal key does.
 */
#ifndef PLAN_DUPLICATE_H
#define PLAN_DUPLICATE_H

#include "base/buf.h"
#include "model/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct duplicate {
    size_t found;        /* records that the server lists */
    size_t by_key;       /* of these: equal in a key of ours (keys, else e-mail) */
    const char *key;     /* name of the attribute it was matched by, or "" */
    struct slice id;     /* of the one matched by key; else of the first found */
    struct slice record; /* that record, as JSON */
    bool own;            /* exactly one is equal in all that was sent and was created by
                            user_id since then: what an earlier, doubtful sending of this
                            row may have left */
    struct slice own_id; /* then: its id */
    struct slice own_record; /* and that record, as JSON */
};

/* body: of the 409. keys: NULL-terminated names of the attributes of the mapping's first
 * match rule, or NULL for emailAddress. since: when the row was first sent, as createdAt
 * has it.
 * RC_SERVER when body is no such array. Slices are borrowed from body. */
int duplicate_read(struct slice body, const struct attribute *attributes, size_t count,
                   const char *const *keys, const char *user_id, const char *since,
                   struct duplicate *out);

/* Appends in plain words what was found: "2 records, the first is 64f... by
 * emailAddress". */
int duplicate_describe(const struct duplicate *duplicate, struct buf *out);

#endif
