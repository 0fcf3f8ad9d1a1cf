#include "tap.h"

#include "judgement/ur_tunnels.h"

static const struct {
    const char *name;
    struct ur_room room;
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

static const struct {
    uint64_t count;
    int64_t elapsed;
    int64_t span;
    uint64_t due;
} dues[] = {
    {100, 0, 10, 0},    {100, -1, 10, 0},
    {100, 1, 10, 10},   {100, 9, 10, 90},
    {100, 10, 10, 100}, {100, 11, 10, 100},
    {3, 1, 2, 1},       {0, 5, 10, 0},
    {1, 9, 10, 0},      {1000000, INT64_MAX / 2, INT64_MAX, 500000},
};

/* The rule of the event MPM, from its source: whether it takes another connection. */
static bool accepts(const struct ur_room *room, uint64_t connections, uint64_t idle,
                    bool stopped)
{
    return idle > 0 && connections < room->threads + (idle - stopped) * room->factor;
}

/* With all the tunnels and half of the threads at work, one more is taken. */
static void check_never_starves(uint64_t threads, uint64_t factor)
{
    struct ur_room room = {threads, factor, UINT64_MAX, 0};
    enum ur_limit limit;
    uint64_t busy = threads / 2;
    uint64_t connections = ur_tunnels_max(&room, &limit) + busy;

    ok(accepts(&room, connections, threads - busy, true),
       "%d threads, factor %d: a request is accepted with half of the threads at work",
       (int)threads, (int)factor);
}

int main(void)
{
    enum ur_limit limit;

    for (size_t i = 0; i < sizeof rooms / sizeof rooms[0]; i++) {
        uint64_t max = ur_tunnels_max(&rooms[i].room, &limit);
        ok(max == rooms[i].max && limit == rooms[i].limit, "%s: %d", rooms[i].name, (int)max);
    }
    for (uint64_t threads = 4; threads <= 128; threads += 31) {
        check_never_starves(threads, 1);
        check_never_starves(threads, 2);
        check_never_starves(threads, 1000);
    }
    for (size_t i = 0; i < sizeof dues / sizeof dues[0]; i++) {
        uint64_t due = ur_tunnels_due(dues[i].count, dues[i].elapsed, dues[i].span);
        ok(due == dues[i].due, "%d of %d", (int)due, (int)dues[i].count);
    }
    for (enum ur_outcome outcome = 0; outcome < UR_OUTCOMES; outcome++) {
        ok(ur_outcome_word(outcome) != NULL, "an outcome has a word");
    }
    return tap_done();
}
