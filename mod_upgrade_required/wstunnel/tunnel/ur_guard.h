#ifndef UR_GUARD_H
#define UR_GUARD_H

#include "core/protocol/ur_sieve.h"
#include "wstunnel/tunnel/ur_tunnel.h"

/* What a route asks of its tunnels besides carrying them: how long they may be silent and live,
 * Pings, and how long a message may be. A tunnel of which neither of the latter is asked has no
 * guard, and is carried as if there were none. After the worker it is all the poller's. */

struct ur_route;

/* Of one side. */
struct ur_guard_side {
    struct ur_sieve sieve; /* of what comes from it */
    apr_time_t due;  /* it gets a Ping, if nothing comes; UR_DEADLINE_NEVER: it does not */
    uint64_t before; /* Pings that were sent to it before it was heard last */
    uint64_t missed; /* of those since: counted as unanswered */

    /* What is known of it so far. */
    uint64_t received;
    uint64_t asked;
    uint64_t swallowed;
};

struct ur_guard {
    apr_interval_time_t interval; /* of Pings; 0: none are sent */
    uint64_t unanswered;          /* so many in a row, and the tunnel ends */
    struct ur_guard_side client;
    struct ur_guard_side backend;
};

/* The worker's, before the tunnel is opened. */
void ur_guard_prepare(struct ur_tunnel *tunnel, const struct ur_route *route);

/* The rest is for tunnels that have a guard. */

/* After something came, or was put, or the end: what there is to be known of it. */
void ur_guard_look(struct ur_tunnel *tunnel, apr_time_t now);

/* When a side of an open tunnel gets its next Ping, if nothing comes; it may be later than
 * that. */
apr_time_t ur_guard_due(const struct ur_tunnel *tunnel);

/* Has those sides pinged whose time it is, at the next boundary. False: one has not answered as
 * often as it may. */
bool ur_guard_ping(struct ur_tunnel *tunnel, apr_time_t now);

/* Who has sent a message that is too long; NULL: nobody. */
const struct ur_endpoint *ur_guard_refused(const struct ur_tunnel *tunnel);

#endif
