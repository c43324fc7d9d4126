/* sim_disk.c - files in memory behind SQLite, with what is not yet synced of them.
 */
#include "sim/sim_disk.h"

#include "sim/fake_private.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum { SECTOR = 512, REGIONS_MAX = 64, PATH_BYTES = 200 };

/* Bytes that grow. */
struct bytes {
    unsigned char *data; /* owned */
    size_t len, room;
};

/* One write or truncation that no sync has followed; the bytes come behind it. */
struct pending {
    size_t offset, len;
    bool truncates; /* to offset */
};

struct disk_file {
    struct disk_file *next;
    char path[PATH_BYTES];
    struct bytes now;           /* as who reads sees it */
    struct bytes durable;       /* as of the last sync */
    struct bytes log;           /* of struct pending, since */
    void *regions[REGIONS_MAX]; /* owned; shared memory of the WAL's index */
    bool temporary;             /* goes when it is closed */
};

struct handle {
    sqlite3_file base; /* first */
    struct disk_file *file;
};

static struct {
    bool ready;
    sqlite3_vfs vfs;
    sqlite3_vfs *system;
    struct disk_file *files;
    struct sim_disk_plan plan;
    uint64_t operations;
    bool off;
} disk;

/* --- bytes --- */

static void bytes_resize(struct bytes *b, size_t len) {
    if (len > b->room) {
        b->room = len + len / 2 + 4096;
        b->data = realloc(b->data, b->room);
        if (b->data == NULL)
            fake_fatal("no memory for the disk");
    }
    if (len > b->len)
        memset(b->data + b->len, 0, len - b->len);
    b->len = len;
}

static void bytes_write(struct bytes *b, const void *data, size_t len, size_t offset) {
    if (offset + len > b->len)
        bytes_resize(b, offset + len);
    if (len > 0 && data != NULL)
        memcpy(b->data + offset, data, len);
}

static void bytes_fini(struct bytes *b) {
    free(b->data);
    memset(b, 0, sizeof *b);
}

/* --- files --- */

static struct disk_file *find_file(const char *path) {
    for (struct disk_file *f = disk.files; f != NULL; f = f->next)
        if (strcmp(f->path, path) == 0)
            return f;
    return NULL;
}

static void forget_regions(struct disk_file *file) {
    for (size_t i = 0; i < REGIONS_MAX && file->regions[i] != NULL; i++) {
        free(file->regions[i]);
        file->regions[i] = NULL;
    }
}

static void forget_file(struct disk_file *file) {
    struct disk_file **at = &disk.files;

    while (*at != file)
        at = &(*at)->next;
    *at = file->next;
    bytes_fini(&file->now);
    bytes_fini(&file->durable);
    bytes_fini(&file->log);
    forget_regions(file);
    free(file);
}

void sim_disk_remove(const char *path) {
    static const char *const endings[] = {"", "-wal", "-journal"};
    char name[PATH_BYTES];

    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        struct disk_file *file;
        (void)snprintf(name, sizeof name, "%s%s", path, endings[i]);
        file = find_file(name);
        if (file != NULL)
            forget_file(file);
    }
}

static void log_change(struct disk_file *file, const struct pending *change,
                       const void *data) {
    size_t at = file->log.len;

    if (file->temporary)
        return;
    bytes_write(&file->log, change, sizeof *change, at);
    if (change->len > 0)
        bytes_write(&file->log, data, change->len, at + sizeof *change);
}

/* Brings what was logged to the durable part; a cut does so with any part of it. */
static void settle_log(struct disk_file *file, bool cut,
                       uint64_t (*random)(void *context), void *context) {
    for (size_t at = 0; at < file->log.len;) {
        struct pending change;
        uint64_t luck = cut ? random(context) % 4 : 0; /* whole, gone, torn, whole */
        memcpy(&change, file->log.data + at, sizeof change);
        at += sizeof change;
        if (luck == 2 && change.len > SECTOR)
            change.len = random(context) % (change.len / SECTOR) * SECTOR;
        if (luck != 1 && change.truncates)
            bytes_resize(&file->durable, change.offset);
        else if (luck != 1 && change.len > 0)
            bytes_write(&file->durable, file->log.data + at, change.len, change.offset);
        memcpy(&change, file->log.data + at - sizeof change, sizeof change);
        at += change.len;
    }
    file->log.len = 0;
}

