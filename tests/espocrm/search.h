/* Search parameters of a list request: bracket encoding or one JSON text. */
#ifndef ESPOCRM_SEARCH_H
#define ESPOCRM_SEARCH_H

#include "app.h"

struct search {
    json_t *params; /* everything as one object, owned */
    json_t *where;  /* borrowed array (or object with numeric keys), or NULL */
    json_t *select; /* owned array of names, or NULL for all */
    long max_size, offset;
    const char *order_by; /* borrowed, or NULL */
    int order;            /* 0: not given, 1: ascending, -1: descending */
    const char *text_filter, *primary;
    json_t *bool_filters; /* borrowed, or NULL */
    bool no_total;
};

/* 0, or -1 after an error was set. search_fini is due in both cases. */
int search_parse(struct ctx *c, struct search *s);
/* The same from an object as MassAction sends it. */
int search_from_params(struct ctx *c, struct search *s, json_t *params);
void search_fini(struct search *s);

/* A query string as PHP's parse_str makes it: nested objects. New reference. */
json_t *query_parse(const char *query);
char *percent_decode(const char *s, size_t n, bool plus_is_space);

#endif
