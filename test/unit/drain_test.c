#include "tap.h"

#include "core/metrics/ur_drain.h"

#define SECOND INT64_C(1000000)
#define S(n)   ((n)*SECOND)

/* A plan is reviewed each second from second 100 on. */
static const struct {
    const char *name;
    struct ur_leaver leaver; /* said, asked, replaced, serving, free, needed, spent, going,
                              * sooner, awaited, awaited_sooner */
    enum ur_drain why;       /* within ten seconds */
    int64_t after;           /* seconds after which it is known */
    int64_t span;            /* and takes so many */
} leavers[] = {
    {"all is well", {0, false, true, 2, 4, 2, 0, 0, 0, 0, 0}, UR_DRAIN_NOT, 0, 0},
    {"just enough places", {0, false, true, 2, 2, 2, 0, 0, 0, 0, 0}, UR_DRAIN_NOT, 0, 0},
    {"one place too few", {0, false, true, 2, 1, 2, 0, 0, 0, 0, 0}, UR_DRAIN_PLACES, 3, 10},
    {"no place, others serve",
     {0, false, true, 2, 0, 2, 0, 0, 0, 0, 0},
     UR_DRAIN_PLACES,
     3,
     10},
    {"too few, but an older one goes",
     {0, false, true, 2, 1, 2, 0, 1, 0, 0, 0},
     UR_DRAIN_NOT,
     0,
     0},
    {"too few although an older one goes",
     {0, false, true, 2, 0, 2, 0, 1, 0, 0, 0},
     UR_DRAIN_PLACES,
     3,
     10},
    {"others have left of late",
     {0, false, true, 2, 4, 2, 5, 0, 0, 0, 0},
     UR_DRAIN_PLACES,
     3,
     10},
    {"others have left, and go", {0, false, true, 2, 4, 2, 5, 3, 0, 0, 0}, UR_DRAIN_NOT, 0, 0},
    {"no place, nobody serves",
     {0, false, true, 0, 0, 2, 0, 0, 0, 0, 0},
     UR_DRAIN_NOBODY,
     2,
     2},
    {"the same, an older one goes",
     {0, false, true, 0, 0, 2, 0, 2, 2, 0, 0},
     UR_DRAIN_NOT,
     0,
     0},
    {"the same, but not soon", {0, false, true, 0, 0, 2, 0, 1, 0, 0, 0}, UR_DRAIN_NOBODY, 2, 2},
    {"nobody serves, but there is a place",
     {0, false, true, 0, 1, 2, 0, 0, 0, 0, 0},
     UR_DRAIN_NOT,
     0,
     0},
    {"of the running generation: one place too few",
     {0, false, false, 1, 1, 2, 0, 0, 0, 0, 0},
     UR_DRAIN_PLACES,
     3,
     10},
    {"of the running generation: nobody serves",
     {0, false, false, 0, 0, 2, 0, 0, 0, 0, 0},
     UR_DRAIN_NOBODY,
     2,
     2},
    {"a graceful stop", {0, false, false, 0, 9, 2, 0, 0, 0, 0, 0}, UR_DRAIN_NOT, 0, 0},
    {"UpgradeTunnelDrain",
     {S(300), false, true, 2, 4, 2, 0, 0, 0, 0, 0},
     UR_DRAIN_SAID,
     0,
     300},
    {"UpgradeTunnelDrain, one child too many",
     {S(300), false, false, 2, 4, 2, 0, 0, 0, 0, 0},
     UR_DRAIN_NOT,
     0,
     0},
    {"UpgradeTunnelDrain, a graceful stop",
     {S(300), false, false, 0, 4, 2, 0, 0, 0, 0, 0},
     UR_DRAIN_SAID,
     3,
     300},
    {"UpgradeTunnelDrain, too few places",
     {S(300), false, true, 2, 1, 2, 0, 0, 0, 0, 0},
     UR_DRAIN_PLACES,
     3,
     10},
    {"a short UpgradeTunnelDrain, too few places",
     {S(5), false, true, 2, 1, 2, 0, 0, 0, 0, 0},
     UR_DRAIN_SAID,
     0,
     5},
    {"asked", {0, true, true, 2, 4, 2, 0, 0, 0, 0, 0}, UR_DRAIN_ASKED, 0, 10},
    {"asked while UpgradeTunnelDrain goes on",
     {S(300), true, true, 2, 4, 2, 0, 0, 0, 0, 0},
     UR_DRAIN_ASKED,
     0,
     10},
    {"asked, and nobody serves",
     {0, true, true, 0, 0, 1, 0, 0, 0, 0, 0},
     UR_DRAIN_NOBODY,
     2,
     2},
    {"too few, and an older one has not begun",
     {0, false, true, 2, 0, 2, 0, 1, 0, 1, 1},
     UR_DRAIN_PLACES,
     8,
     10},
    {"too few, and an older one has begun, though not in a hurry",
     {0, false, true, 2, 0, 2, 0, 1, 0, 0, 1},
     UR_DRAIN_PLACES,
     3,
     10},
    {"nobody serves, and an older one has not begun to hurry",
     {0, false, true, 0, 0, 2, 0, 1, 1, 0, 1},
     UR_DRAIN_NOBODY,
     7,
     2},
    {"nobody serves, and an older one has begun",
     {0, false, true, 0, 0, 2, 0, 1, 1, 0, 0},
     UR_DRAIN_NOBODY,
     2,
     2},
    {"asked, and an older one has not begun",
     {0, true, true, 2, 4, 2, 0, 1, 1, 1, 1},
     UR_DRAIN_ASKED,
     0,
     10},
};

