/* Proves: a step of the frame scanner from any state that it can be in reads and writes in
 *   bounds, moves on by at least one byte and at most all, and leaves such a state behind. A
 *   scanner at rest is such a state, and so is one that has skipped payload.
 * Assumes: the state keeps the invariant is_sane() of frames.h.
 * Bound: none: a step looks at the first 14 bytes only, and the length is arbitrary
 * Unwind: 15
 * Flags: --unsigned-overflow-check
 * Mutant: core/protocol/ur_frames.c: return size + 8; => return size + 9;
 * Mutant: core/protocol/ur_frames.c: frames->have == header_size(frames->header)) { =>
 *   frames->have > header_size(frames->header)) {
 * Mutant: core/protocol/ur_frames.c: len < frames->left ? len : (size_t)frames->left => len
 * Mutant: core/protocol/ur_frames.c: size > 0 && size < CODE_SIZE => size > CODE_SIZE
 */
#include "frames.h"

int main(void)
{
    char bytes[UR_FRAMES_HEADER_MAX];
    size_t len = any();
    struct ur_frames frames = {.masked = any_bool()};
    size_t step;

    FORGET(bytes);
    PROVE(is_sane(&frames));
    frames = any_frames();
    ASSUME(len > 0 && (len <= sizeof bytes || any_bool()));
    step = ur_frames_step(&frames, bytes, len);
    PROVE(step > 0 && step <= len);
    PROVE(is_sane(&frames));
    POSSIBLE(frames.left > 0 && step == UR_FRAMES_HEADER_MAX);
    POSSIBLE(ur_frames_said_close(&frames) && !frames.lost);
    POSSIBLE(step == SIZE_MAX);
    if (ur_frames_payload(&frames)) {
        ur_frames_skip(&frames, any_up_to(ur_frames_payload(&frames)));
        PROVE(is_sane(&frames));
    }
}
