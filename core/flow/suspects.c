/* suspects.c - one profile for each mapped column, and a short list of users. */
#include "flow/suspects.h"

#include "model/totals_row.h"

#include <stdlib.h>

enum {
    USERS_MAX = 100,
    USER_SHOWN = 100,
    ROWS_LOOKED = 20 * 1000, /* that tell whether a column holds words */
    LENGTH_CUT = 255         /* bytes, from which on a cell may have been cut off */
};

struct inactive {
    const char *name; /* as in the cell */
    size_t column;
    uint64_t rows, line;
};

struct suspects {
    const struct job *job;
    struct column_profile **profiles; /* owned, each; NULL: the mapping leaves it out */
    bool *words; /* owned; of each column: what looks like a word needs no look */
    uint64_t rows;
    uint64_t totals_line; /* of the last row, if it looks like a sum; else 0 */
    struct inactive users[USERS_MAX]; /* those that come later are not told */
    size_t user_count;
    struct arena memory; /* owned; of names */
};

/* The others either fail their rows or are nobody's concern once the mapping is there. */
static const enum profile_flaw told[] = {
    FLAW_AMBIGUOUS_DATES, FLAW_MIXED_DATES,  FLAW_MOJIBAKE,
    FLAW_REPLACEMENT,     FLAW_SERIAL_DATES, FLAW_SCIENTIFIC,
    FLAW_LOST_ZEROS,      FLAW_BLANKS,       FLAW_NBSP,
    FLAW_INVISIBLE,       FLAW_CONTROL,      FLAW_TRUNCATED,
    FLAW_SHEET_ERROR,
};

static bool is_told(enum profile_flaw flaw) {
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++)
        if (told[i] == flaw)
            return true;
    return false;
}

static bool is_used(const struct job *job, size_t column) {
    const size_t *unused;
    size_t count = program_unused_columns(job->program, &unused);

    for (size_t i = 0; i < count; i++)
        if (unused[i] == column)
            return false;
    return job->columns[column].len == 0 || job->columns[column].data[0] != '_';
}

struct suspects *suspects_new(const struct job *job) {
    static const struct profile_limits limits = {.distinct = 48, .values = 4};
    struct suspects *suspects = calloc(1, sizeof *suspects);
    bool failed;

    if (suspects == NULL)
        return NULL;
    suspects->job = job;
    suspects->profiles = calloc(job->column_count + 1, sizeof(struct column_profile *));
    suspects->words = calloc(job->column_count + 1, sizeof *suspects->words);
    failed = suspects->profiles == NULL || suspects->words == NULL;
    for (size_t i = 0; !failed && i < job->column_count; i++) {
        if (!is_used(job, i))
            continue;
        suspects->profiles[i] = profile_new(&limits);
        failed = suspects->profiles[i] == NULL;
    }
    if (failed) {
        suspects_free(suspects);
        return NULL;
    }
    return suspects;
}

void suspects_free(struct suspects *suspects) {
    if (suspects == NULL)
        return;
    for (size_t i = 0; suspects->profiles != NULL && i < suspects->job->column_count; i++)
        profile_free(suspects->profiles[i]);
    free(suspects->profiles);
    free(suspects->words);
    arena_fini(&suspects->memory);
    free(suspects);
}

/* Columns of words, where only odd cells are looked at from now on. */
static void find_words(struct suspects *suspects) {
    for (size_t i = 0; i < suspects->job->column_count; i++) {
        struct profile_summary summary;
        if (suspects->profiles[i] == NULL)
            continue;
        profile_summarize(suspects->profiles[i], suspects->job->columns[i], &summary);
        suspects->words[i] = summary.type == PROFILE_TEXT ||
                             summary.type == PROFILE_ENUM ||
                             summary.type == PROFILE_EMAIL || summary.type == PROFILE_URL;
    }
}

/* Printable ASCII from a letter to something else than a blank: none of the flaws that a
 * cell of words can have. */
