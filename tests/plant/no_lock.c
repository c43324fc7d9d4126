/* no_lock.c - planted: nobody locks a checkpoint.
 */
#include <fcntl.h>
#include <stdarg.h>

int __real_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...);
int __wrap_fcntl64(int fd, int command, ...);

static int forward(int fd, int command, void *argument) {
    return command == F_OFD_SETLK ? 0 : __real_fcntl(fd, command, argument);
}

#define FORWARD(name)                                                                    \
    int name(int fd, int command, ...) {                                                 \
        va_list args;                                                                    \
        void *argument;                                                                  \
        va_start(args, command);                                                         \
        argument = va_arg(args, void *);                                                 \
        va_end(args);                                                                    \
        return forward(fd, command, argument);                                           \
    }

FORWARD(__wrap_fcntl)
FORWARD(__wrap_fcntl64)
