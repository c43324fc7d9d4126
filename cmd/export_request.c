/* export_request.c - options read, checked against the metadata, put into a spec. */
#include "cmd/export_request.h"

#include "cmd/export_scope.h"
#include "cmd/input_options.h"
#include "cmd/run_files.h"
#include "cmd/terminal.h"
#include "flow/export_changes.h"
#include "flow/export_files.h"
#include "flow/export_headers.h"
#include "base/outfile.h"
#include "flow/value_map_file.h"
#include "model/datetime.h"
#include "model/filter.h"
#include "model/json.h"
#include "wire/espo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    PATH_BYTES = 8192,
    JSON_BYTES = 64 * 1024,
    ANSWER_BYTES = 16 << 20,
    PARTS_MAX = 1000 /* of --split-rows that are looked for */
};

/* The date and time in the name: a file a night. */
static int name_output(struct export_request *request, const struct export_choice *choice,
                       const struct env *env, struct err *err) {
    time_t now = (time_t)(env_wall_ms(env) / 1000);
    struct civil civil = {0};
    struct tm local;

    if (choice->output == NULL) {
        (void)err_set(err, RC_USAGE, "no output is named");
        err_advise(err, "name a file with -o, or write to standard output with -o -");
        return RC_USAGE;
    }
    request->output_name.max = request->output.max = PATH_BYTES;
    if (strchr(choice->output, '%') == NULL) {
        (void)buf_append_text(&request->output_name, choice->output);
    } else {
        if (localtime_r(&now, &local) == NULL)
            return err_set(err, RC_LOCAL,
                           "the local time of this machine cannot be read");
        civil = (struct civil){.year = local.tm_year + 1900,
                               .month = local.tm_mon + 1,
                               .day = local.tm_mday,
                               .hour = local.tm_hour,
                               .minute = local.tm_min,
                               .second = local.tm_sec};
        if (datetime_write(&request->output_name, choice->output, &civil) < 0)
            return err_set(err, RC_USAGE, "the name of the output is too long");
    }
    if (strcmp(buf_text(&request->output_name), "/dev/stdout") == 0) {
        buf_reset(&request->output_name);
        (void)buf_append_text(&request->output_name, "-");
    }
    request->stream = outfile_is_stream(buf_text(&request->output_name));
    if (request->stream)
        return buf_append_slice(&request->output, buf_slice(&request->output_name)) < 0
                   ? err_nomem(err)
                   : RC_OK;
    return run_files_absolute(buf_text(&request->output_name), &request->output, err);
}

static bool ends_with(const char *text, const char *tail) {
    size_t len = strlen(text), end = strlen(tail);

    return len >= end && strcmp(text + len - end, tail) == 0;
}

/* Fails now rather than after an hour: what is there, a folder that cannot be written. */
static int check_output(const struct export_spec *spec, struct err *err) {
    const struct outfile_options options = {.force = spec->force};
    struct buf first = {.max = PATH_BYTES};
    struct outfile *file = NULL;
    size_t part = 1;
    int rc = RC_OK;

    if (spec->split_rows > 0)
        (void)export_files_part(spec->output, part, &first);
    else
        (void)buf_append_text(&first, spec->output);
    rc = outfile_open(&file, buf_text(&first), &options, err);
    outfile_close(file);
    while (rc == RC_OK && spec->split_rows > 0 && !spec->force && ++part < PARTS_MAX) {
        buf_reset(&first);
        if (export_files_part(spec->output, part, &first) == RC_OK &&
            access(buf_text(&first), F_OK) == 0)
            rc = err_set(err, RC_USAGE, "%s is there already", buf_text(&first));
    }
    if (part > 1 && rc == RC_USAGE)
        err_advise(err, "name another file, or use --force: the parts of an earlier "
                        "export are then replaced or removed");
    buf_fini(&first);
    return rc;
}

