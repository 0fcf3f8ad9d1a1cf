#include "proxy/ur_shadow.h"

#include "proxy/ur_keep.h"
#include "proxy/ur_proxy_module.h"

#include <stdbool.h>

#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>

#define FUNCTION "WEBSOCKET" /* what mod_proxy calls the user of a connection in its log */

static const char NOT_POOLED[] = "proxy-initial-not-pooled";

/* mod_proxy_http decides by its worker whether a handshake is kept, and workers are shared
 * between routes and processes. So it gets a copy that says yes: a copy of the worker, of
 * the shared part of it, and a connection pool that holds one connection, which was taken
 * from and connected by the real worker. Error state, failover and limits stay there. */
struct shadow {
    proxy_worker worker;
    proxy_worker_shared shared;
    proxy_conn_pool pool;
};

typedef int scheme_handler(request_rec *r, proxy_worker *worker, proxy_server_conf *conf,
                           char *url, const char *proxyname, apr_port_t proxyport);

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
                     "UR0006: mod_upgrade_wstunnel keeps no handshake without mod_proxy_http; "
                     "load proxy_http_module");
    }
    return OK;
}

static bool has_scheme(const char *url, const char *scheme)
{
    return ap_cstr_casecmpn(url, scheme, strlen(scheme)) == 0;
}

static bool is_tls(const char *url)
{
    return has_scheme(url, "https:") || has_scheme(url, "wss:");
}

static bool is_http(const char *url)
{
    return is_tls(url) || has_scheme(url, "http:") || has_scheme(url, "ws:");
}

/* As mod_proxy_http decides it. */
static bool wants_new_connection(const request_rec *r)
{
    return r->proxyreq == PROXYREQ_REVERSE && !r->connection->keepalives &&
           apr_table_get(r->subprocess_env, NOT_POOLED);
}

/* A connection of the real worker, connected. */
static int connect_backend(request_rec *r, proxy_worker *worker, proxy_server_conf *conf,
                           char *url, const char *proxyname, apr_port_t proxyport,
                           proxy_conn_rec **connection)
{
    apr_uri_t uri;
    char port[32];
    int status = ap_proxy_acquire_connection(FUNCTION, connection, worker, r->server);

    if (status != OK) {
        return status;
    }
    (*connection)->is_ssl = is_tls(url);
    (*connection)->close = wants_new_connection(r);
    status = ap_proxy_determine_connection(r->pool, r, conf, worker, *connection, &uri, &url,
                                           proxyname, proxyport, port, sizeof port);
    if (status == OK &&
        ap_proxy_check_connection(FUNCTION, *connection, r->server, 1,
                                  PROXY_CHECK_CONN_EMPTY) != APR_SUCCESS &&
        ap_proxy_connect_backend(FUNCTION, *connection, worker, r->server) != OK) {
        status = HTTP_SERVICE_UNAVAILABLE;
    }
    if (status != OK) {
        (*connection)->close = 1;
        ap_proxy_release_connection(FUNCTION, *connection, r->server);
    }
    return status;
}

/* mod_proxy_http would close the connection that it is handed and make a new one, where the
 * environment demands a new one, which it is. */
static int run_http_handler(request_rec *r, struct shadow *shadow, proxy_server_conf *conf,
                            char *url, const char *proxyname, apr_port_t proxyport)
{
    const char *demand = apr_table_get(r->subprocess_env, NOT_POOLED);
    int status;

    apr_table_unset(r->subprocess_env, NOT_POOLED);
    status = http_handler(r, &shadow->worker, conf, url, proxyname, proxyport);
    if (demand) {
        apr_table_setn(r->subprocess_env, NOT_POOLED, demand);
    }
    return status;
}

static struct shadow *make_shadow(apr_pool_t *pool, proxy_worker *worker,
                                  proxy_conn_rec *connection)
{
    struct shadow *shadow = apr_palloc(pool, sizeof *shadow);

    shadow->worker = *worker;
    shadow->shared = *worker->s;
    shadow->pool = *worker->cp;
    shadow->worker.s = &shadow->shared;
    shadow->worker.cp = &shadow->pool;
    apr_cpystrn(shadow->shared.upgrade, "websocket", sizeof shadow->shared.upgrade);
    shadow->shared.read = 0;
    shadow->shared.transferred = 0;
    shadow->pool.res = NULL; /* so that mod_proxy takes conn, and puts it back there */
    shadow->pool.conn = connection;
    /* Addresses of workers are counted, and the shadow owns no count of its own: it must not
     * replace one, which it would on a failed second connect after the name has moved. A
     * worker whose address is not reusable keeps none. */
    shadow->shared.is_address_reusable = 0;
    return shadow;
}

/* Gives the connection, or what mod_proxy made of it, back to the real worker. */
static void dissolve(struct shadow *shadow, proxy_worker *worker, server_rec *s)
{
    proxy_conn_rec *connection = shadow->pool.conn;

    worker->s->read += shadow->shared.read;
    worker->s->transferred += shadow->shared.transferred;
    if (connection) {
        connection->worker = worker;
        ap_proxy_release_connection(FUNCTION, connection, s);
    }
}

/* What mod_proxy is to see of the client's fields: Upgrade as the one word that it compares
 * with, or none at all where another protocol is offered. */
static apr_table_t *narrowed(const request_rec *r, const struct ur_kept *kept)
{
    apr_table_t *fields = apr_table_copy(r->pool, r->headers_in);

    if (kept->accept) {
        apr_table_setn(fields, "Upgrade", "websocket");
    }
    else {
        apr_table_unset(fields, "Upgrade");
    }
    return fields;
}

int ur_shadow_handler(request_rec *r, proxy_worker *worker, proxy_server_conf *conf, char *url,
                      const char *proxyname, apr_port_t proxyport)
{
    const struct ur_kept *kept = ur_keep_of(r);
    proxy_conn_rec *connection = NULL;
    struct shadow *shadow;
    int status;

    if (!http_handler || !kept || !is_http(url)) {
        return DECLINED;
    }
    r->headers_in = narrowed(r, kept);
    if (!kept->accept) {
        return DECLINED; /* stock proxies it, and has nothing that it could switch to */
    }
    status = connect_backend(r, worker, conf, url, proxyname, proxyport, &connection);
    if (status == OK) {
        shadow = make_shadow(r->pool, worker, connection);
        status = run_http_handler(r, shadow, conf, url, proxyname, proxyport);
        dissolve(shadow, worker, r->server);
    }
    /* An ErrorDocument sees what the client sent. */
    r->headers_in = kept->client_fields;
    return status;
}
