/* global_options.c - the table of the options that every command has. */
#include "cmd/global_options.h"

#include <stddef.h>
#include <string.h>

enum { JOBS_MAX = 256 };

static const char *const engine_words[] = {"auto", "rest", "bulk", NULL};
static const char *const color_words[] = {"auto", "always", "never", NULL};

static int set_jobs(void *options, const char *text, enum option_source source,
                    struct err *err) {
    static const struct option_def number = {
        .name = "jobs",
        .type = OPTION_INT,
        .offset = offsetof(struct global_options, jobs),
        .min = 1,
        .max = JOBS_MAX,
    };
    struct global_options *global = options;
    struct err inner = {0};
    int rc;

    if (strcmp(text, "auto") == 0) {
        global->jobs = 0;
        return RC_OK;
    }
    rc = option_store(&number, options, text, source, NULL, &inner);
    return rc == RC_OK ? rc : err_set(err, rc, "%s, or auto", inner.message);
}

/* Once on it stays on: what should be hard to do by mistake must not be undone by a
 * variable that nobody remembers. */
static int set_protected(void *options, const char *text, enum option_source source,
                         struct err *err) {
    struct global_options *global = options;
    bool on;

    if (option_boolean(text, &on) != RC_OK)
        return err_set(err, RC_USAGE, "is neither true nor false");
    if (!on && source == OPTION_FROM_ENVIRONMENT) {
        (void)err_set(err, RC_USAGE, "cannot switch the protection off");
        err_advise(err, "--confirm HOST answers it");
        return RC_USAGE;
    }
    global->protected_host = on;
    return RC_OK;
}

/* A proxy's password in the command line would be on show like any other. */
static int set_proxy(void *options, const char *text, enum option_source source,
                     struct err *err) {
    struct global_options *global = options;
    const char *host = strstr(text, "://");
    const char *at;

    host = host == NULL ? text : host + 3;
    at = strchr(host, '@');
    if (*host == '\0')
        return err_set(err, RC_USAGE, "names no host");
    if (source == OPTION_FROM_FLAG && at != NULL &&
        memchr(host, ':', (size_t)(at - host)) != NULL) {
        (void)err_set(
            err, RC_USAGE,
            "holds a password, and a process list would show it to everybody on "
            "this machine");
        err_advise(err, "set ESPOLOAD_PROXY instead, or \"proxy\" in a profile");
        return RC_USAGE;
    }
    global->proxy = text;
    return RC_OK;
}

#define AT(member) .offset = offsetof(struct global_options, member)
#define SERVER GLOBAL_GROUP_SERVER
#define PACE GLOBAL_GROUP_PACE
#define OUTPUT "Output"
#define CARE "Care and monitoring"

