/* json.h - writing JSON by appending, and the few looks into an answer that the hot path
 * needs. Whole documents (mapping files, metadata) are jansson's.
 */
#ifndef MODEL_JSON_H
#define MODEL_JSON_H

#include "base/buf.h"
#include "model/record.h"

/* Appends s as a JSON string with its quotes: only ", \ and control characters are
 * escaped. s must be valid UTF-8. */
int json_append_string(struct buf *buf, struct slice s);

/* Appends the value of an attribute. */
int json_append_attribute(struct buf *buf, const struct attribute *attribute);

/* Appends {"name":value,...}: the body of a POST or PUT. */
int json_append_record(struct buf *buf, const struct attribute *attributes, size_t count);

/* A bounded scan over one JSON document, without building it: visits the members of the
 * top-level object (or of each object of a top-level array, see depth). */
enum json_type {
    JSON_IS_NULL,
    JSON_IS_BOOL,
    JSON_IS_NUMBER,
    JSON_IS_STRING,
    JSON_IS_ARRAY,
    JSON_IS_OBJECT
};
struct json_member {
    struct slice name; /* raw, escapes kept (the server's names have none) */
    enum json_type type;
    struct slice raw; /* the value as it stands, quotes and brackets included */
};

/* A cursor over the members of one object. json_cursor_object() returns 0 or RC_SERVER
 * when text does not begin with an object; json_cursor_next() returns 1 with a member,
 * 0 at the closing brace, RC_SERVER when the text is malformed, cut off or nested
 * deeper than 64. */
struct json_cursor {
    const char *at;  /* where the scan stands */
    const char *end; /* of the text */
    bool first;      /* no member was read yet */
    char close;      /* '}' or ']': what ends the scan */
};
int json_cursor_object(struct json_cursor *cursor, struct slice text);
int json_cursor_next(struct json_cursor *cursor, struct json_member *member);

/* The same for the elements of an array (member.name stays empty). */
int json_cursor_array(struct json_cursor *cursor, struct slice text);

/* text without the blanks of JSON around it, which are fewer than those of C: a form feed
 * makes a text malformed. */
struct slice json_trim(struct slice text);

/* The member called name of an object (as JSON text): false when there is none, or the
 * text is no object. */
bool json_find(struct slice object, const char *name, struct json_member *member);

/* Is there such a member, and true? */
bool json_has_true(struct slice object, const char *name);

/* After json_cursor_next() returned 0: 0 when nothing but blanks follows, else
 * RC_SERVER. */
int json_cursor_end(const struct json_cursor *cursor);

/* Appends the text of a raw JSON string (its quotes included), unescaped, surrogate pairs
 * joined. RC_SERVER when it is no JSON string, or holds half a surrogate pair. */
int json_unescape(struct buf *buf, struct slice raw);

/* Is the text of a raw JSON string (its quotes included) equal to text? */
bool json_string_holds(struct slice raw, struct slice text);

/* Are two numbers, as texts, the same value? "10.1000" is 10.1, 1e3 is 1000. */
bool json_number_equal(struct slice a, struct slice b);

/* Does the value hold nothing: null, "", [] or no member at all (NULL)? */
bool json_is_blank(const struct json_member *member);

/* Is text one of the strings of the array member? */
bool json_array_has(const struct json_member *member, struct slice text);

/* Is member (NULL: the answer has no such member) what sending attribute leaves in the
 * server? Compares by kind: numbers by value, decimals regardless of padding zeros,
 * e-mail addresses ignoring ASCII case, arrays item by item, ids as sets, null like "",
 * [] and no member at all. */
bool json_holds(const struct json_member *member, const struct attribute *attribute);

#endif
