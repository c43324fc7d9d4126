/* secret.c - reads secrets from files, commands, the environment; secret_prompt.c asks.
 *
 * Promises: a file that others could read is refused before it is read; every copy made
 * here is cleared, on every path; the text never reaches a message.
 */
#include "cmd/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/shell.h"

void secret_clear(struct secret *secret) {
    explicit_bzero(secret, sizeof *secret);
}

/* Takes one line end off. */
static size_t without_line_end(const char *text, size_t len) {
    if (len > 0 && text[len - 1] == '\n')
        len--;
    if (len > 0 && text[len - 1] == '\r')
        len--;
    return len;
}

/* origin: "in FILE", "that the command printed", for messages. */
static int store_line(struct secret *secret, const char *text, size_t len,
                      const char *what, const char *origin, struct err *err) {
    secret_clear(secret);
    if (len == 0)
        return err_set(err, RC_USAGE, "the %s %s is empty", what, origin);
    if (len > SECRET_MAX)
        return err_set(err, RC_USAGE, "the %s %s is too long", what, origin);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7F)
            return err_set(err, RC_USAGE,
                           "the %s %s is not one line of text: it holds a %s", what,
                           origin, text[i] == '\n' ? "line break" : "control character");
    memcpy(secret->text, text, len);
    secret->text[len] = '\0';
    secret->len = len;
    return RC_OK;
}

int secret_from_text(struct secret *secret, const char *text, const char *what,
                     struct err *err) {
    return store_line(secret, text, strlen(text), what, "that was given", err);
}

