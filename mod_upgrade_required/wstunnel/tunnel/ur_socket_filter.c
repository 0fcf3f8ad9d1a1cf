#include "wstunnel/tunnel/ur_socket_filter.h"

#include "wstunnel/tunnel/ur_tunnel.h"

#include <stdlib.h>
#include <string.h>

#include <util_filter.h>

static ap_filter_rec_t *in_handle;
static ap_filter_rec_t *out_handle;

/* With a copy of the bytes outside the list's allocator: the allocator of a connection that has
 * become a tunnel keeps nothing, and would map and unmap memory for each read. */
static apr_bucket *make_bucket(const char *bytes, apr_size_t len, apr_bucket_alloc_t *list)
{
    char *block = malloc(len);

    if (!block) {
        return apr_bucket_heap_create(bytes, len, NULL, list);
    }
    memcpy(block, bytes, len);
    /* The bucket frees it; gcc's analyzer believes that a const parameter keeps nothing. */
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 10
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif
    return apr_bucket_heap_create(block, len, free, list);
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 10
#pragma GCC diagnostic pop
#endif
}

/* What httpd has read before. */
static bool read_early(ap_filter_t *f, apr_bucket_brigade *bb)
{
    struct ur_endpoint *end = f->ctx;
    apr_size_t len;

    end->inflow = UR_INFLOW_UNKNOWN;
    return ur_endpoint_take_early(end, f->next, bb, &len) == APR_SUCCESS && len;
}

/* More than requested may be returned, and is: the filter above keeps it. */
static apr_status_t read_wire(ap_filter_t *f, apr_bucket_brigade *bb, ap_input_mode_t mode,
                              apr_read_type_e block, apr_off_t wanted)
{
    struct ur_endpoint *end = f->ctx;
    apr_size_t len = UR_CHUNK;
    apr_status_t rv;

    if (mode != AP_MODE_READBYTES || block != APR_NONBLOCK_READ ||
        !ur_tunnel_is_carried(end->tunnel)) {
        return ap_get_brigade(f->next, bb, mode, block, wanted);
    }
    if (end->inflow == UR_INFLOW_EARLY && read_early(f, bb)) {
        return APR_SUCCESS;
    }
    rv = end->inflow == UR_INFLOW_DRY ? APR_EAGAIN
                                      : ur_endpoint_receive(end, end->scratch->wire, &len);
    if (rv == APR_EAGAIN) {
        end->inflow = UR_INFLOW_TOLD;
    }
    if (rv == APR_SUCCESS) {
        APR_BRIGADE_INSERT_TAIL(bb, make_bucket(end->scratch->wire, len, f->c->bucket_alloc));
    }
    return rv;
}

/* FLUSH is done: nothing is held back here that the socket would take. */
static apr_status_t write_wire(ap_filter_t *f, apr_bucket_brigade *bb)
{
    struct ur_endpoint *end = f->ctx;
    apr_status_t rv = APR_SUCCESS;

    if (!ur_tunnel_is_carried(end->tunnel)) {
        return ap_pass_brigade(f->next, bb);
    }
    for (apr_bucket *b = APR_BRIGADE_FIRST(bb);
         rv == APR_SUCCESS && b != APR_BRIGADE_SENTINEL(bb); b = APR_BUCKET_NEXT(b)) {
        const char *at;
        apr_size_t len;
        if (!APR_BUCKET_IS_METADATA(b) &&
            (rv = apr_bucket_read(b, &at, &len, APR_BLOCK_READ)) == APR_SUCCESS) {
            rv = ur_endpoint_record(end, at, len);
        }
    }
    apr_brigade_cleanup(bb);
    f->c->aborted = f->c->aborted || rv != APR_SUCCESS;
    return rv;
}

void ur_socket_filter_register(void)
{
    /* Between TLS and mod_logio, which does not see what is read and written here. */
    const ap_filter_type type = (ap_filter_type)(AP_FTYPE_NETWORK - 2);

    in_handle = ap_register_input_filter("UPGRADE_WIRE", read_wire, NULL, type);
    out_handle = ap_register_output_filter("UPGRADE_WIRE", write_wire, NULL, type);
}

void ur_socket_filter_insert(struct ur_endpoint *end, conn_rec *c)
{
    ap_add_input_filter_handle(in_handle, end, NULL, c);
    ap_add_output_filter_handle(out_handle, end, NULL, c);
}
