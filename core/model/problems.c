/* problems.c - a growing list of mistakes; keeps at most PROBLEMS_MAX of them. */
#include "model/problems.h"

#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { PROBLEMS_MAX = 200 };

void problems_add(struct problems *problems, const char *pointer, const char *format,
                  ...) {
    struct mapping_problem *problem;
    va_list args;

    if (problems->count >= PROBLEMS_MAX)
        return;
    if (problems->count == problems->cap) {
        size_t cap = problems->cap == 0 ? 8 : problems->cap * 2;
        problem = realloc(problems->list, cap * sizeof *problem);
        if (problem == NULL) {
            problems->out_of_memory = true;
            return;
        }
        problems->list = problem;
        problems->cap = cap;
    }
    problem = &problems->list[problems->count++];
    (void)snprintf(problem->pointer, sizeof problem->pointer, "%s", pointer);
    va_start(args, format);
    (void)vsnprintf(problem->message, sizeof problem->message, format, args);
    va_end(args);
}

void problems_fini(struct problems *problems) {
    free(problems->list);
    *problems = (struct problems){.list = NULL};
}

int problems_to_err(const struct problems *problems, const char *name, struct err *err) {
    const struct mapping_problem *first = problems->list;

    if (problems->out_of_memory)
        return err_nomem(err);
    if (problems->count == 0)
        return RC_OK;
    (void)err_set(err, RC_USAGE, "%s%s%s: %s", name == NULL ? "" : name,
                  name == NULL || first->pointer[0] == '\0' ? "" : ": ", first->pointer,
                  first->message);
    if (problems->count > 1)
        err_advise(err, "the mapping has %zu more problem%s; the next: %s: %s",
                   problems->count - 1, problems->count == 2 ? "" : "s",
                   problems->list[1].pointer, problems->list[1].message);
    return RC_USAGE;
}

void pointer_key(char out[POINTER_SIZE], const char *base, const char *key) {
    struct buf buf = {.data = out, .cap = POINTER_SIZE, .max = POINTER_SIZE - 1};
    char copy[POINTER_SIZE];

    (void)snprintf(copy, sizeof copy, "%s", base); /* out may be base */
    out[0] = '\0';
    (void)buf_append_text(&buf, copy);
    (void)buf_append_char(&buf, '/');
    for (; *key != '\0' && buf.failed == RC_OK; key++) {
        if (*key == '~')
            (void)buf_append(&buf, "~0", 2);
        else if (*key == '/')
            (void)buf_append(&buf, "~1", 2);
        else
            (void)buf_append_char(&buf, *key);
    }
}

void pointer_index(char out[POINTER_SIZE], const char *base, size_t index) {
    char number[24];

    (void)snprintf(number, sizeof number, "%zu", index);
    pointer_key(out, base, number);
}
