#ifndef UR_CHILD_H
#define UR_CHILD_H

#include "tunnel/ur_tunnel.h"

/* A child process's event tunnels as a whole: their places, and the threads that carry them. */

/* child_init */
void ur_child_init(apr_pool_t *pchild, server_rec *s);

/* Whether the tunnel that r asks for can be an event tunnel. OK: a place is kept for it as long
 * as r lives; DECLINED: it is a worker thread's; another: the status to answer with, since all
 * places are taken. */
int ur_child_admit(request_rec *r);

/* r's tunnel is a worker's after all. */
void ur_child_dismiss(request_rec *r);

/* The tunnel takes the place that was kept for its request, and is carried from the moment on
 * at which the MPM suspends the connection. */
void ur_child_carry(struct ur_tunnel *tunnel);

/* suspend_connection, last */
void ur_child_suspend(conn_rec *c, request_rec *r);

/* child_stopping */
void ur_child_stop(apr_pool_t *pchild, int graceful);

#endif
