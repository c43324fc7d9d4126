/* export_files.h - writes what an export has read: CSV or JSON lines, packed, parted, and
 * a manifest beside it.
 *
 * Each file is there whole or not at all (base/outfile.h), and the same records give the
 * same bytes, whatever happened while they were read.
 */
#ifndef FLOW_EXPORT_FILES_H
#define FLOW_EXPORT_FILES_H

#include "base/buf.h"
#include "base/env.h"
#include "base/err.h"
#include "flow/export_spec.h"
#include "state/journal.h"

#include <stdint.h>

struct export_state;

struct export_written {
    uint64_t records;   /* in all files */
    uint64_t unchanged; /* read, but just as the last run has written them */
    size_t files;
    uint64_t bytes;   /* of all files, as they are on the disk; of stdout what was sent */
    struct buf first; /* owned; path of the first file */
    struct buf last;  /* owned; of the last one */
    struct buf manifest; /* owned; its path, or empty */
};

/* state: of an incremental export, with a next state begun, or NULL: what it has written
 * already is left out, and what may come again next time is put into it. */
int export_files_write(struct journal *journal, const struct export_spec *spec,
                       struct export_state *state, const char *version,
                       const struct env *env, struct export_written *written,
                       struct err *err);
void export_written_fini(struct export_written *written);

/* "leads.csv.gz", 2 -> "leads-002.csv.gz". Appends. */
int export_files_part(const char *output, size_t number, struct buf *out);

#endif
