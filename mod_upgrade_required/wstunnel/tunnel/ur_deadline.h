#ifndef UR_DEADLINE_H
#define UR_DEADLINE_H

#include "wstunnel/tunnel/ur_tunnel.h"

/* When tunnels have to be looked at although nothing comes. All that can be due of a tunnel is
 * one moment, the earliest; what it is, ur_carry.c decides when the moment has come.
 *
 * A wheel of slots: a tunnel stands in that of its moment, or in an earlier one. Each message
 * puts the moment off, which only writes it down: the tunnel is found in its old slot, and goes
 * on to the new one. So it all takes the same time for any number of tunnels and any number of
 * different spans of time. Of one poller, and on its clock. */

#define UR_DEADLINE_NEVER INT64_MAX

/* A power of two: a slot is about an eighth of a second, so this is about a minute. What is
 * further away is looked at before, and goes on. */
#define UR_DEADLINE_SLOTS 512

struct ur_deadlines {
    apr_time_t slot; /* the number of the one that is looked at, on from any past moment */
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
