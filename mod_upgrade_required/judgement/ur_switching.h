#ifndef UR_SWITCHING_H
#define UR_SWITCHING_H

#include "values/ur_span.h"

/* A backend's head in answer to a WebSocket handshake. */
enum ur_switching {
    UR_SWITCHING_MORE,    /* the head is not complete yet */
    UR_SWITCHING_INTERIM, /* a 1xx other than 101: another head follows */
    UR_SWITCHING_OTHER,   /* a final answer: no switch */
    UR_SWITCHING_GOOD,    /* 101 that switches to WebSocket as RFC 6455, 4.1, demands */
    UR_SWITCHING_BAD      /* a 101 that does not, or no HTTP head at all */
};

/* The longest head that is looked at. */
#define UR_SWITCHING_MAX 16384

/* Judges what has come of a head so far, from its first byte; one empty line before it is
 * passed over, as httpd does. A final answer is told by its first line. accept is the value
 * that Sec-WebSocket-Accept must have. Good is: HTTP/1.1 101; Upgrade once, websocket;
 * Connection with the token upgrade; Sec-WebSocket-Accept once, equal to accept; no
 * Transfer-Encoding; no folded or malformed line. */
enum ur_switching ur_switching_judge(struct ur_span head, struct ur_span accept);

#endif
