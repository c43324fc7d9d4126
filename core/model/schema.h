/* schema.h - what the server says about one entity type: its attributes and their
 * rules.
 *
 * Built from bodies of GET Metadata?key=entityDefs.{E}, GET
 * Metadata?key=app.regExpPatterns, GET Settings and GET App/user (espocrm-live: a
 * non-admin may read all four).
 */
#ifndef MODEL_SCHEMA_H
#define MODEL_SCHEMA_H

#include "base/err.h"
#include "base/slice.h"
#include "model/record.h"

#include <stdbool.h>
#include <stddef.h>

enum attribute_type {
    ATTRIBUTE_VARCHAR,
    ATTRIBUTE_TEXT,
    ATTRIBUTE_INT,
    ATTRIBUTE_FLOAT,
    ATTRIBUTE_DECIMAL,  /* on the wire a string: "12.50" */
    ATTRIBUTE_CURRENCY, /* on the wire a number */
    ATTRIBUTE_BOOL,
    ATTRIBUTE_ENUM,
    ATTRIBUTE_LIST, /* multiEnum, array, checklist, urlMultiple */
    ATTRIBUTE_DATE,
    ATTRIBUTE_DATETIME,
    ATTRIBUTE_EMAIL,
    ATTRIBUTE_PHONE,
    ATTRIBUTE_URL,
    ATTRIBUTE_ID,        /* of a link, linkOne, linkParent, file, image */
    ATTRIBUTE_IDS,       /* of a linkMultiple */
    ATTRIBUTE_ENTITY,    /* the type of a linkParent */
    ATTRIBUTE_ADDRESSES, /* all e-mail addresses or phone numbers of a record; options:
                            the types that a phone number may have. No list shows it, and
                            a PUT's answer has it as it was sent (espocrm-live) */
    ATTRIBUTE_JSON,      /* jsonArray, jsonObject, arrayInt: not writable from a cell */
    ATTRIBUTE_OTHER      /* known, readable, not writable */
};

/* Why an attribute cannot be written, for messages. */
enum attribute_lock {
    LOCK_NONE,
    LOCK_SYSTEM,     /* id, createdAt, ... : the server drops it */
    LOCK_READ_ONLY,  /* readOnly in the metadata */
    LOCK_FORBIDDEN,  /* the user's role does not allow to edit it */
    LOCK_FOREIGN,    /* {link}Name, foreign fields, a person's `name`: computed */
    LOCK_NOT_STORED, /* notStorable */
    LOCK_TYPE        /* of a type that a cell cannot fill */
};

struct pattern; /* model/pattern.h */

struct schema_attribute {
    const char *name;  /* of the attribute: "accountId" */
    const char *field; /* of its field: "account" */
    enum attribute_type type;
    enum attribute_lock lock;
    bool required;     /* of a new record */
    bool has_default;  /* the server fills it when it is not sent */
    bool default_true; /* BOOL: with true */
    bool audited;      /* a change of its field makes a note in the stream */
    bool not_null;     /* null is refused or changed by the server (bool) */
    bool unreadable;   /* the user's role hides its field: lists leave it out silently */
    bool not_stored;   /* notStorable: most lists do not show it */
    const char *kept_with; /* attribute without which EspoCRM answers with a value and
                              forgets it: "accountId", or NULL */
    size_t max_length;     /* characters, of a list: of one item; 0 = none */
    size_t max_count;      /* items of a list; 0 = none */
    bool has_min, has_max;
    double min, max;
    size_t max_whole;           /* digits in front of a decimal's point; 0 = any */
    size_t max_scale;           /* digits behind it that are kept; 0 = any */
    const char *const *options; /* of enum, list and entity types; NULL = any */
    size_t option_count;
    const char *labels_at; /* where I18n has their labels: "Account.options.industry", or
                              NULL = at the field itself */
    bool person_name;      /* composed of first and last name: no `in` (espocrm-live) */
    bool custom_options;   /* of lists: others are allowed too */
    const char *pattern;   /* regular expression (PCRE) for the whole text, or NULL */
    const struct pattern *pattern_code; /* compiled (pattern.h), or NULL */
    const char *foreign; /* entity type at the other end of a link, or NULL */
    const char *instead; /* for a locked one: what to map instead, or NULL */
};

