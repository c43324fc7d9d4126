/* topics.h - what `espoload help TOPIC` tells beside the commands, each also a man page.
 */
#ifndef CMD_TOPICS_H
#define CMD_TOPICS_H

#include "base/reason.h"
#include "cmd/page.h"

struct topic {
    const char *name;    /* "mapping"; NULL ends the list */
    char section;        /* of the manual, where its page is espoload-NAME */
    const char *summary; /* one line, no full stop */
    void (*append)(const struct page *page);
};

const struct topic *topics_all(void);

/* NULL for a name that is none. */
const struct topic *topic_find(const char *name);

/* The page of a topic, from its title on. */
void topic_page(const struct page *page, const struct topic *topic);

/* The entries of the exit codes. */
void topic_exit_codes(const struct page *page);

/* What an error code means, and what to do about it: `espoload help ENUM_UNKNOWN`. */
void topic_reason(const struct page *page, enum reason reason);

/* Of topic_mapping.c: the mapping file by an example, then key by key as its JSON Schema
 * has them. */
void topic_mapping(const struct page *page);

/* The example: a mapping file that can be read. */
extern const char topic_mapping_example[];

#endif
