/* convert_time.c - dates, and dates with times, which EspoCRM keeps in UTC. */
#include "model/convert.h"

#include "model/datetime.h"
#include "model/zone.h"

static int take(struct value *out, struct arena *arena, const char *text) {
    const char *kept = arena_copy(arena, text, strlen(text));

    if (kept == NULL)
        return RC_NOMEM;
    *out = (struct value){.kind = VALUE_STRING, .text = slice_of(kept)};
    return 1;
}

static int no_format(const struct converter *c, struct slice cell,
                     enum datetime_result result, struct arena *arena,
                     struct refusal *refusal) {
    bool date = c->def->type == ATTRIBUTE_DATE;
    enum reason reason = date ? REASON_DATE_INVALID : REASON_DATETIME_INVALID;
    char day[DATE_SIZE];
    struct civil civil;

    if (result == DATETIME_NO_SUCH_DAY)
        return convert_refuse(refusal, arena, reason, cell, "there is no %s %s",
                              date ? "day" : "day or time", convert_show(cell, arena));
    if (datetime_is_serial(cell, &civil)) {
        datetime_format_date(&civil, day);
        return convert_refuse(refusal, arena, reason, cell,
                              "%s looks like the number in which a spreadsheet keeps the "
                              "day %s: give the column a date format there, and export "
                              "it again",
                              convert_show(cell, arena), day);
    }
    return convert_refuse(refusal, arena, reason, cell, "%s is not a %s of the form %s%s",
                          convert_show(cell, arena), date ? "date" : "date with a time",
                          c->formats[0],
                          c->format_count > 1 ? " (nor of the others)" : "");
}

static int to_utc(const struct converter *c, struct slice cell, const struct civil *civil,
                  struct arena *arena, struct refusal *refusal, int64_t *utc) {
    int64_t local = datetime_seconds(civil);

    *utc = local - civil->offset;
    if (civil->has_offset || c->zone == NULL)
        return 1;
    switch (zone_to_utc(c->zone, local, utc)) {
    case ZONE_OK: return 1;
    case ZONE_GAP:
        return convert_refuse(refusal, arena, REASON_TIME_GAP, cell,
                              "%s does not exist in %s, whose clocks were put forward "
                              "over it",
                              convert_show(cell, arena), c->zone_name);
    case ZONE_AMBIGUOUS: break;
    }
    return convert_refuse(refusal, arena, REASON_TIME_AMBIGUOUS, cell,
                          "%s came twice in %s, whose clocks were put back",
                          convert_show(cell, arena), c->zone_name);
}

int convert_time(const struct converter *c, struct slice cell, struct arena *arena,
                 struct value *out, struct refusal *refusal) {
    enum datetime_result result = DATETIME_NO_MATCH;
    struct civil civil = {.year = 0};
    char text[DATETIME_SIZE];
    int64_t utc;
    int rc;

    cell = slice_trim(cell);
    for (size_t i = 0; i < c->format_count && result != DATETIME_OK; i++) {
        enum datetime_result tried = datetime_read(c->formats[i], cell, &civil);
        if (tried != DATETIME_NO_MATCH)
            result = tried;
    }
    if (result != DATETIME_OK)
        return no_format(c, cell, result, arena, refusal);
    if (c->def->type == ATTRIBUTE_DATE) {
        datetime_format_date(&civil, text);
        return take(out, arena, text);
    }
    rc = to_utc(c, cell, &civil, arena, refusal, &utc);
    if (rc != 1)
        return rc;
    civil = datetime_civil(utc);
    if (civil.year < 1000 || civil.year > 9999)
        return no_format(c, cell, DATETIME_NO_SUCH_DAY, arena, refusal);
    datetime_format(&civil, text);
    return take(out, arena, text);
}
