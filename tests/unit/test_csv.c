/* Records out of text: exact cells, line numbers, offsets, and what a bad record costs.
 *
 * A record is written as NUMBER@LINE+OFFSET, its reason and column where it is bad, and
 * its cells in brackets, separated by '|'; a NUL as '0', CR and LF as 'r' and 'n' in
 * angle brackets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "csv_text.h"
#include "input/csv.h"

/* A slice of a literal that may hold NULs, in a table. */
#define BYTES(literal)                                                                   \
    { literal, sizeof(literal) - 1 }

static void show_record(struct buf *out, const struct csv_record *record) {
    (void)buf_append_format(out, "%s%u@%u+%u ", out->len > 0 ? " " : "",
                            (unsigned)record->number, (unsigned)record->line,
                            (unsigned)record->offset);
    if (record->reason != REASON_NONE)
        (void)buf_append_format(out, "%s:%zu ", reason_code(record->reason),
                                record->column);
    (void)buf_append_text(out, "[");
    for (size_t i = 0; i < record->count; i++) {
        (void)buf_append_text(out, i > 0 ? "|" : "");
        show_cell(out, record->fields[i]);
    }
    (void)buf_append_text(out, "]");
}

/* Every record of the text, and what lies between them. */
static void read_records(struct buf *out, struct slice whole, size_t step,
                         const struct csv_dialect *dialect,
                         const struct csv_limits *limits, struct csv_tally *tally) {
    struct text text = {whole, step};
    const struct csv_record *record;
    struct csv_reader *reader;
    struct err err = {0};
    int rc;

    assert_int_equal(csv_reader_open(&reader, dialect, limits, text_read, &text, &err),
                     RC_OK);
    while ((rc = csv_reader_next(reader, &record, &err)) > 0) {
        assert_true(record->offset + record->raw.len <= whole.len);
        assert_memory_equal(record->raw.data, whole.data + record->offset,
                            record->raw.len);
        assert_int_equal(record->reason != REASON_NONE, record->detail[0] != '\0');
        show_record(out, record);
    }
    assert_int_equal(rc, 0);
    assert_null(record);
    assert_int_equal(csv_reader_next(reader, &record, &err), 0);
    *tally = *csv_reader_tally(reader);
    csv_reader_close(reader);
}

struct sample {
    struct slice text;
    const char *records;
    unsigned lines, blank, comments; /* expected */
};

static void expect(const struct sample *samples, size_t count,
                   const struct csv_dialect *dialect, const struct csv_limits *limits) {
    const size_t steps[] = {1, 2, 3, 7, 1 << 20};

    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < sizeof steps / sizeof steps[0]; j++) {
            struct buf out = {.max = 1 << 20};
            struct csv_tally tally;
            read_records(&out, samples[i].text, steps[j], dialect, limits, &tally);
            if (strcmp(buf_text(&out), samples[i].records) != 0)
                fail_msg("sample %zu, %zu bytes at a time:\n got %s\nwant %s", i,
                         steps[j], buf_text(&out), samples[i].records);
            assert_int_equal(tally.lines, samples[i].lines);
            assert_int_equal(tally.blank_lines, samples[i].blank);
            assert_int_equal(tally.comment_lines, samples[i].comments);
            buf_fini(&out);
        }
}

#define EXPECT(samples, dialect, limits)                                                 \
    expect(samples, sizeof(samples) / sizeof(samples)[0], dialect, limits)

static const struct csv_dialect comma = {.delimiter = ',', .quote = '"'};
static const struct csv_limits defaults = {0};

