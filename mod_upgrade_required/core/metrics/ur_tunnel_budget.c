#include "core/metrics/ur_tunnel_budget.h"

/* What a child has open besides its tunnels: logs, listeners, pipes; and for each thread a
 * client, a backend, a file, and one more. */
#define DESCRIPTORS_OF_CHILD  128
#define DESCRIPTORS_OF_THREAD 4
#define DESCRIPTORS_OF_TUNNEL 2

/* With n tunnels and half of the threads busy with a connection each, there must be fewer than
 * threads + (threads / 2 - 1) * factor; the one subtracted is the MPM's own reserve after it
 * has stopped accepting. */
static uint64_t max_by_factor(uint64_t threads, uint64_t factor)
{
    uint64_t half = threads / 2;

    return half < 2 ? 1 : (half - 1) * (factor + 1);
}

static uint64_t max_by_descriptors(uint64_t descriptors, uint64_t threads)
{
    uint64_t others = DESCRIPTORS_OF_CHILD + DESCRIPTORS_OF_THREAD * threads;

    return descriptors > others ? (descriptors - others) / DESCRIPTORS_OF_TUNNEL : 0;
}

uint64_t ur_tunnel_budget_max(const struct ur_tunnel_budget *room, enum ur_limit *limit)
{
    uint64_t max = max_by_factor(room->threads, room->factor);
    uint64_t by_descriptors = max_by_descriptors(room->descriptors, room->threads);

    *limit = UR_LIMIT_FACTOR;
    if (by_descriptors < max) {
        *limit = UR_LIMIT_DESCRIPTORS;
        max = by_descriptors;
    }
    if (room->wanted && room->wanted < max) {
        *limit = UR_LIMIT_DIRECTIVE;
        max = room->wanted;
    }
    return max;
}

/* At least one: a child must be able to open a tunnel. */
static uint64_t max_waiting(const struct ur_crowd *crowd)
{
    uint64_t others = crowd->threads > crowd->carried ? crowd->threads - crowd->carried : 0;

    return others < 2 ? 1 : others / 2;
}

enum ur_admission ur_tunnel_budget_admit(const struct ur_crowd *crowd)
{
    if (crowd->threads > 1 && crowd->waiting >= max_waiting(crowd)) {
        return UR_ADMIT_BUSY;
    }
    if (!crowd->event) {
        return UR_ADMIT_THREAD;
    }
    if (crowd->held < crowd->room) {
        return UR_ADMIT_EVENT;
    }
    return crowd->carried < ur_tunnel_budget_reserve(crowd->threads) || crowd->sibling
               ? UR_ADMIT_THREAD
               : UR_ADMIT_FULL;
}

uint64_t ur_tunnel_budget_reserve(uint64_t threads)
{
    return threads / 2;
}

uint64_t ur_tunnel_budget_children(const struct ur_children *children, enum ur_start *limit)
{
    uint64_t threads = children->threads;
    uint64_t spare_most = children->spare_min + threads + 1; /* MaxSpareThreads is not less */
    uint64_t fewest = (children->spare_min + threads - 1) / threads;
    uint64_t most;
    uint64_t count = children->start > fewest ? children->start : fewest;

    most = (children->spare_max > spare_most ? children->spare_max : spare_most) / threads;
    *limit = UR_START_SERVERS;
    if (count >= most) {
        *limit = UR_START_SPARE;
        count = most;
    }
    if (count >= children->most) {
        *limit = UR_START_MOST;
        count = children->most;
    }
    return count ? count : 1;
}
