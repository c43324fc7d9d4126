/* blind_undo.c - planted: an undo does not see what others have edited.
 */
#include "plan/undo.h"

int __real_undo_compare(const struct undo_request *request, struct arena *arena,
                        struct undo_change *out);
int __wrap_undo_compare(const struct undo_request *request, struct arena *arena,
                        struct undo_change *out);

int __wrap_undo_compare(const struct undo_request *request, struct arena *arena,
                        struct undo_change *out) {
    int rc = __real_undo_compare(request, arena, out);

    out->edit_count = 0;
    return rc;
}