int export_request_files(struct export_request *request,
                         const struct export_choice *choice,
                         struct command_context *context) {
    struct export_spec *spec = &request->spec;
    struct err *err = &context->err;
    int rc = name_output(request, choice, context->env, err);

    if (rc == RC_OK && choice->mapping != NULL &&
        (choice->select != NULL || choice->expand != NULL))
        rc = err_set(err, RC_USAGE,
                     "-m says which attributes are exported: it does not "
                     "go with --select or --expand");
    if (rc == RC_OK && choice->link != NULL &&
        (choice->mapping != NULL || choice->select != NULL || choice->expand != NULL ||
         choice->state != NULL || choice->order != NULL || choice->limit > 0 ||
         choice->sample > 0 || choice->headers != HEADERS_NAMES))
        rc = err_set(err, RC_USAGE,
                     "--link writes pairs of ids: it goes with --where and the other "
                     "filters, not with -m, --select, --expand, --order, --limit, "
                     "--sample, --headers or --incremental");
    if (rc == RC_OK && choice->sample > 0 && choice->limit > 0)
        rc = err_set(err, RC_USAGE, "--sample and --limit do not go together");
    if (rc == RC_OK && choice->state != NULL &&
        (choice->sample > 0 || choice->limit > 0 || choice->order != NULL))
        rc = err_set(err, RC_USAGE,
                     "--incremental takes all that changed, in the order "
                     "of the changes: it does not go with --order, "
                     "--limit or --sample");
    if (rc == RC_OK && choice->deletions && choice->state == NULL)
        rc = err_set(err, RC_USAGE,
                     "--deletions needs --incremental: it compares with "
                     "what the state knows");
    spec->delimiter = ',';
    if (rc == RC_OK)
        rc = delimiter_choose(choice->delimiter, &spec->delimiter, err);
    if (rc != RC_OK)
        return rc;
    spec->output = buf_text(&request->output);
    if (context->json != NULL && strcmp(spec->output, "-") == 0)
        return err_set(err, RC_USAGE, "--json and -o - both write to standard output");
    if (choice->deletions && request->stream)
        return err_set(err, RC_USAGE,
                       "--deletions writes a file beside the output: it "
                       "does not go with -o %s",
                       spec->output);
    if (choice->split_rows > 0 && request->stream)
        return err_set(err, RC_USAGE,
                       "--split-rows needs files: it does not go with -o %s",
                       spec->output);
    spec->crlf = choice->crlf || choice->excel;
    spec->bom = choice->bom || choice->excel;
    spec->guard = choice->guard || choice->excel;
    spec->gzip = choice->gzip || ends_with(spec->output, ".gz");
    spec->jsonl = choice->jsonl;
    spec->force = choice->force;
    spec->null_text = choice->null_text == NULL ? "" : choice->null_text;
    spec->split_rows = (uint64_t)choice->split_rows;
    return request->stream ? RC_OK : check_output(spec, err);
}

/* select and expand, or the mapping, as texts that live in the request. */
static int take_selection(struct export_request *request,
                          const struct export_choice *choice,
                          struct command_context *context) {
    struct export_spec *spec = &request->spec;
    int rc = RC_OK;

    spec->select = spec->expand = spec->mapping_json = spec->link = "";
    if (choice->link != NULL) {
        spec->link = choice->link;
        spec->select = "id";
        return RC_OK;
    }
    if (choice->mapping == NULL) {
        spec->select = choice->select == NULL ? "*" : choice->select;
        spec->expand = choice->expand == NULL ? "" : choice->expand;
        return RC_OK;
    }
    rc = mapping_load(&request->mapping, choice->mapping, value_map_file_read,
                      &context->err);
    if (rc != RC_OK)
        return rc;
    spec->mapping_json = mapping_json(request->mapping);
    if (strcmp(mapping_entity_type(request->mapping), spec->entity_type) != 0)
        return err_set(&context->err, RC_USAGE,
                       "the mapping is for %s, and %s is to be exported",
                       mapping_entity_type(request->mapping), spec->entity_type);
    return RC_OK;
}

