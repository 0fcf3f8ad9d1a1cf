#include "wstunnel/tunnel/ur_pipe.h"

#include "wstunnel/tunnel/ur_endpoint.h"

#if defined(__linux__)

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static apr_status_t close_pipe(void *data)
{
    struct ur_pipe *pipe = data;

    if (ur_pipe_is_there(pipe)) {
        close(pipe->in);
        close(pipe->out);
        pipe->in = pipe->out = -1;
    }
    return APR_SUCCESS;
}

void ur_pipe_open(struct ur_pipe *pipe, apr_pool_t *pool)
{
    int ends[2];

    pipe->in = pipe->out = -1;
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0) {
        pipe->out = ends[0];
        pipe->in = ends[1];
        apr_pool_cleanup_register(pool, pipe, close_pipe, apr_pool_cleanup_null);
    }
}

static ssize_t move(int from, int to, apr_size_t len)
{
    ssize_t moved;

    do {
        moved = splice(from, NULL, to, NULL, len, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    } while (moved < 0 && errno == EINTR);
    return moved;
}

/* What one tunnel leaves in the pipe would come out in another: a pipe that is not emptied is
 * closed. */
static apr_status_t take_back(struct ur_pipe *pipe, char *buffer, apr_size_t len)
{
    while (len) {
        ssize_t got = read(pipe->out, buffer, len);
        if (got <= 0 && !(got < 0 && errno == EINTR)) {
            close_pipe(pipe);
            return APR_EGENERAL;
        }
        buffer += got > 0 ? got : 0;
        len -= got > 0 ? (apr_size_t)got : 0;
    }
    return APR_SUCCESS;
}

/* Everything in the pipe. */
static apr_status_t give(struct ur_pipe *pipe, struct ur_endpoint *to, char *buffer,
                         apr_size_t len)
{
    ssize_t moved = 1;
    apr_status_t rv = APR_SUCCESS;
    apr_status_t taken;

    while (len && (moved = move(pipe->out, to->number, len)) > 0) {
        len -= (apr_size_t)moved;
        to->wire_out += (apr_size_t)moved;
    }
    if (moved < 0 && !APR_STATUS_IS_EAGAIN(errno)) {
        rv = APR_FROM_OS_ERROR(errno);
    }
    taken = take_back(pipe, buffer, len);
    if (rv != APR_SUCCESS || taken != APR_SUCCESS) {
        return rv != APR_SUCCESS ? rv : taken;
    }
    return len ? ur_endpoint_keep(to, buffer, len) : APR_SUCCESS;
}

static apr_status_t why_not(int error)
{
    /* Kinds of sockets that cannot do it, and systems that forbid it. */
    if (error == EINVAL || error == ENOSYS || error == EPERM) {
        return APR_ENOTIMPL;
    }
    return APR_STATUS_IS_EAGAIN(error) ? APR_EAGAIN : APR_FROM_OS_ERROR(error);
}

apr_status_t ur_pipe_move(struct ur_pipe *pipe, struct ur_endpoint *from, char *buffer,
                          apr_size_t *len, apr_status_t *gave)
{
    ssize_t got = move(from->number, pipe->in, *len);

    *gave = APR_SUCCESS;
    if (got < 0) {
        return why_not(errno);
    }
    from->inflow = UR_INFLOW_UNKNOWN;
    from->wire_in += (apr_size_t)got;
    *len = (apr_size_t)got;
    *gave = give(pipe, from->other, buffer, *len);
    return got ? APR_SUCCESS : APR_EOF;
}

#else

void ur_pipe_open(struct ur_pipe *pipe, apr_pool_t *pool)
{
    (void)pool;
    pipe->in = pipe->out = -1;
}

apr_status_t ur_pipe_move(struct ur_pipe *pipe, struct ur_endpoint *from, char *buffer,
                          apr_size_t *len, apr_status_t *gave)
{
    (void)pipe;
    (void)from;
    (void)buffer;
    (void)len;
    *gave = APR_SUCCESS;
    return APR_ENOTIMPL;
}

#endif
