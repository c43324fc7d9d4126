/* test_convert.c - one cell to one value: what is taken, and what is refused in which
 * words. */
#include "model_fixture.h"

#include "model/email.h"
#include "model/json.h"

/* want: the value as JSON, "" for no attribute at all, or "!CODE" and words of the
 * message. settings: other members of the column, each with a comma in front. */
struct conversion {
    const char *field, *settings, *cell, *want;
};

static void check_error(const struct conversion *c, const struct record *record) {
    const struct row_error *error;
    const char *blank = strchr(c->want, ' ');
    size_t len = blank == NULL ? strlen(c->want + 1) : (size_t)(blank - c->want - 1);
    char code[32];

    if (record->error_count != 1)
        fail_msg("%s '%s': %zu errors, not %s", c->field, c->cell, record->error_count,
                 c->want);
    error = &record->errors[0];
    (void)snprintf(code, sizeof code, "%.*s", (int)len, c->want + 1);
    if (strcmp(reason_code(error->reason), code) != 0)
        fail_msg("%s '%s': %s, not %s", c->field, c->cell, reason_code(error->reason),
                 c->want);
    if (blank != NULL && strstr(error->message, blank + 1) == NULL)
        fail_msg("%s '%s': \"%s\" does not say \"%s\"", c->field, c->cell, error->message,
                 blank + 1);
    assert_string_equal(error->field, c->field);
    assert_int_equal(error->column, 0);
}

static void check_value(const struct conversion *c, const struct record *record) {
    struct buf json = {.max = 1 << 20};

    if (record->error_count != 0)
        fail_msg("%s '%s': %s, not %s", c->field, c->cell, record->errors[0].message,
                 c->want);
    for (size_t i = 0; i < record->count; i++)
        if (strcmp(record->attributes[i].def->name, c->field) == 0) {
            assert_int_equal(record->attributes[i].column, 0);
            assert_int_equal(json_append_attribute(&json, &record->attributes[i]), 0);
        }
    if (strcmp(buf_text(&json), c->want) != 0)
        fail_msg("%s '%s': %s, not %s", c->field, c->cell, buf_text(&json), c->want);
    buf_fini(&json);
}

static void check(const struct schema *schema, const char *root,
                  const struct conversion *c) {
    char columns[4096];
    struct mapping *mapping;
    struct mapping_problem *problems = NULL;
    struct program *program;
    struct arena arena = {.blocks = NULL};
    struct record record;
    size_t count = 0;
    struct slice cells[2] = {slice_of(c->cell), slice_of("Somebody")};

    (void)snprintf(columns, sizeof columns, "{\"name\":\"c\",\"field\":\"%s\"%s}%s",
                   c->field, c->settings,
                   strcmp(c->field, "lastName") == 0
                       ? ""
                       : ",{\"name\":\"n\",\"field\":\"lastName\"}");
    mapping = fixture_mapping("Lead", root, columns);
    program = fixture_program(mapping, schema, "c|n", &problems, &count);
    if (program == NULL)
        fail_msg("%s: %s", problems[0].pointer, problems[0].message);
    assert_int_equal(program_run(program, cells, 2, &arena, &record), RC_OK);
    if (c->want[0] == '!')
        check_error(c, &record);
    else
        check_value(c, &record);
    arena_fini(&arena);
    program_free(program);
    mapping_free(mapping);
}

static void check_all(const char *settings, const char *root,
                      const struct conversion *cases, size_t count) {
    struct schema *schema = fixture_schema("lead", "Lead", settings, NULL);

    for (size_t i = 0; i < count; i++)
        check(schema, root, &cases[i]);
    schema_free(schema);
}

#define CHECK(root, cases) check_all(NULL, root, cases, sizeof cases / sizeof *cases)

