#include "tunnel/ur_finisher.h"

#include "tunnel/ur_books.h"
#include "tunnel/ur_clock.h"
#include "tunnel/ur_poller.h"
#include "tunnel/ur_worker.h"

#include <stdatomic.h>

#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>
#include <apr_thread_proc.h>
#include <http_connection.h>
#include <http_core.h>
#include <http_request.h>

/* After its worker has handed a connection over, it still writes two words of it, the first
 * of which can be seen (see is_released). */
#define MARGIN apr_time_from_sec(1)

/* How often is looked again at what could not be ended or released at once. */
#define RETRY apr_time_from_msec(100)

/* So long one client may keep the finisher waiting. */
#define LAST_WORDS_TIMEOUT apr_time_from_msec(20)

struct ur_finisher {
    apr_thread_t *thread;
    struct ur_tunnel_ring early; /* the worker still has its hands on them */
    struct ur_tunnel_ring graves;
    atomic_bool hurry;

    apr_thread_mutex_t *mutex; /* over what follows */
    apr_thread_cond_t *filled;
    struct ur_tunnel_ring inbox;
    bool quit;
};

static APR_OPTIONAL_FN_TYPE(ap_logio_add_bytes_in) * count_in;
static APR_OPTIONAL_FN_TYPE(ap_logio_add_bytes_out) * count_out;

void ur_finisher_open(void)
{
    count_in = APR_RETRIEVE_OPTIONAL_FN(ap_logio_add_bytes_in);
    count_out = APR_RETRIEVE_OPTIONAL_FN(ap_logio_add_bytes_out);
}

/* The event MPM takes the handle back after it has run the hook in which the tunnel was handed
 * over. One more word is written after that: for that there is MARGIN. */
static bool is_released(const struct ur_tunnel *tunnel)
{
    return !*(void *volatile *)&tunnel->c->sbh;
}

/* What mod_proxy and mod_logio would have counted. */
static void account(const struct ur_tunnel *tunnel)
{
    const struct ur_end *client = &tunnel->client;

    ur_worker_count(tunnel->worker, (apr_off_t)tunnel->backend.received,
                    (apr_off_t)client->received);
    if (count_in && count_out) {
        count_in(tunnel->c, (apr_off_t)client->wire_in);
        count_out(tunnel->c, (apr_off_t)client->wire_out);
    }
}

/* The request ends as any other: it is logged, and its pool goes, with a backend that needs
 * filters in it. */
static void log_request(struct ur_tunnel *tunnel)
{
    request_rec *r = tunnel->r;

    account(tunnel);
    if (!tunnel->backend.filtered) {
        apr_socket_close(tunnel->backend.socket);
    }
    ur_books_note(r, tunnel->outcome, &tunnel->farewell);
    tunnel->r = NULL;
    ap_process_request_after_handler(r);
    /* As the MPM has counted it. */
    tunnel->c->cs->state = CONN_STATE_SUSPENDED;
}

/* Whether the client is to be waited for. */
static bool close_client(struct ur_finisher *finisher, struct ur_tunnel *tunnel)
{
    bool hurry = atomic_load(&finisher->hurry);

    /* What has just filled the socket may leave no room for the last words of TLS. */
    apr_socket_timeout_set(tunnel->client.socket, hurry ? 0 : LAST_WORDS_TIMEOUT);
    if (tunnel->c->aborted || ap_start_lingering_close(tunnel->c)) {
        return false;
    }
    apr_socket_timeout_set(tunnel->client.socket, 0); /* pollers never wait */
    return !tunnel->client.ended && !hurry;
}

static void bury(struct ur_finisher *finisher, struct ur_tunnel *tunnel)
{
    apr_socket_close(tunnel->client.socket);
    APR_RING_INSERT_TAIL(&finisher->graves, tunnel, ur_tunnel, link);
}

static void end(struct ur_finisher *finisher, struct ur_tunnel *tunnel)
{
    if (tunnel->state == UR_TUNNEL_GONE) {
        bury(finisher, tunnel);
        return;
    }
    log_request(tunnel);
    if (close_client(finisher, tunnel)) {
        tunnel->state = UR_TUNNEL_LINGERING;
        ur_poller_add(tunnel->poller, tunnel);
    }
    else {
        bury(finisher, tunnel);
    }
}

