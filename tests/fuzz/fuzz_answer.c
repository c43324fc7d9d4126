/* fuzz_answer.c - any headers and any body as an answer: what it means for the row and
 * the run keeps the promises of verdict.h and write.h, and what counts as done jansson
 * reads, too.
 *
 * First byte: method and how far the answer came; second: the request's path; third: the
 * attempt and the policy; fourth: the status. The rest: header lines, a blank one, body.
 */
#include "fuzz.h"

#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "model/schema.h"
#include "plan/complaint.h"
#include "plan/duplicate.h"
#include "plan/write.h"
#include "wire/answer_header.h"

static const char *const paths[] = {"Lead",
                                    "Lead/64f0c0ffee0000001",
                                    "Lead?searchParams=%7B%7D",
                                    "Account/64f0c0ffee0000001/contacts",
                                    "Metadata?key=entityDefs.Lead",
                                    "Import",
                                    "Action",
                                    "App/user"};

static const int statuses[] = {200, 201, 204, 301, 302, 400, 401, 403, 404, 408, 409,
                               413, 422, 425, 429, 500, 502, 503, 504, 0,   100, 599};

static bool lies_within(struct slice part, struct slice whole) {
    return part.len == 0 ||
           (part.data >= whole.data && part.data + part.len <= whole.data + whole.len);
}

/* Header lines up to the blank one; the rest is the body. */
static void read_answer(struct answer *answer, struct slice text) {
    struct answer_header header = {0};

    answer_header_begin(&header, answer);
    while (text.len > 0 && !header.complete) {
        const char *end = memchr(text.data, '\n', text.len);
        size_t len = end == NULL ? text.len : (size_t)(end - text.data) + 1;
        answer_header_line(&header, answer, slice_make(text.data, len));
        text = slice_make(text.data + len, text.len - len);
    }
    answer_header_end(&header, answer, 1700000000000);
    answer->body = text;
    REQUIRE(is_message(answer->reason, sizeof answer->reason));
    REQUIRE(is_message(answer->location, sizeof answer->location));
    REQUIRE(answer->retry_after_ms >= -1 && answer->server_ms >= 0);
}

static void check_verdict(const struct request *request, const struct answer *answer,
                          const struct verdict *verdict) {
    bool post = request->method == METHOD_POST;
    int status = answer->status;

    REQUIRE(is_message(verdict->message, sizeof verdict->message));
    REQUIRE(is_message(verdict->field, sizeof verdict->field));
    REQUIRE(verdict->wait_ms >= 0);
    if (verdict->action == VERDICT_RETRY && post)
        REQUIRE(answer->delivery == DELIVERY_UNSENT || (status >= 400 && status < 500) ||
                status == 503);
    if (verdict->action == VERDICT_DOUBTFUL)
        REQUIRE(post);
    if (verdict->action == VERDICT_STOP)
        REQUIRE(verdict->stop != RC_OK && verdict->message[0] != '\0');
    if (verdict->action == VERDICT_ROW_FAILED)
        REQUIRE(verdict->reason != REASON_NONE && verdict->message[0] != '\0');
    if (verdict->action != VERDICT_DONE)
        return;
    REQUIRE(answer->delivery == DELIVERY_ANSWERED);
    REQUIRE((status >= 200 && status < 300) ||
            (status == 404 && request->method == METHOD_DELETE));
    if (status < 300 && slice_trim(answer->body).len > 0)
        REQUIRE(answer->json && jansson_agrees(answer->body));
}

