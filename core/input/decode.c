/* decode.c - text out of bytes: skips the mark, passes UTF-8 through, converts the rest.
 *
 * Promises that every byte of the file is in the text, converted or marked as damaged.
 */
#include "input/decode.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

enum { DECODE_CHUNK = 64 << 10 }; /* bytes of the file that are converted at a time */

struct decoder {
    const char *path;      /* borrowed */
    struct source *source; /* owned */
    struct charset charset;
    iconv_t converter; /* owned; DECODE_NO_ICONV when there is nothing to convert */
    char *in;          /* owned; bytes read and not used yet, at in_at */
    size_t in_at;      /* first unused byte */
    size_t in_len;     /* end of the bytes in `in` */
    bool in_ended;     /* the source has no more */
    bool flushed;      /* iconv gave what it held back at the end */
};

#define DECODE_NO_ICONV ((iconv_t)-1)

/* Moves what is left to the front and reads behind it until there are `want` bytes. */
static int decode_fill(struct decoder *decoder, size_t want, struct err *err) {
    memmove(decoder->in, decoder->in + decoder->in_at, decoder->in_len - decoder->in_at);
    decoder->in_len -= decoder->in_at;
    decoder->in_at = 0;
    while (!decoder->in_ended && decoder->in_len < want) {
        size_t n;
        int rc = source_read(decoder->source, decoder->in + decoder->in_len,
                             DECODE_CHUNK - decoder->in_len, &n, err);
        if (rc < 0)
            return rc;
        decoder->in_len += n;
        decoder->in_ended = n == 0;
    }
    return RC_OK;
}

static int decode_open_converter(struct decoder *decoder, struct err *err) {
    if (decoder->charset.utf8)
        return RC_OK;
    decoder->converter = iconv_open("UTF-8", decoder->charset.name);
    if (decoder->converter != DECODE_NO_ICONV)
        return RC_OK;
    if (errno != EINVAL)
        return err_nomem(err);
    (void)err_set(err, RC_USAGE, "the encoding \"%s\" is not known here",
                  decoder->charset.name);
    err_advise(err, "`iconv -l` lists the names that are, for example UTF-8, "
                    "windows-1252, ISO-8859-15");
    return RC_USAGE;
}

int decode_open(struct decoder **out, const char *path, const char *encoding,
                bool with_digest, struct err *err) {
    struct decoder *decoder = calloc(1, sizeof *decoder);
    struct slice head;
    int rc;

    *out = NULL;
    if (decoder == NULL)
        return err_nomem(err);
    decoder->path = path;
    decoder->converter = DECODE_NO_ICONV;
    decoder->in = malloc(DECODE_CHUNK);
    if (decoder->in == NULL) {
        rc = err_nomem(err);
        goto out;
    }
    rc = source_open(&decoder->source, path, with_digest ? SOURCE_DIGEST : 0, err);
    if (rc < 0)
        goto out;
    rc = decode_fill(decoder, CHARSET_HEAD, err);
    if (rc < 0)
        goto out;
    head = slice_make(decoder->in,
                      decoder->in_len < CHARSET_HEAD ? decoder->in_len : CHARSET_HEAD);
    rc = charset_decide(&decoder->charset, path, head, encoding, err);
    if (rc < 0)
        goto out;
    decoder->in_at = decoder->charset.bom;
    rc = decode_open_converter(decoder, err);
out:
    if (rc < 0)
        decode_close(decoder);
    else
        *out = decoder;
    return rc;
}

/* UTF-8: what decode_open() has read ahead first, then straight from the source. */
static int decode_pass(struct decoder *decoder, char *out, size_t cap, size_t *len,
                       struct err *err) {
    size_t left = decoder->in_len - decoder->in_at;

    if (left == 0)
        return decoder->in_ended ? RC_OK
                                 : source_read(decoder->source, out, cap, len, err);
    *len = left < cap ? left : cap;
    memcpy(out, decoder->in + decoder->in_at, *len);
    decoder->in_at += *len;
    return RC_OK;
}

/* Puts the mark of damage in place of the smallest piece of the encoding. */
static void decode_mark(struct decoder *decoder, char **to, size_t *room) {
    size_t left = decoder->in_len - decoder->in_at;

    *(*to)++ = (char)0xFF;
    (*room)--;
    decoder->in_at += decoder->charset.unit < left ? decoder->charset.unit : left;
}

