#include "tap.h"

#include "core/metrics/ur_outcome.h"
#include "core/metrics/ur_tunnel_budget.h"

static const struct {
    const char *name;
    struct ur_tunnel_budget room;
    uint64_t max;
    enum ur_limit limit;
} rooms[] = {
    {"httpd's defaults", {25, 2, 1048576, 0}, 33, UR_LIMIT_FACTOR},
    {"a large factor", {25, 500, 1048576, 0}, 5511, UR_LIMIT_FACTOR},
    {"many threads", {64, 100, 1048576, 0}, 3131, UR_LIMIT_FACTOR},
    {"few descriptors", {25, 500, 1024, 0}, 398, UR_LIMIT_DESCRIPTORS},
    {"no descriptors left", {25, 500, 228, 0}, 0, UR_LIMIT_DESCRIPTORS},
    {"no descriptors at all", {25, 500, 0, 0}, 0, UR_LIMIT_DESCRIPTORS},
    {"no limit of descriptors", {25, 500, UINT64_MAX, 0}, 5511, UR_LIMIT_FACTOR},
    {"one thread", {1, 2, 1024, 0}, 1, UR_LIMIT_FACTOR},
    {"three threads", {3, 100, 1024, 0}, 1, UR_LIMIT_FACTOR},
    {"said to be fewer", {25, 500, 1024, 10}, 10, UR_LIMIT_DIRECTIVE},
    {"said to be as many", {25, 2, 1024, 33}, 33, UR_LIMIT_FACTOR},
    {"said to be more", {25, 500, 1024, 5000}, 398, UR_LIMIT_DESCRIPTORS},
};

/* A crowd: held, room, carried, waiting, threads, event, sibling. */
static const struct {
    const char *name;
    struct ur_crowd crowd;
    enum ur_admission admission;
} crowds[] = {
    {"the first", {0, 33, 0, 0, 25, true, false}, UR_ADMIT_EVENT},
    {"the last place", {32, 33, 0, 0, 25, true, false}, UR_ADMIT_EVENT},
    {"no place", {33, 33, 0, 0, 25, true, false}, UR_ADMIT_THREAD},
    {"more than places", {40, 33, 0, 0, 25, true, false}, UR_ADMIT_THREAD},
    {"the last of the reserve", {33, 33, 11, 0, 25, true, false}, UR_ADMIT_THREAD},
    {"no reserve", {33, 33, 12, 0, 25, true, false}, UR_ADMIT_FULL},
    {"no reserve, but a sibling", {33, 33, 12, 0, 25, true, true}, UR_ADMIT_THREAD},
    {"all but one at work, but a sibling", {33, 33, 24, 0, 25, true, true}, UR_ADMIT_THREAD},
    {"a place again, no reserve", {32, 33, 12, 0, 25, true, false}, UR_ADMIT_EVENT},
    {"no room at all", {0, 0, 0, 0, 25, true, false}, UR_ADMIT_THREAD},
    {"one thread has no reserve", {1, 1, 0, 0, 1, true, false}, UR_ADMIT_FULL},
    {"two have one", {1, 1, 0, 0, 2, true, false}, UR_ADMIT_THREAD},
    {"for a thread, whatever is held", {33, 33, 20, 0, 25, false, false}, UR_ADMIT_THREAD},
    {"for a thread, all at work", {0, 33, 25, 0, 25, false, false}, UR_ADMIT_THREAD},
    {"half but one wait", {0, 33, 0, 11, 25, true, false}, UR_ADMIT_EVENT},
    {"half wait", {0, 33, 0, 12, 25, true, false}, UR_ADMIT_BUSY},
    {"half wait, for a thread", {0, 33, 0, 12, 25, false, false}, UR_ADMIT_BUSY},
    {"half wait, and a sibling has room", {33, 33, 0, 12, 25, true, true}, UR_ADMIT_BUSY},
    {"half of those that carry none", {0, 33, 12, 5, 25, true, false}, UR_ADMIT_EVENT},
    {"and one more", {0, 33, 12, 6, 25, true, false}, UR_ADMIT_BUSY},
    {"one may always wait", {0, 33, 24, 0, 25, false, false}, UR_ADMIT_THREAD},
    {"and no other then", {0, 33, 24, 1, 25, false, false}, UR_ADMIT_BUSY},
    {"more carried than threads", {0, 33, 30, 0, 25, false, false}, UR_ADMIT_THREAD},
    {"two threads", {0, 33, 0, 1, 2, true, false}, UR_ADMIT_BUSY},
    {"one thread a process knows of no other", {0, 0, 0, 5, 1, false, false}, UR_ADMIT_THREAD},
    {"prefork", {0, 0, 0, 5, 0, false, false}, UR_ADMIT_THREAD},
};

