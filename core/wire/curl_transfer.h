/* curl_transfer.h - one request on one libcurl easy handle, from options to answer.
 *
 * Private to curl_transport.c, which owns the handles' multi and decides when.
 */
#ifndef WIRE_CURL_TRANSFER_H
#define WIRE_CURL_TRANSFER_H

#include "base/buf.h"
#include "wire/answer_header.h"
#include "wire/curl_transport.h"

#include <curl/curl.h>

/* Header lines of a request at most: ours, and two of struct auth. */
enum { TRANSFER_HEADERS_MAX = 8 };

/* What all transfers of one transport share. */
struct transfer_setup {
    struct curl_transport_options options; /* strings owned here, defaults filled in */
    struct buf api_url;                    /* with "/api/v1/" at its end */
    bool tls;                              /* api_url is https */
    CURLU *site;                           /* api_url taken apart; NULL = a proxy may be
                                              asked: libcurl is given whole URLs */
    size_t origin_len;                     /* bytes of api_url before its path */
};

struct transfer {
    const struct transfer_setup *setup; /* borrowed */
    CURL *easy;                         /* NULL until used, and after a failure */
    struct request *request;            /* the one on its way, borrowed; NULL = idle */
    struct buf url;                     /* of the request */
    struct buf lines;                   /* header lines, terminated; they hold secrets */
    struct curl_slist list[TRANSFER_HEADERS_MAX]; /* over lines */
    struct buf body;                              /* of the answer */
    struct answer_header header;
    size_t header_bytes; /* of all headers that came, those of a 100 included */
    struct answer answer;
    unsigned sends;              /* how often libcurl was about to send the request */
    bool resend_stopped;         /* ... and was kept from doing it again */
    int64_t started_us;          /* monotonic, of submit */
    char error[CURL_ERROR_SIZE]; /* libcurl's words on a failure */
    struct transfer *next_idle;  /* the transport's list */
};

int transfer_setup_init(struct transfer_setup *setup,
                        const struct curl_transport_options *options, struct err *err);
void transfer_setup_fini(struct transfer_setup *setup);

void transfer_init(struct transfer *transfer, const struct transfer_setup *setup);
void transfer_fini(struct transfer *transfer);

/* Makes transfer->easy ready to be added to a multi. RC_NOMEM, RC_LIMIT. */
int transfer_prepare(struct transfer *transfer, struct request *request, struct err *err);

/* Fills transfer->answer from what libcurl says; the handle must be out of its multi. A
 * handle that failed is thrown away with its connection. */
void transfer_finish(struct transfer *transfer, CURLcode code);

/* The same for one that is given up. */
void transfer_cancel(struct transfer *transfer);

/* After the answer was read: idle again, without a body of unusual size. */
void transfer_release(struct transfer *transfer);

#endif
