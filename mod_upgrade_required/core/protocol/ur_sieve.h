#ifndef UR_SIEVE_H
#define UR_SIEVE_H

#include "core/protocol/ur_frames.h"

/* What of one direction of a WebSocket does not go on to the other side: the Pongs that answer
 * the proxy's own Pings (RFC 6455, 5.5.3), and a message that is too long, from the header of
 * the frame on that would make it so.
 *
 * Where either has to be decided, the beginning of a frame is held back until it can be: the
 * header of a data frame while messages have a limit, and while Pings are unanswered as much
 * of a Pong as may still be the answer. Nothing else is; and what is no frame goes on as it is
 * (ur_frames.lost). The frames are followed by what has gone on, so a frame of the proxy's own
 * can stand wherever ur_frames_between() says so, whatever is held back. */

/* No more is held back: a masked Pong. */
#define UR_SIEVE_HELD_MAX UR_PING_MAX

/* All zero but for what is to be set: everything goes on. */
struct ur_sieve {
    uint64_t max;       /* to be set: the longest message; 0: any */
    uint64_t message;   /* payload of the message so far */
    uint64_t key;       /* to be set, unpredictable and below 2^63: of the Pings' payloads */
    uint64_t asked;     /* Pings that were sent to this side */
    uint64_t answered;  /* the latest of them that was */
    uint64_t swallowed; /* Pongs that did not go on */
    unsigned char held_len;
    char held[UR_SIEVE_HELD_MAX];
    bool refused; /* a message is too long: nothing goes on any more */
};

/* Moves on by len bytes at at, and returns what goes on: at most all that has not gone on yet.
 * It stands around at, where there is room for UR_SIEVE_HELD_MAX bytes in front, and what
 * stands there is overwritten. What follows a refusal is thrown away. */
struct ur_span ur_sieve_feed(struct ur_sieve *sieve, struct ur_frames *frames, char *at,
                             size_t len);

/* Nothing comes any more: what was held back goes on. It stands in the sieve. */
struct ur_span ur_sieve_end(struct ur_sieve *sieve, struct ur_frames *frames);

/* The payload of the next Ping to this side, which is sent now. */
void ur_sieve_ask(struct ur_sieve *sieve, unsigned char payload[UR_PING_PAYLOAD]);

#endif
