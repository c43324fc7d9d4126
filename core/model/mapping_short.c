/* mapping_short.c - "Lead: E-Mail=emailAddress, *=*", the mapping for one-liners.
 *
 * ENTITY ":" COLUMN "=" ATTRIBUTE {"," COLUMN "=" ATTRIBUTE}; a column whose name holds a
 * comma, an equals sign or a quote stands in double quotes, quotes in it doubled. Becomes
 * the JSON that it stands for and is checked like any other.
 */
#include "model/mapping_internal.h"

#include <string.h>

enum { WORD_MAX = 4096 };

static bool is_alnum(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static const char *skip_blanks(const char *p) {
    while (*p == ' ' || *p == '\t' || *p == '\n')
        p++;
    return p;
}

bool mapping_is_short(const char *text) {
    const char *p = skip_blanks(text);

    if (!is_alnum(*p))
        return false;
    while (is_alnum(*p))
        p++;
    p = skip_blanks(p);
    return *p == ':' && strchr(p, '=') != NULL;
}

/* A word up to stop, blanks around it taken away, quotes understood. */
static const char *read_word(const char *p, const char *stop, struct buf *word) {
    buf_reset(word);
    p = skip_blanks(p);
    if (*p == '"') {
        for (p++; *p != '\0'; p++) {
            if (*p == '"' && *++p != '"')
                return skip_blanks(p);
            (void)buf_append_char(word, *p);
        }
        return NULL; /* not closed */
    }
    while (*p != '\0' && strchr(stop, *p) == NULL)
        (void)buf_append_char(word, *p++);
    while (word->len > 0 && strchr(" \t\n", word->data[word->len - 1]) != NULL)
        word->data[--word->len] = '\0';
    return p;
}

static int wrong(struct err *err, const char *what, const char *at) {
    (void)err_set(err, RC_USAGE, "the mapping: %s at '%.40s'", what, at);
    err_advise(err,
               "the short form is 'Lead: E-Mail=emailAddress, *=*'; a mapping file is "
               "given by its path");
    return RC_USAGE;
}

static int add_pair(json_t *columns, const struct buf *name, const struct buf *field,
                    const char *at, struct err *err) {
    json_t *pair;

    if (name->failed < 0 || field->failed < 0)
        return err_set(err, RC_USAGE, "the mapping: a name is longer than %d bytes",
                       (int)WORD_MAX);
    if (name->len == 0 || field->len == 0)
        return wrong(err, name->len == 0 ? "a column is missing" : "a field is missing",
                     at);
    pair = json_pack("{s:s, s:s}", "name", buf_text(name), "field", buf_text(field));
    if (pair == NULL) /* not UTF-8, or no memory */
        return wrong(err, "a name that is not UTF-8", at);
    return json_array_append_new(columns, pair) < 0 ? err_nomem(err) : RC_OK;
}

static int read_pairs(json_t *columns, const char *p, struct err *err) {
    struct buf name = {.max = WORD_MAX}, field = {.max = WORD_MAX};
    const char *start;
    int rc = RC_OK;

    do {
        start = p = skip_blanks(p);
        p = read_word(p, "=,", &name);
        if (p == NULL || *p != '=') {
            rc = wrong(err, p == NULL ? "a quote that is not closed" : "no = ", start);
            break;
        }
        p = read_word(p + 1, ",", &field);
        if (p == NULL || (*p != ',' && *p != '\0')) {
            rc = wrong(err, "something left over", start);
            break;
        }
        rc = add_pair(columns, &name, &field, start, err);
    } while (rc == RC_OK && *p++ == ',' && *skip_blanks(p) != '\0');
    buf_fini(&field);
    buf_fini(&name);
    return rc;
}

int mapping_short(json_t **out, const char *text, struct err *err) {
    const char *start = skip_blanks(text), *end = start;
    json_t *root, *columns = NULL;
    int rc;

    *out = NULL;
    while (is_alnum(*end))
        end++;
    root = json_pack("{s:i, s:s%, s:o}", "version", 1, "entityType", start,
                     (size_t)(end - start), "columns", json_array());
    if (root == NULL)
        return err_nomem(err);
    columns = json_object_get(root, "columns");
    end = skip_blanks(end);
    rc = read_pairs(columns, *end == ':' ? end + 1 : end, err);
    if (rc < 0)
        json_decref(root);
    else
        *out = root;
    return rc;
}
