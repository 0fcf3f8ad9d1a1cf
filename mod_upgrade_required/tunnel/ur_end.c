#include "tunnel/ur_end.h"

#include <string.h>

#include <util_filter.h>

/* More than this is not taken out of the filters to make an end a plain one. */
#define EARLY_MAX 32768

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

/* What the filters hold already. False where they have more to say than that nothing is there.
 */
static bool take_early(conn_rec *c, apr_pool_t *pool, struct ur_span *early)
{
    apr_bucket_brigade *all = apr_brigade_create(pool, c->bucket_alloc);
    apr_bucket_brigade *some = apr_brigade_create(pool, c->bucket_alloc);
    apr_off_t len = 0;
    apr_size_t flat = 0;
    char *at = NULL;
    apr_status_t rv;

    do {
        rv = ap_get_brigade(c->input_filters, some, AP_MODE_READBYTES, APR_NONBLOCK_READ,
                            EARLY_MAX - len);
        if (rv != APR_SUCCESS || APR_BRIGADE_EMPTY(some)) {
            break;
        }
        APR_BRIGADE_CONCAT(all, some);
        apr_brigade_length(all, 1, &len);
    } while (len < EARLY_MAX);
    if (len) {
        apr_brigade_pflatten(all, &at, &flat, pool);
    }
    apr_brigade_destroy(all);
    apr_brigade_destroy(some);
    *early = (struct ur_span){at, flat};
    return len < EARLY_MAX && (rv == APR_SUCCESS || APR_STATUS_IS_EAGAIN(rv));
}

void ur_end_open(struct ur_end *end, conn_rec *c, apr_pool_t *pool, struct ur_span *early)
{
    /* It would hold small writes back until it is flushed, which might wait. mod_reqtimeout
     * does not know that this is no request any more. */
    ap_remove_output_filter_byhandle(c->output_filters, "SSL/TLS Coalescing Filter");
    ap_remove_input_filter_byhandle(c->input_filters, "reqtimeout");
    *early = (struct ur_span){NULL, 0};
    if (!is_plain(c->input_filters) || !is_plain(c->output_filters) ||
        !take_early(c, pool, early)) {
        end->filtered = c;
        end->brigade = apr_brigade_create(pool, c->bucket_alloc);
    }
    end->early = early->len;
    apr_socket_timeout_set(end->socket, 0);
    end->watch.p = pool;
    end->watch.desc_type = APR_POLL_SOCKET;
    end->watch.desc.s = end->socket;
    end->watch.client_data = end;
}

static apr_status_t read_filtered(struct ur_end *end, char *at, apr_size_t *len)
{
    apr_status_t rv = ap_get_brigade(end->filtered->input_filters, end->brigade,
                                     AP_MODE_READBYTES, APR_NONBLOCK_READ, (apr_off_t)*len);

    if (rv == APR_SUCCESS) {
        rv = apr_brigade_flatten(end->brigade, at, len);
        if (rv == APR_SUCCESS && *len == 0) {
            rv = APR_EAGAIN;
        }
    }
    apr_brigade_cleanup(end->brigade);
    return rv;
}

apr_status_t ur_end_read(struct ur_end *end, char *at, apr_size_t *len)
{
    apr_status_t rv =
        end->filtered ? read_filtered(end, at, len) : apr_socket_recv(end->socket, at, len);

    return rv == APR_SUCCESS || APR_STATUS_IS_EOF(rv) ? rv
           : APR_STATUS_IS_EAGAIN(rv)                 ? APR_EAGAIN
                                                      : rv;
}

/* What the network does not take at once stays in the last filter, which is asked again here as
 * the MPM asks it: it holds small pieces back otherwise. */
static apr_status_t push_filters(conn_rec *c)
{
    ap_filter_t *last = c->output_filters;
    apr_status_t rv;

    while (last->next) {
        last = last->next;
    }
    rv = last->frec->filter_func.out_func(last, NULL);
    return rv == APR_SUCCESS && c->aborted ? APR_ECONNABORTED : rv;
}

/* No FLUSH bucket: it would wait for the network. */
static apr_status_t write_filtered(struct ur_end *end, const char *at, apr_size_t len)
{
    conn_rec *c = end->filtered;
    apr_status_t rv;

    APR_BRIGADE_INSERT_TAIL(end->brigade,
                            apr_bucket_transient_create(at, len, c->bucket_alloc));
    rv = ap_pass_brigade(c->output_filters, end->brigade);
    apr_brigade_cleanup(end->brigade);
    return rv == APR_SUCCESS && c->data_in_output_filters ? push_filters(c) : rv;
}

/* Cuts off what the socket takes. */
static apr_status_t send_some(struct ur_end *end, struct ur_span *bytes)
{
    apr_size_t len = bytes->len;
    apr_status_t rv = apr_socket_send(end->socket, bytes->at, &len);

    if (APR_STATUS_IS_EAGAIN(rv)) {
        return APR_SUCCESS;
    }
    if (rv == APR_SUCCESS) {
        bytes->at += len;
        bytes->len -= len;
        end->sent += len;
    }
    return rv;
}

static apr_status_t keep(struct ur_end *end, apr_allocator_t *allocator, struct ur_span rest)
{
    apr_memnode_t *node = apr_allocator_alloc(allocator, rest.len);

    if (!node) {
        return APR_ENOMEM;
    }
    memcpy(node->first_avail, rest.at, rest.len);
    end->node = node;
    end->rest = (struct ur_span){node->first_avail, rest.len};
    return APR_SUCCESS;
}

apr_status_t ur_end_write(struct ur_end *end, apr_allocator_t *allocator, const char *at,
                          apr_size_t len)
{
    struct ur_span bytes = {at, len};
    apr_status_t rv;

    if (end->filtered) {
        return write_filtered(end, at, len);
    }
    rv = send_some(end, &bytes);
    return rv == APR_SUCCESS && bytes.len ? keep(end, allocator, bytes) : rv;
}

apr_status_t ur_end_flush(struct ur_end *end, apr_allocator_t *allocator)
{
    apr_status_t rv;

    if (end->filtered) {
        return push_filters(end->filtered);
    }
    rv = send_some(end, &end->rest);
    if (rv == APR_SUCCESS && end->rest.len == 0) {
        ur_end_forget(end, allocator);
    }
    return rv;
}

void ur_end_forget(struct ur_end *end, apr_allocator_t *allocator)
{
    if (end->node) {
        apr_allocator_free(allocator, end->node);
        end->node = NULL;
    }
    end->rest = (struct ur_span){NULL, 0};
}
