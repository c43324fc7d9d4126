/*
 * espocrm-testd: a small, fast stand-in for EspoCRM 9.1 for tests and the demo. Reads
 * its options, opens store and port, says where it listens, and serves until a signal.
 * It never listens anywhere but on 127.0.0.1.
 */
#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http.h"

enum option_kind { OPT_TEXT, OPT_INT, OPT_LONG, OPT_FLAG };

struct option_row {
    const char *name, *arg, *help;
    enum option_kind kind;
    void *to;
};

static struct app the_app(void) {
    return (struct app){.cfg = {.data_dir = ESPOCRM_DATA_DIR, .workers = 8}};
}

static void usage(FILE *to, const struct option_row *rows, size_t n) {
    fputs("usage: espocrm-testd --port N --api-key KEY [options]\n", to);
    for (size_t i = 0; i < n; i++)
        fprintf(to, "  --%-18s %-8s %s\n", rows[i].name, rows[i].arg, rows[i].help);
}

static int set_option(const struct option_row *row, char *value) {
    char *end = NULL;
    errno = 0;
    if (row->kind == OPT_TEXT) {
        *(const char **)row->to = value;
        return 0;
    }
    if (row->kind == OPT_FLAG) {
        *(bool *)row->to = true;
        return 0;
    }
    long v = strtol(value, &end, 10);
    if (errno || end == value || *end || v < 0)
        return -1;
    if (row->kind == OPT_LONG)
        *(long *)row->to = v;
    else
        *(int *)row->to = (int)v;
    return 0;
}

static int parse(int argc, char **argv, const struct option_row *rows, size_t n) {
    struct option *longs = calloc(n + 2, sizeof *longs);
    if (!longs)
        return 2;
    for (size_t i = 0; i < n; i++)
        longs[i] = (struct option){
            rows[i].name, rows[i].kind == OPT_FLAG ? no_argument : required_argument,
            NULL, (int)i + 256};
    longs[n] = (struct option){"help", no_argument, NULL, 'h'};
    int rc = -1, ch;
    while (rc < 0 && (ch = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
        if (ch == 'h') {
            usage(stdout, rows, n);
            rc = 0;
        } else if (ch < 256 || set_option(&rows[ch - 256], optarg)) {
            usage(stderr, rows, n);
            rc = 2;
        }
    }
    free(longs);
    return rc;
}

static int announce(const struct config *cfg) {
    printf("listening on 127.0.0.1:%d\n", cfg->port);
    fflush(stdout);
    if (!cfg->port_file)
        return 0;
    FILE *f = fopen(cfg->port_file, "w");
    if (!f || fprintf(f, "%d\n", cfg->port) < 0 || fclose(f) != 0) {
        fprintf(stderr, "espocrm-testd: %s: %s\n", cfg->port_file, strerror(errno));
        return -1;
    }
    return 0;
}

static int serve(struct app *app) {
    sigset_t set;
    int sig = 0;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    if (app_open(app)) {
        app_close(app);
        return 1;
    }
    struct http *h = http_start(app);
    if (!h) {
        fprintf(stderr, "espocrm-testd: cannot listen on port %d\n", app->cfg.port);
        app_close(app);
        return 1;
    }
    int rc = announce(&app->cfg) ? 1 : 0;
    if (rc == 0)
        sigwait(&set, &sig);
    http_stop(h);
    app_close(app);
    return rc;
}

int main(int argc, char **argv) {
    struct app app = the_app();
    struct config *cfg = &app.cfg;
    const struct option_row rows[] = {
        {"port", "N", "port on 127.0.0.1; 0 takes any free one", OPT_INT, &cfg->port},
        {"port-file", "FILE", "write the port there once listening", OPT_TEXT,
         &cfg->port_file},
        {"api-key", "KEY", "X-Api-Key of the user with all rights", OPT_TEXT,
         &cfg->api_key},
        {"weak-key", "KEY", "X-Api-Key of the restricted user", OPT_TEXT, &cfg->weak_key},
        {"hmac-api-key", "KEY", "API key of the HMAC user", OPT_TEXT, &cfg->hmac_key},
        {"hmac-secret", "S", "its secret key", OPT_TEXT, &cfg->hmac_secret},
        {"user", "NAME", "a regular user", OPT_TEXT, &cfg->user},
        {"password", "P", "its password", OPT_TEXT, &cfg->password},
        {"admin", "NAME", "an administrator", OPT_TEXT, &cfg->admin},
        {"admin-password", "P", "its password", OPT_TEXT, &cfg->admin_password},
        {"leads", "N", "leads to begin with", OPT_LONG, &cfg->leads},
        {"delay", "MS", "time each request takes", OPT_INT, &cfg->delay_ms},
        {"workers", "N", "requests served at once, with --delay (8)", OPT_INT,
         &cfg->workers},
        {"store", "FILE", "keep the data there; survives kill -9", OPT_TEXT,
         &cfg->store_file},
        {"data", "DIR", "metadata and settings", OPT_TEXT, &cfg->data_dir},
        {"metadata-variant", "NAME", "\"custom\" adds custom fields to Lead", OPT_TEXT,
         &cfg->variant},
        {"currencies", "LIST", "USD,EUR,... the first is the default", OPT_TEXT,
         &cfg->currencies},
        {"no-lockout", "", "failed logins lock nobody out", OPT_FLAG, &cfg->no_lockout},
        {"chunked", "", "answer in chunks, as nginx does", OPT_FLAG, &cfg->chunked},
    };
    setlocale(LC_CTYPE, "C.UTF-8");
    int rc = parse(argc, argv, rows, sizeof rows / sizeof *rows);
    if (rc >= 0)
        return rc;
    if (cfg->workers < 1)
        cfg->workers = 1;
    return serve(&app);
}
