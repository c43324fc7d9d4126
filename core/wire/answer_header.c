/* answer_header.c - picks the five headers that matter out of an answer.
 *
 * Promises that what it stores is one line of valid UTF-8 within its bounds, whatever the
 * server sent. Does not judge (plan/verdict.h).
 */
#include "wire/answer_header.h"

#include <curl/curl.h>
#include <strings.h>

/* Over a year means nothing; it also keeps sums and products small. */
static const int64_t wait_max_ms = INT64_C(366) * 24 * 3600 * 1000;

/* The end of the year 9999: an HTTP date has four digits of a year (RFC 9110, 5.6.7), but
 * curl_getdate() takes any number. */
static const int64_t date_max_s = 253402300799;

void answer_header_begin(struct answer_header *header, struct answer *answer) {
    header->retry_at_ms = 0;
    header->complete = false;
    answer->reason[0] = '\0';
    answer->has_reason = false;
    answer->json = false;
    answer->retry_after_ms = -1;
    answer->server_ms = 0;
    answer->location[0] = '\0';
}

static int64_t wait_bounded(int64_t ms) {
    return ms < 0 ? 0 : ms < wait_max_ms ? ms : wait_max_ms;
}

static bool name_is(struct slice name, const char *wanted) {
    return name.len == strlen(wanted) && strncasecmp(name.data, wanted, name.len) == 0;
}

/* Milliseconds since 1970 of an HTTP date, or 0. */
static int64_t parse_date(struct slice value) {
    char text[64];
    time_t seconds;

    if (value.len == 0 || value.len >= sizeof text)
        return 0;
    memcpy(text, value.data, value.len);
    text[value.len] = '\0';
    seconds = curl_getdate(text, NULL);
    return seconds <= 0 || seconds > date_max_s ? 0 : (int64_t)seconds * 1000;
}

static void read_date(struct answer_header *header, struct answer *answer,
                      struct slice value) {
    if (value.len > sizeof header->date)
        return;
    if (!slice_equal(value, slice_make(header->date, header->date_len))) {
        header->date_ms = parse_date(value);
        memcpy(header->date, value.data, value.len);
        header->date_len = value.len;
    }
    answer->server_ms = header->date_ms;
}

static void read_retry_after(struct answer_header *header, struct answer *answer,
                             struct slice value) {
    int64_t seconds = 0;
    size_t i;

    for (i = 0; i < value.len && value.data[i] >= '0' && value.data[i] <= '9'; i++)
        if (seconds <= wait_max_ms)
            seconds = seconds * 10 + (value.data[i] - '0');
    if (i == 0)
        header->retry_at_ms = parse_date(value);
    else if (i == value.len)
        answer->retry_after_ms = wait_bounded(seconds * 1000);
}

/* "application/json", parameters allowed. */
static bool is_json(struct slice value) {
    static const char json[] = "application/json";
    size_t len = sizeof json - 1;

    return value.len >= len && strncasecmp(value.data, json, len) == 0 &&
           (value.len == len || value.data[len] == ';' || value.data[len] == ' ');
}

void answer_header_line(struct answer_header *header, struct answer *answer,
                        struct slice line) {
    const char *colon;
    struct slice name, value;

    if (line.len >= 5 && memcmp(line.data, "HTTP/", 5) == 0) {
        answer_header_begin(header, answer);
        return;
    }
    colon = line.len == 0 ? NULL : memchr(line.data, ':', line.len);
    if (colon == NULL) {
        header->complete = slice_trim(line).len == 0;
        return;
    }
    name = slice_make(line.data, (size_t)(colon - line.data));
    value = slice_trim(slice_make(colon + 1, line.len - name.len - 1));
    switch (name.len) {
    case 4:
        if (name_is(name, "Date"))
            read_date(header, answer, value);
        break;
    case 8:
        if (name_is(name, "Location"))
            exchange_clean_text(answer->location, sizeof answer->location, value);
        break;
    case 11:
        if (name_is(name, "Retry-After"))
            read_retry_after(header, answer, value);
        break;
    case 12:
        if (name_is(name, "Content-Type"))
            answer->json = is_json(value);
        break;
    case 15:
        if (name_is(name, "X-Status-Reason")) {
            exchange_clean_text(answer->reason, sizeof answer->reason, value);
            answer->has_reason = true;
        }
        break;
    default: break;
    }
}

void answer_header_end(struct answer_header *header, struct answer *answer,
                       int64_t wall_ms) {
    int64_t now = answer->server_ms != 0 ? answer->server_ms : wall_ms;

    if (answer->retry_after_ms < 0 && header->retry_at_ms != 0)
        answer->retry_after_ms = wait_bounded(header->retry_at_ms - now);
}
