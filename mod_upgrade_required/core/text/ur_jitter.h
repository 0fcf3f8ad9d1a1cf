#ifndef UR_JITTER_H
#define UR_JITTER_H

#include <stdint.h>

/* A span that is shorter by up to that many percent, so that what begins together does not all
 * end together. percent: at most 100; random: any number, and the same one gives the same
 * span. */
static inline uint64_t ur_jitter(uint64_t span, unsigned percent, uint32_t random)
{
    uint64_t most = span / 100 * percent + span % 100 * percent / 100;

    return span - ((most >> 16) * (random >> 16) + ((most & 0xffff) * (random >> 16) >> 16));
}

#endif
