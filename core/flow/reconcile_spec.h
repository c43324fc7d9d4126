/* reconcile_spec.h - what a reconciliation was asked for: kept in its checkpoint beside
 * what every run is bound to (flow/checkpoint.h), so that a resumed one writes the
 * same.
 */
#ifndef FLOW_RECONCILE_SPEC_H
#define FLOW_RECONCILE_SPEC_H

#include "base/err.h"
#include "state/journal.h"

#include <stdbool.h>
#include <stdint.h>

enum reconcile_only { ONLY_ALL, ONLY_FILE, ONLY_CRM, ONLY_CHANGED };

/* Texts are borrowed: from the caller when bound, from the journal when read. */
struct reconcile_spec {
    const char *select; /* attributes of the records: "id,firstName,..." */
    const char *where;  /* items, parted by commas; "" = all records */
    const char *shown;  /* the filter as it was typed */
    const char *ignore; /* attributes that are not compared: ",a,b," or "" */
    const char *base;   /* the last export, absolute path, or "" */
    const char *base_sha256;
    const char *run;      /* checkpoint of the import that is verified, absolute, or "" */
    bool errors;          /* the file is what an earlier import has left undone */
    bool sweep;           /* all records are read, not only those of the file */
    bool trim, fold_case; /* texts are compared without blanks around, or case */
    bool toward_file;     /* a copy of the file that equals EspoCRM is written */
    bool html;            /* a page of the differences */
    bool propose_deletes; /* of records that the file lacks */
    bool force;           /* replace outputs */
    int64_t only;         /* enum reconcile_only */
    int64_t max_deletes;  /* records; -1 = by percent */
    int64_t deletes_percent; /* of the records */
};

int reconcile_spec_bind(struct journal *journal, const struct reconcile_spec *spec,
                        struct err *err);
void reconcile_spec_read(struct journal *journal, struct reconcile_spec *spec);

#endif
