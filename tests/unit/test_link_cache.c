/* test_link_cache.c - what was found is found again, or forgotten; never mixed up. */
#include "flow/link_cache.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static void test_kept(void **state) {
    struct link_cache *cache = link_cache_new();

    (void)state;
    assert_non_null(cache);
    assert_null(link_cache_get(cache, "Account", "name", slice_of("acme")));
    link_cache_put(cache, "Account", "name", slice_of("acme"), "id1");
    assert_string_equal(link_cache_get(cache, "Account", "name", slice_of("acme")),
                        "id1");
    link_cache_put(cache, "Account", "name", slice_of("acme"), "id2");
    assert_string_equal(link_cache_get(cache, "Account", "name", slice_of("acme")),
                        "id2");
    /* type, attribute and text belong together */
    assert_null(link_cache_get(cache, "Contact", "name", slice_of("acme")));
    assert_null(link_cache_get(cache, "Account", "website", slice_of("acme")));
    assert_null(link_cache_get(cache, "Account", "name", slice_of("acm")));
    assert_null(link_cache_get(cache, "Account", "nam", slice_of("e\nacme")));
    link_cache_put(cache, "Account", "name", slice_make(NULL, 0), "none");
    assert_string_equal(link_cache_get(cache, "Account", "name", slice_make("", 0)),
                        "none");
    link_cache_free(cache);
    link_cache_free(NULL);
}

/* What does not fit is not kept, and harms nothing. */
static void test_too_long(void **state) {
    struct link_cache *cache = link_cache_new();
    char text[2000], id[100];

    (void)state;
    memset(text, 'x', sizeof text);
    memset(id, 'i', sizeof id);
    id[sizeof id - 1] = '\0';
    for (size_t len = 480; len <= sizeof text; len += 5) {
        const char *found;
        link_cache_put(cache, "Account", "name", slice_make(text, len), "id");
        found = link_cache_get(cache, "Account", "name", slice_make(text, len));
        if (len < 490)
            assert_non_null(found);
        if (len > 512)
            assert_null(found);
    }
    link_cache_put(cache, "Account", "name", slice_of("acme"), id);
    assert_null(link_cache_get(cache, "Account", "name", slice_of("acme")));
    link_cache_free(cache);
}

/* Bounded: of many the later ones are there, and none is another's. */
static void test_many(void **state) {
    struct link_cache *cache = link_cache_new();
    char text[32], id[32];
    size_t kept = 0;

    (void)state;
    for (int turn = 0; turn < 2; turn++)
        for (int i = 0; i < 20000; i++) {
            const char *found;
            (void)snprintf(text, sizeof text, "firm %d", i);
            (void)snprintf(id, sizeof id, "id%d", i);
            if (turn == 0)
                link_cache_put(cache, "Account", "name", slice_of(text), id);
            found = link_cache_get(cache, "Account", "name", slice_of(text));
            if (turn == 0)
                assert_non_null(found);
            if (found != NULL)
                assert_string_equal(found, id);
            kept += turn == 1 && found != NULL;
        }
    assert_in_range(kept, 4000, 8192);
    link_cache_free(cache);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kept),
        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
