/* stats.c - counts as JSON, and files that are replaced whole. */
#include "stats.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

static const char *const methods[STATS_METHODS] = {"GET", "POST", "PUT", "DELETE",
                                                   "other"};

enum stats_method stats_method(const char *name) {
    for (int i = 0; i < STATS_OTHER; i++)
        if (strcmp(methods[i], name) == 0)
            return (enum stats_method)i;
    return STATS_OTHER;
}

/* "name":{"key":number,...,"total":number}, */
static void append_counts(struct buf *buf, const char *name, const char *const *keys,
                          const uint64_t *counts, size_t count) {
    uint64_t total = 0;
    buf_append_format(buf, "\"%s\":{", name);
    for (size_t i = 0; i < count; i++) {
        buf_append_format(buf, "\"%s\":%llu,", keys[i], (unsigned long long)counts[i]);
        total += counts[i];
    }
    buf_append_format(buf, "\"total\":%llu},", (unsigned long long)total);
}

char *stats_json(const struct stats *stats) {
    struct buf buf = {.max = 1 << 16};
    const char *kinds[FAULT_KINDS];
    for (int i = 0; i < FAULT_KINDS; i++)
        kinds[i] = fault_name((enum fault_kind)i);
    static const char *const lone[] = {
        "connections", "open", "opaque", "in_flight", "server_failures", "dead_resets"};
    const uint64_t lone_counts[] = {stats->connections,     stats->open,
                                    stats->opaque,          stats->in_flight,
                                    stats->server_failures, stats->dead_resets};
    static const char *const answers[] = {"passed", "made", "lost"};
    const uint64_t answer_counts[] = {stats->passed, stats->made, stats->lost};
    static const char *const ways[] = {"from_client", "to_server", "from_server",
                                       "to_client"};
    const uint64_t way_counts[] = {stats->from_client, stats->to_server,
                                   stats->from_server, stats->to_client};

    buf_append_char(&buf, '{');
    for (size_t i = 0; i < sizeof lone / sizeof lone[0]; i++)
        buf_append_format(&buf, "\"%s\":%llu,", lone[i],
                          (unsigned long long)lone_counts[i]);
    append_counts(&buf, "requests", methods, stats->requests, STATS_METHODS);
    append_counts(&buf, "forwarded", methods, stats->forwarded, STATS_METHODS);
    append_counts(&buf, "answers", answers, answer_counts, 3);
    append_counts(&buf, "faults", kinds, stats->faults, FAULT_KINDS);
    append_counts(&buf, "bytes", ways, way_counts, 4);
    buf_append_format(&buf, "\"served\":%llu}\n", (unsigned long long)stats->served);
    if (buf.failed == RC_OK)
        return buf.data;
    buf_fini(&buf);
    return NULL;
}

int stats_replace_file(const char *path, const char *text, struct err *err) {
    int rc = RC_OK;
    FILE *file = NULL;
    size_t size = strlen(path) + sizeof ".new";
    char *temporary = malloc(size);
    if (temporary == NULL)
        return err_nomem(err);
    snprintf(temporary, size, "%s.new", path);
    file = fopen(temporary, "we");
    if (file == NULL) {
        rc = err_errno(err, "write", temporary);
        goto out;
    }
    bool failed = fputs(text, file) < 0;
    failed = fclose(file) != 0 || failed;
    if (failed || rename(temporary, path) != 0) {
        rc = err_errno(err, "write", path);
        remove(temporary);
    }
out:
    free(temporary);
    return rc;
}
