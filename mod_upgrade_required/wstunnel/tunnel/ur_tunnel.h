#ifndef UR_TUNNEL_H
#define UR_TUNNEL_H

#include "core/metrics/ur_farewell.h"
#include "wstunnel/tunnel/ur_scratch.h"
#include "wstunnel/tunnel/ur_endpoint.h"
#include "wstunnel/tunnel/ur_gate.h"

#include <apr_ring.h>
#include <mod_proxy.h>

/* A WebSocket between a client and a backend that no worker thread waits for (RFC 6455). */

struct ur_poller;
struct ur_guard;

/* The life of a tunnel, and its owner meanwhile: one thread at a time. It changes hands in the
 * poller's mailbox and in the finisher's queue, each with a mutex.
 *
 *       OPENING -----> OPEN -----> LEAVING -----> OVER
 *                        |                          ^
 *                        +--------------------------+
 */
enum ur_tunnel_life {
    UR_TUNNEL_OPENING, /* the worker's that opens it, until the MPM has suspended the connection
                        */
    UR_TUNNEL_OPEN,    /* a poller's */
    UR_TUNNEL_LEAVING, /* the same, and a Close of the proxy's own waits for its place */
    UR_TUNNEL_OVER     /* both sides know: the finisher's, to be logged and released */
};

/* Whether the MPM still uses a connection whose tunnel is over: see ur_finisher.c. */
enum ur_grip {
    UR_GRIP_UNKNOWN, /* its memory must stay */
    UR_GRIP_LOOSE,   /* the first sign that it has released it */
    UR_GRIP_NONE     /* and the second: its memory can be freed */
};

/* In the client's connection pool. */
struct ur_tunnel {
    APR_RING_ENTRY(ur_tunnel) link; /* of the one list that it is in, which its thread has */

    /* Set by the worker that opens it, and only read after that. */
    conn_rec *c;
    struct ur_poller *poller;
    proxy_worker *worker;
    apr_interval_time_t timeout; /* 0 and less: none */
    apr_time_t opened;           /* by ur_clock() */
    bool idle_limit;             /* timeout is the route's own */
    struct ur_guard *guard;      /* the poller's; NULL: none, see ur_guard.h */
    bool no_half_close;          /* proxy-nohalfclose in the environment */

    /* Of the thread that owns it. */
    enum ur_tunnel_life life;
    struct ur_endpoint client;
    struct ur_endpoint backend;
    struct ur_ticket ticket; /* its place among the child's tunnels */
    request_rec *r;          /* until it is logged */
    enum ur_outcome outcome; /* of one that leaves, or is over */
    apr_time_t over;         /* since when, by ur_clock(); 0: it is not */
    struct ur_farewell farewell;

    /* The poller's. */
    APR_RING_ENTRY(ur_tunnel) deadline_link;
    APR_RING_ENTRY(ur_tunnel) again_link;
    apr_time_t active;   /* time of the last data */
    apr_time_t limit;    /* when an OPEN one starts to leave; when a LEAVING one ends, at a
                          * boundary    or not */
    apr_time_t deadline; /* when something is due for it, if nothing happens: see ur_deadline.h
                          */
    apr_time_t look; /* when that is checked: never later, and earlier if it was postponed */
    bool again;      /* it is in the list of those that have more to forward */

    /* The finisher's. */
    enum ur_grip grip;
};

/* Whether a poller has it, and bytes go through. */
static inline bool ur_tunnel_is_carried(const struct ur_tunnel *tunnel)
{
    return tunnel->life == UR_TUNNEL_OPEN || tunnel->life == UR_TUNNEL_LEAVING;
}

APR_RING_HEAD(ur_tunnel_ring, ur_tunnel);

/* A tunnel on r to the backend, whose 101 has arrived but has not been passed on yet. */
struct ur_tunnel *ur_tunnel_prepare(request_rec *r, proxy_worker *worker, conn_rec *origin,
                                    apr_socket_t *socket);

/* The 101 has been sent to the client. quiet: its filters hold no early data. */
void ur_tunnel_open(struct ur_tunnel *tunnel, bool quiet);

/* Sends early data. These return false when the tunnel is over; then its outcome is known. */
bool ur_tunnel_start(struct ur_tunnel *tunnel, struct ur_scratch *scratch);

/* Forwards what comes from here, while the other end takes it. *more: there may be data left
 * that no poll reports. */
bool ur_tunnel_forward(struct ur_endpoint *from, struct ur_scratch *scratch, bool *more);

/* Sends what is pending here, and then what was held up by it. */
bool ur_tunnel_resume(struct ur_endpoint *to, struct ur_scratch *scratch, bool *more);

/* Whether more can be taken from this end now. */
bool ur_tunnel_may_read(const struct ur_endpoint *from);

/* The connection of this end is broken. */
bool ur_tunnel_lose(struct ur_endpoint *end);

/* False: both ends have ended. */
bool ur_tunnel_part(struct ur_tunnel *tunnel);

/* Records its outcome for the logs of its request. */
void ur_tunnel_note_ended(struct ur_tunnel *tunnel);

#endif
