/* exporter_page.c - one page of a range: asked for, completed by reading records by
 * their ids, put into the checkpoint.
 */
#include "flow/exporter_private.h"

#include "base/pack.h"
#include "base/utf8.h"
#include "model/json.h"
#include "wire/espo.h"

#include <stdio.h>
#include <stdlib.h>

static void fail(struct export_range *range, enum rc rc, const char *message) {
    struct err err = {0};

    (void)err_set(&err, rc, "%s", message);
    exporter_fail(range->exporter, rc, &err);
}

/* The range is not worked on any more. */
static void leave(struct export_range *range) {
    range->active = false;
    range->exporter->active--;
}

static struct slice bare(struct slice raw) {
    return slice_make(raw.data + 1, raw.len - 2);
}

/* What the record is ordered by. */
static int set_sort(struct exporter *exporter, struct slice record,
                    struct journal_record *row) {
    const struct schema_attribute *def = exporter->options->sort;
    struct json_member value;
    char digits[64];

    row->sort = SORT_NULL;
    if (def == NULL || !json_find(record, def->name, &value) ||
        value.type == JSON_IS_NULL)
        return RC_OK;
    if (value.type == JSON_IS_BOOL) {
        row->sort = SORT_NUMBER;
        row->number = value.raw.data[0] == 't';
        return RC_OK;
    }
    if (value.type == JSON_IS_NUMBER || def->type == ATTRIBUTE_DECIMAL) {
        struct slice text = value.type == JSON_IS_STRING ? bare(value.raw) : value.raw;
        (void)snprintf(digits, sizeof digits, "%.*s",
                       (int)(text.len < 60 ? text.len : 60), text.data);
        row->sort = SORT_NUMBER;
        row->number = strtod(digits, NULL);
        return RC_OK;
    }
    buf_reset(&exporter->text);
    if (value.type == JSON_IS_STRING) {
        struct buf text = {.max = EXPORT_BODY_BYTES};
        int rc = json_unescape(&text, value.raw);
        if (rc == RC_OK)
            rc = utf8_append_folded(&exporter->text, buf_slice(&text));
        buf_fini(&text);
        if (rc < 0)
            return rc;
    } else if (buf_append_slice(&exporter->text, value.raw) < 0) {
        return exporter->text.failed;
    }
    row->sort = SORT_TEXT;
    row->text = buf_slice(&exporter->text);
    return RC_OK;
}

/* 1 when it was put, 0 when it is there already, < 0. */
static int put_record(struct export_range *range, struct slice id, struct slice record,
                      struct err *err) {
    struct exporter *exporter = range->exporter;
    struct journal_record row = {.id = id};
    size_t unfaithful = 0;
    int rc;

    buf_reset(&exporter->pack);
    if (exporter->options->json)
        rc = table_append_json(exporter->options->table, record, &exporter->pack, err);
    else
        rc = table_append_cells(exporter->options->table, record, &exporter->pack,
                                &unfaithful, err);
    if (rc == RC_OK && set_sort(exporter, record, &row) < 0)
        rc = err_nomem(err);
    if (rc != RC_OK)
        return rc;
    row.cells = buf_slice(&exporter->pack);
    rc = journal_put_record(exporter->options->journal, &row, err);
    if (rc == 1) {
        exporter->counts->records++;
        exporter->counts->unfaithful += unfaithful;
        exporter->uncommitted++;
    } else if (rc == 0) {
        exporter->counts->repeated++;
    }
    return rc;
}

/* Is there more to ask for than the list shows? */
static bool must_read(const struct export_range *range, struct slice record) {
    const struct export_options *options = range->exporter->options;

    return options->link != NULL || table_must_read(options->table, record);
}

/* All records of a page; *count: how many, *fresh: that were not there. The last id
 * becomes range->after. */
