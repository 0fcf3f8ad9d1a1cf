#ifndef UR_CLIENT_HELLO_H
#define UR_CLIENT_HELLO_H

#include "core/protocol/ur_group.h"
#include "core/protocol/ur_protocol.h"

/* What a client offers before anything is negotiated: the ClientHello. Clients that never get
 * as far as a request send one too. */

struct ur_client_hello {
    enum ur_tls highest; /* version offered; UR_TLS_SOME: none known here */
    bool post_quantum;   /* it offers an ML-KEM group, and TLS 1.3, without which it cannot use
                          * one */
    /* Absent if the client does not send the extension. */
    struct ur_span alpn;       /* the protocol names, each behind its length (RFC 7301, 3.1) */
    struct ur_span groups;     /* supported_groups (RFC 8446, 4.2.7) */
    struct ur_span key_shares; /* groups, each with its key (RFC 8446, 4.2.8) */
};

/* Reads a complete handshake message (RFC 8446, 4.1.2; RFC 5246, 7.4.1.2), header included.
 * False if it is not a well-formed ClientHello; nor is one that has two of an extension that is
 * read here (RFC 8446, 4.2). GREASE values (RFC 8701) are ignored; supported_versions takes
 * precedence over the version in the body. The spans in *hello point into the message. */
bool ur_client_hello_read(struct ur_span message, struct ur_client_hello *hello);

/* Writes the names of an ALPN list, joined by ", ", GREASE left out; bytes that are not
 * printable ASCII become "?". */
void ur_client_hello_alpn(struct ur_span alpn, struct ur_buf *out);

/* More groups than this are left out of a list. */
#define UR_HELLO_GROUPS_MAX 64

/* The numbers in hello.groups, and the groups of hello.key_shares; GREASE left out. Return how
 * many there are in ids. */
size_t ur_client_hello_groups(struct ur_span groups, uint16_t ids[UR_HELLO_GROUPS_MAX]);
size_t ur_client_hello_key_shares(struct ur_span key_shares, uint16_t ids[UR_HELLO_GROUPS_MAX]);

#endif
