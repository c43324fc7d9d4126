/* config.c - reads the config file and applies one profile of it.
 *
 * Promises that a misspelt key never goes unnoticed and that no secret is read from here.
 * Does not write the file, and does not convert values: option.c does.
 */
#include "cmd/config.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/utf8.h"
#include "model/json.h"

enum { CONFIG_MAX = 1 << 20, POINTER_MAX = 1024, VALUE_MAX = 64 << 10, PATH_CAP = 8192 };

struct config {
    char *path;      /* of the file */
    char *home;      /* for "~/"; NULL = unknown */
    json_t *root;    /* of the document, an object */
    struct buf text; /* the document; cleared at the end, whatever somebody put there */
    bool exposed;    /* others than the owner may read it */
};

/* Where in the document the walk stands, for messages. */
struct place {
    const struct config *config; /* borrowed */
    const char *profile;         /* borrowed; NULL = top level */
    const char *key;             /* borrowed; NULL = the profile itself */
};

int config_path(char *const *environment, struct buf *path) {
    const char *base = option_environment(environment, "XDG_CONFIG_HOME");
    const char *home = option_environment(environment, "HOME");

    if (base != NULL && base[0] == '/') /* the standard: a relative one is ignored */
        (void)buf_append_format(path, "%s/espoload/config.json", base);
    else if (home != NULL && home[0] == '/')
        (void)buf_append_format(path, "%s/.config/espoload/config.json", home);
    return path->failed;
}

/* Without the byte order mark of some editors. */
static struct slice config_document(const struct config *config) {
    struct slice text = buf_slice(&config->text);

    if (text.len >= 3 && memcmp(text.data, "\xEF\xBB\xBF", 3) == 0)
        text = slice_make(text.data + 3, text.len - 3);
    return text;
}

static void append_pointer_part(struct buf *buf, const char *part) {
    struct buf escaped = {.max = POINTER_MAX};

    for (; *part != '\0'; part++) {
        if (*part == '~')
            (void)buf_append_text(&escaped, "~0");
        else if (*part == '/')
            (void)buf_append_text(&escaped, "~1");
        else
            (void)buf_append_char(&escaped, *part);
    }
    (void)buf_append_char(buf, '/');
    (void)utf8_append_printable(buf, buf_slice(&escaped), 100);
    buf_fini(&escaped);
}

/* The member of an object's text, by its name; false: there is none. */
static bool enter(struct slice *text, const char *name) {
    struct json_member member;

    if (!json_find(*text, name, &member))
        return false;
    *text = member.raw;
    return true;
}

/* The line of what a place names, or of as much of it as is there. */
static size_t line_of(const struct place *place) {
    struct slice whole = config_document(place->config), at = whole;
    size_t line = 1;

    if (place->profile == NULL ||
        (enter(&at, "profiles") && enter(&at, place->profile))) {
        if (place->key != NULL)
            (void)enter(&at, place->key);
    }
    for (const char *c = whole.data; c < at.data; c++)
        line += *c == '\n';
    return line;
}

/* "/path/config.json:4: /profiles/live/jobs" */
static const char *place_text(const struct place *place, struct buf *buf) {
    buf->max = POINTER_MAX + PATH_CAP;
    buf_reset(buf);
    (void)buf_append_format(buf, "%s:%zu: ", place->config->path, line_of(place));
    if (place->profile != NULL) {
        (void)buf_append_text(buf, "/profiles");
        append_pointer_part(buf, place->profile);
    }
    if (place->key != NULL)
        append_pointer_part(buf, place->key);
    return buf_text(buf);
}

static int fail_at(const struct place *place, struct err *err, const char *message) {
    struct buf where = {0};

    (void)err_set(err, RC_USAGE, "%s: %s", place_text(place, &where), message);
    buf_fini(&where);
    return RC_USAGE;
}

static int read_file(const char *path, struct buf *text, bool *exposed, bool *missing,
                     struct err *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat facts;
    int rc = RC_OK;

    *missing = fd < 0 && (errno == ENOENT || errno == ENOTDIR);
    if (*missing)
        return RC_OK;
    if (fd < 0 || fstat(fd, &facts) != 0) {
        rc = err_errno(err, "read the config file", path);
        goto out;
    }
    if (!S_ISREG(facts.st_mode)) {
        rc = err_set(err, RC_USAGE, "the config file %s is not a regular file", path);
        goto out;
    }
    *exposed = (facts.st_mode & 077) != 0;
    for (;;) {
        char *at = buf_reserve(text, 8192);
        ssize_t n;
        if (at == NULL) {
            rc = text->failed == RC_NOMEM
                     ? err_nomem(err)
                     : err_set(err, RC_USAGE, "the config file %s is larger than 1 MiB",
                               path);
            goto out;
        }
        n = read(fd, at, 8192);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            rc = err_errno(err, "read the config file", path);
        if (n <= 0)
            goto out;
        buf_commit(text, (size_t)n);
    }
out:
    if (fd >= 0)
        (void)close(fd);
    return rc;
}