static void test_exact_cells(void **state) {
    static const struct sample samples[] = {
        {BYTES(""), "", 0, 0, 0},
        {BYTES("a"), "0@1+0 [a]", 1, 0, 0},
        {BYTES("a,b\n1,2\n"), "0@1+0 [a|b] 1@2+4 [1|2]", 2, 0, 0},
        {BYTES("a,b\n1,2"), "0@1+0 [a|b] 1@2+4 [1|2]", 2, 0, 0},
        {BYTES("a,b\n,\n"), "0@1+0 [a|b] 1@2+4 [|]", 2, 0, 0},
        {BYTES(" a ,\tb\t\n \" x"), "0@1+0 [ a |\tb\t] 1@2+8 ROW_QUOTE:0 []", 2, 0, 0},
        {BYTES("\" a \",\"\"\n"), "0@1+0 [ a |]", 1, 0, 0},
        {BYTES("\"\"\n\"\""), "0@1+0 [] 1@2+3 []", 2, 0, 0},
        {BYTES("\"a\"\"b\",\"\"\"\",\"\"\"\"\"\"\n"), "0@1+0 [a\"b|\"|\"\"]", 1, 0, 0},
        {BYTES("\"a,b\",\"c\"\n"), "0@1+0 [a,b|c]", 1, 0, 0},
        {BYTES("a,\"\",\nb,,\"\""), "0@1+0 [a||] 1@2+6 [b||]", 2, 0, 0},
        {BYTES("\xC3\xA4,\"\xE2\x82\xAC\"\n"), "0@1+0 [\xC3\xA4|\xE2\x82\xAC]", 1, 0, 0},
        {BYTES("a;b|c\td\n"), "0@1+0 [a;b|c\td]", 1, 0, 0},
        {BYTES("#a\n#b\n"), "0@1+0 [#a] 1@2+3 [#b]", 2, 0, 0},
    };

    (void)state;
    EXPECT(samples, &comma, &defaults);
}

static void test_line_ends(void **state) {
    static const struct sample samples[] = {
        {BYTES("a,b\r\n1,2\r\n"), "0@1+0 [a|b] 1@2+5 [1|2]", 2, 0, 0},
        {BYTES("a,b\r1,2\r"), "0@1+0 [a|b] 1@2+4 [1|2]", 2, 0, 0},
        {BYTES("a,b\r1,2"), "0@1+0 [a|b] 1@2+4 [1|2]", 2, 0, 0},
        {BYTES("a\nb\r\nc\rd"), "0@1+0 [a] 1@2+2 [b] 2@3+5 [c] 3@4+7 [d]", 4, 0, 0},
        {BYTES("a\n\nb\r\n\r\n\rc"), "0@1+0 [a] 1@3+3 [b] 2@6+9 [c]", 6, 3, 0},
        {BYTES("\n\r\n\ra\n\n"), "0@4+4 [a]", 5, 4, 0},
        {BYTES("\n"), "", 1, 1, 0},
        {BYTES("\r\r\n"), "", 2, 2, 0},
        {BYTES("a\r\r\nb"), "0@1+0 [a] 1@3+4 [b]", 3, 1, 0},
        /* quoted ones stay as they are, and count as lines */
        {BYTES("\"a\nb\",c\n1,2\n"), "0@1+0 [a<n>b|c] 1@3+8 [1|2]", 3, 0, 0},
        {BYTES("\"a\r\nb\r\rc\n\",d\r\n1,2"), "0@1+0 [a<r><n>b<r><r>c<n>|d] 1@6+14 [1|2]",
         6, 0, 0},
        {BYTES("\"\n\n\n\"\nx"), "0@1+0 [<n><n><n>] 1@5+6 [x]", 5, 0, 0},
        {BYTES("\"a\r\"\r\n\"\n\""), "0@1+0 [a<r>] 1@3+6 [<n>]", 4, 0, 0},
    };

    (void)state;
    EXPECT(samples, &comma, &defaults);
}

