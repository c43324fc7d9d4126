/* undo.h - may what a run did to a record be taken back, and how? Pure.
 *
 * A record is put back only where it holds, field by field, what the run wrote: whatever
 * else it holds somebody has put there since.
 */
#ifndef PLAN_UNDO_H
#define PLAN_UNDO_H

#include "base/arena.h"
#include "model/record.h"
#include "model/schema.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct undo_request {
    const struct schema *schema; /* of the record's entity type */
    struct slice record;         /* as it is now, a JSON object */
    struct slice wrote;          /* what the run wrote of it: {"name":value,...}; ids that
                                    were added to a set as {"add":[...]} */
    struct slice image;          /* what it held before; empty: the run created it */
    const char *const *unstored; /* attributes that EspoCRM has not stored as sent */
    size_t unstored_count;
};

enum { UNDO_EDITS_MAX = 8, UNDO_MARKS_ROOM = 4 };

/* A field that holds something else than the run wrote; texts in the arena. */
struct undo_edit {
    const char *field;
    struct slice now;    /* raw JSON, a text without its quotes; or empty */
    const char *message; /* one sentence */
};

struct undo_change {
    bool done;                 /* it holds already what it held before */
    struct attribute *restore; /* what it held before, to be put; in the arena, with
                                  room for UNDO_MARKS_ROOM more */
    size_t count;
    struct undo_edit edits[UNDO_EDITS_MAX]; /* of which some may be left out */
    size_t edit_count;                      /* of all */
    int64_t version;                        /* the record's versionNumber; 0 = none */
};

/* RC_NOMEM; RC_SERVER when wrote or image are no such thing. */
int undo_compare(const struct undo_request *request, struct arena *arena,
                 struct undo_change *out);

/* When a record was last changed, as far as a run knows. */
struct undo_stamp {
    const char *modified; /* modifiedAt, or NULL */
    int64_t version;      /* versionNumber; 0 = not known */
    const char *user_id;  /* who made that change; NULL = not known */
};

/* Has the record (JSON) been changed since, in whatever field? EspoCRM tells the time to
 * the second only, and names nobody where a record is as it was made: somebody else's
 * name is a change whenever it was. Where the time is not known, only that tells. */
bool undo_is_touched(struct slice record, const struct undo_stamp *stamp);

/* "Jane Doe at 2026-05-04 10:00:00 UTC" who changed it last; in the arena. */
const char *undo_last_edit(struct slice record, struct arena *arena);

/* Adds to names (of room for max, count of them filled) each attribute of wrote that the
 * schema has, once; borrowed from the schema. Returns the new count. */
size_t undo_select(const struct schema *schema, struct slice wrote, const char **names,
                   size_t count, size_t max);

/* Do lists show less of what was written than there may be: several addresses, or a text
 * that they cut? */
bool undo_needs_whole(const struct schema *schema, struct slice wrote);

#endif
