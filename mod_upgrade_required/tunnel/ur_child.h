#ifndef UR_CHILD_H
#define UR_CHILD_H

#include "tunnel/ur_tunnel.h"

#include <http_config.h>

/* A child process's event tunnels as a whole: how many there may be, the threads that carry
 * them, and what becomes of them when the child leaves. */

/* UpgradeTunnelMax and UpgradeTunnelDrain; for a table of directives. */
const char *ur_child_set_max(cmd_parms *cmd, void *unused, const char *number);
const char *ur_child_set_drain(cmd_parms *cmd, void *unused, const char *seconds);

/* Some UpgradeTunnel says event: the server is to say at its start how many there may be. */
void ur_child_want(void);

/* pre_config */
int ur_child_reset(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp);

/* post_config */
int ur_child_open(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

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
