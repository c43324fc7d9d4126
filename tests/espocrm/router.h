/* From a complete request to its answer. */
#ifndef ESPOCRM_ROUTER_H
#define ESPOCRM_ROUTER_H

#include "app.h"

/* Answers c->rq in c->rp. Called with app->lock held. */
void route(struct ctx *c);
/* Splits rq->uri into path, raw_path and query. */
void route_parse(struct request *rq);

#endif
