/* finder.c - look-ups: built, split by the length of a URL, sent, read page by page.
 *
 * Which where item an attribute takes is the server's doing: addresses must be in lower
 * case for `in`, phones are compared by their digits (espocrm-api, section 2.4), and `in`
 * on a person's name is a 500 where `equals` is fine (seen on 9.1.7).
 */
#include "flow/finder.h"

#include "base/utf8.h"
#include "model/json.h"
#include "plan/match.h"
#include "wire/espo.h"

#include <stdlib.h>
#include <string.h>

enum {
    PATH_BYTES = 7000,
    JSON_BYTES = 64 * 1024,
    KEYS_MAX = 200, /* of one request */
    ID_BYTES = 64
};

/* A find under way. */
struct search {
    struct find find;
    struct finder *finder;
    size_t pending; /* requests */
    int rc;         /* of the first that failed */
    struct err err;
};

/* One request of it: keys from..to, the page after `after`. */
struct ask {
    struct parcel parcel; /* first */
    struct search *search;
    size_t from, to;
    char after[ID_BYTES]; /* id of the last record of the page before, or "" */
    struct buf path;      /* owned */
    bool reads;           /* one record, by id */
};

struct finder {
    struct site *site; /* borrowed */
    size_t page;       /* records of one answer */
    size_t held;       /* keys that the last full URL held, or 0 */
    uint64_t requests;
};

int finder_new(struct finder **out, struct site *site, size_t page, struct err *err) {
    struct finder *finder = calloc(1, sizeof *finder);

    *out = finder;
    if (finder == NULL)
        return err_nomem(err);
    finder->site = site;
    finder->page = page > 0 ? page : KEYS_MAX;
    return RC_OK;
}

void finder_free(struct finder *finder) {
    free(finder);
}

size_t finder_held(const struct finder *finder) {
    return finder->held;
}

uint64_t finder_requests(const struct finder *finder) {
    return finder->requests;
}

/* The value as it is asked for. collapsed: with its blanks as a tidy record has them. */
static void append_value(struct buf *json, const struct schema_attribute *def,
                         struct slice value, bool collapsed) {
    struct buf text = {.max = JSON_BYTES};

    if (def->type == ATTRIBUTE_PHONE)
        (void)match_normalize(&text, def, value);
    else if (def->type == ATTRIBUTE_EMAIL)
        (void)utf8_append_folded(&text, slice_trim(value));
    else if (collapsed)
        (void)match_collapse(&text, value);
    else
        (void)buf_append_slice(&text, slice_trim(value));
    if (text.failed != RC_OK)
        json->failed = text.failed;
    (void)json_append_string(json, buf_slice(&text));
    buf_fini(&text);
}

static struct slice value_of(const struct ask *ask, size_t key, size_t k) {
    const struct find *find = &ask->search->find;

    return find->values[key * find->by_count + k];
}

static bool is_repeated(const struct ask *ask, size_t key, size_t k) {
    struct slice value = value_of(ask, key, k);

    for (size_t i = ask->from; i < key; i++)
        if (slice_equal(value_of(ask, i, k), value))
            return true;
    return false;
}

/* Are there blanks in the value that collapsing takes away? No database does that. */
static bool has_loose_blanks(const struct schema_attribute *def, struct slice value) {
    struct buf text = {.max = JSON_BYTES};
    bool loose;

    value = slice_trim(value);
    if (def->type == ATTRIBUTE_PHONE || def->type == ATTRIBUTE_EMAIL)
        return false;
    loose =
        match_collapse(&text, value) == RC_OK && !slice_equal(buf_slice(&text), value);
    buf_fini(&text);
    return loose;
}

static void append_values(const struct ask *ask, size_t k, bool equals,
                          struct buf *json) {
    const struct find *find = &ask->search->find;
    const struct schema_attribute *def = find->by[k];
    bool distinct = find->distinct && find->by_count == 1;
    bool first = true;

    for (size_t i = ask->from; i < ask->to; i++) {
        struct slice value = value_of(ask, i, k);
        int forms = has_loose_blanks(def, value) ? 2 : 1;
        if (!distinct && is_repeated(ask, i, k))
            continue;
        for (int form = 0; form < forms; form++) {
            if (!first)
                (void)buf_append_char(json, ',');
            first = false;
            if (equals) {
                (void)buf_append_text(json, "{\"type\":\"equals\",\"attribute\":");
                (void)json_append_string(json, slice_of(def->name));
                (void)buf_append_text(json, ",\"value\":");
            }
            append_value(json, def, value, form == 1);
            if (equals)
                (void)buf_append_char(json, '}');
        }
    }
}

