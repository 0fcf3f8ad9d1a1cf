#ifndef UR_DEADLINE_H
#define UR_DEADLINE_H

#include "wstunnel/tunnel/ur_tunnel.h"

/* When to check tunnels without events. Everything that can become due for a tunnel is kept as
 * one time, the earliest; ur_carry.c decides what is due when that time has come.
 *
 * A wheel of slots: a tunnel is in that of its time, or in an earlier one. Each message
 * postpones the time, which is only recorded: the tunnel is later found in its old slot, and
 * moves on to the new one. So the cost is the same for any number of tunnels and any number of
 * different timeouts. Of one poller, and on its clock. */

#define UR_DEADLINE_NEVER INT64_MAX

/* A power of two: a slot is about an eighth of a second, so this is about a minute. What is
 * further away is checked earlier, and moves on. */
#define UR_DEADLINE_SLOTS 512

struct ur_deadlines {
    apr_time_t slot; /* the number of the current one, counted from any past time */
    struct ur_tunnel_ring slots[UR_DEADLINE_SLOTS]; /* by deadline_link */
};

void ur_deadline_open(struct ur_deadlines *deadlines);

/* Before the first one is set. */
static inline void ur_deadline_begin(struct ur_tunnel *tunnel)
{
    tunnel->deadline = tunnel->look = UR_DEADLINE_NEVER;
}

/* Into the slot of its time. */
void ur_deadline_move(struct ur_deadlines *deadlines, struct ur_tunnel *tunnel);

/* The time is at; it replaces the one that was set before. */
static inline void ur_deadline_set(struct ur_deadlines *deadlines, struct ur_tunnel *tunnel,
                                   apr_time_t at)
{
    tunnel->deadline = at;
    if (at < tunnel->look) {
        ur_deadline_move(deadlines, tunnel);
    }
}

void ur_deadline_forget(struct ur_tunnel *tunnel);

/* One whose time has come; NULL: none. It stays where it is: give it another time, or remove
 * it, before calling this again. */
struct ur_tunnel *ur_deadline_passed(struct ur_deadlines *deadlines, apr_time_t now);

#endif
