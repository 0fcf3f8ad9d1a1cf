#ifndef FRAMES_H
#define FRAMES_H

#include "proof.h"

#include "core/protocol/ur_frames.c"

/* What is true of a scanner between two calls, whatever has been fed to it. */
static inline bool is_sane(const struct ur_frames *frames)
{
    const unsigned char *header = frames->header;
    bool header_fits = frames->have < 2 ? true : frames->have < header_size(header);
    bool in_payload = frames->left > 0;

    if (frames->have >= UR_FRAMES_HEADER_MAX || !header_fits || frames->left > frames->size ||
        frames->size >> 63 || (in_payload && frames->have) || (frames->lost && in_payload)) {
        return false;
    }
    if (!frames->code_left) {
        return true;
    }
    /* The header is that of the Close, whose payload begins with the code. */
    return frames->code_left <= CODE_SIZE && frames->closed && !frames->lost &&
           frames->left + CODE_SIZE == frames->size + frames->code_left &&
           frames->size >= CODE_SIZE && (header[1] & LENGTH) < LENGTH_16 &&
           !(header[1] & MASK) == !frames->masked;
}

static inline struct ur_frames any_frames(void)
{
    ANY(struct ur_frames, frames);

    frames.masked = any_bool();
    frames.lost = any_bool();
    frames.closed = any_bool();
    ASSUME(is_sane(&frames));
    return frames;
}

static inline bool are_same(const struct ur_frames *one, const struct ur_frames *other)
{
    return one->left == other->left && one->size == other->size && one->have == other->have &&
           memcmp(one->header, other->header, UR_FRAMES_HEADER_MAX) == 0 &&
           one->code_left == other->code_left && one->code == other->code &&
           one->masked == other->masked && one->lost == other->lost &&
           one->closed == other->closed;
}

#endif
