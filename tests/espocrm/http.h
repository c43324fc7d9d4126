/* HTTP around the server: libmicrohttpd, delays, and the faults that act on
 * connections. */
#ifndef ESPOCRM_HTTP_H
#define ESPOCRM_HTTP_H

#include "app.h"

struct http;

/* Listens on 127.0.0.1; the port really taken is written back to cfg.port. NULL on
 * error. */
struct http *http_start(struct app *app);
void http_stop(struct http *h);

#endif
