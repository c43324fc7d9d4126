/* fake_link.h - links of the fake server's records. */
#ifndef SIM_FAKE_LINK_H
#define SIM_FAKE_LINK_H

#include "sim/fake_private.h"

/* May what a POST or PUT writes be linked? false: it may not, and work has its answer.
 * was: the record before, or NULL. */
bool fake_links_check(struct fake_crm *crm, struct fake_work *work, const json_t *body,
                      const json_t *was);

/* The ids of body join the record's teams. */
void fake_relate(struct fake_crm *crm, struct fake_work *work, const json_t *body);

#endif
