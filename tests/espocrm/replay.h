/* The replay test: recorded exchanges sent to the test server, the answers compared. */
#ifndef ESPOCRM_REPLAY_H
#define ESPOCRM_REPLAY_H

#include <sys/types.h>

#include "buf.h"

#define REPLAY_API_KEY "0123456789abcdef0123456789abcdef"
#define REPLAY_WEAK_KEY "11111111111111111111111111111111"
#define REPLAY_HMAC_KEY "22222222222222222222222222222222"
#define REPLAY_HMAC_SECRET "33333333333333333333333333333333"

/* Record ids of the recordings ("1d" and 15 digits) and what they are here. */
struct ids {
    json_t *map; /* recorded -> ours */
};

/* The text with known ids put in; caller frees. */
char *ids_substitute(const struct ids *ids, const char *text);
bool ids_is_recorded(const char *text);

/* A running test server. */
struct testd {
    pid_t pid;
    int port;
};

/* args: further options, an array of strings, or NULL. 0 or -1. */
int testd_start(struct testd *t, const char *server, const char *dir, const json_t *args);
/* 0 when it ended well; nothing to do is well. */
int testd_stop(struct testd *t);
void testd_kill(struct testd *t);

struct answer {
    long status;
    json_t *headers; /* lower-case name -> value */
    struct buf body;
};

struct client; /* keeps one connection alive */

struct client *client_new(int port);
void client_free(struct client *c);
/* One request. Header values may hold tokens such as {{API_KEY}}. 0, or -1 when there was
 * no answer. */
int client_send(struct client *c, const char *method, const char *path,
                const json_t *headers, const struct buf *body, struct answer *out);
void answer_fini(struct answer *a);

/* Compares by mode ("exact", "items", "subset", "status"), binding ids that are
 * new. False with a reason in why. */
bool compare_answer(struct ids *ids, const json_t *expected, const struct answer *got,
                    const char *data_dir, struct buf *why);

#endif
