/* test_schema.c - attributes, rules and rights out of the server's own answers. */
#include "model_fixture.h"

#include "model/pattern.h"

static const struct schema_attribute *find(const struct schema *schema,
                                           const char *name) {
    const struct schema_attribute *def = schema_find(schema, name);

    if (def == NULL)
        fail_msg("no attribute %s", name);
    assert_string_equal(def->name, name);
    return def;
}

struct expected {
    const char *name;
    enum attribute_type type;
    enum attribute_lock lock;
    size_t max_length;
    const char *instead; /* or foreign, for one that is not locked */
};

static void check_all(const struct schema *schema, const struct expected *want,
                      size_t count) {
    for (size_t i = 0; i < count; i++) {
        const struct schema_attribute *def = find(schema, want[i].name);
        const char *other = def->lock == LOCK_NONE ? def->foreign : def->instead;
        if (def->type != want[i].type || def->lock != want[i].lock ||
            def->max_length != want[i].max_length)
            fail_msg("%s: type %d lock %d length %zu", def->name, (int)def->type,
                     (int)def->lock, def->max_length);
        if (want[i].instead == NULL)
            assert_null(other);
        else
            assert_string_equal(other, want[i].instead);
    }
}

static void test_lead(void **state) {
    static const struct expected want[] = {
        {"id", ATTRIBUTE_ID, LOCK_SYSTEM, 0, NULL},
        {"deleted", ATTRIBUTE_BOOL, LOCK_SYSTEM, 0, NULL},
        {"name", ATTRIBUTE_OTHER, LOCK_FOREIGN, 0,
         "firstName and lastName, or use split"},
        {"salutationName", ATTRIBUTE_ENUM, LOCK_NONE, 255, NULL},
        {"firstName", ATTRIBUTE_VARCHAR, LOCK_NONE, 100, NULL},
        {"middleName", ATTRIBUTE_VARCHAR, LOCK_NONE, 100, NULL},
        {"lastName", ATTRIBUTE_VARCHAR, LOCK_NONE, 100, NULL},
        {"accountName", ATTRIBUTE_VARCHAR, LOCK_NONE, 255, NULL},
        {"status", ATTRIBUTE_ENUM, LOCK_NONE, 255, NULL},
        {"industry", ATTRIBUTE_ENUM, LOCK_NONE, 255, NULL},
        {"opportunityAmount", ATTRIBUTE_CURRENCY, LOCK_NONE, 0, NULL},
        {"opportunityAmountCurrency", ATTRIBUTE_ENUM, LOCK_NONE, 3, NULL},
        {"opportunityAmountConverted", ATTRIBUTE_FLOAT, LOCK_READ_ONLY, 0, NULL},
        {"website", ATTRIBUTE_URL, LOCK_NONE, 255, NULL},
        {"addressStreet", ATTRIBUTE_TEXT, LOCK_NONE, 255, NULL},
        {"addressCity", ATTRIBUTE_VARCHAR, LOCK_NONE, 100, NULL},
        {"addressPostalCode", ATTRIBUTE_VARCHAR, LOCK_NONE, 40, NULL},
        {"addressMap", ATTRIBUTE_OTHER, LOCK_READ_ONLY, 0, NULL},
        {"emailAddress", ATTRIBUTE_EMAIL, LOCK_NONE, 255, NULL},
        {"emailAddressData", ATTRIBUTE_ADDRESSES, LOCK_NONE, 0, NULL},
        {"emailAddressIsOptedOut", ATTRIBUTE_BOOL, LOCK_NONE, 0, NULL},
        {"phoneNumber", ATTRIBUTE_PHONE, LOCK_NONE, 36, NULL},
        {"phoneNumberIsInvalid", ATTRIBUTE_BOOL, LOCK_NONE, 0, NULL},
        {"doNotCall", ATTRIBUTE_BOOL, LOCK_NONE, 0, NULL},
        {"description", ATTRIBUTE_TEXT, LOCK_NONE, 0, NULL},
        {"createdAt", ATTRIBUTE_DATETIME, LOCK_SYSTEM, 0, NULL},
        {"createdById", ATTRIBUTE_ID, LOCK_SYSTEM, 0, NULL},
        {"modifiedById", ATTRIBUTE_ID, LOCK_SYSTEM, 0, NULL},
        {"convertedAt", ATTRIBUTE_DATETIME, LOCK_READ_ONLY, 0, NULL},
        {"assignedUserId", ATTRIBUTE_ID, LOCK_NONE, 0, "User"},
        {"assignedUserName", ATTRIBUTE_OTHER, LOCK_FOREIGN, 0, "assignedUserId"},
        {"acceptanceStatus", ATTRIBUTE_VARCHAR, LOCK_NOT_STORED, 255, NULL},
        {"teamsIds", ATTRIBUTE_IDS, LOCK_NONE, 0, "Team"},
        {"teamsNames", ATTRIBUTE_OTHER, LOCK_FOREIGN, 0, "teamsIds"},
        {"targetListsIds", ATTRIBUTE_IDS, LOCK_TYPE, 0, NULL},
        {"campaignId", ATTRIBUTE_ID, LOCK_NONE, 0, "Campaign"},
        {"cCMulti", ATTRIBUTE_LIST, LOCK_NONE, 100, NULL},
        {"cCArray", ATTRIBUTE_LIST, LOCK_NONE, 100, NULL},
        {"cCUrls", ATTRIBUTE_LIST, LOCK_NONE, 255, NULL},
        {"cCFloat", ATTRIBUTE_FLOAT, LOCK_NONE, 0, NULL},
        {"cCInt", ATTRIBUTE_INT, LOCK_NONE, 0, NULL},
        {"cCDate", ATTRIBUTE_DATE, LOCK_NONE, 0, NULL},
        {"cCDateTime", ATTRIBUTE_DATETIME, LOCK_NONE, 0, NULL},
        {"cCDecimal", ATTRIBUTE_DECIMAL, LOCK_NONE, 0, NULL},
        {"cCDecimalCurrency", ATTRIBUTE_ENUM, LOCK_NONE, 3, NULL},
        {"cCNumber", ATTRIBUTE_VARCHAR, LOCK_READ_ONLY, 0, NULL},
        {"cCReq", ATTRIBUTE_VARCHAR, LOCK_NONE, 20, NULL},
    };
    struct schema *schema = fixture_schema("lead", "Lead", NULL, NULL);

    (void)state;
    assert_string_equal(schema_entity_type(schema), "Lead");
    check_all(schema, want, sizeof want / sizeof *want);
    assert_null(schema_find(schema, "nope"));
    assert_null(schema_find(schema, "assignedUser"));
    assert_null(schema_find(schema, "versionNumber"));
    for (size_t i = 0; i < schema_count(schema); i++) {
        const struct schema_attribute *def = schema_at(schema, i);
        assert_ptr_equal(schema_find(schema, def->name), def);
    }
    assert_null(schema_at(schema, schema_count(schema)));
    schema_free(schema);
}

