#ifndef UR_CARRY_H
#define UR_CARRY_H

#include "wstunnel/tunnel/ur_deadline.h"
#include "wstunnel/tunnel/ur_linger.h"
#include "wstunnel/tunnel/ur_tunnel.h"
#include "core/metrics/ur_tunnel_cell.h"

/* The life of a tunnel on the thread that carries it:
 *
 *     adopt --> forward, as often as there is something --> end: both sides know
 *                                                             |
 *                       the client lingers <------------------+------> the finisher logs it
 *
 * ur_draining.h decides which of them end when their child leaves; the loop of ur_poller.h
 * decides when anything happens. Nothing here ever waits. Unless a comment says otherwise,
 * everything belongs to the poller's own thread. */

struct ur_finisher;

struct ur_carry {
    struct ur_finisher *finisher;
    apr_pollset_t *pollset; /* the loop's */
    apr_pool_t *pool;       /* with an allocator that no other thread uses */
    struct ur_scratch scratch;
    apr_time_t now; /* of this turn of the loop */

    struct ur_tunnel_ring open;    /* the oldest is the first */
    struct ur_tunnel_ring leaving; /* wait for the end of a frame */
    struct ur_lingering lingering;
    struct ur_tunnel_ring over;  /* to be handed to the finisher */
    struct ur_tunnel_ring again; /* have more to forward; by again_link */
    struct ur_tunnel_ring turn;  /* of again, in this turn */
    struct ur_deadlines deadlines;
    uint64_t bytes[UR_DIRECTIONS]; /* not counted yet */
};

/* Before the thread starts. pool and pollset must live as long as it does. */
apr_status_t ur_carry_open(struct ur_carry *carry, struct ur_finisher *finisher,
                           apr_pollset_t *pollset, apr_pool_t *pool);

/* From the thread that is about to hand a tunnel over, and still owns it: starts watching it,
 * so that its first event wakes the poller. False if there is something to do without an event.
 */
bool ur_carry_watch_ahead(struct ur_carry *carry, struct ur_tunnel *tunnel);

/* The tunnel is this thread's from here on. */
void ur_carry_adopt(struct ur_carry *carry, struct ur_tunnel *tunnel);

/* What a poll reports about an endpoint: one of a tunnel, or one that lingers. What ends here
 * stays valid until ur_carry_hand_over(), so all events of a turn may be passed. */
void ur_carry_event(struct ur_carry *carry, struct ur_endpoint *end, int events);

/* Continues with those that have more. */
void ur_carry_again(struct ur_carry *carry);

/* Does what is due for tunnels without events, and closes what has lingered long enough. */
void ur_carry_expire(struct ur_carry *carry);

/* Makes the oldest one leave, as soon as it is between two frames. False: all are leaving
 * already. */
bool ur_carry_leave_next(struct ur_carry *carry);

/* Ends all, as they are. */
void ur_carry_end_all(struct ur_carry *carry, enum ur_outcome outcome);

/* Last in a turn: tunnels that are over go to the finisher, and bytes to the counters. */
void ur_carry_hand_over(struct ur_carry *carry);

/* The thread ends: closes what lingers. */
void ur_carry_close(struct ur_carry *carry);

/* How many are not leaving yet. */
uint64_t ur_carry_count(const struct ur_carry *carry);

/* Nothing is carried here, and nothing lingers. */
static inline bool ur_carry_is_empty(const struct ur_carry *carry)
{
    return APR_RING_EMPTY(&carry->open, ur_tunnel, link) &&
           APR_RING_EMPTY(&carry->leaving, ur_tunnel, link) &&
           ur_linger_empty(&carry->lingering);
}

/* Whether some had more to forward when their turn was over. */
static inline bool ur_carry_has_more(const struct ur_carry *carry)
{
    return !APR_RING_EMPTY(&carry->again, ur_tunnel, again_link);
}

#endif
