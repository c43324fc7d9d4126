/* The few functions of libphonenumber that the server needs, callable from C. */
#ifndef ESPOCRM_PHONE_SHIM_H
#define ESPOCRM_PHONE_SHIM_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

int phone_shim_e164(const char *in, const char *region, char *out, size_t size);
int phone_shim_possible(const char *in);

#ifdef __cplusplus
}
#endif

#endif
