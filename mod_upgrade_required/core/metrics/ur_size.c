#include "core/metrics/ur_size.h"

#include "core/metrics/ur_drain.h"
#include "core/metrics/ur_tunnel_budget.h"

/* A child that crashes takes its tunnels along. */
#define TUNNELS_OF_CHILD 10000

/* For reloads while tunnels are open; fewer, and UR0023 warns. */
#define GENERATIONS 5

/* What Debian's package says. */
#define START     2
#define SPARE_MIN 25
#define SPARE_MAX 75
#define WORKERS   150
#define SERVERS   16

static uint64_t at_least(uint64_t number, uint64_t least)
{
    return number < least ? least : number;
}

static bool is_enough(const struct ur_tunnel_budget *room, uint64_t tunnels)
{
    enum ur_limit unused;

    return ur_tunnel_budget_max(room, &unused) >= tunnels;
}

/* The smallest sufficient value of one of the budget's numbers. */
static void set_least(const struct ur_tunnel_budget *room, uint64_t *number, uint64_t tunnels)
{
    uint64_t step = 1;

    for (*number = 1; !is_enough(room, tunnels); *number += step) {
        step *= 2;
    }
    for (; step; step /= 2) {
        *number = *number > step ? *number - step : *number;
        if (!is_enough(room, tunnels)) {
            *number += step;
        }
    }
}

static uint64_t find_factor(uint64_t threads, uint64_t tunnels)
{
    struct ur_tunnel_budget room = {.threads = threads, .descriptors = UINT64_MAX};

    set_least(&room, &room.factor, tunnels);
    return room.factor;
}

static uint64_t find_descriptors(uint64_t threads, uint64_t tunnels)
{
    struct ur_tunnel_budget room = {.threads = threads, .factor = UR_SIZE_TUNNELS_MAX};

    set_least(&room, &room.descriptors, tunnels);
    return room.descriptors;
}

static uint64_t count_children(const struct ur_size *size)
{
    struct ur_children children = {size->start, size->spare_min, size->spare_max, size->threads,
                                   UINT64_MAX};
    enum ur_start unused;

    return ur_tunnel_budget_children(&children, &unused);
}

/* As many children as the MPM has with the idle workers that are wanted; and it keeps them. */
static void set_children(struct ur_size *size, uint64_t start)
{
    size->start = start;
    size->spare_min = SPARE_MIN;
    size->spare_max = UINT64_MAX;
    size->start = count_children(size);
    size->spare_max = SPARE_MAX;
    while (count_children(size) < size->start) {
        size->spare_max += size->threads;
    }
}

static uint64_t find_servers(uint64_t start)
{
    uint64_t servers = start;

    while (ur_drain_generations(servers, start) < GENERATIONS) {
        servers += start;
    }
    return at_least(servers, SERVERS);
}

void ur_size(struct ur_size *size, uint64_t tunnels, uint64_t threads)
{
    size->threads = threads;
    set_children(size, at_least((tunnels + TUNNELS_OF_CHILD - 1) / TUNNELS_OF_CHILD, START));
    size->each = (tunnels * 11 + 10 * size->start - 1) / (10 * size->start);
    size->factor = at_least(find_factor(threads, size->each), 2);
    size->descriptors = find_descriptors(threads, size->each);
    size->workers =
        at_least(size->start * threads, (WORKERS + threads - 1) / threads * threads);
    size->servers = at_least(find_servers(size->start), size->workers / threads);
}
