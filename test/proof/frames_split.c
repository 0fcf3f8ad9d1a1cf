/* Proves: it makes no difference to the frame scanner in which pieces bytes arrive. A step
 *   over all of them, and a step over the first byte followed by one over the others, end in
 *   the same state behind the same byte, from any state that it can be in. (So a stream fed
 *   whole is a stream fed byte by byte, and with it a stream fed in any pieces.)
 * Assumes: the state keeps the invariant is_sane() of frames.h.
 * Bound: none: a step looks at the first 14 bytes only, and the length is arbitrary
 * Unwind: 15
 * Mutant: core/protocol/ur_frames.c: frames->left -= step; => frames->left = 0;
 * Mutant: core/protocol/ur_frames.c: frames->header[frames->have++] = =>
 *   frames->header[taken] =
 * Mutant: core/protocol/ur_frames.c: header[key + CODE_SIZE - frames->code_left] =>
 *   header[key + i]
 */
#include "frames.h"

int main(void)
{
    char bytes[UR_FRAMES_HEADER_MAX];
    size_t len = any();
    struct ur_frames whole = any_frames();
    struct ur_frames parts = whole;
    size_t step;
    size_t first;

    FORGET(bytes);
    ASSUME(len > 1);
    step = ur_frames_step(&whole, bytes, len);
    first = ur_frames_step(&parts, bytes, 1);
    PROVE(first == 1);
    if (step > 1) {
        PROVE(ur_frames_step(&parts, bytes + 1, len - 1) == step - 1);
    }
    PROVE(are_same(&whole, &parts));
    POSSIBLE(step > 1 && whole.left > 0);
    POSSIBLE(step > 1 && ur_frames_said_close(&whole) && whole.left > 0);
}
