/* plan_line.c - compares two lines of a plan, value by value, and says in words what
 * differs.
 */
#include "plan/plan_line.h"

#include "base/utf8.h"
#include "model/json.h"

#include <string.h>

enum { VALUE_SHOWN = 60, FIELDS_SHOWN = 3 };

/* What is recorded of addresses is added when it is known, at the last moment
 * (planner_flags.c): no plan can say it. */
static const char *const flags[] = {"emailAddressIsOptedOut", "emailAddressIsInvalid",
                                    "phoneNumberIsOptedOut", "phoneNumberIsInvalid"};

static bool is_flag(struct slice name) {
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (slice_is(name, flags[i]))
            return true;
    return false;
}

/* --- values --- */

int plan_line_append_value(struct buf *out, struct slice raw) {
    struct json_cursor cursor;
    struct json_member item;
    bool first = true;

    if (raw.len > 0 && raw.data[0] == '"') {
        struct buf text = {.max = out->max};
        int rc = json_unescape(&text, raw);
        rc = rc == RC_OK ? json_append_string(out, buf_slice(&text))
                         : buf_append_slice(out, raw);
        buf_fini(&text);
        return rc;
    }
    if (json_cursor_array(&cursor, raw) < 0)
        return buf_append_slice(out, raw);
    (void)buf_append_char(out, '[');
    while (json_cursor_next(&cursor, &item) == 1) {
        if (!first)
            (void)buf_append_char(out, ',');
        first = false;
        (void)plan_line_append_value(out, item.raw);
    }
    return buf_append_char(out, ']');
}

static bool is_blank(struct slice raw) {
    return raw.len == 0 || slice_is(raw, "null") || slice_is(raw, "\"\"") ||
           slice_is(raw, "[]");
}

static bool is_number(struct slice raw) {
    return raw.len > 0 &&
           (raw.data[0] == '-' || (raw.data[0] >= '0' && raw.data[0] <= '9'));
}

static bool is_new(struct slice raw) {
    static const char begin[] = "\"" PLAN_LINE_NEW;

    return raw.len > sizeof begin && memcmp(raw.data, begin, sizeof begin - 1) == 0;
}

static bool is_made(struct slice raw, const struct plan_look *look) {
    return raw.len > 2 && raw.data[0] == '"' && look->is_made != NULL &&
           look->is_made(look->context, slice_make(raw.data + 1, raw.len - 2));
}

static bool has_item(struct slice array, struct slice item) {
    struct json_cursor cursor;
    struct json_member member;

    if (json_cursor_array(&cursor, array) < 0)
        return false;
    while (json_cursor_next(&cursor, &member) == 1)
        if (slice_equal(member.raw, item))
            return true;
    return false;
}

/* Items of `a` that `b` lacks; those of them that `counts` says are not counted. */
static size_t count_items(struct slice a, struct slice b, size_t *all, size_t *excused,
                          const struct plan_look *look, bool planned) {
    struct json_cursor cursor;
    struct json_member item;
    size_t lacking = 0;

    *all = *excused = 0;
    if (json_cursor_array(&cursor, a) < 0)
        return 0;
    while (json_cursor_next(&cursor, &item) == 1) {
        ++*all;
        if (has_item(b, item.raw))
            continue;
        if (planned ? is_new(item.raw) : is_made(item.raw, look))
            ++*excused;
        else
            lacking++;
    }
    return lacking;
}

/* Arrays are compared as sets: the server gives ids in any order. */
static bool same_items(struct slice plan, struct slice now,
                       const struct plan_look *look) {
    size_t count, other_count, news, made;
    size_t lacking = count_items(plan, now, &count, &news, look, true);
    size_t too_many = count_items(now, plan, &other_count, &made, look, false);

    return lacking == 0 && too_many == 0 && count == other_count && news == made;
}

static bool same_value(struct slice plan, struct slice now,
                       const struct plan_look *look) {
    struct json_member add, other;

    if (slice_equal(plan, now) || (is_blank(plan) && is_blank(now)))
        return true;
    if (is_new(plan))
        return is_made(now, look);
    if (is_number(plan) && is_number(now))
        return json_number_equal(plan, now);
    if (plan.len > 0 && plan.data[0] == '[' && now.len > 0 && now.data[0] == '[')
        return same_items(plan, now, look);
    return json_find(plan, "add", &add) && json_find(now, "add", &other) &&
           same_items(add.raw, other.raw, look);
}