static void test_texts(void **state) {
    static char long100[202], long101[204], long256[300], url[300];
    const struct conversion cases[] = {
        {"firstName", "", "Ada", "\"Ada\""},
        {"firstName", "", "  Ada \t", "\"Ada\""},
        {"firstName", "", "a\tb\nc", "\"a\\tb\\nc\""}, /* the server takes them */
        {"firstName", "", "\xF0\x9F\x98\x80", "\"\xF0\x9F\x98\x80\""},
        {"firstName", "", "", ""},
        {"firstName", "", "   ", ""},
        {"firstName", "", "<b>", "!VALUE_PATTERN has a <, > or = in it"},
        {"firstName", "", "a=b", "!VALUE_PATTERN firstName"},
        {"firstName", "", long100, long100},
        {"firstName", "", long101,
         "!VALUE_TOO_LONG has 101 characters, firstName takes "
         "at most 100"},
        {"accountName", "", long256, "!VALUE_TOO_LONG at most 255"},
        {"description", "", " a\r\nb \n", "\" a\\r\\nb \\n\""}, /* not trimmed */
        {"description", "", "<x>", "\"<x>\""},
        {"description", "", " \n", ""},
        {"addressStreet", "", "1 A\nFloor 2", "\"1 A\\nFloor 2\""},
        {"cCReq", "", "ABC", "\"ABC\""},
        {"cCReq", "", "ABc",
         "!VALUE_PATTERN does not match the pattern of cCReq: [A-Z]+"},
        {"website", "", "https://example.com/a?b=c#d", "\"https://example.com/a?b=c#d\""},
        {"website", "", "example.com/x", "\"example.com/x\""},
        {"website", "", "not a url", "!URL_INVALID https://"},
        {"website", "", "example.com/a b", "!URL_INVALID"},
        {"website", "", "http://m\xC3\xBCller.de", "!URL_INVALID"},
        {"website", "", url, "!VALUE_TOO_LONG 255"},
    };

    (void)state;
    long100[0] = '"';
    for (size_t i = 0; i < 100; i++)
        memcpy(long100 + i * 2, "\xC3\xA9", 2);
    long100[200] = '\0';
    for (size_t i = 0; i < 101; i++)
        memcpy(long101 + i * 2, "\xC3\xA9", 2);
    long101[202] = '\0';
    memset(long256, 'x', 256);
    memset(url, 'x', 260);
    memcpy(url, "https://a.b/", 12);
    struct conversion fixed[sizeof cases / sizeof *cases];
    char want[210];
    memcpy(fixed, cases, sizeof cases);
    (void)snprintf(want, sizeof want, "\"%s\"", long100);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (fixed[i].want == long100)
            fixed[i].want = want;
    CHECK("", fixed);
}

static void test_numbers(void **state) {
    static const struct conversion cases[] = {
        {"cCInt", "", "5", "5"},
        {"cCInt", "", " 5 ", "5"},
        {"cCInt", "", "+5", "5"},
        {"cCInt", "", "007", "7"},
        {"cCInt", "", "0", "0"},
        {"cCInt", "", "-0", "0"},
        {"cCInt", "", "100", "100"},
        {"cCInt", "", "101", "!NUMBER_RANGE more than 100"},
        {"cCInt", "", "-1", "!NUMBER_RANGE less than 0"},
        {"cCInt", "", "99999999999999999999999", "!NUMBER_RANGE"},
        {"cCInt", "", "5.0", "!INT_INVALID whole number"},
        {"cCInt", "", "50.7", "!INT_INVALID"},
        {"cCInt", "", "1e2", "!INT_INVALID"},
        {"cCInt", "", "abc", "!INT_INVALID not a whole number"},
        {"cCInt", "", "5 5", "!INT_INVALID"},
        {"cCInt", "", "--5", "!INT_INVALID"},
        {"cCInt", "", "5-", "!INT_INVALID"},
        {"cCInt", "", "0x1F", "!INT_INVALID"},
        {"cCInt", "", "\xEF\xBC\x95", "!INT_INVALID"}, /* a full-width five */
        {"cCFloat", "", "1.25", "1.25"},
        {"cCFloat", "", "1.50", "1.50"},
        {"cCFloat", "", ".5", "0.5"},
        {"cCFloat", "", "-.5", "-0.5"},
        {"cCFloat", "", "5.", "!NUMBER_INVALID"},
        {"cCFloat", "", ".", "!NUMBER_INVALID"},
        {"cCFloat", "", "-", "!NUMBER_INVALID"},
        {"cCFloat", "", "1.5e-7", "1.5e-7"},
        {"cCFloat", "", "1.5E+7", "1.5E+7"},
        {"cCFloat", "", "1e", "!NUMBER_INVALID"},
        {"cCFloat", "", "1e9999", "!NUMBER_INVALID"},
        {"cCFloat", "", "NaN", "!NUMBER_INVALID"},
        {"cCFloat", "", "Infinity", "!NUMBER_INVALID"},
        {"cCFloat", "", "1,5", "!NUMBER_INVALID decimalChar is ."},
        {"cCFloat", "", "0.30000000000000004", "0.30000000000000004"},
        {"cCFloat", "", "0.30000000000000005", "!NUMBER_RANGE more digits"},
        {"cCFloat", "", "123456789012345678901234567890", "!NUMBER_RANGE more digits"},
        {"cCFloat", "", "1000000000000000000000", "1000000000000000000000"},
        {"opportunityAmount", "", "1234.50", "1234.50"},
        {"opportunityAmount", "", "00012.5", "12.5"},
        {"opportunityAmount", "", "-1", "!NUMBER_RANGE less than 0"},
        {"opportunityAmount", "", "1e3", "!NUMBER_INVALID"},
        {"opportunityAmount", "", "\xE2\x82\xAC 1200",
         "!NUMBER_INVALID put the currency"},
        {"opportunityAmount", "", "$5", "!NUMBER_INVALID opportunityAmountCurrency"},
        {"opportunityAmount", "",
         "\xC2\xA3"
         "5",
         "!NUMBER_INVALID put the currency"},
        {"opportunityAmount", "", "1200 EUR", "!NUMBER_INVALID put the currency"},
        {"cCDecimal", "", "12.50", "\"12.50\""},
        {"cCDecimal", "", "+12", "\"12\""},
        {"cCDecimal", "", "1.23456", "!NUMBER_RANGE 4 digits behind the point"},
        {"cCDecimal", "", "1.23450", "\"1.23450\""},
        {"cCDecimal", "", "1234567890", "!NUMBER_RANGE 9 digits in front"},
        {"opportunityAmountCurrency", "", "EUR", "\"EUR\""},
        {"opportunityAmountCurrency", "", "eur", "!CURRENCY_UNKNOWN did you mean 'EUR'"},
        {"opportunityAmountCurrency", "", "XYZ", "!CURRENCY_UNKNOWN USD, EUR"},
    };

    (void)state;
    CHECK("", cases);
}

