#ifndef UR_COUNTERS_H
#define UR_COUNTERS_H

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