static void test_comments(void **state) {
    static const struct csv_dialect dialect = {
        .delimiter = ';', .quote = '\'', .comment = '#'};
    static const struct sample samples[] = {
        {BYTES("# x\na;b\n#\n1;2\n#end"), "0@2+4 [a|b] 1@4+10 [1|2]", 5, 0, 3},
        {BYTES("a;b\n #;2\n'#';2\n"), "0@1+0 [a|b] 1@2+4 [ #|2] 2@3+9 [#|2]", 3, 0, 0},
        /* inside quotes it is text; a quote in a comment opens nothing */
        {BYTES("a\n'x\n# y\n\n'\n# it's\nb\n"),
         "0@1+0 [a] 1@2+2 [x<n># y<n><n>] 2@7+19 [b]", 7, 0, 1},
        {BYTES("a\r\n#\r\n\r\nb"), "0@1+0 [a] 1@4+8 [b]", 4, 1, 1},
    };

    (void)state;
    EXPECT(samples, &dialect, &defaults);
}

/* A bad record is its first line and no more, whatever its quotes swallow. */
static void test_stray_quotes(void **state) {
    static const struct sample samples[] = {
        {BYTES("a,b\nx\"y,1\n2,3\n"), "0@1+0 [a|b] 1@2+4 ROW_QUOTE:0 [] 2@3+10 [2|3]", 3,
         0, 0},
        {BYTES("a,b\n1,5\" pipe\n2,3\n"),
         "0@1+0 [a|b] 1@2+4 ROW_QUOTE:1 [1] 2@3+14 [2|3]", 3, 0, 0},
        {BYTES("a,b\n1,\"x\"y\n2,3\n"), "0@1+0 [a|b] 1@2+4 ROW_QUOTE:1 [1] 2@3+11 [2|3]",
         3, 0, 0},
        {BYTES("a,b\n1,\"x\" \n2,3\n"), "0@1+0 [a|b] 1@2+4 ROW_QUOTE:1 [1] 2@3+11 [2|3]",
         3, 0, 0},
        /* never closed: to the end of the text */
        {BYTES("a,b\n1,\"x\n2,3\n4,5"),
         "0@1+0 [a|b] 1@2+4 ROW_QUOTE:1 [1] 2@3+9 [2|3] 3@4+13 [4|5]", 4, 0, 0},
        {BYTES("a,b\n1,\"x"), "0@1+0 [a|b] 1@2+4 ROW_QUOTE:1 [1]", 2, 0, 0},
        {BYTES("a,b\n1,\""), "0@1+0 [a|b] 1@2+4 ROW_QUOTE:1 [1]", 2, 0, 0},
        {BYTES("a,b\r1,\"\r2,3\r"), "0@1+0 [a|b] 1@2+4 ROW_QUOTE:1 [1] 2@3+8 [2|3]", 3, 0,
         0},
        /* closed by the opening quote of a later record, which makes no sense there */
        {BYTES("a,b\n1,\"x\n2,3\n4,\"y\"\n5,6\n"),
         "0@1+0 [a|b] 1@2+4 ROW_QUOTE:1 [1] 2@3+9 [2|3] 3@4+13 [4|y] 4@5+19 [5|6]", 5, 0,
         0},
        /* the lines that were looked at again have blanks among them */
        {BYTES("a\n\"x\n\n\nb"), "0@1+0 [a] 1@2+2 ROW_QUOTE:0 [] 2@5+7 [b]", 5, 2, 0},
        /* a stray quote on a later line of a record costs these lines, not the file */
        {BYTES("a,b\n1,\"x\ny\" z\n2,3\n"),
         "0@1+0 [a|b] 1@2+4 ROW_QUOTE:1 [1] 2@4+14 [2|3]", 4, 0, 0},
        /* one that is closed later is a record, as the grammar has it */
        {BYTES("a,b\n1,\"x\n2,3\n4,\"\n5,6\n"),
         "0@1+0 [a|b] 1@2+4 [1|x<n>2,3<n>4,] "
         "2@5+17 [5|6]",
         5, 0, 0},
        {BYTES("\"a\"\"\nb\n"), "0@1+0 ROW_QUOTE:0 [] 1@2+5 [b]", 2, 0, 0},
    };

    (void)state;
    EXPECT(samples, &comma, &defaults);
}

