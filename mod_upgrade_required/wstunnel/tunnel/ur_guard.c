#include "wstunnel/tunnel/ur_guard.h"

#include "core/text/ur_jitter.h"
#include "shared/ur_setting.h"
#include "wstunnel/config/ur_route.h"
#include "wstunnel/tunnel/ur_books.h"
#include "wstunnel/tunnel/ur_deadline.h"

#include <apr_general.h>

/* Each tunnel pings a little earlier than it is asked to, in per cent, and the first time up to
 * so much earlier: what was opened or spoken to in one moment is not pinged in one. */
#define SPREAD       10
#define FIRST_SPREAD 50

static bool is_given(uint64_t number)
{
    return number && number != UR_SETTING_NONE;
}

static bool random_bytes(void *at, apr_size_t len)
{
    return apr_generate_random_bytes(at, len) == APR_SUCCESS;
}

static apr_interval_time_t jittered(apr_interval_time_t span, unsigned percent)
{
    uint32_t random = 0;

    random_bytes(&random, sizeof random);
    return (apr_interval_time_t)ur_jitter((uint64_t)span, percent, random);
}

static apr_time_t end_of_life(const struct ur_tunnel *tunnel, const struct ur_age_setting *age)
{
    return age && age->seconds
               ? tunnel->opened + jittered(apr_time_from_sec((apr_time_t)age->seconds),
                                           (unsigned)age->jitter)
               : UR_DEADLINE_NEVER;
}

/* Without a secret there are no Pings: others could answer them. */
static bool begin_pings(const struct ur_tunnel *tunnel, struct ur_guard_side *side)
{
    const struct ur_guard *guard = tunnel->guard;

    if (!random_bytes(&side->sieve.key, sizeof side->sieve.key)) {
        return false;
    }
    side->sieve.key >>= 1;
    side->due = tunnel->opened + jittered(guard->interval, FIRST_SPREAD);
    return true;
}

static void prepare_side(struct ur_endpoint *end, struct ur_guard_side *side, bool pinged,
                         uint64_t max)
{
    bool pings = pinged && begin_pings(end->tunnel, side);

    side->sieve.max = max;
    if (!pings) {
        side->due = UR_DEADLINE_NEVER;
    }
    if (pings || max) {
        end->sieve = &side->sieve;
    }
}

void ur_guard_prepare(struct ur_tunnel *tunnel, const struct ur_route *route)
{
    const struct ur_ping_setting *ping = route->ping;
    bool pings = ping && ping->seconds;
    uint64_t max = is_given(route->message_max) ? route->message_max : 0;
    struct ur_guard *guard;

    tunnel->limit = end_of_life(tunnel, route->age);
    tunnel->idle_limit = is_given(route->idle);
    if (tunnel->idle_limit) {
        tunnel->timeout = apr_time_from_sec((apr_time_t)route->idle);
    }
    if (!pings && !max) {
        return;
    }
    tunnel->guard = guard = apr_pcalloc(tunnel->c->pool, sizeof *guard);
    if (pings) {
        guard->interval = jittered(apr_time_from_sec((apr_time_t)ping->seconds), SPREAD);
        guard->unanswered = ping->unanswered;
    }
    prepare_side(&tunnel->client, &guard->client, pings && ping->client, max);
    prepare_side(&tunnel->backend, &guard->backend, pings && ping->backend, max);
}

static void look_at(struct ur_endpoint *end, struct ur_guard_side *side, apr_time_t next)
{
    uint64_t sent = side->sieve.asked - side->asked;
    bool heard = end->received != side->received;

    ur_books_pings(UR_PINGS_SENT, sent);
    ur_books_pings(UR_PINGS_ANSWERED, side->sieve.swallowed - side->swallowed);
    if (heard || sent) {
        side->due = next;
    }
    if (heard) {
        side->before = side->sieve.asked;
        side->missed = 0;
        if (end->due.kind == UR_CONTROL_PING) {
            end->due.kind = UR_CONTROL_NONE;
        }
    }
    side->received = end->received;
    side->asked = side->sieve.asked;
    side->swallowed = side->sieve.swallowed;
}

/* A side that is not pinged has no due, and never gets one. */
static bool is_pinged(const struct ur_guard *guard, const struct ur_guard_side *side)
{
    return guard->interval && side->sieve.key;
}

void ur_guard_look(struct ur_tunnel *tunnel, apr_time_t now)
{
    struct ur_guard *guard = tunnel->guard;

    if (is_pinged(guard, &guard->client)) {
        look_at(&tunnel->client, &guard->client, now + guard->interval);
    }
    if (is_pinged(guard, &guard->backend)) {
        look_at(&tunnel->backend, &guard->backend, now + guard->interval);
    }
}

apr_time_t ur_guard_due(const struct ur_tunnel *tunnel)
{
    apr_time_t client = tunnel->guard->client.due;
    apr_time_t backend = tunnel->guard->backend.due;

    if (tunnel->life != UR_TUNNEL_OPEN) {
        return UR_DEADLINE_NEVER;
    }
    return client < backend ? client : backend;
}

/* Whether it could answer, and its answer would be known. */
static bool may_answer(const struct ur_endpoint *end)
{
    const struct ur_frames *one = &end->frames;
    const struct ur_frames *other = &end->other->frames;

    return end->state == UR_ENDPOINT_OPEN && !one->lost && !one->closed && !other->lost &&
           !other->closed;
}

/* A side that is not read, because the other one does not take what it says, is not blamed. */
static bool ping(struct ur_endpoint *end, const struct ur_guard *guard,
                 struct ur_guard_side *side, apr_time_t now)
{
    uint64_t unanswered = side->sieve.asked - side->before;

    if (side->due > now) {
        return true;
    }
    side->due = may_answer(end) ? now + guard->interval : UR_DEADLINE_NEVER;
    if (!may_answer(end) || !ur_tunnel_may_read(end)) {
        return true;
    }
    ur_books_pings(UR_PINGS_UNANSWERED, unanswered - side->missed);
    side->missed = unanswered;
    if (unanswered >= guard->unanswered) {
        return false;
    }
    if (end->due.kind == UR_CONTROL_NONE) {
        end->due.kind = UR_CONTROL_PING;
    }
    return true;
}

bool ur_guard_ping(struct ur_tunnel *tunnel, apr_time_t now)
{
    struct ur_guard *guard = tunnel->guard;

    return ping(&tunnel->client, guard, &guard->client, now) &&
           ping(&tunnel->backend, guard, &guard->backend, now);
}

const struct ur_endpoint *ur_guard_refused(const struct ur_tunnel *tunnel)
{
    if (tunnel->client.refused) {
        return &tunnel->client;
    }
    return tunnel->backend.refused ? &tunnel->backend : NULL;
}
