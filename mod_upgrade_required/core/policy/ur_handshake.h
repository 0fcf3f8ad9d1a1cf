#ifndef UR_HANDSHAKE_H
#define UR_HANDSHAKE_H

#include "core/policy/ur_reason.h"
#include "core/protocol/ur_origin.h"
#include "core/protocol/ur_protocol.h"
#include "core/text/ur_span.h"

/* Words of the administrator. */
struct ur_words {
    size_t count;
    const struct ur_span *words;
};

/* Which origins may open a WebSocket. The zero value: all of them. */
struct ur_origins {
    bool same; /* the one that pages of this server have */
    size_t count;
    const struct ur_origin *listed;
};

/* Whoever has a page resolve a name of his own to this server's address chooses both Host and
 * Origin (DNS rebinding): their being alike proves nothing unless the server knows the name as
 * its own. So "same" is compared with own_host, and nothing is the same where that is absent.
 *
 * The facts of a request that bear on a WebSocket opening handshake (RFC 6455, 4.2.1;
 * RFC 8441 over HTTP/2, where httpd shows the extended CONNECT as a GET with the same
 * fields). A field that came several times is one comma-joined value. */
struct ur_handshake {
    enum ur_http http;
    bool get;                  /* the method is GET; HEAD is not */
    bool body;                 /* a request body is announced */
    struct ur_span upgrade;    /* Upgrade */
    struct ur_span connection; /* Connection */
    struct ur_span version;    /* Sec-WebSocket-Version */
    struct ur_span key;        /* Sec-WebSocket-Key */
    struct ur_span origin;     /* Origin; programs need not send one */
    struct ur_span protocol;   /* Sec-WebSocket-Protocol */
    struct ur_span own_host;   /* Host where it names this server, else absent (see below) */
    bool tls;                  /* the client speaks TLS */

    const struct ur_origins *origins; /* accepted; NULL: all */
    const struct ur_words
        *subprotocols; /* one must be offered; NULL or no words: none need be */
};

/* Fields whose presence tells what became of a handshake on its way: what is left of it, and
 * what proxies add. A closed list, so that the names may be shown. */
#define UR_EVIDENCE_MAX 16

/* The name of the i-th of these fields, NULL behind the last. Static string. */
const char *ur_handshake_evidence_name(size_t i);

/* Whether the i-th of them tells something about a request that is refused for this reason. */
bool ur_handshake_evidence_tells(size_t i, enum ur_reason reason);

/* UR_REASON_NONE for a valid handshake, else the reason of the first rule it fails. */
enum ur_reason ur_handshake_judge(const struct ur_handshake *handshake);

/* Whether the client means to open a WebSocket, well or badly. An offer of h2c alone is not
 * meant so; nor is "Connection: upgrade" alone, which proxies set on every request. */
bool ur_handshake_asks(const struct ur_handshake *handshake);

/* Whether the client asks for any change of protocol, WebSocket or other, even if it
 * asks badly. Such a request is never redirected. Connection: upgrade without Upgrade does not
 * ask: proxies send that with every request. Nor does an offer of nothing but h2c, which Java's
 * client and "curl --http2" make and which may be ignored (RFC 9110, 7.8). */
bool ur_handshake_asks_switch(const struct ur_handshake *handshake);

/* Whether Upgrade names TLS, of whatever version (RFC 2817): the client wants this very
 * connection encrypted. */
bool ur_handshake_offers_tls(const struct ur_handshake *handshake);

#endif
