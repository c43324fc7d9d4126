/* rig.h - an origin, a faultproxy in front of it and a client, for tests.
 *
 * Every helper fails the test by itself when the machinery (not the thing under test)
 * does not work.
 */
#ifndef FAULTPROXY_RIG_H
#define FAULTPROXY_RIG_H

#include "base/buf.h"
#include "origin.h"

#include <jansson.h>
#include <stdint.h>
#include <sys/types.h>

struct rig {
    struct origin *origin;
    uint16_t origin_port;
    uint16_t port; /* of the proxy */
    pid_t pid;
    int out; /* the proxy's standard output */
};

/* options: further arguments of the proxy, NULL-terminated. */
void rig_start(struct rig *rig, const char *const *options);

/* The same with one --fault, or none when it is NULL. */
void rig_start_fault(struct rig *rig, const char *fault);

/* Ends the proxy, which must exit with 0, and returns the counts it printed, having
 * checked that they add up; json_decref() them. The origin stays: rig_origin_stop(). */
json_t *rig_stop(struct rig *rig);
void rig_origin_stop(struct rig *rig);

/* For a group of cmocka tests whose state is one rig with its origin running. */
int rig_setup(void **state);
int rig_teardown(void **state);

/* A number inside the counts, by "member.member". */
long long rig_count(json_t *counts, const char *path);

/* A blocking connection with a time limit of 20 s, or -1 with errno. */
int client_connect(uint16_t port);
void client_send(int fd, const char *data, size_t len);

/* "METHOD TARGET HTTP/1.1" with len bytes of origin_byte() as its body. */
void client_request(int fd, const char *method, const char *target, size_t len);

enum ending { ENDING_CLOSE = 0, ENDING_RESET = 1, ENDING_TIMEOUT = 2 };

/* Reads until the connection ends, appending to out. */
enum ending client_read_all(int fd, struct buf *out);

/* Reads one answer: true when it came whole. */
bool client_read_answer(int fd, const char *method, struct buf *out);

/* Waits until a timeout, in which nothing may arrive: true when nothing did. */
bool client_hears_nothing(int fd, int timeout_ms);

int64_t rig_now_ms(void);
void rig_sleep_ms(int ms);

#endif
