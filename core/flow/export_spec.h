/* export_spec.h - what an export was asked for: kept in its checkpoint, so that a resumed
 * one writes the same file.
 */
#ifndef FLOW_EXPORT_SPEC_H
#define FLOW_EXPORT_SPEC_H

#include "base/err.h"
#include "state/journal.h"

#include <stdbool.h>
#include <stdint.h>

enum export_headers { HEADERS_NAMES, HEADERS_LABELS, HEADERS_BOTH };

/* Texts are borrowed: from the caller when bound, from the journal when read. None is
 * NULL. */
struct export_spec {
    const char *url;
    const char *user_id, *user_name;
    const char *entity_type;
    const char *select, *expand; /* of the command line, or "" */
    const char *mapping_json;    /* or "" */
    const char *filter;          /* what was asked for: items, parted by commas */
    const char *where;           /* the same, and what since, limit, sample add */
    const char *params;          /* more search parameters */
    const char *shown;           /* the filter as it was typed, for the manifest */
    const char *order;           /* attribute; "" = id */
    bool descending;
    uint64_t limit, sample; /* 0 = all */
    const char *link;       /* of which the members are exported, or "" */
    const char *output;     /* absolute path; "-" = standard output */
    const char *headers;    /* JSON array: the first record of the file */
    char delimiter;
    bool crlf, bom, guard, gzip, jsonl, force;
    const char *null_text; /* what stands for null */
    uint64_t split_rows;   /* 0 = one file */
    const char *state;     /* path of the state of an incremental export, or "" */
    bool deletions;
    const char *since;   /* only what was changed from then on, "" = all */
    int64_t started_ms;  /* server's clock */
    const char *columns; /* JSON array of the fields of the manifest */
    const char *listed;  /* JSON object whose members are what lists show, or "" */
};

int export_spec_bind(struct journal *journal, const struct export_spec *spec,
                     struct err *err);
void export_spec_read(struct journal *journal, struct export_spec *spec);

#endif
