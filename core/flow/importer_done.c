/* importer_done.c - when a run is over: for its rows, and for the engine. */
#include "flow/importer_private.h"

/* Is there still something to wait for? While stopping, only what is in flight; at the
 * end of the rows, what the engine cleans up behind them. */
bool importer_is_done(const struct importer *importer) {
    struct courier *courier = site_courier(importer->options.site);

    if (courier_in_flight(courier) > 0 || courier_waiting(courier) > 0)
        return false;
    if (importer->stop != RC_OK)
        return true;
    return importer->eof && importer->planned.count == 0 && importer->again.count == 0 &&
           importer->open == 0;
}

bool importer_tidies(const struct importer *importer) {
    return importer->stop == RC_OK && engine_finish(importer->options.engine);
}

enum engine_turn importer_engine_turn(const struct importer *importer) {
    if (importer->stop != RC_OK)
        return ENGINE_HALT;
    return importer->eof && importer->planned.count == 0 && importer->again.count == 0 &&
                   importer_asking(importer) == 0
               ? ENGINE_FLUSH
               : ENGINE_GO;
}
