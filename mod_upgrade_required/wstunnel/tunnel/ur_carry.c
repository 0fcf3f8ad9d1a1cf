#include "wstunnel/tunnel/ur_carry.h"

#include "wstunnel/tunnel/ur_books.h"
#include "wstunnel/tunnel/ur_clock.h"
#include "wstunnel/tunnel/ur_close.h"
#include "wstunnel/tunnel/ur_control.h"
#include "wstunnel/tunnel/ur_finisher.h"
#include "wstunnel/tunnel/ur_gate.h"
#include "wstunnel/tunnel/ur_guard.h"

/* RFC 6455, 7.4.1 */
#define GOING_AWAY 1001
#define TOO_BIG    1009

/* A half-closed tunnel is given up after this time without data. */
#define HALF_CLOSED_TIMEOUT apr_time_from_sec(30)

/* One that leaves waits this long for the end of a frame. If a child drains its tunnels, they
 * end at the latest with the drain. */
#define LEAVE_TIMEOUT apr_time_from_sec(10)

/* How much of the memory needed for slow endpoints the allocator keeps. */
#define MAX_FREE ((apr_size_t)1024 * 1024)

/* How long a tunnel is kept without data; 0 or less: forever. */
static apr_interval_time_t patience(const struct ur_tunnel *tunnel)
{
    bool whole = ur_endpoint_is_read(&tunnel->client) && ur_endpoint_is_read(&tunnel->backend);

    if (!whole && (tunnel->timeout <= 0 || tunnel->timeout > HALF_CLOSED_TIMEOUT)) {
        return HALF_CLOSED_TIMEOUT;
    }
    return tunnel->timeout;
}

static apr_time_t earlier(apr_time_t one, apr_time_t other)
{
    return one < other ? one : other;
}

/* When it will have been without data for too long. */
static apr_time_t silent_too_long(const struct ur_tunnel *tunnel)
{
    apr_interval_time_t silence = patience(tunnel);

    return silence > 0 ? tunnel->active + silence : UR_DEADLINE_NEVER;
}

/* The earliest time at which something may be due for a tunnel, if nothing happens: the only
 * place that knows all of them, together with meet_deadline(). */
static apr_time_t next_deadline(const struct ur_tunnel *tunnel)
{
    apr_time_t next = earlier(silent_too_long(tunnel), tunnel->limit);

    return tunnel->guard ? earlier(next, ur_guard_due(tunnel)) : next;
}

/* There was data. */
static void touch(struct ur_carry *carry, struct ur_tunnel *tunnel)
{
    tunnel->active = carry->now;
    if (tunnel->guard) {
        ur_guard_look(tunnel, carry->now);
    }
    ur_deadline_set(&carry->deadlines, tunnel, next_deadline(tunnel));
}

static apr_status_t watch(struct ur_carry *carry, struct ur_endpoint *end, int events)
{
    apr_status_t rv = APR_SUCCESS;

    if (end->watch.reqevents == events) {
        return APR_SUCCESS;
    }
    if (end->watch.reqevents) {
        apr_pollset_remove(carry->pollset, &end->watch);
    }
    end->watch.reqevents = (apr_int16_t)events;
    if (events) {
        rv = apr_pollset_add(carry->pollset, &end->watch);
    }
    if (rv != APR_SUCCESS) {
        end->watch.reqevents = 0;
    }
    return rv;
}

/* What an endpoint is polled for: reading while the other one can take data, writing while
 * something is pending. A reset is always of interest. */
static int wanted_events(const struct ur_endpoint *end)
{
    int events = end->alarm == UR_ALARM_ON ? APR_POLLERR : 0;

    if (ur_tunnel_may_read(end)) {
        events |= APR_POLLIN | APR_POLLHUP;
    }
    if (ur_endpoint_pending(end)) {
        events |= APR_POLLOUT;
    }
    return events;
}