static void test_rules(void **state) {
    struct schema *schema = fixture_schema("lead", "Lead", NULL, NULL);
    const struct schema_attribute *def;
    const char *const *names, *field;

    (void)state;
    def = find(schema, "status");
    assert_int_equal(def->option_count, 6);
    assert_string_equal(def->options[2], "In Process");
    assert_true(def->has_default);
    assert_true(def->not_null);
    def = find(schema, "source");
    assert_false(def->not_null); /* it has the empty option */
    assert_string_equal(def->options[0], "");
    def = find(schema, "industry");
    assert_true(def->option_count > 30);
    def = find(schema, "opportunityAmountCurrency");
    assert_int_equal(def->option_count, 2);
    assert_string_equal(def->options[0], "USD");
    def = find(schema, "opportunityAmount");
    assert_true(def->has_min && def->min == 0 && !def->has_max);
    def = find(schema, "cCInt");
    assert_true(def->has_min && def->has_max && def->max == 100);
    def = find(schema, "cCDecimal");
    assert_int_equal(def->max_scale, 4);
    assert_int_equal(def->max_whole, 9);
    def = find(schema, "doNotCall");
    assert_true(def->not_null && def->has_default && !def->required);
    def = find(schema, "cCReq");
    assert_string_equal(def->pattern, "[A-Z]+");
    assert_true(pattern_matches(def->pattern_code, slice_of("ABC")));
    assert_false(pattern_matches(def->pattern_code, slice_of("ABc")));
    def = find(schema, "lastName");
    assert_string_equal(def->pattern, "[^<>=]+");
    assert_ptr_equal(def->pattern_code, find(schema, "firstName")->pattern_code);
    def = find(schema, "cCMulti");
    assert_int_equal(def->option_count, 3);
    assert_null(find(schema, "cCArray")->options);
    names = schema_required_any(schema, 0, &field);
    assert_non_null(names);
    assert_string_equal(field, "name");
    assert_string_equal(names[0], "firstName");
    assert_string_equal(names[1], "middleName");
    assert_string_equal(names[2], "lastName");
    assert_string_equal(names[3], "emailAddress");
    assert_string_equal(names[5], "accountName");
    assert_null(names[6]);
    assert_null(schema_required_any(schema, 1, &field));
    schema_free(schema);
}

