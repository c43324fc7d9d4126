/* settle_begin.c - asks for the ids that were there before the run, page by page.
 *
 * Usually one empty page. Records that others make meanwhile move the pages: some are
 * then listed twice, none is missed.
 */
#include "flow/settle_begin.h"

#include "base/digest.h"
#include "flow/settle_match.h"
#include "flow/settle_query.h"

#include <stdlib.h>
#include <string.h>

enum {
    PAGES_MAX = 100, /* 20,000 records in a few seconds: no server takes as many */
    ANSWER_MAX = 1 << 20,
    IDS_MAX = 1 << 20
};

static const char fact[] = "idsBefore"; /* ids with a blank behind each */

static int compare_hashes(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static int begin_set(struct settle_begin *begin, const char *text) {
    size_t count = 0;

    for (const char *p = text; *p != '\0'; p++)
        count += *p == ' ';
    settle_begin_fini(begin);
    if (count == 0)
        return RC_OK;
    begin->ids = calloc(count, sizeof *begin->ids);
    if (begin->ids == NULL)
        return RC_NOMEM;
    for (; begin->count < count; begin->count++) {
        size_t len = strcspn(text, " ");
        begin->ids[begin->count] = digest_fnv(DIGEST_FNV_SEED, slice_make(text, len));
        text += len + 1;
    }
    qsort(begin->ids, begin->count, sizeof *begin->ids, compare_hashes);
    return RC_OK;
}

/* One page: appends its ids to `ids` and returns how many there were. */
static int begin_page(const struct settler_options *options, size_t offset,
                      struct buf *body, struct buf *ids, struct err *err) {
    struct settle_match match = {0}; /* compares nothing, reads ids */
    struct candidate *page = calloc(options->page, sizeof *page);
    struct buf path = {.max = 8192};
    int rc = page == NULL ? RC_NOMEM : settle_query_begin(options, offset, &path);

    if (rc != RC_OK) {
        rc = err_nomem(err);
        goto out;
    }
    buf_reset(body);
    rc = site_get(options->site, buf_text(&path), body, err);
    if (rc == RC_SERVER && courier_stopped(site_courier(options->site), NULL) == RC_OK) {
        err_clear(err); /* refused to this user: then no look-up will find anything */
        rc = RC_OK;
        goto out;
    }
    if (rc != RC_OK)
        goto out;
    rc = settle_match_read(&match, buf_slice(body), page, options->page);
    if (rc < 0) {
        (void)err_set(err, (enum rc)rc,
                      "the list of records that are there already cannot be read");
        goto out;
    }
    for (int i = 0; i < rc; i++) {
        (void)buf_append_slice(ids, page[i].id);
        (void)buf_append_char(ids, ' ');
    }
    if (ids->failed != RC_OK)
        rc = err_nomem(err);
out:
    settle_match_fini(&match);
    buf_fini(&path);
    free(page);
    return rc;
}

int settle_begin_ask(struct settle_begin *begin, const struct settler_options *options,
                     struct err *err) {
    struct buf body = {.max = ANSWER_MAX}, ids = {.max = IDS_MAX};
    int rc = options->may_list ? (int)options->page : 0;

    for (int i = 0; i < PAGES_MAX && rc == (int)options->page; i++)
        rc = begin_page(options, (size_t)i * options->page, &body, &ids, err);
    if (rc >= 0) {
        rc = journal_set_text(options->journal, fact, buf_text(&ids), err);
        if (rc == RC_OK)
            rc = journal_commit(options->journal, err);
        if (rc == RC_OK && begin_set(begin, buf_text(&ids)) != RC_OK)
            rc = err_nomem(err);
    }
    buf_fini(&ids);
    buf_fini(&body);
    return rc;
}

int settle_begin_load(struct settle_begin *begin, struct journal *journal) {
    return begin_set(begin, journal_text(journal, fact));
}

void settle_begin_fini(struct settle_begin *begin) {
    free(begin->ids);
    memset(begin, 0, sizeof *begin);
}

bool settle_begin_has(const struct settle_begin *begin, struct slice id) {
    uint64_t hash = digest_fnv(DIGEST_FNV_SEED, id);

    return begin->count > 0 &&
           bsearch(&hash, begin->ids, begin->count, sizeof hash, compare_hashes) != NULL;
}
