#ifndef UR_SWITCH_101_H
#define UR_SWITCH_101_H

#include "core/text/ur_span.h"

/* The head of a backend's response to a WebSocket handshake. */
enum ur_switch_101 {
    UR_SWITCH_101_MORE,    /* the head is not complete yet */
    UR_SWITCH_101_INTERIM, /* a 1xx other than 101: another head follows */
    UR_SWITCH_101_OTHER,   /* a final response: not a switch */
    UR_SWITCH_101_GOOD,    /* 101 that switches to WebSocket as RFC 6455, 4.1, requires */
    UR_SWITCH_101_BAD      /* a 101 that does not, or not an HTTP head at all */
};

/* The longest head that is examined. */
#define UR_SWITCH_101_MAX 16384

/* Judges the part of a head that has arrived, from its first byte; skips one empty line before
 * it, as httpd does. A final response is recognized by its first line. accept is the value that
 * Sec-WebSocket-Accept must have. If it is bad, *fault is set to words for a log.
 *
 * Good is: HTTP/1.1 101; Upgrade once, websocket; Connection, which may appear several times, a
 * list of tokens with upgrade and without a header of the handshake; Sec-WebSocket-Accept once,
 * equal to accept; Sec-WebSocket-Protocol and -Extensions once at most; no Transfer-Encoding;
 * no Content-Length but 0. Whether a subprotocol or an extension was asked for is left to the
 * client.
 *
 * In a 101 and in every other 1xx each line must end in CRLF, be a header whose name is a
 * token, and contain no control character: mod_proxy has a parser of its own, and must not find
 * another header, or another head, than was judged here. */
enum ur_switch_101 ur_switch_101_judge(struct ur_span head, struct ur_span accept,
                                       const char **fault);

/* Whether a header of this name in a good 101 is passed on to the client: not those of the
 * connection to the proxy (RFC 9110, 7.6.1), and no Content-Length (8.6). Upgrade is; its
 * Connection is rewritten. */
bool ur_switch_101_passes(struct ur_span head, struct ur_span name);

#endif