static void check_outcome(const struct write *write, const struct verdict *verdict,
                          const struct answer *answer) {
    struct outcome outcome;

    outcome_of(write, verdict, answer, &outcome);
    REQUIRE(lies_within(outcome.id, answer->body));
    REQUIRE(lies_within(outcome.modified, answer->body));
    REQUIRE(lies_within(outcome.body, answer->body));
    REQUIRE(outcome.missing_count <= write->count);
    for (size_t i = 0; i < outcome.missing_count; i++)
        REQUIRE(outcome.missing[i] < write->count);
    if (outcome.kind == OUTCOME_STORED)
        REQUIRE(verdict->action == VERDICT_DONE);
    if (outcome.kind == OUTCOME_STORED && write->kind == WRITE_CREATE)
        REQUIRE(outcome.id.len > 0);
    if (outcome.kind == OUTCOME_FAILED)
        REQUIRE(outcome.reason != REASON_NONE && outcome.message[0] != '\0');
}

static void check_duplicate(const struct write *write, struct slice body) {
    struct buf words = {.max = 1 << 16};
    struct duplicate found;

    if (duplicate_read(body, write->attributes, write->count, NULL, "64fuser",
                       "2026-01-01 00:00:00", &found) != RC_OK)
        return;
    REQUIRE(jansson_agrees(body));
    REQUIRE(found.by_key <= found.found);
    REQUIRE(lies_within(found.id, body) && lies_within(found.record, body));
    REQUIRE(lies_within(found.own_id, body) && lies_within(found.own_record, body));
    REQUIRE(duplicate_describe(&found, &words) == RC_OK);
    buf_fini(&words);
}

static const struct schema_attribute defs[] = {
    {.name = "lastName", .field = "lastName", .type = ATTRIBUTE_TEXT},
    {.name = "emailAddress", .field = "emailAddress", .type = ATTRIBUTE_EMAIL},
    {.name = "amount", .field = "amount", .type = ATTRIBUTE_DECIMAL},
};

static const struct attribute attributes[] = {
    {.def = &defs[0], .value = {.kind = VALUE_STRING, .text = {"Lovelace", 8}}},
    {.def = &defs[1], .value = {.kind = VALUE_STRING, .text = {"a@b.example", 11}}},
    {.def = &defs[2], .value = {.kind = VALUE_NUMBER, .text = {"12.50", 5}}},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct request request = {.body = slice_of("{}")};
    struct write write = {.entity_type = "Lead", .id = "64f0c0ffee0000001"};
    struct verdict_policy policy;
    struct answer answer = {0};
    struct verdict verdict, again;
    struct complaint complaint;
    unsigned attempt;

    if (size < 4 || size > 65536)
        return 0;
    request.method = (enum method)(data[0] % 4);
    answer.delivery =
        (enum delivery)(data[0] / 4 % 8 < 4 ? DELIVERY_ANSWERED : data[0] / 4 % 4);
    request.path = paths[data[1] % (sizeof paths / sizeof *paths)];
    attempt = 1 + data[2] % 8u;
    policy = (struct verdict_policy){.retries = data[2] / 8 % 6,
                                     .authenticated = (data[2] & 64) != 0,
                                     .seen_401 = (data[2] & 128) != 0};
    read_answer(&answer, slice_make((const char *)data + 4, size - 4));
    if (answer.delivery == DELIVERY_ANSWERED)
        answer.status = statuses[data[3] % (sizeof statuses / sizeof *statuses)];
    verdict_of(&request, &answer, attempt, &policy, &verdict);
    verdict_of(&request, &answer, attempt, &policy, &again);
    REQUIRE(verdict.action == again.action && verdict.wait_ms == again.wait_ms &&
            strcmp(verdict.message, again.message) == 0);
    check_verdict(&request, &answer, &verdict);
    complaint_read(&answer, &complaint);
    REQUIRE(is_message(complaint.text, sizeof complaint.text));
    write.attributes = attributes;
    write.count = sizeof attributes / sizeof *attributes;
    write.kind = request.method == METHOD_POST     ? WRITE_CREATE
                 : request.method == METHOD_DELETE ? WRITE_DELETE
                                                   : WRITE_UPDATE;
    if (request.method != METHOD_GET && (data[1] % 8) == (write.kind != WRITE_CREATE))
        check_outcome(&write, &verdict, &answer);
    check_duplicate(&write, answer.body);
    return 0;
}
