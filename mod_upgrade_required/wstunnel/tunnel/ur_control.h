#ifndef UR_CONTROL_H
#define UR_CONTROL_H

#include "wstunnel/tunnel/ur_tunnel.h"

/* Control frames of the proxy's own (RFC 6455, 5.5), put between two frames of those that it
 * forwards: the Close of a tunnel that has to go, and Pings to a side that is silent.
 *
 * A frame is asked for at any time, and put at the next boundary: where what goes to that side
 * has come to the end of a frame, and nothing of it is pending. So it never waits behind
 * anything, and adds nothing to what a slow side has not taken yet: as long as a side does not
 * take its bytes it gets none of ours. One frame for each side can wait. Of the poller's
 * thread.
 *
 * After a Close nothing may follow (5.5.1), and the other direction is not gone on with either.
 * So it goes to both sides in one moment, in which it can stand in both directions. */

/* Whether a frame waits for a boundary. Check after forwarding. */
static inline bool ur_control_waits(const struct ur_tunnel *tunnel)
{
    return tunnel->client.due.kind != UR_CONTROL_NONE ||
           tunnel->backend.due.kind != UR_CONTROL_NONE;
}

/* Asks for a Close with this status to each side. */
void ur_control_ask_close(struct ur_tunnel *tunnel, uint16_t client, uint16_t backend);

/* Sends what can be sent now. True: that was a Close, and the tunnel is over. */
bool ur_control_put(struct ur_tunnel *tunnel);

/* The tunnel ends here, whether at a boundary or not: sends a Close with this status to each
 * side where it fits. */
void ur_control_close_now(struct ur_tunnel *tunnel, uint16_t status);

#endif