const struct option_def global_option_defs[] = {
    {.name = "url",
     .type = OPTION_STRING,
     .argument = "URL",
     .group = SERVER,
     AT(url),
     .help = "address of the EspoCRM site, such as https://crm.example.com"},
    {.name = "api-key-file",
     .type = OPTION_PATH,
     .argument = "FILE",
     .group = SERVER,
     AT(api_key_file),
     .help =
         "file that holds the API key and that only you can read; without one the key "
         "is taken from ESPOLOAD_API_KEY, or asked for"},
    {.name = "hmac-key-file",
     .type = OPTION_PATH,
     .argument = "FILE",
     .group = SERVER,
     AT(hmac_key_file),
     .help =
         "file that holds API key and secret key of an HMAC user, as KEY:SECRET or in "
         "two lines"},
    {.name = "hmac-raw",
     .type = OPTION_FLAG,
     .group = SERVER,
     AT(hmac_raw),
     .help = "sign HMAC requests as EspoCRM before 8.4.1 wants it"},
    {.name = "user",
     .type = OPTION_STRING,
     .argument = "NAME",
     .group = SERVER,
     AT(user),
     .help = "log in as this user, with a password instead of an API key"},
    {.name = "password-file",
     .type = OPTION_PATH,
     .argument = "FILE",
     .group = SERVER,
     AT(password_file),
     .help = "file that holds the user's password and that only you can read"},
    {.name = "password-command",
     .type = OPTION_STRING,
     .argument = "COMMAND",
     .group = SERVER,
     AT(password_command),
     .help = "shell command that prints the user's password (or, without --user, the API "
             "key) as its first line"},
    {.name = "profile",
     .type = OPTION_STRING,
     .argument = "NAME",
     .group = SERVER,
     AT(profile),
     .not_in_profile = true,
     .help = "take unset options from this profile of the config file "
             "($XDG_CONFIG_HOME/espoload/config.json); else from its default one"},
    {.name = "cacert",
     .type = OPTION_PATH,
     .argument = "FILE",
     .group = SERVER,
     AT(cacert),
     .help = "trust the certificate authorities in this PEM file"},
    {.name = "insecure",
     .type = OPTION_FLAG,
     .group = SERVER,
     AT(insecure),
     .not_in_profile = true,
     .help = "take any certificate: whoever is between here and the server can read the "
             "key and change the data; for tests only"},
    {.name = "proxy",
     .type = OPTION_STRING,
     .argument = "URL",
     .group = SERVER,
     AT(proxy),
     .set = set_proxy,
     .help = "go through this proxy; else HTTPS_PROXY is honoured"},

    {.name = "engine",
     .type = OPTION_CHOICE,
     .argument = "NAME",
     .group = PACE,
     AT(engine),
     .choices = engine_words,
     .fallback = "auto",
     .help = "how records are written: rest (a request each), bulk (batches through "
             "EspoCRM's Import: no stream notes, no notifications), or auto: bulk where "
             "the user's role and the mapping allow it"},
    {.name = "jobs",
     .letter = 'j',
     .type = OPTION_INT,
     .argument = "N",
     .group = PACE,
     AT(jobs),
     .set = set_jobs,
     .min = 1,
     .max = JOBS_MAX,
     .fallback = "auto",
     .help = "requests in flight at once, 1 to 256, or auto"},
    {.name = "rate",
     .type = OPTION_DECIMAL,
     .argument = "N",
     .group = PACE,
     AT(rate_milli),
     .min = 1,
     .max = INT64_C(1000000000),
     .help = "send at most N requests a second"},
    {.name = "retries",
     .type = OPTION_INT,
     .argument = "N",
     .group = PACE,
     AT(retries),
     .max = 1000,
     .fallback = "5",
     .help = "send a request again at most N times after a network or server failure"},
    {.name = "timeout",
     .type = OPTION_DURATION,
     .argument = "SECONDS",
     .group = PACE,
     AT(timeout_ms),
     .min = 100,
     .max = INT64_C(86400000),
     .fallback = "120",
     .help = "give up on a request after this time"},

    {.name = "quiet",
     .letter = 'q',
     .type = OPTION_FLAG,
     .group = OUTPUT,
     AT(quiet),
     .help = "print errors only"},
    {.name = "verbose",
     .letter = 'v',
     .type = OPTION_COUNT,
     .group = OUTPUT,
     AT(verbose),
     .help = "print what is done; twice: every request, without secrets"},
    {.name = "log-file",
     .type = OPTION_PATH,
     .argument = "FILE",
     .group = OUTPUT,
     AT(log_file),
     .help = "append every request, without secrets, to this file"},
    {.name = "json",
     .type = OPTION_FLAG,
     .group = OUTPUT,
     AT(json),
     .negatable = true,
     .help = "print one JSON object a line on standard output"},
    {.name = "progress",
     .type = OPTION_FLAG,
     .group = OUTPUT,
     AT(progress),
     .negatable = true,
     .fallback = "true",
     .help = "show no progress"},
    {.name = "color",
     .type = OPTION_CHOICE,
     .argument = "WHEN",
     .group = OUTPUT,
     AT(color),
     .choices = color_words,
     .fallback = "auto",
     .help = "auto, always or never; NO_COLOR is honoured"},
    {.name = "yes",
     .letter = 'y',
     .type = OPTION_FLAG,
     .group = CARE,
     AT(yes),
     .not_in_profile = true,
     .help = "answer every question with yes, but for that of a protected profile"},
    {.name = "protected",
     .type = OPTION_FLAG,
     .group = CARE,
     AT(protected_host),
     .set = set_protected,
     .help = "ask for the server's host name before the first write; best set in the "
             "profile of your production server: \"protected\": true"},
    {.name = "confirm",
     .type = OPTION_STRING,
     .argument = "HOST",
     .group = CARE,
     AT(confirm),
     .not_in_profile = true,
     .help = "the host name of the server that is written to, as the answer of a script; "
             "another server is refused"},
    {.name = "metrics",
     .type = OPTION_PATH,
     .argument = "FILE",
     .group = CARE,
     AT(metrics),
     .not_in_profile = true,
     .help = "keep the numbers of a run in this file for the textfile collector of the "
             "Prometheus node exporter (it reads names that end in .prom), also when the "
             "run fails; one file for each job"},
    {.name = "notify-command",
     .type = OPTION_STRING,
     .argument = "COMMAND",
     .group = CARE,
     AT(notify_command),
     .help =
         "shell command that is told how a run has ended, well or not: the summary as "
         "JSON on its standard input, ESPOLOAD_EXIT and ESPOLOAD_MESSAGE in its "
         "environment. It has 60 s, and does not change the exit code"},
    {.name = "help",
     .letter = 'h',
     .type = OPTION_FLAG,
     .group = OUTPUT,
     AT(help),
     .arguments_only = true,
     .help = "print this help"},
    {.name = "version",
     .type = OPTION_FLAG,
     .group = OUTPUT,
     AT(version),
     .arguments_only = true,
     .help = "print the version"},

    {.name = "api-key",
     .type = OPTION_SECRET,
     .argument = "KEY",
     AT(api_key),
     .instead = "api-key-file",
     .hidden = true},
    {.name = "hmac-key",
     .type = OPTION_SECRET,
     .argument = "KEY",
     AT(hmac_key),
     .instead = "hmac-key-file",
     .hidden = true},
    {.name = "password",
     .type = OPTION_SECRET,
     .argument = "PASSWORD",
     AT(password),
     .instead = "password-file",
     .hidden = true},
    {.name = NULL},
};
