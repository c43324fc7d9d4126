/* replay.c - runs a fuzz target over files and the files of folders, without libFuzzer:
 * what was found once is tested by every build. Prints how many; 2 when there was none.
 */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/buf.h"

enum { FILE_MAX = 1 << 20 };

static int replay_file(const char *path) {
    struct buf content = {.max = FILE_MAX};
    FILE *file = fopen(path, "rb");
    size_t n;

    if (file == NULL) {
        perror(path);
        return -1;
    }
    do {
        char *to = buf_reserve(&content, 4096);
        REQUIRE(to != NULL);
        n = fread(to, 1, 4096, file);
        buf_commit(&content, n);
    } while (n > 0);
    (void)fclose(file);
    (void)fprintf(stderr, "%s\n", path); /* the last one named is the one that aborts */
    (void)LLVMFuzzerTestOneInput((const uint8_t *)buf_text(&content), content.len);
    buf_fini(&content);
    return 1;
}

/* How many files were run, or -1. */
static int replay_folder(const char *path) {
    DIR *folder = opendir(path);
    struct dirent *entry;
    int count = 0;

    if (folder == NULL) {
        perror(path);
        return -1;
    }
    while (count >= 0 && (entry = readdir(folder)) != NULL) {
        char name[4096];
        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        count = replay_file(name) < 0 ? -1 : count + 1;
    }
    (void)closedir(folder);
    return count;
}

int main(int argc, char **argv) {
    int count = 0;

    for (int i = 1; i < argc; i++) {
        struct stat info;
        int n = stat(argv[i], &info) == 0 && S_ISDIR(info.st_mode)
                    ? replay_folder(argv[i])
                    : replay_file(argv[i]);
        if (n < 0)
            return 2;
        count += n;
    }
    printf("%d inputs\n", count);
    return count > 0 ? 0 : 2;
}
