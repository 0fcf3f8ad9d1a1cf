#include "wstunnel/tunnel/ur_child.h"

#include "shared/ur_retry.h"
#include "ur_modules.h"
#include "wstunnel/ur_module.h"
#include "wstunnel/tunnel/ur_books.h"
#include "wstunnel/tunnel/ur_overflow.h"
#include "wstunnel/tunnel/ur_clock.h"
#include "wstunnel/tunnel/ur_finisher.h"
#include "wstunnel/tunnel/ur_leaving.h"
#include "wstunnel/config/ur_limits.h"
#include "wstunnel/tunnel/ur_mpm.h"
#include "wstunnel/tunnel/ur_no_event.h"
#include "wstunnel/tunnel/ur_poller.h"
#include "wstunnel/tunnel/ur_rouse.h"

#include <stdatomic.h>
#include <unistd.h>

#include <apr_strings.h>
#include <apr_thread_mutex.h>
#include <http_connection.h>
#include <http_core.h>

/* Of the process. */
static struct {
    /* Set before there are threads, and only read after that. */
    apr_pool_t *pool; /* NULL: not a child */
    struct ur_tunnel_place place;

    /* Guarded by the mutex; once RUNNING it does not change, and may be read by threads that
     * know that. */
    apr_thread_mutex_t *starting;
    enum { UNSTARTED, RUNNING, BROKEN } state;
    struct ur_tunnel_context context;
    struct ur_poller *pollers[UR_POLLERS_MAX];
    unsigned count;

    /* Any thread's. */
    atomic_uint next; /* poller */
} child;

static apr_status_t stop_threads(void *unused)
{
    (void)unused;
    if (child.state != RUNNING) {
        return APR_SUCCESS;
    }
    ur_leaving_begin(false);
    ur_finisher_keep(child.context.finisher);
    for (unsigned i = 0; i < child.count; i++) {
        ur_poller_join(child.pollers[i]);
    }
    ur_finisher_join(child.context.finisher);
    return APR_SUCCESS;
}

static void take_place(apr_pool_t *pchild)
{
    APR_OPTIONAL_FN_TYPE(upgrade_required_tunnels) *place_of =
        APR_RETRIEVE_OPTIONAL_FN(upgrade_required_tunnels);

    if (place_of) {
        place_of(&child.place, UR_TUNNEL_LAYOUT);
    }
    ur_books_open(child.place.cell);
    ur_gate_open(pchild, &child.place);
}

void ur_child_init(apr_pool_t *pchild, server_rec *s)
{
    (void)s;
    memset(&child, 0, sizeof child);
    ur_leaving_reset(&child.place);
    ur_overflow_reset();
    take_place(pchild);
    if (!ur_limits_able() || apr_thread_mutex_create(&child.starting, APR_THREAD_MUTEX_DEFAULT,
                                                     pchild) != APR_SUCCESS) {
        return;
    }
    /* Before the first tunnel, so that siblings know of it. */
    ur_gate_set_room(ur_limits_max());
    child.pool = pchild;
    if (child.place.cell) {
        atomic_store(&child.place.cell->tells, true);
    }
    /* Before log files are closed. */
    apr_pool_pre_cleanup_register(pchild, NULL, stop_threads);
}

/* One for each processor, in all children together. */
static unsigned count_pollers(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    long children = (long)ur_mpm_ask(AP_MPMQ_MAX_DAEMONS);
    long count = processors < 1 || children < 1 ? 1 : (processors + children - 1) / children;

    return count > UR_POLLERS_MAX ? UR_POLLERS_MAX : (unsigned)count;
}

static apr_status_t start_threads(void)
{
    apr_allocator_t *allocator;
    apr_pool_t *pool;
    apr_status_t rv = apr_allocator_create(&allocator);

    /* Workers start them, and must not allocate from pchild. */
    if (rv != APR_SUCCESS ||
        (rv = apr_pool_create_ex(&pool, child.pool, NULL, allocator)) != APR_SUCCESS) {
        return rv;
    }
    apr_allocator_owner_set(allocator, pool);
    child.context.max = ur_limits_raise();
    ur_gate_set_room(child.context.max);
    rv = ur_finisher_start(&child.context.finisher, pool);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    for (unsigned i = 0; rv == APR_SUCCESS && i < count_pollers(); i++) {
        rv = ur_poller_start(&child.pollers[i], &child.context, pool);
        child.count += rv == APR_SUCCESS;
    }
    if (child.count == 0) {
        ur_finisher_join(child.context.finisher);
    }
    return rv;
}

