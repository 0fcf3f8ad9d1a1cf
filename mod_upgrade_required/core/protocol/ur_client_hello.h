#ifndef UR_CLIENT_HELLO_H
#define UR_CLIENT_HELLO_H

#include "core/text/ur_buf.h"
#include "core/protocol/ur_protocol.h"

/* What a client offers before anything is negotiated: the ClientHello. Clients that never get
 * as far as a request send one too. */

struct ur_client_hello {
    enum ur_tls highest; /* version offered; UR_TLS_SOME: none known here */
    struct ur_span alpn; /* the protocol names, each behind its length (RFC 7301, 3.1); absent
                          * if the client offers none */
};

/* Reads a complete handshake message (RFC 8446, 4.1.2; RFC 5246, 7.4.1.2), header included.
 * False if it is not a well-formed ClientHello. GREASE values (RFC 8701) are ignored;
 * supported_versions takes precedence over the version in the body. The span in *hello points
 * into the message. */
bool ur_client_hello_read(struct ur_span message, struct ur_client_hello *hello);

/* Writes the names of an ALPN list, joined by ", ", GREASE left out; bytes that are not
 * printable ASCII become "?". */
void ur_client_hello_alpn(struct ur_span alpn, struct ur_buf *out);

#endif
