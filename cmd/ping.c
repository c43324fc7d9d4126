/* ping.c - `espoload ping`: server, user, rights, version, limits: what this key may do.
 */
#include "cmd/commands.h"
#include "cmd/connect.h"
#include "cmd/jsonout.h"
#include "cmd/quantity.h"
#include "cmd/terminal.h"

enum { TEXT_MAX = 16 * 1024 };

static const char *const entity_types[] = {"Lead", "Contact", "Account", "Opportunity"};

static const char *yes_no(bool yes) {
    return yes ? "yes" : "no";
}

static int64_t latency_us(const struct connection *connection) {
    return (int64_t)histogram_percentile(courier_latency(site_courier(connection->site)),
                                         500);
}

static void append_server(struct buf *buf, const struct connection *connection,
                          const struct schema_server *server) {
    (void)buf_append_format(
        buf, "%s\n  EspoCRM %s, answers in ", buf_text(&connection->url),
        server->version[0] != '\0' ? server->version : "(version hidden)");
    quantity_append_latency(buf, latency_us(connection));
    (void)buf_append_format(buf, "\n  user %s (%s), id %s\n", server->user_name,
                            server->user_type, server->user_id);
    (void)buf_append_format(
        buf,
        "  lists up to %zu records, time zone %s, currency %s, phone "
        "numbers %s\n",
        server->list_max_size, server->time_zone, server->default_currency,
        server->phone_international ? "in international form only" : "in any form");
    (void)buf_append_format(buf, "  built-in import allowed: %s\n",
                            yes_no(server->may_import));
}

static void append_rights(struct buf *buf, const char *entity_type,
                          const struct schema_server *server) {
    (void)buf_append_format(buf, "  %-12s create %-3s  read %-3s  edit %-3s  delete %s\n",
                            entity_type, yes_no(server->may_create),
                            yes_no(server->may_read), yes_no(server->may_edit),
                            yes_no(server->may_delete));
}

/* access: the entity type is there, and this user may see it. */
static int print_json(struct command_context *context, const char *entity_type,
                      const struct connection *connection,
                      const struct schema_server *server, bool access) {
    struct jsonout *json = context->json;

    jsonout_begin(json, "ping");
    jsonout_text(json, "url", buf_text(&connection->url));
    jsonout_text(json, "version", server->version);
    jsonout_text(json, "user", server->user_name);
    jsonout_text(json, "userType", server->user_type);
    jsonout_count(json, "listMaxSize", server->list_max_size);
    jsonout_count(json, "latencyUs", (uint64_t)latency_us(connection));
    jsonout_text(json, "entityType", entity_type);
    jsonout_boolean(json, "access", access);
    jsonout_boolean(json, "create", access && server->may_create);
    jsonout_boolean(json, "read", access && server->may_read);
    jsonout_boolean(json, "edit", access && server->may_edit);
    jsonout_boolean(json, "delete", access && server->may_delete);
    jsonout_boolean(json, "import", server->may_import);
    return jsonout_end(json, &context->err);
}

/* One entity type: an unknown or forbidden one is a line, not the end. *server: what the
 * first one has told of the server, NULL before that. */
static int ping_entity(struct command_context *context, struct connection *connection,
                       const char *entity_type, const struct schema_server **server,
                       struct buf *text) {
    const struct schema *schema;
    struct err err = {0};
    int rc = site_load_schema(connection->site, entity_type, &schema, &err);

    if (rc == RC_USAGE && *server != NULL) {
        (void)buf_append_format(text, "  %-12s no access\n", entity_type);
        return context->json == NULL
                   ? RC_OK
                   : print_json(context, entity_type, connection, *server, false);
    }
    if (rc != RC_OK) {
        context->err = err;
        return rc;
    }
    if (*server == NULL)
        append_server(text, connection, schema_server(schema));
    *server = schema_server(schema);
    append_rights(text, entity_type, *server);
    return context->json == NULL
               ? RC_OK
               : print_json(context, entity_type, connection, *server, true);
}

static int ping_run(struct command_context *context) {
    struct connection connection = {0};
    struct buf text = {.max = TEXT_MAX};
    const char *const *names =
        context->argument_count > 0 ? context->arguments : entity_types;
    size_t count = context->argument_count > 0
                       ? context->argument_count
                       : sizeof entity_types / sizeof entity_types[0];
    const struct schema_server *server = NULL;
    int rc = connect_open(&connection, context, NULL);

    for (size_t i = 0; rc == RC_OK && i < count; i++)
        rc = ping_entity(context, &connection, names[i], &server, &text);
    if (rc == RC_OK && context->json == NULL)
        rc = terminal_write_text(context->out, buf_slice(&text), &context->err);
    buf_fini(&text);
    connect_close(&connection);
    return rc;
}

static const struct command_argument arguments[] = {
    {.name = "ENTITY",
     .help = "entity types to ask about; else Lead, Contact, Account and Opportunity",
     .optional = true,
     .repeated = true},
    {0},
};

static const struct command_example examples[] = {
    {"espoload ping --url https://crm.example.com --api-key-file key",
     "proves the key and lists what it may do"},
    {0},
};

const struct command command_ping = {
    .name = "ping",
    .summary = "ask the server who you are and what you may do",
    .arguments = arguments,
    .examples = examples,
    .run = ping_run,
};
