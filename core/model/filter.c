/* filter.c - conditions taken apart by hand, values read by the converters that read
 * cells: a date, a number, an option is refused here as it would be in a file.
 */
#include "model/filter.h"

#include "model/convert.h"
#include "model/json.h"
#include "base/utf8.h"

#include <ctype.h>
#include <jansson.h>

enum { TEXT_MAX = 64 * 1024 };

enum comparison {
    OPERATOR_EQUAL,
    OPERATOR_NOT_EQUAL,
    OPERATOR_LESS,
    OPERATOR_LESS_EQUAL,
    OPERATOR_GREATER,
    OPERATOR_GREATER_EQUAL,
    OPERATOR_CONTAINS,
    OPERATOR_NOT_CONTAINS,
    OPERATOR_IN,
    OPERATOR_NOT_IN,
    OPERATOR_NULL,
    OPERATOR_NOT_NULL
};

/* Longer ones first. A word stands between blanks. */
static const struct {
    const char *text;
    enum comparison meaning;
} operators[] = {
    {"not null", OPERATOR_NOT_NULL}, {"not in", OPERATOR_NOT_IN},
    {"null", OPERATOR_NULL},         {"in", OPERATOR_IN},
    {"!=", OPERATOR_NOT_EQUAL},      {"<=", OPERATOR_LESS_EQUAL},
    {">=", OPERATOR_GREATER_EQUAL},  {"!~", OPERATOR_NOT_CONTAINS},
    {"=", OPERATOR_EQUAL},           {"<", OPERATOR_LESS},
    {">", OPERATOR_GREATER},         {"~", OPERATOR_CONTAINS},
};

static const char *const type_names[] = {
    [OPERATOR_EQUAL] = "equals",
    [OPERATOR_NOT_EQUAL] = "notEquals",
    [OPERATOR_LESS] = "lessThan",
    [OPERATOR_LESS_EQUAL] = "lessThanOrEquals",
    [OPERATOR_GREATER] = "greaterThan",
    [OPERATOR_GREATER_EQUAL] = "greaterThanOrEquals",
    [OPERATOR_CONTAINS] = "contains",
    [OPERATOR_NOT_CONTAINS] = "notContains",
    [OPERATOR_IN] = "in",
    [OPERATOR_NOT_IN] = "notIn",
    [OPERATOR_NULL] = "isNull",
    [OPERATOR_NOT_NULL] = "isNotNull",
};

/* One condition, taken apart. */
struct condition {
    const char *text;                   /* as typed, for messages */
    const struct schema_attribute *def; /* what it is about */
    enum comparison op;
    struct slice value; /* behind the operator, trimmed */
    struct arena arena; /* of converted values */
};

static int refuse(const struct condition *condition, struct err *err, const char *why) {
    (void)err_set(err, RC_USAGE, "the condition '%.200s' %s", condition->text, why);
    err_advise(err, "write it as 'status=New', 'createdAt>=2026-01-01', 'industry in "
                    "Media,Energy' or 'accountId null'; != < <= > ~ !~ 'not in' 'not "
                    "null' are the others");
    return RC_USAGE;
}

static bool is_name(char c) {
    return isalnum((unsigned char)c) || c == '_';
}

static int find_attribute(const struct schema *schema, struct slice name,
                          struct condition *condition, struct err *err) {
    char room[128];
    const struct schema_attribute *near;

    if (name.len == 0 || name.len >= sizeof room)
        return refuse(condition, err, "does not begin with the name of a field");
    memcpy(room, name.data, name.len);
    room[name.len] = '\0';
    condition->def = schema_find(schema, room);
    if (condition->def != NULL && !condition->def->unreadable)
        return RC_OK;
    near = schema_nearest(schema, room);
    if (condition->def != NULL)
        (void)err_set(err, RC_AUTH,
                      "the condition '%.200s': your role may not read '%s' of %s",
                      condition->text, room, schema_entity_type(schema));
    else
        (void)err_set(err, RC_USAGE, "the condition '%.200s': %s has no field '%s'%s%s%s",
                      condition->text, schema_entity_type(schema), room,
                      near == NULL ? "" : "; did you mean '",
                      near == NULL ? "" : near->name, near == NULL ? "" : "'?");
    return (int)err->rc;
}