/* Converts what is in `in`; 0: more input is needed, 1: out is full. */
static int decode_convert(struct decoder *decoder, char **to, size_t *room) {
    while (decoder->in_at < decoder->in_len) {
        char *from = decoder->in + decoder->in_at;
        size_t left = decoder->in_len - decoder->in_at, before = left;
        size_t result = iconv(decoder->converter, &from, &left, to, room);
        int why = errno;
        decoder->in_at = decoder->in_len - left;
        if (result != (size_t)-1 && left < before)
            continue;
        if (result == (size_t)-1 && why == E2BIG)
            return 1;
        if (result == (size_t)-1 && why == EINVAL && !decoder->in_ended)
            return 0;
        /* EILSEQ, a sequence cut by the end, or an iconv that does not move: all are
         * bytes that mean nothing. */
        if (*room == 0)
            return 1;
        decode_mark(decoder, to, room);
    }
    return 0;
}

static int decode_iconv(struct decoder *decoder, char *out, size_t cap, size_t *len,
                        struct err *err) {
    char *to = out;
    size_t room = cap;

    while (room > 0) {
        bool full = decode_convert(decoder, &to, &room) > 0;
        size_t left = decoder->in_len - decoder->in_at;
        int rc;
        if (full)
            break;
        if (!decoder->in_ended) {
            rc = decode_fill(decoder, left + 1, err);
            if (rc < 0)
                return rc;
            continue;
        }
        if (decoder->flushed)
            break;
        /* Some encodings hold a character back until they have seen the next one. */
        if (iconv(decoder->converter, NULL, NULL, &to, &room) == (size_t)-1 &&
            errno == E2BIG)
            break;
        decoder->flushed = true;
    }
    *len = cap - room;
    return RC_OK;
}

int decode_read(struct decoder *decoder, char *out, size_t cap, size_t *len,
                struct err *err) {
    *len = 0;
    if (decoder->charset.utf8)
        return decode_pass(decoder, out, cap, len, err);
    return decode_iconv(decoder, out, cap, len, err);
}

/* Begins again at the beginning of the text. */
static int decode_rewind(struct decoder *decoder, struct err *err) {
    int rc;

    source_close(decoder->source);
    decoder->source = NULL;
    rc = source_open(&decoder->source, decoder->path, 0, err);
    if (rc < 0)
        return rc;
    if (decoder->converter != DECODE_NO_ICONV)
        (void)iconv(decoder->converter, NULL, NULL, NULL, NULL);
    decoder->in_at = decoder->in_len = 0;
    decoder->in_ended = decoder->flushed = false;
    rc = decode_fill(decoder, CHARSET_HEAD, err);
    if (rc < 0)
        return rc;
    decoder->in_at =
        decoder->charset.bom < decoder->in_len ? decoder->charset.bom : decoder->in_len;
    return RC_OK;
}

static int decode_discard(struct decoder *decoder, uint64_t count, struct err *err) {
    char *scratch = malloc(DECODE_CHUNK);
    uint64_t left = count;
    int rc = RC_OK;

    if (scratch == NULL)
        return err_nomem(err);
    while (left > 0) {
        size_t n, cap = left < DECODE_CHUNK ? (size_t)left : DECODE_CHUNK;
        rc = decode_read(decoder, scratch, cap, &n, err);
        if (rc < 0)
            break;
        if (n == 0) {
            rc = err_set(err, RC_INPUT, "%s ends before byte %llu of its text",
                         decoder->path, (unsigned long long)count);
            break;
        }
        left -= n;
    }
    free(scratch);
    return rc;
}

int decode_seek(struct decoder *decoder, uint64_t offset, struct err *err) {
    int rc;

    if (decoder->charset.utf8 && !source_is_gzip(decoder->source)) {
        decoder->in_at = decoder->in_len = 0;
        decoder->in_ended = false;
        return source_seek(decoder->source, decoder->charset.bom + offset, err);
    }
    rc = decode_rewind(decoder, err);
    return rc < 0 ? rc : decode_discard(decoder, offset, err);
}

const struct charset *decode_charset(const struct decoder *decoder) {
    return &decoder->charset;
}

struct source *decode_source(const struct decoder *decoder) {
    return decoder->source;
}

void decode_close(struct decoder *decoder) {
    if (decoder == NULL)
        return;
    if (decoder->converter != DECODE_NO_ICONV)
        (void)iconv_close(decoder->converter);
    source_close(decoder->source);
    free(decoder->in);
    free(decoder);
}
