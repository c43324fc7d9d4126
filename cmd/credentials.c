/* credentials.c - chooses the identity, reads its secret, hands it to wire/auth. */
#include "cmd/credentials.h"

#include <string.h>

#include "base/utf8.h"
#include "cmd/secret.h"

/* One way to say who we are, and how strongly it was said. */
struct identity {
    const char *option;        /* long name that decides; NULL = none was given */
    enum option_source source; /* of it */
    enum auth_kind kind;       /* what it makes */
};

struct search {
    const struct global_options *global; /* borrowed */
    const struct option_parser *parser;  /* borrowed */
    char *const *environment;            /* borrowed */
    bool may_ask;                        /* a prompt is allowed */
};

/* The spelling of an option in the place where it was set. */
static void append_place(struct buf *buf, const char *name, enum option_source source) {
    struct option_def def = {.name = name};
    char derived[OPTION_DERIVED_MAX];

    if (source == OPTION_FROM_ENVIRONMENT) {
        option_environment_name(&def, false, derived);
        (void)buf_append_text(buf, derived);
    } else if (source == OPTION_FROM_PROFILE) {
        option_profile_key(&def, derived);
        (void)buf_append_format(buf, "\"%s\" of the profile", derived);
    } else {
        (void)buf_append_format(buf, "--%s", name);
    }
}

static int contradiction(const char *one, const char *other, enum option_source source,
                         struct err *err) {
    struct buf text = {.max = 512};

    append_place(&text, one, source);
    (void)buf_append_text(&text, " and ");
    append_place(&text, other, source);
    (void)err_set(err, RC_USAGE, "%s cannot be used together", buf_text(&text));
    err_advise(err, "keep one of them");
    buf_fini(&text);
    return RC_USAGE;
}

/* Keeps the stronger of the two; RC_USAGE when both come from the same place. */
static int consider(struct identity *best, const char *option, enum auth_kind kind,
                    enum option_source source, struct err *err) {
    if (source == OPTION_UNSET || source < best->source)
        return RC_OK;
    if (source == best->source)
        return contradiction(best->option, option, source, err);
    best->option = option;
    best->source = source;
    best->kind = kind;
    return RC_OK;
}

/* Of the ways to give a password the strongest; `option` stays NULL when there is none.
 */
static int find_password(const struct search *search, struct identity *found,
                         struct err *err) {
    static const char *const names[] = {"password-file", "password-command", "password"};
    int rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < sizeof names / sizeof *names; i++)
        rc = consider(found, names[i], AUTH_USER, option_source(search->parser, names[i]),
                      err);
    return rc;
}

static int find_identity(const struct search *search, struct identity *best,
                         struct identity *password, struct err *err) {
    enum auth_kind hmac = search->global->hmac_raw ? AUTH_HMAC_RAW : AUTH_HMAC;
    enum option_source user = option_source(search->parser, "user");
    const struct {
        const char *name;
        enum auth_kind kind;
    } keys[] = {
        {"api-key-file", AUTH_API_KEY},
        {"api-key", AUTH_API_KEY},
        {"hmac-key-file", hmac},
        {"hmac-key", hmac},
    };
    int rc = find_password(search, password, err);

    for (size_t i = 0; rc == RC_OK && i < sizeof keys / sizeof *keys; i++)
        rc = consider(best, keys[i].name, keys[i].kind,
                      option_source(search->parser, keys[i].name), err);
    if (rc == RC_OK && user != OPTION_UNSET)
        rc = consider(best, "user", AUTH_USER,
                      password->source > user ? password->source : user, err);
    else if (rc == RC_OK)
        rc = consider(best, "password-command", AUTH_API_KEY,
                      option_source(search->parser, "password-command"), err);
    return rc;
}

static int ask(const struct search *search, struct secret *secret, const char *what,
               struct err *err) {
    const char *url = search->global->url == NULL ? "EspoCRM" : search->global->url;
    struct buf prompt = {.max = 1024};
    int rc;

    if (!search->may_ask || !secret_may_prompt()) {
        (void)err_set(err, RC_USAGE, "no %s was given", what);
        err_advise(err, strcmp(what, "password") == 0
                            ? "use --password-file FILE, --password-command COMMAND, or "
                              "set ESPOLOAD_PASSWORD"
                            : "use --api-key-file FILE, or set ESPOLOAD_API_KEY");
        return RC_USAGE;
    }
    (void)buf_append_format(&prompt, "%s for ", what);
    if (strcmp(what, "password") == 0) {
        (void)utf8_append_printable(&prompt, slice_of(search->global->user), 60);
        (void)buf_append_text(&prompt, " at ");
    }
    (void)utf8_append_printable(&prompt, slice_of(strchr(url, '@') == NULL ? url : "***"),
                                100);
    (void)buf_append_text(&prompt, ": ");
    rc = secret_from_prompt(secret, buf_text(&prompt), err);
    buf_fini(&prompt);
    return rc;
}

static int read_password(const struct search *search, const struct identity *password,
                         struct secret *secret, struct err *err) {
    const struct global_options *global = search->global;

    if (password->option == NULL)
        return ask(search, secret, "password", err);
    if (strcmp(password->option, "password-file") == 0)
        return secret_from_file(secret, global->password_file, "password", err);
    if (strcmp(password->option, "password-command") == 0)
        return secret_from_command(secret, global->password_command, search->environment,
                                   "password", err);
    return secret_from_text(secret, global->password, "password", err);
}

static int read_secrets(const struct search *search, const struct identity *identity,
                        const struct identity *password, struct secret *first,
                        struct secret *second, struct err *err) {
    const struct global_options *global = search->global;
    int rc;

    if (identity->option == NULL)
        return ask(search, first, "API key", err);
    if (strcmp(identity->option, "api-key-file") == 0)
        return secret_from_file(first, global->api_key_file, "API key", err);
    if (strcmp(identity->option, "api-key") == 0)
        return secret_from_text(first, global->api_key, "API key", err);
    if (strcmp(identity->option, "password-command") == 0)
        return secret_from_command(first, global->password_command, search->environment,
                                   "API key", err);
    if (strcmp(identity->option, "hmac-key-file") == 0)
        return secret_pair_from_file(first, second, global->hmac_key_file, "HMAC key",
                                     err);
    if (strcmp(identity->option, "hmac-key") == 0)
        return secret_pair_from_text(first, second, global->hmac_key, "HMAC key", err);
    rc = secret_from_text(first, global->user, "user name", err);
    return rc < 0 ? rc : read_password(search, password, second, err);
}

int credentials_open(struct auth **out, const struct global_options *global,
                     const struct option_parser *parser, char *const *environment,
                     bool may_ask, struct err *err) {
    struct search search = {global, parser, environment, may_ask};
    struct identity identity = {.kind = AUTH_API_KEY}, password = {0};
    struct secret first = {0}, second = {0};
    int rc;

    *out = NULL;
    rc = find_identity(&search, &identity, &password, err);
    if (rc == RC_OK)
        rc = read_secrets(&search, &identity, &password, &first, &second, err);
    if (rc == RC_OK)
        rc = auth_new(out, identity.kind, first.text,
                      identity.kind == AUTH_API_KEY ? NULL : second.text, err);
    secret_clear(&first);
    secret_clear(&second);
    return rc;
}
