#include "wstunnel/tunnel/ur_poller.h"

#include "core/metrics/ur_drain.h"
#include "wstunnel/ur_module.h"
#include "wstunnel/tunnel/ur_books.h"
#include "wstunnel/tunnel/ur_overflow.h"
#include "wstunnel/tunnel/ur_clock.h"
#include "wstunnel/tunnel/ur_close.h"
#include "wstunnel/tunnel/ur_finisher.h"
#include "wstunnel/tunnel/ur_gate.h"
#include "wstunnel/tunnel/ur_idle.h"
#include "wstunnel/tunnel/ur_leaving.h"
#include "wstunnel/tunnel/ur_linger.h"

#include <unistd.h>

#include <apr_portable.h>
#include <apr_thread_mutex.h>
#include <apr_thread_proc.h>

/* A tunnel that is closed in one direction is given up after so much silence. */
#define HALF_CLOSED_TIMEOUT apr_time_from_sec(30)

#define TICK       apr_time_from_sec(1)
#define DRAIN_TICK apr_time_from_msec(100)

/* What the allocator keeps of the memory that slow ends have needed. */
#define MAX_FREE ((apr_size_t)1024 * 1024)

/* Tunnels that leave evenly. */
struct ebb {
    uint64_t staying; /* when it began */
    uint64_t left;    /* of them, told to leave */
};

struct ur_poller {
    struct ur_tunnel_context *carriage;
    apr_pool_t *pool; /* of the thread */
    apr_pollset_t *pollset;
    struct ur_scratch scratch;
    apr_thread_t *thread;
    apr_time_t now;
    apr_time_t ticked;

    struct ur_tunnel_ring open;
    struct ur_tunnel_ring leaving; /* wait for the end of a frame */
    struct ur_lingering lingering;
    struct ur_tunnel_ring over;  /* to be handed to the finisher */
    struct ur_tunnel_ring again; /* have more to forward; by again_link */
    struct ur_tunnel_ring turn;  /* of again, in this turn */
    struct ur_idle *idle;
    uint64_t bytes[UR_DIRECTIONS]; /* not counted yet */
    bool first;                    /* of this child: it also ends what threads carry */
    double phase;                  /* among all pollers, so that not all end one at once */
    struct ebb ebb;                /* of its own */
    struct ebb overflow;           /* of those that threads carry */
    apr_time_t draining;           /* since when; 0: not */

    apr_thread_mutex_t *mutex; /* over what follows */
    struct ur_tunnel_ring inbox;
    bool asleep; /* without end, until it is woken */
    bool woken;  /* or is about to be */
    bool quit;
};

static apr_interval_time_t patience_with(const struct ur_tunnel *tunnel)
{
    if ((tunnel->client.ended || tunnel->backend.ended) &&
        (tunnel->timeout <= 0 || tunnel->timeout > HALF_CLOSED_TIMEOUT)) {
        return HALF_CLOSED_TIMEOUT;
    }
    return tunnel->timeout;
}

/* Something was said. */
static void touch(struct ur_poller *poller, struct ur_tunnel *tunnel)
{
    tunnel->active = poller->now;
    ur_idle_wait(&poller->idle, poller->pool, tunnel, patience_with(tunnel));
}

static apr_status_t watch(struct ur_poller *poller, struct ur_endpoint *end, int events)
{
    apr_status_t rv = APR_SUCCESS;

    if (end->watch.reqevents == events) {
        return APR_SUCCESS;
    }
    if (end->watch.reqevents) {
        apr_pollset_remove(poller->pollset, &end->watch);
    }
    end->watch.reqevents = (apr_int16_t)events;
    if (events) {
        rv = apr_pollset_add(poller->pollset, &end->watch);
    }
    if (rv != APR_SUCCESS) {
        end->watch.reqevents = 0;
    }
    return rv;
}

/* What an end is polled for: it is read while the other one takes it, and written while
 * something is pending. A reset is wanted to be known always. */
static int wanted_events(const struct ur_endpoint *end)
{
    int events = end->hung ? 0 : APR_POLLERR;

    if (ur_tunnel_may_read(end)) {
        events |= APR_POLLIN | APR_POLLHUP;
    }
    if (ur_endpoint_pending(end)) {
        events |= APR_POLLOUT;
    }
    return events;
}

