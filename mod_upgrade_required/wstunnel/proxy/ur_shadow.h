#ifndef UR_SHADOW_H
#define UR_SHADOW_H

#include <mod_proxy.h>

/* post_config: finds mod_proxy_http's handler, which does the work. */
int ur_shadow_find_handler(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                           server_rec *s);

/* scheme_handler, first: has mod_proxy_http proxy a kept handshake as if its worker had
 * upgrade=websocket. DECLINED for every other request; on a route that keeps handshakes, such a
 * request has no Upgrade except what its worker names (ur_upgrade_limit). Nothing that other
 * requests share is written. */
int ur_shadow_handler(request_rec *r, proxy_worker *worker, proxy_server_conf *conf, char *url,
                      const char *proxyname, apr_port_t proxyport);

/* mod_proxy's fixups: mod_proxy_http has determined the backend's address. */
int ur_shadow_fixups(request_rec *r);

struct ur_shadow;

/* mod_proxy_http is connected, and has sent the request. */
void ur_shadow_connected(struct ur_shadow *shadow);

/* The backend has switched: the connection must stay open when mod_proxy_http returns it. */
void ur_shadow_keep_open(struct ur_shadow *shadow);

#endif