int export_request_table(struct table **table, struct mapping **mapping,
                         const struct export_spec *spec, const struct schema *schema,
                         struct command_context *context) {
    struct mapping_problem *problems = NULL;
    size_t count = 0;
    int rc = RC_OK;

    if (spec->mapping_json[0] == '\0')
        return table_select(table, schema, spec->select, spec->expand, &context->err);
    if (*mapping == NULL)
        rc = mapping_parse(mapping, slice_of(spec->mapping_json), "the checkpoint",
                           &context->err);
    if (rc == RC_OK)
        rc = table_reverse(table, schema, *mapping, &problems, &count, &context->err);
    for (size_t i = 0; count > 1 && i < count; i++)
        (void)terminal_print(context->log, "%s %s: %s\n", spec->entity_type,
                             problems[i].pointer, problems[i].message);
    free(problems);
    return rc;
}

/* All conditions as where items; all of the filter as JSON, for the manifest. */
static int take_filter(struct export_request *request, const struct export_choice *choice,
                       struct err *err) {
    struct buf *where = &request->where, *params = &request->params;
    int rc = RC_OK;

    where->max = params->max = request->shown.max = 4 * JSON_BYTES;
    for (size_t i = 0; rc == RC_OK && i < choice->where.count; i++) {
        if (i > 0)
            (void)buf_append_char(where, ',');
        rc = filter_append(request->schema, choice->where.items[i], where, err);
    }
    if (rc != RC_OK)
        return rc;
    if (choice->filter != NULL) {
        (void)buf_append_text(params, ",\"primaryFilter\":");
        (void)json_append_string(params, slice_of(choice->filter));
    }
    for (size_t i = 0; i < choice->bool_filters.count; i++) {
        (void)buf_append_text(params, i == 0 ? ",\"boolFilterList\":[" : ",");
        (void)json_append_string(params, slice_of(choice->bool_filters.items[i]));
    }
    if (choice->bool_filters.count > 0)
        (void)buf_append_char(params, ']');
    if (choice->text != NULL) {
        (void)buf_append_text(params, ",\"textFilter\":");
        (void)json_append_string(params, slice_of(choice->text));
    }
    (void)buf_append_format(&request->shown, "{\"where\":[%s]%s}", buf_text(where),
                            buf_text(params));
    return params->failed != RC_OK || where->failed != RC_OK ||
                   request->shown.failed != RC_OK
               ? err_set(err, RC_USAGE, "the filter is too long")
               : RC_OK;
}

/* "createdAt:desc" */
static int take_order(struct export_request *request, const struct export_choice *choice,
                      struct err *err) {
    const char *colon;
    size_t len;

    request->spec.order = "";
    request->order.max = 200;
    if (choice->order == NULL)
        return RC_OK;
    colon = strchr(choice->order, ':');
    len = colon == NULL ? strlen(choice->order) : (size_t)(colon - choice->order);
    if (colon != NULL && strcmp(colon, ":desc") != 0 && strcmp(colon, ":asc") != 0)
        return err_set(err, RC_USAGE, "--order takes FIELD or FIELD:desc, not '%s'",
                       choice->order);
    request->spec.descending = colon != NULL && strcmp(colon, ":desc") == 0;
    if (buf_append(&request->order, choice->order, len) < 0 || len == 0)
        return err_set(err, RC_USAGE, "--order names no field");
    request->sort = schema_find(request->schema, buf_text(&request->order));
    if (request->sort == NULL || request->sort->unreadable)
        return err_set(err, RC_USAGE, "--order: %s has no readable attribute '%s'",
                       request->spec.entity_type, buf_text(&request->order));
    if (request->sort->type == ATTRIBUTE_IDS || request->sort->type == ATTRIBUTE_LIST ||
        request->sort->type == ATTRIBUTE_ADDRESSES ||
        request->sort->type == ATTRIBUTE_JSON)
        return err_set(err, RC_USAGE, "--order: '%s' holds several values",
                       buf_text(&request->order));
    request->spec.order = buf_text(&request->order);
    return RC_OK;
}

