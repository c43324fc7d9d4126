/* guess_cells.c - what a mapping must say of how the cells of a column are written. */
#include "model/guess_internal.h"

#include "model/datetime.h"
#include "model/profile_internal.h"

#include <stdio.h>

enum { OWN_IDS_PERCENT = 90, COMMA_PERCENT = 50 };

/* Does some column of the file show that months come first? */
static bool months_first(const struct guesses *g) {
    for (size_t i = 0; i < g->in.column_count; i++) {
        const struct column_profile *profile = g->in.columns[i].profile;
        for (size_t k = 0;
             profile != NULL && profile->dates != NULL && k < profile->dates->count; k++)
            if (profile_layout_order(&profile->dates->layouts[k]) == DATE_MONTH_FIRST)
                return true;
    }
    return strcmp(g->phone_country, "US") == 0;
}

static const char *layout_format(struct guesses *g, struct guess_mind *mind,
                                 const struct date_layout *layout) {
    bool month;

    switch (profile_layout_order(layout)) {
    case DATE_MONTH_FIRST: return layout->other;
    case DATE_OPEN: break;
    case DATE_FIXED:
    case DATE_DAY_FIRST: return layout->format;
    }
    month = months_first(g);
    guess_remark(g, mind,
                 guess_print(g,
                             "no cell shows which number is the day: %s is a guess, it "
                             "may be %s",
                             month ? layout->other : layout->format,
                             month ? layout->format : layout->other));
    return month ? layout->other : layout->format;
}

/* Formats that a mapping need not name. */
static bool is_usual(const char *format, bool date) {
    static const char *const usual[] = {"%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"};

    if (date)
        return strcmp(format, "%Y-%m-%d") == 0;
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (strcmp(format, usual[i]) == 0)
            return true;
    return strstr(format, "%Y-%m-%dT%H:%M") == format;
}

static void write_dates(struct guesses *g, struct guess_mind *mind, bool date) {
    const struct date_profile *dates =
        mind->in->profile == NULL ? NULL : mind->in->profile->dates;
    enum datetime_parts parts = date ? DATETIME_DATE : DATETIME_BOTH;
    json_t *formats = json_array();
    bool usual = true;

    for (size_t i = 0; dates != NULL && i < dates->count; i++) {
        const char *format = layout_format(g, mind, &dates->layouts[i]);
        if (datetime_pattern_problem(format, parts) != NULL) {
            guess_remark(g, mind,
                         date ? "some cells have a time, for which the field has no place"
                              : "some cells have no time, which the field needs");
            continue;
        }
        usual = usual && is_usual(format, date);
        tree_append(formats, json_string(format), &g->failed);
    }
    if (dates != NULL && dates->beyond.count > 0)
        guess_remark(g, mind, "has more date formats than are listed");
    if (usual || json_array_size(formats) == 0)
        json_decref(formats);
    else if (json_array_size(formats) == 1) {
        tree_set(mind->entry, "format", json_incref(json_array_get(formats, 0)),
                 &g->failed);
        json_decref(formats);
    } else
        tree_set(mind->entry, "format", formats, &g->failed);
}

static bool is_number(const struct schema_attribute *def) {
    return def->type == ATTRIBUTE_INT || def->type == ATTRIBUTE_FLOAT ||
           def->type == ATTRIBUTE_DECIMAL || def->type == ATTRIBUTE_CURRENCY;
}

/* Most columns' marks become the mapping's; the others keep their own. */
void guess_settle_numbers(struct guesses *g) {
    for (size_t i = 0; i < g->in.column_count; i++) {
        const struct guess_mind *mind = &g->minds[i];
        const struct profile_summary *s = &mind->in->summary;
        if (mind->taken == NULL || mind->taken->def == NULL ||
            !is_number(mind->taken->def) || mind->in->profile == NULL ||
            s->decimal[0] == '\0' || g->decimal[0] != '\0')
            continue;
        memcpy(g->decimal, s->decimal, sizeof g->decimal);
        memcpy(g->group, s->group, sizeof g->group);
    }
}

static void write_currency(struct guesses *g, struct guess_mind *mind,
                           const struct schema_attribute *def) {
    const struct profile_summary *s = &mind->in->summary;
    const struct schema_attribute *currency = schema_currency(g->in.schema, def);
    bool known = false;

    if (!guess_is_writable(currency) || guess_holder(g, currency->name) != NULL ||
        guess_is_constant(g, currency->name))
        return;
    if (s->currency[0] == '\0')
        guess_remark(g, mind,
                     guess_print(g,
                                 "no column names a currency, so it becomes %s, the "
                                 "server's default",
                                 schema_server(g->in.schema)->default_currency));
    if (s->currency[0] == '\0')
        return;
    for (size_t i = 0; i < currency->option_count; i++)
        known = known || strcmp(currency->options[i], s->currency) == 0;
    if (!known) {
        guess_give_up(g, mind,
                      guess_print(g,
                                  "would be %s, but its amounts are in %s, which is not "
                                  "a currency of the server",
                                  def->name, s->currency));
        return;
    }
    mind->currency_field = currency->name;
    mind->currency = s->currency;
    if (mind->in->profile->signs.count > 0)
        guess_remark(g, mind,
                     "a sign stands beside some amounts, which is not read: "
                     "write the code, or nothing");
}

