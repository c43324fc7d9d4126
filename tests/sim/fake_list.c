/* fake_list.c - GETs: settings, metadata, the user, and the list request with its
 * `where`.
 */
#include "sim/fake_private.h"

#include <stdio.h>
#include <string.h>

static int hex(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void unescape(const char *text, struct buf *out) {
    for (; *text != '\0'; text++) {
        if (text[0] == '%' && hex(text[1]) >= 0 && hex(text[2]) >= 0) {
            (void)buf_append_char(out, (char)(hex(text[1]) * 16 + hex(text[2])));
            text += 2;
        } else {
            (void)buf_append_char(out, *text);
        }
    }
}

static int answer_json(const json_t *json, struct buf *body) {
    char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);

    if (text == NULL)
        fake_fatal("no memory for an answer");
    (void)buf_append_text(body, text);
    free(text);
    return 200;
}

/* Metadata?key=entityDefs.Account.fields.industry.options; an unknown key gives
 * nothing. */
static int get_metadata(struct fake_crm *crm, const char *query, struct buf *body) {
    struct buf key = {.max = 1024};
    json_t *at = crm->metadata;
    char *word, *rest = NULL;

    if (strncmp(query, "key=", 4) != 0)
        return 400;
    unescape(query + 4, &key);
    for (word = strtok_r(key.data, ".", &rest); word != NULL && at != NULL;
         word = strtok_r(NULL, ".", &rest))
        at = json_object_get(at, word);
    buf_fini(&key);
    return at == NULL ? 200 : answer_json(at, body);
}

static bool text_equal(const json_t *a, const json_t *b) {
    const char *x = json_string_value(a), *y = json_string_value(b);

    return x != NULL && y != NULL && strcasecmp(x, y) == 0; /* as the collation does */
}

/* One item of `where` against a record; 1, 0, or -1 for what the server would refuse. */
static int holds(const json_t *item, const json_t *record) {
    const char *type = json_string_value(json_object_get(item, "type"));
    const char *name = json_string_value(json_object_get(item, "attribute"));
    const json_t *value = json_object_get(item, "value"), *part;
    const json_t *have = name == NULL ? NULL : json_object_get(record, name);
    size_t i;

    if (type == NULL || value == NULL)
        return -1;
    if (strcmp(type, "or") == 0) {
        int any = 0;
        json_array_foreach(value, i, part) {
            int one = holds(part, record);
            if (one < 0)
                return -1;
            any |= one;
        }
        return json_array_size(value) == 0 ? -1 : any;
    }
    if (name == NULL)
        return -1;
    if (strcmp(type, "equals") == 0)
        return text_equal(have, value);
    if (strcmp(type, "greaterThan") == 0)
        return json_is_string(have) && json_is_string(value) &&
               strcmp(json_string_value(have), json_string_value(value)) > 0;
    if (strcmp(type, "greaterThanOrEquals") == 0)
        return json_is_string(have) && json_is_string(value) &&
               strcmp(json_string_value(have), json_string_value(value)) >= 0;
    if (strcmp(type, "in") == 0) {
        json_array_foreach(value, i, part) {
            if (text_equal(have, part))
                return 1;
        }
        return 0;
    }
    return -1;
}

static json_t *selected(const json_t *record, const json_t *select) {
    static const char *const always[] = {"id", "createdAt", "createdById"};
    json_t *out = json_object(), *name;
    size_t i;

    for (i = 0; i < sizeof always / sizeof always[0]; i++)
        (void)json_object_set(out, always[i], json_object_get(record, always[i]));
    json_array_foreach(select, i, name) {
        json_t *value = json_object_get(record, json_string_value(name));
        (void)json_object_set_new(out, json_string_value(name),
                                  value == NULL ? json_null() : json_incref(value));
    }
    return out;
}

static int by_ids(const void *a, const void *b, void *crm) {
    const struct fake_record *records = ((struct fake_crm *)crm)->state->records;

    return strcmp(records[*(const size_t *)a].id, records[*(const size_t *)b].id);
}

/* The records by id, or newest first. */
static void put_in_order(struct fake_crm *crm, bool by_id, size_t *order) {
    size_t count = fake_crm_count(crm);

    for (size_t i = 0; i < count; i++)
        order[i] = by_id ? i : count - 1 - i;
    if (by_id)
        qsort_r(order, count, sizeof order[0], by_ids, crm);
}

/* Such a role goes by who records are assigned to, not by who has made them. */
bool fake_is_shown(const struct fake_crm *crm, const char *type, const json_t *record) {
    return !crm->options.own || strcmp(type, "Lead") != 0 ||
           strcmp(fake_text(record, "assignedUserId"), fake_crm_user(crm)) == 0;
}

