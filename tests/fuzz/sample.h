/* sample.h - checkpoints for the fuzz targets that change them: made as a run makes them,
 * kept in a folder that goes when the target ends, and read back whole.
 */
#ifndef FUZZ_SAMPLE_H
#define FUZZ_SAMPLE_H

#include "base/buf.h"
#include "fuzz.h"
#include "state/journal.h"

enum { SAMPLE_ROWS = 40, SAMPLE_MAX = 4 << 20 };

/* Where the files are: in memory, where the machine has such a folder. */
struct sample_place {
    char folder[64];
    char path[80], wal[84], shm[84]; /* of the checkpoint */
};

/* The one place; made by the first call. */
const struct sample_place *sample_place(void);
void sample_remove_files(void);

/* A whole file, to out (of SAMPLE_MAX), and back. */
void sample_load(const char *path, struct buf *out);
void sample_store(const char *path, struct slice content);

/* Facts, a plan and a made record: what is there before the first row. */
void sample_begin(struct journal *journal);
/* Rows in every state with their errors and images, committed. */
void sample_put_rows(struct journal *journal, uint64_t from, uint64_t to);
/* What only undo, export and reconcile keep. */
void sample_put_rest(struct journal *journal);

/* Reads the checkpoint at path as `status` does, then goes on with it as a resumed run
 * does: every reader gives what its header says, or an error in words. */
void sample_use(const char *path);

/* Where rc tells of an error, err has the words; what SQLite quotes of a damaged schema
 * need not be fit to be seen: cmd/terminal.c shows it so that it is. */
void sample_told(int rc, const struct err *err);

#endif
