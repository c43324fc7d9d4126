/* test_change.c - what of a row would change a record. */
#include "plan/change.h"
#include "plan/change_address.h"

#include "unit/model_fixture.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static const struct schema_attribute mail_def = {
    .name = "emailAddress", .field = "emailAddress", .type = ATTRIBUTE_EMAIL};
static const struct schema_attribute title_def = {
    .name = "title", .field = "title", .type = ATTRIBUTE_VARCHAR};
static const struct schema_attribute amount_def = {
    .name = "amount", .field = "amount", .type = ATTRIBUTE_DECIMAL};
static const struct schema_attribute teams_def = {
    .name = "teamsIds", .field = "teams", .type = ATTRIBUTE_IDS};
static const struct schema_attribute *const mail_key[] = {&mail_def};

static struct attribute text(const struct schema_attribute *def, const char *value) {
    return (struct attribute){.def = def,
                              .column = 0,
                              .value = {.kind = value == NULL ? VALUE_NULL : VALUE_STRING,
                                        .text = slice_of(value == NULL ? "" : value)}};
}

/* "title amount | added: teamsIds(b,c) | conflict: title | {image}" */
static void describe(const struct change_request *request, char *out, size_t size) {
    struct arena arena = {.blocks = NULL};
    struct attribute changed[CHANGE_ROOM(8)], added[CHANGE_ROOM(8)];
    struct change change = {.changed = changed, .added = added};
    struct buf image = {.max = 4096}, words = {.max = 4096};

    assert_in_range(request->count, 0, 8);
    assert_int_equal(change_find(request, &arena, &change, &image), RC_OK);
    for (size_t i = 0; i < change.count; i++)
        (void)buf_append_format(&words, "%s ", changed[i].def->name);
    for (size_t i = 0; i < change.added_count; i++) {
        (void)buf_append_format(&words, "+%s", added[i].def->name);
        for (size_t k = 0; k < added[i].value.item_count; k++)
            (void)buf_append_format(&words, ",%.*s", (int)added[i].value.items[k].len,
                                    added[i].value.items[k].data);
        (void)buf_append_char(&words, ' ');
    }
    if (change.conflict != NULL)
        (void)buf_append_format(&words, "!%s ", change.conflict->def->name);
    if (change.version != 0)
        (void)buf_append_format(&words, "v%d ", (int)change.version);
    (void)buf_append_slice(&words, buf_slice(&image));
    (void)snprintf(out, size, "%s", buf_text(&words));
    buf_fini(&image);
    buf_fini(&words);
    arena_fini(&arena);
}

static void check(const struct change_request *request, const char *want) {
    char out[1024];

    describe(request, out, sizeof out);
    assert_string_equal(out, want);
}

static void test_differences(void **state) {
    static const struct {
        const char *record, *mail, *title, *amount, *want;
    } cases[] = {
        {"{\"emailAddress\":\"a@b.c\",\"title\":\"T\",\"amount\":\"1.50\"}", "a@b.c", "T",
         "1.5", "{}"},
        {"{\"emailAddress\":\"A@B.c\",\"title\":\"t\",\"amount\":\"1.50\"}", "a@b.c", "T",
         "1.6", "title amount {\"title\":\"t\",\"amount\":\"1.50\"}"},
        /* what the row is matched by is never changed */
        {"{\"emailAddress\":\"other@b.c\",\"title\":\"T\",\"amount\":\"1.5\"}", "a@b.c",
         "T", "1.5", "{}"},
        {"{\"id\":\"a\",\"versionNumber\":7}", "a@b.c", "T", "1.5",
         "title amount v7 {\"title\":null,\"amount\":null}"},
        {"{\"title\":null,\"amount\":null,\"versionNumber\":\"7\"}", "a@b.c", NULL, NULL,
         "{}"},
        {"{\"title\":\"\",\"amount\":\"0.00\"}", "a@b.c", NULL, "0", "{}"},
        {"{\"title\":\"\\u0054\",\"amount\":1.5}", "a@b.c", "T", "1.5", "{}"},
        {"{\"title\":\"x\\n\",\"amount\":\"1\"}", "a@b.c", NULL, "1",
         "title {\"title\":\"x\\n\"}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct attribute row[] = {text(&mail_def, cases[i].mail),
                                  text(&title_def, cases[i].title),
                                  text(&amount_def, cases[i].amount)};
        struct change_request request = {.record = slice_of(cases[i].record),
                                         .attributes = row,
                                         .count = 3,
                                         .keys = mail_key,
                                         .key_count = 1};
        check(&request, cases[i].want);
    }
}

