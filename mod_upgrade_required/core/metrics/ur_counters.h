#ifndef UR_COUNTERS_H
#define UR_COUNTERS_H

#include "core/metrics/ur_cache_line.h"
#include "core/metrics/ur_outcome.h"
#include "core/policy/ur_reason.h"
#include "core/text/ur_buf.h"
#include "core/protocol/ur_protocol.h"

#include <stdatomic.h>
#include <stdint.h>

/* The counters, in memory that all children of a server share. Everything is counted in several
 * "slots", one per processor, which are summed when read: no two processors write the same
 * cache line, and nothing waits. All-zero memory is a valid start. */

/* How many versions are counted. UR_HTTP_ANY is not one of them, but has a place: counting an
 * unknown version must not write beside the array. */
#define UR_HTTPS (UR_HTTP_2 + 1)
#define UR_TLSS  (UR_TLS_1_3 + 1)

/* Requests by HTTP and TLS version. */
struct ur_requests {
    _Alignas(UR_CACHE_LINE) atomic_uint_fast64_t counts[UR_HTTPS][UR_TLSS];
};

/* What the client of a TLS handshake offers: its highest version, and whether it could agree on
 * a post-quantum key exchange. */
struct ur_offer {
    enum ur_tls highest;
    bool post_quantum;
};

/* TLS handshakes by what the client offers, whether or not a request follows. */
struct ur_hellos {
    _Alignas(UR_CACHE_LINE) atomic_uint_fast64_t offers[UR_TLSS][2];
    atomic_uint_fast64_t failures[UR_TLSS];
};

/* What became of one policy's requests. */
struct ur_tally {
    _Alignas(UR_CACHE_LINE)
        atomic_uint_fast64_t counts[UR_VERDICTS][UR_REASONS][UR_HTTPS][UR_TLSS];
    atomic_uint_fast64_t opened[UR_CARRIERS]; /* tunnels */
};

/* What is counted of a policy, or may be, a bit each: pairs of verdict and reason, and tunnels.
 * Those of many policies stand side by side: they spare the reader what cannot occur, and the
 * system the pages of it. */
#define UR_MARKS      ((int)UR_VERDICTS * (int)UR_REASONS + 1)
#define UR_MARK_WORDS ((UR_MARKS + 63) / 64)

typedef struct {
    atomic_uint_fast64_t words[UR_MARK_WORDS];
} ur_used;

static inline size_t ur_mark_of(enum ur_verdict verdict, enum ur_reason reason)
{
    return (size_t)verdict * UR_REASONS + (size_t)reason;
}

static inline bool ur_used_has(ur_used *used, size_t mark)
{
    return atomic_load_explicit(&used->words[mark / 64], memory_order_relaxed) >> mark % 64 & 1;
}

/* Read before it is written: nearly always the mark is there, and the line is shared. */
static inline void ur_used_set(ur_used *used, size_t mark)
{
    if (!ur_used_has(used, mark)) {
        atomic_fetch_or_explicit(&used->words[mark / 64], UINT64_C(1) << mark % 64,
                                 memory_order_relaxed);
    }
}

/* A snapshot of these, for a reader. */
struct ur_marks {
    uint64_t words[UR_MARK_WORDS];
};

/* Text by which two versions of this module recognize whether their counters have the same
 * layout. */
void ur_counters_layout(struct ur_buf *out);

static inline void ur_counters_count_request(struct ur_requests *slot, struct ur_seen seen)
{
    atomic_fetch_add_explicit(&slot->counts[seen.http][seen.tls], 1, memory_order_relaxed);
}

static inline void ur_counters_count_hello(struct ur_hellos *slot, struct ur_offer offer)
{
    atomic_fetch_add_explicit(&slot->offers[offer.highest][offer.post_quantum], 1,
                              memory_order_relaxed);
}

static inline void ur_counters_count_hello_failure(struct ur_hellos *slot, enum ur_tls highest)
{
    atomic_fetch_add_explicit(&slot->failures[highest], 1, memory_order_relaxed);
}

/* The slots of one counter: the first, how many, and the distance from one to the next. */
struct ur_request_slots {
    const struct ur_requests *first;
    size_t count;
};

struct ur_hello_slots {
    const struct ur_hellos *first; /* NULL: ClientHellos are not examined */
    size_t count;
};

struct ur_tally_slots {
    ur_used *used; /* NULL: nothing is counted */
    struct ur_tally *first;
    size_t count;
    size_t stride; /* in each; slots of used do not share a cache line if it is 8 or more */
};

void ur_counters_count_decision(struct ur_tally_slots slots, size_t slot,
                                enum ur_verdict verdict, enum ur_reason reason,
                                struct ur_seen seen);

/* The same for the decision that most requests get, which has no reason. */
static inline void ur_counters_count_allowed(struct ur_tally_slots slots, size_t slot,
                                             struct ur_seen seen)
{
    size_t at = slot * slots.stride;

    atomic_fetch_add_explicit(
        &slots.first[at].counts[UR_VERDICT_ALLOW][UR_REASON_NONE][seen.http][seen.tls], 1,
        memory_order_relaxed);
    ur_used_set(&slots.used[at], ur_mark_of(UR_VERDICT_ALLOW, UR_REASON_NONE));
}

/* It may occur under the policy. From then on its number is told, also a zero: a rate needs one
 * to begin with. */
void ur_counters_expect(struct ur_tally_slots slots, size_t slot, enum ur_verdict verdict,
                        enum ur_reason reason);

/* The same for tunnels. */
void ur_counters_expect_tunnels(struct ur_tally_slots slots);
bool ur_counters_expects_tunnels(struct ur_tally_slots slots);

/* A tunnel was opened under the policy. */
void ur_counters_count_opened(struct ur_tally_slots slots, size_t slot,
                              enum ur_carried carrier);
uint64_t ur_counters_opened(struct ur_tally_slots slots, enum ur_carried carrier);

uint64_t ur_counters_requests(struct ur_request_slots slots, struct ur_seen seen);

uint64_t ur_counters_hellos(struct ur_hello_slots slots, struct ur_offer offer);
uint64_t ur_counters_hello_failures(struct ur_hello_slots slots, enum ur_tls highest);

/* What is counted of a policy. */
struct ur_marks ur_counters_marks(struct ur_tally_slots slots);
bool ur_counters_marked(const struct ur_marks *marks, enum ur_verdict verdict,
                        enum ur_reason reason);
void ur_counters_mark(struct ur_marks *marks, enum ur_verdict verdict, enum ur_reason reason);
void ur_counters_unite(struct ur_marks *marks, const struct ur_marks *more);

uint64_t ur_counters_decisions(struct ur_tally_slots slots, enum ur_verdict verdict,
                               enum ur_reason reason, struct ur_seen seen);

#endif
