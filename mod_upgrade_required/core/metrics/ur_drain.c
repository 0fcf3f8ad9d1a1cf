#include "core/metrics/ur_drain.h"

#define SECOND INT64_C(1000000)

/* A reason that goes away by itself does not count: right after a reload, children without
 * tunnels still have their slots, and new ones have not started yet. */
static const struct {
    int64_t patience;
    int64_t span;
} drains[UR_DRAINS] = {
    [UR_DRAIN_SAID] = {3 * SECOND, 0},
    [UR_DRAIN_PLACES] = {3 * SECOND, UR_DRAIN_EARLY},
    [UR_DRAIN_ASKED] = {0, UR_DRAIN_EARLY},
    /* No client could reconnect before a slot is free, so there is nothing to spread. */
    [UR_DRAIN_NOBODY] = {2 * SECOND, UR_DRAIN_HURRY},
};

/* Each looks once a second, at a moment of its own: a younger one may see a lack that has
 * passed when the older one looks. So it lets the older ones begin, unless something keeps
 * them. */
#define AWAIT (5 * SECOND)

static bool is_older(const struct ur_sibling *sibling, const struct ur_sibling *self)
{
    return sibling->generation == self->generation ? sibling->leaving < self->leaving
                                                   : sibling->generation < self->generation;
}

static bool is_going(const struct ur_sibling *sibling, int64_t now, int64_t span)
{
    return sibling->until && sibling->until <= now + span;
}

/* A child that ends its tunnels is about to exit, unless it should have exited already: then
 * something else keeps it. */
bool ur_drain_goes_first(const struct ur_sibling *sibling, const struct ur_sibling *self,
                         int64_t now, int64_t span)
{
    if (sibling->until && sibling->until + UR_DRAIN_EXIT < now) {
        return false;
    }
    return (sibling->open && is_older(sibling, self)) || is_going(sibling, now, span);
}

bool ur_drain_is_awaited(const struct ur_sibling *sibling, const struct ur_sibling *self,
                         int64_t now, int64_t span)
{
    return sibling->open && is_older(sibling, self) && !is_going(sibling, now, span);
}

/* Where children leave without a reload, as many will by the time at which a place is free. */
static uint64_t wanted(const struct ur_leaver *leaver)
{
    return leaver->needed + leaver->spent;
}

static bool holds(enum ur_drain why, const struct ur_leaver *leaver)
{
    switch (why) {
    case UR_DRAIN_SAID:
        return leaver->said && (leaver->replaced || !leaver->serving);
    case UR_DRAIN_PLACES:
        /* If no child is serving although a slot is free, the server is stopping, or a child is
         * about to start. */
        return leaver->serving && leaver->free + leaver->going < wanted(leaver);
    case UR_DRAIN_ASKED:
        return leaver->asked;
    case UR_DRAIN_NOBODY:
        return !leaver->serving && !leaver->free && leaver->sooner < wanted(leaver);
    default:
        return false;
    }
}

static int64_t patience(enum ur_drain why, const struct ur_leaver *leaver)
{
    switch (why) {
    case UR_DRAIN_SAID:
        return leaver->replaced ? 0 : drains[why].patience;
    case UR_DRAIN_PLACES:
        return drains[why].patience + (leaver->awaited ? AWAIT : 0);
    case UR_DRAIN_NOBODY:
        return drains[why].patience + (leaver->awaited_sooner ? AWAIT : 0);
    default:
        return drains[why].patience;
    }
}

static bool change(struct ur_plan *plan, enum ur_drain why, int64_t now, int64_t span)
{
    if (plan->why && now + span >= plan->until) {
        return false;
    }
    plan->why = why;
    plan->since = now;
    plan->until = now + span;
    return true;
}

bool ur_drain_review(struct ur_plan *plan, const struct ur_leaver *leaver, int64_t now)
{
    bool changed = false;

    for (enum ur_drain why = UR_DRAIN_SAID; why < UR_DRAINS; why++) {
        if (!holds(why, leaver)) {
            plan->held[why] = 0;
            continue;
        }
        if (!plan->held[why]) {
            plan->held[why] = now;
        }
        if (now - plan->held[why] >= patience(why, leaver)) {
            int64_t span = why == UR_DRAIN_SAID ? leaver->said : drains[why].span;
            changed = change(plan, why, now, span) || changed;
        }
    }
    return changed;
}

uint64_t ur_drain_due(uint64_t count, int64_t elapsed, int64_t span, double phase)
{
    uint64_t due;

    if (elapsed >= span) {
        return count;
    }
    if (elapsed <= 0) {
        return 0;
    }
    due = (uint64_t)((double)count * (double)elapsed / (double)span + phase);
    return due < count ? due : count;
}

/* Multiples of the golden ratio, without their whole parts, lie apart as evenly as any. */
double ur_drain_phase(uint32_t number)
{
    return (double)(uint32_t)(number * UINT32_C(2654435769)) / 4294967296.0;
}

uint64_t ur_drain_generations(uint64_t places, uint64_t needed)
{
    uint64_t all = needed ? places / needed : places;

    return all > 2 ? all - 1 : 1;
}

uint64_t ur_drain_gentle(uint64_t tunnels, uint64_t threads)
{
    return threads ? (tunnels + threads - 1) / threads : 0;
}
