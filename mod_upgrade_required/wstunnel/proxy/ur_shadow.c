#include "wstunnel/proxy/ur_shadow.h"

#include "wstunnel/proxy/ur_address.h"
#include "wstunnel/proxy/ur_backend_url.h"
#include "wstunnel/proxy/ur_keep.h"
#include "wstunnel/ur_module.h"
#include "wstunnel/proxy/ur_handshake_pool.h"
#include "wstunnel/proxy/ur_takeover.h"
#include "wstunnel/proxy/ur_threaded.h"
#include "wstunnel/proxy/ur_upgrade.h"
#include "wstunnel/tunnel/ur_no_event.h"
#include "wstunnel/tunnel/ur_overflow.h"
#include "wstunnel/tunnel/ur_worker.h"

#include <stdbool.h>

#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <mpm_common.h>

#define FUNCTION "WEBSOCKET" /* the name of the user of a connection in mod_proxy's log */

static const char NOT_POOLED[] = "proxy-initial-not-pooled";

/* mod_proxy_http decides by its worker whether a handshake is kept, and workers are shared
 * between routes and processes. So it gets a copy that says yes: a copy of the worker, of its
 * shared part, and a connection pool that holds one connection, which was taken from and
 * connected by the real worker. Error state, failover and limits stay with the real worker. */
struct ur_shadow {
    proxy_worker worker;
    proxy_worker_shared shared;
    proxy_conn_pool pool;
    proxy_conn_rec *connection;
    bool switched; /* it is to stay open, for an event tunnel, whose client */
    bool quiet;    /* has said nothing before the backend was asked */
};

typedef int scheme_handler(request_rec *r, proxy_worker *worker, proxy_server_conf *conf,
                           char *url, const char *proxyname, apr_port_t proxyport);

/* The arguments of mod_proxy's call. */
struct call {
    request_rec *r;
    proxy_worker *worker;
    proxy_server_conf *conf;
    char *url;
    const char *proxyname; /* another proxy in between (ProxyRemote); NULL: none */
    apr_port_t proxyport;
};

static scheme_handler *http_handler;

int ur_shadow_find_handler(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                           server_rec *s)
{
    const apr_array_header_t *hooks = proxy_hook_get_scheme_handler();

    (void)pconf;
    (void)plog;
    (void)ptemp;
    http_handler = NULL;
    for (int i = 0; hooks && i < hooks->nelts; i++) {
        const proxy_LINK_scheme_handler_t *hook =
            &APR_ARRAY_IDX(hooks, i, proxy_LINK_scheme_handler_t);
        if (strcmp(hook->szName, "mod_proxy_http.c") == 0) {
            http_handler = hook->pFunc;
        }
    }
    if (!http_handler) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                     "UR0006: mod_upgrade_wstunnel keeps no handshakes without mod_proxy_http; "
                     "load proxy_http_module");
    }
    return OK;
}

/* As mod_proxy_http decides it. */
static bool wants_new_connection(const request_rec *r)
{
    return r->proxyreq == PROXYREQ_REVERSE && !r->connection->keepalives &&
           apr_table_get(r->subprocess_env, NOT_POOLED);
}

/* Connects it as one of the real worker's. */
static int connect_backend(const struct call *call, struct ur_shadow *shadow)
{
    request_rec *r = call->r;
    proxy_worker *worker = call->worker;
    proxy_conn_rec *connection = shadow->connection;
    char *url = call->url;
    apr_uri_t uri;
    char port[32];
    int status;

    shadow->worker.s = &shadow->shared;
    connection->is_ssl = ur_backend_url_is_tls(url);
    connection->close = wants_new_connection(r);
    connection->worker = ur_address_owner(&shadow->worker, worker);
    status =
        ap_proxy_determine_connection(r->pool, r, call->conf, worker, connection, &uri, &url,
                                      call->proxyname, call->proxyport, port, sizeof port);
    connection->worker = worker;
    if (status == OK &&
        ap_proxy_check_connection(FUNCTION, connection, r->server, 1, PROXY_CHECK_CONN_EMPTY) !=
            APR_SUCCESS &&
        ap_proxy_connect_backend(FUNCTION, connection, worker, r->server) != OK) {
        status = HTTP_SERVICE_UNAVAILABLE;
    }
    ur_address_lend(&shadow->worker, connection);
    return status;
}