static bool is_word(const char *text) {
    return text[0] >= 'a' && text[0] <= 'z';
}

/* Sets operator and value; false when there is no operator. */
static bool find_operator(struct condition *condition, const char *rest) {
    while (*rest == ' ')
        rest++;
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        size_t len = strlen(operators[i].text);
        if (strncmp(rest, operators[i].text, len) != 0 ||
            (is_word(operators[i].text) && rest[len] != ' ' && rest[len] != '\0'))
            continue;
        condition->op = operators[i].meaning;
        condition->value = slice_trim(slice_of(rest + len));
        return true;
    }
    return false;
}

/* {"type":"T","attribute":"A" */
static void begin_item(struct buf *json, const char *type, const char *attribute) {
    (void)buf_append_format(json, "{\"type\":\"%s\",\"attribute\":\"%s\"", type,
                            attribute);
}

static bool is_list(const struct schema_attribute *def) {
    return def->type == ATTRIBUTE_LIST || def->type == ATTRIBUTE_IDS;
}

/* Quotes around a value are taken off. */
static struct slice unquoted(struct slice value) {
    if (value.len >= 2 && (value.data[0] == '"' || value.data[0] == '\'') &&
        value.data[value.len - 1] == value.data[0])
        return slice_make(value.data + 1, value.len - 2);
    return value;
}

/* Is it about a part of a text? Of lists `contains` is about a whole item. */
static bool is_part_of(const struct condition *condition) {
    return (condition->op == OPERATOR_CONTAINS ||
            condition->op == OPERATOR_NOT_CONTAINS) &&
           !is_list(condition->def);
}

/* EspoCRM hands the text to LIKE as it is, where % and _ stand for others. */
static int append_part(struct slice text, struct buf *json) {
    struct buf plain = {.max = TEXT_MAX};
    int rc;

    for (size_t i = 0; i < text.len; i++) {
        if (strchr("%_\\", text.data[i]) != NULL)
            (void)buf_append_char(&plain, '\\');
        (void)buf_append_char(&plain, text.data[i]);
    }
    rc = plain.failed != RC_OK ? plain.failed
                               : json_append_string(json, buf_slice(&plain));
    buf_fini(&plain);
    return rc;
}

/* The value as JSON, read as a cell of the attribute would be. */
static int append_value(struct condition *condition, struct slice text, struct buf *json,
                        struct err *err) {
    static const char *const formats[] = {"%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M",
                                          "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S",
                                          "%Y-%m-%d"};
    struct schema_attribute def = *condition->def;
    struct converter converter = {
        .def = &def, .delimiter = {",", 1}, .unknown = UNKNOWN_ERROR};
    struct refusal refusal = {.reason = REASON_NONE};
    struct attribute attribute = {.def = &def};
    struct word_set options = {0};
    struct slice *words = NULL;
    int rc = RC_OK;

    if (text.len == 0)
        return refuse(condition, err,
                      "has an empty value: use 'null' for records without one");
    if (is_list(&def)) /* one item of it */
        def.type = def.type == ATTRIBUTE_IDS ? ATTRIBUTE_ID : ATTRIBUTE_ENUM;
    if (def.type == ATTRIBUTE_EMAIL || def.type == ATTRIBUTE_PHONE ||
        def.type == ATTRIBUTE_OTHER || def.type == ATTRIBUTE_URL)
        def.type = ATTRIBUTE_VARCHAR;
    if (is_part_of(condition))
        return append_part(text, json);
    if (condition->op == OPERATOR_CONTAINS || condition->op == OPERATOR_NOT_CONTAINS ||
        def.type == ATTRIBUTE_VARCHAR || def.type == ATTRIBUTE_TEXT)
        return json_append_string(json, text);
    if (def.option_count > 0 && !def.custom_options) {
        words = arena_alloc(&condition->arena, def.option_count * sizeof *words);
        for (size_t i = 0; words != NULL && i < def.option_count; i++)
            words[i] = slice_of(def.options[i]);
        if (words == NULL ||
            word_set_init(&options, words, def.option_count, &condition->arena) != RC_OK)
            return err_nomem(err);
        converter.options = options;
    } else if (def.type == ATTRIBUTE_ENUM || def.type == ATTRIBUTE_ENTITY) {
        return json_append_string(json, text);
    }
    if (def.type == ATTRIBUTE_DATE || def.type == ATTRIBUTE_DATETIME) {
        converter.formats = def.type == ATTRIBUTE_DATE ? formats + 4 : formats;
        converter.format_count = def.type == ATTRIBUTE_DATE ? 1 : 4;
        converter.zone_name = "UTC";
    }
    if (def.type == ATTRIBUTE_INT || def.type == ATTRIBUTE_FLOAT ||
        def.type == ATTRIBUTE_DECIMAL || def.type == ATTRIBUTE_CURRENCY)
        converter.number = (struct number_format){.decimal = "."};
    def.has_min = def.has_max = false;
    rc = convert_cell(&converter, text, &condition->arena, &attribute.value, &refusal);
    if (rc < 0)
        return err_nomem(err);
    if (rc == 0) {
        (void)err_set(err, RC_USAGE, "the condition '%.200s': %s", condition->text,
                      refusal.message);
        return RC_USAGE;
    }
    return json_append_attribute(json, &attribute);
}

