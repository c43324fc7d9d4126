/* settle_pair.h - pairs rows in doubt with records that could be theirs. Pure.
 *
 * As many rows as possible get a record each, and no record two rows: so a row is left
 * without one only when fewer records are there than rows that could have made them. Any
 * such pairing is right, because a row is only ever paired with a record that holds all
 * that it sent; among them the one is sought in which records hold little more than that.
 */
#ifndef FLOW_SETTLE_PAIR_H
#define FLOW_SETTLE_PAIR_H

#include <stddef.h>

#define SETTLE_UNPAIRED ((size_t)-1)

/* like[row * records + record] is an enum likeness; LIKE_MORE and up may be paired. Rows
 * come first who stand first. of_row[rows] and of_record[records] are filled with the
 * partner's index, or SETTLE_UNPAIRED. */
void settle_pair(const unsigned char *like, size_t rows, size_t records, size_t *of_row,
                 size_t *of_record);

#endif
