#ifndef UR_GUARD_H
#define UR_GUARD_H

#include "wstunnel/tunnel/ur_tunnel.h"

/* What a route asks of its tunnels besides carrying them. */

struct ur_route;

/* The worker's, before the tunnel is opened. */
void ur_guard_prepare(struct ur_tunnel *tunnel, const struct ur_route *route);

#endif
