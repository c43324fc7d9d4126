/* sdl_fields.c - the standard fields of Salesforce's leads, contacts, accounts and
 * opportunities, and what they are in EspoCRM.
 */
#include "model/sdl.h"

#include <strings.h>

struct sdl_row {
    const char *salesforce;
    const char *field; /* or NULL */
    const char *type;  /* or NULL */
    const char *not_why;
};

#define NO_PLACE "EspoCRM has no such field unless one is added"
#define OWN_IDS "holds ids of Salesforce, which EspoCRM does not know"

static const struct sdl_row any_rows[] = {
    {"Id", NULL, NULL, OWN_IDS "; a custom field could keep them"},
    {"OwnerId", NULL, NULL, OWN_IDS "; map a column with names or user names instead"},
    {"Owner.Name", "assignedUserId", NULL, NULL},
    {"Owner.Username", "assignedUserId", NULL, NULL},
    {"RecordTypeId", NULL, NULL, OWN_IDS},
    {"CampaignId", NULL, NULL, OWN_IDS},
    {"CreatedDate", NULL, NULL, "EspoCRM sets this itself and drops what is sent"},
    {"CreatedById", NULL, NULL, "EspoCRM sets this itself and drops what is sent"},
    {"LastModifiedDate", NULL, NULL, "EspoCRM sets this itself and drops what is sent"},
    {"LastModifiedById", NULL, NULL, "EspoCRM sets this itself and drops what is sent"},
    {"SystemModstamp", NULL, NULL, "EspoCRM sets this itself and drops what is sent"},
    {"LastActivityDate", NULL, NULL, "EspoCRM keeps activities as records of their own"},
    {"IsDeleted", NULL, NULL, "EspoCRM sets this itself and drops what is sent"},
    {"Description", "description", NULL, NULL},
    {NULL, NULL, NULL, NULL},
};

static const struct sdl_row person_rows[] = {
    {"Name", "name", NULL, NULL},
    {"FirstName", "firstName", NULL, NULL},
    {"MiddleName", "middleName", NULL, NULL},
    {"LastName", "lastName", NULL, NULL},
    {"Salutation", "salutationName", NULL, NULL},
    {"Suffix", NULL, NULL, NO_PLACE},
    {"Email", "emailAddress", NULL, NULL},
    {"HasOptedOutOfEmail", "emailAddressIsOptedOut", NULL, NULL},
    {"Phone", "phoneNumber", NULL, NULL},
    {"MobilePhone", "phoneNumber", "Mobile", NULL},
    {"HomePhone", "phoneNumber", "Home", NULL},
    {"OtherPhone", "phoneNumber", "Other", NULL},
    {"Fax", "phoneNumber", "Fax", NULL},
    {"DoNotCall", "doNotCall", NULL, NULL},
    {"HasOptedOutOfFax", NULL, NULL, NO_PLACE},
    {NULL, NULL, NULL, NULL},
};

static const struct sdl_row lead_rows[] = {
    {"Title", "title", NULL, NULL},
    {"Company", "accountName", NULL, NULL},
    {"Street", "addressStreet", NULL, NULL},
    {"City", "addressCity", NULL, NULL},
    {"State", "addressState", NULL, NULL},
    {"PostalCode", "addressPostalCode", NULL, NULL},
    {"Country", "addressCountry", NULL, NULL},
    {"Website", "website", NULL, NULL},
    {"LeadSource", "source", NULL, NULL},
    {"Status", "status", NULL, NULL},
    {"Industry", "industry", NULL, NULL},
    {"AnnualRevenue", NULL, NULL, NO_PLACE},
    {"NumberOfEmployees", NULL, NULL, NO_PLACE},
    {"Rating", NULL, NULL, NO_PLACE},
    {"IsConverted", NULL, NULL, "EspoCRM sets this itself when a lead is converted"},
    {"IsUnreadByOwner", NULL, NULL, NO_PLACE},
    {NULL, NULL, NULL, NULL},
};

static const struct sdl_row contact_rows[] = {
    {"AccountId", NULL, NULL, OWN_IDS "; map a column with the account's name instead"},
    {"Account.Name", "accountId", NULL, NULL},
    {"Title", NULL, NULL, "EspoCRM keeps a contact's title with its account"},
    {"Department", NULL, NULL, NO_PLACE},
    {"LeadSource", NULL, NULL, NO_PLACE},
    {"Birthdate", NULL, NULL, NO_PLACE},
    {"AssistantName", NULL, NULL, NO_PLACE},
    {"AssistantPhone", NULL, NULL, "is the phone of somebody else"},
    {"ReportsToId", NULL, NULL, OWN_IDS},
    {"MailingStreet", "addressStreet", NULL, NULL},
    {"MailingCity", "addressCity", NULL, NULL},
    {"MailingState", "addressState", NULL, NULL},
    {"MailingPostalCode", "addressPostalCode", NULL, NULL},
    {"MailingCountry", "addressCountry", NULL, NULL},
    {"OtherStreet", NULL, NULL, "EspoCRM keeps one address of a contact"},
    {"OtherCity", NULL, NULL, "EspoCRM keeps one address of a contact"},
    {"OtherState", NULL, NULL, "EspoCRM keeps one address of a contact"},
    {"OtherPostalCode", NULL, NULL, "EspoCRM keeps one address of a contact"},
    {"OtherCountry", NULL, NULL, "EspoCRM keeps one address of a contact"},
    {NULL, NULL, NULL, NULL},
};

