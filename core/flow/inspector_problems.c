/* inspector_problems.c - puts into words what an inspection found. */
#include "flow/inspector_problems.h"

#include "base/utf8.h"
#include "model/totals_row.h"

enum { WORDS_MAX = 2048 };

/* Where problems go, and room for words that are made for one of them. */
struct teller {
    const struct inspection *in;
    inspect_problem_fn *visit;
    void *context;
    struct buf words;
    struct buf advice;
};

static int tell(struct teller *t, const struct inspect_problem *problem) {
    int failed = t->words.failed != RC_OK ? t->words.failed : t->advice.failed;

    return failed == RC_NOMEM ? failed : t->visit(t->context, problem);
}

static int tell_encoding(struct teller *t) {
    const struct inspection *in = t->in;
    struct inspect_problem problem = {.unit = "", .example = ""};

    if (in->encoding == INSPECT_GUESSED) {
        problem.code = "NOT_UTF8";
        problem.words = in->not_utf8;
        problem.advice =
            "if this sample reads well, give --encoding windows-1252 to check and import "
            "(or \"encoding\" under \"source\" in the mapping); else try another name "
            "of `iconv -l`";
        return tell(t, &problem);
    }
    /* Rows that cannot be read for it tell it better. */
    for (size_t i = 0; i < in->bad_count; i++)
        if (in->bad[i].reason == REASON_ROW_ENCODING)
            return RC_OK;
    if (in->damaged == 0)
        return RC_OK;
    problem.code = "DAMAGED_TEXT";
    problem.count = in->damaged;
    problem.unit = "bytes";
    problem.words = "not of the file's encoding, and their rows fail";
    problem.advice = "export the data again, or correct these rows; they are counted as "
                     "ROW_ENCODING";
    return tell(t, &problem);
}

static int tell_line_ends(struct teller *t) {
    const struct inspection *in = t->in;
    const struct inspect_problem problem = {
        .code = "MIXED_LINE_ENDS",
        .unit = "",
        .words = "the lines end in different ways (LF, CRLF, CR)",
        .example = "",
        .advice = "nothing for espoload, which reads all of them; the file may have been "
                  "put together from several",
    };

    if ((in->lf > 0) + (in->crlf > 0) + (in->cr > 0) < 2)
        return RC_OK;
    return tell(t, &problem);
}

bool inspect_header_is_title(const struct inspection *in) {
    size_t unnamed = 0, filled = 0;

    for (size_t i = 0; i < in->column_count; i++) {
        const struct inspect_column *column = &in->columns[i];
        if (column->unnamed && column->summary.blanks == column->summary.cells)
            continue; /* delimiters too many, as spreadsheets leave them */
        filled++;
        unnamed += column->unnamed;
    }
    return filled > 2 && unnamed * 2 > filled;
}

static int tell_header(struct teller *t) {
    const struct inspection *in = t->in;
    struct inspect_problem problem = {.unit = "", .example = "", .line = in->header_line};
    int rc = RC_OK;

    if (in->header_is_data) {
        problem.code = "NO_HEADER";
        problem.words = "the first row looks like data, not like names of columns";
        problem.advice = "if there is no header, say so: --no-header here, and "
                         "\"dialect\": {\"header\": false} under \"source\" in the "
                         "mapping; the columns are then column1, column2, ...";
        rc = tell(t, &problem);
    }
    if (rc == RC_OK && inspect_header_is_title(in)) {
        problem.code = "HEADER_TITLE";
        problem.words = "most columns have no name: the first line may be a title above "
                        "the header";
        problem.advice = "take away what stands above the names of the columns, as with "
                         "tail -n +3 where these are in line 3";
        rc = tell(t, &problem);
    }
    if (rc == RC_OK && in->column_count == 1 && in->rows > 0 &&
        in->delimiter == INSPECT_SNIFFED) {
        problem.code = "ONE_COLUMN";
        problem.words = "there is only one column: perhaps the delimiter is unusual";
        problem.advice = "if cells are parted by another character, name it with "
                         "--delimiter; if the first line is a title, take away what "
                         "stands above the names of the columns";
        rc = tell(t, &problem);
    }
    if (rc == RC_OK && in->rows == 0) {
        problem.code = "NO_ROWS";
        problem.words = "there are no rows besides the header";
        problem.advice = "check that this is the right file";
        rc = tell(t, &problem);
    }
    return rc;
}

