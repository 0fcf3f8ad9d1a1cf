#include "wstunnel/proxy/ur_upgrade.h"

#include "wstunnel/proxy/ur_keep.h"
#include "wstunnel/tunnel/ur_no_event.h"
#include "wstunnel/ur_module.h"
#include "core/text/ur_list.h"

#include <stdbool.h>

/* mod_proxy copies the table into r->pool, and a copy must not outlive what it was made of: so
 * this one is there too, and a tunnel keeps it as long as it lives. */
static apr_table_t *own_fields(request_rec *r)
{
    r->headers_in = apr_table_copy(r->pool, r->headers_in);
    return r->headers_in;
}

void ur_upgrade_narrow(request_rec *r, const struct ur_kept *kept)
{
    const char *sent = apr_table_get(kept->client_fields, "Upgrade");
    const char *coding = apr_table_get(kept->client_fields, "Transfer-Encoding");
    const char *length = apr_table_get(kept->client_fields, "Content-Length");

    r->headers_in = kept->client_fields;
    /* Most clients send what is wanted. */
    if (!sent || strcmp(sent, "websocket") != 0) {
        apr_table_setn(own_fields(r), "Upgrade", "websocket");
    }
    /* A valid handshake has no body, but mod_http2 says "chunked" of each extended CONNECT. Of
     * that mod_proxy_http would make "Content-Length: 0", which some backends refuse. */
    if (coding || length) {
        apr_table_unset(own_fields(r), "Transfer-Encoding");
        apr_table_unset(r->headers_in, "Content-Length");
    }
}

/* WebSocket is not among them: the request has been judged, and was not a handshake. Nor are
 * the two words that mod_proxy and mod_proxy_wstunnel treat specially: ANY, which is stored as
 * an asterisk, and NONE. */
static bool is_named(const proxy_worker *worker, struct ur_span protocol)
{
    static const struct ur_span others[] = {{"websocket", 9}, {"*", 1}, {"NONE", 4}};

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (ur_span_is(protocol, others[i])) {
            return false;
        }
    }
    return ur_list_has(ur_span_of(worker->s->upgrade), protocol);
}

void ur_upgrade_limit(request_rec *r, const struct ur_kept *kept, const proxy_worker *worker)
{
    const char *protocol = apr_table_get(kept->client_fields, "Upgrade");

    if (protocol && is_named(worker, ur_span_of(protocol))) {
        r->headers_in = kept->client_fields;
        ur_no_event_log(r, UR_NO_EVENT_PROTOCOL);
        return;
    }
    if (!apr_table_get(r->headers_in, "Upgrade")) {
        return;
    }
    ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r,
                  "UR0017: Upgrade is dropped: this is not a valid WebSocket handshake, and "
                  "the worker's upgrade= does not name this protocol");
    apr_table_unset(own_fields(r), "Upgrade");
}
