#ifndef UR_FRAMES_H
#define UR_FRAMES_H

#include "core/text/ur_span.h"

#include <stdint.h>

/* The position of one direction of a WebSocket within its frames (RFC 6455, 5.2). Only the
 * headers and the code of a Close are kept, and nothing is changed. */

/* Reported for a Close without a code (7.1.5). */
#define UR_FRAMES_NO_CODE 1005

/* The longest header. */
#define UR_FRAMES_HEADER_MAX 14

struct ur_frames {
    uint64_t left; /* bytes of the payload that are still to come */
    uint64_t size; /* of the latest frame's payload as a whole */
    unsigned char header[UR_FRAMES_HEADER_MAX]; /* the part of the next header that has arrived
                                                 */
    unsigned char have;
    unsigned char code_left; /* bytes of code that are still to come */
    uint16_t code;           /* of a Close (7.4) */
    bool masked; /* to be set before the first byte: what a client sends is masked (5.1) */
    bool lost;   /* the bytes are not frames; the end of a frame is no longer known */
    bool closed; /* a Close has begun: nothing may follow it (5.5.1) */
};

/* Moves on by these bytes. */
void ur_frames_feed(struct ur_frames *frames, const char *at, size_t len);

/* Moves on by some of these bytes, and returns how many: never past the end of a header, nor of
 * a payload. */
size_t ur_frames_step(struct ur_frames *frames, const char *at, size_t len);

/* How long the payload of a frame is, from the beginning of its header. False: that does not
 * say so yet. */
bool ur_frames_size(const unsigned char *header, size_t len, uint64_t *size);

/* How many of the next bytes are payload and need not be looked at. */
static inline uint64_t ur_frames_payload(const struct ur_frames *frames)
{
    return frames->closed ? 0 : frames->left;
}

/* Moves on by this many bytes, at most those of ur_frames_payload(). */
static inline void ur_frames_skip(struct ur_frames *frames, uint64_t len)
{
    frames->left -= len;
}

/* Whether another frame could be inserted here. */
static inline bool ur_frames_between(const struct ur_frames *frames)
{
    return frames->left == 0 && frames->have == 0 && !frames->lost && !frames->closed;
}

/* Whether a Close has arrived, up to its code. */
static inline bool ur_frames_said_close(const struct ur_frames *frames)
{
    return frames->closed && frames->code_left == 0;
}

/* The longest Close that ur_frames_close() writes. */
#define UR_CLOSE_MAX 8

/* Writes a Close frame with this status (RFC 6455, 7.4) and no reason, and returns its
 * length. key: four unpredictable bytes, for a frame to a server; NULL: to a client. */
size_t ur_frames_close(char out[UR_CLOSE_MAX], unsigned status, const unsigned char *key);

/* The payload of a Ping of the proxy's own, and the longest that ur_frames_ping() writes. */
#define UR_PING_PAYLOAD 8
#define UR_PING_MAX     14

/* Writes a Ping, and returns its length; key as above. */
size_t ur_frames_ping(char out[UR_PING_MAX], const unsigned char payload[UR_PING_PAYLOAD],
                      const unsigned char *key);

#endif
