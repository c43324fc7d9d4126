/* reconcile_spec.c - the spec in the checkpoint's table of facts. */
#include "flow/reconcile_spec.h"

#include <stddef.h>
#include <string.h>

#define AT(member) offsetof(struct reconcile_spec, member)

static const struct {
    const char *key;
    size_t offset;
} texts[] =
    {
        {"reconcile.select", AT(select)},
        {"reconcile.where", AT(where)},
        {"reconcile.shown", AT(shown)},
        {"reconcile.ignore", AT(ignore)},
        {"reconcile.base", AT(base)},
        {"reconcile.run", AT(run)},
        {"reconcile.baseSha256", AT(base_sha256)},
},
  flags[] =
      {
          {"reconcile.errors", AT(errors)},
          {"reconcile.sweep", AT(sweep)},
          {"reconcile.trim", AT(trim)},
          {"reconcile.foldCase", AT(fold_case)},
          {"reconcile.towardFile", AT(toward_file)},
          {"reconcile.html", AT(html)},
          {"reconcile.proposeDeletes", AT(propose_deletes)},
          {"reconcile.force", AT(force)},
},
  numbers[] = {
      {"reconcile.only", AT(only)},
      {"reconcile.maxDeletes", AT(max_deletes)},
      {"reconcile.deletesPercent", AT(deletes_percent)},
};

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

int reconcile_spec_bind(struct journal *journal, const struct reconcile_spec *spec,
                        struct err *err) {
    const char *base = (const char *)spec;
    int rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < COUNT(texts); i++)
        rc = journal_set_text(journal, texts[i].key,
                              *(const char *const *)(base + texts[i].offset), err);
    for (size_t i = 0; rc == RC_OK && i < COUNT(flags); i++)
        rc = journal_set_int(journal, flags[i].key,
                             *(const bool *)(base + flags[i].offset), err);
    for (size_t i = 0; rc == RC_OK && i < COUNT(numbers); i++)
        rc = journal_set_int(journal, numbers[i].key,
                             *(const int64_t *)(base + numbers[i].offset), err);
    return rc;
}

void reconcile_spec_read(struct journal *journal, struct reconcile_spec *spec) {
    char *base = (char *)spec;

    memset(spec, 0, sizeof *spec);
    for (size_t i = 0; i < COUNT(texts); i++)
        *(const char **)(base + texts[i].offset) = journal_text(journal, texts[i].key);
    for (size_t i = 0; i < COUNT(flags); i++)
        *(bool *)(base + flags[i].offset) = journal_int(journal, flags[i].key) != 0;
    for (size_t i = 0; i < COUNT(numbers); i++)
        *(int64_t *)(base + numbers[i].offset) = journal_int(journal, numbers[i].key);
}