static apr_status_t watch_both(struct ur_poller *poller, struct ur_tunnel *tunnel)
{
    apr_status_t rv = watch(poller, &tunnel->client, wanted_events(&tunnel->client));

    return rv == APR_SUCCESS ? watch(poller, &tunnel->backend, wanted_events(&tunnel->backend))
                             : rv;
}

static bool is_watched(const struct ur_tunnel *tunnel)
{
    return tunnel->client.watch.reqevents && tunnel->backend.watch.reqevents;
}

static void leave_again(struct ur_tunnel *tunnel)
{
    if (tunnel->again) {
        APR_RING_REMOVE(tunnel, again_link);
        tunnel->again = false;
    }
}

static void count_bytes(struct ur_poller *poller, struct ur_endpoint *from,
                        enum ur_direction direction)
{
    poller->bytes[direction] += from->received - from->counted;
    from->counted = from->received;
}

static void count_both(struct ur_poller *poller, struct ur_tunnel *tunnel)
{
    count_bytes(poller, &tunnel->client, UR_DIRECTION_RECEIVED);
    count_bytes(poller, &tunnel->backend, UR_DIRECTION_SENT);
}

static void close_client(struct ur_poller *poller, struct ur_tunnel *tunnel, bool lingers)
{
    if (lingers) {
        ur_linger(&poller->lingering, tunnel, poller->now);
    }
    else {
        apr_socket_close(tunnel->client.socket);
        ur_gate_leave(&tunnel->ticket);
    }
}

/* From here on no event concerns it; it stays valid until the events at hand are done. */
static void finish(struct ur_poller *poller, struct ur_tunnel *tunnel)
{
    count_both(poller, tunnel);
    ur_books_ended(UR_CARRIED_EVENT, tunnel->outcome);
    watch(poller, &tunnel->client, 0);
    watch(poller, &tunnel->backend, 0);
    ur_idle_forget(tunnel);
    leave_again(tunnel);
    close_client(poller, tunnel, ur_close(tunnel));
    tunnel->state = UR_TUNNEL_OVER;
    APR_RING_REMOVE(tunnel, link);
    APR_RING_INSERT_TAIL(&poller->over, tunnel, ur_tunnel, link);
}

static void finish_as(struct ur_poller *poller, struct ur_tunnel *tunnel,
                      enum ur_outcome outcome)
{
    if (outcome == UR_OUTCOME_DRAINED || outcome == UR_OUTCOME_STOPPED) {
        ur_tunnel_say_goodbye(tunnel);
    }
    tunnel->outcome = outcome;
    finish(poller, tunnel);
}

/* After something was forwarded, or could have been. */
static void go_on(struct ur_poller *poller, struct ur_tunnel *tunnel, bool more)
{
    touch(poller, tunnel);
    count_both(poller, tunnel);
    if (watch_both(poller, tunnel) != APR_SUCCESS) {
        finish_as(poller, tunnel, UR_OUTCOME_STOPPED);
        return;
    }
    if (more && !tunnel->again) {
        tunnel->again = true;
        APR_RING_INSERT_TAIL(&poller->again, tunnel, ur_tunnel, again_link);
    }
    if (tunnel->leaving && ur_tunnel_between(tunnel)) {
        finish_as(poller, tunnel, UR_OUTCOME_DRAINED);
    }
}

static void forward_both(struct ur_poller *poller, struct ur_tunnel *tunnel)
{
    bool more = false;
    bool more_back = false;

    leave_again(tunnel);
    if (ur_tunnel_forward(&tunnel->client, &poller->scratch, &more) &&
        ur_tunnel_forward(&tunnel->backend, &poller->scratch, &more_back)) {
        go_on(poller, tunnel, more || more_back);
    }
    else {
        finish(poller, tunnel);
    }
}

/* What a poll tells though it was not asked, and would go on telling: a connection that is
 * broken, or closed both ways. From the latter there may still be something to be read later;
 * if not, there is nobody left to be half a tunnel. False: the tunnel is over. */
static bool note_unasked(struct ur_endpoint *end, int events)
{
    const int asked = APR_POLLIN | APR_POLLOUT;

    if (end->watch.reqevents & asked || !(events & (APR_POLLERR | APR_POLLHUP))) {
        return true;
    }
    end->hung = true;
    if (events & APR_POLLERR) {
        return ur_tunnel_lose(end);
    }
    return !end->ended || end->shut || ur_tunnel_part(end->tunnel);
}

