#ifndef UR_SKETCH_H
#define UR_SKETCH_H

#include "core/text/ur_buf.h"

#include <stdatomic.h>
#include <stdint.h>

/* How many different clients there were, without keeping any: HyperLogLog, in memory that
 * several processes share. All-zero memory is one that has seen nobody. The standard error of
 * the estimate is 1.04 / sqrt(UR_SKETCH_REGISTERS), 3.25 %.
 *
 * Two of them are merged by the larger of each two registers, and are then exactly the one that
 * has seen the clients of both; the order does not matter, nor how often it is done. So the
 * sketches of many servers give one number, if all of them hash in the same way. */

#define UR_SKETCH_BITS      10
#define UR_SKETCH_REGISTERS (1 << UR_SKETCH_BITS)

/* A register holds the highest rank among the hashes that fall to it: the place of the first
 * one bit, from 1. That of a hash without any is one behind the last place. */
#define UR_SKETCH_RANK_MAX (64 - UR_SKETCH_BITS + 1)

struct ur_sketch {
    atomic_uchar registers[UR_SKETCH_REGISTERS];
};

/* One client, by a 64-bit hash of it of which every bit is as good as random. Any number of
 * threads at a time; nobody waits. */
void ur_sketch_add(struct ur_sketch *sketch, uint64_t hash);

/* What other has seen, too. */
void ur_sketch_merge(struct ur_sketch *sketch, const struct ur_sketch *other);

/* How many different hashes, to the nearest whole number; 0 for none. */
uint64_t ur_sketch_estimate(const struct ur_sketch *sketch);

/* The registers in order, one base64 digit each (RFC 4648, table 1): base64 of six bits each,
 * UR_SKETCH_REGISTERS characters. */
void ur_sketch_write(struct ur_buf *out, const struct ur_sketch *sketch);

#endif
