/* settle_query.h - what a look-up for doubtful rows asks the server. */
#ifndef FLOW_SETTLE_QUERY_H
#define FLOW_SETTLE_QUERY_H

#include "base/buf.h"
#include "flow/row.h"
#include "flow/settle.h"
#include "model/mapping.h"

#include <stdbool.h>

/* Can a list show the attribute as it was sent? Not: long texts (lists cut them at 10,000
 * characters) and sets of links (a query a row). */
bool settle_query_lists(const struct attribute *attribute);

/* The attributes by which the mapping tells records apart: its first match rule whose
 * fields are all filled in the row. Fills keys[] (room for row->record.count) and returns
 * how many; 0 when there is no such rule. */
size_t settle_query_keys(const struct mapping *mapping, const struct row *row,
                         struct attribute *keys);

/* The attribute that narrows the look-up most, or NULL: e-mail, phone, a name, another
 * short text. Borrowed from row. */
const struct attribute *settle_query_probe(const struct row *row);

/* Does an equal value alone tell that it is the same record (e-mail, phone)? */
bool settle_query_is_strong(const struct attribute *probe);

/* May row join the rows of a look, its URL staying below the server's limit? */
bool settle_query_fits(struct row *const *rows, size_t count, const struct row *row);

/* The time from which on records may be the run's own, as createdAt has it: its begin,
 * less what clocks may be apart. */
void settle_query_since(int64_t started_ms, char out[20]);

/* How many records a look may show. */
enum closeness {
    LOOK_WIDE,    /* all whose probe is one of the rows' */
    LOOK_NARROW,  /* of one row: all whose name and address are as they were sent */
    LOOK_IDENTITY /* of one row: the one that has its identity */
};

/* Appends the path of the list request: of the records of this user since the run began,
 * those of closeness. RC_LIMIT: too long for the server, look for fewer rows. */
int settle_query_build(const struct settler_options *options, struct row *const *rows,
                       size_t count, enum closeness closeness, struct buf *path);

/* Appends the path of the list request for the ids of all records of this user that a
 * look-up could take for the run's, from the offset-th on. */
int settle_query_begin(const struct settler_options *options, size_t offset,
                       struct buf *path);

#endif
