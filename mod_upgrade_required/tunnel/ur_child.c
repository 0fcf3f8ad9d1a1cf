#include "tunnel/ur_child.h"

#include "httpd/ur_export.h"
#include "proxy/ur_proxy_module.h"
#include "tunnel/ur_clock.h"
#include "tunnel/ur_finisher.h"
#include "tunnel/ur_leaving.h"
#include "tunnel/ur_limits.h"
#include "tunnel/ur_mpm.h"
#include "tunnel/ur_poller.h"

#include <stdatomic.h>
#include <unistd.h>

#include <apr_thread_mutex.h>
#include <http_connection.h>
#include <http_core.h>

#define POLLERS_MAX 4

/* Seconds after which a client may try again that came when all places were taken. */
#define RETRY_AFTER "10"

/* Of the process. */
static struct {
    apr_pool_t *pool; /* NULL: not a child */
    apr_thread_mutex_t *starting;
    enum { UNSTARTED, RUNNING, BROKEN } state;
    struct ur_tunnel_place place;
    struct ur_carriage carriage;
    struct ur_poller *pollers[POLLERS_MAX];
    unsigned count;
    atomic_uint next;   /* poller */
    atomic_size_t held; /* places */
} child;

static apr_status_t stop_threads(void *unused)
{
    (void)unused;
    if (child.state != RUNNING) {
        return APR_SUCCESS;
    }
    ur_leaving_begin(false);
    ur_finisher_hurry(child.carriage.finisher);
    for (unsigned i = 0; i < child.count; i++) {
        ur_poller_join(child.pollers[i]);
    }
    ur_finisher_join(child.carriage.finisher);
    return APR_SUCCESS;
}

static void take_place(void)
{
    APR_OPTIONAL_FN_TYPE(upgrade_required_tunnels) *place_of =
        APR_RETRIEVE_OPTIONAL_FN(upgrade_required_tunnels);

    if (place_of) {
        place_of(&child.place, UR_TUNNEL_LAYOUT);
    }
    child.carriage.counts = child.place.cell;
}

void ur_child_init(apr_pool_t *pchild, server_rec *s)
{
    (void)s;
    memset(&child, 0, sizeof child);
    ur_leaving_reset();
    take_place();
    if (!ur_limits_able() || apr_thread_mutex_create(&child.starting, APR_THREAD_MUTEX_DEFAULT,
                                                     pchild) != APR_SUCCESS) {
        return;
    }
    child.pool = pchild;
    /* Before log files are closed. */
    apr_pool_pre_cleanup_register(pchild, NULL, stop_threads);
}

/* One for each processor, in all children together. */
static unsigned count_pollers(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    long children = (long)ur_mpm_ask(AP_MPMQ_MAX_DAEMONS);
    long count = processors < 1 || children < 1 ? 1 : (processors + children - 1) / children;

    return count > POLLERS_MAX ? POLLERS_MAX : (unsigned)count;
}

static apr_status_t start_threads(void)
{
    apr_allocator_t *allocator;
    apr_pool_t *pool;
    apr_status_t rv = apr_allocator_create(&allocator);

    /* Workers start them, and pchild is not theirs to allocate from. */
    if (rv != APR_SUCCESS ||
        (rv = apr_pool_create_ex(&pool, child.pool, NULL, allocator)) != APR_SUCCESS) {
        return rv;
    }
    apr_allocator_owner_set(allocator, pool);
    child.carriage.max = ur_limits_raise();
    if (child.place.cell) {
        atomic_store(&child.place.cell->room, child.carriage.max);
    }
    rv = ur_finisher_start(&child.carriage.finisher, pool);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    for (unsigned i = 0; rv == APR_SUCCESS && i < count_pollers(); i++) {
        rv = ur_poller_start(&child.pollers[i], &child.carriage, pool);
        child.count += rv == APR_SUCCESS;
    }
    if (child.count == 0) {
        ur_finisher_join(child.carriage.finisher);
    }
    return rv;
}

