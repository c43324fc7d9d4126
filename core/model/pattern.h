/* pattern.h - a regular expression of EspoCRM's metadata, matched against a whole text.
 *
 * One thread: a pattern has room for one match at a time.
 */
#ifndef MODEL_PATTERN_H
#define MODEL_PATTERN_H

#include "base/slice.h"

struct pattern;

/* *out is NULL with RC_OK when text is no pattern that PCRE takes: then the server alone
 * judges. RC_NOMEM. */
int pattern_new(struct pattern **out, const char *text);
void pattern_free(struct pattern *pattern);

/* text must be UTF-8. True also when the matcher gives up on a pattern that backtracks
 * without end: the server then judges. */
bool pattern_matches(const struct pattern *pattern, struct slice text);

#endif
