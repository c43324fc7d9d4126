/* reason.c - the table of reasons: code and advice. */
#include "base/reason.h"

#include <string.h>

struct reason_text {
    const char *code;   /* as reports and --json carry it */
    const char *advice; /* one sentence, to the administrator */
};

static const struct reason_text texts[REASON_COUNT] = {
    [REASON_NONE] = {"", ""},
    [REASON_ROW_RAGGED] = {"ROW_RAGGED",
                           "Give the row as many cells as the header has; quote "
                           "cells that hold the delimiter."},
    [REASON_ROW_QUOTE] = {"ROW_QUOTE",
                          "Close the quote, or double a quote that belongs to the "
                          "text (\"\")."},
    [REASON_ROW_NUL] = {"ROW_NUL", "Remove the NUL byte from the row."},
    [REASON_ROW_ENCODING] = {"ROW_ENCODING",
                             "Write the cell again in the file's encoding, or "
                             "name the right one with --encoding."},
    [REASON_ROW_TOO_LARGE] = {"ROW_TOO_LARGE",
                              "Shorten the row; a missing closing quote can "
                              "also make a row this large."},
    [REASON_VALUE_REQUIRED] = {"VALUE_REQUIRED", "Fill in the cell, or give the column a "
                                                 "default in the mapping."},
    [REASON_VALUE_TOO_LONG] = {"VALUE_TOO_LONG",
                               "Shorten the text, or let an administrator "
                               "raise the field's maximum length."},
    [REASON_VALUE_PATTERN] = {"VALUE_PATTERN",
                              "Remove the characters that the field does not "
                              "allow."},
    [REASON_VALUE_UNMAPPED] = {"VALUE_UNMAPPED",
                               "Add the value to the column's valueMap, or "
                               "correct the cell."},
    [REASON_SPLIT_INVALID] = {"SPLIT_INVALID",
                              "Write the cell in the form that the column's "
                              "split expects."},
    [REASON_INT_INVALID] = {"INT_INVALID",
                            "Write a whole number; set groupChar in the mapping "
                            "if thousands are grouped."},
    [REASON_NUMBER_INVALID] = {"NUMBER_INVALID",
                               "Write a plain number; set decimalChar and "
                               "groupChar in the mapping to the file's."},
    [REASON_NUMBER_RANGE] = {"NUMBER_RANGE",
                             "Correct the number so that it lies in the range "
                             "of the field."},
    [REASON_CURRENCY_UNKNOWN] = {"CURRENCY_UNKNOWN",
                                 "Use a currency that is in EspoCRM's "
                                 "currency list, or have it added there."},
    [REASON_BOOL_INVALID] = {"BOOL_INVALID",
                             "Use true/false, yes/no or 1/0, or set trueValues "
                             "and falseValues in the mapping."},
    [REASON_ENUM_UNKNOWN] = {"ENUM_UNKNOWN", "Use one of the field's options or its "
                                             "label, or translate with a valueMap."},
    [REASON_DATE_INVALID] = {"DATE_INVALID",
                             "Correct the date, or set the column's format in "
                             "the mapping."},
    [REASON_DATETIME_INVALID] = {"DATETIME_INVALID", "Correct date and time, or set the "
                                                     "column's format in the mapping."},
    [REASON_TIME_GAP] = {"TIME_GAP",
                         "This local time does not exist (clocks were put forward); "
                         "correct it or give it with an offset."},
    [REASON_TIME_AMBIGUOUS] = {"TIME_AMBIGUOUS",
                               "This local time came twice (clocks were put "
                               "back); give it with an offset, as +02:00."},
    [REASON_EMAIL_INVALID] = {"EMAIL_INVALID", "Correct the e-mail address."},
    [REASON_PHONE_SCIENTIFIC] = {"PHONE_SCIENTIFIC",
                                 "Give the column the format Text in the spreadsheet, "
                                 "take the numbers from their source, and export again."},
    [REASON_PHONE_INVALID] = {"PHONE_INVALID",
                              "Write the number in international form, as "
                              "+493012345678, or set phoneCountry."},
    [REASON_URL_INVALID] = {"URL_INVALID", "Correct the web address."},
    [REASON_ID_INVALID] = {"ID_INVALID", "Use the record's id as EspoCRM shows it in the "
                                         "address bar."},
    [REASON_LIST_INVALID] = {"LIST_INVALID",
                             "Correct the list in the cell; items are parted by "
                             "the column's delimiter."},
    [REASON_LOOKUP_NONE] = {"LOOKUP_NONE",
                            "Correct the cell, create that record in EspoCRM, or set "
                            "\"onNone\" in the column's lookup."},
    [REASON_LOOKUP_MANY] = {"LOOKUP_MANY",
                            "Name the record by something that only it has, by its id, "
                            "or merge the records in EspoCRM."},
    [REASON_MATCH_NONE] = {"MATCH_NONE",
                           "Correct the cells that the row is matched by, or use "
                           "\"upsert\" to create what is not there."},
    [REASON_MATCH_MANY] = {"MATCH_MANY",
                           "Merge these records in EspoCRM, or match by a field that "
                           "tells them apart."},
    [REASON_MATCH_LOOSE] = {"MATCH_LOOSE",
                            "Write the cell just as EspoCRM has it if it is the same "
                            "record; else match by another field."},
    [REASON_CONFLICT] = {"CONFLICT",
                         "Decide which value is right; empty the cell to keep that of "
                         "EspoCRM."},
    [REASON_REPEATED] = {"REPEATED",
                         "Keep one of the rows, or set \"onRepeat\" in the mapping."},
    [REASON_PLAN_CHANGED] = {"PLAN_CHANGED",
                             "Look at what has changed since, then make a new plan with "
                             "check --plan."},
    [REASON_PLAN_OMITTED] = {"PLAN_OMITTED",
                             "Nothing is to be done if the line was left out on purpose; "
                             "else make a new plan with check --plan."},
    [REASON_EDITED_SINCE] = {"EDITED_SINCE",
                             "Look at the record: what somebody has put there since is "
                             "kept; take the rest back by hand if it is wrong."},
    [REASON_STILL_USED] = {"STILL_USED",
                           "Delete it by hand when nothing needs it any more."},
    [REASON_ROW_EMPTY] = {"ROW_EMPTY", "Fill in the row, or delete it from the file."},
    [REASON_DUPLICATE] = {"DUPLICATE", "Decide which record is right; --on-duplicate or "
                                       "onDuplicate says what to do with such rows."},
    [REASON_MODIFIED] = {"MODIFIED",
                         "Somebody changed the record in the meantime; look at it, "
                         "then run the row again."},
    [REASON_SERVER_VALIDATION] = {"SERVER_VALIDATION", "Correct the value that EspoCRM "
                                                       "refuses."},
    [REASON_LINK_MISSING] = {"LINK_MISSING",
                             "Use the id of a record that exists and that the "
                             "API user may see."},
    [REASON_FORBIDDEN] = {"FORBIDDEN",
                          "Give the API user's role the right that is missing, or "
                          "leave the row out."},
    [REASON_NOT_FOUND] = {"NOT_FOUND",
                          "The record is gone; check whether it was deleted."},
    [REASON_REQUEST_TOO_LARGE] = {"REQUEST_TOO_LARGE",
                                  "Shorten the row's long texts, or raise "
                                  "the web server's body limit."},
    [REASON_SERVER_ERROR] = {"SERVER_ERROR",
                             "Look into EspoCRM's log (data/logs) for this "
                             "time, then run the row again."},
    [REASON_NOT_STORED] = {"NOT_STORED",
                           "The record was saved without this value; check the "
                           "role's field rights and the server's formulas."},
    [REASON_OUTCOME_UNKNOWN] = {"OUTCOME_UNKNOWN",
                                "Look in EspoCRM whether the record is there "
                                "(once) before running the row again."},
};

const char *reason_code(enum reason reason) {
    return reason > REASON_NONE && reason < REASON_COUNT ? texts[reason].code : "";
}

const char *reason_advice(enum reason reason) {
    return reason > REASON_NONE && reason < REASON_COUNT ? texts[reason].advice : "";
}

enum reason reason_of_code(const char *code) {
    for (int i = REASON_NONE + 1; i < REASON_COUNT; i++)
        if (strcmp(texts[i].code, code) == 0)
            return (enum reason)i;
    return REASON_NONE;
}
