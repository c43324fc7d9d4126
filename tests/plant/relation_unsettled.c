/* relation_unsettled.c - planted: a relation whose answer was lost is taken for done.
 */
#include "flow/importer_private.h"

bool __real_importer_looks(struct importer *importer, struct row *row,
                           const struct outcome *outcome);
bool __wrap_importer_looks(struct importer *importer, struct row *row,
                           const struct outcome *outcome);

bool __wrap_importer_looks(struct importer *importer, struct row *row,
                           const struct outcome *outcome) {
    const struct outcome done = {.kind = OUTCOME_STORED, .field = "", .message = ""};

    if (row->write.kind != WRITE_RELATE || outcome->kind != OUTCOME_DOUBTFUL)
        return __real_importer_looks(importer, row, outcome);
    importer_conclude(importer, row, &done);
    return true;
}
