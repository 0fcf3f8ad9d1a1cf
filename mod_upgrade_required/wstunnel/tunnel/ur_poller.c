#include "wstunnel/tunnel/ur_poller.h"

#include "wstunnel/ur_module.h"
#include "wstunnel/tunnel/ur_carry.h"
#include "wstunnel/tunnel/ur_clock.h"
#include "wstunnel/tunnel/ur_draining.h"
#include "wstunnel/tunnel/ur_rouse.h"

#include <unistd.h>

#include <apr_thread_mutex.h>
#include <apr_thread_proc.h>

/* Whether adding a tunnel requires waking the thread. */
enum sleep {
    AWAKE,  /* it polls, but checks the mailbox in time; an event wakes it before */
    ASLEEP, /* without end, until it is woken */
    WOKEN   /* or is about to be */
};

struct ur_poller {
    apr_pollset_t *pollset; /* any thread's: APR allows that */

    /* The thread's own. */
    struct ur_carry carry;
    struct ur_draining draining;
    apr_time_t ticked;

    /* Of the thread that starts and ends it. */
    apr_thread_t *thread;

    /* The mailbox, guarded by the mutex. */
    apr_thread_mutex_t *mutex;
    struct ur_tunnel_ring inbox;
    enum sleep sleep;
    bool quit;
};

/* Whether the thread is to end. */
static bool take_inbox(struct ur_poller *poller)
{
    struct ur_tunnel_ring new;
    bool quit;

    APR_RING_INIT(&new, ur_tunnel, link);
    apr_thread_mutex_lock(poller->mutex);
    APR_RING_CONCAT(&new, &poller->inbox, ur_tunnel, link);
    poller->sleep = AWAKE;
    quit = poller->quit;
    apr_thread_mutex_unlock(poller->mutex);
    while (!APR_RING_EMPTY(&new, ur_tunnel, link)) {
        struct ur_tunnel *tunnel = APR_RING_FIRST(&new);
        APR_RING_REMOVE(tunnel, link);
        ur_carry_adopt(&poller->carry, tunnel);
    }
    return quit;
}

/* How long it may wait for events: adding a tunnel wakes it only if it is known to sleep
 * without end. */
static apr_interval_time_t rest(struct ur_poller *poller)
{
    apr_interval_time_t wait = ur_carry_has_more(&poller->carry)
                                   ? 0
                                   : ur_draining_patience(&poller->draining, &poller->carry);

    if (wait < 0) {
        apr_thread_mutex_lock(poller->mutex);
        if (APR_RING_EMPTY(&poller->inbox, ur_tunnel, link)) {
            poller->sleep = ASLEEP;
        }
        else {
            wait = 0;
        }
        apr_thread_mutex_unlock(poller->mutex);
    }
    return wait;
}

/* A pollset that fails has lost its tunnels. */
static void give_up(struct ur_poller *poller, apr_status_t rv)
{
    ap_log_error(APLOG_MARK, APLOG_ERR, rv, ap_server_conf,
                 "UR0014: event tunnels cannot be polled, so they are ended");
    ur_carry_end_all(&poller->carry, UR_OUTCOME_STOPPED);
    apr_sleep(UR_TICK);
}

static void tick(struct ur_poller *poller)
{
    poller->ticked = poller->carry.now;
    ur_carry_expire(&poller->carry);
    ur_draining_go_on(&poller->draining, &poller->carry);
}

/* Whether the thread is to end. New tunnels come before events, which may concern them. */
static bool turn(struct ur_poller *poller)
{
    struct ur_carry *carry = &poller->carry;
    const apr_pollfd_t *events;
    apr_int32_t count = 0;
    apr_status_t rv =
        apr_pollset_poll(poller->pollset, ur_rouse_patience(rest(poller)), &count, &events);
    bool quit;

    carry->now = ur_clock();
    ur_rouse_go_on(carry->now);
    quit = take_inbox(poller);
    if (rv == APR_SUCCESS) {
        for (apr_int32_t i = 0; i < count; i++) {
            ur_carry_event(carry, events[i].client_data, events[i].rtnevents);
        }
    }
    else if (!APR_STATUS_IS_EINTR(rv) && !APR_STATUS_IS_TIMEUP(rv)) {
        give_up(poller, rv);
    }
    if (ur_carry_has_more(carry)) {
        ur_carry_again(carry);
    }
    if (quit || APR_STATUS_IS_EINTR(rv) || carry->now - poller->ticked >= UR_TICK_DRAINING) {
        tick(poller);
    }
    ur_carry_hand_over(carry);
    return quit;
}

static void *APR_THREAD_FUNC run(apr_thread_t *thread, void *data)
{
    struct ur_poller *poller = data;

    (void)thread;
    while (!turn(poller)) {
    }
    ur_carry_close(&poller->carry);
    return NULL;
}

apr_status_t ur_poller_start(struct ur_poller **made, struct ur_tunnel_context *context,
                             apr_pool_t *pool)
{
    struct ur_poller *poller = apr_pcalloc(pool, sizeof *poller);
    apr_uint32_t sockets = (apr_uint32_t)context->max * 2 + 1;
    apr_status_t rv;

    *made = poller;
    APR_RING_INIT(&poller->inbox, ur_tunnel, link);
    ur_draining_open(&poller->draining, context->pollers == 0,
                     (uint32_t)getpid() * UR_POLLERS_MAX + context->pollers);
    context->pollers++;
    if ((rv = apr_thread_mutex_create(&poller->mutex, APR_THREAD_MUTEX_DEFAULT, pool)) !=
            APR_SUCCESS ||
        (rv = apr_pollset_create(&poller->pollset, sockets, pool,
                                 APR_POLLSET_THREADSAFE | APR_POLLSET_NOCOPY |
                                     APR_POLLSET_WAKEABLE)) != APR_SUCCESS ||
        (rv = ur_carry_open(&poller->carry, context->finisher, poller->pollset, pool)) !=
            APR_SUCCESS) {
        return rv;
    }
    return apr_thread_create(&poller->thread, NULL, run, poller, pool);
}

void ur_poller_add(struct ur_poller *poller, struct ur_tunnel *tunnel)
{
    bool watched;
    bool wake;

    apr_thread_mutex_lock(poller->mutex);
    APR_RING_INSERT_TAIL(&poller->inbox, tunnel, ur_tunnel, link);
    watched = ur_carry_watch_ahead(&poller->carry, tunnel);
    wake = poller->sleep == ASLEEP || (poller->sleep == AWAKE && !watched);
    if (wake) {
        poller->sleep = WOKEN;
    }
    apr_thread_mutex_unlock(poller->mutex);
    if (wake) {
        ur_poller_wake(poller);
    }
}

void ur_poller_wake(struct ur_poller *poller)
{
    apr_pollset_wakeup(poller->pollset);
}

void ur_poller_join(struct ur_poller *poller)
{
    apr_status_t rv;

    apr_thread_mutex_lock(poller->mutex);
    poller->quit = true;
    apr_thread_mutex_unlock(poller->mutex);
    ur_poller_wake(poller);
    apr_thread_join(&rv, poller->thread);
}
