/* guard.c - compares hosts, and asks. */
#include "cmd/guard.h"

#include <string.h>
#include <strings.h>

#include "base/utf8.h"
#include "cmd/command.h"
#include "cmd/terminal.h"

enum { HOST_MAX = 256 };

/* "https://CRM.example.com:8443/x" -> "CRM.example.com:8443", and without the port. */
static void host_of(const char *url, char with_port[HOST_MAX], char name[HOST_MAX]) {
    const char *host = strstr(url, "://");
    const char *colon;
    size_t len;

    host = host == NULL ? url : host + 3;
    len = strcspn(host, "/?#");
    if (len >= HOST_MAX)
        len = HOST_MAX - 1;
    memcpy(with_port, host, len);
    with_port[len] = '\0';
    colon = strrchr(with_port, ':');
    if (colon != NULL && strchr(colon, ']') == NULL) /* not inside an IPv6 address */
        len = (size_t)(colon - with_port);
    memcpy(name, with_port, len);
    name[len] = '\0';
}

static bool is_protected(const struct global_options *global, const char *name) {
    char with_port[HOST_MAX], other[HOST_MAX];

    if (global->protected_host)
        return true;
    for (size_t i = 0; i < global->guarded.count; i++) {
        host_of(global->guarded.items[i], with_port, other);
        if (strcasecmp(other, name) == 0)
            return true;
    }
    return false;
}

static int refuse(struct err *err, const char *host, const char *typed, bool by_flag) {
    struct buf shown = {.max = 400};

    (void)utf8_append_printable(&shown, slice_of(typed), 60);
    (void)err_set(err, RC_USAGE,
                  "%s \"%s\", and this run would write to %s: nothing "
                  "was sent",
                  by_flag ? "--confirm names" : "you have typed", buf_text(&shown), host);
    err_advise(err, "look whether this is the server you mean; then %s %s",
               by_flag ? "--confirm" : "type", host);
    buf_fini(&shown);
    return RC_USAGE;
}

int guard_write(struct command_context *context, const char *url) {
    const struct global_options *global = context->global;
    char with_port[HOST_MAX], name[HOST_MAX], typed[HOST_MAX] = "";
    struct buf question = {.max = 1024};
    const char *answer = global->confirm;
    bool asked = true;

    host_of(url, with_port, name);
    if (answer == NULL && !is_protected(global, name))
        return RC_OK;
    if (answer == NULL) {
        (void)buf_append_format(&question,
                                "%s is protected. To let this run write to it, type its "
                                "host name: ",
                                name);
        asked = terminal_ask(context->log, buf_text(&question), typed, sizeof typed);
        buf_fini(&question);
        answer = typed;
    }
    if (!asked) {
        (void)err_set(&context->err, RC_USAGE,
                      "%s is protected, and there is no terminal to ask whether this run "
                      "may write to it: nothing was sent",
                      name);
        err_advise(&context->err,
                   "a script says --confirm %s (--yes does not answer this)", name);
        return RC_USAGE;
    }
    if (strcasecmp(answer, name) == 0 || strcasecmp(answer, with_port) == 0)
        return RC_OK;
    return refuse(&context->err, name, answer, global->confirm != NULL);
}
