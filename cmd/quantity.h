/* quantity.h - numbers as a person reads them: 45,210 rows, 1:23:45, 12.3 ms, 1.5 MiB.
 *
 * Every function appends to buf and lets its `failed` tell; none looks at the locale.
 */
#ifndef CMD_QUANTITY_H
#define CMD_QUANTITY_H

#include "base/buf.h"

#include <stdint.h>

/* "45,210" */
void quantity_append_count(struct buf *buf, uint64_t count);

/* "12.3 s" below a minute, then "1:23", "1:23:45", "2 d 3:04:05"; milliseconds in. */
void quantity_append_duration(struct buf *buf, int64_t ms);

/* "0:44", "1:23", "1:23:45": as above, whole seconds always. */
void quantity_append_clock(struct buf *buf, int64_t ms);

/* "850 us", "12.3 ms", "1.20 s"; microseconds in. */
void quantity_append_latency(struct buf *buf, int64_t us);

/* A rate a second given in thousandths: "1,234", "12.3", "0.52". */
void quantity_append_rate(struct buf *buf, uint64_t milli);

/* "512 B", "1.5 KiB", "32.0 MiB" */
void quantity_append_bytes(struct buf *buf, uint64_t bytes);

#endif