/* The lines of a broken cell are never taken for records; see csv_damage.h. */
static void test_damage(void **state) {
    static const struct sample samples[] = {
        /* "2,f" and "2,""f" are text of the cell, "end" closes it */
        {BYTES("a,b\n1,\"x\nst\"ray\n2,f\nend\"\n3,4\n"),
         "0@1+0 [a|b] 1@2+4 ROW_QUOTE:1 [1] 2@6+25 [3|4]", 6, 0, 0},
        {BYTES("a,b,c\n1,\"x \"y\" z\n2,f,g\nend\",h\n3,4,5\n"),
         "0@1+0 [a|b|c] 1@2+6 ROW_QUOTE:1 [1] 2@5+30 [3|4|5]", 5, 0, 0},
        {BYTES("a,b,c\n1,\"x\"y\n2,\"f\",g\nend\",h\n3,4,5\n"),
         "0@1+0 [a|b|c] 1@2+6 ROW_QUOTE:1 [1] 2@5+28 [3|4|5]", 5, 0, 0},
        /* a cell of several lines in the first and in the last column */
        {BYTES("a,b\n\"x \"y\n2,f\nend\",1\n3,4\n"),
         "0@1+0 [a|b] 1@2+4 ROW_QUOTE:0 [] 2@5+21 [3|4]", 5, 0, 0},
        {BYTES("a,b\n1,\"x\n2,f\n\"g\" h\n2,f\n\"\n3,4\n"),
         "0@1+0 [a|b] 1@2+4 ROW_QUOTE:1 [1] 2@7+25 [3|4]", 7, 0, 0},
        /* with line ends of Windows and blank lines in the cell */
        {BYTES("a,b\r\n1,\"x\r\n\r\nst\"ray\r\n2,f\r\nend\"\r\n3,4\r\n"),
         "0@1+0 [a|b] 1@2+5 ROW_QUOTE:1 [1] 2@7+32 [3|4]", 7, 0, 0},
        /* a slip in one line: the next records are records */
        {BYTES("a,b\n1,\"x\" y\n2,f\n3,\"g\nh\"\n4,\"x\" y\n5,i\n"),
         "0@1+0 [a|b] 1@2+4 ROW_QUOTE:1 [1] 2@3+12 [2|f] 3@4+16 [3|g<n>h] 4@6+24 "
         "ROW_QUOTE:1 [4] 5@7+32 [5|i]",
         7, 0, 0},
        {BYTES("a,b\n1,x\"y\n2,f\n3,17\"\n4,g\n"),
         "0@1+0 [a|b] 1@2+4 ROW_QUOTE:1 [1] 2@3+10 [2|f] 3@4+14 ROW_QUOTE:1 [3] 4@5+20 "
         "[4|g]",
         5, 0, 0},
        /* quotes everywhere, two of them not doubled */
        {BYTES("a,b\n\"1\",\"x \"y\" z\"\n\"2\",\"f\"\n\"3\",\"x \"y\" z\"\n"),
         "0@1+0 [a|b] 1@2+4 ROW_QUOTE:1 [1] 2@3+18 [2|f] 3@4+26 ROW_QUOTE:1 [3]", 4, 0,
         0},
        /* never closed: cut in the middle of a cell of several lines, or a slip */
        {BYTES("a,b,c\n0,0,0\n1,\"x\n2,f,g\n"),
         "0@1+0 [a|b|c] 1@2+6 [0|0|0] 2@3+12 ROW_QUOTE:1 [1]", 4, 0, 0},
        {BYTES("a,b,c\n1,\"x,y\n2,f,g\n"),
         "0@1+0 [a|b|c] 1@2+6 ROW_QUOTE:1 [1] 2@3+13 [2|f|g]", 3, 0, 0},
    };

    (void)state;
    EXPECT(samples, &comma, &defaults);
}

