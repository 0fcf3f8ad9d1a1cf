#include "wstunnel/tunnel/ur_linger.h"

#include "wstunnel/tunnel/ur_gate.h"

#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#include <apr_portable.h>

/* As httpd lingers. */
#define LINGER_TIMEOUT apr_time_from_sec(2)

static struct ur_linger *linger_of(struct ur_endpoint *end)
{
    return (struct ur_linger *)((char *)end - offsetof(struct ur_linger, end));
}

void ur_linger_init(struct ur_lingering *lingering, apr_pollset_t *pollset, apr_pool_t *pool)
{
    *lingering = (struct ur_lingering){.pollset = pollset, .pool = pool};
    APR_RING_INIT(&lingering->here, ur_linger, link);
    APR_RING_INIT(&lingering->spare, ur_linger, link);
}

/* A poll needs an APR socket: it is created once, and used for one descriptor after another. */
static struct ur_linger *take_spare(struct ur_lingering *lingering)
{
    struct ur_linger *linger;

    if (APR_RING_EMPTY(&lingering->spare, ur_linger, link)) {
        return apr_pcalloc(lingering->pool, sizeof *linger);
    }
    linger = APR_RING_FIRST(&lingering->spare);
    APR_RING_REMOVE(linger, link);
    return linger;
}

/* The APR socket is left without it. */
static void move_descriptor(struct ur_endpoint *from, struct ur_endpoint *to, apr_pool_t *pool)
{
    apr_os_sock_t none = -1;

    to->number = from->number;
    apr_os_sock_put(&to->socket, &to->number, pool);
    apr_os_sock_put(&from->socket, &none, pool);
}

static void move_pending(struct ur_endpoint *from, struct ur_endpoint *to)
{
    to->rest = from->rest;
    to->node = from->node;
    to->scratch = from->scratch;
    from->rest = (struct ur_span){NULL, 0};
    from->node = NULL;
}

static void unwatch(struct ur_lingering *lingering, struct ur_endpoint *end)
{
    if (end->watch.reqevents) {
        apr_pollset_remove(lingering->pollset, &end->watch);
        end->watch.reqevents = 0;
    }
}

/* False: it cannot be polled. */
static bool watch(struct ur_lingering *lingering, struct ur_endpoint *end)
{
    const int events = APR_POLLIN | APR_POLLHUP | APR_POLLERR;

    unwatch(lingering, end);
    end->watch = (apr_pollfd_t){
        .desc_type = APR_POLL_SOCKET,
        .desc.s = end->socket,
        .client_data = end,
        .reqevents = (apr_int16_t)(ur_endpoint_pending(end) ? events | APR_POLLOUT : events)};
    if (apr_pollset_add(lingering->pollset, &end->watch) != APR_SUCCESS) {
        end->watch.reqevents = 0;
    }
    return end->watch.reqevents != 0;
}

static void let_go(struct ur_lingering *lingering, struct ur_linger *linger)
{
    struct ur_endpoint *end = &linger->end;

    unwatch(lingering, end);
    ur_endpoint_forget(end);
    close(end->number);
    APR_RING_REMOVE(linger, link);
    APR_RING_INSERT_HEAD(&lingering->spare, linger, ur_linger, link);
    ur_gate_leave(&linger->ticket);
}

void ur_linger(struct ur_lingering *lingering, struct ur_endpoint *end,
               struct ur_ticket *ticket, apr_time_t now)
{
    struct ur_linger *linger = take_spare(lingering);

    move_descriptor(end, &linger->end, lingering->pool);
    move_pending(end, &linger->end);
    linger->ticket = *ticket;
    *ticket = (struct ur_ticket){.kept = false};
    linger->until = now + LINGER_TIMEOUT;
    APR_RING_INSERT_TAIL(&lingering->here, linger, ur_linger, link);
    if (!watch(lingering, &linger->end)) {
        let_go(lingering, linger);
    }
}

/* Sends the last of what is pending, and then the end. False: not possible. */
static bool say_rest(struct ur_lingering *lingering, struct ur_endpoint *end)
{
    if (ur_endpoint_flush(end) != APR_SUCCESS) {
        return false;
    }
    return ur_endpoint_pending(end) ||
           (shutdown(end->number, SHUT_WR) == 0 && watch(lingering, end));
}

void ur_linger_go_on(struct ur_lingering *lingering, struct ur_endpoint *end, char *buffer)
{
    apr_size_t len = UR_CHUNK;
    bool here = !ur_endpoint_pending(end) || say_rest(lingering, end);
    apr_status_t rv = here ? ur_endpoint_receive(end, buffer, &len) : APR_EOF;

    if (rv != APR_SUCCESS && rv != APR_EAGAIN) {
        let_go(lingering, linger_of(end));
    }
}

void ur_linger_expire(struct ur_lingering *lingering, apr_time_t now)
{
    while (!ur_linger_empty(lingering) && APR_RING_FIRST(&lingering->here)->until <= now) {
        let_go(lingering, APR_RING_FIRST(&lingering->here));
    }
}

void ur_linger_end(struct ur_lingering *lingering)
{
    while (!ur_linger_empty(lingering)) {
        let_go(lingering, APR_RING_FIRST(&lingering->here));
    }
}