static void append_condition(const struct ask *ask, size_t k, struct buf *json) {
    const struct schema_attribute *def = ask->search->find.by[k];

    if (def->person_name) {
        (void)buf_append_text(json, "{\"type\":\"or\",\"value\":[");
    } else {
        (void)buf_append_text(json, "{\"type\":\"in\",\"attribute\":\"");
        (void)buf_append_text(json, def->name);
        (void)buf_append_text(json, def->type == ATTRIBUTE_PHONE ? "Numeric" : "");
        (void)buf_append_text(json, "\",\"value\":[");
    }
    append_values(ask, k, def->person_name, json);
    (void)buf_append_text(json, "]}");
}

static int ask_build(struct ask *ask, struct buf *json) {
    const struct find *find = &ask->search->find;

    buf_reset(json);
    buf_reset(&ask->path);
    (void)buf_append_text(json, "{\"select\":[");
    for (size_t i = 0; find->select[i] != NULL; i++) {
        (void)buf_append_text(json, i > 0 ? "," : "");
        (void)json_append_string(json, slice_of(find->select[i]));
    }
    (void)buf_append_text(json, "],\"where\":[");
    for (size_t k = 0; k < find->by_count; k++) {
        (void)buf_append_text(json, k > 0 ? "," : "");
        append_condition(ask, k, json);
    }
    if (ask->after[0] != '\0') {
        (void)buf_append_text(
            json, ",{\"type\":\"greaterThan\",\"attribute\":\"id\",\"value\":");
        (void)json_append_string(json, slice_of(ask->after));
        (void)buf_append_char(json, '}');
    }
    (void)buf_append_format(json, "],\"maxSize\":%zu,\"orderBy\":\"id\"}",
                            ask->search->finder->page);
    if (json->failed != RC_OK)
        return json->failed;
    return espo_append_list_path(&ask->path, find->entity_type, buf_slice(json));
}

/* Takes as many keys from `from` on as the URL holds; one always. */
static int ask_fill(struct ask *ask, size_t count, struct buf *json) {
    size_t most = count - ask->from < KEYS_MAX ? count - ask->from : KEYS_MAX;

    for (;;) {
        int rc;
        ask->to = ask->from + most;
        rc = ask_build(ask, json);
        if (rc == RC_NOMEM || (rc == RC_OK && ask->path.len <= PATH_BYTES) || most == 1)
            return rc;
        /* about as many as would have fitted, and surely fewer */
        if (rc == RC_OK && (size_t)PATH_BYTES * most / ask->path.len < most)
            most = (size_t)PATH_BYTES * most / ask->path.len;
        else
            most /= 2;
        if (most == 0)
            most = 1;
    }
}

static void search_fail(struct search *search, int rc, const char *message) {
    if (search->rc != RC_OK)
        return;
    search->rc = err_set(&search->err, (enum rc)rc, "%s records cannot be looked up: %s",
                         search->find.entity_type, message);
}

static void search_end(struct search *search) {
    if (--search->pending > 0)
        return;
    search->find.done(search->find.context, search->rc, &search->err);
    free(search);
}

static void ask_free(struct ask *ask) {
    buf_fini(&ask->path);
    free(ask);
}

static void ask_send(struct ask *ask);

/* Hands the records of a page on; returns how many, or < 0. */
static int ask_take(struct ask *ask, struct slice body) {
    const struct find *find = &ask->search->find;
    struct json_member list, element, id;
    struct json_cursor cursor;
    int n = 0, rc;

    if (!json_find(body, "list", &list) || json_cursor_array(&cursor, list.raw) < 0)
        return RC_SERVER;
    while ((rc = json_cursor_next(&cursor, &element)) == 1) {
        if (element.type != JSON_IS_OBJECT || !json_find(element.raw, "id", &id) ||
            id.type != JSON_IS_STRING || id.raw.len < 3)
            return RC_SERVER;
        if (id.raw.len - 2 < sizeof ask->after) {
            memcpy(ask->after, id.raw.data + 1, id.raw.len - 2);
            ask->after[id.raw.len - 2] = '\0';
        }
        find->record(find->context, element.raw);
        n++;
    }
    return rc < 0 ? rc : n;
}

/* Without a count the server says -2 on the last page (espocrm-live, "Lists"). */
static bool is_last_page(struct slice body) {
    struct json_member total;

    return json_find(body, "total", &total) && slice_is(total.raw, "-2");
}