/* Fifty records in a row: a stray quote behind them is another record's. */
static void test_damage_ends(void **state) {
    static const struct {
        int rows;         /* between the two stray quotes */
        unsigned records; /* of all */
    } cases[] = {{49, 2}, {50, 53}, {51, 54}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf text = {.max = 1 << 20}, out = {.max = 1 << 20};
        struct csv_tally tally;
        const char *end;
        (void)buf_append_text(&text, "a,b,c\n1,\"x \"y\n");
        for (int row = 0; row < cases[i].rows; row++)
            (void)buf_append_text(&text, "2,f,g\n");
        (void)buf_append_text(&text, "end\",h\n3,4,5\n");
        read_records(&out, buf_slice(&text), 1 << 20, &comma, &defaults, &tally);
        end = strrchr(buf_text(&out), '@');
        assert_non_null(end);
        while (end[-1] != ' ')
            end--;
        assert_int_equal(strtoul(end, NULL, 10), cases[i].records);
        assert_int_equal(tally.lines, cases[i].rows + 4);
        buf_fini(&out);
        buf_fini(&text);
    }
}

/* Each line but the header ends with delimiters; other numbers of them are a mistake. */
static void test_padding(void **state) {
    static const struct sample samples[] = {
        {BYTES("a,b\n1,2,,\n,,,\n1,2,\"\",\n1,2\n1,2,\n1,2,,,\n1,x,2,\n1\n"),
         "0@1+0 [a|b] 1@2+4 [1|2] 2@3+10 [|] 3@4+14 [1|2] 4@5+22 [1|2] 5@6+26 "
         "ROW_RAGGED:2 [1|2|] 6@7+31 ROW_RAGGED:2 [1|2|||] 7@8+38 ROW_RAGGED:2 [1|x|2|] "
         "8@9+45 ROW_RAGGED:1 [1]",
         9, 0, 0},
        {BYTES("a,b\n1,2\n1,2,\n"), "0@1+0 [a|b] 1@2+4 [1|2] 2@3+8 ROW_RAGGED:2 [1|2|]",
         3, 0, 0},
        {BYTES("a,b\n1,2,3\n1,2,\n"),
         "0@1+0 [a|b] 1@2+4 ROW_RAGGED:2 [1|2|3] 2@3+10 ROW_RAGGED:2 [1|2|]", 3, 0, 0},
    };

    (void)state;
    EXPECT(samples, &comma, &defaults);
}

static void test_bad_cells(void **state) {
    static const struct sample samples[] = {
        {BYTES("a,b\n1\n1,2,3\n\"1\"\n1,2\n"),
         "0@1+0 [a|b] 1@2+4 ROW_RAGGED:1 [1] 2@3+6 ROW_RAGGED:2 [1|2|3] "
         "3@4+12 ROW_RAGGED:1 [1] 4@5+16 [1|2]",
         5, 0, 0},
        {BYTES("a,b\n1,\"x\ny\",2\n3,4\n"),
         "0@1+0 [a|b] 1@2+4 ROW_RAGGED:2 [1|x<n>y|2] 2@4+14 [3|4]", 4, 0, 0},
        {BYTES("a,b\n1,x\0y\n\"\0\",2\n3,4"),
         "0@1+0 [a|b] 1@2+4 ROW_NUL:1 [1|x<0>y] 2@3+10 ROW_NUL:0 [<0>|2] 3@4+16 [3|4]", 4,
         0, 0},
        {BYTES("a,b\n1,\xE9\n\"\xC3\",\xA4\n3,\xC3\xA4"),
         "0@1+0 [a|b] 1@2+4 ROW_ENCODING:1 [1|\xE9] 2@3+8 ROW_ENCODING:0 [\xC3|\xA4] "
         "3@4+14 [3|\xC3\xA4]",
         4, 0, 0},
        /* a sequence that a delimiter or a line end cuts */
        {BYTES("a,b\n1\xE2\x82,2\n1,2\xE2\x82\n3,4"),
         "0@1+0 [a|b] 1@2+4 ROW_ENCODING:0 [1\xE2\x82|2] 2@3+10 ROW_ENCODING:1 "
         "[1|2\xE2\x82] 3@4+16 [3|4]",
         4, 0, 0},
        /* the graver reason wins over the number of cells */
        {BYTES("a,b\n\0\n\xFF\n3,4"),
         "0@1+0 [a|b] 1@2+4 ROW_NUL:0 [<0>] 2@3+6 ROW_ENCODING:0 [\xFF] 3@4+8 [3|4]", 4,
         0, 0},
        /* the first good record says how many cells there are */
        {BYTES("a\"\n1,2\n3\n"),
         "0@1+0 ROW_QUOTE:0 [] 1@2+3 [1|2] 2@3+7 ROW_RAGGED:1 [3]", 3, 0, 0},
    };

    (void)state;
    EXPECT(samples, &comma, &defaults);
}

