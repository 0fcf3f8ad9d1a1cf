#include "wstunnel/proxy/ur_wait.h"

#include "wstunnel/proxy/ur_keep.h"
#include "wstunnel/tunnel/ur_clock.h"
#include "wstunnel/tunnel/ur_overflow.h"

#include <poll.h>

#include <apr_lib.h>
#include <apr_portable.h>
#include <http_core.h>
#include <mod_proxy.h>

#define DEFAULT apr_time_from_sec(10)
#define LONGEST 86400

/* How often to check whether the client is still there. */
#define SLICE apr_time_from_msec(250)

/* A system that does not report that the client has shut down its direction reports a reset. */
#ifndef POLLRDHUP
#define POLLRDHUP 0
#endif

static const char SECONDS[] = "proxy-upgrade-wait"; /* in the environment */

static apr_interval_time_t limit_of(const request_rec *r)
{
    const char *word = apr_table_get(r->subprocess_env, SECONDS);
    char *end;
    long seconds;

    if (!word || !apr_isdigit(*word)) {
        return DEFAULT;
    }
    seconds = strtol(word, &end, 10);
    return *end || seconds < 1 || seconds > LONGEST ? DEFAULT : apr_time_from_sec(seconds);
}

void ur_wait_begin(struct ur_wait *wait, const request_rec *r, apr_socket_t *socket)
{
    apr_interval_time_t limit = limit_of(r);

    *wait = (struct ur_wait){.timeout = -1};
    apr_socket_timeout_get(socket, &wait->timeout);
    if (wait->timeout > 0 && wait->timeout < limit) {
        limit = wait->timeout;
    }
    wait->limit = limit;
    wait->until = ur_clock() + limit;
    apr_socket_timeout_set(socket, limit); /* for TLS, which sends data unasked */
}

void ur_wait_slice(const struct ur_wait *wait, apr_socket_t *socket)
{
    apr_interval_time_t left = wait->until - ur_clock();

    apr_socket_timeout_set(socket, left > SLICE ? SLICE : left > 0 ? left : 1);
}

/* A client that has shut down its direction is gone: it could not send a frame. That is
 * detected without reading, also with TLS, and after early frames. An HTTP/2 stream has no
 * socket that would show it. */
static bool client_has_gone(const request_rec *r)
{
    struct pollfd client = {-1, POLLRDHUP, 0};

    if (r->connection->aborted || r->connection->master) {
        return r->connection->aborted;
    }
    apr_os_sock_get(&client.fd, ap_get_conn_socket(r->connection));
    return poll(&client, 1, 0) > 0;
}

bool ur_wait_on(struct ur_wait *wait, request_rec *r)
{
    wait->late = ur_clock() >= wait->until;
    if (!wait->late && client_has_gone(r)) {
        const struct ur_kept *kept = ur_keep_of(r);

        /* A child that has to exit shuts the client's direction itself. */
        wait->cut =
            !r->connection->aborted && kept->overflow && ur_overflow_is_told(kept->overflow);
        wait->gone = !wait->cut;
        if (wait->gone) {
            r->connection->aborted = 1;
        }
    }
    return !wait->late && !wait->cut && !wait->gone;
}

void ur_wait_end(struct ur_wait *wait, apr_socket_t *socket)
{
    if (wait->until && socket) {
        apr_socket_timeout_set(socket, wait->timeout);
    }
    wait->until = 0;
}

int ur_wait_status(const struct ur_wait *wait, request_rec *r, int status)
{
    return wait->late && status == HTTP_BAD_GATEWAY
               ? ap_proxyerror(r, HTTP_GATEWAY_TIME_OUT,
                               "No response to the WebSocket handshake")
               : status;
}

static bool is_cut(const request_rec *r)
{
    const struct ur_kept *kept = ur_keep_of(r);

    return kept && kept->wait.cut;
}

int ur_wait_hide_status(proxy_worker *worker, proxy_balancer *balancer, request_rec *r,
                        proxy_server_conf *conf)
{
    (void)worker;
    (void)balancer;
    (void)conf;
    if (is_cut(r)) {
        r->status = HTTP_OK;
    }
    return DECLINED;
}

/* With ProxyErrorOverride an error follows, which must not find another one. */
int ur_wait_show_status(int *result, request_rec *r)
{
    if (is_cut(r) && (*result == OK || *result == DONE)) {
        r->status = HTTP_SERVICE_UNAVAILABLE;
    }
    return DECLINED;
}
