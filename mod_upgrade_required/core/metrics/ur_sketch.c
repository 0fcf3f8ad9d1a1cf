#include "core/metrics/ur_sketch.h"

static unsigned load(const atomic_uchar *reg)
{
    return atomic_load_explicit(reg, memory_order_relaxed);
}

/* Read before it is written: a client that has come before changes nothing. */
static void raise_to(atomic_uchar *reg, unsigned rank)
{
    unsigned char old = (unsigned char)load(reg);

    while (old < rank &&
           !atomic_compare_exchange_weak_explicit(reg, &old, (unsigned char)rank,
                                                  memory_order_relaxed, memory_order_relaxed)) {
    }
}

/* The first bits choose the register, the others give the rank. */
void ur_sketch_add(struct ur_sketch *sketch, uint64_t hash)
{
    uint64_t rest = hash << UR_SKETCH_BITS;
    unsigned rank = 1;

    while (rank < UR_SKETCH_RANK_MAX && !(rest >> 63)) {
        rest <<= 1;
        rank++;
    }
    raise_to(&sketch->registers[hash >> (64 - UR_SKETCH_BITS)], rank);
}

void ur_sketch_merge(struct ur_sketch *sketch, const struct ur_sketch *other)
{
    for (size_t i = 0; i < UR_SKETCH_REGISTERS; i++) {
        raise_to(&sketch->registers[i], load(&other->registers[i]));
    }
}

/* x + sum of 2^(k-1) * x^(2^k) for k from 1, until that adds nothing; x is below 1. */
static double sigma(double x)
{
    double sum = x;
    double factor = 1;
    double before;

    do {
        before = sum;
        x *= x;
        sum += factor * x;
        factor *= 2;
    } while (sum > before);
    return sum;
}

/* The improved estimator of O. Ertl, "New cardinality estimation algorithms for HyperLogLog
 * sketches" (2017): without bias from the first client on, and without tables. Its correction
 * for registers that are at their end is left out: it takes some 2^60 clients. */
uint64_t ur_sketch_estimate(const struct ur_sketch *sketch)
{
    const double alpha = 0.72134752044448170368; /* 1 / (2 ln 2) */
    const double m = UR_SKETCH_REGISTERS;
    double estimate;
    unsigned counts[UR_SKETCH_RANK_MAX + 1] = {0};
    double z = 0;

    for (size_t i = 0; i < UR_SKETCH_REGISTERS; i++) {
        unsigned rank = load(&sketch->registers[i]);
        counts[rank < UR_SKETCH_RANK_MAX ? rank : UR_SKETCH_RANK_MAX]++;
    }
    if (counts[0] == UR_SKETCH_REGISTERS) {
        return 0;
    }
    for (unsigned rank = UR_SKETCH_RANK_MAX; rank > 0; rank--) {
        z = (z + counts[rank]) / 2;
    }
    z += m * sigma(counts[0] / m);
    estimate = alpha * m * m / z + 0.5;
    return estimate < 0x1p64 ? (uint64_t)estimate : UINT64_MAX;
}

void ur_sketch_write(struct ur_buf *out, const struct ur_sketch *sketch)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < UR_SKETCH_REGISTERS; i++) {
        ur_buf_bytes(out, &digits[load(&sketch->registers[i]) & 63], 1);
    }
}