static int parse_document(struct config *config, struct err *err) {
    struct slice text = config_document(config);
    struct place top = {.config = config};
    json_error_t fault;
    json_t *member;
    const char *key;

    config->root = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, &fault);
    if (config->root == NULL)
        return err_set(err, RC_USAGE, "the config file %s is not valid JSON: line %d: %s",
                       config->path, fault.line, fault.text);
    if (!json_is_object(config->root))
        return err_set(err, RC_USAGE, "the config file %s holds no JSON object",
                       config->path);
    json_object_foreach(config->root, key, member) {
        top.key = key;
        if (strcmp(key, "default") == 0) {
            if (!json_is_string(member))
                return fail_at(&top, err, "must be the name of a profile");
        } else if (strcmp(key, "profiles") == 0) {
            if (!json_is_object(member))
                return fail_at(&top, err, "must be an object of profiles");
        } else {
            (void)fail_at(&top, err, "unknown key");
            err_advise(err, "the keys there are \"profiles\" and \"default\"%s",
                       json_is_object(member) ? "; profiles stand inside \"profiles\""
                                              : "; options stand inside a profile");
            return RC_USAGE;
        }
    }
    return RC_OK;
}

int config_open(struct config **out, const char *path, const char *home,
                struct err *err) {
    struct config *config = calloc(1, sizeof *config);
    bool missing = false;
    int rc;

    *out = NULL;
    if (config == NULL)
        return err_nomem(err);
    config->text.max = CONFIG_MAX + 8192;
    config->path = strdup(path);
    if (home != NULL)
        config->home = strdup(home);
    if (config->path == NULL || (home != NULL && config->home == NULL)) {
        rc = err_nomem(err);
        goto out;
    }
    rc = read_file(path, &config->text, &config->exposed, &missing, err);
    if (rc == RC_OK && !missing)
        rc = parse_document(config, err);
    if (rc == RC_OK && !missing) {
        *out = config;
        config = NULL;
    }
out:
    config_free(config);
    return rc;
}

void config_free(struct config *config) {
    if (config == NULL)
        return;
    json_decref(config->root);
    if (config->text.data != NULL)
        explicit_bzero(config->text.data, config->text.cap);
    buf_fini(&config->text);
    free(config->path);
    free(config->home);
    free(config);
}

/* The def of a profile key in one table, or NULL; remembers the nearest on the way. */
static const struct option_def *def_of_key(const struct option_def *defs, const char *key,
                                           size_t *best,
                                           char nearest[OPTION_DERIVED_MAX]) {
    for (; defs->name != NULL; defs++) {
        char known[OPTION_DERIVED_MAX];
        size_t distance;
        if (defs->not_in_profile || defs->arguments_only)
            continue;
        option_profile_key(defs, known);
        if (strcmp(known, key) == 0 || strcmp(defs->name, key) == 0)
            return defs;
        if (defs->type == OPTION_SECRET)
            continue;
        distance = utf8_distance(slice_of(key), slice_of(known), *best);
        if (distance < *best) {
            *best = distance;
            memcpy(nearest, known, OPTION_DERIVED_MAX);
        }
    }
    return NULL;
}

static int unknown_key(const struct place *place, const char *nearest, struct err *err) {
    struct buf where = {0};

    if (nearest[0] != '\0')
        (void)err_set(err, RC_USAGE, "%s: unknown key; did you mean \"%s\"?",
                      place_text(place, &where), nearest);
    else
        (void)err_set(err, RC_USAGE, "%s: unknown key", place_text(place, &where));
    err_advise(err, "keys are the long options in camelCase: --api-key-file is "
                    "\"apiKeyFile\"");
    buf_fini(&where);
    return RC_USAGE;
}

static int refuse_secret(const struct place *place, const struct option_def *def,
                         struct err *err) {
    struct option_def instead = {.name = def->instead};
    char key[OPTION_DERIVED_MAX];

    option_profile_key(&instead, key);
    (void)fail_at(place, err, "a secret must not stand in the config file");
    err_advise(err, "put it into a file that only you can read and name that as \"%s\"%s",
               key,
               place->config->exposed
                   ? "; others could read this file, so have a new secret made"
                   : "");
    return RC_USAGE;
}

