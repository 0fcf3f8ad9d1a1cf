#ifndef UR_HANDSHAKE_H
#define UR_HANDSHAKE_H

#include "judgement/ur_verdict.h"
#include "values/ur_protocol.h"
#include "values/ur_span.h"

/* The facts of a request that bear on a WebSocket opening handshake (RFC 6455, 4.2.1;
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
};

/* UR_REASON_NONE for a valid handshake, else the reason of the first rule it fails. */
enum ur_reason ur_handshake_judge(const struct ur_handshake *handshake);

/* Whether the client asks for any change of protocol, WebSocket or other, even if it
 * asks badly. Such a request is never redirected. */
bool ur_handshake_asks_switch(const struct ur_handshake *handshake);

#endif