static void test_contact_and_others(void **state) {
    static const struct expected contact[] = {
        {"lastName", ATTRIBUTE_VARCHAR, LOCK_NONE, 100, NULL},
        {"accountId", ATTRIBUTE_ID, LOCK_NONE, 0, "Account"},
        {"accountName", ATTRIBUTE_OTHER, LOCK_FOREIGN, 0, "accountId"},
        {"accountsIds", ATTRIBUTE_IDS, LOCK_NONE, 0, "Account"},
        {"accountsColumns", ATTRIBUTE_JSON, LOCK_TYPE, 0, NULL},
        {"accountType", ATTRIBUTE_OTHER, LOCK_FOREIGN, 0, NULL},
        {"accountIsInactive", ATTRIBUTE_BOOL, LOCK_NOT_STORED, 0, NULL},
        {"title", ATTRIBUTE_VARCHAR, LOCK_NONE, 100, NULL},
        {"portalUserId", ATTRIBUTE_ID, LOCK_READ_ONLY, 0, NULL},
    };
    static const struct expected account[] = {
        {"name", ATTRIBUTE_VARCHAR, LOCK_NONE, 249, NULL},
        {"versionNumber", ATTRIBUTE_INT, LOCK_SYSTEM, 0, NULL},
        {"billingAddressStreet", ATTRIBUTE_TEXT, LOCK_NONE, 255, NULL},
    };
    struct schema *schema = fixture_schema("contact", "Contact", NULL, NULL);

    (void)state;
    check_all(schema, contact, sizeof contact / sizeof *contact);
    assert_true(find(schema, "lastName")->required);
    assert_null(schema_required_any(schema, 0, NULL));
    schema_free(schema);
    schema = fixture_schema("account", "Account", NULL, NULL);
    check_all(schema, account, sizeof account / sizeof *account);
    assert_true(find(schema, "name")->required);
    schema_free(schema);
    schema = fixture_schema("opportunity", "Opportunity", NULL, NULL);
    assert_true(find(schema, "amount")->required);
    assert_true(find(schema, "closeDate")->required);
    assert_true(find(schema, "amountCurrency")->has_default);
    assert_true(find(schema, "stage")->has_default);
    assert_int_equal(find(schema, "leadSource")->option_count, 9);
    schema_free(schema);
}