/* Does an URL hold user:password@? */
static bool holds_password(const json_t *value) {
    const char *text = json_string_value(value);
    const char *host = text == NULL ? NULL : strstr(text, "://");
    const char *at;

    if (host == NULL)
        return false;
    host += 3;
    at = memchr(host, '@', strcspn(host, "/?#"));
    return at != NULL && memchr(host, ':', (size_t)(at - host)) != NULL;
}

/* Name, form and secrecy of every key of one profile. */
static int check_profile(const struct config *config, const char *name, json_t *profile,
                         const struct option_parser *parser,
                         const struct option_def *const *known, struct err *err) {
    struct place place = {.config = config, .profile = name};
    json_t *value;
    const char *key;

    if (!json_is_object(profile))
        return fail_at(&place, err, "must be an object of options");
    json_object_foreach(profile, key, value) {
        char nearest[OPTION_DERIVED_MAX] = "";
        const struct option_def *def = NULL;
        size_t best = strlen(key) < 6 ? 3 : strlen(key) / 3 + 1;

        place.key = key;
        for (size_t t = 0; def == NULL && t < parser->table_count; t++)
            def = def_of_key(parser->tables[t].defs, key, &best, nearest);
        for (size_t t = 0; def == NULL && known != NULL && known[t] != NULL; t++)
            def = def_of_key(known[t], key, &best, nearest);
        if (def != NULL && def->type == OPTION_SECRET)
            return refuse_secret(&place, def, err);
        if (def != NULL && strchr(key, '-') != NULL) { /* the long name as it is typed */
            option_profile_key(def, nearest);
            def = NULL;
        }
        if (def == NULL)
            return unknown_key(&place, nearest, err);
        if (config->exposed && holds_password(value)) {
            (void)fail_at(&place, err,
                          "holds a password, and others than you can read this file");
            err_advise(err, "chmod 600 %s", config->path);
            return RC_USAGE;
        }
    }
    return RC_OK;
}

/* The text of one value as it would be typed; NULL with err filled. */
static const char *value_text(const struct place *place, const struct option_def *def,
                              const json_t *value, struct arena *memory,
                              struct err *err) {
    bool number = def->type == OPTION_INT || def->type == OPTION_DECIMAL ||
                  def->type == OPTION_DURATION || def->type == OPTION_SIZE ||
                  def->type == OPTION_COUNT;
    const char *text = NULL, *wanted;
    char digits[64];

    if (json_is_boolean(value) && def->type == OPTION_FLAG) {
        text = json_is_true(value) ? "true" : "false";
    } else if (json_is_number(value) && number) {
        size_t n = json_dumpb(value, digits, sizeof digits - 1,
                              JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
        digits[n < sizeof digits ? n : 0] = '\0';
        text = digits;
    } else if (json_is_string(value) && def->type != OPTION_FLAG &&
               def->type != OPTION_COUNT) {
        text = json_string_value(value);
    }
    if (text == NULL) {
        wanted = def->type == OPTION_FLAG ? "must be true or false"
                 : number                 ? "must be a number"
                                          : "must be a text in quotes";
        (void)fail_at(place, err, wanted);
        return NULL;
    }
    if (def->type == OPTION_PATH && strncmp(text, "~/", 2) == 0 &&
        place->config->home != NULL) {
        text = arena_format(memory, "%s/%s", place->config->home, text + 2);
    } else if (def->type == OPTION_PATH && *text != '/' && *text != '\0') {
        const char *slash = strrchr(place->config->path, '/');
        int folder = slash == NULL ? 0 : (int)(slash - place->config->path) + 1;
        text = arena_format(memory, "%.*s%s", folder, place->config->path, text);
    } else {
        text = arena_copy(memory, text, strlen(text));
    }
    if (text == NULL)
        (void)err_nomem(err);
    return text;
}

static int apply_key(const struct place *place, struct option_parser *parser,
                     struct option_place option, json_t *value, struct err *err) {
    const struct option_def *def = option_at(parser, option);
    bool list = def->type == OPTION_LIST && json_is_array(value);
    size_t count = list ? json_array_size(value) : 1;
    struct buf where = {0};
    int rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < count; i++) {
        const char *text = value_text(place, def, list ? json_array_get(value, i) : value,
                                      &parser->memory, err);
        if (text == NULL) {
            rc = err != NULL && err->rc != RC_OK ? err->rc : RC_USAGE;
            break;
        }
        rc = option_apply(parser, option, text, OPTION_FROM_PROFILE,
                          place_text(place, &where), err);
    }
    buf_fini(&where);
    return rc;
}