static const char *bad_words(enum reason reason) {
    if (reason == REASON_ROW_RAGGED)
        return "more or fewer cells than the header";
    if (reason == REASON_ROW_QUOTE)
        return "a stray or unclosed quote";
    if (reason == REASON_ROW_NUL)
        return "a NUL byte";
    if (reason == REASON_ROW_ENCODING)
        return "bytes that are not of the file's encoding";
    return "more than a row may hold";
}

static int tell_bad_rows(struct teller *t) {
    int rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < t->in->bad_count; i++) {
        const struct inspect_bad *bad = &t->in->bad[i];
        const struct inspect_problem problem = {
            .code = reason_code(bad->reason),
            .count = bad->count,
            .unit = "rows",
            .words = bad_words(bad->reason),
            .line = bad->line,
            .example = bad->detail,
            .advice = reason_advice(bad->reason),
        };
        rc = tell(t, &problem);
    }
    return rc;
}

static int tell_totals(struct teller *t) {
    const struct inspect_problem problem = {
        .code = "TOTALS_ROW",
        .unit = "",
        .words = TOTALS_ROW_WORDS,
        .line = t->in->totals_line,
        .example = "",
        .advice = TOTALS_ROW_ADVICE,
    };

    return problem.line == 0 ? RC_OK : tell(t, &problem);
}

/* Names that cannot be used in a mapping, or that stand for two columns. */
static int tell_name(struct teller *t, size_t index) {
    const struct inspect_column *column = &t->in->columns[index];
    struct inspect_problem problem = {
        .column = column, .unit = "", .example = "", .line = t->in->header_line};
    int rc = RC_OK;

    if (column->unnamed) {
        problem.code = "NAME_EMPTY";
        problem.words = "the header has no name for this column";
        (void)buf_append_format(&t->advice, "a mapping calls it \"column%zu\"",
                                index + 1);
        problem.advice = buf_text(&t->advice);
        return tell(t, &problem);
    }
    if (column->name_of != index) {
        problem.code = "NAME_REPEATED";
        (void)buf_append_format(&t->words, "the column has the same name as column %zu",
                                column->name_of + 1);
        problem.words = buf_text(&t->words);
        problem.advice = "give each column a name of its own in the header: a mapping "
                         "cannot tell them apart";
        rc = tell(t, &problem);
    }
    if (rc == RC_OK && slice_trim(column->name).len < column->name.len) {
        problem.code = "NAME_BLANKS";
        problem.words = "the name has blanks around it";
        problem.advice = "nothing: a mapping finds it without them";
        rc = tell(t, &problem);
    }
    return rc;
}

static int tell_same(struct teller *t, size_t index) {
    const struct inspect_column *column = &t->in->columns[index];
    const struct inspect_column *twin = &t->in->columns[column->same_as];
    struct inspect_problem problem = {
        .code = "SAME_AS", .column = column, .unit = "", .example = ""};

    if (column->same_as == index)
        return RC_OK;
    buf_reset(&t->words);
    (void)buf_append_format(&t->words, "every cell is the same as in column %zu, ",
                            column->same_as + 1);
    (void)utf8_append_printable(&t->words, twin->name, 60);
    problem.words = buf_text(&t->words);
    problem.advice = "map one of the two";
    return tell(t, &problem);
}

