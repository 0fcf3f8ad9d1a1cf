#include "wstunnel/tunnel/ur_close.h"

#include "ur_modules.h"
#include "wstunnel/tunnel/ur_worker.h"

#include <sys/socket.h>

#include <http_connection.h>
#include <http_core.h>

static APR_OPTIONAL_FN_TYPE(ap_logio_add_bytes_in) * count_in;
static APR_OPTIONAL_FN_TYPE(ap_logio_add_bytes_out) * count_out;
static APR_OPTIONAL_FN_TYPE(upgrade_required_end_tls) * end_tls;

void ur_close_open(void)
{
    count_in = APR_RETRIEVE_OPTIONAL_FN(ap_logio_add_bytes_in);
    count_out = APR_RETRIEVE_OPTIONAL_FN(ap_logio_add_bytes_out);
    end_tls = APR_RETRIEVE_OPTIONAL_FN(upgrade_required_end_tls);
}

/* What mod_proxy and mod_logio would have counted. */
static void account(const struct ur_tunnel *tunnel)
{
    const struct ur_endpoint *client = &tunnel->client;

    ur_worker_count(tunnel->worker, (apr_off_t)tunnel->backend.received,
                    (apr_off_t)client->received);
    if (count_in && count_out) {
        count_in(tunnel->c, (apr_off_t)client->wire_in);
        count_out(tunnel->c, (apr_off_t)client->wire_out);
    }
}

/* A truncated stream is not declared complete: then only the TCP connection ends. */
static bool tell_backend(struct ur_endpoint *backend)
{
    bool told = !ur_endpoint_pending(backend);

    if (backend->filtered && told && !backend->filtered->aborted) {
        ap_flush_conn(backend->filtered);
        backend->filtered->aborted = 1; /* for mod_proxy, which would do the same again */
    }
    ur_endpoint_forget(backend);
    return told && backend->refused && shutdown(backend->number, SHUT_WR) == 0;
}

/* mod_ssl's own way would discard what it knows about the connection (%{SSL_PROTOCOL}x), which
 * is still to be logged. Returns whether to wait for this. */
static bool tell_client(struct ur_endpoint *client)
{
    conn_rec *c = client->tunnel->c;

    if (client->filtered && !(end_tls && end_tls(c))) {
        ap_flush_conn(c);
    }
    if (c->aborted || !ur_endpoint_is_read(client)) {
        return false;
    }
    return ur_endpoint_pending(client) || shutdown(client->number, SHUT_WR) == 0;
}

struct ur_lingers ur_close(struct ur_tunnel *tunnel)
{
    struct ur_endpoint *client = &tunnel->client;
    conn_rec *c = tunnel->c;
    struct ur_lingers lingers = {false, false};
    unsigned aborted;

    account(tunnel);
    lingers.backend = tell_backend(&tunnel->backend);
    /* A client that does not read is not waited for. */
    if (ur_endpoint_pending(client)) {
        c->aborted = 1;
    }
    ur_endpoint_forget(client);
    aborted = c->aborted;
    if (!aborted) {
        lingers.client = tell_client(client);
    }
    c->aborted = aborted != 0; /* as the request found it: what comes after is not logged */
    return lingers;
}
