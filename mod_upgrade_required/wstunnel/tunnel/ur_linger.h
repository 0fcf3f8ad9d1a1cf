#ifndef UR_LINGER_H
#define UR_LINGER_H

#include "wstunnel/tunnel/ur_tunnel.h"

#include <apr_ring.h>

/* Clients whose tunnels have ended, and backends that were told why, whose connections are
 * closed properly: the last output of TLS is sent as far as the socket takes it, and what they
 * still send is discarded, so that the last message to them is not lost (RFC 9112, 9.6). This
 * needs only the descriptor: the connection is logged and released meanwhile. Of one poller;
 * nothing here ever waits. */

/* Of the poller. It has something pending, and is written to; or nothing is pending, the end
 * has been sent, and it is only read. */
struct ur_linger {
    APR_RING_ENTRY(ur_linger) link;
    struct ur_endpoint end;  /* of no tunnel */
    struct ur_ticket ticket; /* the tunnel's place, which is occupied as long as the socket is
                              * open */
    apr_time_t until;
};

APR_RING_HEAD(ur_linger_ring, ur_linger);

/* The poller's. */
struct ur_lingering {
    struct ur_linger_ring here; /* the first has been here longest */
    struct ur_linger_ring spare;
    apr_pollset_t *pollset;
    apr_pool_t *pool;
};

void ur_linger_init(struct ur_lingering *lingering, apr_pollset_t *pollset, apr_pool_t *pool);

/* Takes over the descriptor of an endpoint, which is no longer polled, what is pending, and the
 * place that goes with it, which may be none. */
void ur_linger(struct ur_lingering *lingering, struct ur_endpoint *end,
               struct ur_ticket *ticket, apr_time_t now);

/* Whether a poll event for this end is for one that lingers. */
static inline bool ur_linger_has(const struct ur_endpoint *end)
{
    return !end->tunnel;
}

/* On such an event. buffer is for UR_CHUNK bytes. */
void ur_linger_go_on(struct ur_lingering *lingering, struct ur_endpoint *end, char *buffer);

/* Closes those that have been here long enough. */
void ur_linger_expire(struct ur_lingering *lingering, apr_time_t now);

/* Closes all. */
void ur_linger_end(struct ur_lingering *lingering);

static inline bool ur_linger_empty(const struct ur_lingering *lingering)
{
    return APR_RING_EMPTY(&lingering->here, ur_linger, link);
}

#endif
