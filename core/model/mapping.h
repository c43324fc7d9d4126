/* mapping.h - the mapping file: read, checked, compiled into a program that turns a CSV
 * record into attributes.
 *
 * mapping_load() knows the file's words only; program_new() sets it against the header
 * and the server's metadata. Every error carries the JSON Pointer of what is wrong and,
 * where there is one, a suggestion; all errors of a mapping are reported, not the
 * first.
 */
#ifndef MODEL_MAPPING_H
#define MODEL_MAPPING_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "model/lookup.h"
#include "model/record.h"
#include "model/schema.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mapping_operation {
    OPERATION_CREATE,
    OPERATION_UPDATE,
    OPERATION_UPSERT,
    OPERATION_DELETE
};
enum mapping_on_duplicate {
    ON_DUPLICATE_FAIL,
    ON_DUPLICATE_SKIP,
    ON_DUPLICATE_UPDATE,
    ON_DUPLICATE_FORCE
};

/* What becomes of a row that matches a record, several records, or an earlier row of the
 * same file. */
enum mapping_on_match { ON_MATCH_UPDATE, ON_MATCH_SKIP, ON_MATCH_ERROR };
enum mapping_on_many { ON_MANY_ERROR, ON_MANY_SKIP, ON_MANY_FIRST };
enum mapping_on_repeat {
    ON_REPEAT_ERROR,   /* all rows of the key but the first fail */
    ON_REPEAT_FIRST,   /* the first is taken, the others are skipped */
    ON_REPEAT_LAST,    /* the last is taken, the others are skipped */
    ON_REPEAT_MERGE,   /* one row of them all: of each column the last filled cell */
    ON_REPEAT_IN_ORDER /* one after the other, each matched anew */
};

struct mapping;

/* One pair of a valueMap; an empty `to` clears the field. Borrowed during the call. */
typedef int mapping_pair_fn(void *context, struct slice from, struct slice to,
                            uint64_t line, struct err *err);

/* Reads a file of such pairs. */
typedef int mapping_pairs_fn(const char *path, mapping_pair_fn *pair, void *context,
                             struct err *err);

/* text: a path of a JSON file, or the short form "Lead: E-Mail=emailAddress, *=*".
 * pairs: reads the file of a "valueMap": "file.csv", whose path is relative to the
 * mapping's. RC_USAGE with what is wrong and where; RC_LOCAL, RC_NOMEM, and what pairs
 * returns. */
int mapping_load(struct mapping **out, const char *text, mapping_pairs_fn *pairs,
                 struct err *err);

/* The same from JSON text already read (a checkpoint's copy); name is for messages. */
int mapping_parse(struct mapping **out, struct slice json, const char *name,
                  struct err *err);
void mapping_free(struct mapping *mapping);

/* The mapping as one line of canonical JSON (the short form too), for the checkpoint and
 * its hash. Borrowed from mapping. */
const char *mapping_json(const struct mapping *mapping);

const char *mapping_entity_type(const struct mapping *mapping);
enum mapping_operation mapping_operation(const struct mapping *mapping);
enum mapping_on_duplicate mapping_on_duplicate(const struct mapping *mapping);

/* What the mapping says of matching. What a `create` leaves out follows from what the run
 * does with duplicates (the mapping's onDuplicate, or the command line's): there the
 * client's matching takes the place of the server's check. */
struct mapping_policy {
    enum mapping_on_match on_match;
    enum mapping_on_many on_many;
    enum mapping_on_repeat on_repeat;
    bool blind; /* a create that is forced: the CRM is not asked for matches */
};

void mapping_policy(const struct mapping *mapping, enum mapping_on_duplicate on_duplicate,
                    struct mapping_policy *out);

/* source.encoding (NULL = auto) and source.dialect (0 = find out). */
const char *mapping_encoding(const struct mapping *mapping);
char mapping_delimiter(const struct mapping *mapping);
char mapping_quote(const struct mapping *mapping);
char mapping_comment(const struct mapping *mapping);
bool mapping_header(const struct mapping *mapping);

/* match: rule i as a NULL-terminated list of attribute names, or NULL past the last. */
const char *const *mapping_match(const struct mapping *mapping, size_t i);

/* Every problem of a mapping against a header and a schema, in the file's order. */
struct mapping_problem {
    char pointer[128]; /* JSON Pointer into the mapping: "/columns/3/field" */
    char message[400]; /* what is wrong, with a suggestion */
};

struct program;

/* columns: the header. On RC_USAGE err holds the first problem and how many more there
 * are, and problems (if not NULL) all of them, malloc'ed, *problem_count long; the caller
 * frees with free(). Borrows mapping and schema until program_free(). */
int program_new(struct program **out, const struct mapping *mapping,
                const struct schema *schema, const struct slice *columns,
                size_t column_count, struct mapping_problem **problems,
                size_t *problem_count, struct err *err);
void program_free(struct program *program);

/* Do rows fill fields that have options? Then cells may name these by their labels. */
bool program_has_options(const struct program *program);

/* languages: bodies of GET I18n, the first PROGRAM_LANGUAGES; one that is no JSON counts
 * as none. Without any, options are still told in any case. RC_NOMEM. */
enum { PROGRAM_LANGUAGES = 2 };
int program_name_options(struct program *program, const struct slice *languages,
                         size_t count);

/* The look-ups of the mapping's columns, each once; their entity types' schemas must be
 * set against them (lookup_check) before a row is run. NULL past the last. */
const struct lookup *program_lookup(const struct program *program, size_t i);

/* The attributes of match rule i, as the schema has them; NULL past the last. */
const struct schema_attribute *const *program_match(const struct program *program,
                                                    size_t i, size_t *count);

/* What is wrong with a look-up against the metadata of the entity type that it asks for,
 * one sentence, or NULL: buf is scratch for it. */
const char *lookup_problem(const struct lookup *lookup, const struct schema *target,
                           struct buf *buf);

/* The errors of a record that is to be created and lacks what EspoCRM requires: appended
 * to record->errors, in arena. program_run() has done so where the operation is create.
 * RC_NOMEM. */
int program_require(const struct program *program, struct arena *arena,
                    struct record *record);

/* The same for a row of a `create` whose rows are merged ("onRepeat": "merge"): there it
 * is the merged row that must be complete, so program_run() leaves this to the caller.
 * Nothing for other operations. RC_NOMEM. */
int program_complete(const struct program *program, struct arena *arena,
                     struct record *record);

/* Columns of the file that no column of the mapping uses, for the plan's words. */
size_t program_unused_columns(const struct program *program, const size_t **columns);

/* The attribute that keeps run and row of each new record, or NULL. */
enum { IDENTITY_LENGTH = 40 };
const struct schema_attribute *program_identity(const struct program *program);

/* Every attribute that rows may carry, in the mapping's order. */
size_t program_attributes(const struct program *program,
                          const struct schema_attribute *const **attributes);

/* Those of them that rows carry as lists of addresses beside the plain one
 * (emailAddressData); NULL past the last. */
const struct schema_attribute *program_address_list(const struct program *program,
                                                    size_t i);

/* Turns cells into a record. Bad values are data (record->errors, all of them), so this
 * fails with RC_NOMEM only. The record lives in arena and may borrow from fields: they
 * must live as long (copy them into the arena first when the row outlives the record). */
int program_run(const struct program *program, const struct slice *fields, size_t count,
                struct arena *arena, struct record *out);

#endif