/* Ends those whose worker has let go of them. */
static void end_ready(struct ur_finisher *finisher, struct ur_tunnel_ring *ring, bool all)
{
    struct ur_tunnel_ring turn;

    APR_RING_INIT(&turn, ur_tunnel, link);
    APR_RING_CONCAT(&turn, ring, ur_tunnel, link);
    while (!APR_RING_EMPTY(&turn, ur_tunnel, link)) {
        struct ur_tunnel *tunnel = APR_RING_FIRST(&turn);
        APR_RING_REMOVE(tunnel, link);
        if (all || is_released(tunnel)) {
            end(finisher, tunnel);
        }
        else {
            APR_RING_INSERT_TAIL(&finisher->early, tunnel, ur_tunnel, link);
        }
    }
}

/* In the order in which they were buried, which is about the order in which they were opened.
 */
static void release_old(struct ur_finisher *finisher)
{
    apr_time_t now = ur_clock();

    while (!APR_RING_EMPTY(&finisher->graves, ur_tunnel, link)) {
        struct ur_tunnel *tunnel = APR_RING_FIRST(&finisher->graves);
        if (!is_released(tunnel) || now - tunnel->handed < MARGIN) {
            break;
        }
        APR_RING_REMOVE(tunnel, link);
        apr_pool_destroy(tunnel->c->pool);
    }
}

/* Whether the thread is to end. */
static bool wait_for_tunnels(struct ur_finisher *finisher, struct ur_tunnel_ring *new)
{
    bool quit;

    apr_thread_mutex_lock(finisher->mutex);
    while (APR_RING_EMPTY(&finisher->inbox, ur_tunnel, link) && !finisher->quit) {
        if (APR_RING_EMPTY(&finisher->early, ur_tunnel, link) &&
            APR_RING_EMPTY(&finisher->graves, ur_tunnel, link)) {
            apr_thread_cond_wait(finisher->filled, finisher->mutex);
            continue;
        }
        if (APR_STATUS_IS_TIMEUP(
                apr_thread_cond_timedwait(finisher->filled, finisher->mutex, RETRY))) {
            break;
        }
    }
    APR_RING_CONCAT(new, &finisher->inbox, ur_tunnel, link);
    quit = finisher->quit;
    apr_thread_mutex_unlock(finisher->mutex);
    return quit;
}

static void *APR_THREAD_FUNC run(apr_thread_t *thread, void *data)
{
    struct ur_finisher *finisher = data;
    struct ur_tunnel_ring new;
    bool quit;

    (void)thread;
    APR_RING_INIT(&new, ur_tunnel, link);
    do {
        quit = wait_for_tunnels(finisher, &new);
        /* At the end no worker runs any more. */
        end_ready(finisher, &finisher->early, quit);
        end_ready(finisher, &new, quit);
        release_old(finisher);
    } while (!quit);
    return NULL;
}

apr_status_t ur_finisher_start(struct ur_finisher **made, apr_pool_t *pool)
{
    struct ur_finisher *finisher = apr_pcalloc(pool, sizeof *finisher);
    apr_status_t rv;

    APR_RING_INIT(&finisher->early, ur_tunnel, link);
    APR_RING_INIT(&finisher->graves, ur_tunnel, link);
    APR_RING_INIT(&finisher->inbox, ur_tunnel, link);
    atomic_init(&finisher->hurry, false);
    *made = finisher;
    if ((rv = apr_thread_mutex_create(&finisher->mutex, APR_THREAD_MUTEX_DEFAULT, pool)) !=
            APR_SUCCESS ||
        (rv = apr_thread_cond_create(&finisher->filled, pool)) != APR_SUCCESS) {
        return rv;
    }
    return apr_thread_create(&finisher->thread, NULL, run, finisher, pool);
}

void ur_finisher_add(struct ur_finisher *finisher, struct ur_tunnel *tunnel)
{
    apr_thread_mutex_lock(finisher->mutex);
    APR_RING_INSERT_TAIL(&finisher->inbox, tunnel, ur_tunnel, link);
    apr_thread_cond_signal(finisher->filled);
    apr_thread_mutex_unlock(finisher->mutex);
}

void ur_finisher_hurry(struct ur_finisher *finisher)
{
    atomic_store(&finisher->hurry, true);
}

void ur_finisher_join(struct ur_finisher *finisher)
{
    apr_status_t rv;

    apr_thread_mutex_lock(finisher->mutex);
    finisher->quit = true;
    apr_thread_cond_signal(finisher->filled);
    apr_thread_mutex_unlock(finisher->mutex);
    apr_thread_join(&rv, finisher->thread);
}
