/* What an earlier row of a key adds to a later one. */
#include "flow/record_merge.h"

#include "model/schema.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

static const struct schema_attribute email = {.name = "emailAddress"},
                                     title = {.name = "title"},
                                     first = {.name = "firstName"},
                                     last = {.name = "lastName"},
                                     account = {.name = "accountId"}, id = {.name = "id"};

static struct attribute text(const struct schema_attribute *def, size_t column,
                             const char *value) {
    return (struct attribute){.def = def,
                              .column = column,
                              .value = {.kind = value == NULL ? VALUE_NULL : VALUE_STRING,
                                        .text = slice_of(value == NULL ? "" : value)}};
}

/* Its def is NULL where there is none. */
static struct attribute find(const struct record *record,
                             const struct schema_attribute *def) {
    struct attribute found = {0};

    for (size_t i = 0; i < record->count; i++)
        if (record->attributes[i].def == def) {
            assert_null(found.def);
            found = record->attributes[i];
        }
    return found;
}

static void assert_text(const struct record *record, const struct schema_attribute *def,
                        const char *value) {
    struct attribute found = find(record, def);

    assert_ptr_equal(found.def, def);
    assert_true(slice_is(found.value.text, value));
}

static void merge(struct arena *arena, struct record *record,
                  const struct record *earlier, bool lacks) {
    assert_int_equal(record_lacks(record, earlier), lacks);
    assert_int_equal(record_merge(arena, record, earlier), 0);
    assert_false(record_lacks(record, earlier));
}

static void test_last_filled(void **state) {
    struct attribute mine[] = {text(&email, 0, "a@x"), text(&title, 1, NULL)};
    struct attribute theirs[] = {text(&email, 0, "A@x"), text(&title, 1, "boss"),
                                 text(&last, 2, "Byron")};
    struct attribute keys[] = {text(&id, 3, "64f")};
    struct record record = {.attributes = mine, .count = 2};
    struct record earlier = {
        .attributes = theirs, .count = 3, .keys = keys, .key_count = 1};
    struct arena arena = {0};

    (void)state;
    merge(&arena, &record, &earlier, true);
    assert_int_equal(record.count, 3);
    assert_text(&record, &email, "a@x");
    assert_text(&record, &title, "boss");
    assert_text(&record, &last, "Byron");
    assert_int_equal(record.key_count, 1);
    theirs[1] = text(&title, 1, "clerk"); /* of a row before that */
    merge(&arena, &record, &earlier, false);
    assert_text(&record, &title, "boss");
    arena_fini(&arena);
}

static void test_nothing_clears(void **state) {
    struct attribute mine[] = {text(&email, 0, "a@x"), text(&title, 1, "boss")};
    struct attribute theirs[] = {text(&title, 1, NULL), text(&last, 2, NULL)};
    struct record record = {.attributes = mine, .count = 2};
    struct record earlier = {.attributes = theirs, .count = 2};
    struct arena arena = {0};

    (void)state;
    merge(&arena, &record, &earlier, true);
    assert_text(&record, &title, "boss");
    assert_ptr_equal(find(&record, &last).def, &last); /* empty in all of them */
    assert_int_equal(find(&record, &last).value.kind, VALUE_NULL);
    arena_fini(&arena);
}

/* "Lovelace" has no first name: that of another cell is not put before it. */
static void test_split(void **state) {
    struct attribute mine[] = {text(&last, 1, "Lovelace")};
    struct attribute theirs[] = {text(&first, 1, "Ada"), text(&last, 1, "Byron"),
                                 text(&title, 2, "Countess")};
    struct record record = {.attributes = mine, .count = 1};
    struct record earlier = {.attributes = theirs, .count = 3};
    struct arena arena = {0};

    (void)state;
    merge(&arena, &record, &earlier, true);
    assert_null(find(&record, &first).def);
    assert_text(&record, &last, "Lovelace");
    assert_text(&record, &title, "Countess");
    arena_fini(&arena);
}

static void test_links(void **state) {
    static const struct slice acme = {"Acme", 4}, bell = {"Bell", 4};
    struct attribute cleared[] = {text(&account, 1, NULL), text(&title, 2, "boss")};
    struct record_link links[] = {
        {.def = &account, .column = 1, .texts = &acme, .count = 1}};
    struct record_link older[] = {
        {.def = &account, .column = 1, .texts = &bell, .count = 1}};
    struct record record = {.attributes = cleared, .count = 2};
    struct record earlier = {.links = links, .link_count = 1};
    struct record first_row = {
        .links = older, .link_count = 1, .attributes = cleared, .count = 1};
    struct arena arena = {0};

    (void)state;
    merge(&arena, &record, &earlier, true);
    assert_null(find(&record, &account).def);
    assert_text(&record, &title, "boss");
    merge(&arena, &record, &first_row, false);
    assert_int_equal(record.link_count, 1);
    assert_true(slice_equal(record.links[0].texts[0], acme));
    arena_fini(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_last_filled),
        cmocka_unit_test(test_nothing_clears),
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_links),
    };
    return cmocka_run_group_tests_name("record merge", tests, NULL, NULL);
}