static void on_open(struct ur_poller *poller, struct ur_endpoint *end, int events)
{
    struct ur_tunnel *tunnel = end->tunnel;
    bool more = false;
    bool resumed_more = false;
    bool open = note_unasked(end, events);

    end->dry = false;
    open =
        open &&
        (!ur_endpoint_pending(end) || ur_tunnel_resume(end, &poller->scratch, &resumed_more)) &&
        ur_tunnel_forward(end, &poller->scratch, &more);
    if (open) {
        go_on(poller, tunnel, more || resumed_more);
    }
    else {
        finish(poller, tunnel);
    }
}

static void on_event(struct ur_poller *poller, struct ur_endpoint *end, int events)
{
    if (ur_linger_has(end)) {
        ur_linger_go_on(&poller->lingering, end, poller->scratch.buffer);
    }
    else if (end->tunnel->state == UR_TUNNEL_OPEN) { /* no earlier event has ended it */
        on_open(poller, end, events);
    }
}

/* One that a worker has opened. */
static void adopt(struct ur_poller *poller, struct ur_tunnel *tunnel)
{
    APR_RING_INSERT_TAIL(&poller->open, tunnel, ur_tunnel, link);
    if (!ur_tunnel_start(tunnel, &poller->scratch)) {
        finish(poller, tunnel);
    }
    else if (is_watched(tunnel)) {
        touch(poller, tunnel);
    }
    else {
        forward_both(poller, tunnel);
    }
}

/* Whether the thread is to end. */
static bool take_inbox(struct ur_poller *poller)
{
    struct ur_tunnel_ring new;
    bool quit;

    APR_RING_INIT(&new, ur_tunnel, link);
    apr_thread_mutex_lock(poller->mutex);
    APR_RING_CONCAT(&new, &poller->inbox, ur_tunnel, link);
    poller->asleep = poller->woken = false;
    quit = poller->quit;
    apr_thread_mutex_unlock(poller->mutex);
    while (!APR_RING_EMPTY(&new, ur_tunnel, link)) {
        struct ur_tunnel *tunnel = APR_RING_FIRST(&new);
        APR_RING_REMOVE(tunnel, link);
        adopt(poller, tunnel);
    }
    return quit;
}

static void forward_again(struct ur_poller *poller)
{
    struct ur_tunnel_ring *turn = &poller->turn;

    APR_RING_CONCAT(turn, &poller->again, ur_tunnel, again_link);
    while (!APR_RING_EMPTY(turn, ur_tunnel, again_link)) {
        forward_both(poller, APR_RING_FIRST(turn));
    }
}

static void expire(struct ur_poller *poller)
{
    struct ur_tunnel *tunnel;

    while ((tunnel = ur_idle_expired(poller->idle, poller->now)) != NULL) {
        finish_as(poller, tunnel, UR_OUTCOME_TIMEOUT);
    }
    ur_linger_expire(&poller->lingering, poller->now);
}

static void finish_all(struct ur_poller *poller, struct ur_tunnel_ring *ring,
                       enum ur_outcome outcome)
{
    while (!APR_RING_EMPTY(ring, ur_tunnel, link)) {
        finish_as(poller, APR_RING_FIRST(ring), outcome);
    }
}

static uint64_t count_open(const struct ur_poller *poller)
{
    struct ur_tunnel *tunnel;
    uint64_t count = 0;

    APR_RING_FOREACH(tunnel, &poller->open, ur_tunnel, link)
    {
        count++;
    }
    return count;
}

static void tell_to_leave(struct ur_poller *poller, struct ur_tunnel *tunnel)
{
    poller->ebb.left++;
    tunnel->leaving = true;
    APR_RING_REMOVE(tunnel, link);
    APR_RING_INSERT_TAIL(&poller->leaving, tunnel, ur_tunnel, link);
    if (ur_tunnel_between(tunnel)) {
        finish_as(poller, tunnel, UR_OUTCOME_DRAINED);
    }
}

static void end_all(struct ur_poller *poller, enum ur_outcome outcome)
{
    finish_all(poller, &poller->open, outcome);
    finish_all(poller, &poller->leaving, outcome);
    if (poller->first) {
        ur_overflow_tell(UINT64_MAX);
    }
}

