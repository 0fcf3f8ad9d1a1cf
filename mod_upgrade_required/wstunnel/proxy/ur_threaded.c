#include "wstunnel/proxy/ur_threaded.h"

#include "wstunnel/proxy/ur_keep.h"
#include "wstunnel/tunnel/ur_books.h"
#include "wstunnel/tunnel/ur_clock.h"
#include "wstunnel/tunnel/ur_overflow.h"

#include <poll.h>
#include <stdatomic.h>

#include <apr_general.h>
#include <apr_portable.h>
#include <http_core.h>
#include <util_filter.h>

/* In the pool of the client's connection, which the filter there may outlive the request in. */
struct ur_threaded {
    struct ur_frames client;
    struct ur_frames backend;
    conn_rec *c; /* the client's */
    conn_rec *origin;
    struct ur_overflow *overflow; /* NULL: its child does not end it */
    struct ur_farewell farewell;
    uint64_t bytes[UR_DIRECTIONS];
    apr_time_t opened; /* by ur_clock() */
    bool client_ended;
    bool backend_ended;
    bool connected; /* the overflow knows the backend's socket */
    bool broken;    /* either connection, in any direction */
    bool cut;       /* its child has made it end, and what the client had sent has been read */
    bool over;
};

#define GOING_AWAY 1001 /* RFC 6455, 7.4.1 */

static ap_filter_rec_t *filter_handle;
static ap_filter_rec_t *wire_handle;

/* The server closes its connections without waiting for them. */
static atomic_bool stopped;

/* Its child has shut a direction, or made it end during the handshake. */
static bool has_to_end(const struct ur_threaded *tunnel)
{
    return !tunnel->over && tunnel->overflow && ur_overflow_is_told(tunnel->overflow);
}

static bool has_bytes(apr_status_t rv, apr_bucket_brigade *bb)
{
    apr_off_t len = 0;

    return rv == APR_SUCCESS && apr_brigade_length(bb, 1, &len) == APR_SUCCESS && len > 0;
}

/* Whether a few bytes can be flushed without waiting. */
static bool has_room(conn_rec *c)
{
    struct pollfd socket = {-1, POLLOUT, 0};

    apr_os_sock_get(&socket.fd, ap_get_conn_socket(c));
    return !c->data_in_output_filters && poll(&socket, 1, 0) > 0 && socket.revents == POLLOUT;
}

static void put_frame(conn_rec *c, const char *frame, size_t len)
{
    apr_bucket_brigade *bb = apr_brigade_create(c->pool, c->bucket_alloc);

    apr_brigade_write(bb, NULL, NULL, frame, len);
    APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_flush_create(c->bucket_alloc));
    ap_pass_brigade(c->output_filters, bb);
    apr_brigade_destroy(bb);
}

/* What has been read on one side has been written on the other by now, as far as that goes; the
 * end of a side, too. */
static void say_goodbye(const struct ur_threaded *tunnel)
{
    char frame[UR_CLOSE_MAX];
    unsigned char key[4];

    if (!tunnel->backend_ended && ur_frames_between(&tunnel->backend) && has_room(tunnel->c)) {
        put_frame(tunnel->c, frame, ur_frames_close(frame, GOING_AWAY, NULL));
    }
    if (!tunnel->client_ended && ur_frames_between(&tunnel->client) &&
        has_room(tunnel->origin) && apr_generate_random_bytes(key, sizeof key) == APR_SUCCESS) {
        put_frame(tunnel->origin, frame, ur_frames_close(frame, GOING_AWAY, key));
    }
}

/* Below TLS, which must not read an end that the client did not send: OpenSSL 3 takes it for an
 * attack and writes nothing any more, so nobody could be told (httpd before 2.4.58). */
static apr_status_t wire_filter(ap_filter_t *f, apr_bucket_brigade *bb, ap_input_mode_t mode,
                                apr_read_type_e block, apr_off_t wanted)
{
    struct ur_threaded *tunnel = f->ctx;
    apr_status_t rv = ap_get_brigade(f->next, bb, mode, block, wanted);

    if (mode == AP_MODE_READBYTES && block == APR_NONBLOCK_READ && !has_bytes(rv, bb) &&
        has_to_end(tunnel)) {
        apr_brigade_cleanup(bb);
        tunnel->cut = true;
        return APR_EAGAIN;
    }
    return rv;
}

