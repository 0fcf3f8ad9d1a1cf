#ifndef UR_PIPE_H
#define UR_PIPE_H

#include <stdbool.h>

#include <apr_pools.h>

struct ur_endpoint;

/* Moves bytes from one socket to another within the kernel, where supported (Linux); elsewhere
 * there is no pipe. One pipe serves all tunnels of a thread, and is empty between two calls, or
 * closed. */

struct ur_pipe {
    int in;
    int out;
};

/* If this fails there is no pipe. It is closed with the pool. */
void ur_pipe_open(struct ur_pipe *pipe, apr_pool_t *pool);

static inline bool ur_pipe_is_there(const struct ur_pipe *pipe)
{
    return pipe->in >= 0;
}

/* Moves at most *len bytes from a plain end to the other one, which is plain too and has
 * nothing pending; what that does not take now it keeps, by way of the buffer, which is as
 * long. The result and *len are those of ur_endpoint_read(), *gave is that of
 * ur_endpoint_write(). APR_ENOTIMPL: not possible with these sockets; nothing has happened. */
apr_status_t ur_pipe_move(struct ur_pipe *pipe, struct ur_endpoint *from, char *buffer,
                          apr_size_t *len, apr_status_t *gave);

#endif
