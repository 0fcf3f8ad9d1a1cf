#ifndef UR_TUNNEL_CELL_H
#define UR_TUNNEL_CELL_H

#include "core/metrics/ur_cache_line.h"
#include "core/metrics/ur_outcome.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The books of tunnels, in memory that all children of a server share: one cell for each child,
 * which nobody else writes while it lives. Memory that is all zero is a valid start. */

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

/* A cell for this process; NULL where none is left. */
struct ur_tunnel_cell *ur_tunnel_cell_take(struct ur_tunnel_cells cells, long pid,
                                           long generation);

/* The process has gone. What it had open has ended with it, in this way; how many those were.
 */
uint64_t ur_tunnel_cell_free(struct ur_tunnel_cells cells, long pid, enum ur_outcome outcome);

/* How many tunnels of this kind are open in one child. */
uint64_t ur_tunnel_cell_open(const struct ur_tunnel_cell *cell, enum ur_carried carrier);

/* The generation of the newest children. */
long ur_tunnel_cell_newest(struct ur_tunnel_cells cells);

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

struct ur_tunnel_books ur_tunnel_cell_books(struct ur_tunnel_cells cells);

#endif