static void test_number_formats(void **state) {
    static const struct conversion german[] = {
        {"opportunityAmount", "", "1.234,50", "1234.50"},
        {"opportunityAmount", "", "1.234.567,8", "1234567.8"},
        {"opportunityAmount", "", "1234,5", "1234.5"},
        {"opportunityAmount", "", "1.234", "1234"},
        {"opportunityAmount", "", "0,5", "0.5"},
        {"opportunityAmount", "", "1.23", "!NUMBER_INVALID not in threes by '.'"},
        {"opportunityAmount", "", "1.2345", "!NUMBER_INVALID not in threes"},
        {"opportunityAmount", "", "1234.567", "!NUMBER_INVALID not in threes"},
        {"opportunityAmount", "", "1..234", "!NUMBER_INVALID"},
        {"opportunityAmount", "", ".234", "!NUMBER_INVALID"},
        {"opportunityAmount", "", "1,234,567", "!NUMBER_INVALID"},
        {"opportunityAmount", "", "1,234.5", "!NUMBER_INVALID"},
        {"cCInt", "", "1.0", "!INT_INVALID"},
        {"cCInt", "", "10", "10"},
        {"cCFloat", ",\"decimalChar\":\".\",\"groupChar\":\"\"", "1.5", "1.5"},
    };
    static const struct conversion spaced[] = {
        {"opportunityAmount", "", "1 234 567.5", "1234567.5"},
        {"opportunityAmount", "",
         "1\xC2\xA0"
         "234",
         "1234"},
        {"opportunityAmount", "",
         "1\xE2\x80\xAF"
         "234",
         "1234"},
        {"opportunityAmount", "",
         "\xC2\xA0"
         "1\xE2\x80\x89"
         "234\xE2\x80\xAF",
         "1234"},
        {"opportunityAmount", "", "1 23", "!NUMBER_INVALID"},
        {"opportunityAmount", "", "1  234", "!NUMBER_INVALID"},
        {"opportunityAmount", "",
         "1\xE2\x80\xAF"
         "23",
         "!NUMBER_INVALID '1\\u202F23' has its digits grouped"},
    };
    /* blanks of all kinds are no currency, and are shown */
    static const struct conversion unspaced[] = {
        {"opportunityAmount", "", "1234\xC2\xA0", "1234"},
        {"opportunityAmount", "",
         "1\xC2\xA0"
         "234",
         "!NUMBER_INVALID '1\\u00A0234' is not a number (decimalChar is ., groupChar is "
         "none; \" \" allows blanks of all kinds)"},
        {"opportunityAmount", "",
         "1\xE2\x80\xAF"
         "234",
         "!NUMBER_INVALID groupChar is none"},
        {"opportunityAmount", "",
         "12\xE2\x80\x8B"
         "34",
         "!NUMBER_INVALID '12\\u200B34'"},
        {"opportunityAmount", "", "1\xC2\xA0\xE2\x82\xAC",
         "!NUMBER_INVALID put the currency"},
        {"cCInt", "",
         "\xEF\xBB\xBF"
         "5",
         "!INT_INVALID '\\uFEFF5'"},
    };

    (void)state;
    CHECK("\"defaults\":{\"decimalChar\":\",\",\"groupChar\":\".\"},", german);
    CHECK("\"defaults\":{\"groupChar\":\" \"},", spaced);
    CHECK("\"defaults\":{\"groupChar\":\"\xE2\x80\xAF\"},", spaced);
    CHECK("", unspaced);
}