static void check_leavers(void)
{
    for (size_t i = 0; i < sizeof leavers / sizeof leavers[0]; i++) {
        struct ur_plan plan = {.why = UR_DRAIN_NOT};
        int64_t known = 0;
        for (int64_t now = S(100); now <= S(110); now += SECOND) {
            if (ur_drain_review(&plan, &leavers[i].leaver, now)) {
                known = now;
            }
        }
        ok(plan.why == leavers[i].why &&
               (!plan.why || (known == S(100 + leavers[i].after) && plan.since == known &&
                              plan.until == known + S(leavers[i].span))),
           "%s: %d after %d s, for %d s", leavers[i].name, (int)plan.why,
           (int)((plan.since - S(100)) / SECOND), (int)((plan.until - plan.since) / SECOND));
    }
}

/* What passes within its patience is no reason, however often it comes. */
static void check_patience(void)
{
    struct ur_plan plan = {.why = UR_DRAIN_NOT};
    struct ur_leaver leaver = {.replaced = true, .serving = 1, .needed = 2};
    bool changed = false;

    for (int64_t now = S(100); now <= S(200); now += SECOND) {
        leaver.free = now / SECOND % 3 ? 0 : 2;
        changed = ur_drain_review(&plan, &leaver, now) || changed;
    }
    ok(!changed, "a lack that passes ends nothing");
    leaver.free = 0;
    for (int64_t now = S(201); now <= S(205); now += SECOND) {
        changed = ur_drain_review(&plan, &leaver, now) || changed;
    }
    leaver.free = 9;
    ok(changed && !ur_drain_review(&plan, &leaver, S(206)) && plan.why == UR_DRAIN_PLACES,
       "what has begun goes on");
}

static const struct {
    const char *name;
    struct ur_sibling sibling; /* leaving, generation, until, open */
    bool first;                /* before one of generation 7 that leaves since 50, at 100 */
    bool awaited;              /* by that one */
} siblings[] = {
    {"older, with tunnels", {S(49), 6, 0, 1}, true, true},
    {"older, without tunnels: something else keeps it", {S(49), 6, 0, 0}, false, false},
    {"older, and of the same generation", {S(49), 7, 0, 1}, true, true},
    {"as old", {S(50), 7, 0, 1}, false, false},
    {"of an older generation that was replaced at once", {S(50), 6, 0, 1}, true, true},
    {"of a later generation that was replaced at once", {S(50), 8, 0, 1}, false, false},
    {"younger", {S(51), 8, 0, 1}, false, false},
    {"younger, and about to go", {S(51), 8, S(105), 1}, true, false},
    {"younger, and goes some day", {S(51), 8, S(400), 1}, false, false},
    {"older, and goes some day", {S(49), 6, S(400), 1}, true, true},
    {"its tunnels have ended, and it is about to go", {S(49), 6, S(96), 0}, true, false},
    {"its tunnels should have ended long ago", {S(49), 6, S(94), 1}, false, false},
    {"of an older generation, and has heard late of it", {S(51), 6, 0, 1}, true, true},
    {"of a later generation, and has heard of it first", {S(49), 8, 0, 1}, false, false},
    {"older, and about to go", {S(49), 6, S(105), 1}, true, false},
    {"older, and goes within the span", {S(49), 6, S(110), 1}, true, false},
    {"older, and goes just after the span", {S(49), 6, S(111), 1}, true, true},
};