/* With the first tunnel, so that servers without tunnels pay nothing. One poller is enough. */
static bool start(void)
{
    if (child.state == UNSTARTED) {
        apr_status_t rv = start_threads();
        child.state = child.count ? RUNNING : BROKEN;
        if (child.state == BROKEN) {
            ur_gate_set_room(0);
        }
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

    if (!child.pool) {
        return false;
    }
    apr_thread_mutex_lock(child.starting);
    started = start();
    apr_thread_mutex_unlock(child.starting);
    return started;
}

/* Connections that cannot be handed over: streams of HTTP/2, whose connection serves others
 * too; and requests that httpd derives from others, whose caller waits for the end. */
static enum ur_no_event why_not_suspended(const request_rec *r)
{
    const conn_rec *c = r->connection;

    if (c->master) {
        return UR_NO_EVENT_STREAM;
    }
    if (!c->cs || c->clogging_input_filters) {
        return UR_NO_EVENT_FILTER;
    }
    if (r->main || r->prev) {
        return UR_NO_EVENT_INTERNAL;
    }
    return r->proxyreq == PROXYREQ_PROXY ? UR_NO_EVENT_FORWARD : UR_NO_EVENT_NONE;
}

/* A child that is leaving waits for the connections that it has counted, and ends when there
 * are none, whatever a worker has in its hands by then. The event MPM writes STOPPING
 * (signal_threads), then tells its listener to leave (wakeup_listener: listener_may_exit), and
 * the listener leaves once connection_count is 0 (listener_thread). A worker counts a
 * connection (process_socket: connection_count) before any hook of it runs. So if STOPPING is
 * not visible here, with a connection that is counted, the listener sees the connection and
 * stays until its pool is destroyed. If it is visible, the listener may have exited: nothing
 * would wait for a suspended connection, but workers are waited for (join_workers). The code is
 * the same in httpd 2.4.52 to 2.4.71. */
static bool is_leaving(void)
{
    return ur_mpm_ask(AP_MPMQ_MPM_STATE) == AP_MPMQ_STOPPING;
}

/* Except for the room, which the gate knows. Threads are started last: only for a tunnel that
 * they can carry. */
static enum ur_no_event why_no_event(const request_rec *r, bool event)
{
    enum ur_no_event why;

    if (!event) {
        return UR_NO_EVENT_ROUTE;
    }
    if (!ur_limits_able()) {
        return UR_NO_EVENT_MPM;
    }
    why = why_not_suspended(r);
    if (why != UR_NO_EVENT_NONE) {
        return why;
    }
    if (!is_started()) {
        return UR_NO_EVENT_THREADS;
    }
    return is_leaving() ? UR_NO_EVENT_LEAVING : UR_NO_EVENT_NONE;
}

static apr_status_t leave(void *ticket)
{
    ur_gate_leave(ticket);
    return APR_SUCCESS;
}

static void log_refusal(request_rec *r, enum ur_admission admission)
{
    struct ur_crowd crowd = ur_gate_crowd();

    if (admission == UR_ADMIT_FULL) {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      "UR0012: no tunnel is opened: this child holds %" APR_UINT64_T_FMT
                      " event tunnels, its maximum, its workers carry %" APR_UINT64_T_FMT
                      " more, and no other child has room",
                      crowd.held, crowd.carried);
        return;
    }
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                  "UR0025: no tunnel is opened: %" APR_UINT64_T_FMT
                  " handshakes are waiting for backends in this child, its maximum",
                  crowd.waiting);
}

static int turn_away(request_rec *r, enum ur_admission admission)
{
    ur_tunnel_cell_count_turned_away(child.place.cell, admission == UR_ADMIT_FULL
                                                           ? UR_TURNED_AWAY_FULL
                                                           : UR_TURNED_AWAY_BUSY);
    log_refusal(r, admission);
    apr_table_setn(r->err_headers_out, "Retry-After", apr_itoa(r->pool, (int)ur_retry_after()));
    return HTTP_SERVICE_UNAVAILABLE;
}

void ur_child_count_limited(void)
{
    ur_tunnel_cell_count_turned_away(child.place.cell, UR_TURNED_AWAY_LIMIT);
}

int ur_child_admit(request_rec *r, struct ur_ticket *ticket, bool event)
{
    enum ur_no_event why = why_no_event(r, event);
    enum ur_admission admission = ur_gate_enter(ticket, why == UR_NO_EVENT_NONE);

    if (admission == UR_ADMIT_FULL || admission == UR_ADMIT_BUSY) {
        ur_gate_leave(ticket);
        return turn_away(r, admission);
    }
    if (admission == UR_ADMIT_THREAD) {
        ur_no_event_log(r, why == UR_NO_EVENT_NONE ? UR_NO_EVENT_FULL : why);
    }
    apr_pool_cleanup_register(r->pool, ticket, leave, apr_pool_cleanup_null);
    return OK;
}

void ur_child_carry(struct ur_tunnel *tunnel, struct ur_ticket *ticket)
{
    conn_rec *c = tunnel->c;

    tunnel->ticket = *ticket;
    *ticket = (struct ur_ticket){.kept = false};
    apr_pool_cleanup_register(c->pool, &tunnel->ticket, leave, apr_pool_cleanup_null);
    tunnel->poller = child.pollers[atomic_fetch_add(&child.next, 1) % child.count];
    ap_set_module_config(c->conn_config, &upgrade_wstunnel_module, tunnel);
}

void ur_child_suspend(conn_rec *c, request_rec *r)
{
    struct ur_tunnel *tunnel = ap_get_module_config(c->conn_config, &upgrade_wstunnel_module);

    (void)r;
    /* Any other state, or one that is aborted: the MPM is closing it. */
    if (tunnel && tunnel->life == UR_TUNNEL_OPENING && c->cs->state == CONN_STATE_SUSPENDED &&
        !c->aborted) {
        tunnel->life = UR_TUNNEL_OPEN;
        ur_rouse_listener();
        ur_poller_add(tunnel->poller, tunnel);
    }
}

void ur_child_stop(apr_pool_t *pchild, int graceful)
{
    (void)pchild;
    if (child.pool) {
        ur_leaving_begin(graceful);
    }
    if (child.place.cell) { /* whoever reads it may send a signal at once */
        atomic_store(&child.place.cell->leaving, (int64_t)apr_time_sec(ur_clock()));
    }
    if (!child.pool) {
        return;
    }
    apr_thread_mutex_lock(child.starting);
    if (child.state == RUNNING && !graceful) {
        ur_finisher_keep(child.context.finisher);
    }
    for (unsigned i = 0; child.state == RUNNING && i < child.count; i++) {
        ur_poller_wake(child.pollers[i]);
    }
    apr_thread_mutex_unlock(child.starting);
}
