/* exchange.c - names of methods, and the cleaning of foreign text. */
#include "plan/exchange.h"

#include "base/utf8.h"

static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */

const char *method_name(enum method method) {
    switch (method) {
    case METHOD_GET: return "GET";
    case METHOD_POST: return "POST";
    case METHOD_PUT: return "PUT";
    case METHOD_DELETE: return "DELETE";
    }
    return "?";
}

/* Blank, C0, DEL, C1 and the two line separators: what becomes a single blank. */
static bool is_blank(uint32_t cp) {
    return cp <= 0x20 || (cp >= 0x7F && cp < 0xA0) || cp == 0x2028 || cp == 0x2029;
}

void exchange_clean_text(char *out, size_t size, struct slice text) {
    size_t at = 0, len = 0;

    text = slice_trim(text);
    while (at < text.len) {
        const char *piece = text.data + at;
        size_t piece_len;
        uint32_t cp;
        size_t n = utf8_decode(slice_make(piece, text.len - at), &cp);
        piece_len = n;
        if (n == 0) {
            piece = replacement;
            piece_len = sizeof replacement - 1;
            n = 1;
        } else if (is_blank(cp)) {
            piece = " ";
            piece_len = len > 0 && out[len - 1] != ' ';
        }
        if (len + piece_len + 1 > size)
            break;
        memcpy(out + len, piece, piece_len);
        len += piece_len;
        at += n;
    }
    if (len > 0 && out[len - 1] == ' ')
        len--;
    out[len] = '\0';
}
