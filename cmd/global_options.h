/* global_options.h - the options that every command has: server, identity, pace, output.
 */
#ifndef CMD_GLOBAL_OPTIONS_H
#define CMD_GLOBAL_OPTIONS_H

#include "cmd/option.h"

enum engine_choice { ENGINE_AUTO, ENGINE_REST, ENGINE_BULK };
enum color_choice { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* Texts are borrowed from the option parser. */
struct global_options {
    const char *url;              /* of the site, as typed */
    const char *api_key_file;     /* NULL = not given, here and below */
    const char *hmac_key_file;    /* "apiKey:secret" or two lines */
    bool hmac_raw;                /* sign as servers before 8.4.1 want it */
    const char *user;             /* user name for a log-in with password */
    const char *password_file;    /* holds that user's password */
    const char *password_command; /* prints that user's password */
    const char *api_key;          /* ESPOLOAD_API_KEY; a secret */
    const char *hmac_key;         /* ESPOLOAD_HMAC_KEY, "apiKey:secret"; a secret */
    const char *password;         /* ESPOLOAD_PASSWORD; a secret */
    const char *profile;          /* name in the config file */
    const char *cacert;           /* PEM file of trusted authorities */
    bool insecure;                /* take any certificate */
    const char *proxy;            /* URL */
    int engine;                   /* enum engine_choice */
    int64_t jobs;                 /* requests in flight; 0 = auto */
    int64_t rate_milli;           /* requests in 1000 seconds; 0 = no limit */
    int64_t retries;              /* how often one request is sent again */
    int64_t timeout_ms;           /* of one request */
    bool quiet;                   /* errors only */
    unsigned verbose;             /* 1: what happens, 2: every request */
    const char *log_file;         /* gets what -vv would show */
    bool json;                    /* JSON lines on stdout */
    bool progress;                /* show progress at all */
    int color;                    /* enum color_choice */
    bool yes;                     /* answers every question */
    const char *metrics;          /* file for the node exporter */
    const char *notify_command;   /* for sh -c, at the end of a run */
    bool protected_host;          /* the first write needs the host's name */
    const char *confirm;          /* that name */
    struct option_list guarded;   /* addresses of all protected profiles */
    bool help;                    /* --help was given */
    bool version;                 /* --version was given */
};

/* Headings of the groups that say which server, who, and how fast. */
#define GLOBAL_GROUP_SERVER "Server and identity"
#define GLOBAL_GROUP_PACE "Pace"

extern const struct option_def global_option_defs[]; /* ends with name == NULL */

#endif