static void test_rules(void **state) {
    static const struct {
        enum conflict_rule rule;
        bool newer;
        const char *filled, *blank; /* where the record holds something, and nothing */
    } cases[] = {
        {CONFLICT_OVERWRITE, false, "title {\"title\":\"old\"}",
         "title {\"title\":null}"},
        {CONFLICT_FILL_BLANK, false, "{}", "title {\"title\":null}"},
        {CONFLICT_KEEP, false, "{}", "{}"},
        {CONFLICT_NEWEST, false, "{}", "title {\"title\":null}"},
        {CONFLICT_NEWEST, true, "title {\"title\":\"old\"}", "title {\"title\":null}"},
        {CONFLICT_ERROR, false, "!title {}", "title {\"title\":null}"},
        {CONFLICT_ERROR, true, "!title {}", "title {\"title\":null}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct attribute row = text(&title_def, "new");
        struct change_request request = {
            .attributes = &row, .count = 1, .newer = cases[i].newer};
        row.on_conflict = cases[i].rule;
        request.record = slice_of("{\"title\":\"old\"}");
        check(&request, cases[i].filled);
        request.record = slice_of("{\"title\":null}");
        check(&request, cases[i].blank);
        request.record = slice_of("{\"title\":\"new\"}"); /* equal is no conflict */
        check(&request, "{}");
    }
}

static void test_sets(void **state) {
    static const struct slice items[] = {{"a", 1}, {"b", 1}, {"c", 1}};
    static const struct {
        const char *record;
        bool add;
        enum conflict_rule rule;
        const char *want;
    } cases[] = {
        {"{\"teamsIds\":[\"c\",\"a\",\"b\"]}", false, CONFLICT_OVERWRITE, "{}"},
        {"{\"teamsIds\":[\"a\"]}", false, CONFLICT_OVERWRITE,
         "teamsIds {\"teamsIds\":[\"a\"]}"},
        {"{\"teamsIds\":[\"a\",\"b\",\"c\",\"d\"]}", false, CONFLICT_OVERWRITE,
         "teamsIds {\"teamsIds\":[\"a\",\"b\",\"c\",\"d\"]}"},
        {"{\"teamsIds\":[\"a\",\"b\",\"c\",\"d\"]}", true, CONFLICT_OVERWRITE, "{}"},
        {"{\"teamsIds\":[\"b\",\"d\"]}", true, CONFLICT_OVERWRITE,
         "+teamsIds,a,c {\"teamsIds\":[\"b\",\"d\"]}"},
        {"{\"teamsIds\":null}", true, CONFLICT_OVERWRITE,
         "+teamsIds,a,b,c {\"teamsIds\":null}"},
        {"{}", true, CONFLICT_OVERWRITE, "+teamsIds,a,b,c {\"teamsIds\":null}"},
        {"{\"teamsIds\":[\"b\"]}", true, CONFLICT_KEEP, "{}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct attribute row = {
            .def = &teams_def,
            .value = {.kind = VALUE_LIST, .items = items, .item_count = 3},
            .on_conflict = cases[i].rule,
            .add = cases[i].add};
        struct change_request request = {
            .record = slice_of(cases[i].record), .attributes = &row, .count = 1};
        check(&request, cases[i].want);
    }
}

/* EspoCRM takes no amount without a currency in an update. */
static void test_currency(void **state) {
    static const struct {
        const char *record, *currency, *want;
    } cases[] = {
        {"{}", NULL,
         "opportunityAmount opportunityAmountCurrency "
         "{\"opportunityAmount\":null,\"opportunityAmountCurrency\":null}"},
        {"{\"opportunityAmount\":1,\"opportunityAmountCurrency\":\"EUR\"}", NULL,
         "opportunityAmount {\"opportunityAmount\":1}"},
        {"{\"opportunityAmount\":5}", NULL, "{}"}, /* nothing changes */
        {"{\"opportunityAmountCurrency\":null}", "EUR",
         "opportunityAmount opportunityAmountCurrency "
         "{\"opportunityAmount\":null,\"opportunityAmountCurrency\":null}"},
    };
    struct schema *schema = fixture_schema("lead", "Lead", NULL, NULL);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct attribute row[2] = {
            {.def = schema_find(schema, "opportunityAmount"),
             .value = {.kind = VALUE_NUMBER, .text = slice_of("5")}},
            text(schema_find(schema, "opportunityAmountCurrency"), cases[i].currency)};
        struct change_request request = {.schema = schema,
                                         .record = slice_of(cases[i].record),
                                         .attributes = row,
                                         .count = cases[i].currency == NULL ? 1 : 2};
        check(&request, cases[i].want);
    }
    schema_free(schema);
}

/* An image that does not fit is an error, not half an image. */
static void test_cap(void **state) {
    struct arena arena = {.blocks = NULL};
    struct attribute row = text(&title_def, "new"), changed[1], added[1];
    struct change change = {.changed = changed, .added = added};
    struct change_request request = {
        .record = slice_of("{\"title\":\"quite long\"}"), .attributes = &row, .count = 1};
    struct buf image = {.max = 12};

    (void)state;
    assert_int_equal(change_find(&request, &arena, &change, &image), RC_LIMIT);
    buf_fini(&image);
    arena_fini(&arena);
}