static void test_limits(void **state) {
    static const struct csv_limits limits = {.field = 6, .record = 12, .fields = 4};
    static const struct sample samples[] = {
        {BYTES("a,b\n123456,1\n1234567,1\n1,2"),
         "0@1+0 [a|b] 1@2+4 [123456|1] 2@3+13 ROW_TOO_LARGE:0 [1234567|1] 3@4+23 [1|2]",
         4, 0, 0},
        {BYTES("a,b\n1,\"1234567\"\n1,2"),
         "0@1+0 [a|b] 1@2+4 ROW_TOO_LARGE:1 [1|1234567] 2@3+16 [1|2]", 3, 0, 0},
        {BYTES("1,2,3,4\n1,2,3,4,5\n1,2,3,4,\"\"\n1,2,3,4"),
         "0@1+0 [1|2|3|4] 1@2+8 ROW_TOO_LARGE:4 [1|2|3|4] 2@3+18 ROW_TOO_LARGE:4 "
         "[1|2|3|4] 3@4+29 [1|2|3|4]",
         4, 0, 0},
        /* a line that is too long is read over, however long */
        {BYTES("a,b\n1,12345,78901,34567\n1,2"),
         "0@1+0 [a|b] 1@2+4 ROW_TOO_LARGE:2 [1|12345] 2@3+24 [1|2]", 3, 0, 0},
        {BYTES("a,b\n\"1,2345,78901,34567\r\n1,2"),
         "0@1+0 [a|b] 1@2+4 ROW_TOO_LARGE:0 [] 2@3+25 [1|2]", 3, 0, 0},
        {BYTES("a,b\n1,12345,78901"), "0@1+0 [a|b] 1@2+4 ROW_TOO_LARGE:2 [1|12345]", 2, 0,
         0},
        /* a quoted cell that is not closed within the limit costs its first line */
        {BYTES("a,b\n1,\"x\n2,3\n4,5\n6,7\",8\n9,0\n"),
         "0@1+0 [a|b] 1@2+4 ROW_QUOTE:1 [1] 2@3+9 [2|3] 3@4+13 [4|5] "
         "4@5+17 ROW_QUOTE:1 [6] 5@6+24 [9|0]",
         6, 0, 0},
        {BYTES("a,b\n1,\"x\n2,3\"\n4,5\n"), "0@1+0 [a|b] 1@2+4 [1|x<n>2,3] 2@4+14 [4|5]",
         4, 0, 0},
    };

    (void)state;
    EXPECT(samples, &comma, &limits);
}

