/* export_spec.c - the spec in the checkpoint's table of facts. */
#include "flow/export_spec.h"

#include <stddef.h>
#include <string.h>

enum member_type { MEMBER_TEXT, MEMBER_NUMBER, MEMBER_TIME, MEMBER_FLAG, MEMBER_CHAR };

#define AT(member) offsetof(struct export_spec, member)

static const struct {
    const char *key;
    enum member_type type;
    size_t offset;
} members[] = {
    {"url", MEMBER_TEXT, AT(url)},
    {"user.id", MEMBER_TEXT, AT(user_id)},
    {"user.name", MEMBER_TEXT, AT(user_name)},
    {"entityType", MEMBER_TEXT, AT(entity_type)},
    {"export.select", MEMBER_TEXT, AT(select)},
    {"export.expand", MEMBER_TEXT, AT(expand)},
    {"mapping", MEMBER_TEXT, AT(mapping_json)},
    {"export.filter", MEMBER_TEXT, AT(filter)},
    {"export.where", MEMBER_TEXT, AT(where)},
    {"export.params", MEMBER_TEXT, AT(params)},
    {"export.shown", MEMBER_TEXT, AT(shown)},
    {"export.order", MEMBER_TEXT, AT(order)},
    {"export.descending", MEMBER_FLAG, AT(descending)},
    {"export.limit", MEMBER_NUMBER, AT(limit)},
    {"export.sample", MEMBER_NUMBER, AT(sample)},
    {"export.link", MEMBER_TEXT, AT(link)},
    {"export.output", MEMBER_TEXT, AT(output)},
    {"export.headers", MEMBER_TEXT, AT(headers)},
    {"export.columns", MEMBER_TEXT, AT(columns)},
    {"export.listed", MEMBER_TEXT, AT(listed)},
    {"export.delimiter", MEMBER_CHAR, AT(delimiter)},
    {"export.crlf", MEMBER_FLAG, AT(crlf)},
    {"export.bom", MEMBER_FLAG, AT(bom)},
    {"export.guard", MEMBER_FLAG, AT(guard)},
    {"export.gzip", MEMBER_FLAG, AT(gzip)},
    {"export.jsonl", MEMBER_FLAG, AT(jsonl)},
    {"export.force", MEMBER_FLAG, AT(force)},
    {"export.null", MEMBER_TEXT, AT(null_text)},
    {"export.splitRows", MEMBER_NUMBER, AT(split_rows)},
    {"export.state", MEMBER_TEXT, AT(state)},
    {"export.deletions", MEMBER_FLAG, AT(deletions)},
    {"export.since", MEMBER_TEXT, AT(since)},
    {"startedMs", MEMBER_TIME, AT(started_ms)},
};

enum { MEMBERS = sizeof members / sizeof members[0] };

int export_spec_bind(struct journal *journal, const struct export_spec *spec,
                     struct err *err) {
    int rc = journal_set_text(journal, "kind", "export", err);

    for (size_t i = 0; rc == RC_OK && i < MEMBERS; i++) {
        const void *at = (const char *)spec + members[i].offset;
        char letter[2] = "";
        switch (members[i].type) {
        case MEMBER_TEXT:
            rc = journal_set_text(journal, members[i].key, *(const char *const *)at, err);
            break;
        case MEMBER_CHAR:
            letter[0] = *(const char *)at;
            rc = journal_set_text(journal, members[i].key, letter, err);
            break;
        case MEMBER_NUMBER:
            rc = journal_set_int(journal, members[i].key,
                                 (int64_t) * (const uint64_t *)at, err);
            break;
        case MEMBER_TIME:
            rc = journal_set_int(journal, members[i].key, *(const int64_t *)at, err);
            break;
        case MEMBER_FLAG:
            rc = journal_set_int(journal, members[i].key, *(const bool *)at, err);
            break;
        }
    }
    return rc;
}

void export_spec_read(struct journal *journal, struct export_spec *spec) {
    memset(spec, 0, sizeof *spec);
    for (size_t i = 0; i < MEMBERS; i++) {
        void *at = (char *)spec + members[i].offset;
        const char *key = members[i].key;
        switch (members[i].type) {
        case MEMBER_TEXT: *(const char **)at = journal_text(journal, key); break;
        case MEMBER_CHAR: *(char *)at = journal_text(journal, key)[0]; break;
        case MEMBER_NUMBER: *(uint64_t *)at = (uint64_t)journal_int(journal, key); break;
        case MEMBER_TIME: *(int64_t *)at = journal_int(journal, key); break;
        case MEMBER_FLAG: *(bool *)at = journal_int(journal, key) != 0; break;
        }
    }
}