static int put_page(struct export_range *range, struct slice body, size_t *count,
                    size_t *fresh, struct err *err) {
    const struct export_read *read = range->reads;
    struct json_member list, element;
    struct json_cursor cursor;
    int rc;

    if (!json_find(body, "list", &list) || json_cursor_array(&cursor, list.raw) < 0)
        return err_set(err, RC_SERVER, "the answer is not a list of records");
    while ((rc = json_cursor_next(&cursor, &element)) == 1) {
        struct slice record = element.raw;
        if (element.type != JSON_IS_OBJECT || !exporter_take_id(record, range->after))
            return err_set(err, RC_SERVER, "a record of the answer has no usable id");
        ++*count;
        if (range->reads != NULL && must_read(range, record)) {
            if (read->put || range->exporter->options->link != NULL) {
                ++*fresh;
                rc = read->put ? RC_OK : exporter_link_put(range, read, err);
                if (rc < 0)
                    return rc;
                read = read->next;
                continue;
            }
            record = buf_slice(&read->body);
            read = read->next;
        }
        rc = put_record(range, slice_of(range->after), record, err);
        if (rc < 0)
            return rc;
        *fresh += rc == 1;
    }
    return rc < 0 ? err_set(err, RC_SERVER, "the answer is cut off, or is not JSON")
                  : RC_OK;
}

void exporter_free_reads(struct export_range *range) {
    while (range->reads != NULL) {
        struct export_read *next = range->reads->next;
        range->exporter->held -= range->reads->held;
        buf_fini(&range->reads->path);
        buf_fini(&range->reads->body);
        free(range->reads);
        range->reads = next;
    }
    range->reads_end = &range->reads;
}

static bool is_listed(struct slice body, struct slice id) {
    struct json_member list, element;
    struct json_cursor cursor;
    char listed[EXPORT_ID_BYTES];

    if (json_find(body, "list", &list) && json_cursor_array(&cursor, list.raw) == RC_OK)
        while (json_cursor_next(&cursor, &element) == 1)
            if (exporter_take_id(element.raw, listed) && slice_is(id, listed))
                return true;
    return false;
}

/* What could not be read and is not listed any more has gone meanwhile. */
static void count_vanished(struct export_range *range, struct slice body) {
    struct slice rest = buf_slice(&range->refused), id;

    while (pack_next(&rest, &id) == 1)
        range->exporter->counts->vanished += !is_listed(body, id);
    buf_reset(&range->refused);
}

/* Puts a page's records and goes on; body: of the list. */
static void take_page(struct export_range *range, struct slice body) {
    struct exporter *exporter = range->exporter;
    struct journal *journal = exporter->options->journal;
    struct journal_range noted = {.number = range->number};
    struct err err = {0};
    size_t count = 0, fresh = 0;
    int rc = put_page(range, body, &count, &fresh, &err);

    if (rc == RC_OK && count > 0 && fresh == 0)
        rc = err_set(&err, RC_SERVER,
                     "the list does not go on: the page behind %s has only records that "
                     "were listed before",
                     range->after);
    if (rc == RC_OK) {
        range->done = range->last_page || count == 0;
        range->relists = 0;
        count_vanished(range, body);
        noted.after = range->after;
        noted.until = range->until;
        noted.done = range->done;
        rc = journal_put_range(journal, &noted, &err);
    }
    exporter_free_reads(range);
    if (rc != RC_OK) {
        /* half a page must not be committed without its place */
        journal_rollback(journal);
        exporter_fail(exporter, rc, &err);
    }
    if (exporter->rc != RC_OK || range->done)
        leave(range);
    else
        exporter_ask(range);
}

/* "Max size should not exceed 50. Use offset and limit.": somebody has changed it. */
static bool shrink_page(struct export_range *range, const struct answer *answer) {
    static const char words[] = "should not exceed ";
    const char *at = strstr(answer->reason, words);
    size_t limit = at == NULL ? 0 : (size_t)strtoul(at + sizeof words - 1, NULL, 10);

    if (answer->too_large && range->page > 1) {
        range->page /= 2;
        return true;
    }
    if (answer->status != 403 || limit == 0 || limit >= range->page)
        return false;
    range->page = limit;
    return true;
}

/* Keeps a record until its page is whole. Where many of them are large they would not
 * fit into memory: then it is put at once. Should the page be read again, after a crash,
 * it is there already. */
