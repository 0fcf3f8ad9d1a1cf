#include "core/metrics/ur_tunnel_cell.h"

struct ur_tunnel_cell *ur_tunnel_cell_take(struct ur_tunnel_cells cells, long pid,
                                           long generation)
{
    for (size_t i = 0; i < cells.count; i++) {
        long nobody = 0;
        if (atomic_compare_exchange_strong(&cells.first[i].pid, &nobody, pid)) {
            atomic_store(&cells.first[i].generation, generation);
            return cells.first + i;
        }
    }
    return NULL;
}

/* Ended tunnels are read first: none ends before it was opened. */
uint64_t ur_tunnel_cell_open(const struct ur_tunnel_cell *cell, enum ur_carried carrier)
{
    uint64_t ended = 0;

    for (enum ur_outcome outcome = 0; outcome < UR_OUTCOMES; outcome++) {
        ended += atomic_load_explicit(&cell->ended[carrier][outcome], memory_order_acquire);
    }
    return atomic_load_explicit(&cell->opened[carrier], memory_order_relaxed) - ended;
}

static uint64_t close_books(struct ur_tunnel_cell *cell, enum ur_outcome outcome)
{
    uint64_t all = 0;

    for (enum ur_carried carrier = 0; carrier < UR_CARRIERS; carrier++) {
        uint64_t open = ur_tunnel_cell_open(cell, carrier);
        atomic_fetch_add(&cell->ended[carrier][outcome], open);
        all += open;
    }
    return all;
}

uint64_t ur_tunnel_cell_free(struct ur_tunnel_cells cells, long pid, enum ur_outcome outcome)
{
    uint64_t open = 0;

    for (size_t i = 0; i < cells.count; i++) {
        struct ur_tunnel_cell *cell = &cells.first[i];
        if (atomic_load(&cell->pid) == pid) {
            open += close_books(cell, outcome);
            atomic_store(&cell->tells, false);
            atomic_store(&cell->leaving, 0);
            atomic_store(&cell->draining, 0);
            atomic_store(&cell->room, 0);
            atomic_store(&cell->held, 0);
            atomic_store(&cell->carried, 0);
            atomic_store(&cell->pid, 0);
        }
    }
    return open;
}

long ur_tunnel_cell_newest(struct ur_tunnel_cells cells)
{
    long newest = 0;

    for (size_t i = 0; i < cells.count; i++) {
        long generation = atomic_load(&cells.first[i].generation);
        if (atomic_load(&cells.first[i].pid) && generation > newest) {
            newest = generation;
        }
    }
    return newest;
}

bool ur_tunnel_cell_leaving(const struct ur_tunnel_cell *cell, long newest)
{
    return atomic_load(&cell->leaving) ||
           (!atomic_load(&cell->tells) && atomic_load(&cell->generation) < newest);
}

static void add_carried(struct ur_tunnel_books *books, const struct ur_tunnel_cell *cell,
                        enum ur_carried carrier, bool leaving)
{
    uint64_t ended = 0;
    uint64_t opened;

    for (enum ur_outcome outcome = 0; outcome < UR_OUTCOMES; outcome++) {
        uint64_t count =
            atomic_load_explicit(&cell->ended[carrier][outcome], memory_order_acquire);
        books->ended[outcome] += count;
        ended += count;
    }
    opened = atomic_load_explicit(&cell->opened[carrier], memory_order_relaxed);
    books->opened[carrier] += opened;
    *(leaving ? &books->leaving : &books->open) += opened - ended;
}

static void add_pings(struct ur_tunnel_books *books, const struct ur_tunnel_cell *cell)
{
    for (enum ur_pings pings = 0; pings < UR_PINGS_ALL; pings++) {
        books->pings[pings] += atomic_load_explicit(&cell->pings[pings], memory_order_relaxed);
    }
}

struct ur_tunnel_books ur_tunnel_cell_books(struct ur_tunnel_cells cells)
{
    struct ur_tunnel_books books = {.open = 0};
    long newest = ur_tunnel_cell_newest(cells);

    for (size_t i = 0; i < cells.count; i++) {
        const struct ur_tunnel_cell *cell = &cells.first[i];
        for (enum ur_carried carrier = 0; carrier < UR_CARRIERS; carrier++) {
            add_carried(&books, cell, carrier, ur_tunnel_cell_leaving(cell, newest));
        }
        for (enum ur_turned_away why = 0; why < UR_TURNED_AWAYS; why++) {
            books.turned_away[why] +=
                atomic_load_explicit(&cell->turned_away[why], memory_order_relaxed);
        }
        books.unlimited += atomic_load_explicit(&cell->unlimited, memory_order_relaxed);
        for (enum ur_direction direction = 0; direction < UR_DIRECTIONS; direction++) {
            books.bytes[direction] +=
                atomic_load_explicit(&cell->bytes[direction], memory_order_relaxed);
        }
        add_pings(&books, cell);
    }
    return books;
}
