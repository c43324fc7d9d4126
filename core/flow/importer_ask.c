/* importer_ask.c - who plans the rows: the planner, or the source that they come from. */
#include "flow/importer_private.h"

bool importer_asks(const struct importer *importer) {
    return importer->planner != NULL || importer->options.source != NULL;
}

void importer_ask(struct importer *importer, struct row *row) {
    struct import_source *source = importer->options.source;

    if (source != NULL)
        source->ops->add(source, row);
    else
        planner_add(importer->planner, row, false);
}

size_t importer_asking(const struct importer *importer) {
    const struct import_source *source = importer->options.source;

    if (source != NULL)
        return source->ops->count(source);
    return importer->planner == NULL ? 0 : planner_count(importer->planner);
}

int importer_poll_plans(struct importer *importer, struct err *err) {
    struct import_source *source = importer->options.source;
    /* few rows are only asked about when no others come, or there is nothing to send */
    bool flush = importer->eof || importer->planned.count + importer->again.count == 0;

    if (source != NULL)
        return source->ops->poll(source, err);
    return importer->planner == NULL ? RC_OK
                                     : planner_poll(importer->planner, flush, err);
}
