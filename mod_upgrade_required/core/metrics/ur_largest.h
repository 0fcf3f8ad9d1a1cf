#ifndef UR_LARGEST_H
#define UR_LARGEST_H

#include "core/metrics/ur_cache_line.h"
#include "core/protocol/ur_product.h"
#include "core/text/ur_buf.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* Who sends most: networks and products by their requests, in memory of a fixed size that
 * several processes share, all zero at first. Space-Saving (Metwally et al., 2005): a newcomer
 * takes the place of the one with the fewest requests, and competes with that number, so that
 * one that sends more than a UR_LARGEST_KEPT-th of all requests has a place. What is told of it
 * are the requests since it has had that place: it may have sent more.
 *
 * Nobody waits. One that has a place is counted with an addition; a newcomer that meets another
 * at the same moment is not counted. */

#define UR_LARGEST_KEPT  128
#define UR_LARGEST_SHOWN 20

#define UR_LARGEST_WORDS ((UR_PRODUCT_MAX + 7) / 8)

struct ur_largest {
    _Alignas(UR_CACHE_LINE) atomic_long taker;     /* the process that gives a place; 0: none */
    atomic_uint_fast64_t keys[UR_LARGEST_KEPT];    /* 0: the place is free */
    atomic_uint_fast64_t weights[UR_LARGEST_KEPT]; /* requests, with those inherited */
    atomic_uint_fast64_t inherited[UR_LARGEST_KEPT]; /* from who had the place before */
    atomic_uint_fast64_t networks[UR_LARGEST_KEPT];
    atomic_uint_fast64_t products[UR_LARGEST_KEPT][UR_LARGEST_WORDS];
};

/* A request. network: ur_client_of_ipv4() or ur_client_of_ipv6(), of which only the /24 or /56
 * is kept; product: ur_product_word(); owner: the process. */
void ur_largest_count(struct ur_largest *largest, uint64_t network, struct ur_span product,
                      long owner);

/* The process has exited, perhaps while it gave a place. In the parent process. */
void ur_largest_free(struct ur_largest *largest, long owner);

struct ur_largest_row {
    uint64_t network;
    char product[UR_LARGEST_WORDS * 8 + 1];
    uint64_t requests; /* at least */
};

/* Stores the largest, most requests first; how many there are. */
size_t ur_largest_read(const struct ur_largest *largest,
                       struct ur_largest_row rows[UR_LARGEST_SHOWN]);

/* "192.0.2.0/24", "2001:db8:0:100::/56" (RFC 5952): the network of a row. */
void ur_largest_write_network(struct ur_buf *out, uint64_t network);

#endif
