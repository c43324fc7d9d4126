/* header.c - names of columns out of the header record, or made up where there is none.
 */
#include "input/header.h"

#include <string.h>

int header_check(const struct csv_record *record, const char *path, struct err *err) {
    if (record->reason == REASON_NONE)
        return RC_OK;
    (void)err_set(err, RC_INPUT, "%s: the header on line %llu cannot be read: %s", path,
                  (unsigned long long)record->line, record->detail);
    err_advise(err, "%s", reason_advice(record->reason));
    return RC_INPUT;
}

int header_missing(const char *path, uint64_t lines, struct err *err) {
    if (lines == 0)
        (void)err_set(err, RC_INPUT, "%s is empty", path);
    else
        (void)err_set(err, RC_INPUT,
                      "%s has no header: it holds only blank lines and comments", path);
    err_advise(err, "its first line must name the columns");
    return RC_INPUT;
}

int header_names(const struct slice **names, struct arena *arena,
                 const struct csv_record *record, size_t count, struct err *err) {
    struct slice *made;

    if (record != NULL)
        count = record->count;
    made = arena_zalloc(arena, (count + 1) * sizeof *made); /* + 1: never of size 0 */
    if (made == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < count; i++) {
        char *name;
        if (record != NULL && record->fields[i].len > 0) {
            made[i].len = record->fields[i].len;
            name = arena_copy(arena, record->fields[i].data, made[i].len);
        } else {
            name = arena_format(arena, "column%zu", i + 1);
            made[i].len = name == NULL ? 0 : strlen(name);
        }
        if (name == NULL)
            return err_nomem(err);
        made[i].data = name;
    }
    *names = made;
    return RC_OK;
}
