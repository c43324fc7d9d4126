/* docs_main.c - espoload-docs FOLDER: a program of the build that writes the man pages
 * and the completions into a folder, from the tables that espoload itself goes by.
 *
 * It is linked with the same library as espoload and is not installed.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/outfile.h"
#include "cmd/commands.h"
#include "cmd/completion.h"
#include "cmd/help.h"
#include "cmd/topics.h"

enum { PATH_BYTES = 4096 };

/* Writes what buf holds to FOLDER/NAME, and empties it. */
static int put(struct buf *buf, const char *folder, const char *name, struct err *err) {
    static const struct outfile_options options = {.force = true};
    struct buf path = {.max = PATH_BYTES};
    struct outfile *file = NULL;
    int rc;

    (void)buf_append_format(&path, "%s/%s", folder, name);
    rc = buf->failed != RC_OK || path.failed != RC_OK
             ? err_set(err, RC_LIMIT, "%s is too large", name)
             : outfile_open(&file, buf_text(&path), &options, err);
    if (rc == RC_OK)
        rc = outfile_write(file, buf_slice(buf), err);
    if (rc == RC_OK)
        rc = outfile_commit(file, err);
    outfile_close(file);
    buf_fini(&path);
    buf_reset(buf);
    return rc;
}

static int put_pages(struct buf *buf, const char *folder, struct err *err) {
    const struct page page = {.buf = buf, .form = PAGE_MAN};
    const struct command *const *command = commands_all();
    char name[80];
    int rc;

    help_overview(&page, commands_all());
    rc = put(buf, folder, "espoload.1", err);
    for (; rc == RC_OK && *command != NULL; command++) {
        if ((*command)->hidden)
            continue;
        help_command(&page, *command);
        (void)snprintf(name, sizeof name, "espoload-%s.1", (*command)->name);
        rc = put(buf, folder, name, err);
    }
    for (const struct topic *topic = topics_all(); rc == RC_OK && topic->name != NULL;
         topic++) {
        topic_page(&page, topic);
        (void)snprintf(name, sizeof name, "espoload-%s.%c", topic->name, topic->section);
        rc = put(buf, folder, name, err);
    }
    return rc;
}

static int put_completions(struct buf *buf, const char *folder, struct err *err) {
    int rc;

    completion_bash(buf, commands_all());
    rc = put(buf, folder, "espoload.bash", err);
    completion_zsh(buf, commands_all());
    if (rc == RC_OK)
        rc = put(buf, folder, "_espoload", err);
    buf_reset(buf);
    completion_fish(buf, commands_all());
    if (rc == RC_OK)
        rc = put(buf, folder, "espoload.fish", err);
    return rc;
}

int main(int argc, char **argv) {
    struct buf buf = {.max = PAGE_MAX};
    struct err err = {0};
    int rc;

    if (argc != 2) {
        (void)fputs("usage: espoload-docs FOLDER\n", stderr);
        return 2;
    }
    if (mkdir(argv[1], 0777) < 0 && errno != EEXIST) {
        (void)fprintf(stderr, "espoload-docs: %s: %s\n", argv[1], strerror(errno));
        return 1;
    }
    rc = put_pages(&buf, argv[1], &err);
    if (rc == RC_OK)
        rc = put_completions(&buf, argv[1], &err);
    buf_fini(&buf);
    if (rc == RC_OK)
        return 0;
    (void)fprintf(stderr, "espoload-docs: %s\n", err.message);
    return 1;
}
