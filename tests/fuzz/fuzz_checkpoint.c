/* fuzz_checkpoint.c - checkpoints with any bytes changed: opening and reading one ends in
 * rows or in an error with words, never in a crash, and never in a state that is none.
 *
 * First byte: 0 = the rest is the file; else changes to a checkpoint that is made here:
 * three bytes of offset, one of length, then the bytes; offsets beyond the file are of
 * its write-ahead log.
 */
#include "sample.h"

/* Made once: a checkpoint as a killed run leaves it, and its log. */
static struct buf base, base_log;

static void make_base(void) {
    const struct sample_place *at = sample_place();
    struct journal *journal, *reader;
    struct err err = {0};

    REQUIRE(journal_create(&journal, at->path, &err) == RC_OK);
    sample_begin(journal);
    sample_put_rows(journal, 1, SAMPLE_ROWS / 2);
    journal_close(journal);
    REQUIRE(journal_open(&journal, at->path, &err) == RC_OK);
    REQUIRE(journal_open_reader(&reader, at->path, &err) == RC_OK);
    sample_put_rows(journal, SAMPLE_ROWS / 2 + 1, SAMPLE_ROWS);
    sample_load(at->path, &base);
    sample_load(at->wal, &base_log);
    journal_close(reader);
    journal_close(journal);
    sample_remove_files();
}

static void write_changed(struct slice changes) {
    struct buf file = {.max = SAMPLE_MAX}, log = {.max = SAMPLE_MAX};

    REQUIRE(buf_append_slice(&file, buf_slice(&base)) == RC_OK);
    REQUIRE(buf_append_slice(&log, buf_slice(&base_log)) == RC_OK);
    while (changes.len > 4) {
        const unsigned char *p = (const unsigned char *)changes.data;
        size_t at = p[0] + 256u * p[1] + 65536u * p[2], len = 1 + p[3] % 16u;
        len = len < changes.len - 4 ? len : changes.len - 4;
        at %= file.len + log.len;
        for (size_t i = 0; i < len && at + i < file.len + log.len; i++)
            *(at + i < file.len ? file.data + at + i : log.data + at + i - file.len) =
                changes.data[4 + i];
        changes = slice_make(changes.data + 4 + len, changes.len - 4 - len);
    }
    sample_store(sample_place()->path, buf_slice(&file));
    sample_store(sample_place()->wal, buf_slice(&log));
    buf_fini(&log);
    buf_fini(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *path = sample_place()->path;
    struct err err = {0};

    if (size < 1 || size > 65536)
        return 0;
    if (base.len == 0)
        make_base();
    if (data[0] == 0)
        sample_store(path, slice_make((const char *)data + 1, size - 1));
    else
        write_changed(slice_make((const char *)data + 1, size - 1));
    sample_use(path);
    (void)journal_refuse(path, &err);
    sample_remove_files();
    return 0;
}
