#include "wstunnel/tunnel/ur_deadline.h"

/* Microseconds, as a power of two. */
#define SLOT_BITS 17

/* When the time of a slot has come, so has that of everything in it. */
static apr_time_t slot_of(apr_time_t at)
{
    return (at >> SLOT_BITS) + 1;
}

static struct ur_tunnel_ring *ring_of(struct ur_deadlines *deadlines, apr_time_t slot)
{
    return &deadlines->slots[(uint64_t)slot % UR_DEADLINE_SLOTS];
}

void ur_deadline_open(struct ur_deadlines *deadlines)
{
    deadlines->slot = 0;
    for (size_t i = 0; i < UR_DEADLINE_SLOTS; i++) {
        APR_RING_INIT(&deadlines->slots[i], ur_tunnel, deadline_link);
    }
}

void ur_deadline_forget(struct ur_tunnel *tunnel)
{
    if (tunnel->look != UR_DEADLINE_NEVER) {
        APR_RING_REMOVE(tunnel, deadline_link);
        tunnel->look = UR_DEADLINE_NEVER;
    }
}

void ur_deadline_move(struct ur_deadlines *deadlines, struct ur_tunnel *tunnel)
{
    apr_time_t slot = slot_of(tunnel->deadline);
    apr_time_t last = deadlines->slot + UR_DEADLINE_SLOTS - 1;

    ur_deadline_forget(tunnel);
    if (tunnel->deadline == UR_DEADLINE_NEVER) {
        return;
    }
    slot = slot > last ? last : slot;
    slot = slot < deadlines->slot ? deadlines->slot : slot;
    tunnel->look = slot << SLOT_BITS;
    APR_RING_INSERT_TAIL(ring_of(deadlines, slot), tunnel, ur_tunnel, deadline_link);
}

/* One in this slot whose time has come. The others, which have been postponed, move on. */
static struct ur_tunnel *look_into(struct ur_deadlines *deadlines, apr_time_t now)
{
    struct ur_tunnel_ring *ring = ring_of(deadlines, deadlines->slot);

    while (!APR_RING_EMPTY(ring, ur_tunnel, deadline_link)) {
        struct ur_tunnel *tunnel = APR_RING_FIRST(ring);
        if (tunnel->deadline <= now) {
            return tunnel;
        }
        ur_deadline_move(deadlines, tunnel);
    }
    return NULL;
}

struct ur_tunnel *ur_deadline_passed(struct ur_deadlines *deadlines, apr_time_t now)
{
    apr_time_t current = now >> SLOT_BITS;
    struct ur_tunnel *tunnel;

    /* After a long sleep, one round is enough. */
    if (current - deadlines->slot > UR_DEADLINE_SLOTS) {
        deadlines->slot = current - UR_DEADLINE_SLOTS;
    }
    while ((tunnel = look_into(deadlines, now)) == NULL && deadlines->slot < current) {
        deadlines->slot++;
    }
    return tunnel;
}
