#ifndef UR_ENDPOINT_H
#define UR_ENDPOINT_H

#include "core/protocol/ur_frames.h"

#include <stdint.h>

#include <apr_allocator.h>
#include <apr_poll.h>
#include <apr_portable.h>
#include <httpd.h>

struct ur_tunnel;
struct ur_scratch;

/* One end of a tunnel. Where no filter of its connection does anything to the bytes they go
 * straight through the socket, elsewhere (TLS) through the filters. Nothing here ever waits.
 * Owned by one thread at a time, like its tunnel. */
struct ur_endpoint {
    struct ur_tunnel *tunnel;
    struct ur_endpoint *other;
    apr_socket_t *socket;
    apr_os_sock_t number;        /* of socket */
    conn_rec *filtered;          /* NULL: plain */
    apr_bucket_brigade *brigade; /* for filtered */
    struct ur_span rest;         /* what the socket has not taken yet */
    apr_memnode_t *node;         /* where rest stands; NULL: in a pool */
    struct ur_scratch *scratch;  /* the same from its first byte to its last */
    apr_pollfd_t watch;          /* what it is polled for; reqevents is 0 while it is not */
    uint64_t received;           /* of the tunnel's bytes */
    uint64_t counted;            /* of received: what the counters know of */
    uint64_t wire_in;            /* from the socket, past httpd's filters */
    uint64_t wire_out;           /* to it */
    struct ur_frames frames;     /* of what was received */
    bool ended;                  /* it will not send any more */
    bool shut;                   /* it has been told that nothing more comes */
    bool hung;                   /* a poll tells of its end without being asked */
    bool broken;                 /* what is pending at the other end is the last of it */
    bool tls;
    apr_status_t held; /* that reading has ended with, after the bytes that it gave */
    bool recording;    /* what TLS writes leaves together */
    bool asked;        /* filters have asked the socket, and it had nothing */
    bool dry;          /* the socket was empty when it was last read */
    bool has_early;    /* httpd's filters may hold what was read before */
};

/* Takes a connection over, from which nothing is going to be read in another way. What has been
 * read of it already goes to *early, in the pool. */
void ur_endpoint_prepare(struct ur_endpoint *end, conn_rec *c, apr_pool_t *pool,
                         struct ur_span *early);

/* After the last that is written in another way: its socket is not waited for any more. */
void ur_endpoint_open(struct ur_endpoint *end);

/* Makes the socket, of a plain end, its own, in pool: what it stood in may go. */
void ur_endpoint_own(struct ur_endpoint *end, apr_pool_t *pool);

/* Reads into at, at most *len bytes. APR_SUCCESS: *len of them, at least one; APR_EAGAIN: none
 * now; APR_EOF: none any more; another: the connection is broken. */
apr_status_t ur_endpoint_read(struct ur_endpoint *end, char *at, apr_size_t *len);

/* Writes all of it, now or later: nothing more may be written while ur_endpoint_pending(). */
apr_status_t ur_endpoint_write(struct ur_endpoint *end, const char *at, apr_size_t len);

/* After what is pending: as if the socket did not take it now. */
apr_status_t ur_endpoint_keep(struct ur_endpoint *end, const char *at, apr_size_t len);

/* The same past the filters. */
apr_status_t ur_endpoint_receive(struct ur_endpoint *end, char *at, apr_size_t *len);
apr_status_t ur_endpoint_send(struct ur_endpoint *end, const char *at, apr_size_t len);

/* The same for what TLS has made of one ur_endpoint_write(), which is sent together. */
apr_status_t ur_endpoint_record(struct ur_endpoint *end, const char *at, apr_size_t len);

/* Goes on with what is pending. */
apr_status_t ur_endpoint_flush(struct ur_endpoint *end);

static inline bool ur_endpoint_pending(const struct ur_endpoint *end)
{
    return end->rest.len > 0;
}

/* Forgets what is pending. */
void ur_endpoint_forget(struct ur_endpoint *end);

#endif
