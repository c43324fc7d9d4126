/*
 * What the server knows of its entity types: fields and the attributes they become, read
 * from reduced copies of EspoCRM's metadata. Read-only once loaded.
 */
#ifndef ESPOCRM_SCHEMA_H
#define ESPOCRM_SCHEMA_H

#include "buf.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum ftype {
    F_OTHER,
    F_VARCHAR,
    F_TEXT,
    F_INT,
    F_FLOAT,
    F_BOOL,
    F_ENUM,
    F_DATE,
    F_DATETIME,
    F_EMAIL,
    F_PHONE,
    F_URL,
    F_LINK,
    F_LINK_ONE,
    F_LINK_PARENT,
    F_LINK_MULTIPLE,
    F_ARRAY,
    F_MULTIENUM,
    F_CHECKLIST,
    F_URL_MULTIPLE,
    F_CURRENCY,
    F_CONVERTED,
    F_PERSON_NAME,
    F_NUMBER,
    F_FOREIGN,
    F_JSON,
    F_SKIPPED
};

enum akind {
    A_COLUMN,      /* a column of the entity's table */
    A_NAME,        /* person name composed of first and last name */
    A_LINK_NAME,   /* name of the record that `source` points to */
    A_PARENT_NAME, /* same, the entity type being in `other` */
    A_EMAIL,
    A_EMAIL_DATA,
    A_EMAIL_OPT_OUT,
    A_EMAIL_INVALID,
    A_PHONE,
    A_PHONE_DATA,
    A_PHONE_OPT_OUT,
    A_PHONE_INVALID,
    A_PHONE_NUMERIC,
    A_MULTI_IDS,
    A_MULTI_NAMES,
    A_MULTI_COLUMNS,
    A_CONVERTED, /* amount of the field `source`, in the base currency (rate 1) */
    A_WEIGHTED,  /* amount times probability */
    A_FOREIGN,   /* attribute `other` of the record that `source` points to */
    A_ROLE,      /* role of the contact in its primary account */
    A_SQL,       /* the SQL expression `other` over the row */
    A_CONSTANT,  /* always the same value */
    A_MEMORY     /* accepted and echoed, never stored */
};

enum vtype {
    V_STRING,
    V_TEXT,
    V_INT,
    V_FLOAT,
    V_BOOL,
    V_DATE,
    V_DATETIME,
    V_ARRAY,
    V_OBJECT,
    V_DECIMAL
};

struct field;
struct entity;

struct attr {
    char *name;
    enum akind kind;
    enum vtype type;
    size_t index;        /* in entity.attrs and in record.v */
    struct field *field; /* NULL for id, deleted, versionNumber */
    struct attr *source; /* see enum akind */
    char *other;         /* see enum akind */
    json_t *constant;    /* of A_CONSTANT */
    bool writable;       /* by a client with all rights */
    bool read;           /* shown by GET of one record */
    bool listed;         /* shown by a list without select; selectable */
};

struct field {
    char *name;
    enum ftype type;
    json_t *defs;           /* borrowed from entity.defs */
    struct attr *attr;      /* main attribute, or NULL */
    struct attr *actual[4]; /* attributes whose presence means the field was sent */
    size_t nactual;
    const char *foreign; /* entity type of a link, or NULL */
    bool required, read_only, not_storable, decimal, has_min, has_max, suppress_required;
    double min, max;
    long max_length;     /* -1: none given */
    long max_count;      /* -1: none given */
    pcre2_code *pattern; /* anchored; NULL: none */
    json_t *options;     /* borrowed; NULL: anything goes */
    json_t *dflt;        /* borrowed; NULL: none */
};

enum linktype {
    L_BELONGS_TO,
    L_HAS_MANY,
    L_MANY_MANY,
    L_HAS_CHILDREN,
    L_PARENT,
    L_UNKNOWN
};

struct link {
    char *name;
    enum linktype type;
    const char *foreign; /* entity type of the other side, NULL for L_PARENT */
    const char *foreign_link;
    char *relation; /* L_MANY_MANY: name of the relation in table rel */
    bool left;      /* L_MANY_MANY: this side is column a */
};

struct entity {
    char *name;
    json_t *defs;        /* entityDefs as served by Metadata */
    json_t *model;       /* borrowed: what metadata does not tell, from model.json */
    struct attr **attrs; /* all attributes */
    size_t nattrs;
    struct attr **sorted; /* the same by name */
    struct field *fields;
    size_t nfields;
    struct link *links;
    size_t nlinks;
    struct attr *id, *deleted, *first, *last, *middle, *version, *email, *phone,
        *assigned;
    struct attr *created_at, *created_by, *modified_at, *modified_by, *stream_at;
    bool person, stream, admin_writes;
    char *insert_sql, *update_sql;
};

struct schema {
    struct entity *entities;
    size_t n;
    json_t *model;
    json_t *patterns; /* app.regExpPatterns */
    json_t *fields;   /* field type definitions */
    json_t *scopes;
    json_t *settings;
    json_t *i18n, *i18n_default; /* GET I18n: of the user, of the server */
    json_t *user_full, *user_weak; /* App/user answers */
    pcre2_code *re_id, *re_phone, *re_uri;
};

/* Loads everything below dir; variant "custom" adds the custom fields of Lead. 0 or
 * -1. */
int schema_load(struct schema *s, const char *dir, const char *variant);
void schema_fini(struct schema *s);

struct entity *schema_entity(const struct schema *s, const char *name, bool fold_first);
struct attr *entity_attr(const struct entity *e, const char *name);
struct field *entity_field(const struct entity *e, const char *name);
struct link *entity_link(const struct entity *e, const char *name);
bool pattern_matches(const pcre2_code *re, const char *s, size_t n);
pcre2_code *pattern_compile(const char *pattern);

#endif
