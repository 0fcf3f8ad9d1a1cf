#ifndef UR_FRAMES_H
#define UR_FRAMES_H

#include "core/text/ur_span.h"

#include <stdint.h>

/* Where in its frames (RFC 6455, 5.2) one direction of a WebSocket is. Nothing is kept of the
 * frames but their headers and the code of a Close, and nothing is changed. */

/* What is told of a Close that gives no code (7.1.5). */
#define UR_FRAMES_NO_CODE 1005

/* No header is longer. */
#define UR_FRAMES_HEADER_MAX 14

struct ur_frames {
    uint64_t left; /* bytes of the payload that are still to come */
    uint64_t size; /* of the latest frame's payload as a whole */
    unsigned char header[UR_FRAMES_HEADER_MAX]; /* as much of the next header as has come */
    unsigned char have;
    unsigned char code_left; /* bytes of code that are still to come */
    uint16_t code;           /* that a Close gives (7.4) */
    bool masked; /* to be set before the first byte: what a client sends is masked (5.1) */
    bool lost;   /* the bytes are no frames; where one ends will not be known again */
    bool closed; /* a Close has begun: nothing may follow it (5.5.1) */
};

/* Moves on by these bytes. */
void ur_frames_feed(struct ur_frames *frames, const char *at, size_t len);

/* How many of the bytes that come next need not be seen: payload. */
static inline uint64_t ur_frames_payload(const struct ur_frames *frames)
{
    return frames->closed ? 0 : frames->left;
}

/* Moves on by so many bytes, at most those of ur_frames_payload(). */
static inline void ur_frames_skip(struct ur_frames *frames, uint64_t len)
{
    frames->left -= len;
}

/* Whether another frame could be put in here. */
static inline bool ur_frames_between(const struct ur_frames *frames)
{
    return frames->left == 0 && frames->have == 0 && !frames->lost && !frames->closed;
}

/* Whether a Close has come, as far as its code. */
static inline bool ur_frames_said_close(const struct ur_frames *frames)
{
    return frames->closed && frames->code_left == 0;
}

/* The longest Close that ur_frames_close() writes. */
#define UR_CLOSE_MAX 8

/* Writes a Close frame with this status (RFC 6455, 7.4) and no reason, and returns its
 * length. key: four unpredictable bytes, for a frame to a server; NULL: to a client. */
size_t ur_frames_close(char out[UR_CLOSE_MAX], unsigned status, const unsigned char *key);

#endif