static void test_parent(void **state) {
    static const struct expected want[] = {
        {"parentId", ATTRIBUTE_ID, LOCK_NONE, 0, NULL},
        {"parentType", ATTRIBUTE_ENTITY, LOCK_NONE, 0, NULL},
        {"parentName", ATTRIBUTE_OTHER, LOCK_FOREIGN, 0, "parentId"},
        {"dateStart", ATTRIBUTE_DATETIME, LOCK_NONE, 0, NULL},
        {"dateStartDate", ATTRIBUTE_DATE, LOCK_NONE, 0, NULL},
        {"duration", ATTRIBUTE_INT, LOCK_NOT_STORED, 0, NULL},
        {"reminders", ATTRIBUTE_JSON, LOCK_TYPE, 0, NULL},
    };
    struct schema *schema = fixture_schema("meeting", "Meeting", NULL, NULL);

    (void)state;
    check_all(schema, want, sizeof want / sizeof *want);
    assert_int_equal(find(schema, "parentType")->option_count, 5);
    assert_true(find(schema, "assignedUserId")->required);
    assert_false(find(schema, "dateStart")->has_default); /* javascript: is no default */
    schema_free(schema);
}

static void test_server(void **state) {
    struct schema *schema = fixture_schema("lead", "Lead", NULL, NULL);
    const struct schema_server *server = schema_server(schema);

    (void)state;
    assert_string_equal(server->version, "9.1.7");
    assert_string_equal(server->default_currency, "USD");
    assert_string_equal(server->user_name, "bulk_api");
    assert_string_equal(server->user_type, "api");
    assert_int_equal(server->list_max_size, 200);
    assert_true(server->phone_international);
    assert_false(server->phone_extensions);
    assert_true(server->may_create && server->may_read && server->may_edit &&
                server->may_delete && server->may_import);
    schema_free(schema);
}

static void test_restricted(void **state) {
    struct schema *schema =
        fixture_schema("lead", "Lead", NULL, "app-user-restricted.json");
    const struct schema_server *server = schema_server(schema);

    (void)state;
    assert_false(server->may_create);
    assert_true(server->may_read);
    assert_true(server->may_edit);
    assert_false(server->may_delete);
    assert_false(server->may_import);
    assert_int_equal(find(schema, "source")->lock, LOCK_FORBIDDEN);
    assert_int_equal(find(schema, "status")->lock, LOCK_NONE);
    schema_free(schema);
    schema =
        fixture_schema("opportunity", "Opportunity", NULL, "app-user-restricted.json");
    assert_false(schema_server(schema)->may_read); /* not in the table at all */
    schema_free(schema);
}

/* A role that forbids `name`: its attributes are fields of their own in the metadata. */
static void test_forbidden_parts(void **state) {
    static const char *const locked[] = {"firstName", "lastName", "middleName",
                                         "salutationName", "description"};
    struct schema *schema = fixture_schema("lead", "Lead", NULL, "app-user-fields.json");

    (void)state;
    for (size_t i = 0; i < sizeof locked / sizeof locked[0]; i++)
        assert_int_equal(find(schema, locked[i])->lock, LOCK_FORBIDDEN);
    assert_false(find(schema, "lastName")->unreadable);
    assert_true(find(schema, "description")->unreadable);
    assert_int_equal(find(schema, "title")->lock, LOCK_NONE);
    assert_false(find(schema, "title")->unreadable);
    schema_free(schema);
}

static void test_nearest(void **state) {
    static const struct {
        const char *name, *nearest;
    } cases[] = {{"emailAdress", "emailAddress"},
                 {"EMAILADDRESS", "emailAddress"},
                 {"firstname", "firstName"},
                 {"Status", "status"},
                 {"createdAtt", NULL},
                 {"xyzzy12345", NULL},
                 {"cCFlaot", "cCFloat"}};
    struct schema *schema = fixture_schema("lead", "Lead", NULL, NULL);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct schema_attribute *def = schema_nearest(schema, cases[i].name);
        if (cases[i].nearest == NULL)
            assert_null(def);
        else if (def == NULL)
            fail_msg("nothing near %s", cases[i].name);
        else
            assert_string_equal(def->name, cases[i].nearest);
    }
    schema_free(schema);
}

