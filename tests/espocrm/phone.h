/* Phone numbers in E.164: by libphonenumber where the build has it, else by their
 * shape. */
#ifndef ESPOCRM_PHONE_H
#define ESPOCRM_PHONE_H

#include <stdbool.h>
#include <stddef.h>

#define PHONE_SIZE 64

/* Writes the E.164 form of a number that starts with '+' (or of a national one when
 * region, two capital letters, is given). False when it cannot be parsed. */
bool phone_e164(const char *in, const char *region, char out[PHONE_SIZE]);
/* Whether the text is exactly its own E.164 form and of a possible length. */
bool phone_valid(const char *number);

#endif