static void test_details(void **state) {
    static const struct {
        struct slice text;
        const char *detail;
    } cases[] = {
        {BYTES("a,b\n1,x\"y\n"),
         "cell 2 holds a quote (byte 4 of the line) but does not begin with one"},
        {BYTES("a,b\n1,\"x\"y\n"),
         "cell 2 goes on after its closing quote (byte 6 of the line)"},
        {BYTES("a,b\n1,\"x\ny\"z\n"),
         "the quote that opens cell 2 is not closed properly: on line 3, byte 3, a quote "
         "is neither doubled nor at the end of a cell; lines 2 to 3 may be one cell and "
         "fail together"},
        {BYTES("a,b\n1,\"x\n"), "the quote that opens cell 2 is never closed"},
        {BYTES("a,b\n1\n"), "1 cell where there should be 2"},
        {BYTES("a,b\n1,\"x\ny\",3\n"), "3 cells where there should be 2, on lines 2 to "
                                       "3: perhaps a quote is missing or "
                                       "one too many"},
        {BYTES("a,b\n1,\0\n"), "cell 2 holds a NUL byte (byte 6 of the text)"},
        {BYTES("a,b\n1,x\xE9\n"),
         "cell 2 holds a byte that is not of the file's encoding (0xE9, byte 7 of the "
         "text)"},
        {BYTES("a,b\n1,x\xFF\n"), /* what stands for a byte of another encoding */
         "cell 2 holds a byte that is not of the file's encoding (byte 7 of the text)"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct text text = {cases[i].text, 100};
        const struct csv_record *record;
        struct csv_reader *reader;
        struct err err = {0};
        assert_int_equal(
            csv_reader_open(&reader, &comma, &defaults, text_read, &text, &err), RC_OK);
        assert_int_equal(csv_reader_next(reader, &record, &err), 1);
        assert_int_equal(csv_reader_next(reader, &record, &err), 1);
        assert_string_equal(record->detail, cases[i].detail);
        csv_reader_close(reader);
    }
}

static void test_dialects_that_cannot_be(void **state) {
    static const struct csv_dialect dialects[] = {
        {.delimiter = '"', .quote = '"'},
        {.delimiter = ';', .quote = '"', .comment = ';'},
        {.delimiter = '\n', .quote = '"'},
        {.delimiter = ',', .quote = '\r'},
        {.delimiter = ',', .quote = (char)0xE4},
        {.delimiter = ',', .quote = '"', .comment = '"'},
    };

    (void)state;
    for (size_t i = 0; i < sizeof dialects / sizeof dialects[0]; i++) {
        struct csv_reader *reader;
        struct err err = {0};
        assert_int_equal(
            csv_reader_open(&reader, &dialects[i], &defaults, text_read, NULL, &err),
            RC_USAGE);
        assert_null(reader);
        assert_true(err.message[0] != '\0');
    }
    csv_reader_close(NULL);
}

static void test_restart_and_skip(void **state) {
    struct slice whole = slice_of("sep=,\na,b\n1,\"x\ny\"\n2\n3,4\n");
    struct buf out = {.max = 1 << 16};
    const struct csv_record *record;
    struct text text = {whole, 5};
    struct csv_reader *reader;
    struct err err = {0};

    (void)state;
    assert_int_equal(csv_reader_open(&reader, &comma, &defaults, text_read, &text, &err),
                     RC_OK);
    assert_int_equal(csv_reader_skip_line(reader, &err), RC_OK);
    while (csv_reader_next(reader, &record, &err) > 0)
        show_record(&out, record);
    assert_string_equal(buf_text(&out), "0@2+6 [a|b] 1@3+10 [1|x<n>y] 2@5+18 "
                                        "ROW_RAGGED:1 [2] 3@6+20 [3|4]");
    buf_reset(&out);
    text.left = slice_make(whole.data + 18, whole.len - 18);
    csv_reader_restart(reader, 18, 5, 2);
    while (csv_reader_next(reader, &record, &err) > 0)
        show_record(&out, record);
    assert_string_equal(buf_text(&out), "2@5+18 ROW_RAGGED:1 [2] 3@6+20 [3|4]");
    assert_int_equal(csv_reader_number(reader), 4);
    csv_reader_close(reader);
    buf_fini(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact_cells),
        cmocka_unit_test(test_line_ends),
        cmocka_unit_test(test_comments),
        cmocka_unit_test(test_stray_quotes),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_damage_ends),
        cmocka_unit_test(test_padding),
        cmocka_unit_test(test_bad_cells),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_details),
        cmocka_unit_test(test_dialects_that_cannot_be),
        cmocka_unit_test(test_restart_and_skip),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
