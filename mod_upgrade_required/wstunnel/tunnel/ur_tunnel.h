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

/* The life of a tunnel, and whose it is meanwhile: one thread's at a time. It changes hands in
 * the poller's mailbox and in the finisher's queue, each with a mutex.
 *
 *       OPENING -----> OPEN -----> LEAVING -----> OVER
 *                        |                          ^
 *                        +--------------------------+
 */
enum ur_tunnel_life {
    UR_TUNNEL_OPENING, /* the worker's that opens it, until the MPM has suspended the connection
                        */
    UR_TUNNEL_OPEN,    /* a poller's */
    UR_TUNNEL_LEAVING, /* so, and a Close of the proxy's own waits for its place */
    UR_TUNNEL_OVER     /* both sides know: the finisher's, to be logged and released */
};

/* What the MPM still has of a connection whose tunnel is over: see ur_finisher.c. */
enum ur_grip {
    UR_GRIP_UNKNOWN, /* its memory has to stay */
    UR_GRIP_LOOSE,   /* the first sign that it has let go */
    UR_GRIP_NONE     /* and the second: its memory can go */
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
    bool no_half_close;          /* proxy-nohalfclose in the environment */

    /* Of the thread whose it is. */
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
    apr_time_t active; /* when something was said last */
    apr_time_t limit;  /* of one that is OPEN: it is told to leave then; of one that is LEAVING:
                        * it goes then, boundary or not */
    apr_time_t deadline; /* when something is due of it, if nothing comes: see ur_deadline.h */
    apr_time_t look; /* when that is looked at: never later, and earlier where it was put off */
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

/* A tunnel on r to the backend that has sent its 101, which has not been passed on yet. */
struct ur_tunnel *ur_tunnel_prepare(request_rec *r, proxy_worker *worker, conn_rec *origin,
                                    apr_socket_t *socket);

/* The client has been sent the 101 too. */
void ur_tunnel_open(struct ur_tunnel *tunnel);

/* Sends what came before the tunnel was one. These return false when the tunnel is over;
 * then its outcome is known. */
bool ur_tunnel_start(struct ur_tunnel *tunnel, struct ur_scratch *scratch);

/* Forwards what comes from here, while the other end takes it. *more: there may be some left
 * that no poll tells of. */
bool ur_tunnel_forward(struct ur_endpoint *from, struct ur_scratch *scratch, bool *more);

/* Sends what is pending here, and what its having been so has held up. */
bool ur_tunnel_resume(struct ur_endpoint *to, struct ur_scratch *scratch, bool *more);

/* Whether more can be taken from this end now. */
bool ur_tunnel_may_read(const struct ur_endpoint *from);

/* The connection of this end is broken. */
bool ur_tunnel_lose(struct ur_endpoint *end);

/* Both ends have no more to say: false. */
bool ur_tunnel_part(struct ur_tunnel *tunnel);

/* Says in the logs of its request what has become of it. */
void ur_tunnel_note_ended(struct ur_tunnel *tunnel);

#endif
