/* reconciler_select.c - which attributes of the records are needed. */
#include "flow/reconciler.h"

#include <string.h>

/* Adds a name to a list that is parted by commas, once. */
static void add_name(struct buf *select, const char *name) {
    size_t len = strlen(name);

    for (const char *at = buf_text(select); *at != '\0'; at += *at == ',') {
        if (strncmp(at, name, len) == 0 && (at[len] == ',' || at[len] == '\0'))
            return;
        at += strcspn(at, ",");
    }
    (void)buf_append_format(select, ",%s", name);
}

int reconciler_select(const struct job *job, struct buf *select) {
    const struct schema_attribute *const *by, *list;
    size_t count = program_attributes(job->program, &by);

    (void)buf_append_text(select, "id");
    for (size_t rule = 0; by != NULL && select->failed == RC_OK; rule++) {
        for (size_t i = 0; i < count; i++) {
            add_name(select, by[i]->name);
            if (by[i]->kept_with != NULL)
                add_name(select, by[i]->kept_with);
        }
        by = program_match(job->program, rule, &count);
    }
    for (size_t i = 0; (list = program_address_list(job->program, i)) != NULL; i++)
        add_name(select, list->name);
    return select->failed;
}

int reconciler_select_columns(const struct job *job, struct buf *select,
                              struct err *err) {
    struct table *table = NULL;
    int rc = table_reverse_file(&table, job->schema, job->mapping, job->columns,
                                job->column_count, err);

    for (size_t i = 0; rc == RC_OK && table_list(table)[i] != NULL; i++)
        add_name(select, table_list(table)[i]);
    table_free(table);
    return rc == RC_OK && select->failed != RC_OK ? err_nomem(err) : rc;
}
