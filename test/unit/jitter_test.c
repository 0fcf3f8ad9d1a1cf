#include "tap.h"

#include "core/text/ur_jitter.h"

static const struct {
    uint64_t span;
    unsigned percent;
    uint32_t random;
    uint64_t least; /* what may come out */
    uint64_t most;
} cases[] = {
    {1000000, 10, 0, 1000000, 1000000},
    {1000000, 10, UINT32_MAX, 900000, 900002},
    {1000000, 10, UINT32_MAX / 2, 949999, 950002},
    {1000000, 0, UINT32_MAX, 1000000, 1000000},
    {1000000, 100, UINT32_MAX, 0, 16},
    {UINT64_C(31536000000000), 90, UINT32_MAX, UINT64_C(3153600000000),
     UINT64_C(3154100000000)},
    {UINT64_C(31536000000000), 90, 0, UINT64_C(31536000000000), UINT64_C(31536000000000)},
    {UINT64_MAX, 100, 0, UINT64_MAX, UINT64_MAX},
    {UINT64_MAX, 100, UINT32_MAX, 0, UINT64_MAX >> 15},
    {0, 90, UINT32_MAX, 0, 0},
    {99, 50, UINT32_MAX, 50, 51},
};

int main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t got = ur_jitter(cases[i].span, cases[i].percent, cases[i].random);
        ok(got >= cases[i].least && got <= cases[i].most, "%llu less %u %% at most: %llu",
           (unsigned long long)cases[i].span, cases[i].percent, (unsigned long long)got);
    }
    return tap_done();
}
