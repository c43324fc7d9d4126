/* answer_header.h - the header lines of an answer, read into struct answer. */
#ifndef WIRE_ANSWER_HEADER_H
#define WIRE_ANSWER_HEADER_H

#include "plan/exchange.h"

/* Zero-initialise once; may be used for one answer after the other. */
struct answer_header {
    int64_t retry_at_ms; /* Retry-After given as a date, ms since 1970; 0 = it was not */
    char date[40];       /* the last Date seen: answers of one second share it */
    size_t date_len;     /* bytes of date */
    int64_t date_ms;     /* what it stands for */
    bool complete;       /* the blank line that ends the headers has come */
};

/* Forgets the headers read so far: an answer begins (each "HTTP/1.1 ..." line does so by
 * itself, so that a 100 or a proxy's own answer leaves nothing behind). */
void answer_header_begin(struct answer_header *header, struct answer *answer);

/* One line as it came, line end included or not. Unknown and malformed ones are skipped.
 */
void answer_header_line(struct answer_header *header, struct answer *answer,
                        struct slice line);

/* After the last line: a Retry-After date becomes a wait, reckoned from the server's Date
 * or, where there is none, from wall_ms. */
void answer_header_end(struct answer_header *header, struct answer *answer,
                       int64_t wall_ms);

#endif
