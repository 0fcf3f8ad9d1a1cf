#ifndef UR_ENDPOINT_H
#define UR_ENDPOINT_H

#include "core/protocol/ur_frames.h"

#include <stdint.h>

#include <apr_allocator.h>
#include <apr_poll.h>
#include <apr_portable.h>
#include <httpd.h>
#include <util_filter.h>

struct ur_tunnel;
struct ur_scratch;
struct ur_sieve;

/* How far the connection of an endpoint has ended. There is no way back:
 *
 *               its FIN
 *       OPEN ------------> ENDED -----+
 *         |                           |   its connection breaks, or its other direction ends
 *         +--------------> SHUT ------+--------------> GONE
 *               the other's FIN is
 *               passed on to it
 *
 * While the tunnel is open at most one endpoint is GONE, and only because it is broken: then
 * what is pending at the other one is the last of the tunnel. If one is ENDED the other one is
 * SHUT, unless one of them is GONE. */
enum ur_endpoint_state {
    UR_ENDPOINT_OPEN,  /* read and written */
    UR_ENDPOINT_ENDED, /* it will not send any more: written only */
    UR_ENDPOINT_SHUT,  /* it knows that nothing more comes: read only */
    UR_ENDPOINT_GONE   /* neither */
};

/* Where to look for what it sends next. */
enum ur_inflow {
    UR_INFLOW_UNKNOWN, /* the socket may have something */
    UR_INFLOW_DRY,     /* the socket had less than requested: an event will follow */
    UR_INFLOW_TOLD,    /* dry, and the filters know: they hold nothing more either */
    UR_INFLOW_EARLY    /* httpd's filters may hold what was read before the tunnel was one */
};

/* A poll reports a connection that is broken, or closed both ways, without being asked, and
 * would keep reporting it. */
enum ur_alarm {
    UR_ALARM_ON, /* it is of interest */
    UR_ALARM_OFF /* it is known: only what is requested is polled for */
};

/* A frame of the proxy's own that waits to be sent to an endpoint: see ur_control.h. */
enum ur_control_kind { UR_CONTROL_NONE, UR_CONTROL_CLOSE, UR_CONTROL_PING };

struct ur_control {
    enum ur_control_kind kind;
    uint16_t status; /* of a Close */
};

/* One end of a tunnel. If no filter of its connection changes the bytes they go straight
 * through the socket, otherwise (TLS) through the filters. Nothing here ever waits. Of the
 * thread that owns the tunnel. */
struct ur_endpoint {
    /* Set by the worker that opens the tunnel, and only read after that. */
    struct ur_tunnel *tunnel; /* NULL: it lingers, and is of no tunnel any more */
    struct ur_endpoint *other;
    apr_socket_t *socket;
    apr_os_sock_t number;        /* of socket */
    conn_rec *filtered;          /* NULL: plain */
    apr_bucket_brigade *brigade; /* for filtered */
    bool tls;
    struct ur_sieve *sieve; /* of what it sends, the poller's; NULL: all of that goes on */

    /* The poller's. */
    enum ur_endpoint_state state;
    enum ur_inflow inflow;
    enum ur_alarm alarm;
    bool refused;               /* what it says is too long: it is not read any more */
    apr_pollfd_t watch;         /* what it is polled for; reqevents is 0 while it is not */
    struct ur_scratch *scratch; /* the same from its first byte to its last */
    apr_memnode_t *node;        /* where rest stands; NULL: in a pool */
    uint64_t counted;           /* of received: what the counters know of */
    struct ur_frames frames;    /* of what was received, and goes on */
    apr_status_t held;          /* the status that ended reading, after the bytes it returned */
    bool recording;             /* what TLS writes is sent together */
    struct ur_control due;

    /* The worker's first, with early data; then the poller's. */
    struct ur_span rest; /* what the socket has not taken yet */
    uint64_t received;   /* of the tunnel's bytes */
    uint64_t wire_in;    /* from the socket, past httpd's filters */
    uint64_t wire_out;   /* to it */
};

/* Whether it may still send something. */
static inline bool ur_endpoint_is_read(const struct ur_endpoint *end)
{
    return end->state == UR_ENDPOINT_OPEN || end->state == UR_ENDPOINT_SHUT;
}

/* Whether something may still be sent to it. */
static inline bool ur_endpoint_is_written(const struct ur_endpoint *end)
{
    return end->state == UR_ENDPOINT_OPEN || end->state == UR_ENDPOINT_ENDED;
}

/* It has sent its FIN. */
static inline void ur_endpoint_end(struct ur_endpoint *end)
{
    end->state = end->state == UR_ENDPOINT_OPEN ? UR_ENDPOINT_ENDED : UR_ENDPOINT_GONE;
}

/* An event has come, or may have: the socket is worth reading again. */
static inline void ur_endpoint_stir(struct ur_endpoint *end)
{
    if (end->inflow != UR_INFLOW_EARLY) {
        end->inflow = UR_INFLOW_UNKNOWN;
    }
}

/* Takes over a connection, which from now on is read in no other way. What has already been
 * read goes to *early, in the pool. */
void ur_endpoint_prepare(struct ur_endpoint *end, conn_rec *c, apr_pool_t *pool,
                         struct ur_span *early);

/* After the last write in any other way: from now on its socket does not block. quiet: its
 * filters hold no early data. */
void ur_endpoint_open(struct ur_endpoint *end, bool quiet);

/* Makes the socket of a plain end its own, in pool: its former pool may be destroyed. */
void ur_endpoint_own(struct ur_endpoint *end, apr_pool_t *pool);

/* Takes out of filters what they have read already, *len bytes of it, into bb; once for each
 * connection. An error: there is nothing. */
apr_status_t ur_endpoint_take_early(struct ur_endpoint *end, ap_filter_t *filters,
                                    apr_bucket_brigade *bb, apr_size_t *len);

/* Reads into at, at most *len bytes. APR_SUCCESS: *len of them, at least one; APR_EAGAIN: none
 * now; APR_EOF: no more; otherwise the connection is broken. */
apr_status_t ur_endpoint_read(struct ur_endpoint *end, char *at, apr_size_t *len);

/* Writes all of it, now or later: nothing more may be written while ur_endpoint_pending(). */
apr_status_t ur_endpoint_write(struct ur_endpoint *end, const char *at, apr_size_t len);

/* After what is pending: as if the socket did not take it now. */
apr_status_t ur_endpoint_keep(struct ur_endpoint *end, const char *at, apr_size_t len);

/* The same, bypassing the filters. */
apr_status_t ur_endpoint_receive(struct ur_endpoint *end, char *at, apr_size_t *len);
apr_status_t ur_endpoint_send(struct ur_endpoint *end, const char *at, apr_size_t len);

/* The same for the TLS output of one ur_endpoint_write(), which is sent together. */
apr_status_t ur_endpoint_record(struct ur_endpoint *end, const char *at, apr_size_t len);

/* Continues with what is pending. */
apr_status_t ur_endpoint_flush(struct ur_endpoint *end);

static inline bool ur_endpoint_pending(const struct ur_endpoint *end)
{
    return end->rest.len > 0;
}

/* Discards what is pending. */
void ur_endpoint_forget(struct ur_endpoint *end);

#endif
