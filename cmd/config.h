/* config.h - the config file: named profiles of options.
 *
 *   { "default": "live",
 *     "profiles": { "live": { "url": "https://crm.example.com", "apiKeyFile": "key" },
 *                   "test": { "url": "https://test.example.com", "jobs": 2 } } }
 *
 * Keys are the long names of options in camelCase; an unknown one is an error that names
 * file, JSON Pointer and the nearest key. A relative path is taken from the folder of the
 * file, "~/" from the home folder. No secret may stand in it.
 */
#ifndef CMD_CONFIG_H
#define CMD_CONFIG_H

#include "cmd/option_parser.h"

#include "base/buf.h"

struct config;

/* "$XDG_CONFIG_HOME/espoload/config.json", else under $HOME/.config; stays empty where
 * neither is set. RC_NOMEM, RC_LIMIT. */
int config_path(char *const *environment, struct buf *path);

/* *out: NULL when there is no such file, else config_free(). home: for "~/", may be NULL.
 * RC_USAGE for what is no config file, or one that others may read and that holds the
 * password of a proxy; RC_LOCAL when it cannot be read. */
int config_open(struct config **out, const char *path, const char *home, struct err *err);
void config_free(struct config *config);

/* Checks all profiles and applies one: the named, else (profile NULL) the file's default,
 * if it has one. config may be NULL (no file): then a named profile is an error. known:
 * tables of all commands, NULL at the end; keys of another command are let pass. */
int config_apply(const struct config *config, const char *profile,
                 struct option_parser *parser, const struct option_def *const *known,
                 struct err *err);

/* The profile that is applied where none is named, or NULL; borrowed. */
const char *config_default(const struct config *config);

struct config_profile {
    const char *name;
    const char *url; /* NULL = it has none */
    bool is_default;
    bool is_protected;
};

/* Calls visit for each profile, in the order of the file, until one returns other than
 * RC_OK, and returns that. config may be NULL. */
int config_profiles(const struct config *config,
                    int (*visit)(void *data, const struct config_profile *profile),
                    void *data);

/* Adds the address of each profile with "protected": true to *urls, in memory. */
int config_list_protected(const struct config *config, struct arena *memory,
                          struct option_list *urls, struct err *err);

#endif