static void test_bools(void **state) {
    static const struct conversion cases[] = {
        {"doNotCall", "", "true", "true"},
        {"doNotCall", "", "TRUE", "true"},
        {"doNotCall", "", " Yes ", "true"},
        {"doNotCall", "", "x", "true"},
        {"doNotCall", "", "1", "true"},
        {"doNotCall", "", "ja", "true"},
        {"doNotCall", "", "no", "false"},
        {"doNotCall", "", "0", "false"},
        {"doNotCall", "", "N", "false"},
        {"doNotCall", "", "Nein", "false"},
        {"doNotCall", "", "off", "false"},
        {"doNotCall", "", "", ""},
        {"doNotCall", "", "maybe", "!BOOL_INVALID 'maybe'"},
        {"doNotCall", "", "2", "!BOOL_INVALID"},
        {"doNotCall", "", "yes no", "!BOOL_INVALID"},
    };
    static const struct conversion own[] = {
        {"doNotCall", "", "Gesperrt", "true"},
        {"doNotCall", "",
         "\xC3\x96"
         "FFEN",
         "false"},
        {"doNotCall", "", "yes", "!BOOL_INVALID"},
    };

    (void)state;
    CHECK("", cases);
    CHECK("\"defaults\":{\"trueValues\":[\"gesperrt\"],\"falseValues\":[\"\xC3\xB6"
          "ffen\"]},",
          own);
}

static void test_enums(void **state) {
    static const struct conversion cases[] = {
        {"source", "", "Web Site", "\"Web Site\""},
        {"source", "", " Web Site ", "\"Web Site\""},
        {"source", "", "web site", "!ENUM_UNKNOWN did you mean 'Web Site'?"},
        {"source", "", "Websit", "!ENUM_UNKNOWN did you mean 'Web Site'?"},
        {"source", "", "Fair", "!ENUM_UNKNOWN which takes: Call, Email"},
        {"source", "", "", ""},
        {"industry", "", "Legal", "\"Legal\""},
        {"source", ",\"valueMap\":{\"web\":\"Web Site\",\"TEL\":\"Call\",\"none\":null}",
         "WEB", "\"Web Site\""},
        {"source", ",\"valueMap\":{\"web\":\"Web Site\",\"none\":null}", "none", "null"},
        {"source", ",\"valueMap\":{\"web\":\"Web Site\"}", "Call", "\"Call\""},
        {"source", ",\"valueMap\":{\"web\":\"Web Site\"}", "Fair",
         "!VALUE_UNMAPPED valueMap, nor an option of source, which takes: Call, Email"},
        {"source", ",\"valueMap\":{\"webb\":\"Web Site\"}", "web",
         "!VALUE_UNMAPPED did you mean 'webb'?"},
        {"source", ",\"valueMap\":{\"web\":\"Web Site\"},\"onUnknown\":\"null\"", "Fair",
         "null"},
        {"source", ",\"valueMap\":{\"web\":\"Web Site\"},\"onUnknown\":\"keep\"", "Fair",
         "!ENUM_UNKNOWN"},
        {"source", ",\"valueMap\":{\"\xC3\xA4u\xC3\x9F\":\"Other\"}", "\xC3\x84U\xC3\x9F",
         "\"Other\""},
        {"doNotCall", ",\"valueMap\":{\"gesperrt\":\"yes\"}", "gesperrt", "true"},
        {"firstName", ",\"valueMap\":{\"A.\":\"Anna\"}", "B.",
         "!VALUE_UNMAPPED 'B.' is not in the column's valueMap"},
        {"firstName", ",\"valueMap\":{\"A.\":\"Anna\"},\"onUnknown\":\"keep\"", "B.",
         "\"B.\""},
    };

    (void)state;
    CHECK("", cases);
}

