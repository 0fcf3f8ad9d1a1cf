#include "proxy/ur_threaded.h"

#include "proxy/ur_keep.h"
#include "tunnel/ur_books.h"

#include <stdatomic.h>

#include <util_filter.h>

/* In the pool of the client's connection, which the filter there may outlive the request in. */
struct ur_threaded {
    struct ur_frames client;
    struct ur_frames backend;
    struct ur_farewell farewell;
    bool client_ended;
    bool backend_ended;
    bool broken; /* either connection, in whatever direction */
    bool over;
};

static ap_filter_rec_t *filter_handle;

/* The server closes its connections without waiting for them. */
static atomic_bool stopped;

static apr_status_t client_filter(ap_filter_t *f, apr_bucket_brigade *bb, ap_input_mode_t mode,
                                  apr_read_type_e block, apr_off_t wanted)
{
    apr_status_t rv = ap_get_brigade(f->next, bb, mode, block, wanted);

    if (mode == AP_MODE_READBYTES) {
        ur_threaded_heard(f->ctx, UR_SIDE_CLIENT, rv, bb);
    }
    return rv;
}

void ur_threaded_register(void)
{
    filter_handle =
        ap_register_input_filter("UPGRADE_CLIENT", client_filter, NULL, AP_FTYPE_CONNECTION);
}

void ur_threaded_stop(apr_pool_t *pchild, int graceful)
{
    (void)pchild;
    atomic_store(&stopped, !graceful);
}

struct ur_threaded *ur_threaded_open(request_rec *r)
{
    conn_rec *c = r->connection;
    struct ur_kept *kept = ur_keep_of(r);
    struct ur_threaded *tunnel = apr_pcalloc(c->pool, sizeof *tunnel);

    tunnel->client.masked = true;
    kept->threaded = tunnel;
    ap_add_input_filter_handle(filter_handle, tunnel, r, c);
    ur_books_opened(kept->label, UR_CARRIED_THREAD);
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
}

void ur_threaded_heard(struct ur_threaded *tunnel, enum ur_side side, apr_status_t rv,
                       apr_bucket_brigade *bytes)
{
    bool client = side == UR_SIDE_CLIENT;
    struct ur_frames *frames = client ? &tunnel->client : &tunnel->backend;

    if (tunnel->over || APR_STATUS_IS_EAGAIN(rv)) {
        return;
    }
    if (rv == APR_SUCCESS) {
        apr_size_t len = feed(frames, bytes);
        ur_farewell_heard(&tunnel->farewell, side, frames);
        ur_books_bytes(client ? UR_DIRECTION_RECEIVED : UR_DIRECTION_SENT, len);
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

/* What mod_proxy does not tell: its tunnel ends when both sides have, when one breaks, or after
 * the first with proxy-nohalfclose. If it was none of these, nothing was said for too long. */
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
    kept->threaded = NULL;
    ur_books_ended(UR_CARRIED_THREAD, outcome);
    ur_books_note(r, outcome, &tunnel->farewell);
}
