/* lookup.h - how a cell names a record at the other end of a link: the mapping's
 * "lookup".
 */
#ifndef MODEL_LOOKUP_H
#define MODEL_LOOKUP_H

#include <stddef.h>

enum lookup_none {
    LOOKUP_NONE_ERROR, /* the row fails: LOOKUP_NONE */
    LOOKUP_NONE_NULL,  /* the link is cleared */
    LOOKUP_NONE_SKIP,  /* the row is skipped */
    LOOKUP_NONE_CREATE /* the record is made, once per run */
};
enum lookup_many {
    LOOKUP_MANY_ERROR, /* the row fails: LOOKUP_MANY */
    LOOKUP_MANY_FIRST  /* the one that was created first is taken */
};

struct lookup {
    const char *pointer;     /* JSON Pointer of it in the mapping */
    const char *entity_type; /* whose records are looked up: "Account" */
    const char *const *by;   /* attributes, tried in this order */
    size_t by_count;
    enum lookup_none on_none;
    enum lookup_many on_many;
};

#endif
