/* topic_mapping.c - `espoload help mapping`: an example, then every key, from the JSON
 * Schema that is built into the program, so that schema, help and man page say the same.
 */
#include "cmd/topics.h"

#include <jansson.h>
#include <string.h>

extern const unsigned char mapping_schema[]; /* mappings/mapping.schema.json */
extern const size_t mapping_schema_size;

enum { NAME_MAX_BYTES = 128, TEXT_MAX = 8192, DEPTH_MAX = 4 };

const char topic_mapping_example[] =
    "{\n"
    "  \"version\": 1,\n"
    "  \"entityType\": \"Lead\",\n"
    "  \"source\": { \"missingValues\": [\"\", \"n/a\", \"-\"] },\n"
    "  \"operation\": \"upsert\",\n"
    "  \"match\": [[\"emailAddress\"], [\"firstName\", \"lastName\"]],\n"
    "  \"defaults\": { \"timezone\": \"Europe/Berlin\", \"decimalChar\": \",\" },\n"
    "  \"columns\": [\n"
    "    { \"name\": \"E-Mail\", \"field\": \"emailAddress\", \"required\": true },\n"
    "    { \"name\": \"Name\", \"split\": { \"pattern\": \"first last\" },\n"
    "      \"fields\": [\"firstName\", \"lastName\"] },\n"
    "    { \"name\": \"Status\", \"field\": \"status\",\n"
    "      \"valueMap\": { \"neu\": \"New\", \"kalt\": \"Dead\" } },\n"
    "    { \"name\": \"Owner\", \"field\": \"assignedUserId\",\n"
    "      \"lookup\": { \"by\": [\"userName\", \"name\"] } },\n"
    "    { \"names\": [\"Note 1\", \"Note 2\"], \"join\": \"\\n\",\n"
    "      \"field\": \"description\" },\n"
    "    { \"const\": \"Web Site\", \"field\": \"source\" },\n"
    "    { \"name\": \"internal\", \"ignore\": true }\n"
    "  ]\n"
    "}\n";

/* What a $ref leads to, or NULL. */
static const json_t *referred(const json_t *root, const json_t *key) {
    static const char head[] = "#/$defs/";
    const char *ref = json_string_value(json_object_get(key, "$ref"));

    if (ref == NULL || strncmp(ref, head, strlen(head)) != 0)
        return NULL;
    return json_object_get(json_object_get(root, "$defs"), ref + strlen(head));
}

/* A word of the key itself, or of what it refers to. */
static const json_t *word_of(const json_t *root, const json_t *key, const char *word) {
    const json_t *own = json_object_get(key, word);

    return own != NULL ? own : json_object_get(referred(root, key), word);
}

static void append_json(struct buf *text, const char *head, const json_t *value) {
    char *dump = json_dumps(value, JSON_ENCODE_ANY);

    if (dump != NULL)
        (void)buf_append_format(text, "%s%s", head, dump);
    else
        text->failed = RC_NOMEM;
    free(dump);
}

static void append_key(const struct page *page, const json_t *root, const char *name,
                       const json_t *key) {
    struct buf text = {.max = TEXT_MAX};
    const char *description = json_string_value(word_of(root, key, "description"));
    const json_t *words = word_of(root, key, "enum");
    const json_t *fallback = word_of(root, key, "default");
    const json_t *example = json_array_get(json_object_get(key, "examples"), 0);

    (void)buf_append_text(&text, description == NULL ? "" : description);
    for (size_t i = 0; i < json_array_size(words); i++)
        (void)buf_append_format(&text, "%s%s", i == 0 ? " One of: " : ", ",
                                json_string_value(json_array_get(words, i)));
    if (words != NULL)
        (void)buf_append_char(&text, '.');
    if (fallback != NULL)
        append_json(&text, " Default: ", fallback);
    if (example != NULL && json_object_size(json_object_get(key, "properties")) == 0)
        append_json(&text, fallback != NULL ? "; example: " : " Example: ", example);
    if (text.failed != RC_OK)
        page->buf->failed = text.failed;
    page_entry(page, name, buf_text(&text));
    buf_fini(&text);
}

/* The keys of an object, those of objects in it behind their own. */
static void append_keys(const struct page *page, const json_t *root, const char *prefix,
                        json_t *properties, int depth) {
    const char *name;
    json_t *key;

    json_object_foreach(properties, name, key) {
        struct buf path = {.max = NAME_MAX_BYTES};
        json_t *inner = json_object_get(key, "properties");

        (void)buf_append_format(&path, "%s%s", prefix, name);
        append_key(page, root, buf_text(&path), key);
        (void)buf_append_char(&path, '.');
        if (path.failed != RC_OK)
            page->buf->failed = path.failed;
        else if (inner != NULL && depth < DEPTH_MAX)
            append_keys(page, root, buf_text(&path), inner, depth + 1);
        buf_fini(&path);
    }
}

void topic_mapping(const struct page *page) {
    json_t *root = json_loadb((const char *)mapping_schema, mapping_schema_size, 0, NULL);
    const json_t *defs = json_object_get(root, "$defs");

    if (root == NULL) { /* the tests read it: only memory can be missing */
        page->buf->failed = RC_NOMEM;
        return;
    }
    page_section(page, "Example");
    page_literal(page, topic_mapping_example);
    page_description(
        page,
        "A mapping is a JSON file (UTF-8). `espoload map FILE ENTITY -o MAPPING` drafts "
        "one, `espoload check FILE -m MAPPING` tries it, `import`, `reconcile` and "
        "`export` go by it. A key that is not listed here is an error. For a simple file "
        "the short form does: `-m 'Lead: E-Mail=emailAddress, Name=lastName'`, or "
        "`-m 'Lead: *=*'` where the header has EspoCRM's own names.");
    page_section(page, "Keys of the file");
    append_keys(page, root, "", json_object_get(root, "properties"), 0);
    page_section(page, "Keys of a column");
    append_keys(page, root, "",
                json_object_get(json_object_get(defs, "column"), "properties"), 0);
    page_section(page, "Keys of what type, optedOut and invalid may be");
    append_keys(page, root, "",
                json_object_get(json_object_get(defs, "part"), "properties"), 0);
    json_decref(root);
}
