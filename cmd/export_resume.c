/* export_resume.c - `resume` of an export that was broken off. */
#include "cmd/export_carry.h"
#include "cmd/export_request.h"
#include "cmd/run_files.h"

#include "flow/checkpoint.h"
#include "flow/export_headers.h"

#include <string.h>

enum { COLUMNS_BYTES = 4 << 20 };

static int verify_site(const struct export_spec *spec,
                       const struct connection *connection,
                       const struct schema_server *server, struct err *err) {
    const struct checkpoint facts = {
        .url = spec->url, .user_id = spec->user_id, .user_name = spec->user_name};

    return checkpoint_verify_site(&facts, buf_text(&connection->url), server, err);
}

/* The same columns as when it began: "*" must not have grown meanwhile. */
static int same_columns(const struct export_spec *spec, struct table *table,
                        struct err *err) {
    struct buf columns = {.max = COLUMNS_BYTES};
    int rc = export_columns(table, slice_of(spec->headers), &columns, err);
    bool same = rc == RC_OK && strcmp(buf_text(&columns), spec->columns) == 0;

    buf_fini(&columns);
    if (rc != RC_OK || same || spec->link[0] != '\0')
        return rc;
    (void)err_set(err, RC_USAGE, "the fields of %s have changed since the export began",
                  spec->entity_type);
    err_advise(err, "export anew");
    return RC_USAGE;
}

/* The state must be as it was when the export began. */
static int open_state(struct export_state **state, const struct export_spec *spec,
                      struct err *err) {
    int rc = spec->state[0] == '\0' ? RC_OK : export_state_open(state, spec->state, err);

    if (rc != RC_OK || *state == NULL ||
        strcmp(export_state_text(*state, "since"), spec->since) == 0)
        return rc;
    (void)err_set(err, RC_USAGE,
                  "the state %s has moved on since this export began: another run has "
                  "ended well",
                  spec->state);
    err_advise(err, "there is nothing to go on with: remove the checkpoint");
    return RC_USAGE;
}

int export_resume(struct command_context *context, struct journal *journal,
                  const char *path) {
    struct connection connection = {0};
    struct export_spec spec;
    struct mapping *mapping = NULL;
    struct table *table = NULL;
    struct export_carry carry = {
        .connection = &connection, .journal = journal, .spec = &spec, .checkpoint = path};
    bool named = option_source(context->parser, "url") == OPTION_FROM_FLAG;
    int rc;

    export_spec_read(journal, &spec);
    rc = open_state(&carry.state, &spec, &context->err);
    if (rc == RC_OK)
        rc = connect_open(&connection, context, named ? NULL : spec.url);
    if (rc == RC_OK)
        rc = site_load_schema(connection.site, spec.entity_type, &carry.schema,
                              &context->err);
    if (rc == RC_OK)
        rc = verify_site(&spec, &connection, schema_server(carry.schema), &context->err);
    if (rc == RC_OK)
        rc = export_request_table(&table, &mapping, &spec, carry.schema, context);
    if (rc == RC_OK && spec.order[0] != '\0')
        carry.sort = schema_find(carry.schema, spec.order);
    if (rc == RC_OK && spec.listed[0] != '\0')
        (void)table_prune(table, slice_of(spec.listed));
    if (rc == RC_OK)
        rc = same_columns(&spec, table, &context->err);
    if (rc == RC_OK && carry.sort != NULL && table_require(table, carry.sort) < 0)
        rc = err_nomem(&context->err);
    carry.table = table;
    if (rc == RC_OK)
        rc = export_carry_run(context, &carry);
    journal_close(journal);
    if (rc >= RC_OK)
        run_files_remove(path);
    export_state_close(carry.state);
    table_free(table);
    mapping_free(mapping);
    connect_close(&connection);
    return rc;
}
