#ifndef UR_VERDICT_H
#define UR_VERDICT_H

#include <stdbool.h>

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

struct ur_reason_row {
    int status;         /* over HTTP/1.x, where Upgrade can be sent */
    bool websocket;     /* of the WebSocket family: Sec-WebSocket-Version goes along */
    const char *word;   /* in log, variables and body */
    const char *detail; /* what was seen and what is required; templates, see below */
    const char *hint;   /* what to do next */
};

/* In detail and hint a percent sign and a letter stand for
 *   %T %H   the requirement word of the family TLS, HTTP
 *   %t %h   the version of TLS, HTTP that was seen
 *   %m      the method, or "request" where httpd does not know it */
const struct ur_reason_row *ur_reason_row(enum ur_reason reason);

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
