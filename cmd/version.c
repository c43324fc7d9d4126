/* version.c - collects from all layers, as a report of an error needs it. */
#include "cmd/version.h"

#include "cmd/jsonout.h"
#include "cmd/terminal.h"
#include "input/libraries.h"
#include "model/libraries.h"
#include "state/libraries.h"
#include "wire/libraries.h"

enum { TEXT_MAX = 4096 };

static int print_json(struct jsonout *json, const struct library_list *list,
                      struct err *err) {
    jsonout_begin(json, "version");
    jsonout_text(json, "version", ESPOLOAD_VERSION);
    jsonout_text(json, "date", ESPOLOAD_DATE);
    jsonout_open_object(json, "libraries");
    for (size_t i = 0; i < list->count; i++)
        jsonout_text(json, list->items[i].name, list->items[i].version);
    jsonout_close(json);
    return jsonout_end(json, err);
}

int version_print(const struct terminal *out, struct jsonout *json, struct err *err) {
    struct library_list list = {0};
    struct buf text = {.max = TEXT_MAX};
    int rc;

    wire_libraries(&list);
    state_libraries(&list);
    model_libraries(&list);
    input_libraries(&list);
    base_libraries(&list);
    if (json != NULL)
        return print_json(json, &list, err);
    (void)buf_append_format(&text, "espoload %s (%s)\n", ESPOLOAD_VERSION, ESPOLOAD_DATE);
    for (size_t i = 0; i < list.count; i++)
        (void)buf_append_format(&text, "  %-16s %s\n", list.items[i].name,
                                list.items[i].version);
    rc = text.failed != RC_OK ? err_nomem(err)
                              : terminal_write(out, text.data, text.len, err);
    buf_fini(&text);
    return rc;
}
