#include "wstunnel/proxy/ur_upgrade_426_filter.h"

#include "wstunnel/proxy/ur_keep.h"

#include <util_filter.h>

static ap_filter_rec_t *filter_handle;

/* Among the headers that survive an error, because with ProxyErrorOverride the response becomes
 * httpd's own, or that of an ErrorDocument. */
void ur_upgrade_426_filter_set(request_rec *r, const char *offer)
{
    if (offer) {
        apr_table_setn(r->err_headers_out, "Upgrade", offer);
        apr_table_setn(r->err_headers_out, "Connection", "Upgrade");
    }
    else {
        apr_table_unset(r->err_headers_out, "Upgrade");
        apr_table_unset(r->err_headers_out, "Connection");
    }
}

/* mod_proxy_http returns an Upgrade that is exactly the one its worker is to keep, and core
 * advertises h2c in an ErrorDocument. Both tables are sent, so once is enough; and not at all
 * if a proxy in front may copy it into an HTTP/2 response. */
static apr_status_t offer_filter(ap_filter_t *f, apr_bucket_brigade *bb)
{
    request_rec *r = f->r;

    if (!ap_is_HTTP_INFO(r->status)) {
        bool withheld = ur_keep_ends_in_http2(r);

        if (withheld) {
            ur_upgrade_426_filter_set(r, NULL);
        }
        if (withheld || apr_table_get(r->err_headers_out, "Upgrade")) {
            apr_table_unset(r->headers_out, "Upgrade");
            apr_table_unset(r->headers_out, "Connection");
        }
        ap_remove_output_filter(f);
    }
    return ap_pass_brigade(f->next, bb);
}

void ur_upgrade_426_filter_register(void)
{
    /* After everything that changes the headers of a response, before they are written. */
    filter_handle = ap_register_output_filter("UPGRADE_OFFER", offer_filter, NULL,
                                              (ap_filter_type)(AP_FTYPE_PROTOCOL - 1));
}

void ur_upgrade_426_filter_add(request_rec *r)
{
    if (!ur_keep_of(r) && !(r->prev && ur_keep_of(r->prev))) {
        return;
    }
    ap_add_output_filter_handle(filter_handle, NULL, r, r->connection);
}
