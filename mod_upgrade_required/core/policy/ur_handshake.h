#ifndef UR_HANDSHAKE_H
#define UR_HANDSHAKE_H

#include "core/policy/ur_reason.h"
#include "core/protocol/ur_origin.h"
#include "core/protocol/ur_protocol.h"
#include "core/text/ur_span.h"

/* Words from the configuration. */
struct ur_words {
    size_t count;
    const struct ur_span *words;
};

/* The origins allowed to open a WebSocket. Zero value: all. */
struct ur_origins {
    bool same; /* the one that pages of this server have */
    size_t count;
    const struct ur_origin *listed;
};

/* An attacker whose own name resolves to this server's address controls both Host and Origin
 * (DNS rebinding): that they match proves nothing unless the name is the server's own. So
 * "same" is compared with own_host, and matches nothing if that is absent.
 *
 * The facts of a request that bear on a WebSocket opening handshake (RFC 6455, 4.2.1; RFC 8441
 * over HTTP/2, where httpd presents the extended CONNECT as a GET with the same headers). A
 * header that was sent several times is one comma-joined value. */
struct ur_handshake {
    enum ur_http http;
    bool get;                  /* the method is GET; HEAD is not */
    bool body;                 /* a request body is announced */
    struct ur_span upgrade;    /* Upgrade */
    struct ur_span connection; /* Connection */
    struct ur_span version;    /* Sec-WebSocket-Version */
    struct ur_span key;        /* Sec-WebSocket-Key */
    struct ur_span origin;     /* Origin; optional for programs */
    struct ur_span protocol;   /* Sec-WebSocket-Protocol */
    struct ur_span own_host;   /* Host if it names this server, otherwise absent (see below) */
    bool tls;                  /* the client uses TLS */

    const struct ur_origins *origins;    /* accepted; NULL: all */
    const struct ur_words *subprotocols; /* one must be offered; NULL or no words: optional */
};

/* Headers whose presence shows what happened to a handshake on its way: what is left of it, and
 * what proxies add. A closed list, so that the names may be shown. */
#define UR_EVIDENCE_MAX 16

/* The name of the i-th of these headers, NULL after the last. Static string. */
const char *ur_handshake_evidence_name(size_t i);

/* Whether the i-th of them is evidence for a request that is refused for this reason. */
bool ur_handshake_evidence_tells(size_t i, enum ur_reason reason);

/* UR_REASON_NONE for a valid handshake, else the reason of the first rule it fails. */
enum ur_reason ur_handshake_judge(const struct ur_handshake *handshake);

/* Whether the client tries to open a WebSocket, correctly or not. An offer of h2c alone does
 * not count; nor does "Connection: upgrade" alone, which proxies set on every request. */
bool ur_handshake_asks(const struct ur_handshake *handshake);

/* Whether the client asks for any change of protocol, WebSocket or other, even incorrectly.
 * Such a request is never redirected. Connection: upgrade without Upgrade does not count:
 * proxies send that with every request. Nor does an offer of h2c alone, which Java's client and
 * "curl --http2" make and which may be ignored (RFC 9110, 7.8). */
bool ur_handshake_asks_switch(const struct ur_handshake *handshake);

/* Whether Upgrade names TLS, of any version (RFC 2817): the client wants this connection
 * encrypted. */
bool ur_handshake_offers_tls(const struct ur_handshake *handshake);

#endif
