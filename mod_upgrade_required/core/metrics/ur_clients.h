#ifndef UR_CLIENTS_H
#define UR_CLIENTS_H

#include "core/metrics/ur_largest.h"
#include "core/metrics/ur_sketch.h"

#include <stdbool.h>

/* The clients that do not meet a policy: how many, and which send most. In memory that all
 * children of a server share, all zero at first. */

struct ur_clients {
    struct ur_largest largest;
    struct ur_sketch sketch;
};

/* Those of one policy. The marks of many policies lie together, so that the system need not
 * provide memory for those that nobody asks for. */
struct ur_clients_place {
    atomic_uchar *asked; /* they are counted, or were; NULL: there is no memory */
    struct ur_clients *clients;
};

/* They will be counted: from now on their number is told, also a zero. */
static inline void ur_clients_expect(struct ur_clients_place place)
{
    if (!atomic_load_explicit(place.asked, memory_order_relaxed)) {
        atomic_store_explicit(place.asked, 1, memory_order_relaxed);
    }
}

static inline bool ur_clients_expected(struct ur_clients_place place)
{
    return place.asked && atomic_load_explicit(place.asked, memory_order_relaxed);
}

/* A request. hash: of its client (ur_sketch.h); the others: see ur_largest.h. */
static inline void ur_clients_count(struct ur_clients_place place, uint64_t hash,
                                    uint64_t network, struct ur_span product, long owner)
{
    ur_clients_expect(place);
    ur_sketch_add(&place.clients->sketch, hash);
    ur_largest_count(&place.clients->largest, network, product, owner);
}

#endif
