/* undo_words.c - what an undo has done, in words. */
#include "cmd/quantity.h"
#include "cmd/summary.h"

/* One part of a list: "900 created records deleted". */
static void append_part(struct buf *buf, const char *begin, bool *first, uint64_t count,
                        const char *one, const char *many) {
    if (count == 0)
        return;
    (void)buf_append_text(buf, *first ? begin : ", ");
    *first = false;
    quantity_append_count(buf, count);
    (void)buf_append_format(buf, " %s", count == 1 ? one : many);
}

int summary_append_undo(struct buf *buf, struct journal *undo, bool would,
                        struct err *err) {
    struct undo_counts c;
    bool first = true;
    int rc = undo_count(undo, &c, err);
    const char *begin = would ? "  would be taken back: " : "  taken back: ";

    if (rc != RC_OK)
        return rc;
    append_part(buf, begin, &first, c.deleted, "created record deleted",
                "created records deleted");
    append_part(buf, begin, &first, c.restored, "updated record restored",
                "updated records restored");
    append_part(buf, begin, &first, c.undeleted, "deleted record restored",
                "deleted records restored");
    append_part(buf, begin, &first, c.links, "record of a link deleted",
                "records of links deleted");
    if (!first)
        (void)buf_append_char(buf, '\n');
    first = true;
    begin = would ? "  would stay: " : "  left as they are: ";
    append_part(buf, begin, &first, c.kept, "kept, see below", "kept, see below");
    append_part(buf, begin, &first, c.gone, "gone already", "gone already");
    append_part(buf, begin, &first, c.as_before, "as before the run already",
                "as before the run already");
    if (!first)
        (void)buf_append_char(buf, '\n');
    return buf->failed;
}
