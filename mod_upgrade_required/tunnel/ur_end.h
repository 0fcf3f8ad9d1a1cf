#ifndef UR_END_H
#define UR_END_H

#include "values/ur_frames.h"

#include <stdint.h>

#include <apr_allocator.h>
#include <apr_poll.h>
#include <httpd.h>

struct ur_tunnel;

/* One end of a tunnel. Where no filter of its connection does anything to the bytes they go
 * straight through the socket, elsewhere (TLS) through the filters. Nothing here ever waits.
 * Owned by one thread at a time, like its tunnel. */
struct ur_end {
    struct ur_tunnel *tunnel;
    struct ur_end *other;
    apr_socket_t *socket;
    conn_rec *filtered;          /* NULL: plain */
    apr_bucket_brigade *brigade; /* of filtered */
    struct ur_span rest;         /* what a plain socket has not taken yet */
    apr_memnode_t *node;         /* where rest stands; NULL: in a pool */
    apr_pollfd_t watch;          /* what it is polled for; reqevents is 0 while it is not */
    uint64_t received;
    uint64_t early;          /* of that, what had come through the filters of a plain end */
    uint64_t sent;           /* to a plain end */
    uint64_t counted;        /* of received: what the counters know of */
    struct ur_frames frames; /* of what was received */
    bool ended;              /* it will not send any more */
    bool shut;               /* it has been told that nothing more comes */
};

/* Takes a connection over, whose socket is not to be waited for any more. What has been read of
 * it already goes to *early, in the pool. */
void ur_end_open(struct ur_end *end, conn_rec *c, apr_pool_t *pool, struct ur_span *early);

/* Reads into at, at most *len bytes. APR_SUCCESS: *len of them, at least one; APR_EAGAIN: none
 * now; APR_EOF: none any more; another: the connection is broken. */
apr_status_t ur_end_read(struct ur_end *end, char *at, apr_size_t *len);

/* Writes all of it, now or later: nothing more may be written while ur_end_pending(). What
 * is left of it is kept in memory of the allocator, which has to be the same every time. */
apr_status_t ur_end_write(struct ur_end *end, apr_allocator_t *allocator, const char *at,
                          apr_size_t len);

/* Goes on with what is pending. */
apr_status_t ur_end_flush(struct ur_end *end, apr_allocator_t *allocator);

static inline bool ur_end_pending(const struct ur_end *end)
{
    return end->rest.len || (end->filtered && end->filtered->data_in_output_filters);
}

/* Forgets what is pending. */
void ur_end_forget(struct ur_end *end, apr_allocator_t *allocator);

#endif
