#ifndef UR_TLS_HELLO_H
#define UR_TLS_HELLO_H

#include <httpd.h>

/* Looks at each ClientHello through mod_ssl's public hook: what it offers is counted, and
 * whether the handshake then fails; and the protocols of its ALPN are kept for the probe.
 * Nothing is paid for once the handshake is over. Neither mod_ssl nor OpenSSL need be there:
 * this module is not linked with them. */

void ur_tls_hello_register(void);

/* post_config: finds OpenSSL's functions where mod_ssl has brought them. */
int ur_tls_hello_open(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

/* Whether ClientHellos are looked at. */
int ur_tls_hello_available(void);

/* See ur_modules.h. */
int upgrade_required_end_tls(conn_rec *c);

#endif
