#ifndef UR_COUNTERS_H
#define UR_COUNTERS_H

#include "judgement/ur_tunnels.h"
#include "judgement/ur_verdict.h"
#include "values/ur_buf.h"
#include "values/ur_protocol.h"

#include <stdatomic.h>
#include <stdint.h>

/* The numbers, in memory that all children of a server share. Everything is counted in
 * several places, "slots", one for each processor, and summed up when somebody asks: so no
 * two processors write one cache line, and nobody waits for anybody. Memory that is all zero is
 * a valid start. */

#define UR_CACHE_LINE 64

/* How many versions there are to be counted; UR_HTTP_ANY is none. */
#define UR_HTTPS UR_HTTP_2
#define UR_TLSS  (UR_TLS_1_3 + 1)

/* Requests by what their clients speak. */
struct ur_requests {
    _Alignas(UR_CACHE_LINE) atomic_uint_fast64_t counts[UR_HTTPS][UR_TLSS];
};

/* TLS handshakes by the highest version that the client offers, whether or not they come to a
 * request. */
struct ur_hellos {
    _Alignas(UR_CACHE_LINE) atomic_uint_fast64_t offers[UR_TLSS];
    atomic_uint_fast64_t failures[UR_TLSS];
};

/* What became of one policy's requests. */
struct ur_tally {
    _Alignas(UR_CACHE_LINE)
        atomic_uint_fast64_t counts[UR_VERDICTS][UR_REASONS][UR_HTTPS][UR_TLSS];
};

/* Bit verdict * UR_REASONS + reason: something is counted there. Those of many policies stand
 * side by side: they spare the reader the zeros, and the system the pages of them. */
typedef atomic_uint_fast64_t ur_used;

enum ur_direction {
    UR_DIRECTION_RECEIVED, /* from clients */
    UR_DIRECTION_SENT,     /* to clients */
    UR_DIRECTIONS
};

/* What became of event tunnels, and what went through them. */
struct ur_tunnels {
    _Alignas(UR_CACHE_LINE) atomic_uint_fast64_t ended[UR_OUTCOMES];
    atomic_uint_fast64_t bytes[UR_DIRECTIONS];
};

/* Those that one child has open now. A child takes a cell that nobody has; the server takes it
 * from a child that has gone, however it went. */
struct ur_tunnel_cell {
    _Alignas(UR_CACHE_LINE) atomic_long pid; /* 0: nobody's */
    atomic_uint_fast64_t open;
};

/* Where a child counts its tunnels. NULL: nowhere. */
struct ur_tunnel_place {
    struct ur_tunnels *tunnels;
    struct ur_tunnel_cell *cell;
};

/* Two modules that differ in this count in different ways. */
#define UR_TUNNEL_LAYOUT (sizeof(struct ur_tunnels) << 16 | sizeof(struct ur_tunnel_cell))

/* Text by which two versions of this module know whether they count in the same way. */
void ur_counters_layout(struct ur_buf *out);

static inline void ur_count_request(struct ur_requests *slot, struct ur_seen seen)
{
    atomic_fetch_add_explicit(&slot->counts[seen.http - 1][seen.tls], 1, memory_order_relaxed);
}

static inline void ur_count_offer(struct ur_hellos *slot, enum ur_tls highest)
{
    atomic_fetch_add_explicit(&slot->offers[highest], 1, memory_order_relaxed);
}

static inline void ur_count_failure(struct ur_hellos *slot, enum ur_tls highest)
{
    atomic_fetch_add_explicit(&slot->failures[highest], 1, memory_order_relaxed);
}

static inline void ur_count_tunnel_opened(struct ur_tunnel_place place)
{
    if (place.cell) {
        atomic_fetch_add_explicit(&place.cell->open, 1, memory_order_relaxed);
    }
}

static inline void ur_count_tunnel_closed(struct ur_tunnel_place place)
{
    if (place.cell) {
        atomic_fetch_sub_explicit(&place.cell->open, 1, memory_order_relaxed);
    }
}

static inline void ur_count_tunnel_outcome(struct ur_tunnel_place place,
                                           enum ur_outcome outcome)
{
    if (place.tunnels) {
        atomic_fetch_add_explicit(&place.tunnels->ended[outcome], 1, memory_order_relaxed);
    }
}

static inline void ur_count_tunnel_bytes(struct ur_tunnel_place place,
                                         enum ur_direction direction, uint64_t bytes)
{
    if (place.tunnels && bytes) {
        atomic_fetch_add_explicit(&place.tunnels->bytes[direction], bytes,
                                  memory_order_relaxed);
    }
}

/* Where the slots of one thing stand: the first, how many, and the distance from one to the
 * next. */
struct ur_request_slots {
    const struct ur_requests *first;
    size_t count;
};

struct ur_hello_slots {
    const struct ur_hellos *first; /* NULL: nobody looks at ClientHellos */
    size_t count;
};

struct ur_tally_slots {
    ur_used *used; /* NULL: nothing is counted */
    struct ur_tally *first;
    size_t count;
    size_t stride; /* in either; slots of used do not share a cache line if it is 8 or more */
};

struct ur_tunnel_cells {
    struct ur_tunnel_cell *first;
    size_t count;
};

/* A cell for this process; NULL where none is left. */
struct ur_tunnel_cell *ur_tunnel_cell_take(struct ur_tunnel_cells cells, long pid);

/* The process has gone, and its tunnels with it. */
void ur_tunnel_cell_free(struct ur_tunnel_cells cells, long pid);

uint64_t ur_tunnels_open(struct ur_tunnel_cells cells);
uint64_t ur_tunnels_ended(const struct ur_tunnels *tunnels, enum ur_outcome outcome);
uint64_t ur_tunnels_bytes(const struct ur_tunnels *tunnels, enum ur_direction direction);

void ur_count_decision(struct ur_tally_slots slots, size_t slot, enum ur_verdict verdict,
                       enum ur_reason reason, struct ur_seen seen);

uint64_t ur_requests_sum(struct ur_request_slots slots, struct ur_seen seen);

uint64_t ur_offers_sum(struct ur_hello_slots slots, enum ur_tls highest);
uint64_t ur_failures_sum(struct ur_hello_slots slots, enum ur_tls highest);

/* For which verdicts and reasons anything is counted: bits of ur_used. */
uint64_t ur_tally_used(struct ur_tally_slots slots);
uint64_t ur_tally_bit(enum ur_verdict verdict, enum ur_reason reason);

uint64_t ur_tally_sum(struct ur_tally_slots slots, enum ur_verdict verdict,
                      enum ur_reason reason, struct ur_seen seen);

#endif
