/* libraries.c - libcurl, and what the one that is loaded was built with. */
#include "wire/libraries.h"

#include <curl/curl.h>

void wire_libraries(struct library_list *list) {
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);

    library_add(list, "libcurl", info->version);
    library_add(list, "TLS", info->ssl_version == NULL ? "no" : info->ssl_version);
}