/* Words and advice that name the formats of this very column. */
static void tailor(struct teller *t, const struct profile_problem *found,
                   const struct profile_summary *summary,
                   struct inspect_problem *problem) {
    switch (found->flaw) {
    case FLAW_MIXED_TYPES:
        (void)buf_append_format(&t->words, "not of the column's kind (%s)", found->other);
        problem->words = buf_text(&t->words);
        break;
    case FLAW_MIXED_DATES:
        if (found->other[0] == '\0')
            break;
        (void)buf_append_format(&t->words, "another date format than %s: at first %s",
                                summary->format, found->other);
        (void)buf_append_format(&t->advice,
                                "if every date has one meaning only, give all formats: "
                                "\"format\": [\"%s\", \"%s\"]; else correct the file",
                                summary->format, found->other);
        problem->words = buf_text(&t->words);
        problem->advice = buf_text(&t->advice);
        break;
    case FLAW_AMBIGUOUS_DATES:
        (void)buf_append_format(&t->advice,
                                "ask where the file comes from, then say it in the "
                                "mapping: \"format\": \"%s\" or \"%s\"",
                                summary->format, summary->other_format);
        problem->advice = buf_text(&t->advice);
        break;
    case FLAW_TRUNCATED:
        (void)buf_append_format(
            &t->words, "exactly %s characters long, and none is longer", found->other);
        problem->words = buf_text(&t->words);
        break;
    case FLAW_REPEATED: problem->unit = "values"; break;
    case FLAW_PLACEHOLDER:
        (void)buf_append_format(&t->advice,
                                "list it in the mapping, \"missingValues\": [\"\", "
                                "\"%s\"], or it is taken for a value",
                                found->example);
        problem->advice = buf_text(&t->advice);
        break;
    case FLAW_MOJIBAKE:
    case FLAW_REPLACEMENT:
    case FLAW_SCIENTIFIC:
    case FLAW_SHEET_ERROR:
    case FLAW_FORMULA:
    case FLAW_APOSTROPHE:
    case FLAW_INVISIBLE:
    case FLAW_NBSP:
    case FLAW_BLANKS:
    case FLAW_CONTROL:
    case FLAW_MIXED_MARKS:
    case FLAW_AMBIGUOUS_MARK:
    case FLAW_CURRENCY_SIGN:
    case FLAW_MIXED_CURRENCIES:
    case FLAW_SERIAL_DATES:
    case FLAW_LOST_ZEROS:
    case FLAW_ALL_EMPTY:
    case PROFILE_FLAWS: break;
    }
}

static int tell_column(struct teller *t, size_t index) {
    const struct inspect_column *column = &t->in->columns[index];
    struct profile_problem found[PROFILE_FLAWS];
    size_t count =
        profile_problems(column->profile, column->name, &column->summary, found);
    int rc = tell_name(t, index);

    for (size_t i = 0; rc == RC_OK && i < count; i++) {
        struct inspect_problem problem = {
            .code = profile_flaw_code(found[i].flaw),
            .column = column,
            .count = found[i].count,
            .estimate = found[i].estimate,
            .unit = "cells",
            .words = profile_flaw_words(found[i].flaw),
            .line = found[i].line,
            .example = found[i].example,
            .advice = profile_flaw_advice(found[i].flaw),
        };
        buf_reset(&t->words);
        buf_reset(&t->advice);
        tailor(t, &found[i], &column->summary, &problem);
        rc = tell(t, &problem);
    }
    return rc == RC_OK ? tell_same(t, index) : rc;
}

int inspect_problems(const struct inspection *inspection, inspect_problem_fn *visit,
                     void *context) {
    struct teller t = {
        .in = inspection,
        .visit = visit,
        .context = context,
        .words = {.max = WORDS_MAX},
        .advice = {.max = WORDS_MAX},
    };
    int rc = tell_encoding(&t);

    if (rc == RC_OK)
        rc = tell_header(&t);
    if (rc == RC_OK)
        rc = tell_bad_rows(&t);
    if (rc == RC_OK)
        rc = tell_totals(&t);
    if (rc == RC_OK)
        rc = tell_line_ends(&t);
    for (size_t i = 0; rc == RC_OK && i < inspection->column_count; i++) {
        buf_reset(&t.words);
        buf_reset(&t.advice);
        rc = tell_column(&t, i);
    }
    buf_fini(&t.words);
    buf_fini(&t.advice);
    return rc;
}

/* Does a mapping read it without being told? */
static bool is_default_format(const char *format) {
    return strncmp(format, "%Y-%m-%d", 8) == 0 && strstr(format, "%I") == NULL &&
           (format[8] == '\0' || format[8] == ' ' || format[8] == 'T');
}

void inspect_append_settings(struct buf *buf, const struct inspect_column *column) {
    const struct profile_summary *s = &column->summary;
    bool number = s->type == PROFILE_INTEGER || s->type == PROFILE_DECIMAL ||
                  s->type == PROFILE_AMOUNT;
    size_t before = buf->len;

    if (s->format[0] != '\0' && s->other_format[0] == '\0' &&
        !is_default_format(s->format))
        (void)buf_append_format(buf, "\"format\": \"%s\"", s->format);
    if (number && s->decimal[0] == ',')
        (void)buf_append_text(buf, "\"decimalChar\": \",\"");
    if (number && s->group[0] != '\0')
        (void)buf_append_format(buf, "%s\"groupChar\": \"%s\"",
                                buf->len > before ? ", " : "", s->group);
    if (s->type == PROFILE_PHONE && !s->phone_international)
        (void)buf_append_text(buf,
                              "\"phoneCountry\": \"DE\" (or whose numbers they are)");
}
