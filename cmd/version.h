/* version.h - --version: of the program, and of the libraries that it runs with. */
#ifndef CMD_VERSION_H
#define CMD_VERSION_H

#include "base/err.h"

struct terminal;
struct jsonout;

/* As text on out, or as one line on json where that is not NULL. RC_LOCAL, RC_NOMEM. */
int version_print(const struct terminal *out, struct jsonout *json, struct err *err);

#endif
