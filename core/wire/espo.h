/* espo.h - EspoCRM's ways of putting things: its URL, its search parameters. */
#ifndef WIRE_ESPO_H
#define WIRE_ESPO_H

#include "base/buf.h"
#include "base/err.h"

/* Appends s percent-encoded for a path or query: everything but letters, digits and
 * "-._~" becomes %XX. */
int espo_append_escaped(struct buf *buf, struct slice s);

/* "https://host/path/" or "host" as typed or pasted -> the URL of the API, with
 * "/api/v1/" at its end: adds https:// where no scheme is given, drops blanks around it,
 * trailing slashes and a fragment (a browser's "/#Lead"), accepts one that already names
 * api/v1. RC_USAGE for what is no http(s) URL, has a query, or holds user:password.
 * Appends to out. */
int espo_api_url(const char *site, struct buf *out, struct err *err);

/* Appends "{entity}?searchParams={json}" with the JSON percent-encoded: the path of a
 * list request. */
int espo_append_list_path(struct buf *buf, const char *entity_type, struct slice json);

#endif