static void check_siblings(void)
{
    const struct ur_sibling self = {S(50), 7, 0, 1};

    for (size_t i = 0; i < sizeof siblings / sizeof siblings[0]; i++) {
        const struct ur_sibling *sibling = &siblings[i].sibling;
        ok(ur_drain_goes_first(sibling, &self, S(100), S(10)) == siblings[i].first &&
               ur_drain_is_awaited(sibling, &self, S(100), S(10)) == siblings[i].awaited,
           "%s", siblings[i].name);
    }
}

static const struct {
    uint64_t count;
    int64_t elapsed;
    int64_t span;
    double phase;
    uint64_t due;
} dues[] = {
    {100, 0, 10, 0, 0},
    {100, -1, 10, 0.9, 0},
    {100, 1, 10, 0, 10},
    {100, 9, 10, 0, 90},
    {100, 10, 10, 0, 100},
    {100, 11, 10, 0, 100},
    {3, 1, 2, 0, 1},
    {0, 5, 10, 0, 0},
    {0, 5, 10, 0.9, 0},
    {1, 9, 10, 0, 0},
    {1, 9, 10, 0.1, 1},
    {1, 1, 10, 0.95, 1},
    {100, 1, 10, 0.5, 10},
    {100, 99, 100, 0.99, 99},
    {1000000, INT64_MAX / 2 + 1, INT64_MAX, 0, 500000},
};

/* Tick by tick: never more than the rate and one, never back, all at the end. */
static void check_even(uint64_t count, int64_t span, double phase)
{
    const int64_t tick = SECOND / 10;
    uint64_t most = 0;
    uint64_t before = 0;
    double rate = (double)count * (double)tick / (double)span;
    bool monotone = true;

    for (int64_t elapsed = 0; elapsed <= span; elapsed += tick) {
        uint64_t due = ur_drain_due(count, elapsed, span, phase);
        monotone = monotone && due >= before;
        most = due - before > most ? due - before : most;
        before = due;
    }
    ok(monotone && before == count && (double)most < rate + 1.000001,
       "%d within %d s: at most %d a tick, %d at the end", (int)count, (int)(span / SECOND),
       (int)most, (int)before);
}

/* Many children with a few tunnels each, which all begin in the same moment. */
static void check_together(uint32_t children, uint64_t each, int64_t span)
{
    uint64_t most = 0;
    uint64_t before = 0;
    double rate = (double)children * (double)each * (double)SECOND / (double)span;

    for (int64_t elapsed = 0; elapsed <= span; elapsed += SECOND) {
        uint64_t due = 0;
        for (uint32_t i = 0; i < children; i++) {
            due += ur_drain_due(each, elapsed, span, ur_drain_phase(7000 + i));
        }
        most = due - before > most ? due - before : most;
        before = due;
    }
    ok(before == children * each && (double)most <= rate + 3,
       "%d children of %d tunnels, %d s: at most %d a second, %.2f on average", (int)children,
       (int)each, (int)(span / SECOND), (int)most, rate);
}

/* A server: it reloads, and its children wait for tunnels that never end by themselves. The MPM
 * starts a generation's children when there are places. */
#define PLACES 32

struct child {
    bool there;
    int generation;
    uint64_t tunnels;
    int64_t leaving; /* 0: it serves */
    int64_t gone;    /* 0: not about to be */
    int64_t phase;   /* within a second, of its reviews */
    struct ur_plan plan;
};

struct server {
    struct child children[PLACES];
    uint64_t places;
    uint64_t needed;
    int generation;
    uint64_t started;
    struct ur_sibling youngest; /* of those that had to go */
    int64_t idle;               /* seconds in a row in which nobody serves */
    int64_t idle_most;
    int64_t passed; /* seconds in a row in which a child stays though a younger one has to go */
    int64_t passed_most;
};

static uint64_t count_free(const struct server *server)
{
    uint64_t taken = 0;

    for (size_t i = 0; i < server->places; i++) {
        taken += server->children[i].there;
    }
    return server->places - taken;
}