/* The next of several values: "a, b" or "\"a, b\", c". */
static struct slice take_value(struct slice *rest) {
    struct slice value = {rest->data, 0};
    char quote = '\0';

    while (value.len < rest->len) {
        char c = rest->data[value.len];
        if (quote == '\0' && c == ',')
            break;
        if (quote != '\0' ? c == quote : (c == '"' && slice_trim(value).len == 0))
            quote = quote == '\0' ? c : '\0';
        value.len++;
    }
    rest->data += value.len + (value.len < rest->len);
    rest->len -= value.len + (value.len < rest->len);
    return unquoted(slice_trim(value));
}

static int append_values(struct condition *condition, struct buf *json, struct err *err) {
    struct slice rest = condition->value;
    int rc = RC_OK;

    (void)buf_append_char(json, '[');
    for (bool first = true; rc == RC_OK && (first || rest.len > 0); first = false) {
        (void)buf_append_text(json, first ? "" : ",");
        rc = append_value(condition, take_value(&rest), json, err);
    }
    (void)buf_append_char(json, ']');
    return rc;
}

static int append_null(const struct condition *condition, bool null, struct buf *json,
                       struct err *err) {
    const struct schema_attribute *def = condition->def;

    if (condition->value.len > 0)
        return refuse(condition, err, "has something behind 'null'");
    if (def->type == ATTRIBUTE_LIST)
        begin_item(json, null ? "arrayIsEmpty" : "arrayIsNotEmpty", def->name);
    else if (def->type == ATTRIBUTE_IDS)
        begin_item(json, null ? "isNotLinked" : "isLinked", def->field);
    else
        begin_item(json, type_names[condition->op], def->name);
    return buf_append_char(json, '}');
}

/* Lists and links of several records: has one of them, has none of them. */
static int append_list(struct condition *condition, struct buf *json, struct err *err) {
    const struct schema_attribute *def = condition->def;
    bool link = def->type == ATTRIBUTE_IDS;
    bool any = condition->op == OPERATOR_EQUAL || condition->op == OPERATOR_CONTAINS ||
               condition->op == OPERATOR_IN;
    int rc;

    if (!any && condition->op != OPERATOR_NOT_EQUAL &&
        condition->op != OPERATOR_NOT_CONTAINS && condition->op != OPERATOR_NOT_IN)
        return refuse(condition, err, "compares a list: use = != 'in' 'not in' or null");
    if (link)
        begin_item(json, any ? "linkedWith" : "notLinkedWith", def->field);
    else
        begin_item(json, any ? "arrayAnyOf" : "arrayNoneOf", def->name);
    (void)buf_append_text(json, ",\"value\":");
    rc = append_values(condition, json, err);
    (void)buf_append_char(json, '}');
    return rc;
}

