#include "wstunnel/tunnel/ur_tunnel.h"

#include "wstunnel/tunnel/ur_books.h"
#include "core/protocol/ur_sieve.h"
#include "wstunnel/tunnel/ur_clock.h"

/* How many reads in a row before others get their turn. */
#define TURNS 8

/* Payloads of large frames go through the pipe, but what is left at their end if it is little.
 */
#define LARGE_FRAME ((uint64_t)65536)
#define PIPED_LEAST ((uint64_t)16384)

static apr_interval_time_t socket_timeout(apr_socket_t *socket)
{
    apr_interval_time_t timeout = -1;

    apr_socket_timeout_get(socket, &timeout);
    return timeout;
}

/* As mod_proxy has it. */
static apr_interval_time_t larger_timeout(apr_socket_t *client, apr_socket_t *backend)
{
    apr_interval_time_t one = socket_timeout(client);
    apr_interval_time_t other = socket_timeout(backend);

    return one > other ? one : other;
}

struct ur_tunnel *ur_tunnel_prepare(request_rec *r, proxy_worker *worker, conn_rec *origin,
                                    apr_socket_t *socket)
{
    conn_rec *c = r->connection;
    struct ur_tunnel *tunnel = apr_pcalloc(c->pool, sizeof *tunnel);
    struct ur_endpoint *client = &tunnel->client;
    struct ur_endpoint *backend = &tunnel->backend;

    client->socket = ap_get_conn_socket(c);
    backend->socket = socket;
    tunnel->timeout = larger_timeout(client->socket, socket);
    client->tunnel = backend->tunnel = tunnel;
    client->other = backend;
    backend->other = client;
    client->frames.masked = true;
    tunnel->c = c;
    tunnel->r = r;
    tunnel->worker = worker;
    tunnel->opened = ur_clock();
    tunnel->no_half_close = apr_table_get(r->subprocess_env, "proxy-nohalfclose") != NULL;
    ur_endpoint_prepare(client, c, r->pool, &backend->rest);
    ur_endpoint_prepare(backend, origin, r->pool, &client->rest);
    return tunnel;
}

/* To see that a client has not been quiet its first byte was looked at, and mod_logio, which is
 * below TLS, has counted it then. */
void ur_tunnel_open(struct ur_tunnel *tunnel, bool quiet)
{
    tunnel->client.wire_in -= !quiet && !tunnel->client.tls;
    ur_endpoint_open(&tunnel->client, quiet);
    ur_endpoint_open(&tunnel->backend, false);
}

static enum ur_side side_of(const struct ur_endpoint *end)
{
    return end == &end->tunnel->client ? UR_SIDE_CLIENT : UR_SIDE_BACKEND;
}

static struct ur_span sift(struct ur_endpoint *from, struct ur_span bytes)
{
    struct ur_span passes =
        ur_sieve_feed(from->sieve, &from->frames, (char *)bytes.at, bytes.len);

    from->refused = from->sieve->refused;
    return passes;
}

/* What goes on of it: see ur_sieve_feed(). */
static inline struct ur_span hear(struct ur_endpoint *from, struct ur_span bytes)
{
    from->received += bytes.len;
    if (from->sieve) {
        bytes = sift(from, bytes);
    }
    else {
        ur_frames_feed(&from->frames, bytes.at, bytes.len);
    }
    ur_farewell_heard(&from->tunnel->farewell, side_of(from), &from->frames);
    return bytes;
}

bool ur_tunnel_part(struct ur_tunnel *tunnel)
{
    tunnel->outcome = ur_farewell_outcome(&tunnel->farewell);
    return false;
}

/* What the other end has not taken yet may be the last message: it gets it, as long as it keeps
 * reading. */
bool ur_tunnel_lose(struct ur_endpoint *end)
{
    ur_farewell_ended(&end->tunnel->farewell, side_of(end));
    if (ur_endpoint_pending(end->other) && end->state != UR_ENDPOINT_GONE &&
        end->other->state != UR_ENDPOINT_GONE) {
        end->state = UR_ENDPOINT_GONE;
        end->alarm = UR_ALARM_OFF;
        ur_endpoint_forget(end);
        return true;
    }
    return ur_tunnel_part(end->tunnel);
}

/* Informs an end that the other one has ended. TLS to a client cannot be closed in one
 * direction only, so there it is closed as a whole, properly. */
static bool shut(struct ur_endpoint *to)
{
    struct ur_tunnel *tunnel = to->tunnel;

    if (!ur_endpoint_is_read(to) || tunnel->no_half_close ||
        (to == &tunnel->client && to->tls)) {
        return ur_tunnel_part(tunnel);
    }
    to->state = UR_ENDPOINT_SHUT;
    apr_socket_shutdown(to->socket, APR_SHUTDOWN_WRITE);
    return true;
}

static bool write_end(struct ur_endpoint *to, const char *at, apr_size_t len)
{
    return ur_endpoint_write(to, at, len) == APR_SUCCESS || ur_tunnel_lose(to);
}

/* Sends early bytes, which are in a pool, the same way as all others. Nothing is held back yet,
 * so they need no room in front. */
static bool send_early(struct ur_endpoint *to)
{
    struct ur_span early = to->rest;

    if (early.len == 0) {
        return true;
    }
    to->rest = (struct ur_span){NULL, 0};
    early = hear(to->other, early);
    return early.len == 0 || write_end(to, early.at, early.len);
}

bool ur_tunnel_start(struct ur_tunnel *tunnel, struct ur_scratch *scratch)
{
    tunnel->client.scratch = tunnel->backend.scratch = scratch;
    return send_early(&tunnel->client) && send_early(&tunnel->backend);
}

