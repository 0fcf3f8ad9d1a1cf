#ifndef UR_CHILD_H
#define UR_CHILD_H

#include "wstunnel/tunnel/ur_tunnel.h"

/* A child process's event tunnels as a whole: their number, and the threads that carry them. */

/* child_init */
void ur_child_init(apr_pool_t *pchild, server_rec *s);

/* A client of this child was refused because it holds its maximum of tunnels. */
void ur_child_count_limited(void);

/* Before r's backend is asked for a tunnel. OK: ticket, which lives as long as r, is valid for
 * one tunnel and says what carries it: an event tunnel if event is wanted and possible.
 * Anything else: the status to respond with, because there is no room. */
int ur_child_admit(request_rec *r, struct ur_ticket *ticket, bool event);

/* The tunnel takes the place that its request's ticket has, and is carried from the moment on
 * at which the MPM suspends the connection. */
void ur_child_carry(struct ur_tunnel *tunnel, struct ur_ticket *ticket);

/* suspend_connection, last */
void ur_child_suspend(conn_rec *c, request_rec *r);

/* child_stopping */
void ur_child_stop(apr_pool_t *pchild, int graceful);

#endif