/* Children: start, spare_min, spare_max, threads, most. */
static const struct {
    const char *name;
    struct ur_children children;
    uint64_t count;
    enum ur_start limit;
} starts[] = {
    {"Debian", {2, 25, 75, 25, 6}, 2, UR_START_SERVERS},
    {"httpd's own", {3, 75, 250, 25, 16}, 3, UR_START_SERVERS},
    {"one is started, one is needed", {1, 25, 75, 25, 6}, 1, UR_START_SERVERS},
    {"one is started, three are needed", {1, 75, 250, 25, 6}, 3, UR_START_SERVERS},
    {"needed in part", {1, 26, 75, 25, 6}, 2, UR_START_SERVERS},
    {"more than may be idle", {5, 25, 75, 25, 6}, 3, UR_START_SPARE},
    {"as many as may be idle", {3, 25, 75, 25, 6}, 3, UR_START_SPARE},
    {"spare_max is raised by httpd", {5, 25, 25, 25, 6}, 2, UR_START_SPARE},
    {"as many as there may be", {6, 25, 250, 25, 6}, 6, UR_START_MOST},
    {"more than there may be", {9, 25, 250, 25, 6}, 6, UR_START_MOST},
    {"one for all", {3, 75, 250, 4, 1}, 1, UR_START_MOST},
    {"nothing known", {0, 0, 0, 1, 0}, 1, UR_START_MOST},
};

/* The rule of the event MPM, from its source: whether it takes another connection. */
static bool accepts(const struct ur_tunnel_budget *room, uint64_t connections, uint64_t idle,
                    bool stopped)
{
    return idle > 0 && connections < room->threads + (idle - stopped) * room->factor;
}

/* With all the tunnels and half of the threads at work, one more is taken. */
static void check_never_starves(uint64_t threads, uint64_t factor)
{
    struct ur_tunnel_budget room = {threads, factor, UINT64_MAX, 0};
    enum ur_limit limit;
    uint64_t busy = threads / 2;
    uint64_t connections = ur_tunnel_budget_max(&room, &limit) + busy;

    ok(accepts(&room, connections, threads - busy, true),
       "%d threads, factor %d: a request is accepted with half of the threads at work",
       (int)threads, (int)factor);
}

/* However many come, and in whatever order backends answer: those that wait, and the tunnels
 * that an event child's threads carry, leave a worker to ordinary requests, from four on; those
 * that wait alone leave half of them. */
static void check_leaves_workers(uint64_t threads)
{
    struct ur_crowd crowd = {.threads = threads, .event = true};
    uint64_t hanging = 0;

    while (ur_tunnel_budget_admit(&crowd) == UR_ADMIT_THREAD) {
        crowd.carried++; /* each is answered before the next one comes */
    }
    crowd.room = threads * 10;
    while (ur_tunnel_budget_admit(&crowd) == UR_ADMIT_EVENT) {
        crowd.held++;
        crowd.waiting++;
    }
    ok(crowd.carried == threads / 2 && (threads < 4 || crowd.carried + crowd.waiting < threads),
       "%d threads: %d carry, %d wait", (int)threads, (int)crowd.carried, (int)crowd.waiting);
    crowd = (struct ur_crowd){.threads = threads, .event = true, .room = threads * 10};
    for (; ur_tunnel_budget_admit(&crowd) == UR_ADMIT_EVENT; hanging++) {
        crowd.held++;
        crowd.waiting++;
    }
    ok(hanging == threads / 2, "%d threads: %d wait", (int)threads, (int)hanging);
}

int main(void)
{
    enum ur_limit limit;

    for (size_t i = 0; i < sizeof rooms / sizeof rooms[0]; i++) {
        uint64_t max = ur_tunnel_budget_max(&rooms[i].room, &limit);
        ok(max == rooms[i].max && limit == rooms[i].limit, "%s: %d", rooms[i].name, (int)max);
    }
    for (uint64_t threads = 4; threads <= 128; threads += 31) {
        check_never_starves(threads, 1);
        check_never_starves(threads, 2);
        check_never_starves(threads, 1000);
    }
    for (size_t i = 0; i < sizeof crowds / sizeof crowds[0]; i++) {
        ok(ur_tunnel_budget_admit(&crowds[i].crowd) == crowds[i].admission, "%s",
           crowds[i].name);
    }
    for (uint64_t threads = 2; threads <= 128; threads++) {
        check_leaves_workers(threads);
    }
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        enum ur_start start;
        uint64_t count = ur_tunnel_budget_children(&starts[i].children, &start);
        ok(count == starts[i].count && start == starts[i].limit, "%s: %d children",
           starts[i].name, (int)count);
    }
    for (enum ur_outcome outcome = 0; outcome < UR_OUTCOMES; outcome++) {
        ok(ur_outcome_word(outcome) != NULL, "an outcome has a word");
    }
    return tap_done();
}
