/*
 * Phone numbers by structure, for builds without libphonenumber: '+', then 7 to 15
 * digits, and after +1 exactly ten. Promises the same answers as the library for North
 * American numbers of the right length; does not know other countries' lengths.
 */
#include "phone.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#ifdef HAVE_LIBPHONENUMBER
#    include "phone_shim.h"
#endif

#ifdef HAVE_LIBPHONENUMBER

/* "+1" and ten digits, the first not 0 or 1: already what the library would answer. It
 * takes 20 microseconds to do so, which the benchmarks would notice. */
static bool plain_nanp(const char *s) {
    if (s[0] != '+' || s[1] != '1' || s[2] < '2' || s[2] > '9')
        return false;
    for (size_t i = 3; i < 12; i++)
        if (!isdigit((unsigned char)s[i]))
            return false;
    return s[12] == '\0';
}

bool phone_e164(const char *in, const char *region, char out[PHONE_SIZE]) {
    if (plain_nanp(in)) {
        memcpy(out, in, 13);
        return true;
    }
    return phone_shim_e164(in, region ? region : "ZZ", out, PHONE_SIZE) == 0;
}

bool phone_valid(const char *number) {
    char out[PHONE_SIZE];
    if (plain_nanp(number))
        return true;
    return phone_e164(number, NULL, out) && !strcmp(out, number) &&
           phone_shim_possible(number) == 1;
}

#else

static bool possible(const char *e164) {
    size_t n = strlen(e164 + 1);
    return n >= 7 && n <= 15 && (e164[1] != '1' || n == 11);
}

bool phone_e164(const char *in, const char *region, char out[PHONE_SIZE]) {
    size_t n = 0;
    const char *country = region && !strcmp(region, "US")   ? "1"
                          : region && !strcmp(region, "DE") ? "49"
                                                            : "";
    if (*in != '+') {
        if (!*country)
            return false;
        n = (size_t)snprintf(out, PHONE_SIZE, "+%s", country);
        while (*in == '0')
            in++;
    }
    for (; *in && !isalpha((unsigned char)*in); in++) {
        if ((*in == '+' && n == 0) || isdigit((unsigned char)*in))
            out[n++] = *in;
        if (n >= 20)
            return false;
    }
    out[n] = '\0';
    return n >= 4;
}

bool phone_valid(const char *number) {
    char out[PHONE_SIZE];
    return phone_e164(number, NULL, out) && !strcmp(out, number) && possible(number);
}

#endif
