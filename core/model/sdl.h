/* sdl.h - mapping files of Salesforce's Data Loader (.sdl): read, and their fields named
 * as EspoCRM names them.
 *
 * Such a file is one of Java properties: in an import "Column of the file=Field", in an
 * export the other way round; a source in double quotes is a constant; a target may be
 * several fields, parted by commas; an empty one maps nothing.
 */
#ifndef MODEL_SDL_H
#define MODEL_SDL_H

#include "base/err.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

struct sdl_entry {
    const char *source; /* column of the file, or the constant without its quotes */
    const char *target; /* first field of Salesforce; "" = none */
    const char *others; /* the further fields as they stand, or "" */
    bool constant;
    size_t line; /* of the file, from 1 */
};

struct sdl;

/* text: UTF-8, or else ISO 8859-1. name is for messages. Of a source that comes twice
 * the last one counts, as in Java. entity_type: its fields tell which side is Salesforce.
 * RC_USAGE with the line for what is no such file; RC_NOMEM. Free with sdl_free(). */
int sdl_parse(struct sdl **out, struct slice text, const char *name,
              const char *entity_type, struct err *err);
void sdl_free(struct sdl *sdl);

/* NULL past the last. Borrowed from sdl. */
const struct sdl_entry *sdl_at(const struct sdl *sdl, size_t i);

/* Does the file describe an export, with Salesforce on the left? It was turned round. */
bool sdl_was_export(const struct sdl *sdl);

/* What a field of Salesforce is in EspoCRM. */
struct sdl_field {
    const char *field;   /* attribute, "emailAddress"; NULL = guess by `as` */
    const char *type;    /* of a phone number, "Mobile"; or NULL */
    const char *not_why; /* why it has no counterpart, a clause; or NULL */
    bool known;          /* it is a standard field of that entity type */
};

/* Ignores case. "Account.Name" and "Account:Name" are the name of the account. */
void sdl_field(const char *entity_type, const char *salesforce, struct sdl_field *out);

#endif