static void test_lists(void **state) {
    static const struct conversion cases[] = {
        {"cCMulti", "", "Red, Blue", "[\"Red\",\"Blue\"]"},
        {"cCMulti", "", "Red", "[\"Red\"]"},
        {"cCMulti", "", "Red,Red", "[\"Red\"]"},
        {"cCMulti", "", "Red,Pink", "!ENUM_UNKNOWN 'Pink' is not an option"},
        {"cCMulti", "", "Red,,Blue", "!LIST_INVALID empty item"},
        {"cCMulti", "", "Red,", "!LIST_INVALID empty item"},
        {"cCMulti", "", "[\"Red\",\"Green\"]", "[\"Red\",\"Green\"]"},
        {"cCMulti", "", "[]", "[]"},
        {"cCMulti", "", "[\"Red\"", "!LIST_INVALID JSON"},
        {"cCMulti", "", "[1]", "!LIST_INVALID JSON"},
        {"cCMulti", "", "[\"Red\"] x", "!LIST_INVALID JSON"},
        {"cCMulti", "", "", ""},
        {"cCMulti", ",\"empty\":\"null\"", "", "[]"},
        {"cCMulti", ",\"delimiter\":\" | \"", "Red | Blue", "[\"Red\",\"Blue\"]"},
        {"cCMulti", ",\"valueMap\":{\"rot\":\"Red\"}", "rot, Blue", "[\"Red\",\"Blue\"]"},
        {"cCMulti", ",\"valueMap\":{\"rot\":\"Red\"}", "rot, blau",
         "!VALUE_UNMAPPED blau"},
        {"cCArray", "", "x y,z", "[\"x y\",\"z\"]"},
        {"cCArray", "", "[\"a\\u00e4,b\"]", "[\"a\xC3\xA4,b\"]"},
        {"cCChecklist", "", "A,C", "!ENUM_UNKNOWN"},
        {"cCUrls", "", "https://a.example.com,b.org/x",
         "[\"https://a.example.com\",\"b.org/x\"]"},
        {"cCUrls", "", "nope", "!VALUE_PATTERN"},
        {"teamsIds", "", "6b04e31b3cdde102f,6b04e31b57d982dbf",
         "[\"6b04e31b3cdde102f\",\"6b04e31b57d982dbf\"]"},
        {"teamsIds", "", "Sales Team", "!ID_INVALID of Team"},
    };

    (void)state;
    CHECK("", cases);
}

