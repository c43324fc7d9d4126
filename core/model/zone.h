/* zone.h - local times of an IANA time zone to UTC.
 *
 * Reads the system's zoneinfo files (RFC 8536) itself: mktime() knows one zone a process,
 * set through the environment, and guesses silently where a local time is missing or came
 * twice. Here both are told, and nothing global is touched.
 */
#ifndef MODEL_ZONE_H
#define MODEL_ZONE_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct zone;

/* name: "Europe/Berlin". RC_USAGE when there is no such zone here, RC_LOCAL when its file
 * is broken, RC_NOMEM. Free with zone_free(). */
int zone_load(struct zone **out, const char *name, struct err *err);

/* The same from the bytes of a zoneinfo file. */
int zone_parse(struct zone **out, const unsigned char *data, size_t len, const char *name,
               struct err *err);
void zone_free(struct zone *zone);

enum zone_result {
    ZONE_OK,
    ZONE_GAP,      /* the clocks were put forward over this time */
    ZONE_AMBIGUOUS /* the clocks were put back, this time came twice */
};

/* local: seconds since 1970-01-01 00:00:00 on the zone's clocks. */
enum zone_result zone_to_utc(const struct zone *zone, int64_t local, int64_t *utc);

/* Seconds to add to UTC at the moment utc. */
int32_t zone_offset(const struct zone *zone, int64_t utc);

#endif