static int get_list(struct fake_crm *crm, const char *type, const json_t *search,
                    struct buf *body) {
    const json_t *where = json_object_get(search, "where"), *item;
    const json_t *select = json_object_get(search, "select");
    size_t max = (size_t)json_integer_value(json_object_get(search, "maxSize"));
    json_int_t skip = json_integer_value(json_object_get(search, "offset"));
    const char *order = json_string_value(json_object_get(search, "orderBy"));
    bool by_id = order != NULL && strcmp(order, "id") == 0;
    json_t *list = json_array(), *answer = json_object();
    size_t records[RECORDS_MAX];
    size_t k, count = fake_crm_count(crm);
    bool more = false;
    int status = 200;

    if (max > crm->options.page)
        status = 403;
    put_in_order(crm, by_id, records);
    for (size_t i = 0; i < count && status == 200; i++) {
        size_t at = records[i];
        const json_t *record = fake_read(crm, at);
        int fits = !fake_crm_is_deleted(crm, at) && fake_crm_type(crm, at) == type;
        if (!fits || !fake_is_shown(crm, type, record))
            continue;
        json_array_foreach(where, k, item) {
            int one = holds(item, record);
            if (one < 0)
                status = 400;
            fits = fits && one == 1;
        }
        if (fits && skip-- > 0)
            fits = 0;
        more = more || (fits && json_array_size(list) == max);
        if (fits && json_array_size(list) < max)
            (void)json_array_append_new(list, select == NULL ? json_deep_copy(record)
                                                             : selected(record, select));
    }
    (void)json_object_set_new(answer, "total", json_integer(more ? -1 : -2));
    (void)json_object_set_new(answer, "list", list);
    if (status == 200)
        (void)answer_json(answer, body);
    json_decref(answer);
    return status;
}

/* The logs of Imports: by fileId, the newest first. */
static int get_imports(struct fake_crm *crm, const json_t *search, struct buf *body) {
    const json_t *where = json_object_get(search, "where"), *item;
    size_t max = (size_t)json_integer_value(json_object_get(search, "maxSize")), k;
    json_t *list = json_array(), *answer;

    for (size_t i = crm->state->import_count; i-- > 0;) {
        const struct fake_import *import = &crm->state->imports[i];
        json_t *shown = fake_import_shown(import);
        bool fits = import->live && json_array_size(list) < max;
        json_array_foreach(where, k, item) {
            fits = fits && holds(item, shown) == 1;
        }
        if (fits)
            (void)json_array_append(list, shown);
        json_decref(shown);
    }
    answer = json_pack("{s:i,s:o}", "total", -2, "list", list);
    (void)answer_json(answer, body);
    json_decref(answer);
    return max > crm->options.page ? 403 : 200;
}

/* Lead/{id}: the record as it was stored; a deleted one is shown to administrators. */
static int get_record(struct fake_crm *crm, const char *type, const char *id,
                      struct buf *body) {
    const struct fake_record *record = fake_record(crm, id);

    if (record == NULL || record->type != type ||
        (record->deleted && !crm->options.admin))
        return 404;
    if (!fake_is_shown(crm, type, fake_read(crm, (size_t)(record - crm->state->records))))
        return 403;
    (void)buf_append_text(body, record->json);
    return 200;
}

/* What is asked for in each run. */
static int get_page(struct fake_crm *crm, const char *path, struct buf *body) {
    struct fake_page *page = crm->pages;
    size_t begin = body->len;
    int status = 200;

    while (page->path != NULL && strcmp(page->path, path) != 0)
        page++;
    if (page->path != NULL) {
        (void)buf_append_text(body, page->body);
        return 200;
    }
    if (strncmp(path, "Metadata?", 9) == 0)
        status = get_metadata(crm, path + 9, body);
    else
        status = answer_json(json_object_get(crm->metadata, path), body);
    if (status == 200 && page < &crm->pages[PAGES_MAX - 1]) {
        page->path = strdup(path);
        page->body = strdup(buf_text(body) + begin);
    }
    return status;
}

int fake_get(struct fake_crm *crm, const char *path, struct buf *body) {
    static const char list[] = "?searchParams=";
    const char *type = fake_type_of(path), *query = path + strcspn(path, "/?");
    bool of_imports = strncmp(path, "Import?", 7) == 0;
    struct buf text = {.max = 65536};
    json_t *search;
    int status;

    if (strlen(path) > 8100)
        return 414;
    if (strcmp(path, "App/user") == 0 || strcmp(path, "Settings") == 0 ||
        strncmp(path, "Metadata?", 9) == 0)
        return get_page(crm, path, body);
    if (strncmp(path, "I18n", 4) == 0) { /* it has no labels */
        (void)buf_append_text(body, "{}");
        return 200;
    }
    if (strncmp(path, "Contact?", 8) == 0 || strncmp(path, "User?", 5) == 0) {
        /* nobody's addresses */
        (void)buf_append_text(body, "{\"total\":-2,\"list\":[]}");
        return 200;
    }
    if (type != NULL && query[0] == '/')
        return get_record(crm, type, query + 1, body);
    if (strncmp(path, "Import/", 7) == 0)
        return fake_import_errors(crm, path, body);
    if ((!of_imports && type == NULL) || strncmp(query, list, sizeof list - 1) != 0)
        fake_fatal("the fake server knows no GET %s", path);
    unescape(query + sizeof list - 1, &text);
    search = json_loads(buf_text(&text), 0, NULL);
    if (search == NULL)
        fake_fatal("no JSON in %s", buf_text(&text));
    status =
        of_imports ? get_imports(crm, search, body) : get_list(crm, type, search, body);
    json_decref(search);
    buf_fini(&text);
    return status;
}
