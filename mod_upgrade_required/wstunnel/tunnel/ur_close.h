#ifndef UR_CLOSE_H
#define UR_CLOSE_H

#include "wstunnel/tunnel/ur_tunnel.h"

/* How the two sides of a tunnel learn that it is over. Nothing here waits for either side, or
 * for the log, which is written later; its content is determined here. */

/* optional_fn_retrieve: finds mod_logio, and the policy module. */
void ur_close_open(void);

/* Which sockets are to linger. The others can be closed. */
struct ur_lingers {
    bool client;
    bool backend; /* it was told something while it still sent */
};

/* Tells the backend and the client. Neither is polled for any more. */
struct ur_lingers ur_close(struct ur_tunnel *tunnel);

#endif
