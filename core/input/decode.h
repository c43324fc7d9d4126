/* decode.h - an input file as UTF-8 text without a byte order mark.
 *
 * UTF-8 passes through as it is, also where it is damaged. Any other encoding goes
 * through iconv; what is not of the encoding becomes the byte 0xFF, which no UTF-8 text
 * can hold, so that the record around it is found to be bad and no other.
 */
#ifndef INPUT_DECODE_H
#define INPUT_DECODE_H

#include "base/err.h"
#include "input/charset.h"
#include "input/source.h"

#include <stddef.h>
#include <stdint.h>

enum { DECODE_CAP_MIN = 16 }; /* bytes that decode_read() must be given at least */

struct decoder;

/* Opens path and decides on its encoding: encoding as charset_decide() has it. path is
 * borrowed until decode_close(). RC_INPUT, RC_USAGE for an encoding that iconv does not
 * know, RC_NOMEM. */
int decode_open(struct decoder **out, const char *path, const char *encoding,
                bool with_digest, struct err *err);

/* Up to cap bytes of text to out; *len is 0 at the end only. */
int decode_read(struct decoder *decoder, char *out, size_t cap, size_t *len,
                struct err *err);

/* Goes on at a byte of the text that begins a character: at once in a plain UTF-8 file,
 * else by reading again from the beginning. RC_INPUT when the text is shorter than that.
 */
int decode_seek(struct decoder *decoder, uint64_t offset, struct err *err);

/* What was decided; borrowed until decode_close(). */
const struct charset *decode_charset(const struct decoder *decoder);

/* The file underneath, for its digest; borrowed until the next decode_seek(). */
struct source *decode_source(const struct decoder *decoder);

void decode_close(struct decoder *decoder);

#endif
