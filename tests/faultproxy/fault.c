/* fault.c - chooses the faults that befall a request.
 *
 * The same faults, seed and requests give the same choice; each fault has a generator of
 * its own, so that adding one does not change what the others do.
 */
#include "fault.h"

#include <string.h>

static const char *const names[FAULT_KINDS] = {
    [FAULT_CUT] = "cut",
    [FAULT_RESET] = "reset",
    [FAULT_DELAY] = "delay",
    [FAULT_SLICE] = "slice",
    [FAULT_SWALLOW] = "swallow",
    [FAULT_REFUSE] = "refuse",
    [FAULT_ANSWER] = "answer",
    [FAULT_HTML] = "html",
    [FAULT_BLACK_HOLE] = "black-hole",
    [FAULT_CLOSE_IDLE] = "close-idle",
};

const char *fault_name(enum fault_kind kind) {
    return names[kind];
}

/* 0 <= x < 1, by splitmix64. */
static double next_random(uint64_t *state) {
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    z ^= z >> 31;
    return (double)(z >> 11) / 9007199254740992.0;
}

static bool matches(const struct fault *fault, const struct fault_request *request) {
    if (fault->kind == FAULT_CLOSE_IDLE && !request->reused)
        return false;
    if (fault->method[0] != '\0' && strcmp(fault->method, request->method) != 0)
        return false;
    if (fault->path[0] != '\0' && strstr(request->target, fault->path) == NULL)
        return false;
    return request->number >= fault->first &&
           (fault->last == 0 || request->number <= fault->last);
}

static bool is_chosen(struct fault *fault, const struct fault_request *request) {
    if (!matches(fault, request))
        return false;
    fault->matched++;
    /* drawn before the others are asked, so that the sequence depends on matches alone */
    if (fault->by_chance && next_random(&fault->random) >= fault->probability)
        return false;
    if (fault->nth != 0 && fault->matched != fault->nth)
        return false;
    if (fault->every != 0 && fault->matched % fault->every != 0)
        return false;
    return fault->count == 0 || fault->fired < fault->count;
}

void fault_plan(struct fault *faults, size_t count, const struct fault_request *request,
                struct fault_plan *out) {
    *out = (struct fault_plan){0};
    for (size_t i = 0; i < count; i++) {
        struct fault *fault = &faults[i];
        if (!is_chosen(fault, request))
            continue;
        const struct fault **place = &out->main;
        if (fault->kind == FAULT_DELAY)
            place = &out->delay[fault->where];
        else if (fault->kind == FAULT_SLICE)
            place = &out->slice[fault->where];
        if (*place != NULL)
            continue;
        *place = fault;
        fault->fired++;
    }
}
