/* complaint.h - what the server says is wrong, taken from X-Status-Reason and the body.
 *
 * EspoCRM says it twice: as a line for the log in the header, and as
 * {"messageTranslation":{"label":...,"data":{"field":...,"type":...}}} or {"message":...}
 * in the body. A proxy may strip the header or put a web page in the body's place, so
 * either may be all there is (espocrm-api, section 1.6).
 */
#ifndef PLAN_COMPLAINT_H
#define PLAN_COMPLAINT_H

#include "plan/exchange.h"

enum complaint_body {
    COMPLAINT_EMPTY, /* nothing but blanks */
    COMPLAINT_OBJECT,
    COMPLAINT_ARRAY,
    COMPLAINT_PAGE, /* HTML, or whatever else begins with '<' */
    COMPLAINT_OTHER
};

struct complaint {
    enum complaint_body body;
    char label[64];   /* messageTranslation.label: "validationFailure", or "" */
    char field[64];   /* the field or link that is wrong, or "" */
    char type[64];    /* of a validation failure: "required", or "" */
    char text[256];   /* the header, else the body's message, or "" */
    bool has_version; /* the body has a versionNumber: 409 modified */
    bool maintenance; /* header or body.message speak of maintenance */
};

void complaint_read(const struct answer *answer, struct complaint *out);

/* A validation failure in plain words, as the end of a sentence: "is required". type:
 * complaint.type. Borrowed for ever. */
const char *complaint_words(const char *type);

#endif
