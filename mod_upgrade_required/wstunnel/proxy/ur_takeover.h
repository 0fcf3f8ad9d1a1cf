#ifndef UR_TAKEOVER_H
#define UR_TAKEOVER_H

#include <stdbool.h>

#include <mod_proxy.h>
#include <util_filter.h>

/* The step from mod_proxy to an event tunnel, and the story of a backend's 101:
 *
 *   backend --101--> ur_backend_filter --204--> mod_proxy_http --204--> hiding filter (here)
 *                        |                          |
 *          ur_shadow_keep_open()             gives the connection back, open
 *                        v                          v
 *   client <--101--- ur_takeover <------------- ur_shadow
 *                        |
 *                    ur_tunnel --> ur_child --> suspend_connection --> ur_poller: ur_carry
 *
 * 1. ur_shadow runs mod_proxy_http with a copy of the worker that keeps handshakes; ur_kept of
 *    the request points to it, so that filters of the backend's connection find it.
 * 2. ur_backend_filter holds back the head of the response until it is complete and judged. In
 *    place of a valid 101 it shows a 204, which has no body, and notes in the shadow that the
 *    backend has switched. mod_proxy_http passes it on, but only as far as the hiding filter.
 * 3. The handler returns, and the shadow has the connection. ur_takeover sends the 101 and
 *    makes the tunnel, which takes both sockets and the request.
 * 4. ur_child gives it a poller, and the handler returns SUSPENDED. Worker and MPM keep writing
 *    to the connection until the MPM suspends it: only in that hook does the poller get it. */

void ur_takeover_register(void);

/* Until ur_takeover_show(), nothing that is sent in response to r reaches the client once
 * *switched is true. */
ap_filter_t *ur_takeover_hide(request_rec *r, const bool *switched);
void ur_takeover_show(ap_filter_t *hiding);

/* Sends the client the 101, whose headers are in headers_out, and makes a tunnel of r and the
 * backend's connection, which is in pool, a child of r's. quiet: the client's filters hold
 * nothing. Returns the value for mod_proxy: SUSPENDED, or an error. */
int ur_takeover(request_rec *r, proxy_worker *worker, proxy_conn_rec *connection,
                apr_pool_t *pool, bool quiet);

#endif
