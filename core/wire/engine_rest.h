/* engine_rest.h - the engine that sends one POST or PUT per record. */
#ifndef WIRE_ENGINE_REST_H
#define WIRE_ENGINE_REST_H

#include "plan/engine.h"
#include "wire/courier.h"

/* courier is borrowed and must outlive the engine. Free with engine_free() when no write
 * is under way. */
int engine_rest_new(struct engine **out, struct courier *courier, struct err *err);

#endif