/* If the environment demands a new connection, mod_proxy_http would close the one it gets and
 * make another; but the one it gets is new. */
static int run_http_handler(const struct call *call, struct ur_shadow *shadow)
{
    request_rec *r = call->r;
    const char *demand = apr_table_get(r->subprocess_env, NOT_POOLED);
    int status;

    apr_table_unset(r->subprocess_env, NOT_POOLED);
    status = http_handler(r, &shadow->worker, call->conf, call->url, call->proxyname,
                          call->proxyport);
    if (demand) {
        apr_table_setn(r->subprocess_env, NOT_POOLED, demand);
    }
    return status;
}

/* Without a connection yet, and with the shared part of the real worker, by which mod_proxy
 * knows whether it can be used. room is that of the shadow itself, and the connection is going
 * to be made in pool if the real worker does not make it. */
static struct ur_shadow *make_shadow(apr_pool_t *room, proxy_worker *worker, apr_pool_t *pool)
{
    struct ur_shadow *shadow = apr_pcalloc(room, sizeof *shadow);

    shadow->worker = *worker;
    shadow->shared = *worker->s;
    shadow->pool = *worker->cp;
    shadow->worker.cp = &shadow->pool;
    apr_cpystrn(shadow->shared.upgrade, "websocket", sizeof shadow->shared.upgrade);
    shadow->shared.read = 0;
    shadow->shared.transferred = 0;
    shadow->pool.res = NULL; /* so that mod_proxy takes conn, and puts it back there */
    shadow->pool.conn = NULL;
    shadow->pool.pool = pool;
    shadow->worker.s = &shadow->shared;
    ur_address_open(&shadow->worker, pool);
    shadow->worker.s = worker->s;
    return shadow;
}

static int run_with(const struct call *call, struct ur_shadow *shadow)
{
    request_rec *r = call->r;
    struct ur_kept *kept = ur_keep_of(r);
    int status;

    ur_upgrade_narrow(r, kept);
    shadow->pool.conn = shadow->connection;
    ur_wait_begin(&kept->wait, r, shadow->connection->sock);
    kept->shadow = shadow;
    status = run_http_handler(call, shadow);
    kept->shadow = NULL;
    /* An ErrorDocument sees what the client sent. */
    r->headers_in = kept->client_fields;
    ur_worker_count(call->worker, shadow->shared.read, shadow->shared.transferred);
    shadow->connection = shadow->pool.conn;
    if (shadow->connection) {
        shadow->connection->worker = call->worker;
        ur_wait_end(&kept->wait, shadow->connection->sock);
    }
    return ur_wait_status(&kept->wait, r, status);
}

/* If an event tunnel is wanted, a child that has to exit ends this one too. */
static int run_thread(const struct call *call, struct ur_shadow *shadow)
{
    request_rec *r = call->r;
    struct ur_kept *kept = ur_keep_of(r);
    struct ur_overflow overflow;
    int status;

    if (kept->event) {
        ur_overflow_begin(&overflow, r);
        kept->overflow = &overflow;
    }
    status = run_with(call, shadow);
    ur_threaded_end(r, kept->overflow && ur_overflow_end(&overflow));
    kept->overflow = NULL;
    return status;
}

/* The connection belongs to the real worker, and is returned to it. */
static int run_in_worker(const struct call *call)
{
    request_rec *r = call->r;
    struct ur_shadow *shadow = make_shadow(r->pool, call->worker, r->pool);
    int status =
        ap_proxy_acquire_connection(FUNCTION, &shadow->connection, call->worker, r->server);

    if (status != OK) {
        return status;
    }
    status = connect_backend(call, shadow);
    if (status == OK) {
        status = run_thread(call, shadow);
    }
    else {
        shadow->connection->close = 1;
    }
    if (shadow->connection) {
        ap_proxy_release_connection(FUNCTION, shadow->connection, r->server);
    }
    return status;
}

/* Whether the client has said nothing since its request: from here on nobody reads from it, so
 * that all it says is seen by a poll. And the filter that has read the request keeps its 8 KB
 * until it is asked for more: the request's pool, which this handshake fills, gets them now,
 * and not others that would stay with the tunnel. */
