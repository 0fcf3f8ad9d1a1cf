#ifndef UR_SWITCH_101_H
#define UR_SWITCH_101_H

#include "core/text/ur_span.h"

/* A backend's head in answer to a WebSocket handshake. */
enum ur_switch_101 {
    UR_SWITCH_101_MORE,    /* the head is not complete yet */
    UR_SWITCH_101_INTERIM, /* a 1xx other than 101: another head follows */
    UR_SWITCH_101_OTHER,   /* a final answer: no switch */
    UR_SWITCH_101_GOOD,    /* 101 that switches to WebSocket as RFC 6455, 4.1, demands */
    UR_SWITCH_101_BAD      /* a 101 that does not, or no HTTP head at all */
};

/* The longest head that is looked at. */
#define UR_SWITCH_101_MAX 16384

/* Judges what has come of a head so far, from its first byte; one empty line before it is
 * passed over, as httpd does. A final answer is told by its first line. accept is the value
 * that Sec-WebSocket-Accept must have. *fault is set where it is bad, to words for a log.
 *
 * Good is: HTTP/1.1 101; Upgrade once, websocket; Connection, which may stand several times, a
 * list of tokens with upgrade and without a field of the handshake; Sec-WebSocket-Accept once,
 * equal to accept; Sec-WebSocket-Protocol and -Extensions once at most; no Transfer-Encoding;
 * no Content-Length but 0. Whether a subprotocol or an extension was asked for is for the
 * client to judge.
 *
 * In a 101 and in every other 1xx each line ends in CRLF and is a field with a token for its
 * name, and no control character stands in it, or it is bad: mod_proxy has a parser of its
 * own, and must not find another field, or another head, than was judged here. */
enum ur_switch_101 ur_switch_101_judge(struct ur_span head, struct ur_span accept,
                                       const char **fault);

/* Whether a field of this name in the head of a good 101 goes on to the client: not those of
 * the connection to the proxy (RFC 9110, 7.6.1), and no Content-Length (8.6). Upgrade does; its
 * Connection is written anew. */
bool ur_switch_101_passes(struct ur_span head, struct ur_span name);

#endif
