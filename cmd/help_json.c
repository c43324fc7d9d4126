/* help_json.c - the same tables as help.c and topics.c, as output.schema.json says. */
#include "cmd/help_json.h"

#include "cmd/commands.h"
#include "cmd/exit_codes.h"
#include "cmd/help.h"
#include "cmd/topics.h"

#include <string.h>

/* text: the page; NULL in a list. */
static int print_entry(struct jsonout *json, const char *kind, const char *name,
                       const char *summary, const struct buf *text, struct err *err) {
    jsonout_begin(json, "help");
    jsonout_text(json, "kind", kind);
    jsonout_text(json, "name", name);
    jsonout_text(json, "summary", summary);
    if (text != NULL)
        jsonout_string(json, "text", buf_slice(text));
    return jsonout_end(json, err);
}

static int print_list(struct jsonout *json, struct err *err) {
    int rc = RC_OK;

    for (const struct command *const *at = commands_all(); rc == RC_OK && *at; at++)
        if (!(*at)->hidden)
            rc = print_entry(json, "command", (*at)->name, (*at)->summary, NULL, err);
    for (const struct topic *at = topics_all(); rc == RC_OK && at->name != NULL; at++)
        rc = print_entry(json, "topic", at->name, at->summary, NULL, err);
    return rc;
}

static int print_reason(struct jsonout *json, enum reason reason, struct err *err) {
    jsonout_begin(json, "reason");
    jsonout_text(json, "code", reason_code(reason));
    jsonout_text(json, "meaning", reason_meaning(reason));
    jsonout_text(json, "advice", reason_advice(reason));
    return jsonout_end(json, err);
}

static int print_reasons(struct jsonout *json, struct err *err) {
    int rc = RC_OK;

    for (int reason = REASON_NONE + 1; rc == RC_OK && reason < REASON_COUNT; reason++)
        rc = print_reason(json, (enum reason)reason, err);
    return rc;
}

static int print_exit_codes(struct jsonout *json, struct err *err) {
    int rc = RC_OK;

    for (const struct exit_meaning *at = exit_meanings(); rc == RC_OK && at->name; at++) {
        jsonout_begin(json, "exitCode");
        jsonout_integer(json, "code", at->code);
        jsonout_text(json, "name", at->name);
        jsonout_text(json, "meaning", at->meaning);
        rc = jsonout_end(json, err);
    }
    return rc;
}

static int print_page(struct jsonout *json, const struct command_line *line,
                      struct err *err) {
    const struct command *command = line->command;
    struct buf text = {.max = PAGE_MAX};
    const struct page page = {.buf = &text, .form = PAGE_TEXT};
    int rc;

    if (command != NULL)
        help_command(&page, command);
    else
        topic_page(&page, line->topic);
    rc = text.failed != RC_OK ? err_nomem(err)
         : command != NULL
             ? print_entry(json, "command", command->name, command->summary, &text, err)
             : print_entry(json, "topic", line->topic->name, line->topic->summary, &text,
                           err);
    buf_fini(&text);
    return rc;
}

int help_print_json(struct jsonout *json, const struct command_line *line,
                    struct err *err) {
    if (line->reason != REASON_NONE)
        return print_reason(json, line->reason, err);
    if (line->topic != NULL && strcmp(line->topic->name, "errors") == 0)
        return print_reasons(json, err);
    if (line->topic != NULL && strcmp(line->topic->name, "exit-codes") == 0)
        return print_exit_codes(json, err);
    if (line->command != NULL || line->topic != NULL)
        return print_page(json, line, err);
    return print_list(json, err);
}
