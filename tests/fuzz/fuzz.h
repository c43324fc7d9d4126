/* fuzz.h - what the fuzz targets share: a check that stops, a file that is none, and the
 * text of an answer against jansson.
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* What libFuzzer and replay.c call; 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A broken promise ends the program; both libFuzzer and ctest notice. */
#define REQUIRE(condition)                                                               \
    do {                                                                                 \
        if (!(condition))                                                                \
            abort();                                                                     \
    } while (0)

/* A regular file in memory, for what opens its input by name. */
struct memory_file {
    int fd;
    char path[32]; /* "/proc/self/fd/7" */
};

void memory_file_open(struct memory_file *file, struct slice content);
void memory_file_close(struct memory_file *file);

/* May a text that core/model/json.h takes be one? jansson takes it, too, or refuses it
 * for what json.h does not look at: UTF-8, half surrogate pairs, the range of numbers. */
bool jansson_agrees(struct slice text);

/* Is text, terminated within size bytes, one line of valid UTF-8? */
bool is_message(const char *text, size_t size);

#endif