static bool is_plain(struct slice cell) {
    unsigned char odd = 0, first;

    if (cell.len == 0 || cell.len >= LENGTH_CUT)
        return false;
    first = (unsigned char)cell.data[0] | 0x20;
    for (size_t i = 0; i < cell.len; i++) {
        unsigned char c = (unsigned char)cell.data[i];
        odd |= (unsigned char)(c - 0x20) > 0x5e;
    }
    return !odd && first >= 'a' && first <= 'z' && cell.data[cell.len - 1] != ' ';
}

static int add_user(struct suspects *suspects, const struct row *row) {
    size_t len = row->inactive.len < USER_SHOWN ? row->inactive.len : USER_SHOWN;
    struct slice name = slice_make(row->inactive.data, len);
    struct inactive *user = suspects->users, *end = user + suspects->user_count;

    while (user < end &&
           (user->column != row->inactive_column || !slice_is(name, user->name)))
        user++;
    if (user == end) {
        if (suspects->user_count == USERS_MAX)
            return RC_OK;
        suspects->user_count++;
        user->name = arena_copy(&suspects->memory, name.data, name.len);
        user->column = row->inactive_column;
        user->line = row->line;
        if (user->name == NULL)
            return RC_NOMEM;
    }
    user->rows++;
    return RC_OK;
}

int suspects_add(struct suspects *suspects, const struct row *row) {
    if (row->unreadable != REASON_NONE)
        return RC_OK;
    suspects->totals_line = totals_row_is(row->fields, row->field_count) ? row->line : 0;
    if (++suspects->rows == ROWS_LOOKED)
        find_words(suspects);
    for (size_t i = 0; i < row->field_count && i < suspects->job->column_count; i++)
        if (suspects->profiles[i] != NULL &&
            !(suspects->words[i] && is_plain(row->fields[i])) &&
            profile_add(suspects->profiles[i], row->fields[i], row->line) < 0)
            return RC_NOMEM;
    return row->inactive.len > 0 ? add_user(suspects, row) : RC_OK;
}

static int visit_column(const struct suspects *suspects, size_t column, suspect_fn *visit,
                        void *context) {
    struct slice name = suspects->job->columns[column];
    struct profile_problem problems[PROFILE_FLAWS];
    struct profile_summary summary;
    size_t count;
    int rc = RC_OK;

    profile_summarize(suspects->profiles[column], name, &summary);
    count = profile_problems(suspects->profiles[column], name, &summary, problems);
    for (size_t i = 0; rc == RC_OK && i < count; i++) {
        const struct profile_problem *p = &problems[i];
        const struct suspect suspect = {.code = profile_flaw_code(p->flaw),
                                        .column = name,
                                        .words = profile_flaw_words(p->flaw),
                                        .count = p->count,
                                        .unit = "cells",
                                        .line = p->line,
                                        .example = p->example,
                                        .advice = profile_flaw_advice(p->flaw)};
        if (is_told(p->flaw))
            rc = visit(context, &suspect);
    }
    return rc;
}

int suspects_visit(const struct suspects *suspects, suspect_fn *visit, void *context) {
    int rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < suspects->job->column_count; i++)
        if (suspects->profiles[i] != NULL)
            rc = visit_column(suspects, i, visit, context);
    if (rc == RC_OK && suspects->totals_line > 0) {
        const struct suspect suspect = {.code = "TOTALS_ROW",
                                        .column = slice_make("", 0),
                                        .words = TOTALS_ROW_WORDS,
                                        .count = 1,
                                        .unit = "rows",
                                        .line = suspects->totals_line,
                                        .example = "",
                                        .advice = TOTALS_ROW_ADVICE};
        rc = visit(context, &suspect);
    }
    for (size_t i = 0; rc == RC_OK && i < suspects->user_count; i++) {
        const struct inactive *user = &suspects->users[i];
        const struct suspect suspect = {
            .code = "INACTIVE_USER",
            .column = job_column(suspects->job, user->column),
            .words = "inactive owner",
            .count = user->rows,
            .unit = "rows",
            .line = user->line,
            .example = user->name,
            .advice = "the user cannot log in any more: name another one, in the file or "
                      "with a valueMap, or nobody will see these records as theirs"};
        rc = visit(context, &suspect);
    }
    return rc;
}