/* The addresses of one record and of a row: "a* b!" has a as the primary one, and b
 * opted out. */
static size_t parse(const char *text, struct address *list) {
    size_t count = 0;

    while (*text != '\0') {
        size_t len = strcspn(text, "*!~ ");
        list[count] = (struct address){.text = slice_make(text, len)};
        for (text += len; *text == '*' || *text == '!' || *text == '~'; text++) {
            list[count].primary = list[count].primary || *text == '*';
            list[count].opted_out = list[count].opted_out || *text == '!';
            if (*text == '~')
                list[count].type = slice_of("Fax");
        }
        text += *text == ' ';
        count++;
    }
    return count;
}

static void check_addresses(const char *stored, const char *row, bool add, bool keyed,
                            enum conflict_rule rule, const char *want) {
    struct arena arena = {.blocks = NULL};
    struct address have[8], of_row[8];
    struct address_change change = {
        .field = "emailAddress", .stored = have, .add = add, .keyed = keyed};
    struct value value = {.kind = VALUE_ADDRESSES, .addresses = of_row};
    struct buf words = {.max = 4096};

    change.count = parse(stored, have);
    value.item_count = parse(row, of_row);
    for (size_t i = 0; i < value.item_count; i++)
        of_row[i].on_conflict = rule;
    assert_int_equal(change_addresses(&change, &value, &arena), RC_OK);
    (void)buf_append_text(&words, change.conflict   ? "conflict"
                                  : !change.changed ? "same"
                                                    : "");
    for (size_t i = 0; !change.conflict && change.changed && i < change.value.item_count;
         i++) {
        const struct address *a = &change.value.addresses[i];
        (void)buf_append_format(&words, "%s%.*s%s%s", i > 0 ? " " : "", (int)a->text.len,
                                a->text.data, a->opted_out ? "!" : "",
                                a->type.len > 0 ? "~" : "");
    }
    if (strcmp(buf_text(&words), want) != 0)
        fail_msg("[%s] and [%s]: [%s], not [%s]", stored, row, buf_text(&words), want);
    buf_fini(&words);
    arena_fini(&arena);
}

static void test_addresses(void **state) {
    (void)state;
    check_addresses("", "a b", true, false, CONFLICT_OVERWRITE, "a b");
    check_addresses("a* b", "a*", true, false, CONFLICT_OVERWRITE, "same");
    check_addresses("a* b", "A", true, false, CONFLICT_OVERWRITE, "same");
    check_addresses("a* b", "c", true, false, CONFLICT_OVERWRITE, "a b c");
    check_addresses("a* b", "c*", true, false, CONFLICT_OVERWRITE, "c a b");
    check_addresses("a b*!", "c*", true, false, CONFLICT_OVERWRITE, "c b! a");
    check_addresses("a* b", "b*", true, false, CONFLICT_OVERWRITE, "b a");
    check_addresses("a* b", "b*", true, true, CONFLICT_OVERWRITE, "same");
    check_addresses("a* b", "b* c", true, true, CONFLICT_OVERWRITE, "a b c");
    check_addresses("a*! b", "a* b!", true, false, CONFLICT_OVERWRITE, "a! b!");
    check_addresses("a*", "a~", true, false, CONFLICT_OVERWRITE, "a~");
    check_addresses("+4930*", "0049~", true, false, CONFLICT_OVERWRITE, "+4930 0049~");
    check_addresses("+49~*", "49", true, false, CONFLICT_OVERWRITE, "same");
    /* those that the row does not have go */
    check_addresses("a* b", "b*", false, false, CONFLICT_OVERWRITE, "b");
    check_addresses("a* b!", "b c", false, false, CONFLICT_OVERWRITE, "b! c");
    check_addresses("a* b", "b* a", false, true, CONFLICT_OVERWRITE, "same");
    check_addresses("a* b", "b a", false, false, CONFLICT_OVERWRITE, "same");
    /* what is there is not to be changed */
    check_addresses("a*", "c*", true, false, CONFLICT_FILL_BLANK, "same");
    check_addresses("", "c*", true, false, CONFLICT_FILL_BLANK, "c");
    check_addresses("", "c*", true, false, CONFLICT_KEEP, "same");
    check_addresses("a*", "c*", true, false, CONFLICT_ERROR, "conflict");
    check_addresses("a*", "a*", true, false, CONFLICT_ERROR, "same");
    check_addresses("a* b", "a*", false, false, CONFLICT_KEEP, "same");
    check_addresses("a* b", "c*", false, false, CONFLICT_ERROR, "conflict");
    check_addresses("a* b", "c*", false, false, CONFLICT_NEWEST, "same");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses), cmocka_unit_test(test_differences),
        cmocka_unit_test(test_rules),     cmocka_unit_test(test_sets),
        cmocka_unit_test(test_currency),  cmocka_unit_test(test_cap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
