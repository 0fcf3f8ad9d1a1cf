#ifndef UR_POLLER_H
#define UR_POLLER_H

#include "wstunnel/tunnel/ur_tunnel.h"

/* A thread that carries tunnels, and its loop: it waits until any of them has something to
 * forward, takes what workers have put into its mailbox, and triggers what is due. It never
 * waits for a single tunnel or a log. What it does with a tunnel: ur_carry.h. */

#define UR_POLLERS_MAX 4 /* in a child */

struct ur_poller;
struct ur_finisher;

/* What all pollers of a child share. Written only before they start. */
struct ur_tunnel_context {
    apr_size_t max;   /* tunnels */
    unsigned pollers; /* that have been started */
    struct ur_finisher *finisher;
};

/* pool and context live as long as the thread. */
apr_status_t ur_poller_start(struct ur_poller **poller, struct ur_tunnel_context *context,
                             apr_pool_t *pool);

/* From any thread. The tunnel is the poller's from then on. */
void ur_poller_add(struct ur_poller *poller, struct ur_tunnel *tunnel);

/* From any thread. */
void ur_poller_wake(struct ur_poller *poller);

/* Ends the thread, whose tunnels are leaving. What it still has goes to the finisher. */
void ur_poller_join(struct ur_poller *poller);

#endif