static const struct sdl_row account_rows[] = {
    {"Name", "name", NULL, NULL},
    {"Type", "type", NULL, NULL},
    {"Industry", "industry", NULL, NULL},
    {"Phone", "phoneNumber", NULL, NULL},
    {"Fax", "phoneNumber", "Fax", NULL},
    {"Website", "website", NULL, NULL},
    {"Sic", "sicCode", NULL, NULL},
    {"BillingStreet", "billingAddressStreet", NULL, NULL},
    {"BillingCity", "billingAddressCity", NULL, NULL},
    {"BillingState", "billingAddressState", NULL, NULL},
    {"BillingPostalCode", "billingAddressPostalCode", NULL, NULL},
    {"BillingCountry", "billingAddressCountry", NULL, NULL},
    {"ShippingStreet", "shippingAddressStreet", NULL, NULL},
    {"ShippingCity", "shippingAddressCity", NULL, NULL},
    {"ShippingState", "shippingAddressState", NULL, NULL},
    {"ShippingPostalCode", "shippingAddressPostalCode", NULL, NULL},
    {"ShippingCountry", "shippingAddressCountry", NULL, NULL},
    {"ParentId", NULL, NULL, OWN_IDS},
    {"AccountNumber", NULL, NULL, NO_PLACE},
    {"AnnualRevenue", NULL, NULL, NO_PLACE},
    {"NumberOfEmployees", NULL, NULL, NO_PLACE},
    {"Ownership", NULL, NULL, NO_PLACE},
    {"Rating", NULL, NULL, NO_PLACE},
    {"Site", NULL, NULL, NO_PLACE},
    {"TickerSymbol", NULL, NULL, NO_PLACE},
    {NULL, NULL, NULL, NULL},
};

static const struct sdl_row opportunity_rows[] = {
    {"Name", "name", NULL, NULL},
    {"AccountId", NULL, NULL, OWN_IDS "; map a column with the account's name instead"},
    {"Account.Name", "accountId", NULL, NULL},
    {"StageName", "stage", NULL, NULL},
    {"Amount", "amount", NULL, NULL},
    {"CurrencyIsoCode", "amountCurrency", NULL, NULL},
    {"CloseDate", "closeDate", NULL, NULL},
    {"Probability", "probability", NULL, NULL},
    {"LeadSource", "leadSource", NULL, NULL},
    {"Type", NULL, NULL, NO_PLACE},
    {"NextStep", NULL, NULL, NO_PLACE},
    {"ExpectedRevenue", NULL, NULL, "EspoCRM computes this from amount and probability"},
    {"IsClosed", NULL, NULL, "EspoCRM tells this by the stage"},
    {"IsWon", NULL, NULL, "EspoCRM tells this by the stage"},
    {"ForecastCategoryName", NULL, NULL, NO_PLACE},
    {NULL, NULL, NULL, NULL},
};

static const struct {
    const char *entity_type;
    const struct sdl_row *own, *shared;
} entities[] = {
    {"Lead", lead_rows, person_rows},
    {"Contact", contact_rows, person_rows},
    {"Account", account_rows, NULL},
    {"Opportunity", opportunity_rows, NULL},
};

/* "Account:Name" is "Account.Name". */
static bool is_called(const char *salesforce, const char *name) {
    for (; *name != '\0'; name++, salesforce++) {
        char c = *salesforce == ':' ? '.' : *salesforce;
        if (strncasecmp(&c, name, 1) != 0)
            return false;
    }
    return *salesforce == '\0';
}

static const struct sdl_row *find(const struct sdl_row *rows, const char *salesforce) {
    for (; rows != NULL && rows->salesforce != NULL; rows++)
        if (is_called(salesforce, rows->salesforce))
            return rows;
    return NULL;
}

void sdl_field(const char *entity_type, const char *salesforce, struct sdl_field *out) {
    const struct sdl_row *row = NULL;

    memset(out, 0, sizeof *out);
    for (size_t i = 0; row == NULL && i < sizeof entities / sizeof *entities; i++) {
        if (strcmp(entities[i].entity_type, entity_type) != 0)
            continue;
        row = find(entities[i].own, salesforce);
        if (row == NULL)
            row = find(entities[i].shared, salesforce);
    }
    if (row == NULL)
        row = find(any_rows, salesforce);
    if (row != NULL) {
        *out = (struct sdl_field){.field = row->field,
                                  .type = row->type,
                                  .not_why = row->not_why,
                                  .known = true};
        return;
    }
    if (strchr(salesforce, ':') != NULL || strchr(salesforce, '.') != NULL)
        out->not_why = "looks a record up by a field that only Salesforce has: map the "
                       "link by hand, with \"lookup\"";
}
