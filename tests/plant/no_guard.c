/* no_guard.c - planted: libcurl may send a POST again by itself.
 */
#include <curl/curl.h>

CURLMcode __real_curl_multi_add_handle(CURLM *multi, CURL *easy);
CURLMcode __wrap_curl_multi_add_handle(CURLM *multi, CURL *easy);

CURLMcode __wrap_curl_multi_add_handle(CURLM *multi, CURL *easy) {
    (void)curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, NULL);
    return __real_curl_multi_add_handle(multi, easy);
}