static bool is_quiet(conn_rec *c, apr_pool_t *pool)
{
    apr_bucket_brigade *bb = apr_brigade_create(pool, c->bucket_alloc);
    apr_status_t rv =
        ap_get_brigade(c->input_filters, bb, AP_MODE_SPECULATIVE, APR_NONBLOCK_READ, 1);
    bool quiet = (rv == APR_SUCCESS || APR_STATUS_IS_EAGAIN(rv)) && APR_BRIGADE_EMPTY(bb);

    apr_brigade_destroy(bb);
    return quiet;
}

/* Of a connection for itself, in pool. shadow, which is large, is not kept for the tunnel. */
static int ask_backend(const struct call *call, struct ur_shadow *shadow)
{
    request_rec *r = call->r;
    ap_filter_t *hiding;
    int status =
        ap_proxy_acquire_connection(FUNCTION, &shadow->connection, &shadow->worker, r->server);

    if (status == OK) {
        status = connect_backend(call, shadow);
    }
    if (status != OK) {
        return status;
    }
    shadow->quiet = is_quiet(r->connection, shadow->pool.pool);
    hiding = ur_takeover_hide(r, &shadow->switched);
    status = run_with(call, shadow);
    ur_takeover_show(hiding);
    return status;
}

/* The connection is not from the worker's pool, which holds as many as there are threads, and
 * waits when none is left. */
static int run_in_tunnel(const struct call *call)
{
    request_rec *r = call->r;
    apr_thread_t *thread = r->connection->current_thread;
    apr_pool_t *temporary = ur_handshake_pool_create(r->pool, thread);
    apr_pool_t *pool = ur_handshake_pool_create(r->pool, thread);
    struct ur_shadow *shadow = make_shadow(temporary, call->worker, pool);
    int status = ask_backend(call, shadow);

    if (status == OK && shadow->switched) {
        proxy_conn_rec *connection = shadow->connection;
        bool quiet = shadow->quiet;
        apr_pool_destroy(temporary);
        return ur_takeover(r, call->worker, connection, pool, quiet);
    }
    apr_pool_destroy(pool);
    apr_pool_destroy(temporary);
    return status;
}

int ur_shadow_fixups(request_rec *r)
{
    const struct ur_kept *kept = ur_keep_of(r);

    if (!kept || !kept->shadow) {
        return DECLINED;
    }
    ur_address_freeze(&kept->shadow->worker);
    return OK;
}

void ur_shadow_connected(struct ur_shadow *shadow)
{
    ur_address_thaw(&shadow->worker);
}

void ur_shadow_keep_open(struct ur_shadow *shadow)
{
    proxy_conn_rec *connection = shadow->connection;

    shadow->switched = true;
    shadow->shared.disablereuse = 0;
    connection->close = 0;
    connection->forward = NULL;
    connection->connection->keepalive = AP_CONN_UNKNOWN;
}

/* The code that sends the request to the backend does not report its response. */
static int decline(request_rec *r, struct ur_kept *kept)
{
    if (kept && kept->accept) {
        ur_no_event_log(r, http_handler ? UR_NO_EVENT_SCHEME : UR_NO_EVENT_NO_HTTP);
    }
    if (kept) {
        ur_gate_lose_sight(&kept->ticket);
    }
    return DECLINED;
}

int ur_shadow_handler(request_rec *r, proxy_worker *worker, proxy_server_conf *conf, char *url,
                      const char *proxyname, apr_port_t proxyport)
{
    const struct call call = {r, worker, conf, url, proxyname, proxyport};
    struct ur_kept *kept = ur_keep_of(r);

    if (kept && !kept->accept && ur_backend_url_is_http(url)) {
        ur_upgrade_limit(r, kept, worker);
        return DECLINED;
    }
    if (!kept || !http_handler || !ur_backend_url_is_http(url)) {
        return decline(r, kept);
    }
    /* The response of another proxy may be one to CONNECT: that is left to threads. */
    if (kept->ticket.carrier == UR_CARRIED_EVENT && proxyname) {
        ur_gate_to_thread(&kept->ticket);
        ur_no_event_log(r, UR_NO_EVENT_REMOTE);
    }
    return kept->ticket.carrier == UR_CARRIED_EVENT ? run_in_tunnel(&call)
                                                    : run_in_worker(&call);
}