/* TLS may have to respond to what it reads: if an end does not take the responses, no more is
 * read from it. */
bool ur_tunnel_may_read(const struct ur_endpoint *from)
{
    const struct ur_endpoint *to = from->other;

    return ur_endpoint_is_read(from) && to->state != UR_ENDPOINT_GONE &&
           !ur_endpoint_pending(to) && from->rest.len <= UR_CHUNK && !from->refused;
}

static bool can_be_piped(const struct ur_endpoint *from, const struct ur_scratch *scratch)
{
    return !from->filtered && !from->other->filtered && ur_pipe_is_there(&scratch->pipe);
}

/* Payload only, so that the frames are still followed. */
static apr_status_t pipe_payload(struct ur_endpoint *from, struct ur_scratch *scratch,
                                 apr_status_t *gave)
{
    uint64_t payload = ur_frames_payload(&from->frames);
    apr_size_t len = payload < UR_CHUNK ? (apr_size_t)payload : UR_CHUNK;
    apr_status_t rv;

    if (payload < PIPED_LEAST || !can_be_piped(from, scratch)) {
        return APR_ENOTIMPL;
    }
    rv = ur_pipe_move(&scratch->pipe, from, scratch->buffer, &len, gave);
    if (rv == APR_SUCCESS) {
        from->received += len;
        ur_frames_skip(&from->frames, len);
    }
    return rv;
}

/* After a large frame another one may follow: of that only the header is read. */
static apr_size_t most_to_read(const struct ur_endpoint *from, const struct ur_scratch *scratch)
{
    uint64_t payload = ur_frames_payload(&from->frames);

    if (from->frames.size >= LARGE_FRAME && payload < PIPED_LEAST &&
        can_be_piped(from, scratch)) {
        return (apr_size_t)payload + UR_FRAMES_HEADER_MAX;
    }
    return UR_CHUNK;
}

/* The result is that of reading. */
static apr_status_t copy(struct ur_endpoint *from, struct ur_scratch *scratch,
                         apr_status_t *gave)
{
    apr_size_t len = most_to_read(from, scratch);
    apr_status_t rv = ur_endpoint_read(from, scratch->buffer, &len);

    if (rv == APR_SUCCESS) {
        struct ur_span bytes = hear(from, (struct ur_span){scratch->buffer, len});
        *gave = bytes.len ? ur_endpoint_write(from->other, bytes.at, bytes.len) : APR_SUCCESS;
    }
    return rv;
}

/* Through the pipe or the buffer. The result is that of reading. */
static apr_status_t pass_some(struct ur_endpoint *from, struct ur_scratch *scratch,
                              apr_status_t *gave)
{
    apr_status_t rv = pipe_payload(from, scratch, gave);

    return rv == APR_ENOTIMPL ? copy(from, scratch, gave) : rv;
}

/* The beginning of a frame that will not be whole. */
static bool send_held(struct ur_endpoint *from)
{
    struct ur_span held =
        from->sieve ? ur_sieve_end(from->sieve, &from->frames) : (struct ur_span){NULL, 0};

    return held.len == 0 || write_end(from->other, held.at, held.len);
}

static bool end_in_order(struct ur_endpoint *from)
{
    ur_endpoint_end(from);
    ur_farewell_ended(&from->tunnel->farewell, side_of(from));
    return send_held(from) && shut(from->other);
}

/* A poll reports more data on the wire, but not what filters hold. */
static bool is_drained(const struct ur_endpoint *from)
{
    return from->filtered ? from->inflow == UR_INFLOW_TOLD && !from->held
                          : from->inflow == UR_INFLOW_DRY;
}

bool ur_tunnel_forward(struct ur_endpoint *from, struct ur_scratch *scratch, bool *more)
{
    *more = false;
    for (int turn = 0; turn < TURNS; turn++) {
        apr_status_t gave = APR_SUCCESS;
        apr_status_t rv;
        if (!ur_tunnel_may_read(from)) {
            return true;
        }
        rv = pass_some(from, scratch, &gave);
        if (rv == APR_EAGAIN && from->filtered && from->inflow != UR_INFLOW_TOLD) {
            continue;
        }
        if (rv == APR_EAGAIN) {
            return true;
        }
        if (rv != APR_SUCCESS) {
            return rv == APR_EOF ? end_in_order(from) : ur_tunnel_lose(from);
        }
        if (gave != APR_SUCCESS && !ur_tunnel_lose(from->other)) {
            return false;
        }
        if (is_drained(from)) {
            return true;
        }
    }
    *more = from->filtered != NULL;
    return true;
}

bool ur_tunnel_resume(struct ur_endpoint *to, struct ur_scratch *scratch, bool *more)
{
    *more = false;
    if (ur_endpoint_flush(to) != APR_SUCCESS) {
        return ur_tunnel_lose(to);
    }
    if (ur_endpoint_pending(to)) {
        return true;
    }
    if (to->other->state == UR_ENDPOINT_GONE) {
        return ur_tunnel_lose(to->other);
    }
    return ur_tunnel_forward(to->other, scratch, more);
}

void ur_tunnel_note_ended(struct ur_tunnel *tunnel)
{
    const struct ur_ending ending = {
        .carrier = UR_CARRIED_EVENT,
        .outcome = tunnel->outcome,
        .farewell = tunnel->farewell,
        .bytes = {[UR_DIRECTION_RECEIVED] = tunnel->client.received,
                  [UR_DIRECTION_SENT] = tunnel->backend.received},
        .lasted = (tunnel->over ? tunnel->over : ur_clock()) - tunnel->opened,
    };

    ur_books_note_ended(tunnel->r, &ending);
}
