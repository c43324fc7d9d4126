/* switches.h - what both libraries are told by the environment, and tell. */
#ifndef TORTURE_SWITCHES_H
#define TORTURE_SWITCHES_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* TORTURE_AT: which call fails, from 1; 0 = none. */
static inline long torture_at(void) {
    const char *at = getenv("TORTURE_AT");

    return at == NULL ? 0 : strtol(at, NULL, 10);
}

/* TORTURE_COUNT: a file that gets the number of calls made. */
static inline void torture_tell(long calls) {
    const char *path = getenv("TORTURE_COUNT");
    char text[32];
    int fd, len;

    if (path == NULL)
        return;
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    len = snprintf(text, sizeof text, "%ld\n", calls);
    if (fd >= 0 && write(fd, text, (size_t)len) == len)
        (void)close(fd);
}

#endif
