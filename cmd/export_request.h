/* export_request.h - from the options of `export` to what is asked of the server. */
#ifndef CMD_EXPORT_REQUEST_H
#define CMD_EXPORT_REQUEST_H

#include "cmd/command.h"
#include "cmd/connect.h"
#include "flow/export_spec.h"
#include "model/mapping.h"
#include "model/table.h"
#include "state/export_state.h"

struct export_choice {
    const char *select, *expand, *mapping;
    struct option_list where, bool_filters;
    const char *filter, *text, *order, *link;
    int64_t limit, sample; /* 0 = all */
    const char *output;
    int headers; /* enum export_headers */
    const char *delimiter, *null_text;
    bool crlf, bom, guard, excel, gzip, jsonl, force;
    int64_t split_rows;
    const char *checkpoint;
    const char *state; /* of an incremental export, or NULL */
    bool deletions;
};

struct export_request {
    struct export_spec spec;
    struct mapping *mapping;             /* owned, or NULL */
    struct table *table;                 /* owned; borrows the mapping */
    const struct schema *schema;         /* borrowed from the site */
    const struct schema_attribute *sort; /* or NULL */
    size_t pruned;                       /* columns of "*" that lists do not show */
    bool reads_all;                      /* for a few of them */
    struct export_state *state;          /* owned; of an incremental export, or NULL */
    struct buf output_name;              /* owned, like all below: as the user named it */
    struct buf output;                   /* absolute, unless it is a stream */
    bool stream;                         /* standard output, a pipe, a device */
    struct buf where, params, shown, headers, columns, order, listed, filter, since,
        state_path;
};

/* The output's name, and whether it may be written. Nothing is sent. */
int export_request_files(struct export_request *request,
                         const struct export_choice *choice,
                         struct command_context *context);

/* All else, checked against the server. */
int export_request_make(struct export_request *request,
                        const struct export_choice *choice, struct connection *connection,
                        struct command_context *context);
void export_request_fini(struct export_request *request);

/* The table that a spec asks for; *mapping is what it borrows, or NULL. */
int export_request_table(struct table **table, struct mapping **mapping,
                         const struct export_spec *spec, const struct schema *schema,
                         struct command_context *context);

#endif
