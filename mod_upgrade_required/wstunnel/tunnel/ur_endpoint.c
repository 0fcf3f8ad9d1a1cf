#include "wstunnel/tunnel/ur_endpoint.h"

#include "wstunnel/tunnel/ur_scratch.h"
#include "wstunnel/tunnel/ur_socket_filter.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <apr_portable.h>
#include <http_ssl.h>

/* How often filters are read in a row; mod_ssl returns 8 KB. */
#define READS 16

/* Those that pass bytes as they are. mod_logio only counts them. */
static bool is_plain(const ap_filter_t *filter)
{
    static const char *const names[] = {"core_in", "core", "log_input_output"};

    for (; filter; filter = filter->next) {
        bool known = false;
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            known = known || strcmp(filter->frec->name, names[i]) == 0;
        }
        if (!known) {
            return false;
        }
    }
    return true;
}

/* They are asked for everything, the socket itself included, and so do not read the socket, and
 * allocate no memory for it. mod_logio does not count what has no known length. */
apr_status_t ur_endpoint_take_early(struct ur_endpoint *end, ap_filter_t *filters,
                                    apr_bucket_brigade *bb, apr_size_t *len)
{
    apr_status_t rv = ap_get_brigade(filters, bb, AP_MODE_EXHAUSTIVE, APR_NONBLOCK_READ, 0);
    bool counted = true;

    *len = 0;
    for (apr_bucket *b = APR_BRIGADE_FIRST(bb); b != APR_BRIGADE_SENTINEL(bb);) {
        apr_bucket *next = APR_BUCKET_NEXT(b);
        if (APR_BUCKET_IS_SOCKET(b)) {
            counted = false;
            apr_bucket_delete(b);
        }
        else if (APR_BUCKET_IS_METADATA(b)) {
            apr_bucket_delete(b);
        }
        else {
            *len += b->length;
        }
        b = next;
    }
    end->wire_in += counted ? 0 : *len;
    return rv;
}

static void keep_early(struct ur_endpoint *end, conn_rec *c, apr_pool_t *pool,
                       struct ur_span *early)
{
    char *bytes;
    apr_size_t len;

    if (ur_endpoint_take_early(end, c->input_filters, end->brigade, &len) == APR_SUCCESS &&
        len && (bytes = apr_palloc(pool, len)) != NULL &&
        apr_brigade_flatten(end->brigade, bytes, &len) == APR_SUCCESS) {
        *early = (struct ur_span){bytes, len};
    }
    apr_brigade_cleanup(end->brigade);
}

static void use(struct ur_endpoint *end, apr_socket_t *socket)
{
    end->socket = socket;
    end->watch.desc_type = APR_POLL_SOCKET;
    end->watch.desc.s = socket;
    end->watch.client_data = end;
}

void ur_endpoint_prepare(struct ur_endpoint *end, conn_rec *c, apr_pool_t *pool,
                         struct ur_span *early)
{
    /* It would hold back small writes until it is flushed. mod_reqtimeout does not know that
     * this is no longer a request. */
    ap_remove_output_filter_byhandle(c->output_filters, "SSL/TLS Coalescing Filter");
    ap_remove_input_filter_byhandle(c->input_filters, "reqtimeout");
    ap_remove_output_filter_byhandle(c->output_filters, "reqtimeout");
    end->tls = ap_ssl_conn_is_ssl(c);
    *early = (struct ur_span){NULL, 0};
    end->brigade = apr_brigade_create(pool, c->bucket_alloc);
    if (is_plain(c->input_filters) && is_plain(c->output_filters)) {
        keep_early(end, c, pool, early);
    }
    else {
        end->filtered = c;
    }
}

void ur_endpoint_open(struct ur_endpoint *end, bool quiet)
{
    if (end->filtered) {
        ur_socket_filter_insert(end, end->filtered);
        end->inflow = quiet ? UR_INFLOW_UNKNOWN : UR_INFLOW_EARLY;
    }
    apr_os_sock_get(&end->number, end->socket);
    apr_socket_timeout_set(end->socket, 0);
    use(end, end->socket);
}

