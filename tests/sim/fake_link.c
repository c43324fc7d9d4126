/* fake_link.c - what records are linked to: a Lead's account, and the teams that it is
 * in.
 *
 * A link to what is not there is refused with a 403 (recording type-link-unknown-id), and
 * so is a team that the user may not put records into, unless the record is in it
 * already. Relating goes id by id up to the first that is refused, and what was related
 * before that stays (relate-ids-one-unknown); it leaves the record's modifiedAt alone.
 */
#include "sim/fake_link.h"

#include <stdio.h>
#include <string.h>

static bool has_item(const json_t *list, const char *id) {
    const json_t *item;
    size_t i;

    json_array_foreach(list, i, item) {
        if (strcmp(json_string_value(item), id) == 0)
            return true;
    }
    return false;
}

static void refuse(struct fake_work *work, const char *link, const char *foreign,
                   const char *label) {
    work->status = 403;
    (void)snprintf(work->reason, sizeof work->reason,
                   "Can't relate with %s record. entity type: %s, link: %s.",
                   strcmp(label, "cannotRelateForbidden") == 0 ? "forbidden"
                                                               : "non-existing",
                   work->type, link);
    (void)snprintf(work->answer, sizeof work->answer,
                   "{\"messageTranslation\":{\"label\":\"%s\",\"scope\":null,"
                   "\"data\":{\"foreignEntityType\":\"%s\"}}}",
                   label, foreign);
}

static bool may_join(struct fake_crm *crm, struct fake_work *work, const char *id) {
    const struct fake_record *team = fake_record(crm, id);

    if (team == NULL || team->deleted || strcmp(team->type, "Team") != 0)
        refuse(work, "teams", "Team", "cannotRelateNonExisting");
    else if (strstr(team->json, "\"name\":\"Closed") != NULL)
        refuse(work, "teams", "Team", "cannotRelateForbidden");
    else
        return true;
    return false;
}

bool fake_links_check(struct fake_crm *crm, struct fake_work *work, const json_t *body,
                      const json_t *was) {
    const char *id = fake_text(body, "createdAccountId");
    const struct fake_record *account = fake_record(crm, id);
    const json_t *item, *teams = json_object_get(was, "teamsIds");
    size_t i;

    if (id[0] != '\0' && strcmp(fake_text(was, "createdAccountId"), id) != 0 &&
        (account == NULL || account->deleted || strcmp(account->type, "Account") != 0)) {
        refuse(work, "createdAccount", "Account", "cannotRelateNonExisting");
        return false;
    }
    json_array_foreach(json_object_get(body, "teamsIds"), i, item) {
        if (!has_item(teams, json_string_value(item)) &&
            !may_join(crm, work, json_string_value(item)))
            return false;
    }
    return true;
}

void fake_relate(struct fake_crm *crm, struct fake_work *work, const json_t *body) {
    struct fake_record *record = fake_work_record(crm, work);
    const json_t *ids = json_object_get(body, "ids"), *item;
    json_t *all;
    size_t i;

    if (record == NULL) {
        work->reason[0] = '\0';
        return;
    }
    all = json_copy(json_object_get(
        fake_read(crm, (size_t)(record - crm->state->records)), "teamsIds"));
    work->status = 200;
    (void)snprintf(work->answer, sizeof work->answer, "true");
    json_array_foreach(ids, i, item) {
        const char *id = json_string_value(item);
        const struct fake_record *team = fake_record(crm, id);
        if (has_item(all, id))
            continue;
        if (team == NULL || team->deleted) {
            fake_answer_missing(work);
            work->reason[0] = '\0';
            break;
        }
        if (!may_join(crm, work, id))
            break;
        (void)json_array_append_new(all, json_string(id));
    }
    all = json_pack("{s:o}", "teamsIds", all);
    fake_complete(record, all);
    json_decref(all);
}
