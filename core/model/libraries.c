/* libraries.c - JSON documents, patterns, telephone numbers. */
#include "model/libraries.h"

#include <jansson.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "model/phone.h"

void model_libraries(struct library_list *list) {
    char version[LIBRARY_VERSION_SIZE] = "unknown";

    library_add(list, "jansson", jansson_version_str());
    if (pcre2_config(PCRE2_CONFIG_VERSION, NULL) <= (int)sizeof version)
        (void)pcre2_config(PCRE2_CONFIG_VERSION, version);
    library_add(list, "PCRE2", version);
    library_add(list, "libphonenumber",
                phone_has_library() ? "yes" : "no: numbers need their country code");
}