static bool is_day(struct slice value) {
    return value.len == 10 && value.data[4] == '-' && value.data[7] == '-';
}

static int append_moment(struct condition *condition, const char *type, struct slice day,
                         const char *time, struct buf *json, struct err *err) {
    char text[32];
    int rc;

    (void)snprintf(text, sizeof text, "%.10s %s", day.data, time);
    begin_item(json, type, condition->def->name);
    (void)buf_append_text(json, ",\"value\":");
    rc = append_value(condition, slice_of(text), json, err);
    (void)buf_append_char(json, '}');
    return rc;
}

/* A day, where the field holds a time: the whole day is meant, by UTC. */
static int append_day(struct condition *condition, struct slice day, struct buf *json,
                      struct err *err) {
    static const char first[] = "00:00:00", last[] = "23:59:59";
    bool not_equal = condition->op == OPERATOR_NOT_EQUAL;
    int rc;

    if (condition->op != OPERATOR_EQUAL && !not_equal) {
        bool after =
            condition->op == OPERATOR_LESS_EQUAL || condition->op == OPERATOR_GREATER;
        return append_moment(condition, type_names[condition->op], day,
                             after ? last : first, json, err);
    }
    (void)buf_append_format(json, "{\"type\":\"%s\",\"value\":[",
                            not_equal ? "or" : "and");
    rc = append_moment(condition, not_equal ? "lessThan" : "greaterThanOrEquals", day,
                       first, json, err);
    (void)buf_append_char(json, ',');
    if (rc == RC_OK)
        rc = append_moment(condition, not_equal ? "greaterThan" : "lessThanOrEquals", day,
                           last, json, err);
    (void)buf_append_text(json, "]}");
    return rc;
}

static int append_bool(struct condition *condition, struct slice value, struct buf *json,
                       struct err *err) {
    bool yes = slice_is(value, "true") || slice_is(value, "1");

    if ((!yes && !slice_is(value, "false") && !slice_is(value, "0")) ||
        (condition->op != OPERATOR_EQUAL && condition->op != OPERATOR_NOT_EQUAL))
        return refuse(condition, err, "is about a yes or no: write =true or =false");
    if (condition->op == OPERATOR_NOT_EQUAL)
        yes = !yes;
    begin_item(json, yes ? "isTrue" : "isFalse", condition->def->name);
    return buf_append_char(json, '}');
}

static int append_condition(struct condition *condition, struct buf *json,
                            struct err *err) {
    struct slice value = unquoted(condition->value);
    int rc;

    if (condition->op == OPERATOR_NULL || condition->op == OPERATOR_NOT_NULL)
        return append_null(condition, condition->op == OPERATOR_NULL, json, err);
    if (is_list(condition->def))
        return append_list(condition, json, err);
    if (condition->def->type == ATTRIBUTE_BOOL)
        return append_bool(condition, value, json, err);
    if (condition->def->type == ATTRIBUTE_ADDRESSES ||
        condition->def->type == ATTRIBUTE_JSON)
        return refuse(condition, err, "is about a field that cannot be searched");
    if (condition->def->type == ATTRIBUTE_DATETIME && is_day(value) &&
        condition->op <= OPERATOR_GREATER_EQUAL)
        return append_day(condition, value, json, err);
    begin_item(json, type_names[condition->op], condition->def->name);
    (void)buf_append_text(json, ",\"value\":");
    if (condition->op == OPERATOR_IN || condition->op == OPERATOR_NOT_IN)
        rc = append_values(condition, json, err);
    else
        rc = append_value(condition, value, json, err);
    (void)buf_append_char(json, '}');
    return rc;
}

