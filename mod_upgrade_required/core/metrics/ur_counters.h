#ifndef UR_COUNTERS_H
#define UR_COUNTERS_H

#include "core/metrics/ur_tunnel_budget.h"
#include "core/policy/ur_reason.h"
#include "core/text/ur_buf.h"
#include "core/protocol/ur_protocol.h"

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
    atomic_uint_fast64_t opened[UR_CARRIERS]; /* tunnels */
};

/* What is counted of a policy at all, a bit each: pairs of verdict and reason, and tunnels.
 * Those of many policies stand side by side: they spare the reader the zeros, and the system
 * the pages of them. */
#define UR_MARKS      (UR_VERDICTS * UR_REASONS + 1)
#define UR_MARK_WORDS ((UR_MARKS + 63) / 64)

typedef struct {
    atomic_uint_fast64_t words[UR_MARK_WORDS];
} ur_used;

/* The same at one moment, for a reader. */
struct ur_marks {
    uint64_t words[UR_MARK_WORDS];
};

enum ur_direction {
    UR_DIRECTION_RECEIVED, /* from clients */
    UR_DIRECTION_SENT,     /* to clients */
    UR_DIRECTIONS
};

/* What one child does with tunnels. The numbers only grow, over all the children that have had
 * the cell one after the other, so the books close whenever somebody looks: open are those that
 * were opened and have not ended. A child takes a cell that nobody has; the server takes it
 * back from one that has gone, however it went. */
struct ur_tunnel_cell {
    _Alignas(UR_CACHE_LINE) atomic_long pid; /* 0: nobody's */
    atomic_long generation;                  /* of the server's configuration */
    atomic_int_fast64_t leaving;  /* since when it only waits for its tunnels to end, in seconds
                                   * of a clock that nobody sets; 0: it does not */
    atomic_int_fast64_t draining; /* by when they are to have ended, in seconds of the same
                                   * clock; 0: whenever they do */
    atomic_uint_fast64_t room;    /* how many event tunnels it may hold; 0: not known yet */
    atomic_uint_fast64_t held;    /* places that are taken, of these */
    atomic_uint_fast64_t carried; /* workers that carry one, or have a handshake for that */
    atomic_uint_fast64_t opened[UR_CARRIERS];
    atomic_uint_fast64_t ended[UR_CARRIERS][UR_OUTCOMES];
    atomic_uint_fast64_t turned_away[UR_TURNED_AWAYS];
    atomic_uint_fast64_t bytes[UR_DIRECTIONS];
};

struct ur_tunnel_cells {
    struct ur_tunnel_cell *first;
    size_t count;
};

/* Where a child counts its tunnels, and those of its siblings. cell is NULL where nothing is
 * counted. */
struct ur_tunnel_place {
    struct ur_tunnel_cell *cell;
    struct ur_tunnel_cells all;
};

/* Two modules that differ in this count in different ways. */
#define UR_TUNNEL_LAYOUT sizeof(struct ur_tunnel_cell)

/* Text by which two versions of this module know whether they count in the same way. */
void ur_counters_layout(struct ur_buf *out);

static inline void ur_count_request(struct ur_requests *slot, struct ur_seen seen)
{
    atomic_fetch_add_explicit(&slot->counts[seen.http - 1][seen.tls], 1, memory_order_relaxed);
}

static inline void ur_count_hello(struct ur_hellos *slot, enum ur_tls highest)
{
    atomic_fetch_add_explicit(&slot->offers[highest], 1, memory_order_relaxed);
}

static inline void ur_count_hello_failure(struct ur_hellos *slot, enum ur_tls highest)
{
    atomic_fetch_add_explicit(&slot->failures[highest], 1, memory_order_relaxed);
}

static inline void ur_count_tunnel_opened(struct ur_tunnel_cell *cell, enum ur_carried carrier)
{
    if (cell) {
        atomic_fetch_add_explicit(&cell->opened[carrier], 1, memory_order_relaxed);
    }
}

static inline void ur_count_tunnel_ended(struct ur_tunnel_cell *cell, enum ur_carried carrier,
                                         enum ur_outcome outcome)
{
    if (cell) {
        atomic_fetch_add_explicit(&cell->ended[carrier][outcome], 1, memory_order_release);
    }
}

static inline void ur_count_tunnel_turned_away(struct ur_tunnel_cell *cell,
                                               enum ur_turned_away why)
{
    if (cell) {
        atomic_fetch_add_explicit(&cell->turned_away[why], 1, memory_order_relaxed);
    }
}

static inline void ur_count_tunnel_bytes(struct ur_tunnel_cell *cell,
                                         enum ur_direction direction, uint64_t bytes)
{
    if (cell && bytes) {
        atomic_fetch_add_explicit(&cell->bytes[direction], bytes, memory_order_relaxed);
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

/* A cell for this process; NULL where none is left. */
struct ur_tunnel_cell *ur_tunnel_cell_take(struct ur_tunnel_cells cells, long pid,
                                           long generation);

/* The process has gone. What it had open has ended with it, in this way; how many those were.
 */
uint64_t ur_tunnel_cell_free(struct ur_tunnel_cells cells, long pid, enum ur_outcome outcome);

/* How many tunnels of this kind are open in one child. */
uint64_t ur_tunnel_cell_open(const struct ur_tunnel_cell *cell, enum ur_carried carrier);

/* The generation of the newest children. */
long ur_tunnel_generation(struct ur_tunnel_cells cells);

/* Whether a child only waits for its tunnels to end: it has said so, or, as children of prefork
 * do not, it is of an older generation than others. */
bool ur_tunnel_cell_leaving(const struct ur_tunnel_cell *cell, long newest);

/* The sum of all cells at one moment: opened = ended + open. */
struct ur_tunnel_books {
    uint64_t opened[UR_CARRIERS];
    uint64_t ended[UR_OUTCOMES];
    uint64_t open;    /* in children that serve */
    uint64_t leaving; /* in children that only wait for their tunnels to end */
    uint64_t turned_away[UR_TURNED_AWAYS];
    uint64_t bytes[UR_DIRECTIONS];
};

struct ur_tunnel_books ur_tunnel_books(struct ur_tunnel_cells cells);

void ur_count_decision(struct ur_tally_slots slots, size_t slot, enum ur_verdict verdict,
                       enum ur_reason reason, struct ur_seen seen);

/* A tunnel was opened under the policy. */
void ur_count_opened(struct ur_tally_slots slots, size_t slot, enum ur_carried carrier);
uint64_t ur_opened_sum(struct ur_tally_slots slots, enum ur_carried carrier);

uint64_t ur_requests_sum(struct ur_request_slots slots, struct ur_seen seen);

uint64_t ur_offers_sum(struct ur_hello_slots slots, enum ur_tls highest);
uint64_t ur_failures_sum(struct ur_hello_slots slots, enum ur_tls highest);

/* What is counted of a policy. */
struct ur_marks ur_tally_marks(struct ur_tally_slots slots);
bool ur_marked(const struct ur_marks *marks, enum ur_verdict verdict, enum ur_reason reason);

uint64_t ur_tally_sum(struct ur_tally_slots slots, enum ur_verdict verdict,
                      enum ur_reason reason, struct ur_seen seen);

#endif