static int apply_profile(const struct config *config, const char *name, json_t *profile,
                         struct option_parser *parser, struct err *err) {
    struct place place = {.config = config, .profile = name};
    struct option_place option;

    for (option.table = 0; option.table < parser->table_count; option.table++)
        for (option.index = 0; option.index < parser->tables[option.table].count;
             option.index++) {
            char key[OPTION_DERIVED_MAX];
            json_t *value;
            int rc;
            option_profile_key(option_at(parser, option), key);
            value = json_object_get(profile, key);
            if (value == NULL)
                continue;
            place.key = key;
            rc = apply_key(&place, parser, option, value, err);
            if (rc < 0)
                return rc;
        }
    return RC_OK;
}

/* The profile that was asked for is not there: say which ones are. */
static int missing_profile(const struct config *config, const char *name,
                           json_t *profiles, struct err *err) {
    struct buf shown = {.max = 400}, names = {.max = 400};
    json_t *value;
    const char *key;

    (void)utf8_append_printable(&shown, slice_of(name), 60);
    (void)err_set(err, RC_USAGE, "%s: there is no profile \"%s\"", config->path,
                  buf_text(&shown));
    json_object_foreach(profiles, key, value) {
        (void)buf_append_text(&names, names.len > 0 ? ", " : "");
        (void)utf8_append_printable(&names, slice_of(key), 60);
    }
    if (names.len > 0)
        err_advise(err, "there are: %s", buf_text(&names));
    buf_fini(&shown);
    buf_fini(&names);
    return RC_USAGE;
}

int config_apply(const struct config *config, const char *profile,
                 struct option_parser *parser, const struct option_def *const *known,
                 struct err *err) {
    json_t *profiles, *value;
    const char *name;
    int rc;

    if (config == NULL && profile == NULL)
        return RC_OK;
    if (config == NULL) {
        (void)err_set(err, RC_USAGE, "there is no config file that could hold profile %s",
                      profile);
        err_advise(err, "it would be $XDG_CONFIG_HOME/espoload/config.json, or "
                        "~/.config/espoload/config.json");
        return RC_USAGE;
    }
    profiles = json_object_get(config->root, "profiles");
    json_object_foreach(profiles, name, value) {
        rc = check_profile(config, name, value, parser, known, err);
        if (rc < 0)
            return rc;
    }
    name = profile != NULL ? profile
                           : json_string_value(json_object_get(config->root, "default"));
    if (name == NULL)
        return RC_OK;
    value = json_object_get(profiles, name);
    if (value == NULL)
        return missing_profile(config, name, profiles, err);
    return apply_profile(config, name, value, parser, err);
}

const char *config_default(const struct config *config) {
    return config == NULL ? NULL
                          : json_string_value(json_object_get(config->root, "default"));
}

int config_profiles(const struct config *config,
                    int (*visit)(void *data, const struct config_profile *profile),
                    void *data) {
    const char *standard = config_default(config);
    json_t *value;
    const char *name;
    int rc = RC_OK;

    if (config == NULL)
        return RC_OK;
    json_object_foreach(json_object_get(config->root, "profiles"), name, value) {
        const struct config_profile profile = {
            .name = name,
            .url = json_string_value(json_object_get(value, "url")),
            .is_default = standard != NULL && strcmp(standard, name) == 0,
            .is_protected = json_is_true(json_object_get(value, "protected")),
        };
        if (rc == RC_OK)
            rc = visit(data, &profile);
    }
    return rc;
}

int config_list_protected(const struct config *config, struct arena *memory,
                          struct option_list *urls, struct err *err) {
    json_t *profiles, *profile;
    const char *name;

    if (config == NULL)
        return RC_OK;
    profiles = json_object_get(config->root, "profiles");
    urls->items =
        arena_alloc(memory, (json_object_size(profiles) + 1) * sizeof *urls->items);
    if (urls->items == NULL)
        return err_nomem(err);
    json_object_foreach(profiles, name, profile) {
        const char *url = json_string_value(json_object_get(profile, "url"));
        json_t *wanted = json_object_get(profile, "protected");
        struct place place = {.config = config, .profile = name, .key = "protected"};
        if (wanted != NULL && !json_is_boolean(wanted))
            return fail_at(&place, err, "must be true or false");
        if (!json_is_true(wanted) || url == NULL)
            continue;
        url = arena_copy(memory, url, strlen(url));
        if (url == NULL)
            return err_nomem(err);
        urls->items[urls->count++] = url;
    }
    return RC_OK;
}