/* Items that EspoCRM takes without a value. */
static bool needs_no_value(const char *type) {
    static const char *const types[] = {"isNull",
                                        "isNotNull",
                                        "isTrue",
                                        "isFalse",
                                        "ever",
                                        "any",
                                        "none",
                                        "today",
                                        "past",
                                        "future",
                                        "currentMonth",
                                        "lastMonth",
                                        "nextMonth",
                                        "currentQuarter",
                                        "lastQuarter",
                                        "currentYear",
                                        "lastYear",
                                        "currentFiscalYear",
                                        "lastFiscalYear",
                                        "currentFiscalQuarter",
                                        "lastFiscalQuarter",
                                        "lastSevenDays",
                                        "isLinked",
                                        "isNotLinked",
                                        "arrayIsEmpty",
                                        "arrayIsNotEmpty"};

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(types[i], type) == 0)
            return true;
    return false;
}

static int check_item(const struct schema *schema, json_t *item, struct err *err) {
    const char *type = json_string_value(json_object_get(item, "type"));
    const char *name = json_string_value(json_object_get(item, "attribute"));
    json_t *value = json_object_get(item, "value"), *inner;
    size_t i;
    int rc = RC_OK;

    if (type == NULL)
        return err_set(err, RC_USAGE,
                       "an item of --where has no \"type\", such as \"equals\"");
    if (strcmp(type, "and") == 0 || strcmp(type, "or") == 0 || strcmp(type, "not") == 0) {
        if (!json_is_array(value) || json_array_size(value) == 0)
            return err_set(err, RC_USAGE,
                           "the item \"%s\" of --where needs a \"value\" with items",
                           type);
        json_array_foreach(value, i, inner) if (rc == RC_OK) rc =
            check_item(schema, inner, err);
        return rc;
    }
    if (name == NULL)
        name = json_string_value(json_object_get(item, "field"));
    if (value == NULL && !needs_no_value(type)) {
        (void)err_set(err, RC_USAGE, "the item \"%.60s\" of --where has no \"value\"",
                      type);
        err_advise(err, "EspoCRM would take it for \"is empty\": write isNull if that is "
                        "meant");
        return RC_USAGE;
    }
    if (name == NULL)
        return err_set(err, RC_USAGE,
                       "the item \"%.60s\" of --where has no \"attribute\"", type);
    return RC_OK; /* links and fields are names, too: the server knows them all */
}

static int append_json(const struct schema *schema, const char *text, struct buf *json,
                       struct err *err) {
    json_error_t error;
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error), *item;
    char *dumped = NULL;
    size_t i;
    int rc = RC_OK;

    if (root == NULL)
        return err_set(
            err, RC_USAGE,
            "--where begins like JSON, but is not valid: %.120s (character %d)",
            error.text, error.position);
    if (json_is_object(root)) {
        rc = check_item(schema, root, err);
        dumped = json_dumps(root, JSON_COMPACT);
    } else {
        if (json_array_size(root) == 0)
            rc = err_set(err, RC_USAGE, "--where is an empty list");
        json_array_foreach(root, i, item) if (rc == RC_OK) rc =
            check_item(schema, item, err);
        dumped = json_dumps(root, JSON_COMPACT);
    }
    if (rc == RC_OK && dumped == NULL)
        rc = err_nomem(err);
    if (rc == RC_OK) {
        struct slice items = slice_of(dumped);
        if (json_is_array(root)) /* without its brackets */
            items = slice_make(items.data + 1, items.len - 2);
        rc = buf_append_slice(json, items);
    }
    free(dumped);
    json_decref(root);
    return rc;
}

int filter_append(const struct schema *schema, const char *text, struct buf *json,
                  struct err *err) {
    struct condition condition = {.text = text};
    size_t len = 0;
    int rc;

    while (*text == ' ')
        text++;
    if (*text == '{' || *text == '[')
        return append_json(schema, text, json, err);
    while (is_name(text[len]))
        len++;
    rc = find_attribute(schema, slice_make(text, len), &condition, err);
    if (rc == RC_OK && !find_operator(&condition, text + len))
        rc = refuse(&condition, err, "has no operator behind the field");
    if (rc == RC_OK)
        rc = append_condition(&condition, json, err);
    if (rc == RC_OK && json->failed != RC_OK)
        rc = err_set(err, RC_USAGE, "the conditions are too long");
    arena_fini(&condition.arena);
    return rc;
}