/* --- what goes wrong --- */

/* One more operation on the disk; an SQLite code. */
static int operate(void) {
    if (disk.off)
        return SQLITE_IOERR;
    disk.operations++;
    if (disk.operations == disk.plan.power_off_at) {
        disk.off = true;
        return SQLITE_IOERR;
    }
    return disk.operations == disk.plan.error_at ? SQLITE_IOERR : SQLITE_OK;
}

void sim_disk_begin(const struct sim_disk_plan *plan) {
    static const struct sim_disk_plan quiet;

    disk.plan = plan == NULL ? quiet : *plan;
    disk.operations = 0;
}

uint64_t sim_disk_operations(void) {
    return disk.operations;
}

void sim_disk_power_off(void) {
    disk.off = true;
}

bool sim_disk_is_off(void) {
    return disk.off;
}

void sim_disk_reboot(bool cut, uint64_t (*random)(void *context), void *context) {
    disk.off = false;
    for (struct disk_file *f = disk.files; f != NULL; f = f->next) {
        settle_log(f, cut, random, context);
        f->now.len = 0;
        bytes_write(&f->now, f->durable.data, f->durable.len, 0);
        forget_regions(f);
    }
}

/* --- the methods of a file --- */

static struct disk_file *file_of(sqlite3_file *base) {
    return ((struct handle *)(void *)base)->file;
}

static int file_close(sqlite3_file *base) {
    struct disk_file *file = file_of(base);

    if (file->temporary)
        forget_file(file);
    return SQLITE_OK;
}

static int file_read(sqlite3_file *base, void *out, int len, sqlite3_int64 offset) {
    const struct bytes *now = &file_of(base)->now;
    size_t want = (size_t)len, at = (size_t)offset;
    size_t there = at >= now->len ? 0 : now->len - at;

    if (there > want)
        there = want;
    if (there > 0)
        memcpy(out, now->data + at, there);
    memset((char *)out + there, 0, want - there);
    return there == want ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *base, const void *data, int len,
                      sqlite3_int64 offset) {
    struct disk_file *file = file_of(base);
    struct pending change = {.offset = (size_t)offset, .len = (size_t)len};
    int code = operate();

    if (code != SQLITE_OK)
        return code;
    if (disk.plan.file_bytes > 0 && offset + len > disk.plan.file_bytes)
        return SQLITE_FULL;
    bytes_write(&file->now, data, change.len, change.offset);
    log_change(file, &change, data);
    return SQLITE_OK;
}

static int file_truncate(sqlite3_file *base, sqlite3_int64 size) {
    struct disk_file *file = file_of(base);
    struct pending change = {.offset = (size_t)size, .truncates = true};
    int code = operate();

    if (code != SQLITE_OK)
        return code;
    bytes_resize(&file->now, change.offset);
    log_change(file, &change, NULL);
    return SQLITE_OK;
}

static int file_sync(sqlite3_file *base, int flags) {
    int code = operate();

    (void)flags;
    if (code == SQLITE_OK)
        settle_log(file_of(base), false, NULL, NULL);
    return code;
}

static int file_size(sqlite3_file *base, sqlite3_int64 *out) {
    *out = (sqlite3_int64)file_of(base)->now.len;
    return SQLITE_OK;
}

/* One client at a time, which the checkpoint's own lock sees to. */
static int file_lock(sqlite3_file *base, int level) {
    (void)base;
    (void)level;
    return SQLITE_OK;
}

static int file_check_lock(sqlite3_file *base, int *out) {
    (void)base;
    *out = 0;
    return SQLITE_OK;
}

static int file_control(sqlite3_file *base, int op, void *argument) {
    (void)base;
    (void)op;
    (void)argument;
    return SQLITE_NOTFOUND;
}

static int file_sector_size(sqlite3_file *base) {
    (void)base;
    return SECTOR;
}

