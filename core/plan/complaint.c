/* complaint.c - reads error bodies with the bounded cursor of model/json.h.
 *
 * Promises to cope with any body: what it does not understand it leaves empty. Does not
 * decide anything (verdict.c).
 */
#include "plan/complaint.h"

#include "model/json.h"

/* Longer texts than this are not unescaped, the caps of struct complaint being lower. */
enum { TEXT_MAX = 4096 };

struct words {
    const char *type;  /* as the server's field validators are called */
    const char *words; /* end of a sentence that begins with the field */
};

static const struct words validation_words[] = {
    {"required", "is required"},
    {"valid", "has a value that EspoCRM does not accept"},
    {"maxLength", "is too long"},
    {"max", "is above the maximum"},
    {"min", "is below the minimum"},
    {"maxCount", "has too many items"},
    {"pattern", "holds characters or a form that the field does not allow"},
    {"noBadCharacters", "holds characters that the field does not allow"},
    {"array", "has to be a list"},
    {"arrayOfString", "has to be a list of texts"},
    {"emailAddress", "is not a valid e-mail address"},
    {"phoneNumber", "is not a valid phone number"},
    {"validCurrency", "names a currency that EspoCRM does not have"},
    {"inPermittedRange", "lies outside the permitted range"},
    {"rangeLength", "has a length that the field does not allow"},
    {"before", "has to be earlier than another date of the record"},
    {"after", "has to be later than another date of the record"},
};

const char *complaint_words(const char *type) {
    for (size_t i = 0; i < sizeof validation_words / sizeof validation_words[0]; i++)
        if (strcmp(validation_words[i].type, type) == 0)
            return validation_words[i].words;
    return "is refused by EspoCRM";
}

static enum complaint_body body_kind(struct slice body) {
    body = slice_trim(body);
    if (body.len == 0)
        return COMPLAINT_EMPTY;
    switch (body.data[0]) {
    case '{': return COMPLAINT_OBJECT;
    case '[': return COMPLAINT_ARRAY;
    case '<': return COMPLAINT_PAGE;
    default: return COMPLAINT_OTHER;
    }
}

/* A string member as clean text; anything else leaves out as it is. */
static void copy_string(char *out, size_t size, const struct json_member *member) {
    struct buf text = {.max = TEXT_MAX};

    if (member->type == JSON_IS_STRING && member->raw.len <= TEXT_MAX &&
        json_unescape(&text, member->raw) == RC_OK)
        exchange_clean_text(out, size, buf_slice(&text));
    buf_fini(&text);
}

static void read_data(struct slice raw, struct complaint *out) {
    struct json_cursor cursor;
    struct json_member member;

    if (json_cursor_object(&cursor, raw) < 0)
        return;
    while (json_cursor_next(&cursor, &member) == 1) {
        if (slice_is(member.name, "field"))
            copy_string(out->field, sizeof out->field, &member);
        else if (slice_is(member.name, "type"))
            copy_string(out->type, sizeof out->type, &member);
        else if (slice_is(member.name, "link") && out->field[0] == '\0')
            copy_string(out->field, sizeof out->field, &member);
    }
}

static void read_translation(struct slice raw, struct complaint *out) {
    struct json_cursor cursor;
    struct json_member member;

    if (json_cursor_object(&cursor, raw) < 0)
        return;
    while (json_cursor_next(&cursor, &member) == 1) {
        if (slice_is(member.name, "label"))
            copy_string(out->label, sizeof out->label, &member);
        else if (slice_is(member.name, "data"))
            read_data(member.raw, out);
    }
}

static bool speaks_of_maintenance(const char *text) {
    return strcasestr(text, "maintenance") != NULL;
}

static void read_body(struct slice body, struct complaint *out) {
    char message[sizeof out->text] = "";
    struct json_cursor cursor;
    struct json_member member;

    if (json_cursor_object(&cursor, body) < 0)
        return;
    while (json_cursor_next(&cursor, &member) == 1) {
        if (slice_is(member.name, "messageTranslation")) {
            read_translation(member.raw, out);
        } else if (slice_is(member.name, "message")) {
            copy_string(message, sizeof message, &member);
            out->maintenance = out->maintenance || speaks_of_maintenance(message);
            if (out->text[0] == '\0')
                memcpy(out->text, message, sizeof message);
        } else if (slice_is(member.name, "versionNumber")) {
            out->has_version = true;
        }
    }
}

/* "..., field: phoneNumber, type: valid." : the word after name, up to ',' or the final
 * '.' (link and field names have neither). */
static void read_named(const char *text, const char *name, char *out, size_t size) {
    const char *at = strstr(text, name);

    if (at == NULL || out[0] != '\0')
        return;
    at += strlen(name);
    exchange_clean_text(out, size, slice_make(at, strcspn(at, ",. ")));
}

/* What the body did not tell, from the words of the header (or of body.message). */
static void read_text(struct complaint *out) {
    static const char validation[] = "Field validation failure";
    static const char relate[] = "Can't relate";
    const char *label = NULL;

    if (strncmp(out->text, validation, sizeof validation - 1) == 0) {
        label = "validationFailure";
        read_named(out->text, " field: ", out->field, sizeof out->field);
        read_named(out->text, " type: ", out->type, sizeof out->type);
    } else if (strncmp(out->text, relate, sizeof relate - 1) == 0) {
        label = "cannotRelateNonExisting";
        read_named(out->text, " link: ", out->field, sizeof out->field);
    }
    if (label != NULL && out->label[0] == '\0')
        memcpy(out->label, label, strlen(label) + 1);
}

void complaint_read(const struct answer *answer, struct complaint *out) {
    memset(out, 0, sizeof *out);
    out->body = body_kind(answer->body);
    exchange_clean_text(out->text, sizeof out->text, slice_of(answer->reason));
    out->maintenance = speaks_of_maintenance(out->text);
    if (out->body == COMPLAINT_OBJECT)
        read_body(slice_trim(answer->body), out);
    read_text(out);
}
