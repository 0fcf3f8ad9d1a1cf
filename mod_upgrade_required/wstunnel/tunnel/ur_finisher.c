#include "wstunnel/tunnel/ur_finisher.h"

#include "wstunnel/ur_module.h"
#include "wstunnel/tunnel/ur_clock.h"
#include "wstunnel/tunnel/ur_gate.h"

#include <stdatomic.h>

#include <apr_hash.h>
#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>
#include <apr_thread_proc.h>
#include <http_connection.h>
#include <http_core.h>
#include <http_request.h>

/* How many virtual hosts' logs may be stuck before others have to wait for them. */
#define THREADS_MAX 16

/* How often, a millisecond apart, to check whether the worker has released a connection. Its
 * remaining work takes less than one; a very busy system may need some more. */
#define LOOKS_MAX 1000

/* Of one virtual host. Guarded by the finisher's mutex; what a thread has taken out of tunnels
 * is the thread's own. */
struct queue {
    APR_RING_ENTRY(queue) link; /* of those that a thread may take */
    const server_rec *server;
    struct ur_tunnel_ring tunnels;
    bool taken; /* by a thread, or it is in the list */
};

APR_RING_HEAD(queue_ring, queue);

struct ur_finisher {
    atomic_bool keeps;         /* all memory; any thread's */
    apr_thread_mutex_t *mutex; /* guards what follows */
    apr_thread_cond_t *filled;
    apr_pool_t *pool;
    apr_hash_t *queues; /* by server */
    struct queue_ring ready;
    apr_thread_t *threads[THREADS_MAX];
    unsigned count; /* of threads */
    unsigned idle;  /* of these */
    bool quit;
};

/* When a connection's memory can go.
 *
 * The worker that hands a connection over still writes two words after the suspend_connection
 * hook, in which a poller gets it. The event MPM has, from 2.4.52 on and before:
 *
 *     static void notify_suspend(event_conn_state_t *cs)
 *     {
 *         ap_run_suspend_connection(cs->c, cs->r);
 *         cs->c->sbh = NULL;
 *         cs->suspended = 1;
 *     }
 *
 * and process_socket() returns right after it where the state is CONN_STATE_SUSPENDED;
 * worker_thread() then touches only what is its own. So the worker has released it when both
 * words are written. The first is in a public structure, and is checked before anything is done
 * to the request (wait_for_worker). The second is private, but the MPM itself checks it, in a
 * pre-cleanup of the connection's pool, which APR runs before it frees any of the memory:
 *
 *     static apr_status_t ptrans_pre_cleanup(void *dummy)
 *     {
 *         event_conn_state_t *cs = dummy;
 *         if (cs->suspended) {
 *             notify_resume(cs, 1);
 *         }
 *         return APR_SUCCESS;
 *     }
 *
 * notify_resume() runs the resume_connection hook, and nothing else runs it for a connection of
 * ours. So either the hook has been called, or the second word was not written yet. In the
 * latter case the memory is never freed, some tens of kilobytes, and later writes to it do no
 * harm (keep_memory). Nothing here depends on timing: that case needs a tunnel to end while its
 * worker is between two instructions, or an MPM that has changed. UR0020 reports it, and the
 * tests that end many tunnels require that it never happens.
 *
 * The order in which the words become visible, from a compiler or a processor that reorders
 * them, does not matter: both are waited for, and once a value has been read from a word, no
 * older write to it can follow.
 *
 * The MPM also writes to the scoreboard when a worker has become idle; but when it stops
 * accepting it writes the same for workers that have not (close_listeners), so that proves
 * nothing. */
static bool is_released(const struct ur_tunnel *tunnel)
{
    void *volatile *handle = (void *volatile *)&tunnel->c->sbh;

    return !*handle;
}

static void wait_for_worker(struct ur_tunnel *tunnel)
{
    for (int look = 0; look < LOOKS_MAX && !is_released(tunnel); look++) {
        apr_sleep(apr_time_from_msec(1));
    }
    if (is_released(tunnel)) {
        tunnel->grip = UR_GRIP_LOOSE;
    }
}

void ur_finisher_resume(conn_rec *c, request_rec *r)
{
    struct ur_tunnel *tunnel = ap_get_module_config(c->conn_config, &upgrade_wstunnel_module);

    (void)r;
    if (tunnel && tunnel->grip == UR_GRIP_LOOSE) {
        tunnel->grip = UR_GRIP_NONE;
    }
}

static apr_status_t keep_memory(void *data)
{
    struct ur_tunnel *tunnel = data;
    apr_pool_t *pool = tunnel->c->pool;
    apr_allocator_t *allocator = apr_pool_allocator_get(pool);

    if (tunnel->grip == UR_GRIP_NONE) {
        return APR_SUCCESS;
    }
    ap_log_error(APLOG_MARK, APLOG_DEBUG, 0, ap_server_conf,
                 "UR0020: the MPM has not released a connection whose tunnel has ended; its "
                 "memory is kept");
    if (allocator && apr_allocator_owner_get(allocator) == pool) {
        apr_allocator_mutex_set(allocator, NULL);
        apr_allocator_owner_set(allocator, NULL);
        apr_allocator_max_free_set(allocator, APR_ALLOCATOR_MAX_FREE_UNLIMITED);
    }
    return APR_SUCCESS;
}

static void release(struct ur_tunnel *tunnel)
{
    apr_pool_t *pool = tunnel->c->pool;

    apr_pool_cleanup_register(pool, tunnel, keep_memory, apr_pool_cleanup_null);
    apr_pool_destroy(pool);
}

/* The request ends like any other: it is logged, and its pool is destroyed, with a backend that
 * needs filters in it. */