/* [old,new] */
static bool split_pair(struct slice raw, struct slice *old, struct slice *new) {
    struct json_cursor cursor;
    struct json_member item;

    if (json_cursor_array(&cursor, raw) < 0 || json_cursor_next(&cursor, &item) != 1)
        return false;
    *old = item.raw;
    if (json_cursor_next(&cursor, &item) != 1)
        return false;
    *new = item.raw;
    return json_cursor_next(&cursor, &item) == 0;
}

/* As json_find(), by a name that is not terminated. */
static bool find_member(const char *object, struct slice name,
                        struct json_member *member) {
    struct json_cursor cursor;

    if (json_cursor_object(&cursor, slice_of(object)) < 0)
        return false;
    while (json_cursor_next(&cursor, member) == 1)
        if (slice_equal(member->name, name))
            return true;
    return false;
}

bool plan_line_makes(const char *changes, const char *name) {
    static const char begin[] = "\"" PLAN_LINE_NEW;
    struct json_member member;
    struct slice old, new;

    return json_find(slice_of(changes), name, &member) &&
           split_pair(member.raw, &old, &new) &&
           memmem(new.data, new.len, begin, sizeof begin - 1) != NULL;
}

/* --- words --- */

static void append_value(struct buf *words, struct slice raw) {
    struct buf text = {.max = 1 << 20};

    if (is_blank(raw)) {
        (void)buf_append_text(words, "nothing");
    } else if (raw.data[0] == '"' && json_unescape(&text, raw) == RC_OK) {
        (void)buf_append_char(words, '\'');
        (void)utf8_append_printable(words, buf_slice(&text), VALUE_SHOWN);
        (void)buf_append_char(words, '\'');
    } else {
        (void)utf8_append_printable(words, raw, VALUE_SHOWN);
    }
    buf_fini(&text);
}

static void append_pair(struct buf *words, struct slice name, struct slice old,
                        struct slice new) {
    (void)buf_append_slice(words, name);
    (void)buf_append_text(words, " from ");
    append_value(words, old);
    (void)buf_append_text(words, " to ");
    append_value(words, new);
}

/* "update of 64f..", "fail with ENUM_UNKNOWN" */
static void append_action(struct buf *words, const struct plan_line *line) {
    (void)buf_append_text(words, line->action);
    if (line->id[0] != '\0')
        (void)buf_append_format(words, " of %s", line->id);
    if (line->code[0] != '\0')
        (void)buf_append_format(words, " with %s", line->code);
}

static void append_changes(struct buf *words, const struct plan_line *line) {
    struct json_cursor cursor;
    struct json_member member;
    struct slice old, new;
    size_t n = 0;

    if (strcmp(line->action, "update") != 0 ||
        json_cursor_object(&cursor, slice_of(line->changes)) < 0)
        return;
    while (json_cursor_next(&cursor, &member) == 1) {
        if (!split_pair(member.raw, &old, &new) || n++ >= FIELDS_SHOWN)
            continue;
        (void)buf_append_text(words, n == 1 ? " " : ", ");
        append_pair(words, member.name, old, new);
    }
    if (n > FIELDS_SHOWN)
        (void)buf_append_format(words, " and %zu more", n - FIELDS_SHOWN);
}

static int differ_action(const struct plan_line *plan, const struct plan_line *now,
                         struct buf *words) {
    (void)buf_append_text(words, "the plan says ");
    append_action(words, plan);
    append_changes(words, plan);
    (void)buf_append_text(words, "; now it would be ");
    append_action(words, now);
    append_changes(words, now);
    if (now->matched_by[0] != '\0' && strcmp(plan->id, now->id) != 0)
        (void)buf_append_format(words, ", matched by %s", now->matched_by);
    if (now->message[0] != '\0')
        (void)buf_append_format(words, ": %s", now->message);
    return 0;
}

/* "the plan says update of 64f.. title from A to B; " */
static void begin_field(struct buf *words, const struct plan_line *plan,
                        struct slice name, struct slice old, struct slice new) {
    (void)buf_append_text(words, "the plan says ");
    append_action(words, plan);
    (void)buf_append_char(words, ' ');
    append_pair(words, name, old, new);
    (void)buf_append_text(words, "; ");
}

/* --- the comparison --- */

