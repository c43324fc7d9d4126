/* fuzz.c - files in memory, and jansson's opinion. */
#include "fuzz.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/utf8.h"

void memory_file_open(struct memory_file *file, struct slice content) {
    file->fd = memfd_create("fuzz", MFD_CLOEXEC);
    REQUIRE(file->fd >= 0);
    while (content.len > 0) {
        ssize_t n = write(file->fd, content.data, content.len);
        REQUIRE(n > 0);
        content.data += n;
        content.len -= (size_t)n;
    }
    (void)snprintf(file->path, sizeof file->path, "/proc/self/fd/%d", file->fd);
}

void memory_file_close(struct memory_file *file) {
    (void)close(file->fd);
}

bool jansson_agrees(struct slice text) {
    enum json_error_code code;
    json_error_t error;
    json_t *root;

    if (text.len > 0 && memchr(text.data, '\0', text.len) != NULL)
        return true; /* jansson skips a NUL byte behind a number or a word */
    root = json_loadb(text.len == 0 ? "" : text.data, text.len,
                      JSON_ALLOW_NUL | JSON_DECODE_ANY, &error);
    if (root != NULL) {
        json_decref(root);
        return true;
    }
    code = json_error_code(&error);
    return code == json_error_invalid_utf8 || code == json_error_numeric_overflow ||
           code == json_error_null_byte_in_key || code == json_error_out_of_memory ||
           memmem(text.data, text.len, "\\u", 2) != NULL;
}

bool is_message(const char *text, size_t size) {
    const char *end = memchr(text, '\0', size);
    size_t len = end == NULL ? 0 : (size_t)(end - text);

    if (end == NULL || utf8_valid_prefix(slice_make(text, len)) != len)
        return false;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < 0x20)
            return false;
    return true;
}
