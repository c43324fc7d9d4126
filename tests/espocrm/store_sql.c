/*
 * The SQL expression behind each attribute. The record's table has the alias t; e-mail
 * and phone come from the joins em and ph, which hold the primary address (or several,
 * when parallel writers left several primaries: then a record shows more than once).
 */
#include <string.h>

#include "store.h"

void store_name_expression(struct buf *b, const struct entity *e, const char *alias) {
    if (e->person)
        buf_printf(
            b, "NULLIF(TRIM(IFNULL(%s.firstName,'')||' '||IFNULL(%s.lastName,'')),'')",
            alias, alias);
    else
        buf_printf(b, "%s.name", alias);
}

static void link_name(struct buf *b, const struct schema *s, const struct attr *a) {
    const struct entity *f =
        a->field && a->field->foreign ? schema_entity(s, a->field->foreign, false) : NULL;
    if (!f) {
        buf_str(b, "NULL");
        return;
    }
    buf_str(b, "(SELECT ");
    store_name_expression(b, f, "l");
    buf_printf(b, " FROM e_%s l WHERE l.id=t.\"%s\" AND l.deleted=0)", f->name,
               a->source->name);
}

static void parent_name(struct buf *b, const struct schema *s, const struct attr *a) {
    buf_printf(b, "CASE t.\"%s\"", a->other);
    for (size_t i = 0; i < s->n; i++) {
        buf_printf(b, " WHEN '%s' THEN (SELECT ", s->entities[i].name);
        store_name_expression(b, &s->entities[i], "l");
        buf_printf(b, " FROM e_%s l WHERE l.id=t.\"%s\")", s->entities[i].name,
                   a->source->name);
    }
    buf_str(b, " END");
}

static void weighted(struct buf *b) {
    buf_str(b, "ROUND(t.amount*t.probability/100.0,2)");
}

void store_expression(struct buf *b, const struct schema *s, const struct entity *e,
                      const struct attr *a) {
    switch (a->kind) {
    case A_COLUMN: buf_printf(b, "t.\"%s\"", a->name); break;
    case A_NAME: store_name_expression(b, e, "t"); break;
    case A_LINK_NAME: link_name(b, s, a); break;
    case A_PARENT_NAME: parent_name(b, s, a); break;
    case A_EMAIL: buf_str(b, "em.name"); break;
    case A_EMAIL_OPT_OUT: buf_str(b, "em.opt_out"); break;
    case A_EMAIL_INVALID: buf_str(b, "em.invalid"); break;
    case A_PHONE: buf_str(b, "ph.name"); break;
    case A_PHONE_OPT_OUT: buf_str(b, "ph.opt_out"); break;
    case A_PHONE_INVALID: buf_str(b, "ph.invalid"); break;
    case A_PHONE_NUMERIC: buf_str(b, "ph.numeric"); break;
    case A_CONVERTED: buf_printf(b, "CAST(t.\"%s\" AS REAL)", a->source->name); break;
    case A_WEIGHTED: weighted(b); break;
    case A_FOREIGN:
        buf_printf(b, "(SELECT l.\"%s\" FROM e_%s l WHERE l.id=t.\"%s\")", a->other,
                   a->source->field->foreign, a->source->name);
        break;
    case A_ROLE:
        buf_str(b, "(SELECT json_extract(r.cols,'$.role') FROM rel r WHERE"
                   " r.name='Account.contacts' AND r.a=t.accountId AND r.b=t.id)");
        break;
    case A_SQL: buf_str(b, a->other); break;
    case A_EMAIL_DATA:
    case A_PHONE_DATA:
    case A_MULTI_IDS:
    case A_MULTI_NAMES:
    case A_MULTI_COLUMNS:
    case A_CONSTANT:
    case A_MEMORY: buf_str(b, "NULL"); break;
    }
}

void store_joins(struct buf *b, const struct entity *e, bool email, bool phone) {
    if (email)
        buf_printf(
            b,
            " LEFT JOIN entity_email ee ON ee.eid=t.id AND ee.type='%s' AND ee.prim=1"
            " LEFT JOIN email em ON em.id=ee.point",
            e->name);
    if (phone)
        buf_printf(
            b,
            " LEFT JOIN entity_phone ep ON ep.eid=t.id AND ep.type='%s' AND ep.prim=1"
            " LEFT JOIN phone ph ON ph.id=ep.point",
            e->name);
}
