/* address_kind.c - e-mail addresses and phone numbers, and the entity types that share
 * them (espocrm-api, section 3.1).
 */
#include "flow/address_kind.h"

#include <string.h>

const struct address_kind address_kinds[ADDRESS_KIND_COUNT] = {
    {"emailAddress",
     "emailAddressIsOptedOut",
     "emailAddressIsInvalid",
     "emailAddressData",
     {"id", "createdAt", "emailAddress", "emailAddressIsOptedOut",
      "emailAddressIsInvalid", NULL}},
    {"phoneNumber",
     "phoneNumberIsOptedOut",
     "phoneNumberIsInvalid",
     "phoneNumberData",
     {"id", "createdAt", "phoneNumber", "phoneNumberIsOptedOut", "phoneNumberIsInvalid",
      NULL}},
};

const char *address_owner(const struct site *site, const char *own, size_t step) {
    static const char *const owners[ADDRESS_OWNER_STEPS - 1] = {"Lead", "Contact",
                                                                "Account", "User"};
    const char *type = step == 0 ? own : owners[step - 1];

    if (step > 0 && strcmp(type, own) == 0)
        return NULL;
    return site_may_read(site, type) ? type : NULL;
}