static void drain(struct ur_poller *poller, apr_time_t since, apr_interval_time_t span)
{
    apr_interval_time_t elapsed = poller->now - since;
    uint64_t due;

    if (poller->draining != since) {
        poller->draining = since;
        poller->ebb = (struct ebb){count_open(poller), 0};
        poller->overflow = (struct ebb){ur_overflow_count(), 0};
    }
    if (elapsed >= span) {
        end_all(poller, UR_OUTCOME_DRAINED);
        return;
    }
    due = ur_drain_due(poller->ebb.staying, elapsed, span, poller->phase);
    while (poller->ebb.left < due && !APR_RING_EMPTY(&poller->open, ur_tunnel, link)) {
        tell_to_leave(poller, APR_RING_FIRST(&poller->open));
    }
    if (poller->first) {
        due = ur_drain_due(poller->overflow.staying, elapsed, span, poller->phase);
        ur_overflow_tell(due - poller->overflow.left);
        poller->overflow.left = due;
    }
}

static void let_leave(struct ur_poller *poller)
{
    apr_time_t since = poller->now;
    apr_interval_time_t span = 0;

    switch (ur_leaving(&since, &span)) {
    case UR_LEAVE_DRAIN:
        drain(poller, since, span);
        break;
    case UR_LEAVE_NOW:
        end_all(poller, UR_OUTCOME_STOPPED);
        break;
    default:
        break;
    }
}

static void tick(struct ur_poller *poller)
{
    poller->ticked = poller->now;
    expire(poller);
    let_leave(poller);
}

static void hand_over(struct ur_poller *poller)
{
    while (!APR_RING_EMPTY(&poller->over, ur_tunnel, link)) {
        struct ur_tunnel *tunnel = APR_RING_FIRST(&poller->over);
        APR_RING_REMOVE(tunnel, link);
        ur_finisher_add(poller->carriage->finisher, tunnel);
    }
    for (enum ur_direction i = 0; i < UR_DIRECTIONS; i++) {
        ur_books_bytes(i, poller->bytes[i]);
        poller->bytes[i] = 0;
    }
}

static bool is_empty(const struct ur_poller *poller)
{
    return APR_RING_EMPTY(&poller->open, ur_tunnel, link) &&
           APR_RING_EMPTY(&poller->leaving, ur_tunnel, link) &&
           ur_linger_empty(&poller->lingering);
}

static apr_interval_time_t patience(const struct ur_poller *poller)
{
    if (!APR_RING_EMPTY(&poller->again, ur_tunnel, again_link)) {
        return 0;
    }
    if (is_empty(poller) && !(poller->first && ur_leaving_begun())) {
        return -1;
    }
    return poller->draining ? DRAIN_TICK : TICK;
}

/* How long it may wait for events: whoever adds a tunnel has to know that it sleeps without
 * end, and does not wake it otherwise. */
static apr_interval_time_t rest(struct ur_poller *poller)
{
    apr_interval_time_t wait = patience(poller);

    if (wait < 0) {
        apr_thread_mutex_lock(poller->mutex);
        poller->asleep = APR_RING_EMPTY(&poller->inbox, ur_tunnel, link);
        wait = poller->asleep ? wait : 0;
        apr_thread_mutex_unlock(poller->mutex);
    }
    return wait;
}

/* A pollset that fails has lost its tunnels. */
static void give_up(struct ur_poller *poller, apr_status_t rv)
{
    ap_log_error(APLOG_MARK, APLOG_ERR, rv, ap_server_conf,
                 "UR0014: event tunnels cannot be polled; they are ended");
    finish_all(poller, &poller->open, UR_OUTCOME_STOPPED);
    finish_all(poller, &poller->leaving, UR_OUTCOME_STOPPED);
    apr_sleep(TICK);
}