static void test_dates(void **state) {
    static const struct conversion cases[] = {
        {"cCDate", "", "2026-12-31", "\"2026-12-31\""},
        {"cCDate", "", "2026-2-3", "\"2026-02-03\""},
        {"cCDate", "", "2026-02-30", "!DATE_INVALID there is no day '2026-02-30'"},
        {"cCDate", "", "31.12.2026", "!DATE_INVALID of the form %Y-%m-%d"},
        {"cCDate", "", "2026-12-31T00:00:00", "!DATE_INVALID"},
        {"cCDate", "", "2026-12-31 00:00:00", "!DATE_INVALID"},
        {"cCDate", ",\"format\":\"%d.%m.%Y\"", "31.12.2026", "\"2026-12-31\""},
        {"cCDate", ",\"format\":[\"%d.%m.%Y\",\"%d.%m.%y\"]", "31.12.26",
         "\"2026-12-31\""},
        {"cCDate", ",\"format\":[\"%d.%m.%Y\",\"%Y-%m-%d\"]", "2026-12-31",
         "\"2026-12-31\""},
        {"cCDate", ",\"format\":[\"%m/%d/%Y\",\"%d/%m/%Y\"]", "31/12/2026",
         "\"2026-12-31\""},
        {"cCDateTime", "", "2026-12-01 10:00:00", "\"2026-12-01 10:00:00\""},
        {"cCDateTime", "", "2026-12-01 10:00", "\"2026-12-01 10:00:00\""},
        {"cCDateTime", "", "2026-12-01T10:00:00Z", "\"2026-12-01 10:00:00\""},
        {"cCDateTime", "", "2026-12-01T10:00:00+02:00", "\"2026-12-01 08:00:00\""},
        {"cCDateTime", "", "2026-01-01T00:30:00+0100", "\"2025-12-31 23:30:00\""},
        {"cCDateTime", "", "2026-12-01T10:00:00.000Z", "\"2026-12-01 10:00:00\""},
        {"cCDateTime", "", "2026-12-01T10:00:00.250Z", "!DATETIME_INVALID"},
        {"cCDateTime", "", "2026-12-01T10:00", "\"2026-12-01 10:00:00\""},
        {"cCDateTime", "", "2026-12-01", "!DATETIME_INVALID"},
        {"cCDateTime", "", "2026-12-01 25:00",
         "!DATETIME_INVALID there is no day or time"},
        {"cCDateTime", ",\"format\":\"%m/%d/%Y %I:%M %p\"", "12/31/2026 1:05 PM",
         "\"2026-12-31 13:05:00\""},
        {"cCDateTime", ",\"timezone\":\"America/New_York\"", "2026-12-01 10:00",
         "\"2026-12-01 15:00:00\""},
    };
    static const struct conversion berlin[] = {
        {"cCDateTime", "", "2026-12-01 10:00:00", "\"2026-12-01 09:00:00\""},
        {"cCDateTime", "", "2026-07-01 01:00", "\"2026-06-30 23:00:00\""},
        {"cCDateTime", "", "2026-03-29 02:30:00",
         "!TIME_GAP does not exist in Europe/Berlin"},
        {"cCDateTime", "", "2026-10-25 02:30:00", "!TIME_AMBIGUOUS came twice"},
        {"cCDateTime", "", "2026-10-25T02:30:00+02:00", "\"2026-10-25 00:30:00\""},
        {"cCDateTime", ",\"timezone\":\"UTC\"", "2026-03-29 02:30:00",
         "\"2026-03-29 02:30:00\""},
        {"cCDate", "", "2026-03-29", "!DATE_INVALID"},
        {"cCDate", "", "29.03.2026", "\"2026-03-29\""}, /* a date has no zone */
    };

    (void)state;
    CHECK("", cases);
    CHECK("\"defaults\":{\"timezone\":\"Europe/Berlin\",\"dateFormat\":\"%d.%m.%Y\"},",
          berlin);
}

static void test_emails(void **state) {
    static const struct conversion cases[] = {
        {"emailAddress", "", "a@example.com", "\"a@example.com\""},
        {"emailAddress", "", "  Up.Case@Example.COM ", "\"Up.Case@Example.COM\""},
        {"emailAddress", "", "email@example.com", "\"email@example.com\""},
        {"emailAddress", "", "nobody", "!EMAIL_INVALID has no @"},
        {"emailAddress", "", "a@b", "!EMAIL_INVALID no dot behind the @"},
        {"emailAddress", "", "Ada <ada@example.com>", "!EMAIL_INVALID between < and >"},
        {"emailAddress", "", "a@x.com; b@y.com", "!EMAIL_INVALID not a single one"},
        {"emailAddress", "", "a@x.com,b@y.com", "!EMAIL_INVALID not a single one"},
        {"emailAddress", "", "a@x.com b@y.com", "!EMAIL_INVALID not a single one"},
        {"emailAddress", "", "a b@x.com", "!EMAIL_INVALID blank"},
        {"emailAddress", "", "j\xC3\xB6rg@example.com", "!EMAIL_INVALID not ASCII"},
        {"emailAddress", "", "a..b@example.com", "!EMAIL_INVALID two dots"},
    };

    (void)state;
    CHECK("", cases);
}