static void keep_record(struct export_read *read, struct slice body) {
    struct exporter *exporter = read->range->exporter;
    uint64_t repeated = exporter->counts->repeated;
    struct err err = {0};
    int rc;

    if (exporter->held + body.len <= EXPORT_HELD_BYTES) {
        read->held = body.len;
        exporter->held += body.len;
        if (buf_append_slice(&read->body, body) < 0)
            exporter_fail(exporter, RC_NOMEM, NULL);
        return;
    }
    if (exporter->rc != RC_OK)
        return;
    rc = put_record(read->range, slice_of(read->id), body, &err);
    if (rc < 0)
        exporter_fail(exporter, rc, &err);
    exporter->counts->repeated = repeated;
    read->put = rc >= 0;
}

/* Listed, and then not to be read: it may have been deleted or given to somebody else
 * meanwhile. If so, the list does not show it any more. */
static void list_again(struct export_range *range, const struct export_read *read,
                       enum rc rc, const char *message) {
    struct err err = {0};

    if (range->again || range->relists++ < EXPORT_RELISTS) {
        if (!range->again)
            buf_reset(&range->refused);
        range->again = true;
        if (pack_append(&range->refused, slice_of(read->id)) < 0)
            exporter_fail(range->exporter, RC_NOMEM, NULL);
        return;
    }
    (void)err_set(&err, rc, "lists show %s %s, but it cannot be read: %s",
                  range->exporter->options->entity_type, read->id, message);
    err_advise(&err, "%sleave it out with --where 'id!=%s'",
               rc == RC_AUTH ? "let an administrator look at the user's role, or " : "",
               read->id);
    exporter_fail(range->exporter, rc, &err);
}

static void read_done(struct parcel *parcel, const struct verdict *verdict,
                      const struct answer *answer) {
    struct export_read *read = (struct export_read *)parcel;
    struct export_range *range = read->range;

    if (verdict->action == VERDICT_DONE && range->exporter->options->link != NULL) {
        int more = exporter_link_take(read, answer->body);
        if (more < 0)
            fail(range, RC_SERVER, "the answer is not a list of a record's members");
        if (more == 1 && range->exporter->rc == RC_OK) {
            if (exporter_link_ask(read) == RC_OK) {
                courier_send(site_courier(range->exporter->options->site), &read->parcel);
                return;
            }
            exporter_fail(range->exporter, RC_NOMEM, NULL);
        }
    } else if (verdict->action == VERDICT_DONE) {
        keep_record(read, answer->body);
    } else if (range->exporter->options->link != NULL && shrink_page(range, answer) &&
               exporter_link_ask(read) == RC_OK) {
        courier_send(site_courier(range->exporter->options->site), &read->parcel);
        return;
    } else if (verdict->action == VERDICT_ROW_FAILED &&
               (answer->status == 403 || answer->status == 404)) {
        list_again(range, read, answer->status == 403 ? RC_AUTH : RC_SERVER,
                   verdict->message);
    } else if (verdict->action == VERDICT_STOP && verdict->stop == RC_OK) {
        fail(range, RC_INTERRUPTED, "the export is being stopped");
    } else {
        fail(range, verdict->action == VERDICT_STOP ? verdict->stop : RC_SERVER,
             verdict->message);
    }
    if (--range->pending > 0)
        return;
    if (range->exporter->rc == RC_OK && !range->again) {
        take_page(range, buf_slice(&range->body));
        return;
    }
    exporter_free_reads(range);
    range->again = false;
    if (range->exporter->rc == RC_OK)
        exporter_ask(range);
    else
        leave(range);
}

static int add_read(struct export_range *range, const char *id) {
    struct export_read *read = calloc(1, sizeof *read);

    if (read == NULL)
        return RC_NOMEM;
    *range->reads_end = read;
    range->reads_end = &read->next;
    read->range = range;
    read->path.max = 4096;
    read->body.max = EXPORT_BODY_BYTES;
    (void)snprintf(read->id, sizeof read->id, "%s", id);
    read->parcel.request.method = METHOD_GET;
    read->parcel.request.answer_max = EXPORT_BODY_BYTES;
    read->parcel.urgent = true;
    read->parcel.done = read_done;
    if (range->exporter->options->link != NULL) {
        read->path.max = 4 * EXPORT_JSON_BYTES;
        return exporter_link_ask(read);
    }
    (void)buf_append_format(&read->path, "%s/", range->exporter->options->entity_type);
    (void)espo_append_escaped(&read->path, slice_of(id));
    read->parcel.request.path = buf_text(&read->path);
    return read->path.failed;
}

