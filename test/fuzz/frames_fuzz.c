#include "fuzz.h"

#include "core/protocol/ur_frames.h"

static bool same(const struct ur_frames *a, const struct ur_frames *b)
{
    return a->left == b->left && a->have == b->have && a->lost == b->lost &&
           a->closed == b->closed && a->code == b->code && a->code_left == b->code_left &&
           a->size == b->size;
}

/* Payload that is skipped instead of fed makes no difference. */
static struct ur_frames skipping(struct ur_frames frames, const uint8_t *data, size_t size,
                                 size_t step)
{
    while (size) {
        uint64_t payload = ur_frames_payload(&frames);
        size_t len = payload ? step : 1;
        len = len < size ? len : size;
        len = payload && len > payload ? (size_t)payload : len;
        if (payload) {
            ur_frames_skip(&frames, len);
        }
        else {
            ur_frames_feed(&frames, (const char *)data, len);
        }
        data += len;
        size -= len;
    }
    return frames;
}

/* The first byte says who sends and in what steps; where the frames are, and what a Close says,
 * does not depend on the steps; what is lost stays lost, and a code stays what it is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ur_frames whole = {.masked = size && data[0] & 1};
    struct ur_frames steps = whole;
    struct ur_frames skipped = whole;
    size_t step = size ? 1 + (data[0] >> 1) % 17 : 1;

    if (size == 0) {
        return 0;
    }
    ur_frames_feed(&whole, (const char *)data + 1, size - 1);
    for (size_t at = 1; at < size; at += step) {
        bool lost = steps.lost;
        bool said = ur_frames_said_close(&steps);
        unsigned code = steps.code;
        ur_frames_feed(&steps, (const char *)data + at, size - at < step ? size - at : step);
        must(!lost || steps.lost);
        must(!said || (ur_frames_said_close(&steps) && steps.code == code));
    }
    skipped = skipping(skipped, data + 1, size - 1, step);
    must(same(&whole, &steps));
    must(same(&whole, &skipped));
    must(whole.have < sizeof whole.header);
    must(!whole.have || !whole.left);
    must(!whole.code_left || (whole.closed && whole.left >= whole.code_left));
    must(!(ur_frames_between(&whole) && (whole.lost || whole.closed)));
    return 0;
}
