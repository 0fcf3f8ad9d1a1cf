#ifndef UR_TLS_GROUP_H
#define UR_TLS_GROUP_H

#include <stdbool.h>
#include <stdint.h>

#include <httpd.h>

/* What OpenSSL tells of a connection's key exchange beyond mod_ssl's variables. Of a connection
 * of another TLS provider, and with an OpenSSL before 3.0, nothing is known. */

/* post_config: finds OpenSSL's functions. */
int ur_tls_group_open(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

/* The group that the client and this server agreed on (ur_group.h), by a TLS connection that is
 * established. In TLS 1.3 a resumed connection has its own; in older versions it is the one of
 * the connection that is resumed, whose keys it uses. */
uint16_t ur_tls_group(const conn_rec *c);

/* Whether a TLS 1.3 connection may have been resumed without a key exchange of its own. OpenSSL
 * allows that only if the server is configured to (SSLOpenSSLConfCmd Options AllowNoDHEKEX). */
bool ur_tls_group_may_lack(const conn_rec *c);

/* Call when the handshake is finished. TLS 1.2 has renegotiations, by which mod_ssl applies an
 * SSLCipherSuite or SSLVerifyClient of a section: what is kept of the connection is determined
 * again after one. */
void ur_tls_group_watch(conn_rec *c);

/* Whether mod_ssl's OpenSSL has a group of this name: 1 or 0; -1 if it cannot be asked. For
 * test_config and post_config. */
int ur_tls_group_supported(const char *name);

#endif