void ur_endpoint_own(struct ur_endpoint *end, apr_pool_t *pool)
{
    apr_socket_t *before = end->socket;
    apr_os_sock_t none = -1;
    apr_os_sock_info_t info = {
        .os_sock = &end->number, .family = APR_INET, .type = SOCK_STREAM, .protocol = 0};

    if (apr_os_sock_make(&end->socket, &info, pool) == APR_SUCCESS) {
        apr_os_sock_put(&before, &none, pool);
        use(end, end->socket);
    }
}

static bool ends_with_eos(apr_bucket_brigade *bb)
{
    return !APR_BRIGADE_EMPTY(bb) && APR_BUCKET_IS_EOS(APR_BRIGADE_LAST(bb));
}

static apr_status_t read_some(struct ur_endpoint *end, char *at, apr_size_t *len)
{
    apr_bucket_brigade *bb = end->brigade;
    apr_status_t rv;

    if (end->inflow == UR_INFLOW_TOLD) {
        end->inflow = UR_INFLOW_DRY;
    }
    rv = ap_get_brigade(end->filtered->input_filters, bb, AP_MODE_READBYTES, APR_NONBLOCK_READ,
                        (apr_off_t)*len);
    if (rv == APR_SUCCESS) {
        rv = apr_brigade_flatten(bb, at, len);
        if (rv == APR_SUCCESS && *len == 0) {
            rv = ends_with_eos(bb) ? APR_EOF : APR_EAGAIN;
        }
    }
    apr_brigade_cleanup(bb);
    return APR_STATUS_IS_EAGAIN(rv) ? APR_EAGAIN : rv;
}

/* Filters return little at a time, and each write has a cost: take as much as there is, at
 * once. */
static apr_status_t read_filtered(struct ur_endpoint *end, char *at, apr_size_t *len)
{
    apr_size_t have = 0;
    apr_status_t rv = end->held;

    for (int turn = 0; rv == APR_SUCCESS && turn < READS && have < *len; turn++) {
        apr_size_t more = *len - have;
        rv = read_some(end, at + have, &more);
        have += rv == APR_SUCCESS ? more : 0;
        if (rv == APR_EAGAIN && end->inflow != UR_INFLOW_TOLD) {
            rv = APR_SUCCESS; /* something that was not data, but data may follow it */
        }
    }
    end->held = APR_SUCCESS;
    *len = have;
    if (have == 0) {
        return rv == APR_SUCCESS ? APR_EAGAIN : rv;
    }
    end->held = rv == APR_EAGAIN ? APR_SUCCESS : rv;
    return APR_SUCCESS;
}

static apr_status_t status_of(int error)
{
    return APR_STATUS_IS_EAGAIN(error) ? APR_EAGAIN : APR_FROM_OS_ERROR(error);
}

/* Not apr_socket_recv() and apr_socket_send(): they use read() and write(), which adds 5 % to
 * the total cost of a small message. */
apr_status_t ur_endpoint_receive(struct ur_endpoint *end, char *at, apr_size_t *len)
{
    ssize_t got;

    do {
        got = recv(end->number, at, *len, 0);
    } while (got < 0 && errno == EINTR);
    end->inflow = got < (ssize_t)*len ? UR_INFLOW_DRY : UR_INFLOW_UNKNOWN;
    if (got <= 0) {
        *len = 0;
        return got == 0 ? APR_EOF : status_of(errno);
    }
    *len = (apr_size_t)got;
    end->wire_in += *len;
    return APR_SUCCESS;
}

apr_status_t ur_endpoint_read(struct ur_endpoint *end, char *at, apr_size_t *len)
{
    return end->filtered ? read_filtered(end, at, len) : ur_endpoint_receive(end, at, len);
}

