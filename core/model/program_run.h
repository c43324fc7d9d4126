/* program_run.h - one row at work: what program_run.c and program_address_run.c share. */
#ifndef MODEL_PROGRAM_RUN_H
#define MODEL_PROGRAM_RUN_H

#include "model/program_internal.h"

/* Addresses of one kind, as they are found in the row's cells. */
struct run_list {
    struct address *items; /* in the arena */
    size_t count, cap;
};

struct run {
    const struct program *program;
    struct arena *arena;
    const struct slice *fields; /* the row's cells */
    size_t field_count;
    struct attribute *attributes; /* room for all that the program knows */
    size_t count;
    struct attribute *keys; /* room for the program's */
    size_t key_count;
    struct record_link *links; /* room for the program's */
    size_t link_count;
    size_t from_cells; /* values that are not constants and not null */
    struct row_error *errors;
    size_t error_count, error_cap;
    struct run_list lists[ADDRESS_KINDS];
};

int run_add_error(struct run *run, enum reason reason, size_t column, const char *field,
                  struct slice value, const char *message);

/* Is the cell empty for the step, or one of its missingValues? */
bool step_is_empty(const struct step *step, struct slice cell);

/* Takes a cell apart as the step's split says, into one part for each of its fields;
 * parts: of SPLIT_PARTS_MAX. False when the cell is no such text. */
enum { SPLIT_PARTS_MAX = 64 };
bool run_split_cell(const struct step *step, struct slice cell, struct slice *parts);

/* An address that a step has made of a cell, with what other cells say of it. */
int run_add_address(struct run *run, const struct step *step, size_t column,
                    struct slice text);

/* Addresses become attributes: the plain one, which matching goes by, and all of them. */
int run_gather_addresses(struct run *run);

#endif
