/* reason.c - the table of reasons: code, meaning and advice.
 *
 * Help, man pages, reports and the README's table have their words from here (unit-docs).
 */
#include "base/reason.h"

#include <string.h>

struct reason_text {
    const char *code;    /* as reports and --json carry it */
    const char *meaning; /* one sentence: what is wrong */
    const char *advice;  /* one sentence, to the administrator: what to do */
};

static const struct reason_text texts[REASON_COUNT] = {
    [REASON_NONE] = {"", "", ""},
    [REASON_ROW_RAGGED] = {"ROW_RAGGED",
                           "The row has more or fewer cells than the header.",
                           "Give the row as many cells as the header has; quote cells "
                           "that hold the delimiter."},
    [REASON_ROW_QUOTE] =
        {"ROW_QUOTE",
         "A quote in the row is never closed, or stands inside a cell that does not "
         "begin with one.",
         "Close the quote, or double a quote that belongs to the text (\"\")."},
    [REASON_ROW_NUL] = {"ROW_NUL", "The row holds a NUL byte.",
                        "Remove the NUL byte from the row."},
    [REASON_ROW_ENCODING] = {"ROW_ENCODING",
                             "The row holds bytes that are not of the file's encoding.",
                             "Write the cell again in the file's encoding, or name the "
                             "right one with --encoding."},
    [REASON_ROW_TOO_LARGE] =
        {"ROW_TOO_LARGE",
         "The row, one of its cells or the number of its cells is larger than espoload "
         "takes.",
         "Shorten the row; a missing closing quote can also make a row this large."},
    [REASON_VALUE_REQUIRED] =
        {"VALUE_REQUIRED", "A cell is empty, and its field needs a value.",
         "Fill in the cell, or give the column a default in the mapping."},
    [REASON_VALUE_TOO_LONG] =
        {"VALUE_TOO_LONG", "The text is longer than its field takes.",
         "Shorten the text, or let an administrator raise the field's maximum length."},
    [REASON_VALUE_PATTERN] = {"VALUE_PATTERN",
                              "The text has characters that its field does not allow.",
                              "Remove the characters that the field does not allow."},
    [REASON_VALUE_UNMAPPED] =
        {"VALUE_UNMAPPED", "The cell is not in its column's valueMap.",
         "Add the value to the column's valueMap, or correct the cell."},
    [REASON_SPLIT_INVALID] =
        {"SPLIT_INVALID", "The cell cannot be taken apart as its column's split says.",
         "Write the cell in the form that the column's split expects."},
    [REASON_INT_INVALID] =
        {"INT_INVALID", "The cell is not a whole number.",
         "Write a whole number; set groupChar in the mapping if thousands are grouped."},
    [REASON_NUMBER_INVALID] =
        {"NUMBER_INVALID",
         "The cell is not a number as the mapping says that numbers are written.",
         "Write a plain number; set decimalChar and groupChar in the mapping to the "
         "file's."},
    [REASON_NUMBER_RANGE] =
        {"NUMBER_RANGE",
         "The number is smaller or greater than its field takes, or has more digits than "
         "it keeps.",
         "Correct the number so that it lies in the range of the field."},
    [REASON_CURRENCY_UNKNOWN] =
        {"CURRENCY_UNKNOWN", "EspoCRM does not have this currency.",
         "Use a currency that is in EspoCRM's currency list, or have it added there."},
    [REASON_BOOL_INVALID] = {"BOOL_INVALID", "The cell means neither yes nor no.",
                             "Use true/false, yes/no or 1/0, or set trueValues and "
                             "falseValues in the mapping."},
    [REASON_ENUM_UNKNOWN] =
        {"ENUM_UNKNOWN", "The cell is not an option of its field.",
         "Use one of the field's options or its label, or translate with a valueMap."},
    [REASON_DATE_INVALID] =
        {"DATE_INVALID",
         "The cell is not a date as the mapping says that dates are written, or there is "
         "no such day.",
         "Correct the date, or set the column's format in the mapping."},
    [REASON_DATETIME_INVALID] =
        {"DATETIME_INVALID",
         "The cell is not a date with a time as the mapping says that they are written, "
         "or there is none such.",
         "Correct date and time, or set the column's format in the mapping."},
    [REASON_TIME_GAP] =
        {"TIME_GAP",
         "The time zone has no such time: its clocks were put forward over it.",
         "Correct the time, or give it with an offset, such as +02:00."},
    [REASON_TIME_AMBIGUOUS] =
        {"TIME_AMBIGUOUS", "The time zone has this time twice: its clocks were put back.",
         "Give the time with an offset, such as +02:00."},
    [REASON_EMAIL_INVALID] = {"EMAIL_INVALID",
                              "EspoCRM would not take this e-mail address.",
                              "Correct the e-mail address."},
    [REASON_PHONE_INVALID] = {"PHONE_INVALID",
                              "EspoCRM would not take this phone number.",
                              "Write the number in international form, such as "
                              "+493012345678, or set phoneCountry."},
    [REASON_PHONE_SCIENTIFIC] = {"PHONE_SCIENTIFIC",
                                 "A spreadsheet has rounded this phone number "
                                 "(4.41E+11): its last digits are lost.",
                                 "Give the column the format Text in the spreadsheet, "
                                 "take the numbers from their source, and export again."},
    [REASON_URL_INVALID] = {"URL_INVALID", "EspoCRM would not take this web address.",
                            "Correct the web address."},
    [REASON_ID_INVALID] = {"ID_INVALID", "The cell is not the id of a record.",
                           "Use the record's id as EspoCRM shows it in the address bar."},
    [REASON_LIST_INVALID] =
        {"LIST_INVALID",
         "The list has an empty item, or more items than its field takes.",
         "Correct the list in the cell; items are parted by the column's delimiter."},
    [REASON_ROW_EMPTY] = {"ROW_EMPTY",
                          "No cell of the row holds anything that is imported.",
                          "Fill in the row, or delete it from the file."},
    [REASON_LOOKUP_NONE] = {"LOOKUP_NONE",
                            "The cell names no record of the linked entity type.",
                            "Correct the cell, create that record in EspoCRM, or set "
                            "\"onNone\" in the column's lookup."},
    [REASON_LOOKUP_MANY] = {"LOOKUP_MANY",
                            "The cell names several records of the linked entity type.",
                            "Name the record by something that only it has, by its id, "
                            "or merge the records in EspoCRM."},
    [REASON_MATCH_NONE] = {"MATCH_NONE",
                           "No record matches the row that it could update or delete.",
                           "Correct the cells that the row is matched by, or use "
                           "\"upsert\" to create what is not there."},
    [REASON_MATCH_MANY] =
        {"MATCH_MANY", "Several records match the row.",
         "Merge these records in EspoCRM, or match by a field that tells them apart."},
    [REASON_MATCH_LOOSE] = {"MATCH_LOOSE",
                            "The row and a record are equal for EspoCRM's database only "
                            "(it ignores accents, for example).",
                            "Write the cell just as EspoCRM has it if it is the same "
                            "record; else match by another field."},
    [REASON_CONFLICT] =
        {"CONFLICT",
         "The record holds another value, and the column's onConflict says error.",
         "Decide which value is right; empty the cell to keep that of EspoCRM."},
    [REASON_REPEATED] =
        {"REPEATED",
         "The row is about the same record as another row of the file, which was taken.",
         "Keep one of the rows, or set \"onRepeat\" in the mapping."},
    [REASON_PLAN_CHANGED] =
        {"PLAN_CHANGED",
         "The row would not be done as the plan says (--plan); nothing of it was sent.",
         "Look at what has changed since, then make a new plan with check --plan."},
    [REASON_PLAN_OMITTED] =
        {"PLAN_OMITTED", "The plan (--plan) has no line for the row, which is skipped.",
         "There is nothing to do if the line was left out on purpose; else make a new "
         "plan with check --plan."},
    [REASON_EDITED_SINCE] =
        {"EDITED_SINCE",
         "Somebody has edited the record since the run, so undo has kept it.",
         "Look at the record: what somebody has put there since is kept; take the rest "
         "back by hand if it is wrong."},
    [REASON_STILL_USED] = {"STILL_USED",
                           "Other records refer to this one, which was made for a link, "
                           "or may do so, so undo has kept it.",
                           "Delete it by hand when nothing needs it any more."},
    [REASON_DUPLICATE] = {"DUPLICATE", "EspoCRM says that it has this record already.",
                          "Decide which record is right; --on-duplicate or onDuplicate "
                          "says what to do with such rows."},
    [REASON_MODIFIED] = {"MODIFIED",
                         "Somebody changed the record while the row was on its way.",
                         "Look at the record, then run the row again."},
    [REASON_SERVER_VALIDATION] = {"SERVER_VALIDATION",
                                  "EspoCRM refuses a value of the row.",
                                  "Correct the value that EspoCRM refuses."},
    [REASON_LINK_MISSING] =
        {"LINK_MISSING",
         "The row refers to a record that does not exist, or that the API user may not "
         "see.",
         "Use the id of a record that exists and that the API user may see."},
    [REASON_FORBIDDEN] =
        {"FORBIDDEN", "EspoCRM does not allow this user to write the record.",
         "Give the API user's role the right that is missing, or leave the row out."},
    [REASON_NOT_FOUND] =
        {"NOT_FOUND", "The record that the row is about is not there.",
         "Check whether the record was deleted, and whether the API user may see it."},
    [REASON_REQUEST_TOO_LARGE] =
        {"REQUEST_TOO_LARGE", "The web server refuses the row as too large.",
         "Shorten the row's long texts, or raise the web server's body limit."},
    [REASON_SERVER_ERROR] =
        {"SERVER_ERROR", "EspoCRM failed at this row.",
         "Look into EspoCRM's log (data/logs) for this time, then run the row again."},
    [REASON_NOT_STORED] = {"NOT_STORED", "The record was saved, but not with this value.",
                           "Check the role's field rights and the server's formulas, "
                           "then enter the value in EspoCRM."},
    [REASON_OUTCOME_UNKNOWN] = {"OUTCOME_UNKNOWN",
                                "The row was sent, its answer was lost, and look-ups "
                                "could not tell whether it arrived.",
                                "Look in EspoCRM whether the record is there (once) "
                                "before running the row again."},
};

const char *reason_code(enum reason reason) {
    return reason > REASON_NONE && reason < REASON_COUNT ? texts[reason].code : "";
}

const char *reason_meaning(enum reason reason) {
    return reason > REASON_NONE && reason < REASON_COUNT ? texts[reason].meaning : "";
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