/* Cuts off what the socket takes. */
static apr_status_t send_some(struct ur_endpoint *end, struct ur_span *bytes)
{
    ssize_t sent;

    do {
        sent = send(end->number, bytes->at, bytes->len, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0) {
        return APR_STATUS_IS_EAGAIN(errno) ? APR_SUCCESS : APR_FROM_OS_ERROR(errno);
    }
    bytes->at += sent;
    bytes->len -= (apr_size_t)sent;
    end->wire_out += (apr_size_t)sent;
    return APR_SUCCESS;
}

apr_status_t ur_endpoint_keep(struct ur_endpoint *end, const char *at, apr_size_t len)
{
    struct ur_span rest = end->rest;
    apr_memnode_t *node = apr_allocator_alloc(end->scratch->allocator, rest.len + len);

    if (!node) {
        return APR_ENOMEM;
    }
    if (rest.len) {
        memcpy(node->first_avail, rest.at, rest.len);
    }
    memcpy(node->first_avail + rest.len, at, len);
    ur_endpoint_forget(end);
    end->node = node;
    end->rest = (struct ur_span){node->first_avail, rest.len + len};
    return APR_SUCCESS;
}

apr_status_t ur_endpoint_send(struct ur_endpoint *end, const char *at, apr_size_t len)
{
    struct ur_span bytes = {at, len};
    apr_status_t rv = ur_endpoint_pending(end) ? APR_SUCCESS : send_some(end, &bytes);

    return rv == APR_SUCCESS && bytes.len ? ur_endpoint_keep(end, bytes.at, bytes.len) : rv;
}

static apr_status_t send_records(struct ur_endpoint *end)
{
    apr_size_t len = end->scratch->recorded;

    end->scratch->recorded = 0;
    return len ? ur_endpoint_send(end, end->scratch->records, len) : APR_SUCCESS;
}

apr_status_t ur_endpoint_record(struct ur_endpoint *end, const char *at, apr_size_t len)
{
    struct ur_scratch *scratch = end->scratch;
    apr_status_t rv = APR_SUCCESS;

    if (!end->recording) {
        return ur_endpoint_send(end, at, len);
    }
    if (len > UR_RECORDS - scratch->recorded) {
        rv = send_records(end);
    }
    if (rv != APR_SUCCESS || len > UR_RECORDS) {
        return rv == APR_SUCCESS ? ur_endpoint_send(end, at, len) : rv;
    }
    memcpy(scratch->records + scratch->recorded, at, len);
    scratch->recorded += len;
    return APR_SUCCESS;
}

static apr_status_t write_filtered(struct ur_endpoint *end, const char *at, apr_size_t len)
{
    conn_rec *c = end->filtered;
    apr_status_t sent;
    apr_status_t rv;

    APR_BRIGADE_INSERT_TAIL(end->brigade,
                            apr_bucket_transient_create(at, len, c->bucket_alloc));
    end->recording = true;
    rv = ap_pass_brigade(c->output_filters, end->brigade);
    end->recording = false;
    apr_brigade_cleanup(end->brigade);
    sent = send_records(end);
    rv = rv == APR_SUCCESS ? sent : rv;
    return rv == APR_SUCCESS && c->aborted ? APR_ECONNABORTED : rv;
}

apr_status_t ur_endpoint_write(struct ur_endpoint *end, const char *at, apr_size_t len)
{
    return end->filtered ? write_filtered(end, at, len) : ur_endpoint_send(end, at, len);
}

apr_status_t ur_endpoint_flush(struct ur_endpoint *end)
{
    apr_status_t rv = send_some(end, &end->rest);

    if (rv == APR_SUCCESS && end->rest.len == 0) {
        ur_endpoint_forget(end);
    }
    return rv;
}

void ur_endpoint_forget(struct ur_endpoint *end)
{
    if (end->node) {
        apr_allocator_free(end->scratch->allocator, end->node);
        end->node = NULL;
    }
    end->rest = (struct ur_span){NULL, 0};
}