static void log_request(struct ur_tunnel *tunnel)
{
    request_rec *r = tunnel->r;

    ur_tunnel_note_ended(tunnel);
    tunnel->r = NULL;
    ap_process_request_after_handler(r);
    ap_prep_lingering_close(tunnel->c); /* for hooks that want to know of the end */
    /* As the MPM counted it. */
    tunnel->c->cs->state = CONN_STATE_SUSPENDED;
}

static void end_all(struct ur_finisher *finisher, struct ur_tunnel_ring *ring)
{
    while (!APR_RING_EMPTY(ring, ur_tunnel, link)) {
        struct ur_tunnel *tunnel = APR_RING_FIRST(ring);
        APR_RING_REMOVE(tunnel, link);
        wait_for_worker(tunnel);
        log_request(tunnel);
        if (!atomic_load(&finisher->keeps)) {
            release(tunnel);
        }
        ur_gate_log_ends();
    }
}

/* For a thread, if none works on it and there is something to do. */
static void offer(struct ur_finisher *finisher, struct queue *queue)
{
    if (!queue->taken && !APR_RING_EMPTY(&queue->tunnels, ur_tunnel, link)) {
        queue->taken = true;
        APR_RING_INSERT_TAIL(&finisher->ready, queue, queue, link);
    }
}

/* NULL: the thread is to end. */
static struct queue *take_queue(struct ur_finisher *finisher)
{
    struct queue *queue;

    while (APR_RING_EMPTY(&finisher->ready, queue, link)) {
        if (finisher->quit) {
            return NULL;
        }
        finisher->idle++;
        apr_thread_cond_wait(finisher->filled, finisher->mutex);
        finisher->idle--;
    }
    queue = APR_RING_FIRST(&finisher->ready);
    APR_RING_REMOVE(queue, link);
    return queue;
}

static void *APR_THREAD_FUNC run(apr_thread_t *thread, void *data)
{
    struct ur_finisher *finisher = data;
    struct ur_tunnel_ring turn;
    struct queue *queue;

    (void)thread;
    APR_RING_INIT(&turn, ur_tunnel, link);
    apr_thread_mutex_lock(finisher->mutex);
    while ((queue = take_queue(finisher)) != NULL) {
        APR_RING_CONCAT(&turn, &queue->tunnels, ur_tunnel, link);
        apr_thread_mutex_unlock(finisher->mutex);
        end_all(finisher, &turn);
        apr_thread_mutex_lock(finisher->mutex);
        queue->taken = false;
        offer(finisher, queue);
    }
    apr_thread_mutex_unlock(finisher->mutex);
    return NULL;
}

static apr_status_t start_thread(struct ur_finisher *finisher)
{
    apr_status_t rv = apr_thread_create(&finisher->threads[finisher->count], NULL, run,
                                        finisher, finisher->pool);

    finisher->count += rv == APR_SUCCESS;
    return rv;
}

apr_status_t ur_finisher_start(struct ur_finisher **made, apr_pool_t *pool)
{
    struct ur_finisher *finisher = apr_pcalloc(pool, sizeof *finisher);
    apr_allocator_t *allocator;
    apr_status_t rv = apr_allocator_create(&allocator);

    atomic_init(&finisher->keeps, false);
    APR_RING_INIT(&finisher->ready, queue, link);
    *made = finisher;
    /* Adding allocates too, under the mutex, and pool is not for that. */
    if (rv != APR_SUCCESS ||
        (rv = apr_pool_create_ex(&finisher->pool, pool, NULL, allocator)) != APR_SUCCESS) {
        return rv;
    }
    apr_allocator_owner_set(allocator, finisher->pool);
    finisher->queues = apr_hash_make(finisher->pool);
    if ((rv = apr_thread_mutex_create(&finisher->mutex, APR_THREAD_MUTEX_DEFAULT, pool)) !=
            APR_SUCCESS ||
        (rv = apr_thread_cond_create(&finisher->filled, pool)) != APR_SUCCESS) {
        return rv;
    }
    return start_thread(finisher);
}

static struct queue *queue_of(struct ur_finisher *finisher, const server_rec *server)
{
    struct queue *queue = apr_hash_get(finisher->queues, &server, sizeof server);

    if (!queue) {
        queue = apr_pcalloc(finisher->pool, sizeof *queue);
        queue->server = server;
        APR_RING_INIT(&queue->tunnels, ur_tunnel, link);
        apr_hash_set(finisher->queues, &queue->server, sizeof queue->server, queue);
    }
    return queue;
}

void ur_finisher_add(struct ur_finisher *finisher, struct ur_tunnel *tunnel)
{
    struct queue *queue;

    tunnel->over = ur_clock();
    ur_gate_log_begins();
    apr_thread_mutex_lock(finisher->mutex);
    queue = queue_of(finisher, tunnel->r->server);
    APR_RING_INSERT_TAIL(&queue->tunnels, tunnel, ur_tunnel, link);
    offer(finisher, queue);
    if (finisher->idle) {
        apr_thread_cond_signal(finisher->filled);
    }
    else if (!APR_RING_EMPTY(&finisher->ready, queue, link) && finisher->count < THREADS_MAX) {
        start_thread(finisher); /* without it this waits for one of the others */
    }
    apr_thread_mutex_unlock(finisher->mutex);
}

void ur_finisher_keep(struct ur_finisher *finisher)
{
    atomic_store(&finisher->keeps, true);
}

void ur_finisher_join(struct ur_finisher *finisher)
{
    apr_status_t rv;

    apr_thread_mutex_lock(finisher->mutex);
    finisher->quit = true;
    apr_thread_cond_broadcast(finisher->filled);
    apr_thread_mutex_unlock(finisher->mutex);
    for (unsigned i = 0; i < finisher->count; i++) {
        apr_thread_join(&rv, finisher->threads[i]);
    }
}