/* As PHP 8.2's FILTER_VALIDATE_EMAIL answers, one by one. */
static void test_email_rules(void **state) {
    static const struct {
        const char *text;
        bool valid;
    } cases[] = {
        {"a@example.com", true},
        {"a.b-c_d+e@sub.example.co.uk", true},
        {"!#$%&'*+-/=?^_`{|}~@x.com", true},
        {"\"a b\"@example.com", false},
        {"\"a\".b@x.com", true},
        {"\"a@b\"@example.com", true},
        {"1@2.com", true},
        {"a@1.com", true},
        {"a@xn--mller-kva.de", true},
        {"a@a-b.com", true},
        {"a@b.c", true},
        {"", false},
        {"@", false},
        {"a@", false},
        {"@x.com", false},
        {"a@b", false},
        {"x@localhost", false},
        {".a@x.com", false},
        {"a.@x.com", false},
        {"a..b@x.com", false},
        {"a@x..com", false},
        {"a@.x.com", false},
        {"a@x.com.", false},
        {"a@-x.com", false},
        {"a@x-.com", false},
        {"a@x.c_m", false},
        {"a@x.123", false},
        {"a@x.1a", false},
        {"a b@x.com", false},
        {"a@b@x.com", false},
        {"(c)a@x.com", false},
        {"a,b@x.com", false},
        {"a\\b@x.com", false},
        {"\"a@x.com", false},
        {"a\"b\"@x.com", false},
        {"j\xC3\xB6@x.com", false},
        {"a@m\xC3\xBC.de", false},
        {"a@x.com\n", false},
        {"a\t@x.com", false},
    };
    char local[100], total[400];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if ((email_problem(slice_of(cases[i].text)) == NULL) != cases[i].valid)
            fail_msg("'%s' should be %s", cases[i].text,
                     cases[i].valid ? "taken" : "refused");
    for (size_t n = 63; n <= 66; n++) {
        memset(local, 'a', n);
        memcpy(local + n, "@x.com", 7);
        assert_int_equal(email_problem(slice_of(local)) == NULL, n <= 64);
    }
    for (size_t n = 252; n <= 256; n++) {
        memset(total, 'a', n);
        total[1] = '@';
        for (size_t at = 60; at < n - 4; at += 60)
            total[at] = '.';
        memcpy(total + n - 4, ".com", 5);
        assert_int_equal(email_problem(slice_of(total)) == NULL, n <= 254);
    }
}

static void test_phones(void **state) {
    static const struct conversion cases[] = {
        {"phoneNumber", "", "+14155550101", "\"+14155550101\""},
        {"phoneNumber", "", "+1 (415) 555-0103", "\"+14155550103\""},
        {"phoneNumber", "", "'+49 30 1234567", "\"+49301234567\""},
        {"phoneNumber", "", "030 1234567", "!PHONE_INVALID set phoneCountry"},
        {"phoneNumber", "", "+11111-22222-33333", "!PHONE_INVALID too many digits"},
        {"phoneNumber", "", "1.2E+10", "!PHONE_SCIENTIFIC spreadsheet"},
        {"phoneNumber", "", "+14155550101; +14155550102", "!PHONE_INVALID not a single"},
        {"phoneNumber", "", "n/a", "!PHONE_INVALID is not a telephone number"},
    };
    static const struct conversion loose[] = {
        {"phoneNumber", "", "030 1234567", "\"030 1234567\""},
        {"phoneNumber", "", "'030-1234567", "\"030-1234567\""},
        {"phoneNumber", "",
         "030\xC2\xA0"
         "1234567",
         "\"030 1234567\""},
        {"phoneNumber", "", "030/1234567", "!PHONE_INVALID characters"},
        {"phoneNumber", "", "0123456789012345678901234567890123456",
         "!VALUE_TOO_LONG at most 36"},
    };

    (void)state;
    CHECK("", cases);
    check_all("settings-loose.json", "", loose, sizeof loose / sizeof *loose);
}

static void test_ids(void **state) {
    static const struct conversion cases[] = {
        {"assignedUserId", "", "1", "\"1\""},
        {"assignedUserId", "", "6b04e31b1ed64efec", "\"6b04e31b1ed64efec\""},
        {"assignedUserId", "", "f47ac10b-58cc-4372-a567-0e02b2c3d479",
         "\"f47ac10b-58cc-4372-a567-0e02b2c3d479\""},
        {"assignedUserId", "", "Jane Doe", "!ID_INVALID of User"},
        {"assignedUserId", "", "this-is-much-longer-than-any-id-of-espocrm",
         "!ID_INVALID"},
    };

    (void)state;
    CHECK("", cases);
}

