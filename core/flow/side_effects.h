/* side_effects.h - what EspoCRM does of itself for each record that is written: notes in
 * the stream, e-mails to who it is assigned to. A REST client cannot keep it from that.
 *
 * As read in 9.1.7: Tools/Stream/HookProcessor.php, Tools/Stream/Service.php
 * (handleAudited, noteStatus, noteAssign), Tools/EmailNotification/HookProcessor.php.
 */
#ifndef FLOW_SIDE_EFFECTS_H
#define FLOW_SIDE_EFFECTS_H

#include "flow/job.h"
#include "flow/site.h"

#include <stdbool.h>

struct side_effects {
    bool stream;           /* the entity type has a stream (metadata, scopes) */
    bool notifies;         /* users get notifications */
    bool importable;       /* EspoCRM's Import takes the entity type (likewise) */
    bool mails;            /* who a record is assigned to gets an e-mail (Settings) */
    char status_field[64]; /* whose changes are noted; "" = none */
};

/* job: compiled. One GET of metadata. */
int side_effects_load(struct side_effects *out, const struct job *job, struct site *site,
                      struct err *err);

/* Does a change of the attribute make a note? */
bool side_effects_notes(const struct side_effects *effects,
                        const struct schema_attribute *def);

/* Of a rehearsed row that does not fail: does writing it make a note; send an e-mail
 * (unless the user assigns to itself)? */
bool side_effects_note(const struct side_effects *effects, const struct row *row);
bool side_effects_mail(const struct side_effects *effects, const struct row *row);

#endif