struct schema_sources {
    struct slice entity_defs; /* body of Metadata?key=entityDefs.{E} */
    struct slice
        regexp_patterns;   /* body of Metadata?key=app.regExpPatterns; may be empty */
    struct slice settings; /* body of Settings */
    struct slice app_user; /* body of App/user */
};

struct schema;

/* RC_SERVER when a body is no such thing, RC_USAGE when entity_defs is empty (no such
 * entity type, or no access to it), RC_NOMEM. Free with schema_free(). */
int schema_new(struct schema **out, const char *entity_type,
               const struct schema_sources *sources, struct err *err);
void schema_free(struct schema *schema);

const char *schema_entity_type(const struct schema *schema);

/* Option lists that live elsewhere (optionsReference "Account.industry"): the metadata
 * key to ask for ("entityDefs.Account.fields.industry.options"), or NULL when i is past
 * the last; hand each answer's body to schema_set_reference(). */
const char *schema_reference(const struct schema *schema, size_t i);
int schema_set_reference(struct schema *schema, size_t i, struct slice body,
                         struct err *err);

/* NULL when the entity type has no such attribute. Borrowed from schema. */
const struct schema_attribute *schema_find(const struct schema *schema, const char *name);

/* The attribute whose name is nearest to name, writable ones only, or NULL. */
const struct schema_attribute *schema_nearest(const struct schema *schema,
                                              const char *name);

/* The attribute that holds an amount's currency, or NULL when amount is none. */
const struct schema_attribute *schema_currency(const struct schema *schema,
                                               const struct schema_attribute *amount);

size_t schema_count(const struct schema *schema);
const struct schema_attribute *schema_at(const struct schema *schema, size_t i);

/* Fields that a new record needs and that are made of several attributes: for each, any
 * one attribute suffices (Lead's `name`: first, middle or last name, e-mail, phone or
 * account name). Returns NULL when i is past the last; `names` ends with NULL. */
const char *const *schema_required_any(const struct schema *schema, size_t i,
                                       const char **field);

/* Of Settings and App/user. */
struct schema_server {
    const char *version;          /* "9.1.7", or "" */
    const char *time_zone;        /* "UTC" */
    const char *default_currency; /* "USD" */
    const char *user_id;
    const char *user_name;
    const char *user_type;    /* "api", "regular", "admin" */
    size_t list_max_size;     /* recordListMaxSizeLimit, 200 */
    bool phone_international; /* phoneNumberInternational */
    bool phone_extensions;    /* phoneNumberExtensions */
    bool may_create, may_read, may_edit,
        may_delete;        /* of the entity type, "no" = false */
    bool reads_all;        /* its records, whoever owns them: read "all" */
    bool reads_team;       /* those of the user's teams and the own ones: read "team" */
    bool may_import;       /* scope Import */
    bool may_assign;       /* records to any user and team: assignmentPermission "all" */
    bool assigns_none;     /* not even to its teams: "no" */
    bool has_default_team; /* EspoCRM may add it to new records */
    bool mails_assigned;   /* who a record of the type is assigned to gets an e-mail */
};
const struct schema_server *schema_server(const struct schema *schema);

/* Does the role surely show its user a record that the user has just made, assigned to
 * `assigned` (an id, empty = to nobody)? One that reads "own" or "team" goes by who a
 * record is assigned to, and by who has made it only where the entity type is assigned to
 * nobody (EspoCRM 9.1.7, filters OnlyOwn and OnlyTeam). */
bool schema_shows_made(const struct schema *schema, struct slice assigned);

/* Is a record that the user makes, with no word of who it is assigned to, hidden from the
 * user for good? It can neither be found again nor be linked then. */
bool schema_hides_made(const struct schema *schema);

#endif