/* Is it a link to several records? The columns are named after both entity types. */
static int take_link(struct export_request *request, struct site *site, struct err *err) {
    const struct export_spec *spec = &request->spec;
    struct buf path = {.max = 1024}, body = {.max = ANSWER_BYTES};
    struct json_member type, entity;
    char parent[100], member[100];
    int rc;

    (void)buf_append_format(&path, "Metadata?key=entityDefs.%s.links.",
                            spec->entity_type);
    (void)espo_append_escaped(&path, slice_of(spec->link));
    rc = path.failed != RC_OK ? err_nomem(err)
                              : site_get(site, buf_text(&path), &body, err);
    if (rc == RC_OK &&
        (!json_find(buf_slice(&body), "type", &type) ||
         !json_find(buf_slice(&body), "entity", &entity) ||
         (!slice_is(type.raw, "\"hasMany\"") && !slice_is(type.raw, "\"hasChildren\"") &&
          !slice_is(type.raw, "\"manyMany\"")))) {
        rc = err_set(err, RC_USAGE,
                     "--link: '%.60s' is not a link of %s to several records", spec->link,
                     spec->entity_type);
        err_advise(err, "the links are those of the relationship panels: contacts, "
                        "opportunities, teams; one to a single record is an attribute, "
                        "such as accountId");
    }
    if (rc == RC_OK) {
        bool same = slice_equal(slice_make(entity.raw.data + 1, entity.raw.len - 2),
                                slice_of(spec->entity_type));
        (void)snprintf(parent, sizeof parent, "%.80sId", spec->entity_type);
        (void)snprintf(member, sizeof member, "%.*sId",
                       (int)(entity.raw.len - 2 < 80 ? entity.raw.len - 2 : 80),
                       entity.raw.data + 1);
        parent[0] = (char)(parent[0] | 0x20);
        member[0] = (char)(member[0] | 0x20);
        request->headers.max = request->columns.max = JSON_BYTES;
        (void)buf_append_format(&request->headers, "[\"%s\",\"%s%s\"]", parent,
                                same ? "other" : "", member);
        (void)buf_append_format(&request->columns,
                                "[{\"name\":\"%s\",\"type\":\"string\"},{\"name\":"
                                "\"%s%s\",\"type\":\"string\"}]",
                                parent, same ? "other" : "", member);
    }
    buf_fini(&path);
    buf_fini(&body);
    return rc;
}

static int take_headers(struct export_request *request,
                        const struct export_choice *choice, struct site *site,
                        struct err *err) {
    struct buf labels[PROGRAM_LANGUAGES] = {{0}};
    enum export_headers kind = (enum export_headers)choice->headers;
    int rc = kind == HEADERS_NAMES ? RC_OK : site_load_labels(site, labels, err);

    request->headers.max = request->columns.max = 16 * JSON_BYTES;
    if (rc == RC_OK)
        rc = export_headers(request->table, kind, request->spec.entity_type,
                            buf_slice(&labels[0]), &request->headers, err);
    if (rc == RC_OK)
        rc = export_columns(request->table, buf_slice(&request->headers),
                            &request->columns, err);
    for (size_t i = 0; i < PROGRAM_LANGUAGES; i++)
        buf_fini(&labels[i]);
    return rc;
}

static int check_rights(const struct export_request *request, struct err *err) {
    const struct schema_server *server = schema_server(request->schema);

    if (server->may_read)
        return RC_OK;
    (void)err_set(err, RC_AUTH, "user %s may not read %s records", server->user_name,
                  request->spec.entity_type);
    err_advise(err, "let an administrator give the user a role with that right");
    return RC_AUTH;
}