static int compare_field(const struct plan_line *plan, const struct plan_line *now,
                         const struct json_member *member, const struct plan_look *look,
                         struct buf *words) {
    struct slice old, new, old_now, new_now;
    struct json_member other;

    if (!split_pair(member->raw, &old, &new)) {
        (void)buf_append_text(words, "the plan's _changes of the row cannot be read: ");
        (void)utf8_append_printable(words, member->raw, VALUE_SHOWN);
        return RC_SERVER;
    }
    if (is_flag(member->name))
        return 1;
    if (!find_member(now->changes, member->name, &other)) {
        if (look->sent || look->shared)
            return 1;
        begin_field(words, plan, member->name, old, new);
        (void)buf_append_text(words, "the record holds that already");
        return 0;
    }
    if (!split_pair(other.raw, &old_now, &new_now))
        return RC_SERVER;
    if (!look->shared && !same_value(old, old_now, look)) {
        begin_field(words, plan, member->name, old, new);
        (void)buf_append_text(words, "the record holds ");
        append_value(words, old_now);
        (void)buf_append_text(words, " now");
        return 0;
    }
    if (same_value(new, new_now, look))
        return 1;
    begin_field(words, plan, member->name, old, new);
    (void)buf_append_text(words, "the row would now set ");
    append_value(words, new_now);
    return 0;
}

/* What would change now and the plan does not name. */
static int compare_rest(const struct plan_line *plan, const struct plan_line *now,
                        struct buf *words) {
    struct json_cursor cursor;
    struct json_member member, other;
    struct slice old, new;

    if (json_cursor_object(&cursor, slice_of(now->changes)) < 0)
        return 1;
    while (json_cursor_next(&cursor, &member) == 1) {
        if (is_flag(member.name) || find_member(plan->changes, member.name, &other) ||
            !split_pair(member.raw, &old, &new))
            continue;
        (void)buf_append_text(words, "the plan says ");
        append_action(words, plan);
        (void)buf_append_text(words, " and leaves ");
        (void)buf_append_slice(words, member.name);
        (void)buf_append_text(words, " alone; now the row would change ");
        append_pair(words, member.name, old, new);
        return 0;
    }
    return 1;
}

static int compare_changes(const struct plan_line *plan, const struct plan_line *now,
                           const struct plan_look *look, struct buf *words) {
    struct json_cursor cursor;
    struct json_member member;
    int rc = 1, step = 0;

    if (strcmp(plan->changes, now->changes) == 0)
        return 1;
    if (plan->changes[0] != '\0') {
        step = json_cursor_object(&cursor, slice_of(plan->changes));
        while (rc == 1 && step >= 0 && (step = json_cursor_next(&cursor, &member)) == 1)
            rc = compare_field(plan, now, &member, look, words);
    }
    if (step < 0) {
        (void)buf_append_text(words, "the plan's _changes of the row are not JSON: ");
        (void)utf8_append_printable(words, slice_of(plan->changes), VALUE_SHOWN);
        return RC_SERVER;
    }
    return rc == 1 && !look->shared ? compare_rest(plan, now, words) : rc;
}

/* Does the line change nothing but flags? */
static bool has_flags_only(const char *changes) {
    struct json_cursor cursor;
    struct json_member member;
    bool any = false;

    if (json_cursor_object(&cursor, slice_of(changes)) < 0)
        return false;
    while (json_cursor_next(&cursor, &member) == 1) {
        if (!is_flag(member.name))
            return false;
        any = true;
    }
    return any;
}

static bool is(const char *action, const char *word) {
    return strcmp(action, word) == 0;
}

/* Does the row do, or leave, what its plan allows although the words differ? */
static bool is_excused(const struct plan_line *plan, const struct plan_line *now,
                       const struct plan_look *look) {
    bool writes = is(plan->action, "create") || is(plan->action, "update") ||
                  is(plan->action, "unchanged");

    if ((is(now->action, "fail") || is(now->action, "skip")) && is(now->code, "REPEATED"))
        return true; /* an earlier row of the file came to that record */
    if (look->shared && writes)
        return is(now->action, "update") || is(now->action, "unchanged");
    if (!is(now->action, "unchanged"))
        return false;
    return (look->sent && (is(plan->action, "update") || is(plan->action, "delete"))) ||
           (is(plan->action, "update") && has_flags_only(plan->changes));
}

int plan_line_compare(const struct plan_line *plan, const struct plan_line *now,
                      const struct plan_look *look, struct buf *words) {
    bool same = is(plan->action, now->action);

    if (!same && !is_excused(plan, now, look))
        return differ_action(plan, now, words);
    if (is(now->action, "fail") || is(now->action, "skip"))
        return 1;
    if (look->sent && !same && now->id[0] == '\0')
        return 1; /* deleted by the sending before */
    if (strcmp(plan->id, now->id) != 0 && !(look->shared && plan->id[0] == '\0'))
        return differ_action(plan, now, words);
    if (!same && !look->shared)
        return 1;
    return compare_changes(plan, now, look, words);
}
