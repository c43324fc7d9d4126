/* Conditions on dates that are relative to now. */
#ifndef ESPOCRM_WHERE_DATES_H
#define ESPOCRM_WHERE_DATES_H

#include "buf.h"

/* Appends the condition of a date type such as "on" or "lastXDays"; 1 when done, 0
 * when the type is not one of these. Days begin at midnight UTC. */
int where_date(const char *type, const char *ex, bool with_time, const json_t *v,
               struct buf *sql, json_t *params);

#endif
