#ifndef UR_TLS_HELLO_H
#define UR_TLS_HELLO_H

#include <httpd.h>

/* Examines each ClientHello through mod_ssl's public hook: counts what it offers and whether
 * the handshake then fails, and keeps its ALPN protocols and groups for the probe. It costs
 * nothing after the handshake. Neither mod_ssl nor OpenSSL need to be present: this module is
 * not linked with them. */

void ur_tls_hello_register(void);

/* post_config: finds OpenSSL's functions if mod_ssl has loaded them. */
int ur_tls_hello_open(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

/* Whether ClientHellos are examined. */
int ur_tls_hello_available(void);

/* See ur_modules.h. */
int upgrade_required_end_tls(conn_rec *c);

#endif
