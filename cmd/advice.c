/* advice.c - the advice of each kind of error.
 */
#include "cmd/advice.h"

static const char *advice_of(enum rc rc) {
    switch (rc) {
    case RC_NOMEM:
        return "see what takes this machine's memory; then start again, or resume if "
               "there "
               "is a checkpoint";
    case RC_AUTH: return "espoload ping shows what this user may do";
    case RC_UNREACHABLE:
        return "see whether the server can be reached from this machine; then try again, "
               "or "
               "resume if there is a checkpoint";
    case RC_INPUT: return "correct the file, or name another one; then try again";
    case RC_LOCAL:
        return "see to that on this machine; then try again, or resume if there is a "
               "checkpoint";
    case RC_SERVER:
        return "look at what stands between here and EspoCRM (a proxy, a log-in page) "
               "and "
               "into EspoCRM's log (data/logs); then try again, or resume if there is a "
               "checkpoint";
    case RC_OK:
    case RC_USAGE:
    case RC_LOCKED:
    case RC_TOO_MANY:
    case RC_INTERRUPTED:
    case RC_LIMIT: break;
    }
    return NULL;
}

void advice_complete(struct err *err, const struct command *command) {
    const char *advice = advice_of(err->rc);

    if (advice != NULL)
        err_advise(err, "%s", advice);
    else if (err->rc == RC_USAGE && command != NULL)
        err_advise(err, "espoload %s --help shows how it is used", command->name);
    else if (err->rc == RC_USAGE)
        err_advise(err, "espoload --help lists commands and options");
}