static int file_traits(sqlite3_file *base) {
    (void)base;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE; /* as of files of the system */
}

static int file_shm_map(sqlite3_file *base, int region, int size, int extend,
                        void volatile **out) {
    struct disk_file *file = file_of(base);

    *out = NULL;
    if (region >= REGIONS_MAX)
        return SQLITE_IOERR;
    if (file->regions[region] == NULL && extend) {
        file->regions[region] = calloc(1, (size_t)size);
        if (file->regions[region] == NULL)
            return SQLITE_NOMEM;
    }
    *out = file->regions[region];
    return SQLITE_OK;
}

static int file_shm_lock(sqlite3_file *base, int offset, int count, int flags) {
    (void)base;
    (void)offset;
    (void)count;
    (void)flags;
    return SQLITE_OK;
}

static void file_shm_barrier(sqlite3_file *base) {
    (void)base;
}

static int file_shm_unmap(sqlite3_file *base, int deletes) {
    if (deletes)
        forget_regions(file_of(base));
    return SQLITE_OK;
}

/* --- the methods of the disk --- */

static int disk_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *base, int flags,
                     int *out_flags) {
    static const sqlite3_io_methods methods = {2,
                                               file_close,
                                               file_read,
                                               file_write,
                                               file_truncate,
                                               file_sync,
                                               file_size,
                                               file_lock,
                                               file_lock,
                                               file_check_lock,
                                               file_control,
                                               file_sector_size,
                                               file_traits,
                                               file_shm_map,
                                               file_shm_lock,
                                               file_shm_barrier,
                                               file_shm_unmap,
                                               NULL,
                                               NULL};
    struct handle *handle = (struct handle *)(void *)base;
    struct disk_file *file = path == NULL ? NULL : find_file(path);

    (void)vfs;
    handle->base.pMethods = NULL;
    if (file == NULL && (disk.off || strlen(path == NULL ? "" : path) >= PATH_BYTES))
        return SQLITE_CANTOPEN;
    if (file == NULL) { /* as one that open(2) has made just now */
        file = calloc(1, sizeof *file);
        if (file == NULL)
            return SQLITE_NOMEM;
        file->temporary = path == NULL || (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
        if (path != NULL)
            memcpy(file->path, path, strlen(path) + 1);
        file->next = disk.files;
        disk.files = file;
    }
    handle->file = file;
    handle->base.pMethods = &methods;
    if (out_flags != NULL)
        *out_flags = flags;
    return SQLITE_OK;
}

static int disk_delete(sqlite3_vfs *vfs, const char *path, int sync_folder) {
    struct disk_file *file = find_file(path);
    int code = operate();

    (void)vfs;
    (void)sync_folder;
    if (code == SQLITE_OK && file == NULL)
        return SQLITE_IOERR_DELETE_NOENT;
    if (code == SQLITE_OK)
        forget_file(file);
    return code;
}

static int disk_access(sqlite3_vfs *vfs, const char *path, int flags, int *out) {
    (void)vfs;
    (void)flags;
    *out = find_file(path) != NULL;
    return SQLITE_OK;
}

static int disk_full_path(sqlite3_vfs *vfs, const char *path, int size, char *out) {
    (void)vfs;
    (void)snprintf(out, (size_t)size, "%s", path);
    return SQLITE_OK;
}

void sim_disk_init(void) {
    while (disk.files != NULL)
        forget_file(disk.files);
    disk.off = false;
    sim_disk_begin(NULL);
    if (disk.ready)
        return;
    disk.ready = true;
    disk.system = sqlite3_vfs_find(NULL);
    disk.vfs = *disk.system;
    disk.vfs.zName = "sim";
    disk.vfs.szOsFile = sizeof(struct handle);
    disk.vfs.mxPathname = PATH_BYTES;
    disk.vfs.xOpen = disk_open;
    disk.vfs.xDelete = disk_delete;
    disk.vfs.xAccess = disk_access;
    disk.vfs.xFullPathname = disk_full_path;
    if (sqlite3_vfs_register(&disk.vfs, 1) != SQLITE_OK)
        fake_fatal("SQLite does not take the disk");
}
