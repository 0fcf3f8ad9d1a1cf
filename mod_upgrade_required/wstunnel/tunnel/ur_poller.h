#ifndef UR_POLLER_H
#define UR_POLLER_H

#include "wstunnel/tunnel/ur_tunnel.h"
#include "core/metrics/ur_counters.h"

/* A thread that carries tunnels: waits until any of them has something to forward, and
 * forwards it, and closes those that are over. It never waits for one of them, nor for a log.
 */

#define UR_POLLERS_MAX 4 /* in a child */

struct ur_poller;
struct ur_finisher;

/* What all pollers of a child share. */
struct ur_tunnel_context {
    apr_size_t max;   /* tunnels */
    unsigned pollers; /* that have been started */
    struct ur_finisher *finisher;
};

/* pool and carriage live as long as the thread. */
apr_status_t ur_poller_start(struct ur_poller **poller, struct ur_tunnel_context *carriage,
                             apr_pool_t *pool);

/* From any thread. The tunnel is the poller's from then on. */
void ur_poller_add(struct ur_poller *poller, struct ur_tunnel *tunnel);

/* From any thread. */
void ur_poller_wake(struct ur_poller *poller);

/* Ends the thread, whose tunnels have been told to leave. What it still has goes to the
 * finisher. */
void ur_poller_join(struct ur_poller *poller);

#endif
