/* formula_guard.h - cells that a spreadsheet would take for formulas: written with ' in
 * front, and read without it.
 *
 * A cell that has such a ' already gets one more: taking one away always gives back the
 * cell as it was.
 */
#ifndef MODEL_FORMULA_GUARD_H
#define MODEL_FORMULA_GUARD_H

#include "base/slice.h"

/* Must ' be put in front? A negative number is no formula. */
bool formula_guard_needed(struct slice cell);

/* The cell without the ' that guards it, if there is one. */
struct slice formula_guard_removed(struct slice cell);

#endif