/* Reads up to size bytes until the end; *len = size + 1 when there is more. */
static int read_all(int fd, char *data, size_t size, size_t *len) {
    char more;

    *len = 0;
    for (;;) {
        ssize_t n = *len < size ? read(fd, data + *len, size - *len) : read(fd, &more, 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -1 : 0;
        *len += (size_t)n;
        if (*len > size)
            return 0;
    }
}

static int check_file(int fd, const char *path, const char *what, struct err *err) {
    struct stat facts;

    if (fstat(fd, &facts) != 0)
        return err_errno(err, "read", path);
    if (!S_ISREG(facts.st_mode) && !S_ISFIFO(facts.st_mode))
        return err_set(err, RC_USAGE, "%s is not a file that could hold the %s", path,
                       what);
    if (facts.st_uid != geteuid() && facts.st_uid != 0) {
        (void)err_set(err, RC_USAGE,
                      "the file %s with the %s belongs to another user, who can read it",
                      path, what);
        err_advise(err, "copy it to a file of your own, then: chmod 600 FILE");
        return RC_USAGE;
    }
    if ((facts.st_mode & 077) != 0) {
        (void)err_set(
            err, RC_USAGE,
            "the file %s with the %s can be read by other users of this machine", path,
            what);
        err_advise(err, "chmod 600 %s", path);
        return RC_USAGE;
    }
    return RC_OK;
}

/* The text of a secret file, without its last line end and without a byte order mark. */
static int read_file(const char *path, const char *what, char data[SECRET_MAX * 2],
                     const char **text, size_t *len, struct err *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    int rc;

    if (fd < 0) {
        rc = err_named_file(err, "read", path);
        err_advise(err, "it should hold the %s", what);
        return rc;
    }
    rc = check_file(fd, path, what, err);
    if (rc == RC_OK && read_all(fd, data, SECRET_MAX * 2, len) != 0)
        rc = err_errno(err, "read", path);
    if (rc == RC_OK && *len > SECRET_MAX * 2)
        rc = err_set(err, RC_USAGE, "%s is too large to be a file with the %s", path,
                     what);
    (void)close(fd);
    if (rc < 0)
        return rc;
    *text = data;
    if (*len >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0) {
        *text += 3;
        *len -= 3;
    }
    *len = without_line_end(*text, *len);
    return RC_OK;
}

/* "in /path/of/file", cut where it does not fit. */
static const char *origin_of(const char *path, char out[300]) {
    size_t len = strnlen(path, 290);

    memcpy(out, "in ", 3);
    memcpy(out + 3, path, len);
    out[3 + len] = '\0';
    return out;
}

int secret_from_file(struct secret *secret, const char *path, const char *what,
                     struct err *err) {
    char data[SECRET_MAX * 2], origin[300];
    const char *text = NULL;
    size_t len = 0;
    int rc;

    secret_clear(secret);
    rc = read_file(path, what, data, &text, &len, err);
    if (rc == RC_OK)
        rc = store_line(secret, text, len, what, origin_of(path, origin), err);
    explicit_bzero(data, sizeof data);
    return rc;
}

/* Two lines, else one line at its first colon. */
static int store_pair(struct secret *first, struct secret *second, const char *text,
                      size_t len, const char *what, const char *origin, struct err *err) {
    const char *split = memchr(text, '\n', len);
    size_t before, after;
    int rc;

    secret_clear(first);
    secret_clear(second);
    if (split == NULL)
        split = memchr(text, ':', len);
    if (split == NULL) {
        (void)err_set(err, RC_USAGE, "the %s %s is not complete", what, origin);
        err_advise(err, "it is written as KEY:SECRET, or each in its own line");
        return RC_USAGE;
    }
    before = (size_t)(split - text);
    after = len - before - 1;
    if (*split == '\n')
        before = without_line_end(text, before);
    rc = store_line(first, text, before, what, origin, err);
    if (rc == RC_OK)
        rc = store_line(second, split + 1, after, what, origin, err);
    if (rc < 0) {
        secret_clear(first);
        secret_clear(second);
    }
    return rc;
}

int secret_pair_from_text(struct secret *first, struct secret *second, const char *text,
                          const char *what, struct err *err) {
    return store_pair(first, second, text, strlen(text), what, "that was given", err);
}

int secret_pair_from_file(struct secret *first, struct secret *second, const char *path,
                          const char *what, struct err *err) {
    char data[SECRET_MAX * 2], origin[300];
    const char *text = NULL;
    size_t len = 0;
    int rc;

    secret_clear(first);
    secret_clear(second);
    rc = read_file(path, what, data, &text, &len, err);
    if (rc == RC_OK)
        rc = store_pair(first, second, text, len, what, origin_of(path, origin), err);
    explicit_bzero(data, sizeof data);
    return rc;
}

/* Waits for the command; a message when it did not end well. */
static int reap(pid_t pid, const char *what, struct err *err) {
    int status = 0;

    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return err_errno(err, "wait for", "the password command");
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return RC_OK;
    if (WIFEXITED(status))
        (void)err_set(err, RC_USAGE,
                      "the command that should print the %s failed with exit code %d",
                      what, WEXITSTATUS(status));
    else
        (void)err_set(err, RC_USAGE,
                      "the command that should print the %s was ended by signal %d", what,
                      WTERMSIG(status));
    err_advise(err, "try the command of --password-command in a shell");
    return RC_USAGE;
}

int secret_from_command(struct secret *secret, const char *command,
                        char *const *environment, const char *what, struct err *err) {
    char data[SECRET_MAX * 2];
    struct shell_options shell = {
        .command = command, .environment = environment, .in = -1};
    const char *end;
    int ends[2] = {-1, -1};
    size_t len = 0;
    pid_t pid;
    int rc, error, failed;

    secret_clear(secret);
    if (pipe2(ends, O_CLOEXEC) != 0)
        return err_errno(err, "run", "/bin/sh");
    shell.out = ends[1];
    error = shell_spawn(&shell, &pid);
    (void)close(ends[1]);
    if (error != 0) {
        errno = error;
        rc = err_errno(err, "run", "/bin/sh");
        (void)close(ends[0]);
        return rc;
    }
    failed = read_all(ends[0], data, sizeof data, &len);
    (void)close(ends[0]); /* a command that prints without end is stopped by this */
    if (failed != 0)
        (void)err_errno(err, "read from", "the password command");
    rc = reap(pid, what, err);
    if (failed != 0)
        rc = RC_LOCAL;
    if (rc == RC_OK && len <= sizeof data) {
        end = memchr(data, '\n', len);
        if (end != NULL)
            len = without_line_end(data, (size_t)(end - data) + 1);
        rc = store_line(secret, data, len, what, "that the command printed", err);
    } else if (rc == RC_OK) {
        rc = err_set(err, RC_USAGE, "the command prints too much to be the %s", what);
    }
    explicit_bzero(data, sizeof data);
    return rc;
}
