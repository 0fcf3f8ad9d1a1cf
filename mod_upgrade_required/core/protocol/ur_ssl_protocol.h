#ifndef UR_SSL_PROTOCOL_H
#define UR_SSL_PROTOCOL_H

#include "core/protocol/ur_protocol.h"

/* Which TLS versions a server offers: bit v for the version v of enum ur_tls. */

/* Reads the arguments of mod_ssl's SSLProtocol ("all -TLSv1 +TLSv1.2"). Unknown words are
 * ignored. */
unsigned ur_ssl_protocol_tls(struct ur_span arguments);

/* Whether this version or a newer one is among them, or an older one. */
bool ur_ssl_protocol_from(unsigned versions, enum ur_tls tls);
bool ur_ssl_protocol_below(unsigned versions, enum ur_tls tls);

#endif