/* What changed since the last run, and in what order. */
static int take_state(struct export_request *request, const struct export_choice *choice,
                      struct err *err) {
    struct export_spec *spec = &request->spec;
    struct buf *where = &request->where;
    int rc;

    request->filter.max = 4 * JSON_BYTES;
    request->since.max = request->state_path.max = PATH_BYTES;
    if (buf_append_slice(&request->filter, buf_slice(where)) < 0)
        return err_nomem(err);
    spec->filter = buf_text(&request->filter);
    spec->state = spec->since = "";
    if (choice->state == NULL)
        return RC_OK;
    request->sort = schema_find(request->schema, "modifiedAt");
    if (request->sort == NULL || request->sort->unreadable)
        return err_set(err, RC_USAGE,
                       "--incremental: %s has no modifiedAt that you may read",
                       spec->entity_type);
    spec->order = "modifiedAt";
    spec->deletions = choice->deletions;
    rc = run_files_absolute(choice->state, &request->state_path, err);
    if (rc == RC_OK)
        rc = export_state_open(&request->state, buf_text(&request->state_path), err);
    spec->state = buf_text(&request->state_path);
    spec->params = buf_text(&request->params);
    if (rc == RC_OK)
        rc = export_changes_verify(request->state, spec, &request->since, err);
    spec->since = buf_text(&request->since);
    if (rc == RC_OK && spec->since[0] != '\0') {
        (void)buf_append_format(where,
                                "%s{\"type\":\"greaterThanOrEquals\",\"attribute\":"
                                "\"modifiedAt\",\"value\":\"%s\"}",
                                where->len > 0 ? "," : "", spec->since);
        rc = where->failed != RC_OK ? err_nomem(err) : RC_OK;
    }
    return rc;
}

int export_request_make(struct export_request *request,
                        const struct export_choice *choice, struct connection *connection,
                        struct command_context *context) {
    struct export_spec *spec = &request->spec;
    struct site *site = connection->site;
    struct err *err = &context->err;
    int rc;

    spec->entity_type = context->arguments[0];
    spec->url = buf_text(&connection->url);
    rc = take_selection(request, choice, context);
    if (rc == RC_OK)
        rc = site_load_schema(site, spec->entity_type, &request->schema, err);
    if (rc == RC_OK)
        rc = check_rights(request, err);
    if (rc == RC_OK)
        rc = take_order(request, choice, err);
    if (rc == RC_OK)
        rc = take_filter(request, choice, err);
    if (rc == RC_OK) {
        spec->user_id = schema_server(request->schema)->user_id;
        spec->user_name = schema_server(request->schema)->user_name;
        rc = take_state(request, choice, err);
    }
    if (rc == RC_OK)
        rc = export_request_table(&request->table, &request->mapping, spec,
                                  request->schema, context);
    if (rc == RC_OK && (strchr(spec->select, '*') != NULL || request->mapping != NULL))
        rc = export_scope_prune(request, site, err);
    if (rc == RC_OK && request->sort != NULL &&
        table_require(request->table, request->sort) < 0)
        rc = err_nomem(err);
    spec->limit = (uint64_t)choice->limit;
    spec->sample = (uint64_t)choice->sample;
    if (rc == RC_OK && spec->limit > 0)
        rc = export_scope_limit(request, site, err);
    if (rc == RC_OK && spec->sample > 0)
        rc = export_scope_sample(request, site, context->env, err);
    if (rc == RC_OK && spec->link[0] != '\0')
        rc = take_link(request, site, err);
    else if (rc == RC_OK)
        rc = take_headers(request, choice, site, err);
    if (rc != RC_OK)
        return rc;
    spec->where = buf_text(&request->where);
    spec->params = buf_text(&request->params);
    spec->shown = buf_text(&request->shown);
    spec->headers = buf_text(&request->headers);
    spec->columns = buf_text(&request->columns);
    spec->listed = buf_text(&request->listed);
    spec->started_ms = site_server_ms(site);
    return RC_OK;
}

void export_request_fini(struct export_request *request) {
    table_free(request->table);
    mapping_free(request->mapping);
    buf_fini(&request->output_name);
    buf_fini(&request->output);
    buf_fini(&request->where);
    buf_fini(&request->params);
    buf_fini(&request->shown);
    buf_fini(&request->headers);
    buf_fini(&request->columns);
    buf_fini(&request->order);
    buf_fini(&request->listed);
    buf_fini(&request->filter);
    buf_fini(&request->since);
    buf_fini(&request->state_path);
    export_state_close(request->state);
}