/* With the first tunnel, so that others pay nothing. One poller is enough. */
static bool start(void)
{
    if (child.state == UNSTARTED) {
        apr_status_t rv = start_threads();
        child.state = child.count ? RUNNING : BROKEN;
        if (rv != APR_SUCCESS) {
            ap_log_error(APLOG_MARK, APLOG_WARNING, rv, ap_server_conf,
                         "UR0013: %s for event tunnels cannot be started%s",
                         child.count ? "some of the threads" : "the threads",
                         child.count ? "" : "; workers carry tunnels in this child");
        }
    }
    return child.state == RUNNING;
}

static bool is_started(void)
{
    bool started;

    apr_thread_mutex_lock(child.starting);
    started = start();
    apr_thread_mutex_unlock(child.starting);
    return started;
}

/* Where the connection could not be left to itself: streams of HTTP/2, whose connection serves
 * others too; and requests that httpd makes of others, whose caller waits for the end. */
static bool can_be_suspended(const request_rec *r)
{
    const conn_rec *c = r->connection;

    return !c->master && c->cs && !c->clogging_input_filters && !r->main && !r->prev &&
           r->proxyreq != PROXYREQ_PROXY;
}

static apr_status_t give_place_back(void *unused)
{
    (void)unused;
    atomic_fetch_sub(&child.held, 1);
    return APR_SUCCESS;
}

int ur_child_admit(request_rec *r)
{
    if (!child.pool || !can_be_suspended(r) || !is_started()) {
        return DECLINED;
    }
    if (atomic_fetch_add(&child.held, 1) >= child.carriage.max) {
        atomic_fetch_sub(&child.held, 1);
        ur_count_tunnel_turned_away(child.place.cell, UR_TURNED_AWAY_FULL);
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      "UR0012: no tunnel is opened: this child holds %" APR_SIZE_T_FMT
                      ", as many as it may",
                      child.carriage.max);
        apr_table_setn(r->err_headers_out, "Retry-After", RETRY_AFTER);
        return HTTP_SERVICE_UNAVAILABLE;
    }
    apr_pool_cleanup_register(r->pool, &child, give_place_back, apr_pool_cleanup_null);
    return OK;
}

void ur_child_dismiss(request_rec *r)
{
    apr_pool_cleanup_run(r->pool, &child, give_place_back);
}

void ur_child_carry(struct ur_tunnel *tunnel)
{
    conn_rec *c = tunnel->c;

    apr_pool_cleanup_kill(tunnel->r->pool, &child, give_place_back);
    apr_pool_cleanup_register(c->pool, &child, give_place_back, apr_pool_cleanup_null);
    tunnel->poller = child.pollers[atomic_fetch_add(&child.next, 1) % child.count];
    ap_set_module_config(c->conn_config, &upgrade_wstunnel_module, tunnel);
}

void ur_child_suspend(conn_rec *c, request_rec *r)
{
    struct ur_tunnel *tunnel = ap_get_module_config(c->conn_config, &upgrade_wstunnel_module);

    (void)r;
    /* Any other state, or one that is aborted: the MPM is closing it. */
    if (tunnel && !tunnel->handed && c->cs->state == CONN_STATE_SUSPENDED && !c->aborted) {
        tunnel->handed = ur_clock();
        ur_poller_add(tunnel->poller, tunnel);
    }
}

void ur_child_stop(apr_pool_t *pchild, int graceful)
{
    (void)pchild;
    if (child.place.cell) {
        atomic_store(&child.place.cell->leaving, (int64_t)apr_time_sec(ur_clock()));
    }
    if (!child.pool) {
        return;
    }
    ur_leaving_begin(graceful);
    apr_thread_mutex_lock(child.starting);
    for (unsigned i = 0; child.state == RUNNING && i < child.count; i++) {
        ur_poller_wake(child.pollers[i]);
    }
    apr_thread_mutex_unlock(child.starting);
}
