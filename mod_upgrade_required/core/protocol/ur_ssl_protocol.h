#ifndef UR_SSL_PROTOCOL_H
#define UR_SSL_PROTOCOL_H

#include "core/protocol/ur_protocol.h"

/* What a server offers. TLS versions: bit v for the version v of enum ur_tls. */

/* Reads the arguments of mod_ssl's SSLProtocol ("all -TLSv1 +TLSv1.2"). Unknown words are
 * ignored. */
unsigned ur_ssl_protocol_tls(struct ur_span arguments);

/* Whether a list of groups as OpenSSL takes it ("X25519MLKEM768:x25519") may hold an ML-KEM
 * group. In OpenSSL 3.5 groups have prefixes (*, ? and -, which removes a group again), lists
 * are separated by a slash, and DEFAULT stands for the list of that version. A name that is not
 * known here may be one. */
bool ur_ssl_protocol_may_be_post_quantum(struct ur_span groups);

/* Whether this version or a newer one is among them, or an older one. */
bool ur_ssl_protocol_from(unsigned versions, enum ur_tls tls);
bool ur_ssl_protocol_below(unsigned versions, enum ur_tls tls);

#endif
