/* secret_prompt.c - asks for a secret on the terminal, echo off.
 *
 * Reads character by character with line editing of its own: so Ctrl-C arrives as a
 * character and the terminal is always put right again before anything else happens.
 */
#include "cmd/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum {
    KEY_CTRL_C = 3,
    KEY_CTRL_D = 4,
    KEY_BACKSPACE = 8,
    KEY_CTRL_U = 21,
    KEY_DEL = 127
};

static void say(int fd, const char *text) {
    size_t len = strlen(text);

    while (len > 0) {
        ssize_t n = write(fd, text, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return; /* an unseen prompt does no harm */
        text += n;
        len -= (size_t)n;
    }
}

/* Removes the last character, all bytes of it. */
static void rub_out(struct secret *secret) {
    while (secret->len > 0 && ((unsigned char)secret->text[--secret->len] & 0xC0) == 0x80)
        continue;
    secret->text[secret->len] = '\0';
}

/* 1 when the line is complete, 0 to go on, < 0. */
static int take_key(struct secret *secret, char key, struct err *err) {
    switch (key) {
    case '\r':
    case '\n': return 1;
    case KEY_CTRL_C: return err_set(err, RC_INTERRUPTED, "interrupted");
    case KEY_CTRL_D: return secret->len == 0 ? 1 : 0;
    case KEY_BACKSPACE:
    case KEY_DEL: rub_out(secret); return 0;
    case KEY_CTRL_U: secret_clear(secret); return 0;
    default: break;
    }
    if ((unsigned char)key < 0x20)
        return 0;
    if (secret->len >= SECRET_MAX)
        return err_set(err, RC_USAGE, "what was typed is too long");
    secret->text[secret->len++] = key;
    secret->text[secret->len] = '\0';
    return 0;
}

static int read_line(int fd, struct secret *secret, struct err *err) {
    int rc = 0;

    while (rc == 0) {
        char key;
        ssize_t n = read(fd, &key, 1);
        if (n < 0 && errno == EINTR)
            return err_set(err, RC_INTERRUPTED, "interrupted");
        if (n < 0)
            return err_errno(err, "read from", "/dev/tty");
        rc = n == 0 ? 1 : take_key(secret, key, err);
        explicit_bzero(&key, sizeof key);
    }
    return rc < 0 ? rc : RC_OK;
}

bool secret_may_prompt(void) {
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

    if (fd >= 0)
        (void)close(fd);
    return fd >= 0;
}

int secret_from_prompt(struct secret *secret, const char *prompt, struct err *err) {
    struct termios before, quiet;
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    int rc;

    secret_clear(secret);
    if (fd < 0 || tcgetattr(fd, &before) != 0) {
        rc = err_set(err, RC_USAGE, "there is no terminal to ask on");
        goto out;
    }
    quiet = before;
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ICANON | ISIG | IEXTEN);
    quiet.c_cc[VMIN] = 1;
    quiet.c_cc[VTIME] = 0;
    if (tcsetattr(fd, TCSAFLUSH, &quiet) != 0) {
        rc = err_errno(err, "turn off the echo of", "/dev/tty");
        goto out;
    }
    say(fd, prompt);
    rc = read_line(fd, secret, err);
    (void)tcsetattr(fd, TCSAFLUSH, &before);
    say(fd, "\n");
    if (rc == RC_OK && secret->len == 0)
        rc = err_set(err, RC_USAGE, "nothing was typed");
out:
    if (rc < 0)
        secret_clear(secret);
    if (fd >= 0)
        (void)close(fd);
    return rc;
}
