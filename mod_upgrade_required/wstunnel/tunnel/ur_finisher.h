#ifndef UR_FINISHER_H
#define UR_FINISHER_H

#include "wstunnel/tunnel/ur_tunnel.h"

/* Logs tunnels that are over, and frees them. By then both sides know: only what is to be
 * logged in the same virtual host waits for a log. Each virtual host has a queue, served by one
 * thread at a time; a thread is added when queues are waiting and all threads are busy. */

struct ur_finisher;

/* pool lives as long as the threads. */
apr_status_t ur_finisher_start(struct ur_finisher **finisher, apr_pool_t *pool);

/* From any thread. The tunnel is the finisher's from then on. */
void ur_finisher_add(struct ur_finisher *finisher, struct ur_tunnel *tunnel);

/* resume_connection: the MPM takes back the connection of one that is being released. */
void ur_finisher_resume(conn_rec *c, request_rec *r);

/* The process is about to exit: from here on tunnels are logged but not freed, because that
 * would need the MPM, which is ending itself. */
void ur_finisher_keep(struct ur_finisher *finisher);

/* Logs all that has been handed over, and ends the threads. */
void ur_finisher_join(struct ur_finisher *finisher);

#endif