/* Reads by id what the list does not show whole; how many, or < 0. */
static int start_reads(struct export_range *range, struct slice body) {
    struct json_member list, element;
    struct json_cursor cursor;
    struct export_read *read, *next;
    char id[EXPORT_ID_BYTES];
    int rc = RC_OK, count = 0;

    if (!json_find(body, "list", &list) || json_cursor_array(&cursor, list.raw) < 0)
        return 0; /* take_page() says so */
    while (rc == RC_OK && json_cursor_next(&cursor, &element) == 1) {
        if (!must_read(range, element.raw) || !exporter_take_id(element.raw, id))
            continue;
        rc = add_read(range, id);
        count++;
    }
    if (rc == RC_OK && count > 0) {
        buf_reset(&range->body);
        rc = buf_append_slice(&range->body, body);
    }
    if (rc != RC_OK)
        return rc;
    range->pending = (size_t)count;
    range->exporter->counts->reads += (uint64_t)count;
    for (read = range->reads; read != NULL; read = next) {
        next = read->next;
        courier_send(site_courier(range->exporter->options->site), &read->parcel);
    }
    return count;
}

bool exporter_is_last_page(size_t page, struct slice body) {
    struct json_member total, list, element;
    struct json_cursor cursor;
    size_t count = 0;

    if (json_find(body, "total", &total) && total.raw.len > 0 && total.raw.data[0] == '-')
        return slice_is(total.raw, "-2");
    if (json_find(body, "list", &list) && json_cursor_array(&cursor, list.raw) == RC_OK)
        while (json_cursor_next(&cursor, &element) == 1)
            count++;
    return count < page;
}

static void page_done(struct parcel *parcel, const struct verdict *verdict,
                      const struct answer *answer) {
    struct export_range *range = (struct export_range *)parcel;
    int reads;

    if (range->exporter->rc != RC_OK) {
        leave(range);
        return;
    }
    if (verdict->action == VERDICT_DONE) {
        range->last_page = exporter_is_last_page(range->page, answer->body);
        reads = start_reads(range, answer->body);
        if (reads > 0)
            return;
        if (reads == 0) {
            take_page(range, answer->body);
            return;
        }
        exporter_fail(range->exporter, RC_NOMEM, NULL);
    } else if (shrink_page(range, answer)) {
        exporter_ask(range);
        return;
    } else if (verdict->action == VERDICT_STOP && verdict->stop == RC_OK) {
        fail(range, RC_INTERRUPTED, "the export is being stopped");
    } else if (verdict->action == VERDICT_STOP) {
        fail(range, verdict->stop, verdict->message);
    } else if (verdict->reason == REASON_REQUEST_TOO_LARGE) {
        struct err err = {0};
        exporter_too_long(&err, range->path.len, answer->status);
        exporter_fail(range->exporter, RC_USAGE, &err);
    } else {
        struct err err = {0};
        (void)err_set(&err, RC_SERVER, "EspoCRM does not list %s: %s",
                      range->exporter->options->entity_type, verdict->message);
        exporter_fail(range->exporter, RC_SERVER, &err);
    }
    leave(range);
}

void exporter_ask(struct export_range *range) {
    struct buf json = {.max = EXPORT_JSON_BYTES};
    const struct export_options *options = range->exporter->options;

    (void)exporter_append_search(&json, options, range->after, range->until, range->page);
    (void)buf_append_char(&json, '}');
    buf_reset(&range->path);
    if (json.failed == RC_OK)
        (void)espo_append_list_path(&range->path, options->entity_type, buf_slice(&json));
    buf_fini(&json);
    if (range->path.failed != RC_OK || range->path.len == 0) {
        exporter_fail(range->exporter, RC_NOMEM, NULL);
        leave(range);
        return;
    }
    memset(&range->parcel, 0, sizeof range->parcel);
    range->parcel.request.method = METHOD_GET;
    range->parcel.request.path = buf_text(&range->path);
    range->parcel.request.no_total = true;
    range->parcel.request.answer_max = EXPORT_PAGE_BYTES;
    range->parcel.done = page_done;
    courier_send(site_courier(options->site), &range->parcel);
}
