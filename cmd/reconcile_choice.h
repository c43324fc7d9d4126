/* reconcile_choice.h - the options of `espoload reconcile`. */
#ifndef CMD_RECONCILE_CHOICE_H
#define CMD_RECONCILE_CHOICE_H

#include "cmd/input_options.h"

enum strategy { STRATEGY_AUTO, STRATEGY_SWEEP, STRATEGY_LOOKUP };

/* How many deletions may be proposed. */
struct delete_limit {
    int64_t records; /* -1 = by percent */
    int64_t percent;
    bool given;
};

struct reconcile_choice {
    struct delete_limit limit; /* first: set_max_deletes() */
    struct input_choice input;
    const char *key;
    struct option_list where, ignore;
    int only, strategy;
    bool trim, fold_case, propose_deletes, html, force;
    int toward;
    const char *checkpoint;
    const char *base;
    const char *run;
    const char *errors;
};

extern const struct option_def reconcile_option_defs[];

#endif
