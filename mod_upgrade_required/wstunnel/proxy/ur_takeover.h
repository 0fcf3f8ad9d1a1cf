#ifndef UR_TAKEOVER_H
#define UR_TAKEOVER_H

#include <stdbool.h>

#include <mod_proxy.h>
#include <util_filter.h>

/* The step from mod_proxy to an event tunnel: mod_proxy_http has been shown an answer without a
 * body, sends that to a client that must not see it, and has given the backend's connection
 * back. */

void ur_takeover_register(void);

/* Until ur_takeover_show(), nothing that is sent in answer to r gets to the client once
 * *switched is true. */
ap_filter_t *ur_takeover_hide(request_rec *r, const bool *switched);
void ur_takeover_show(ap_filter_t *hiding);

/* Sends the client the 101, whose fields are in headers_out, and makes a tunnel of r and the
 * backend's connection, which stands in pool, a child of r's. What has to be returned to
 * mod_proxy: SUSPENDED, or how it went wrong. */
int ur_takeover(request_rec *r, proxy_worker *worker, proxy_conn_rec *connection,
                apr_pool_t *pool);

#endif
