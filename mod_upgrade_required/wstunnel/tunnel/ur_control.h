#ifndef UR_CONTROL_H
#define UR_CONTROL_H

#include "wstunnel/tunnel/ur_tunnel.h"

/* Control frames of the proxy's own (RFC 6455, 5.5), sent between two of the frames that it
 * forwards: the Close of a tunnel that must end, and Pings to a side that is silent.
 *
 * A frame can be requested at any time, and is sent at the next boundary: when the stream to
 * that side is at the end of a frame and nothing is pending. So it never waits behind anything,
 * and adds nothing to what a slow side has not taken yet: a side that does not take its bytes
 * gets none of ours. One frame per side can wait. Of the poller's thread.
 *
 * Nothing may follow a Close (5.5.1), and the other direction ends too. So it is sent to both
 * sides at a moment when it fits in both directions. */

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