static apr_status_t client_filter(ap_filter_t *f, apr_bucket_brigade *bb, ap_input_mode_t mode,
                                  apr_read_type_e block, apr_off_t wanted)
{
    struct ur_threaded *tunnel = f->ctx;
    apr_status_t rv = ap_get_brigade(f->next, bb, mode, block, wanted);

    if (mode == AP_MODE_READBYTES) {
        if (tunnel->cut && !tunnel->over && !has_bytes(rv, bb)) {
            say_goodbye(tunnel);
            return APR_ECONNABORTED; /* after a half-close the backend could continue */
        }
        ur_threaded_heard(tunnel, UR_SIDE_CLIENT, rv, bb);
    }
    return rv;
}

void ur_threaded_register(void)
{
    filter_handle =
        ap_register_input_filter("UPGRADE_CLIENT", client_filter, NULL, AP_FTYPE_CONNECTION);
    wire_handle = ap_register_input_filter("UPGRADE_CUT", wire_filter, NULL,
                                           (ap_filter_type)(AP_FTYPE_NETWORK - 2));
}

void ur_threaded_stop(apr_pool_t *pchild, int graceful)
{
    (void)pchild;
    atomic_store(&stopped, !graceful);
}

/* The larger one, as mod_proxy has it. A stream of HTTP/2 has no socket of its own. */
static apr_interval_time_t idle_timeout(conn_rec *client, conn_rec *origin)
{
    apr_interval_time_t of_client = -1;
    apr_interval_time_t of_origin = -1;

    apr_socket_timeout_get(ap_get_conn_socket(client->master ? client->master : client),
                           &of_client);
    apr_socket_timeout_get(ap_get_conn_socket(origin), &of_origin);
    return of_client > of_origin ? of_client : of_origin;
}

static apr_status_t forget_backend(void *data)
{
    struct ur_threaded *tunnel = data;

    tunnel->connected = false;
    ur_overflow_connect(tunnel->overflow, NULL);
    return APR_SUCCESS;
}

/* The backend's socket is mod_proxy's, which may close it before the tunnel is over here. */
static void tell_overflow(struct ur_threaded *tunnel)
{
    ap_add_input_filter_handle(wire_handle, tunnel, NULL, tunnel->c);
    tunnel->connected = true;
    apr_pool_cleanup_register(tunnel->origin->pool, tunnel, forget_backend,
                              apr_pool_cleanup_null);
    ur_overflow_connect(tunnel->overflow, ap_get_conn_socket(tunnel->origin));
}

struct ur_threaded *ur_threaded_open(request_rec *r, conn_rec *origin)
{
    conn_rec *c = r->connection;
    struct ur_kept *kept = ur_keep_of(r);
    struct ur_threaded *tunnel = apr_pcalloc(c->pool, sizeof *tunnel);

    tunnel->client.masked = true;
    tunnel->c = c;
    tunnel->origin = origin;
    tunnel->overflow = kept->overflow;
    tunnel->opened = ur_clock();
    kept->threaded = tunnel;
    ap_add_input_filter_handle(filter_handle, tunnel, r, c);
    if (tunnel->overflow) {
        tell_overflow(tunnel);
    }
    ur_books_opened(kept->label, UR_CARRIED_THREAD);
    ur_books_note_opened(r, UR_CARRIED_THREAD, idle_timeout(c, origin));
    ur_keep_log_opened(r);
    return tunnel;
}

static apr_size_t feed(struct ur_frames *frames, apr_bucket_brigade *bytes)
{
    apr_size_t sum = 0;

    for (apr_bucket *b = APR_BRIGADE_FIRST(bytes); b != APR_BRIGADE_SENTINEL(bytes);
         b = APR_BUCKET_NEXT(b)) {
        const char *at;
        apr_size_t len;
        if (!APR_BUCKET_IS_METADATA(b) &&
            apr_bucket_read(b, &at, &len, APR_NONBLOCK_READ) == APR_SUCCESS) {
            ur_frames_feed(frames, at, len);
            sum += len;
        }
    }
    return sum;
}

