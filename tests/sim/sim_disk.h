/* sim_disk.h - the disk under the checkpoints of a simulation, and the power switch.
 *
 * An SQLite VFS that keeps files in memory and becomes the default one. It counts what is
 * done to the disk and can be full, fail once, or lose its power in between. Losing power
 * is how a client dies here: from that moment on nothing it does reaches disk or server,
 * so that it may unwind in peace, and its memory is free again for the next one.
 *
 * sim_disk_reboot() then leaves on the disk what kill -9 would leave: all that was
 * written; or what a power cut may leave: what was synced, and of what was written since
 * any part, cut at sectors. Names of files are durable at once.
 */
#ifndef SIM_SIM_DISK_H
#define SIM_SIM_DISK_H

#include <stdbool.h>
#include <stdint.h>

/* What is to happen; operations are writes, truncations, syncs and deletions, counted
 * from 1; 0 = never. */
struct sim_disk_plan {
    uint64_t power_off_at;
    uint64_t error_at;  /* SQLITE_IOERR, once */
    int64_t file_bytes; /* no file may grow beyond this: SQLITE_FULL */
};

/* Registers the VFS; once for all, and what was there is forgotten. */
void sim_disk_init(void);

/* A plan for the operations from here on; NULL = nothing goes wrong. */
void sim_disk_begin(const struct sim_disk_plan *plan);
uint64_t sim_disk_operations(void); /* since then */

void sim_disk_power_off(void);
bool sim_disk_is_off(void);

/* Back to life; no file is open. cut: as after a power cut; random gives any bits. */
void sim_disk_reboot(bool cut, uint64_t (*random)(void *context), void *context);

/* A file and its log. */
void sim_disk_remove(const char *path);

#endif
