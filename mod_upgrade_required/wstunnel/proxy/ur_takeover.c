#include "wstunnel/proxy/ur_takeover.h"

#include "wstunnel/proxy/ur_keep.h"
#include "wstunnel/ur_module.h"
#include "wstunnel/proxy/ur_handshake_pool.h"
#include "wstunnel/tunnel/ur_books.h"
#include "wstunnel/tunnel/ur_child.h"
#include "wstunnel/tunnel/ur_guard.h"

#include <apr_strings.h>

static ap_filter_rec_t *filter_handle;

static apr_status_t hide_filter(ap_filter_t *f, apr_bucket_brigade *bb)
{
    const bool *switched = f->ctx;

    return *switched ? apr_brigade_cleanup(bb) : ap_pass_brigade(f->next, bb);
}

void ur_takeover_register(void)
{
    /* Before all others: none of them may see a response. */
    filter_handle = ap_register_output_filter("UPGRADE_HIDE", hide_filter, NULL,
                                              (ap_filter_type)(AP_FTYPE_RESOURCE - 1));
}

ap_filter_t *ur_takeover_hide(request_rec *r, const bool *switched)
{
    return ap_add_output_filter_handle(filter_handle, (void *)switched, r, r->connection);
}

void ur_takeover_show(ap_filter_t *hiding)
{
    ap_remove_output_filter(hiding);
}

static void add_word(apr_array_header_t *head, const char *word)
{
    APR_ARRAY_PUSH(head, struct iovec) = (struct iovec){(char *)word, strlen(word)};
}

static int add_field(void *head, const char *name, const char *value)
{
    add_word(head, name);
    add_word(head, ": ");
    add_word(head, value);
    add_word(head, "\r\n");
    return 1;
}

/* As ap_send_interim_response() does it, but without taking 8 KB from the system for this head.
 */
static void send_head(request_rec *r, apr_pool_t *pool)
{
    conn_rec *c = r->connection;
    apr_bucket_brigade *bb = apr_brigade_create(pool, c->bucket_alloc);
    apr_array_header_t *head = apr_array_make(pool, 40, sizeof(struct iovec));
    const char *text;
    apr_size_t len;

    add_word(head, AP_SERVER_PROTOCOL " ");
    add_word(head, r->status_line ? r->status_line : ap_get_status_line(r->status));
    add_word(head, "\r\n");
    apr_table_do(add_field, head, r->headers_out, NULL);
    add_word(head, "\r\n");
    apr_table_clear(r->headers_out);
    text = apr_pstrcatv(pool, (struct iovec *)head->elts, (apr_size_t)head->nelts, &len);
    APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_transient_create(text, len, c->bucket_alloc));
    APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_flush_create(c->bucket_alloc));
    ap_pass_brigade(c->output_filters, bb);
    apr_brigade_destroy(bb);
}

/* As mod_proxy_http sends it itself for a thread's tunnel: it has been shown a 204 with the
 * backend's reason phrase and headers. */
static void send_switch(request_rec *r, apr_pool_t *pool)
{
    const char *upgrade = apr_table_get(r->headers_out, "Upgrade");

    r->status = HTTP_SWITCHING_PROTOCOLS;
    r->status_line =
        r->status_line ? apr_pstrcat(r->pool, "101", r->status_line + 3, NULL) : NULL;
    apr_table_setn(r->notes, "proxy-status", "101");
    r->no_cache = 0;
    apr_table_setn(r->headers_out, "Connection", "Upgrade");
    apr_table_setn(r->headers_out, "Upgrade", upgrade ? upgrade : "websocket");
    send_head(r, pool);
    r->connection->keepalive = AP_CONN_CLOSE;
}

/* A plain backend needs nothing but its socket. */
static void shed_backend(struct ur_endpoint *backend, conn_rec *origin, apr_pool_t *pool)
{
    conn_rec *c = backend->tunnel->c;

    if (backend->filtered) {
        ur_handshake_pool_keep(pool, c->current_thread);
        return;
    }
    ur_endpoint_own(backend, c->pool);
    origin->aborted = 1; /* for mod_proxy, which would shut it down */
    apr_pool_destroy(pool);
}

/* The client has disconnected before it got the 101. */
static void end_missed(struct ur_tunnel *tunnel)
{
    ur_farewell_ended(&tunnel->farewell, UR_SIDE_CLIENT);
    tunnel->outcome = ur_farewell_outcome(&tunnel->farewell);
    ur_books_ended(UR_CARRIED_EVENT, tunnel->outcome);
    ur_tunnel_note_ended(tunnel);
}

/* Or before the MPM could suspend the connection. One that was handed to a poller ends there.
 */
static apr_status_t end_unhanded(void *data)
{
    struct ur_tunnel *tunnel = data;

    if (tunnel->life == UR_TUNNEL_OPENING) {
        end_missed(tunnel);
    }
    return APR_SUCCESS;
}

int ur_takeover(request_rec *r, proxy_worker *worker, proxy_conn_rec *connection,
                apr_pool_t *pool, bool quiet)
{
    struct ur_tunnel *tunnel;

    if (!connection || !connection->sock || !connection->connection) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      "UR0015: the backend sent its 101, but its connection is gone");
        /* What was hidden was not part of the response. */
        r->eos_sent = 0;
        r->sent_bodyct = 0;
        r->status_line = NULL;
        return HTTP_BAD_GATEWAY;
    }
    ur_books_opened(ur_keep_of(r)->label, UR_CARRIED_EVENT);
    /* What is freed from here on is returned to the system: there may be many tunnels. */
    apr_allocator_max_free_set(apr_pool_allocator_get(r->connection->pool), 1);
    tunnel = ur_tunnel_prepare(r, worker, connection->connection, connection->sock);
    ur_guard_prepare(tunnel, ap_get_module_config(r->per_dir_config, &upgrade_wstunnel_module));
    ur_books_note_opened(r, UR_CARRIED_EVENT, tunnel->timeout);
    ur_keep_log_opened(r);
    send_switch(r, pool);
    if (r->connection->aborted) {
        end_missed(tunnel);
        return DONE;
    }
    ur_tunnel_open(tunnel, quiet);
    apr_pool_cleanup_register(r->pool, tunnel, end_unhanded, apr_pool_cleanup_null);
    shed_backend(&tunnel->backend, connection->connection, pool);
    ur_child_carry(tunnel, &ur_keep_of(r)->ticket);
    return SUSPENDED;
}