static uint64_t count_serving(const struct server *server)
{
    uint64_t serving = 0;

    for (size_t i = 0; i < server->places; i++) {
        const struct child *child = &server->children[i];
        serving += child->there && !child->leaving && child->generation == server->generation;
    }
    return serving;
}

static void start_children(struct server *server)
{
    for (size_t i = 0; i < server->places && count_serving(server) < server->needed; i++) {
        if (!server->children[i].there) {
            server->children[i] =
                (struct child){.there = true,
                               .generation = server->generation,
                               .tunnels = server->started % 3 ? 10 : 0,
                               .phase = (int64_t)(server->started++ * 7 % 10)};
        }
    }
}

static void reload(struct server *server, int64_t now)
{
    server->generation++;
    for (size_t i = 0; i < server->places; i++) {
        if (server->children[i].there && !server->children[i].leaving) {
            server->children[i].leaving = now;
        }
    }
}

static struct ur_sibling as_sibling(const struct child *child)
{
    return (struct ur_sibling){child->leaving, child->generation, child->plan.until,
                               child->tunnels};
}

typedef bool judge_fn(const struct ur_sibling *, const struct ur_sibling *, int64_t, int64_t);

static uint64_t count(const struct server *server, const struct child *own, judge_fn *judge,
                      int64_t now, int64_t span)
{
    struct ur_sibling self = as_sibling(own);
    uint64_t sum = 0;

    for (size_t i = 0; i < server->places; i++) {
        const struct child *child = &server->children[i];
        struct ur_sibling sibling = as_sibling(child);
        sum +=
            child != own && child->there && child->leaving && judge(&sibling, &self, now, span);
    }
    return sum;
}

static uint64_t count_spent(const struct server *server, int64_t now)
{
    uint64_t spent = 0;

    for (size_t i = 0; i < server->places; i++) {
        const struct child *child = &server->children[i];
        spent += child->there && child->generation == server->generation &&
                 child->leaving > now - UR_DRAIN_ALL;
    }
    return spent;
}

static bool is_younger(const struct ur_sibling *one, const struct ur_sibling *other)
{
    return one->generation == other->generation ? one->leaving > other->leaving
                                                : one->generation > other->generation;
}

static void note_going(struct server *server, const struct child *child)
{
    struct ur_sibling sibling = as_sibling(child);

    if (is_younger(&sibling, &server->youngest)) {
        server->youngest = sibling;
    }
}

/* Whether a child stays although a younger one has to go */
static bool has_passed(const struct server *server)
{
    bool passed = false;

    for (size_t i = 0; i < server->places; i++) {
        const struct child *child = &server->children[i];
        struct ur_sibling sibling = as_sibling(child);
        passed = passed || (child->tunnels && child->leaving && !child->plan.why &&
                            is_younger(&server->youngest, &sibling));
    }
    return passed;
}

static void live(struct server *server, struct child *child, int64_t now)
{
    struct ur_leaver leaver = {
        .replaced = child->generation != server->generation,
        .serving = count_serving(server),
        .free = count_free(server),
        .needed = server->needed,
        .spent = count_spent(server, now),
        .going = count(server, child, ur_drain_goes_first, now, UR_DRAIN_EARLY),
        .sooner = count(server, child, ur_drain_goes_first, now, UR_DRAIN_HURRY),
        .awaited = count(server, child, ur_drain_is_awaited, now, UR_DRAIN_EARLY),
        .awaited_sooner = count(server, child, ur_drain_is_awaited, now, UR_DRAIN_HURRY),
    };

    if (child->tunnels && ur_drain_review(&child->plan, &leaver, now)) {
        note_going(server, child);
    }
    if (child->plan.why && now >= child->plan.until && child->tunnels) {
        child->tunnels = 0;
        child->gone = now + S(2);
    }
    if (!child->tunnels && !child->gone) {
        child->gone = now + S(2);
    }
    if (child->gone && now >= child->gone) {
        *child = (struct child){.there = false};
    }
}