#define SETTINGS "{\"version\":\"9.1.7\"}"
#define USER "{\"user\":{},\"acl\":{\"table\":{\"Lead\":{\"create\":\"yes\"}}}}"

static void test_broken_bodies(void **state) {
    static const char *const bodies[][4] = {
        {"", "", SETTINGS, USER},
        {"  \n", "", SETTINGS, USER},
        {"[]", "", SETTINGS, USER},
        {"<html>", "", SETTINGS, USER},
        {"{\"fields\":[]}", "", SETTINGS, USER},
        {"{}", "", SETTINGS, USER},
        {"{\"fields\":{}}", "nope", SETTINGS, USER},
        {"{\"fields\":{}}", "", "", USER},
        {"{\"fields\":{}}", "", "[1]", USER},
        {"{\"fields\":{}}", "", SETTINGS, ""},
        {"{\"fields\":{}}", "", SETTINGS, "{}"},
        {"{\"fields\":{}}", "", SETTINGS, "{\"acl\":{}}"},
        {"{\"fields\":{}}", "", SETTINGS, "{\"acl\":{\"table\":[]}}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct schema_sources sources = {slice_of(bodies[i][0]), slice_of(bodies[i][1]),
                                         slice_of(bodies[i][2]), slice_of(bodies[i][3])};
        struct err err = {.rc = RC_OK};
        struct schema *schema;
        /* the first two are how an unknown entity type is told: the mapping is wrong */
        if (schema_new(&schema, "Lead", &sources, &err) != (i < 2 ? RC_USAGE : RC_SERVER))
            fail_msg("taken: case %zu", i);
        assert_null(schema);
        assert_true(err.message[0] != '\0');
    }
}

/* Members of the wrong kind must not upset anything. */
static void test_odd_metadata(void **state) {
    static const char odd[] =
        "{\"fields\":{\"a\":1,\"b\":{},\"c\":{\"type\":7},\"d\":{\"type\":\"varchar\","
        "\"maxLength\":\"x\",\"pattern\":\"(((\",\"options\":5,\"required\":\"yes\"},"
        "\"e\":{\"type\":\"enum\",\"options\":[1,\"x\",null]},\"f\":{\"type\":"
        "\"mystery\"},"
        "\"g\":{\"type\":\"enum\",\"optionsReference\":\"nodot\"},"
        "\"h\":{\"type\":\"link\"},\"i\":{\"type\":\"linkParent\",\"entityList\":\"x\"},"
        "\"\":{\"type\":\"personName\"},\"j\":{\"type\":\"varchar\",\"maxLength\":-1,"
        "\"pattern\":\"$unknown\"}},\"links\":[]}";
    struct schema_sources sources = {
        slice_of(odd), {NULL, 0}, slice_of(SETTINGS), slice_of(USER)};
    struct err err = {.rc = RC_OK};
    struct schema *schema;

    (void)state;
    assert_int_equal(schema_new(&schema, "Lead", &sources, &err), RC_OK);
    assert_null(schema_find(schema, "a"));
    assert_null(schema_find(schema, "c"));
    assert_int_equal(find(schema, "d")->max_length, 255);
    assert_null(
        find(schema, "d")->pattern); /* PCRE does not take it: the server judges */
    assert_false(find(schema, "d")->required);
    assert_int_equal(find(schema, "e")->option_count, 1);
    assert_int_equal(find(schema, "f")->lock, LOCK_TYPE);
    assert_int_equal(find(schema, "j")->max_length, 255);
    assert_null(schema_reference(schema, 0));
    assert_int_equal(schema_server(schema)->list_max_size, 200);
    assert_false(schema_server(schema)->phone_international);
    schema_free(schema);
}

