/* profile_flaw.c - the words for what may be odd about a column. */
#include "model/profile_flaw.h"

struct flaw_words {
    const char *code;
    const char *words;  /* stands before ": N cells" */
    const char *advice; /* names only words that a mapping or the command line knows */
};

static const struct flaw_words words[PROFILE_FLAWS] = {
    [FLAW_MOJIBAKE] =
        {"MOJIBAKE", "looks like UTF-8 that was once read as windows-1252",
         "export the data again as UTF-8; what is imported like this stays like this"},
    [FLAW_REPLACEMENT] =
        {"REPLACEMENT_CHARACTER", "holds U+FFFD, which stands for a lost character",
         "go back to the source and export it again: no setting brings the characters "
         "back"},
    [FLAW_SCIENTIFIC] =
        {"SCIENTIFIC", "digits rounded away by a spreadsheet (E+)",
         "format the column as text in the spreadsheet, take the numbers from their "
         "source once more, and export again"},
    [FLAW_SHEET_ERROR] =
        {"SHEET_ERROR", "error of a spreadsheet formula",
         "correct the formula, or list the word in \"missingValues\" to import these "
         "cells as empty"},
    [FLAW_FORMULA] = {"FORMULA", "begins with = like a formula",
                      "export values instead of formulas: the text is imported as it "
                      "stands"},
    [FLAW_APOSTROPHE] = {"APOSTROPHE",
                         "apostrophe in front, by which spreadsheets mark text",
                         "phone numbers are read without it; elsewhere remove it from "
                         "the file, or it is imported"},
    [FLAW_INVISIBLE] = {"INVISIBLE",
                        "invisible characters (marks of direction, zero width)",
                        "phone numbers are read without them; elsewhere remove them from "
                        "the file: they break matching and look-ups"},
    [FLAW_NBSP] = {"NO_BREAK_SPACE", "no-break space",
                   "in numbers \"groupChar\": \" \" reads it; elsewhere replace it by "
                   "a blank in the file: it breaks matching and look-ups"},
    [FLAW_BLANKS] = {"BLANKS_AROUND", "blanks around the value",
                     "nothing: they are not part of the value when it is converted"},
    [FLAW_CONTROL] = {"CONTROL", "control characters",
                      "remove them from the file; another program left them there"},
    [FLAW_PLACEHOLDER] = {"PLACEHOLDER", "a word that stands for nothing",
                          "list it in the mapping, such as \"missingValues\": [\"\", "
                          "\"n/a\"], or it is taken for a value"},
    [FLAW_MIXED_TYPES] =
        {"MIXED_TYPES", "not of the column's kind",
         "correct these cells, or map the column to a text field; a row whose cell does "
         "not fit its field fails"},
    [FLAW_MIXED_DATES] =
        {"MIXED_DATE_FORMATS", "another date format than the rest",
         "if every date has one meaning only, list all formats in the mapping's "
         "\"format\"; else correct the file"},
    [FLAW_AMBIGUOUS_DATES] = {"AMBIGUOUS_DATES", "no cell shows which number is the day",
                              "ask where the file comes from, then say it in the "
                              "mapping's \"format\""},
    [FLAW_MIXED_MARKS] =
        {"MIXED_DECIMAL_MARKS", "another decimal mark than the rest",
         "correct them: a column has one \"decimalChar\", and with the wrong one 1.500 "
         "and 1,500 change places"},
    [FLAW_AMBIGUOUS_MARK] =
        {"AMBIGUOUS_NUMBERS", "mark that may part decimals or thousands",
         "say it in the mapping: \"decimalChar\": \",\", \"groupChar\": \".\", or "
         "the other way round"},
    [FLAW_CURRENCY_SIGN] =
        {"CURRENCY_SIGN", "currency beside the amount, not written as its code",
         "remove it from the file; a code as in \"12.50 EUR\" is read where the mapping "
         "sets that currency: {\"const\": \"EUR\", \"field\": \"...Currency\"}"},
    [FLAW_MIXED_CURRENCIES] =
        {"MIXED_CURRENCIES", "another currency than the rest",
         "put the currency into a column of its own, mapped to the field's ...Currency"},
    [FLAW_REPEATED] = {"REPEATED", "the same value more than once",
                       "each row becomes a record: decide with \"onDuplicate\" or "
                       "--on-duplicate what happens to the later ones"},
    [FLAW_SERIAL_DATES] =
        {"SERIAL_DATES", "dates as the numbers in which spreadsheets keep them",
         "give the column a date format in the spreadsheet and export again: no date "
         "field takes them, and others would keep the numbers"},
    [FLAW_LOST_ZEROS] = {"LOST_ZEROS", "leading zero seems to be lost",
                         "format the column as text in the spreadsheet and export again"},
    [FLAW_TRUNCATED] = {"TRUNCATED", "ends exactly where programs cut off",
                        "compare one of them with its source before importing"},
    [FLAW_ALL_EMPTY] = {"EMPTY", "no cell is filled",
                        "leave the column out of the mapping, or \"ignore\": true"},
};

const char *profile_flaw_code(enum profile_flaw flaw) {
    return words[flaw].code;
}

const char *profile_flaw_words(enum profile_flaw flaw) {
    return words[flaw].words;
}

const char *profile_flaw_advice(enum profile_flaw flaw) {
    return words[flaw].advice;
}
