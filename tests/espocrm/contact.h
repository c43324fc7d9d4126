/*
 * E-mail addresses and phone numbers: rows shared by all records that hold them, with
 * their opt-out and invalid flags, as EspoCRM keeps them.
 */
#ifndef ESPOCRM_CONTACT_H
#define ESPOCRM_CONTACT_H

#include "record.h"

/* Fills emailAddressData and phoneNumberData. */
void contact_load(struct app *app, const struct record *r);
/* Stores what the record says; `old` is the record as it was, NULL for a new one. */
void contact_store(struct app *app, const struct record *r, const struct record *old);
/* Links further addresses as primary, as parallel writers do; for tests. */
int contact_add_primary(struct app *app, const struct entity *e, const char *id,
                        const char *address);

#endif