static void write_number(struct guesses *g, struct guess_mind *mind,
                         const struct schema_attribute *def) {
    const struct profile_summary *s = &mind->in->summary;

    if (mind->in->profile == NULL)
        return;
    if (s->decimal[0] != '\0' && strcmp(s->decimal, g->decimal) != 0)
        tree_set(mind->entry, "decimalChar", json_string(s->decimal), &g->failed);
    if (s->decimal[0] != '\0' && strcmp(s->group, g->group) != 0)
        tree_set(mind->entry, "groupChar", json_string(s->group), &g->failed);
    if (def->type == ATTRIBUTE_CURRENCY || def->type == ATTRIBUTE_DECIMAL)
        write_currency(g, mind, def);
}

struct text_question {
    const char *text;
};

static bool has_text(void *context, struct slice value) {
    const struct text_question *q = context;

    return memmem(value.data, value.len, q->text, strlen(q->text)) != NULL;
}

/* What parts the values of a list in one cell. */
static const char *list_delimiter(const struct guess_mind *mind) {
    struct text_question marks[] = {{":::"}, {";"}, {"|"}};

    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (guess_share(mind, has_text, &marks[i]) > 0)
            return marks[i].text;
    return ",";
}

static void write_list(struct guesses *g, struct guess_mind *mind) {
    const char *delimiter = list_delimiter(mind);

    if (strcmp(delimiter, ",") != 0)
        tree_set(mind->entry, "delimiter", json_string(delimiter), &g->failed);
}

static void write_link(struct guesses *g, struct guess_mind *mind,
                       const struct schema_attribute *def) {
    bool ids = guess_has_own_ids(mind);

    if (def->type == ATTRIBUTE_IDS)
        write_list(g, mind);
    if (guess_filled(mind) == 0 ? !mind->taken->by_name : ids)
        return;
    if (def->foreign != NULL)
        mind->target = def->foreign;
}

/* Google joins several with " ::: "; only a list of addresses takes more than one. */
static void write_address(struct guesses *g, struct guess_mind *mind, const char *list) {
    struct text_question mark = {":::"};
    const char *mails = guess_mail_delimiter(mind);
    bool google =
        mind->key.len > 5 && memcmp(mind->key.data + mind->key.len - 5, "value", 5) == 0;

    if (guess_holder(g, list) != NULL &&
        (google || guess_share(mind, has_text, &mark) > 0))
        tree_set(mind->entry, "delimiter", json_string(mark.text), &g->failed);
    else if (mails != NULL)
        tree_set(mind->entry, "delimiter", json_string(mails), &g->failed);
}

static void remark_length(struct guesses *g, struct guess_mind *mind,
                          const struct schema_attribute *def) {
    if (mind->in->profile == NULL || def->max_length == 0 ||
        mind->in->summary.longest <= def->max_length)
        return;
    guess_remark(g, mind,
                 guess_print(g,
                             "its longest cell has %zu characters, and the field "
                             "takes %zu: such rows fail",
                             mind->in->summary.longest, def->max_length));
}

void guess_write_cells(struct guesses *g, struct guess_mind *mind,
                       const struct schema_attribute *def) {
    if (mind->entry == NULL)
        return;
    switch (def->type) {
    case ATTRIBUTE_DATE:
    case ATTRIBUTE_DATETIME: write_dates(g, mind, def->type == ATTRIBUTE_DATE); break;
    case ATTRIBUTE_INT:
    case ATTRIBUTE_FLOAT:
    case ATTRIBUTE_DECIMAL:
    case ATTRIBUTE_CURRENCY: write_number(g, mind, def); break;
    case ATTRIBUTE_BOOL: guess_write_bools(g, mind); break;
    case ATTRIBUTE_ENUM:
        if (strstr(def->name, "Currency") == NULL)
            guess_write_options(g, mind, def);
        break;
    case ATTRIBUTE_LIST: write_list(g, mind); break;
    case ATTRIBUTE_ID:
    case ATTRIBUTE_IDS: write_link(g, mind, def); break;
    case ATTRIBUTE_EMAIL: write_address(g, mind, "emailAddressData"); break;
    case ATTRIBUTE_PHONE: write_address(g, mind, "phoneNumberData"); break;
    case ATTRIBUTE_VARCHAR:
    case ATTRIBUTE_TEXT:
    case ATTRIBUTE_URL: remark_length(g, mind, def); break;
    case ATTRIBUTE_ENTITY:
    case ATTRIBUTE_ADDRESSES:
    case ATTRIBUTE_JSON:
    case ATTRIBUTE_OTHER: break;
    }
}

void guess_write_split(struct guesses *g, struct guess_mind *mind) {
    struct text_question comma = {","};
    bool last_first = guess_share(mind, has_text, &comma) > COMMA_PERCENT;
    json_t *split = json_object();

    if (!last_first &&
        guess_is_word("nachnamevorname|namevorname|nomprenom|nometprenom", mind->key)) {
        tree_set(split, "pattern", json_string("last first"), &g->failed);
        last_first = true;
    } else
        tree_set(split, "pattern", json_string(last_first ? "last, first" : "first last"),
                 &g->failed);
    tree_set(mind->entry, "split", split, &g->failed);
    tree_set(mind->entry, "fields",
             last_first ? json_pack("[ss]", "lastName", "firstName")
                        : json_pack("[ss]", "firstName", "lastName"),
             &g->failed);
    guess_remark(g, mind,
                 last_first ? "taken apart as last name, then first name"
                            : "taken apart at the last blank: the last word becomes the "
                              "last name");
}
