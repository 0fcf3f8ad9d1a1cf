#ifndef UR_IDLE_H
#define UR_IDLE_H

#include "wstunnel/tunnel/ur_tunnel.h"

/* Tunnels in the order in which their patience ends. There are few lengths of patience, so
 * there is a queue for each, and all of this takes the same time for any number of tunnels. */

struct ur_idle; /* a list of queues; NULL at first */

/* From tunnel->active on, for so long. The queues' memory comes from the pool. */
void ur_idle_wait(struct ur_idle **queues, apr_pool_t *pool, struct ur_tunnel *tunnel,
                  apr_interval_time_t patience);

void ur_idle_forget(struct ur_tunnel *tunnel);

/* One that has waited for too long; NULL: none. It stays where it is. */
struct ur_tunnel *ur_idle_expired(const struct ur_idle *queues, apr_time_t now);

#endif