static void run(struct server *server, int64_t from, int64_t until)
{
    for (int64_t now = from; now < until; now += SECOND) {
        for (size_t i = 0; i < 10 * server->places; i++) {
            struct child *child = &server->children[i % server->places];
            if (child->there && child->leaving &&
                child->phase == (int64_t)(i / server->places)) {
                live(server, child, now + child->phase * SECOND / 10);
            }
        }
        server->passed = has_passed(server) ? server->passed + 1 : 0;
        if (server->passed > server->passed_most) {
            server->passed_most = server->passed;
        }
        start_children(server);
        server->idle = count_serving(server) ? 0 : server->idle + 1;
        if (server->idle > server->idle_most) {
            server->idle_most = server->idle;
        }
    }
}

/* Whatever the configuration and however often it is reloaded: somebody serves again within ten
 * seconds, at once where reloads leave the time for it; and in the end the next reload finds
 * its places, while no more children than that was needed for have lost their tunnels. No child
 * stays when a younger one has to go, unless the MPM takes each place in the second in which it
 * becomes free, because of the next reload: then for a moment. */
static void check_server(uint64_t places, uint64_t needed, int64_t every)
{
    struct server server = {.places = places, .needed = needed, .generation = 1};
    int64_t now = S(1000);
    uint64_t keepable = places > 2 * needed ? places - 2 * needed : 0;
    uint64_t kept = 0;

    start_children(&server);
    for (int i = 0; i < 50; i++) {
        reload(&server, now);
        run(&server, now, now + every);
        now += every;
    }
    run(&server, now, now + S(60));
    for (size_t i = 0; i < places; i++) {
        kept += server.children[i].there && server.children[i].leaving;
    }
    ok(server.idle_most <= 10 && (every < S(20) || places < 2 * needed || !server.idle_most) &&
           count_serving(&server) == needed && kept + needed > keepable && kept <= keepable &&
           server.passed_most <= (every == SECOND ? 2 : 0),
       "%d places, %d a generation, a reload each %d s: nobody serves for %d s at most, %d old "
       "children are kept, of %d that can be, and stay while younger ones go for %d s",
       (int)places, (int)needed, (int)(every / SECOND), (int)server.idle_most, (int)kept,
       (int)keepable, (int)server.passed_most);
}

/* One child after the other has served long enough; no reload. */
static void check_churn(uint64_t places, uint64_t needed, int64_t every)
{
    struct server server = {.places = places, .needed = needed, .generation = 1};
    int64_t unserved = 0;

    start_children(&server);
    for (int64_t now = S(1000); now < S(1600); now += SECOND) {
        for (size_t i = 0; now / SECOND % (every / SECOND) == 0 && i < places; i++) {
            if (server.children[i].there && !server.children[i].leaving) {
                server.children[i].leaving = now;
                break;
            }
        }
        run(&server, now, now + SECOND);
        unserved += !count_serving(&server);
    }
    ok(unserved == 0 && server.passed_most == 0,
       "%d places, %d a generation, a child leaves each %d s: nobody serves for %d s of 600, "
       "old "
       "ones stay while younger ones go for %d s",
       (int)places, (int)needed, (int)(every / SECOND), (int)unserved, (int)server.passed_most);
}

int main(void)
{
    check_leavers();
    check_patience();
    check_siblings();
    for (size_t i = 0; i < sizeof dues / sizeof dues[0]; i++) {
        uint64_t due =
            ur_drain_due(dues[i].count, dues[i].elapsed, dues[i].span, dues[i].phase);
        ok(due == dues[i].due, "%d of %d", (int)due, (int)dues[i].count);
    }
    for (uint32_t i = 0; i < 5; i++) {
        check_even(10000, S(300), ur_drain_phase(i));
        check_even(10, S(300), ur_drain_phase(i));
        check_even(5511, S(10), ur_drain_phase(i));
        check_even(0, S(10), ur_drain_phase(i));
    }
    check_together(32, 10, S(300));
    check_together(64, 3, S(60));
    check_together(4, 2500, S(300));
    for (uint64_t needed = 1; needed <= 3; needed++) {
        for (uint64_t places = needed; places <= 16; places += 3) {
            check_server(places, needed, S(1));
            check_server(places, needed, S(7));
            check_server(places, needed, S(30));
        }
    }
    for (int64_t every = S(2); every <= S(30); every += S(4)) {
        check_churn(16, 2, every);
    }
    ok(ur_drain_generations(16, 2) == 7, "Debian's lines have places for seven generations");
    ok(ur_drain_generations(3, 3) == 1, "there is always one");
    ok(ur_drain_gentle(5511, 25) == 221, "how long a drain has to be to be gentle");
    return tap_done();
}
