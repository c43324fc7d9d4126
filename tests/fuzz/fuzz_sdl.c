/* fuzz_sdl.c - any bytes as a mapping file of Data Loader: what is read is UTF-8, stands
 * on a line of the file, and every field has a name, a type, or a reason why not.
 */
#include "fuzz.h"

#include <string.h>

#include "base/utf8.h"
#include "model/sdl.h"

static void check_text(const char *text) {
    REQUIRE(text != NULL && utf8_valid_prefix(slice_of(text)) == strlen(text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const types[] = {"Lead", "Contact", "Account", "Opportunity",
                                        "CCustom"};
    struct slice text;
    const struct sdl_entry *entry;
    struct sdl *sdl = NULL;
    struct err err = {0};
    const char *type;
    size_t lines = 1;

    if (size == 0 || size > 65536)
        return 0;
    type = types[data[0] % 5];
    text = slice_make((const char *)data + 1, size - 1);
    for (size_t i = 0; i < text.len; i++)
        lines += text.data[i] == '\n' || text.data[i] == '\r';
    if (sdl_parse(&sdl, text, "fuzz.sdl", type, &err) < 0) {
        REQUIRE(err.rc == RC_USAGE && strstr(err.message, "fuzz.sdl") != NULL);
        REQUIRE(sdl == NULL);
        return 0;
    }
    for (size_t i = 0; (entry = sdl_at(sdl, i)) != NULL; i++) {
        struct sdl_field field;
        check_text(entry->source);
        check_text(entry->target);
        check_text(entry->others);
        REQUIRE(entry->line >= 1 && entry->line <= lines);
        sdl_field(type, entry->target, &field);
        REQUIRE(field.field == NULL || field.not_why == NULL);
    }
    (void)sdl_was_export(sdl);
    sdl_free(sdl);
    return 0;
}
