/* problems.h - every mistake of a mapping, with the JSON Pointer of its place. */
#ifndef MODEL_PROBLEMS_H
#define MODEL_PROBLEMS_H

#include "base/err.h"
#include "model/mapping.h"

enum { POINTER_SIZE = 128 };

struct problems {
    struct mapping_problem *list; /* owned; malloc'ed */
    size_t count, cap;
    bool out_of_memory;
};

void problems_add(struct problems *problems, const char *pointer, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void problems_fini(struct problems *problems);

/* RC_OK when there are none; else RC_USAGE with the first of them and how many more there
 * are, or RC_NOMEM. name: of the mapping file, for the message, or NULL. */
int problems_to_err(const struct problems *problems, const char *name, struct err *err);

/* base + "/" + key, key escaped as RFC 6901 has it; cut when it is too long. */
void pointer_key(char out[POINTER_SIZE], const char *base, const char *key);
void pointer_index(char out[POINTER_SIZE], const char *base, size_t index);

#endif
