#ifndef UR_TUNNEL_CELL_H
#define UR_TUNNEL_CELL_H

#include "core/metrics/ur_cache_line.h"
#include "core/metrics/ur_outcome.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The counters of tunnels, in memory that all children of a server share: one cell per child,
 * which no other process writes while the child lives. All-zero memory is a valid start. */

enum ur_direction {
    UR_DIRECTION_RECEIVED, /* from clients */
    UR_DIRECTION_SENT,     /* to clients */
    UR_DIRECTIONS
};

/* The tunnels of one child. The numbers only grow, across all the children that have used the
 * cell in turn, so the totals agree at any moment: open tunnels are those opened minus those
 * ended. A child takes a free cell; the parent process takes it back when the child has exited,
 * for whatever reason. */
struct ur_tunnel_cell {
    _Alignas(UR_CACHE_LINE) atomic_long pid; /* 0: free */
    atomic_long generation;                  /* of the server's configuration */
    atomic_bool tells;                       /* it says in leaving when it is; others may not */
    atomic_int_fast64_t leaving;  /* since when it only waits for its tunnels to end, in seconds
                                   * of a monotonic clock; 0: it does not */
    atomic_int_fast64_t draining; /* by when they must have ended, in seconds of the same clock;
                                   * 0: no limit */
    atomic_uint_fast64_t room;    /* how many event tunnels it may hold; 0: not known yet */
    atomic_uint_fast64_t held;    /* places that are taken, of these */
    atomic_uint_fast64_t carried; /* workers that carry one, or handle a handshake for one */
    atomic_uint_fast64_t opened[UR_CARRIERS];
    atomic_uint_fast64_t ended[UR_CARRIERS][UR_OUTCOMES];
    atomic_uint_fast64_t turned_away[UR_TURNED_AWAYS];
    atomic_uint_fast64_t unlimited; /* not counted by client: the table of clients was full */
    atomic_uint_fast64_t bytes[UR_DIRECTIONS];
    atomic_uint_fast64_t pings[UR_PINGS_ALL];
    char end; /* of what is counted */
};

struct ur_tunnel_cells {
    struct ur_tunnel_cell *first;
    size_t count;
};

/* Where a child counts its tunnels, and the cells of its siblings. cell is NULL if nothing is
 * counted. */
struct ur_tunnel_place {
    struct ur_tunnel_cell *cell;
    struct ur_tunnel_cells all;
};

/* Two modules whose values differ have different layouts. Not the size: that has room for more
 * counters before it changes. */
#define UR_TUNNEL_LAYOUT offsetof(struct ur_tunnel_cell, end)

static inline void ur_tunnel_cell_count_opened(struct ur_tunnel_cell *cell,
                                               enum ur_carried carrier)
{
    if (cell) {
        atomic_fetch_add_explicit(&cell->opened[carrier], 1, memory_order_relaxed);
    }
}

static inline void ur_tunnel_cell_count_ended(struct ur_tunnel_cell *cell,
                                              enum ur_carried carrier, enum ur_outcome outcome)
{
    if (cell) {
        atomic_fetch_add_explicit(&cell->ended[carrier][outcome], 1, memory_order_release);
    }
}

static inline void ur_tunnel_cell_count_turned_away(struct ur_tunnel_cell *cell,
                                                    enum ur_turned_away why)
{
    if (cell) {
        atomic_fetch_add_explicit(&cell->turned_away[why], 1, memory_order_relaxed);
    }
}

static inline void ur_tunnel_cell_count_bytes(struct ur_tunnel_cell *cell,
                                              enum ur_direction direction, uint64_t bytes)
{
    if (cell && bytes) {
        atomic_fetch_add_explicit(&cell->bytes[direction], bytes, memory_order_relaxed);
    }
}

static inline void ur_tunnel_cell_count_pings(struct ur_tunnel_cell *cell, enum ur_pings pings,
                                              uint64_t number)
{
    if (cell && number) {
        atomic_fetch_add_explicit(&cell->pings[pings], number, memory_order_relaxed);
    }
}

/* A cell for this process; NULL where none is left. */
struct ur_tunnel_cell *ur_tunnel_cell_take(struct ur_tunnel_cells cells, long pid,
                                           long generation);

/* The process has exited. What it had open ended with it, with this outcome; returns how many
 * those were. */
uint64_t ur_tunnel_cell_free(struct ur_tunnel_cells cells, long pid, enum ur_outcome outcome);

/* How many tunnels of this kind are open in one child. */
uint64_t ur_tunnel_cell_open(const struct ur_tunnel_cell *cell, enum ur_carried carrier);

/* The generation of the newest children. */
long ur_tunnel_cell_newest(struct ur_tunnel_cells cells);

/* Whether a child only waits for its tunnels to end: it has said so, or, as children of prefork
 * do not, it is of an older generation than others. A child that says so hears signals by then,
 * and is serving until then. */
bool ur_tunnel_cell_leaving(const struct ur_tunnel_cell *cell, long newest);

/* The sum of all cells at one moment: opened = ended + open. */
struct ur_tunnel_books {
    uint64_t opened[UR_CARRIERS];
    uint64_t ended[UR_OUTCOMES];
    uint64_t open;    /* in children that serve */
    uint64_t leaving; /* in children that only wait for their tunnels to end */
    uint64_t turned_away[UR_TURNED_AWAYS];
    uint64_t unlimited;
    uint64_t bytes[UR_DIRECTIONS];
    uint64_t pings[UR_PINGS_ALL];
};

struct ur_tunnel_books ur_tunnel_cell_books(struct ur_tunnel_cells cells);

#endif