static apr_status_t watch_both(struct ur_carry *carry, struct ur_tunnel *tunnel)
{
    apr_status_t rv = watch(carry, &tunnel->client, wanted_events(&tunnel->client));

    return rv == APR_SUCCESS ? watch(carry, &tunnel->backend, wanted_events(&tunnel->backend))
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

static void count_bytes(struct ur_carry *carry, struct ur_endpoint *from,
                        enum ur_direction direction)
{
    carry->bytes[direction] += from->received - from->counted;
    from->counted = from->received;
}

static void count_both(struct ur_carry *carry, struct ur_tunnel *tunnel)
{
    count_bytes(carry, &tunnel->client, UR_DIRECTION_RECEIVED);
    count_bytes(carry, &tunnel->backend, UR_DIRECTION_SENT);
}

/* The tunnel's place is taken as long as the client's socket is. */
static void close_both(struct ur_carry *carry, struct ur_tunnel *tunnel)
{
    struct ur_ticket none = {.kept = false};
    struct ur_lingers lingers = ur_close(tunnel);

    if (lingers.backend) {
        ur_linger(&carry->lingering, &tunnel->backend, &none, carry->now);
    }
    else {
        apr_socket_close(tunnel->backend.socket);
    }
    if (lingers.client) {
        ur_linger(&carry->lingering, &tunnel->client, &tunnel->ticket, carry->now);
    }
    else {
        apr_socket_close(tunnel->client.socket);
        ur_gate_leave(&tunnel->ticket);
    }
}

/* From here on no event concerns it; it stays valid until the current events are processed. */
static void finish(struct ur_carry *carry, struct ur_tunnel *tunnel)
{
    if (tunnel->guard) {
        ur_guard_look(tunnel, carry->now);
    }
    count_both(carry, tunnel);
    ur_gate_forget_client(&tunnel->ticket);
    ur_books_ended(UR_CARRIED_EVENT, tunnel->outcome);
    watch(carry, &tunnel->client, 0);
    watch(carry, &tunnel->backend, 0);
    ur_deadline_forget(tunnel);
    leave_again(tunnel);
    close_both(carry, tunnel);
    tunnel->life = UR_TUNNEL_OVER;
    APR_RING_REMOVE(tunnel, link);
    APR_RING_INSERT_TAIL(&carry->over, tunnel, ur_tunnel, link);
}

static void finish_as(struct ur_carry *carry, struct ur_tunnel *tunnel, enum ur_outcome outcome)
{
    ur_control_close_now(tunnel, GOING_AWAY);
    tunnel->outcome = outcome;
    finish(carry, tunnel);
}

/* At a frame boundary, sends what waits for one. False: the tunnel is over. */
static bool put_controls(struct ur_carry *carry, struct ur_tunnel *tunnel)
{
    if (ur_control_put(tunnel)) {
        finish(carry, tunnel);
        return false;
    }
    if (tunnel->guard) {
        ur_guard_look(tunnel, carry->now);
    }
    return true;
}

/* It ends as soon as a Close fits in both directions. */
static void leave(struct ur_carry *carry, struct ur_tunnel *tunnel, enum ur_outcome outcome,
                  uint16_t to_client, uint16_t to_backend)
{
    tunnel->life = UR_TUNNEL_LEAVING;
    tunnel->outcome = outcome;
    APR_RING_REMOVE(tunnel, link);
    APR_RING_INSERT_TAIL(&carry->leaving, tunnel, ur_tunnel, link);
    ur_control_ask_close(tunnel, to_client, to_backend);
    put_controls(carry, tunnel);
}

/* False: the tunnel is over, because of a message that is too long. */
static bool heed_guard(struct ur_carry *carry, struct ur_tunnel *tunnel)
{
    const struct ur_endpoint *sender = ur_guard_refused(tunnel);

    if (sender && tunnel->outcome != UR_OUTCOME_TOO_BIG) {
        tunnel->limit = carry->now + LEAVE_TIMEOUT;
        leave(carry, tunnel, UR_OUTCOME_TOO_BIG,
              sender == &tunnel->client ? TOO_BIG : GOING_AWAY,
              sender == &tunnel->client ? GOING_AWAY : TOO_BIG);
    }
    return ur_tunnel_is_carried(tunnel);
}

/* After data was forwarded, or could have been. */
static void go_on(struct ur_carry *carry, struct ur_tunnel *tunnel, bool more)
{
    touch(carry, tunnel);
    count_both(carry, tunnel);
    if ((tunnel->guard && !heed_guard(carry, tunnel)) ||
        (ur_control_waits(tunnel) && !put_controls(carry, tunnel))) {
        return;
    }
    if (watch_both(carry, tunnel) != APR_SUCCESS) {
        finish_as(carry, tunnel, UR_OUTCOME_STOPPED);
        return;
    }
    if (more && !tunnel->again) {
        tunnel->again = true;
        APR_RING_INSERT_TAIL(&carry->again, tunnel, ur_tunnel, again_link);
    }
}

static void forward_both(struct ur_carry *carry, struct ur_tunnel *tunnel)
{
    bool more = false;
    bool more_back = false;

    leave_again(tunnel);
    if (ur_tunnel_forward(&tunnel->client, &carry->scratch, &more) &&
        ur_tunnel_forward(&tunnel->backend, &carry->scratch, &more_back)) {
        go_on(carry, tunnel, more || more_back);
    }
    else {
        finish(carry, tunnel);
    }
}

/* What a poll reports without being asked, and would keep reporting: a connection that is
 * broken, or closed both ways. The latter may still have data to be read later; if not, no half
 * of a tunnel is left. False: the tunnel is over. */
static bool note_unasked(struct ur_endpoint *end, int events)
{
    const int asked = APR_POLLIN | APR_POLLOUT;

    if (end->watch.reqevents & asked || !(events & (APR_POLLERR | APR_POLLHUP))) {
        return true;
    }
    end->alarm = UR_ALARM_OFF;
    if (events & APR_POLLERR) {
        return ur_tunnel_lose(end);
    }
    return end->state != UR_ENDPOINT_ENDED || ur_tunnel_part(end->tunnel);
}

static void on_open(struct ur_carry *carry, struct ur_endpoint *end, int events)
{
    struct ur_tunnel *tunnel = end->tunnel;
    bool more = false;
    bool resumed_more = false;
    bool open = note_unasked(end, events);

    ur_endpoint_stir(end);
    open =
        open &&
        (!ur_endpoint_pending(end) || ur_tunnel_resume(end, &carry->scratch, &resumed_more)) &&
        ur_tunnel_forward(end, &carry->scratch, &more);
    if (open) {
        go_on(carry, tunnel, more || resumed_more);
    }
    else {
        finish(carry, tunnel);
    }
}

void ur_carry_event(struct ur_carry *carry, struct ur_endpoint *end, int events)
{
    if (ur_linger_has(end)) {
        ur_linger_go_on(&carry->lingering, end, carry->scratch.buffer);
    }
    else if (ur_tunnel_is_carried(end->tunnel)) { /* an earlier event has not ended it */
        on_open(carry, end, events);
    }
}

bool ur_carry_watch_ahead(struct ur_carry *carry, struct ur_tunnel *tunnel)
{
    return tunnel->client.inflow != UR_INFLOW_EARLY &&
           tunnel->backend.inflow != UR_INFLOW_EARLY && !ur_endpoint_pending(&tunnel->client) &&
           !ur_endpoint_pending(&tunnel->backend) && watch_both(carry, tunnel) == APR_SUCCESS;
}

void ur_carry_adopt(struct ur_carry *carry, struct ur_tunnel *tunnel)
{
    APR_RING_INSERT_TAIL(&carry->open, tunnel, ur_tunnel, link);
    ur_deadline_begin(tunnel);
    if (!ur_tunnel_start(tunnel, &carry->scratch)) {
        finish(carry, tunnel);
    }
    else if (is_watched(tunnel)) {
        touch(carry, tunnel);
    }
    else {
        forward_both(carry, tunnel);
    }
}

void ur_carry_again(struct ur_carry *carry)
{
    struct ur_tunnel_ring *turn = &carry->turn;

    APR_RING_CONCAT(turn, &carry->again, ur_tunnel, again_link);
    while (!APR_RING_EMPTY(turn, ur_tunnel, again_link)) {
        forward_both(carry, APR_RING_FIRST(turn));
    }
}

/* An open tunnel has reached its maximum age; one that leaves has had time to reach the end of
 * a frame. */
static void meet_limit(struct ur_carry *carry, struct ur_tunnel *tunnel)
{
    if (tunnel->life == UR_TUNNEL_OPEN) {
        tunnel->limit = carry->now + LEAVE_TIMEOUT;
        leave(carry, tunnel, UR_OUTCOME_DRAINED, GOING_AWAY, GOING_AWAY);
    }
    else {
        finish_as(carry, tunnel, tunnel->outcome);
    }
}

/* After Timeout there is only the end, as mod_proxy has it. */
static void meet_silence(struct ur_carry *carry, struct ur_tunnel *tunnel)
{
    if (tunnel->idle_limit) {
        ur_control_close_now(tunnel, GOING_AWAY);
    }
    tunnel->outcome = UR_OUTCOME_TIMEOUT;
    finish(carry, tunnel);
}

static void meet_pings(struct ur_carry *carry, struct ur_tunnel *tunnel)
{
    if (!ur_guard_ping(tunnel, carry->now)) {
        finish_as(carry, tunnel, UR_OUTCOME_TIMEOUT);
    }
    else if (put_controls(carry, tunnel) && watch_both(carry, tunnel) != APR_SUCCESS) {
        finish_as(carry, tunnel, UR_OUTCOME_STOPPED);
    }
}

/* One of the times of next_deadline() has come, or had when it was last calculated. */
static void meet_deadline(struct ur_carry *carry, struct ur_tunnel *tunnel)
{
    if (silent_too_long(tunnel) <= carry->now) {
        meet_silence(carry, tunnel);
    }
    else if (tunnel->limit <= carry->now) {
        meet_limit(carry, tunnel);
    }
    else if (tunnel->guard && ur_guard_due(tunnel) <= carry->now) {
        meet_pings(carry, tunnel);
    }
    if (ur_tunnel_is_carried(tunnel)) {
        ur_deadline_set(&carry->deadlines, tunnel, next_deadline(tunnel));
    }
}

void ur_carry_expire(struct ur_carry *carry)
{
    struct ur_tunnel *tunnel;

    while ((tunnel = ur_deadline_passed(&carry->deadlines, carry->now)) != NULL) {
        meet_deadline(carry, tunnel);
    }
    ur_linger_expire(&carry->lingering, carry->now);
}

bool ur_carry_leave_next(struct ur_carry *carry)
{
    if (APR_RING_EMPTY(&carry->open, ur_tunnel, link)) {
        return false;
    }
    leave(carry, APR_RING_FIRST(&carry->open), UR_OUTCOME_DRAINED, GOING_AWAY, GOING_AWAY);
    return true;
}

static void end_ring(struct ur_carry *carry, struct ur_tunnel_ring *ring,
                     enum ur_outcome outcome)
{
    while (!APR_RING_EMPTY(ring, ur_tunnel, link)) {
        finish_as(carry, APR_RING_FIRST(ring), outcome);
    }
}

void ur_carry_end_all(struct ur_carry *carry, enum ur_outcome outcome)
{
    end_ring(carry, &carry->open, outcome);
    end_ring(carry, &carry->leaving, outcome);
}

void ur_carry_hand_over(struct ur_carry *carry)
{
    while (!APR_RING_EMPTY(&carry->over, ur_tunnel, link)) {
        struct ur_tunnel *tunnel = APR_RING_FIRST(&carry->over);
        APR_RING_REMOVE(tunnel, link);
        ur_finisher_add(carry->finisher, tunnel);
    }
    for (enum ur_direction i = 0; i < UR_DIRECTIONS; i++) {
        if (carry->bytes[i]) {
            ur_books_bytes(i, carry->bytes[i]);
            carry->bytes[i] = 0;
        }
    }
}

uint64_t ur_carry_count(const struct ur_carry *carry)
{
    struct ur_tunnel *tunnel;
    uint64_t count = 0;

    APR_RING_FOREACH(tunnel, &carry->open, ur_tunnel, link)
    {
        count++;
    }
    return count;
}

static apr_status_t make_scratch(struct ur_carry *carry, apr_pool_t *pool)
{
    struct ur_scratch *scratch = &carry->scratch;
    apr_status_t rv = apr_allocator_create(&scratch->allocator);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    apr_allocator_max_free_set(scratch->allocator, MAX_FREE);
    rv = apr_pool_create_ex(&carry->pool, pool, NULL, scratch->allocator);
    if (rv != APR_SUCCESS) {
        apr_allocator_destroy(scratch->allocator);
        return rv;
    }
    apr_allocator_owner_set(scratch->allocator, carry->pool);
    scratch->buffer = (char *)apr_palloc(carry->pool, UR_ROOM + UR_CHUNK) + UR_ROOM;
    scratch->wire = apr_palloc(carry->pool, UR_CHUNK);
    scratch->records = apr_palloc(carry->pool, UR_RECORDS);
    ur_pipe_open(&scratch->pipe, carry->pool);
    return APR_SUCCESS;
}

apr_status_t ur_carry_open(struct ur_carry *carry, struct ur_finisher *finisher,
                           apr_pollset_t *pollset, apr_pool_t *pool)
{
    apr_status_t rv = make_scratch(carry, pool);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    carry->finisher = finisher;
    carry->pollset = pollset;
    carry->now = ur_clock();
    APR_RING_INIT(&carry->open, ur_tunnel, link);
    APR_RING_INIT(&carry->leaving, ur_tunnel, link);
    APR_RING_INIT(&carry->over, ur_tunnel, link);
    APR_RING_INIT(&carry->again, ur_tunnel, again_link);
    APR_RING_INIT(&carry->turn, ur_tunnel, again_link);
    ur_deadline_open(&carry->deadlines);
    ur_linger_init(&carry->lingering, pollset, carry->pool);
    return APR_SUCCESS;
}

void ur_carry_close(struct ur_carry *carry)
{
    ur_linger_end(&carry->lingering);
}