static void *APR_THREAD_FUNC run(apr_thread_t *thread, void *data)
{
    struct ur_poller *poller = data;
    bool quit = false;

    (void)thread;
    while (!quit) {
        const apr_pollfd_t *events;
        apr_int32_t count = 0;
        apr_status_t rv = apr_pollset_poll(poller->pollset, rest(poller), &count, &events);
        poller->now = ur_clock();
        quit = take_inbox(poller);
        if (rv == APR_SUCCESS) {
            for (apr_int32_t i = 0; i < count; i++) {
                on_event(poller, events[i].client_data, events[i].rtnevents);
            }
        }
        else if (!APR_STATUS_IS_EINTR(rv) && !APR_STATUS_IS_TIMEUP(rv)) {
            give_up(poller, rv);
        }
        forward_again(poller);
        if (quit || APR_STATUS_IS_EINTR(rv) || poller->now - poller->ticked >= DRAIN_TICK) {
            tick(poller);
        }
        hand_over(poller);
    }
    ur_linger_end(&poller->lingering);
    return NULL;
}

/* With an allocator that no other thread uses. */
static apr_status_t make_desk(struct ur_poller *poller, apr_pool_t *pool)
{
    struct ur_scratch *scratch = &poller->scratch;
    apr_status_t rv = apr_allocator_create(&scratch->allocator);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    apr_allocator_max_free_set(scratch->allocator, MAX_FREE);
    rv = apr_pool_create_ex(&poller->pool, pool, NULL, scratch->allocator);
    if (rv != APR_SUCCESS) {
        apr_allocator_destroy(scratch->allocator);
        return rv;
    }
    apr_allocator_owner_set(scratch->allocator, poller->pool);
    scratch->buffer = apr_palloc(poller->pool, UR_CHUNK);
    scratch->wire = apr_palloc(poller->pool, UR_CHUNK);
    scratch->records = apr_palloc(poller->pool, UR_RECORDS);
    ur_pipe_open(&scratch->pipe, poller->pool);
    return APR_SUCCESS;
}

apr_status_t ur_poller_start(struct ur_poller **made, struct ur_tunnel_context *carriage,
                             apr_pool_t *pool)
{
    struct ur_poller *poller = apr_pcalloc(pool, sizeof *poller);
    apr_uint32_t sockets = (apr_uint32_t)carriage->max * 2 + 1;
    apr_status_t rv;

    poller->carriage = carriage;
    poller->first = carriage->pollers == 0;
    poller->phase = ur_drain_phase((uint32_t)getpid() * UR_POLLERS_MAX + carriage->pollers++);
    poller->now = ur_clock();
    APR_RING_INIT(&poller->open, ur_tunnel, link);
    APR_RING_INIT(&poller->leaving, ur_tunnel, link);
    APR_RING_INIT(&poller->over, ur_tunnel, link);
    APR_RING_INIT(&poller->inbox, ur_tunnel, link);
    APR_RING_INIT(&poller->again, ur_tunnel, again_link);
    APR_RING_INIT(&poller->turn, ur_tunnel, again_link);
    *made = poller;
    if ((rv = make_desk(poller, pool)) != APR_SUCCESS ||
        (rv = apr_thread_mutex_create(&poller->mutex, APR_THREAD_MUTEX_DEFAULT, pool)) !=
            APR_SUCCESS ||
        (rv = apr_pollset_create(&poller->pollset, sockets, pool,
                                 APR_POLLSET_THREADSAFE | APR_POLLSET_NOCOPY |
                                     APR_POLLSET_WAKEABLE)) != APR_SUCCESS) {
        return rv;
    }
    ur_linger_init(&poller->lingering, poller->pollset, poller->pool);
    return apr_thread_create(&poller->thread, NULL, run, poller, pool);
}

/* Has it watched already, so that the first event wakes the poller. False where something is
 * there that no event tells of. */
static bool watch_from_here(struct ur_poller *poller, struct ur_tunnel *tunnel)
{
    return tunnel->state == UR_TUNNEL_OPEN && !tunnel->client.filtered &&
           !tunnel->backend.filtered && !ur_endpoint_pending(&tunnel->client) &&
           !ur_endpoint_pending(&tunnel->backend) && watch_both(poller, tunnel) == APR_SUCCESS;
}

/* The poller takes what is in its inbox before it looks at an event of it. */
void ur_poller_add(struct ur_poller *poller, struct ur_tunnel *tunnel)
{
    bool wake;

    apr_thread_mutex_lock(poller->mutex);
    APR_RING_INSERT_TAIL(&poller->inbox, tunnel, ur_tunnel, link);
    wake = (!watch_from_here(poller, tunnel) || poller->asleep) && !poller->woken;
    poller->woken = poller->woken || wake;
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
