/* cell_text.h - what EspoCRM holds, as the text of a cell: the inverse of convert.h.
 *
 * Promises that convert_cell() with the same converter makes the same value of the text
 * again; where no text does, says so.
 */
#ifndef MODEL_CELL_TEXT_H
#define MODEL_CELL_TEXT_H

#include "base/buf.h"
#include "model/convert.h"
#include "model/json.h"

/* What became of a value. */
enum cell_result {
    CELL_NULL,      /* null: nothing was appended */
    CELL_TEXT,      /* appended, maybe nothing: an empty text */
    CELL_UNFAITHFUL /* appended, but an import would not make the same value of it */
};

/* Appends member as text. RC_SERVER when it is no value of the converter's kind, and
 * RC_NOMEM, RC_LIMIT. Where the converter has a valueMap, the first of its keys that
 * stands for the value is taken. */
int cell_text_append(const struct converter *converter, const struct json_member *member,
                     struct buf *buf);

/* Appends the texts of all addresses but the primary one (emailAddressData,
 * phoneNumberData), parted by the converter's delimiter; all: the primary one, too,
 * first. */
int cell_text_append_addresses(const struct converter *converter,
                               const struct json_member *member, bool all,
                               struct buf *buf);

/* The names of a link of several records (teamsNames, an object by id). */
int cell_text_append_names(const struct converter *converter,
                           const struct json_member *member, struct buf *buf);

#endif
