/* Turns the fields of an entity type into its attributes. Part of loading the schema. */
#ifndef ESPOCRM_SCHEMA_ATTRS_H
#define ESPOCRM_SCHEMA_ATTRS_H

#include "schema.h"

/* Fills attrs, sorted and the pointers to well-known attributes. */
void schema_build_attrs(struct entity *e);

#endif
