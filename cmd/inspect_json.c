/* inspect_json.c - an inspection as JSON lines. */
#include "cmd/inspect_report.h"

#include "cmd/jsonout.h"
#include "flow/inspector_problems.h"

enum { SETTINGS_MAX = 1024 };

static const char *type_code(enum profile_type type) {
    static const char *const codes[PROFILE_TYPES] = {
        [PROFILE_EMPTY] = "empty",
        [PROFILE_TEXT] = "text",
        [PROFILE_ENUM] = "enum",
        [PROFILE_BOOL] = "bool",
        [PROFILE_INTEGER] = "integer",
        [PROFILE_DECIMAL] = "decimal",
        [PROFILE_AMOUNT] = "amount",
        [PROFILE_DATE] = "date",
        [PROFILE_DATETIME] = "datetime",
        [PROFILE_EMAIL] = "email",
        [PROFILE_PHONE] = "phone",
        [PROFILE_URL] = "url",
        [PROFILE_ID] = "id",
    };

    return codes[type];
}

static void add_text(struct jsonout *json, const char *name, const char *text) {
    if (text[0] != '\0')
        jsonout_text(json, name, text);
}

static int print_input(struct command_context *context, const struct inspection *in,
                       const char *file) {
    static const char *const encodings[] = {"given", "mark",    "ascii",
                                            "valid", "damaged", "guessed"};
    static const char *const delimiters[] = {"given", "sepLine", "found"};
    static const char *const quotings[] = {"none", "some", "all"};
    const struct input_facts *facts = &in->facts;
    struct jsonout *json = context->json;

    jsonout_begin(json, "input");
    jsonout_text(json, "input", file);
    jsonout_count(json, "bytes", facts->bytes);
    jsonout_text(json, "sha256", facts->sha256);
    jsonout_boolean(json, "gzip", facts->gzip);
    jsonout_text(json, "encoding", facts->encoding);
    jsonout_text(json, "encodingBy", encodings[in->encoding]);
    jsonout_boolean(json, "byteOrderMark", facts->bom);
    jsonout_string(json, "delimiter", slice_make(&facts->dialect.delimiter, 1));
    jsonout_text(json, "delimiterBy", delimiters[in->delimiter]);
    jsonout_text(json, "quoting", quotings[in->quoting]);
    jsonout_open_object(json, "lineEnds");
    jsonout_count(json, "lf", in->lf);
    jsonout_count(json, "crlf", in->crlf);
    jsonout_count(json, "cr", in->cr);
    jsonout_close(json);
    jsonout_boolean(json, "header", in->header_line > 0);
    jsonout_boolean(json, "headerLooksLikeData", in->header_is_data);
    jsonout_count(json, "columns", in->column_count);
    jsonout_count(json, "rows", facts->records);
    jsonout_count(json, "badRows", facts->bad_records);
    jsonout_count(json, "rowsInspected", in->rows);
    jsonout_count(json, "lines", facts->lines);
    jsonout_count(json, "blankLines", facts->blank_lines);
    jsonout_count(json, "commentLines", facts->comment_lines);
    return jsonout_end(json, &context->err);
}

static void add_values(struct jsonout *json, const struct inspect_column *column) {
    size_t count;
    const struct profile_value *values = profile_values(column->profile, &count);

    jsonout_boolean(json, "valuesComplete", count == column->summary.distinct);
    jsonout_open_array(json, "values");
    for (size_t i = 0; i < count; i++) {
        jsonout_open_object(json, NULL);
        jsonout_text(json, "value", values[i].text);
        jsonout_count(json, "count", values[i].count);
        if (values[i].cut)
            jsonout_boolean(json, "cut", true);
        jsonout_close(json);
    }
    jsonout_close(json);
}

static int print_column(struct command_context *context,
                        const struct inspect_column *column, size_t number) {
    const struct profile_summary *s = &column->summary;
    struct jsonout *json = context->json;
    struct buf settings = {.max = SETTINGS_MAX};

    jsonout_begin(json, "column");
    jsonout_count(json, "column", number);
    jsonout_string(json, "name", column->name);
    jsonout_text(json, "likelyType", type_code(s->type));
    jsonout_count(json, "cells", s->cells);
    jsonout_count(json, "blank", s->blanks);
    jsonout_count(json, "fitting", s->fitting);
    jsonout_count(json, "distinct", s->distinct);
    jsonout_boolean(json, "distinctExact", s->distinct_exact);
    jsonout_count(json, "longest", s->longest);
    add_text(json, "format", s->format);
    add_text(json, "otherFormat", s->other_format);
    add_text(json, "decimalChar", s->decimal);
    add_text(json, "groupChar", s->group);
    add_text(json, "currency", s->currency);
    if (s->type == PROFILE_PHONE)
        jsonout_boolean(json, "international", s->phone_international);
    inspect_append_settings(&settings, column);
    add_text(json, "settings", buf_text(&settings));
    buf_fini(&settings);
    add_values(json, column);
    return jsonout_end(json, &context->err);
}

struct problem_printer {
    struct command_context *context;
    const struct inspection *in;
    uint64_t count;
};

static int print_problem(void *data, const struct inspect_problem *problem) {
    struct problem_printer *printer = data;
    struct jsonout *json = printer->context->json;

    printer->count++;
    jsonout_begin(json, "problem");
    jsonout_text(json, "code", problem->code);
    if (problem->column != NULL) {
        jsonout_count(json, "column",
                      (uint64_t)(problem->column - printer->in->columns) + 1);
        jsonout_string(json, "name", problem->column->name);
    }
    jsonout_text(json, "message", problem->words);
    if (problem->count > 0) {
        jsonout_count(json, "count", problem->count);
        jsonout_text(json, "unit", problem->unit);
        jsonout_boolean(json, "estimate", problem->estimate);
    }
    if (problem->line > 0)
        jsonout_count(json, "line", problem->line);
    add_text(json, "example", problem->example);
    jsonout_text(json, "advice", problem->advice);
    return jsonout_end(json, &printer->context->err);
}

int inspect_print_json(struct command_context *context, const struct inspection *in,
                       const char *file) {
    struct problem_printer printer = {.context = context, .in = in};
    int rc = print_input(context, in, file);

    for (size_t i = 0; rc == RC_OK && i < in->column_count; i++)
        rc = print_column(context, &in->columns[i], i + 1);
    if (rc == RC_OK)
        rc = inspect_problems(in, print_problem, &printer);
    if (rc != RC_OK)
        return context->err.rc != RC_OK ? rc : err_nomem(&context->err);
    jsonout_begin(context->json, "summary");
    jsonout_text(context->json, "kind", "inspect");
    jsonout_count(context->json, "rows", in->facts.records);
    jsonout_count(context->json, "badRows", in->facts.bad_records);
    jsonout_count(context->json, "columns", in->column_count);
    jsonout_count(context->json, "problems", printer.count);
    return jsonout_end(context->json, &context->err);
}