static bool ask_turn_page(struct ask *ask) {
    struct buf json = {.max = JSON_BYTES};
    int rc = ask_build(ask, &json);

    buf_fini(&json);
    if (rc != RC_OK)
        search_fail(ask->search, rc, "out of memory");
    else
        ask_send(ask);
    return rc == RC_OK;
}

static void ask_done(struct parcel *parcel, const struct verdict *verdict,
                     const struct answer *answer) {
    struct ask *ask = (struct ask *)parcel;
    struct search *search = ask->search;
    int n = 0;

    if (verdict->action == VERDICT_DOUBTFUL || /* given up in flight */
        (verdict->action == VERDICT_STOP && verdict->stop == RC_OK))
        search_fail(search, RC_INTERRUPTED, "the run is being stopped");
    else if (verdict->action == VERDICT_STOP)
        search_fail(search, (int)verdict->stop, verdict->message);
    else if (ask->reads && verdict->action == VERDICT_ROW_FAILED && answer->status == 404)
        n = 0; /* it is gone */
    else if (verdict->action != VERDICT_DONE)
        search_fail(search, RC_SERVER, verdict->message);
    else if (ask->reads)
        search->find.record(search->find.context, answer->body);
    else if ((n = ask_take(ask, answer->body)) < 0)
        search_fail(search, RC_SERVER, "the answer is not a list of records");
    if (!ask->reads && search->rc == RC_OK && (size_t)n >= search->finder->page &&
        !is_last_page(answer->body) && ask_turn_page(ask))
        return;
    ask_free(ask);
    search_end(search);
}

static void ask_send(struct ask *ask) {
    memset(&ask->parcel, 0, sizeof ask->parcel);
    ask->parcel.request.method = METHOD_GET;
    ask->parcel.request.path = buf_text(&ask->path);
    ask->parcel.request.no_total = true;
    ask->parcel.urgent = true;
    ask->parcel.done = ask_done;
    ask->search->finder->requests++;
    courier_send(site_courier(ask->search->finder->site), &ask->parcel);
}

static struct search *search_new(struct finder *finder, const struct find *find) {
    struct search *search = calloc(1, sizeof *search);

    if (search == NULL)
        return NULL;
    search->find = *find;
    search->finder = finder;
    return search;
}

static struct ask *ask_new(struct search *search, size_t from) {
    struct ask *ask = calloc(1, sizeof *ask);

    if (ask == NULL)
        return NULL;
    ask->search = search;
    ask->from = from;
    ask->path.max = 2 * JSON_BYTES;
    return ask;
}

int finder_start(struct finder *finder, const struct find *find, struct err *err) {
    struct search *search = search_new(finder, find);
    struct buf json = {.max = JSON_BYTES};
    struct ask *first = NULL, **end = &first, *ask;
    size_t from = 0;
    int rc = search == NULL ? RC_NOMEM : RC_OK;

    while (rc == RC_OK && from < find->count) {
        ask = ask_new(search, from);
        rc = ask == NULL ? RC_NOMEM : ask_fill(ask, find->count, &json);
        if (ask == NULL)
            break;
        *end = ask;
        end = (struct ask **)&ask->parcel.tag; /* chains them until they are sent */
        from = ask->to;
        if (rc == RC_OK && from < find->count)
            finder->held = from - ask->from;
    }
    buf_fini(&json);
    for (; first != NULL; first = ask) {
        ask = first->parcel.tag;
        if (rc == RC_OK) {
            search->pending++;
            ask_send(first);
        } else {
            ask_free(first);
        }
    }
    if (rc == RC_OK)
        return RC_OK;
    free(search);
    return rc == RC_NOMEM
               ? err_nomem(err)
               : err_set(err, RC_SERVER,
                         "a look-up would need an address (URL) that is too long");
}

int finder_read(struct finder *finder, const char *entity_type, struct slice id,
                const struct find *find, struct err *err) {
    struct search *search = search_new(finder, find);
    struct ask *ask = search == NULL ? NULL : ask_new(search, 0);

    if (ask != NULL) {
        (void)buf_append_text(&ask->path, entity_type);
        (void)buf_append_char(&ask->path, '/');
        (void)espo_append_escaped(&ask->path, id);
    }
    if (ask == NULL || ask->path.failed != RC_OK) {
        if (ask != NULL)
            ask_free(ask);
        free(search);
        return err_nomem(err);
    }
    search->find.entity_type = entity_type;
    ask->reads = true;
    search->pending = 1;
    ask_send(ask);
    return RC_OK;
}