static void test_empty(void **state) {
    static const struct conversion cases[] = {
        {"firstName", "", "", ""},
        {"firstName", ",\"empty\":\"keep\"", "", ""},
        {"firstName", ",\"empty\":\"null\"", "", "null"},
        {"firstName", ",\"empty\":\"null\"", " \t", "null"},
        {"firstName", ",\"empty\":\"error\"", "", "!VALUE_REQUIRED firstName"},
        {"firstName", ",\"required\":true", "", "!VALUE_REQUIRED firstName"},
        {"firstName", ",\"required\":true", "-", "!VALUE_REQUIRED"},
        {"firstName", ",\"empty\":\"null\"", " N/A ", "null"},
        {"firstName", "", "-", ""},
        {"firstName", ",\"missingValues\":[\"?\"]", "-", "\"-\""},
        {"firstName", ",\"missingValues\":[\"?\"]", "?", ""},
        {"firstName", ",\"missingValues\":[\"?\"]", "", ""},
        {"assignedUserId", ",\"empty\":\"null\"", "", "null"},
        {"cCDate", "", "-", ""},
    };

    (void)state;
    CHECK("\"source\":{\"missingValues\":[\"\",\"-\",\"N/A\"]},", cases);
}

/* Whatever stands in a cell, the run ends, and what it gives is JSON. */
static void test_hostile(void **state) {
    static const char *const fields[] = {
        "firstName",         "description", "cCInt",     "cCFloat",
        "opportunityAmount", "cCDecimal",   "doNotCall", "source",
        "cCMulti",           "cCArray",     "cCDate",    "cCDateTime",
        "emailAddress",      "phoneNumber", "website",   "assignedUserId",
        "teamsIds"};
    static const char *const pieces[] = {"\"",
                                         "\\",
                                         "[",
                                         "]",
                                         "{",
                                         "%",
                                         "%n%s",
                                         "\x01",
                                         "\x7f",
                                         "\n",
                                         "+",
                                         "-",
                                         ".",
                                         ",",
                                         "e",
                                         "E+",
                                         "@",
                                         "00",
                                         "999999999999999999999",
                                         "\xC3\xA4",
                                         "\xF0\x9F\x98\x80",
                                         "\xE2\x80\xAA",
                                         " ",
                                         "T",
                                         ":",
                                         "Z",
                                         "'",
                                         "(",
                                         "\"a\"",
                                         "\\u00",
                                         "x"};
    struct schema *schema = fixture_schema("lead", "Lead", NULL, NULL);
    unsigned seed = 7;

    (void)state;
    for (size_t f = 0; f < sizeof fields / sizeof *fields; f++) {
        char columns[256];
        struct mapping *mapping;
        struct program *program;
        struct arena arena = {.blocks = NULL};
        struct buf json = {.max = 1 << 20};
        (void)snprintf(columns, sizeof columns, "{\"name\":\"c\",\"field\":\"%s\"}%s",
                       fields[f], ",{\"name\":\"n\",\"field\":\"lastName\"}");
        mapping = fixture_mapping("Lead", "", columns);
        program = fixture_program(mapping, schema, "c|n", NULL, NULL);
        for (int round = 0; round < 3000; round++) {
            char cell[400] = "";
            size_t n = (seed = seed * 1103515245 + 12345) / 65536 % 8;
            struct record record;
            struct json_cursor cursor;
            struct json_member member;
            int rc;
            for (size_t k = 0; k < n; k++)
                strncat(cell,
                        pieces[(seed = seed * 1103515245 + 12345) / 65536 %
                               (sizeof pieces / sizeof *pieces)],
                        sizeof cell - strlen(cell) - 1);
            struct slice cells[2] = {slice_of(cell), slice_of("Z")};
            arena_reset(&arena);
            buf_reset(&json);
            assert_int_equal(program_run(program, cells, 2, &arena, &record), RC_OK);
            for (size_t e = 0; e < record.error_count; e++) {
                assert_true(record.errors[e].reason != REASON_NONE);
                assert_true(record.errors[e].message[0] != '\0');
            }
            assert_int_equal(json_append_record(&json, record.attributes, record.count),
                             0);
            assert_int_equal(json_cursor_object(&cursor, buf_slice(&json)), 0);
            while ((rc = json_cursor_next(&cursor, &member)) == 1)
                assert_false(slice_is(member.raw, "\"\"")); /* never on the wire */
            assert_int_equal(rc, 0);
        }
        buf_fini(&json);
        arena_fini(&arena);
        program_free(program);
        mapping_free(mapping);
    }
    schema_free(schema);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_number_formats),
        cmocka_unit_test(test_bools),
        cmocka_unit_test(test_enums),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_emails),
        cmocka_unit_test(test_email_rules),
        cmocka_unit_test(test_phones),
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_hostile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
