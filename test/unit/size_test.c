#include "tap.h"

#include "core/metrics/ur_drain.h"
#include "core/metrics/ur_size.h"
#include "core/metrics/ur_tunnel_budget.h"

static uint64_t room_for(const struct ur_size *size, uint64_t factor, uint64_t descriptors)
{
    struct ur_tunnel_budget room = {size->threads, factor, descriptors, size->each};
    enum ur_limit unused;

    return ur_tunnel_budget_max(&room, &unused);
}

static uint64_t children_of(const struct ur_size *size)
{
    struct ur_children children = {size->start, size->spare_min, size->spare_max, size->threads,
                                   size->workers / size->threads};
    enum ur_start unused;

    return ur_tunnel_budget_children(&children, &unused);
}

/* What a server decides by these numbers is what they were made for, and less would not do. */
static void check(uint64_t tunnels, uint64_t threads)
{
    struct ur_size size;
    bool right;

    ur_size(&size, tunnels, threads);
    right =
        room_for(&size, size.factor, size.descriptors) == size.each &&
        room_for(&size, size.factor, size.descriptors - 1) < size.each &&
        (size.factor == 2 || room_for(&size, size.factor - 1, size.descriptors) < size.each) &&
        children_of(&size) == size.start && size.start * size.each * 10 >= tunnels * 11 &&
        size.servers >= size.workers / threads && size.workers % threads == 0 &&
        ur_drain_generations(size.servers, size.start) >= 5;
    if (!right) {
        ok(false, "%lu tunnels, %lu threads", (unsigned long)tunnels, (unsigned long)threads);
    }
}

static void check_debian(void)
{
    struct ur_size size;

    ur_size(&size, 10000, 25);
    ok(size.start == 2 && size.each == 5500 && size.factor == 499 && size.descriptors == 11228,
       "10,000 in two children of 25 threads: a factor of 499 and 11,228 descriptors");
    ok(size.spare_min == 25 && size.spare_max == 75 && size.workers == 150 &&
           size.servers == 16,
       "and all else is Debian's");
    ur_size(&size, 1, 25);
    ok(size.start == 2 && size.each == 1 && size.factor == 2, "one tunnel needs nothing");
    ur_size(&size, 1000000, 25);
    ok(size.start == 100 && size.each == 11000 && size.servers == 600 && size.workers == 2500,
       "a million: a hundred children, and places for five generations of them");
}

int main(void)
{
    static const uint64_t threads[] = {UR_SIZE_THREADS_MIN, 5, 8, 25, 64, 1000};

    for (size_t i = 0; i < sizeof threads / sizeof threads[0]; i++) {
        int failed = tap_failed;
        for (uint64_t tunnels = 1; tunnels <= UR_SIZE_TUNNELS_MAX; tunnels += 1 + tunnels / 7) {
            check(tunnels, threads[i]);
        }
        check(UR_SIZE_TUNNELS_MAX, threads[i]);
        ok(tap_failed == failed, "any number of tunnels in children of %u threads",
           (unsigned)threads[i]);
    }
    check_debian();
    return tap_done();
}