static void test_references(void **state) {
    static const char defs[] =
        "{\"fields\":{\"industry\":{\"type\":\"enum\",\"optionsReference\":"
        "\"Account.industry\"},\"branch\":{\"type\":\"multiEnum\",\"optionsReference\":"
        "\"Account.industry\"},\"other\":{\"type\":\"enum\",\"optionsPath\":\"app.x\"}}}";
    struct schema_sources sources = {
        slice_of(defs), {NULL, 0}, slice_of(SETTINGS), slice_of(USER)};
    struct err err = {.rc = RC_OK};
    struct schema *schema;

    (void)state;
    assert_int_equal(schema_new(&schema, "Lead", &sources, &err), RC_OK);
    assert_string_equal(schema_reference(schema, 0),
                        "entityDefs.Account.fields.industry.options");
    assert_string_equal(schema_reference(schema, 1), "app.x");
    assert_null(schema_reference(schema, 2));
    assert_int_equal(schema_set_reference(schema, 0, slice_of("{}"), &err), RC_SERVER);
    err_clear(&err);
    assert_int_equal(schema_set_reference(schema, 0, slice_of("[\"\",\"A\"]"), &err),
                     RC_OK);
    assert_int_equal(find(schema, "industry")->option_count, 2);
    assert_int_equal(find(schema, "branch")->option_count, 2);
    assert_false(find(schema, "industry")->not_null);
    assert_int_equal(schema_set_reference(schema, 1, slice_of(""), &err), RC_OK);
    assert_null(find(schema, "other")->options);
    assert_int_equal(schema_set_reference(schema, 2, slice_of("[]"), &err), RC_USAGE);
    schema_free(schema);
}

static void test_patterns(void **state) {
    static const struct {
        const char *pattern, *text;
        bool match;
    } cases[] = {
        {"[^<>=]+", "M\xC3\xBCller", true},
        {"[^<>=]+", "a<b", false},
        {"[^<>=]+", "", false},
        {"[0-9A-Za-z_@:#\\+\\(\\)\\-\\. ]+", "+1 (415) 555-0101", true},
        {"[0-9A-Za-z_@:#\\+\\(\\)\\-\\. ]+", "030/123", false},
        {"[A-Z]{3}", "ABC", true},
        {"[A-Z]{3}", "ABCD", false},
        {"a|bc", "bc", true},
        {"a|bc", "abc", false},
        {".{2}", "\xC3\xA4\xC3\xB6", true}, /* characters, not bytes */
        {".{2}", "\xC3\xA4", false},
        {"[a-z]+", "abc\n", false},
        {"[\\d]+", "123", true},
        {"[\\d]+", "d", false},
        {"[a\\]b]+", "a]b", true},
        {"[a-]+", "a-", true},
        {"[\xC3\xA4]+", "\xC3\xA4", true},
        {"(a+)+b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac", true},
    };

    struct pattern *none;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pattern *pattern;
        assert_int_equal(pattern_new(&pattern, cases[i].pattern), RC_OK);
        assert_non_null(pattern);
        if (i + 1 == sizeof cases / sizeof *cases)
            (void)pattern_matches(pattern, slice_of(cases[i].text)); /* it must end */
        else if (pattern_matches(pattern, slice_of(cases[i].text)) != cases[i].match)
            fail_msg("%s and %s", cases[i].pattern, cases[i].text);
        pattern_free(pattern);
    }
    assert_int_equal(pattern_new(&none, "((("), RC_OK);
    assert_null(none);
    pattern_free(NULL);
}

/* Of an entity type that only the cases below know. */
static struct schema *thing(const char *defs, const char *user) {
    const struct schema_sources sources = {slice_of(defs), slice_of("{}"), slice_of("{}"),
                                           slice_of(user)};
    struct schema *schema = NULL;
    struct err err = {0};

    assert_int_equal(schema_new(&schema, "CThing", &sources, &err), RC_OK);
    return schema;
}

/* A record that the user has just made: shown by a role that reads everything, else by
 * whom it is assigned to; by its maker where nobody can be assigned. */
