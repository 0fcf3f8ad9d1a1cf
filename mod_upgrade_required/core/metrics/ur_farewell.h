#ifndef UR_FAREWELL_H
#define UR_FAREWELL_H

#include "core/metrics/ur_outcome.h"
#include "core/protocol/ur_frames.h"

/* How a WebSocket ends, from what its two sides send and do, in that order. */

enum ur_side { UR_SIDE_NONE, UR_SIDE_CLIENT, UR_SIDE_BACKEND };

/* All zero: nothing yet. */
struct ur_farewell {
    enum ur_side closer; /* whose Close came first */
    enum ur_side ender;  /* whose connection ended first, properly or not */
    unsigned code;       /* of that Close */
};

/* Call after feeding what a side has sent to its frames. */
static inline void ur_farewell_heard(struct ur_farewell *farewell, enum ur_side side,
                                     const struct ur_frames *frames)
{
    if (!farewell->closer && ur_frames_said_close(frames)) {
        farewell->closer = side;
        farewell->code = frames->code;
    }
}

/* The connection of this side has ended. */
void ur_farewell_ended(struct ur_farewell *farewell, enum ur_side side);

/* The outcome of a tunnel whose sides have ended it: closed if one of them has sent a Close
 * (RFC 6455, 7.1.4), otherwise the side that has just ended. */
enum ur_outcome ur_farewell_outcome(const struct ur_farewell *farewell);

#endif
