#ifndef UR_CLIENT_HELLO_H
#define UR_CLIENT_HELLO_H

#include "core/text/ur_buf.h"
#include "core/protocol/ur_protocol.h"

/* What a client says of itself before anything is agreed upon: the ClientHello. It also comes
 * from those that never get as far as a request. */

struct ur_client_hello {
    enum ur_tls highest; /* version offered; UR_TLS_SOME: none that has a name here */
    struct ur_span alpn; /* the protocol names, each behind its length (RFC 7301, 3.1); absent
                          * where the client offers none */
};

/* Reads a whole handshake message (RFC 8446, 4.1.2; RFC 5246, 7.4.1.2), its header included.
 * False where it is no ClientHello or not well-formed. GREASE values (RFC 8701) are no
 * versions; supported_versions counts before the version in the body. The span in *hello
 * stands in the message. */
bool ur_client_hello_read(struct ur_span message, struct ur_client_hello *hello);

/* Writes the names of an ALPN list, joined by ", ", GREASE left out; bytes that are not
 * printable ASCII become "?". */
void ur_client_hello_alpn(struct ur_span alpn, struct ur_buf *out);

#endif