static void test_shows_made(void **state) {
    static const char team_role[] = "{\"user\":{\"id\":\"me\",\"userName\":\"u\","
                                    "\"type\":\"api\"},\"acl\":{\"table\":"
                                    "{\"CThing\":{\"read\":\"%s\",\"create\":\"yes\"}}}}";
    static const struct {
        const char *level, *fields, *assigned;
        bool shown;
    } cases[] = {
        {"all", "{}", "", true},
        {"no", "{}", "me", false},
        {"own", "{\"assignedUser\":{\"type\":\"link\"}}", "", false},
        {"own", "{\"assignedUser\":{\"type\":\"link\"}}", "other", false},
        {"own", "{\"assignedUser\":{\"type\":\"link\"}}", "me", true},
        {"own", "{\"assignedUsers\":{\"type\":\"linkMultiple\"}}", "me", false},
        {"own", "{}", "", true},
        {"team", "{\"assignedUser\":{\"type\":\"link\"}}", "me", true},
        {"team", "{}", "", false},
        {"team", "{\"teams\":{\"type\":\"linkMultiple\"}}", "", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct schema *schema;
        char user[512], defs[512];
        (void)snprintf(user, sizeof user, team_role, cases[i].level);
        (void)snprintf(defs, sizeof defs, "{\"fields\":%s}", cases[i].fields);
        schema = thing(defs, user);
        if (schema_shows_made(schema, slice_of(cases[i].assigned)) != cases[i].shown)
            fail_msg("case %zu: %s, %s, %s", i, cases[i].level, cases[i].fields,
                     cases[i].assigned);
        schema_free(schema);
    }
}

/* Unless EspoCRM itself sees to it that the user finds it again. */
static void test_hides_made(void **state) {
    static const char owned[] =
        "{\"fields\":{\"assignedUser\":{\"type\":\"link\"},\"teams\":{\"type\":"
        "\"linkMultiple\"}},\"links\":{\"assignedUser\":{\"type\":\"belongsTo\","
        "\"entity\":\"User\"}}}";
    static const struct {
        const char *level, *type, *assignment, *fields, *team;
        bool hidden;
    } cases[] = {
        {"all", "api", "no", "{}", "null", false},
        {"own", "api", "no", "{}", "null", true},
        {"own", "api", "all", "{}", "\"t\"", true},
        {"own", "regular", "all", "{}", "null", true},
        {"own", "regular", "team", "{}", "null", true},
        {"own", "regular", "no", "{}", "null", false},
        {"team", "api", "all", "{}", "\"t\"", true},
        {"team", "api", "no", "{}", "\"t\"", false},
        {"team", "api", "no", "{}", "null", true},
        {"own", "api", "no", "{}", "\"t\"", true},
        {"team", "api", "all",
         "{\"CThing\":{\"teams\":{\"read\":\"yes\",\"edit\":\"no\"}}}", "\"t\"", false},
        {"own", "api", "no",
         "{\"CThing\":{\"assignedUser\":{\"read\":\"yes\",\"edit\":\"no\"}}}", "null",
         false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct schema *schema;
        char user[1024];
        (void)snprintf(user, sizeof user,
                       "{\"user\":{\"id\":\"me\",\"userName\":\"u\",\"type\":\"%s\","
                       "\"defaultTeamId\":%s},\"acl\":{\"assignmentPermission\":\"%s\","
                       "\"table\":{\"CThing\":{\"read\":\"%s\",\"create\":\"yes\"}},"
                       "\"fieldTable\":%s}}",
                       cases[i].type, cases[i].team, cases[i].assignment, cases[i].level,
                       cases[i].fields);
        schema = thing(owned, user);
        if (schema_hides_made(schema) != cases[i].hidden)
            fail_msg("case %zu", i);
        schema_free(schema);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hides_made),
        cmocka_unit_test(test_shows_made),
        cmocka_unit_test(test_lead),
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_contact_and_others),
        cmocka_unit_test(test_parent),
        cmocka_unit_test(test_server),
        cmocka_unit_test(test_restricted),
        cmocka_unit_test(test_forbidden_parts),
        cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_broken_bodies),
        cmocka_unit_test(test_odd_metadata),
        cmocka_unit_test(test_references),
        cmocka_unit_test(test_patterns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