static void note_end(struct ur_threaded *tunnel, enum ur_side side)
{
    *(side == UR_SIDE_CLIENT ? &tunnel->client_ended : &tunnel->backend_ended) = true;
    ur_farewell_ended(&tunnel->farewell, side);
    if (side == UR_SIDE_CLIENT && tunnel->overflow) {
        ur_overflow_client_ended(tunnel->overflow);
    }
}

void ur_threaded_heard(struct ur_threaded *tunnel, enum ur_side side, apr_status_t rv,
                       apr_bucket_brigade *bytes)
{
    bool client = side == UR_SIDE_CLIENT;
    struct ur_frames *frames = client ? &tunnel->client : &tunnel->backend;
    enum ur_direction direction = client ? UR_DIRECTION_RECEIVED : UR_DIRECTION_SENT;

    if (tunnel->over || APR_STATUS_IS_EAGAIN(rv)) {
        return;
    }
    /* After a client's end only the backend is read from. */
    if (rv != APR_SUCCESS && !client && tunnel->client_ended && has_to_end(tunnel)) {
        say_goodbye(tunnel);
    }
    if (rv == APR_SUCCESS) {
        apr_size_t len = feed(frames, bytes);
        ur_farewell_heard(&tunnel->farewell, side, frames);
        tunnel->bytes[direction] += len;
        ur_books_bytes(direction, len);
    }
    else if (APR_STATUS_IS_EOF(rv)) {
        note_end(tunnel, side);
    }
    else {
        ur_threaded_broke(tunnel, side);
    }
}

void ur_threaded_broke(struct ur_threaded *tunnel, enum ur_side side)
{
    if (!tunnel->over) {
        tunnel->broken = true;
        ur_farewell_ended(&tunnel->farewell, side);
    }
}

/* What mod_proxy does not report: its tunnel ends when both sides have ended, when one breaks,
 * or after the first with proxy-nohalfclose. Otherwise there was no data for too long. */
static enum ur_outcome outcome_of(const request_rec *r, const struct ur_threaded *tunnel)
{
    bool ended = tunnel->broken || (tunnel->client_ended && tunnel->backend_ended);

    if (tunnel->farewell.ender && apr_table_get(r->subprocess_env, "proxy-nohalfclose")) {
        ended = true;
    }
    if (atomic_load(&stopped)) {
        return UR_OUTCOME_STOPPED;
    }
    return ended ? ur_farewell_outcome(&tunnel->farewell) : UR_OUTCOME_TIMEOUT;
}

static void note_ended(request_rec *r, const struct ur_threaded *tunnel,
                       enum ur_outcome outcome)
{
    const struct ur_ending ending = {
        .carrier = UR_CARRIED_THREAD,
        .outcome = outcome,
        .farewell = tunnel->farewell,
        .bytes = {[UR_DIRECTION_RECEIVED] = tunnel->bytes[UR_DIRECTION_RECEIVED],
                  [UR_DIRECTION_SENT] = tunnel->bytes[UR_DIRECTION_SENT]},
        .lasted = ur_clock() - tunnel->opened,
    };

    ur_books_note_ended(r, &ending);
}

void ur_threaded_end(request_rec *r, bool drained)
{
    struct ur_kept *kept = ur_keep_of(r);
    struct ur_threaded *tunnel = kept->threaded;
    enum ur_outcome outcome;

    if (!tunnel) {
        return;
    }
    if (r->connection->aborted) {
        ur_threaded_broke(tunnel, UR_SIDE_CLIENT);
    }
    outcome = drained ? UR_OUTCOME_DRAINED : outcome_of(r, tunnel);
    tunnel->over = true;
    if (tunnel->connected) {
        apr_pool_cleanup_run(tunnel->origin->pool, tunnel, forget_backend);
    }
    kept->threaded = NULL;
    ur_gate_forget_client(&kept->ticket);
    ur_books_ended(UR_CARRIED_THREAD, outcome);
    note_ended(r, tunnel, outcome);
}
