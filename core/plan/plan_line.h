/* plan_line.h - what a plan says of one row, as text, and whether what would be done now
 * is that. Pure.
 *
 * Of each attribute that changes a line has the value before and the one after, in a JSON
 * object: {"title":["Engineer","Director"],"teamsIds":[["a"],{"add":["b"]}]}. A record
 * that a look-up would create has no id yet: "new:NAME" stands for it.
 */
#ifndef PLAN_PLAN_LINE_H
#define PLAN_PLAN_LINE_H

#include "base/buf.h"

#include <stdbool.h>

/* In front of the name of a linked record that is still to be made. */
#define PLAN_LINE_NEW "new:"

/* Texts are never NULL. */
struct plan_line {
    const char *action;     /* create update unchanged delete skip fail */
    const char *id;         /* of the record, or "" */
    const char *matched_by; /* "emailAddress", or "" */
    const char *code;       /* FAIL, SKIP: why, or "" */
    const char *message;    /* of that code, or "" */
    const char *changes;    /* JSON as above; "" or "{}" = none */
};

/* How a row is looked at. */
struct plan_look {
    bool shared; /* the record is that of an earlier row of the file, too: what it holds
                      is what that row has left there */
    bool sent;   /* the row was sent before and its answer lost: it may be done in part */
    bool (*is_made)(void *context, struct slice id); /* by a look-up of this run */
    void *context;
};

/* 1 when `now` is what the plan says, or does nothing where an earlier row of the file is
 * about the same record; 0 with what differs appended to words; RC_SERVER when the
 * plan's changes are no JSON of that shape (that is appended, too). */
int plan_line_compare(const struct plan_line *plan, const struct plan_line *now,
                      const struct plan_look *look, struct buf *words);

/* Appends a value of the server's as it stands in a line: strings with no more escapes
 * than JSON needs. */
int plan_line_append_value(struct buf *out, struct slice raw);

/* May a look-up for this attribute create a record, as the line has it? */
bool plan_line_makes(const char *changes, const char *name);

#endif
