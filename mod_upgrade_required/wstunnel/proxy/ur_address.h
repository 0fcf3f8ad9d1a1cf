#ifndef UR_ADDRESS_H
#define UR_ADDRESS_H

#include <mod_proxy.h>

/* The backend's address. It is looked up once for a handshake at most, and not at all where the
 * real worker keeps it: mod_proxy_http, which works with a copy of the worker, has to find it
 * there. copy->s and copy->cp are the copy's own. */

/* The copy has no address yet. What it may look up itself stands in pool: has to be called
 * before a connection is made in pool. */
void ur_address_open(proxy_worker *copy, apr_pool_t *pool);

/* Whom to ask for the address: connection->worker while ap_proxy_determine_connection() runs.
 */
proxy_worker *ur_address_owner(proxy_worker *copy, proxy_worker *worker);

/* After the connection is made, for which the real worker may have found another address: from
 * here on the copy has it too, as long as the connection has it. */
void ur_address_lend(proxy_worker *copy, const proxy_conn_rec *connection);

/* Between these two nothing is looked up, even if the connection has broken meanwhile and
 * cannot be made again. */
void ur_address_freeze(proxy_worker *copy);
void ur_address_thaw(proxy_worker *copy);

#endif
