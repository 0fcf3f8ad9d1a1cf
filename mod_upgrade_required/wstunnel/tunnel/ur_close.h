#ifndef UR_CLOSE_H
#define UR_CLOSE_H

#include "wstunnel/tunnel/ur_tunnel.h"

/* How the two sides of a tunnel learn that it is over. Nothing here waits for either side, or
 * for the log, which is written later; its content is determined here. */

/* optional_fn_retrieve: finds mod_logio, and the policy module. */
void ur_close_open(void);

/* Tells the backend and the client, and closes the backend's socket. Neither is polled for any
 * more. Whether the client's is to linger; otherwise it can be closed, too. */
bool ur_close(struct ur_tunnel *tunnel);

#endif
