#ifndef UR_VERDICT_H
#define UR_VERDICT_H

#include "values/ur_protocol.h"

/* The closed list of outcomes. Everything that names a reason (log, variable, body,
 * status) takes it from the one table in ur_verdict.c. */
enum ur_reason {
    UR_REASON_NONE,
    UR_REASON_TLS_MISSING,
    UR_REASON_TLS_VERSION,
    UR_REASON_HTTP_VERSION,
    UR_REASON_WEBSOCKET_STRIPPED,
    UR_REASON_WEBSOCKET_MISSING,
    UR_REASON_WEBSOCKET_HTTP_VERSION,
    UR_REASON_WEBSOCKET_METHOD,
    UR_REASON_WEBSOCKET_BODY,
    UR_REASON_WEBSOCKET_VERSION,
    UR_REASON_WEBSOCKET_KEY,
    UR_REASON_WEBSOCKET_CONNECTION,
    UR_REASON_WEBSOCKET_ORIGIN,
    UR_REASON_WEBSOCKET_SUBPROTOCOL,
    UR_REASONS
};

/* Kinds of request fields whose presence tells what became of a request on its way. */
enum ur_evidence {
    UR_EVIDENCE_HANDSHAKE = 1 << 0, /* what is left of an opening handshake */
    UR_EVIDENCE_PROXY = 1 << 1      /* what proxies add */
};

struct ur_reason_row {
    int status;        /* over HTTP/1.x, where Upgrade can be sent */
    bool websocket;    /* of the WebSocket family: Sec-WebSocket-Version goes along */
    unsigned evidence; /* enum ur_evidence bits: the fields that the body names, if they came */
    const char *word;  /* in log, variables and body */
    const char *detail; /* what was seen and what is required; templates, see below */
    const char *hint;   /* what to do next */
};

/* In detail and hint a percent sign and a letter stand for
 *   %T %H   the requirement word of the family TLS, HTTP
 *   %t %h   the version of TLS, HTTP that was seen
 *   %m      the method, or "request" where httpd does not know it
 *   %P      ur_verdict_proxy_lines() */
const struct ur_reason_row *ur_reason_row(enum ur_reason reason);

/* How to mend the proxies through which requests do not arrive in the HTTP version that is
 * demanded, a line for each of the usual ones. Static string. */
const char *ur_verdict_proxy_lines(enum ur_http demanded);

/* What became of a request that its policy did not simply allow. */
enum ur_verdict {
    UR_VERDICT_REFUSE,
    UR_VERDICT_REDIRECT,
    UR_VERDICT_EXCEPT,
    UR_VERDICT_ANNOUNCE, /* let pass, and told that it would be refused */
    UR_VERDICTS
};

const char *ur_verdict_word(enum ur_verdict verdict);

#endif
