/* reason.h - why a row failed: the closed list of codes that reports and `--json` carry.
 *
 * A code never changes its meaning; README and `_code` in the errors file use its name.
 */
#ifndef BASE_REASON_H
#define BASE_REASON_H

enum reason {
    REASON_NONE = 0,
    /* the CSV record itself */
    REASON_ROW_RAGGED,    /* more or fewer cells than the header */
    REASON_ROW_QUOTE,     /* a quote that is never closed, or stands inside a bare cell */
    REASON_ROW_NUL,       /* a NUL byte */
    REASON_ROW_ENCODING,  /* bytes that are not of the input's encoding */
    REASON_ROW_TOO_LARGE, /* record, cell or number of cells beyond the caps */
    /* a cell against its field */
    REASON_VALUE_REQUIRED,
    REASON_VALUE_TOO_LONG,
    REASON_VALUE_PATTERN,
    REASON_VALUE_UNMAPPED, /* not in the column's valueMap */
    REASON_SPLIT_INVALID,  /* a cell that the column's split cannot take apart */
    REASON_INT_INVALID,
    REASON_NUMBER_INVALID,
    REASON_NUMBER_RANGE,
    REASON_CURRENCY_UNKNOWN,
    REASON_BOOL_INVALID,
    REASON_ENUM_UNKNOWN,
    REASON_DATE_INVALID,
    REASON_DATETIME_INVALID,
    REASON_TIME_GAP,       /* a local time that the time zone skips */
    REASON_TIME_AMBIGUOUS, /* a local time that the time zone has twice */
    REASON_EMAIL_INVALID,
    REASON_PHONE_INVALID,
    REASON_PHONE_SCIENTIFIC, /* 4.41E+11: a spreadsheet has rounded it */
    REASON_URL_INVALID,
    REASON_ID_INVALID,
    REASON_LIST_INVALID, /* too many items, an empty item */
    REASON_ROW_EMPTY,    /* nothing in the row to send */
    /* the row against what EspoCRM holds */
    REASON_LOOKUP_NONE, /* a link's look-up finds nothing */
    REASON_LOOKUP_MANY, /* a link's look-up finds several records */
    REASON_MATCH_NONE,  /* no record to update or delete */
    REASON_MATCH_MANY,  /* several records that the row may be about */
    REASON_MATCH_LOOSE, /* equal for the database's collation only */
    REASON_CONFLICT,    /* the record holds something else, and the mapping says error */
    REASON_REPEATED,    /* an earlier row of the file is about the same record */
    /* the row against the plan that is carried out */
    REASON_PLAN_CHANGED, /* what would be done is not what the plan says */
    REASON_PLAN_OMITTED, /* the plan has no line for the row */
    /* a row of a run that is taken back */
    REASON_EDITED_SINCE, /* the record holds something else than the run has written */
    REASON_STILL_USED,   /* other records refer to it */
    /* the server's answer */
    REASON_DUPLICATE,
    REASON_MODIFIED, /* changed by somebody else in between */
    REASON_SERVER_VALIDATION,
    REASON_LINK_MISSING, /* a link to a record that does not exist, or is not visible */
    REASON_FORBIDDEN,
    REASON_NOT_FOUND,
    REASON_REQUEST_TOO_LARGE,
    REASON_SERVER_ERROR,
    REASON_NOT_STORED,      /* the record is there, a value is not */
    REASON_OUTCOME_UNKNOWN, /* sent, answer lost, and look-ups did not tell */
    REASON_COUNT
};

/* "ENUM_UNKNOWN"; borrowed for ever. */
const char *reason_code(enum reason reason);

/* What has gone wrong, one plain sentence; borrowed for ever. */
const char *reason_meaning(enum reason reason);

/* What to do about it, one plain sentence; borrowed for ever. */
const char *reason_advice(enum reason reason);

/* The reason of a code, REASON_NONE for a word that is none. */
enum reason reason_of_code(const char *code);

#endif
