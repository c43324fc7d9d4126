/* process.c - keeps secrets out of core dumps, the heap free of holes, and text UTF-8.
 *
 * A key is in several places while a run lasts: in the environment, in struct auth, in
 * libcurl's buffers. So it is the whole process that is not dumped, as ssh-agent does it.
 * A debugger that starts the program sees everything all the same.
 */
#include "cmd/process.h"

#include <locale.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#ifdef __GLIBC__
#    include <malloc.h>
#endif

enum { MMAP_THRESHOLD = 1 << 20 };

void process_prepare(void) {
#if !defined(__SANITIZE_ADDRESS__) /* the leak sanitizer attaches to the process */
    static const struct rlimit none = {0, 0};

    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L);
#endif
#ifdef __GLIBC__
    /* Left alone, glibc raises this with every large block that is freed; buffers that
     * grow would then leave holes of their former sizes. */
    (void)mallopt(M_MMAP_THRESHOLD, MMAP_THRESHOLD);
#endif
    /* libcurl reads names of hosts by the locale (idn2_lookup_ul), and refuses those that
     * are not ASCII in that of cron. Numbers and orders stay those of C. */
    (void)setlocale(LC_CTYPE, "C.UTF-8");
}
