#ifndef UR_SOCKET_FILTER_H
#define UR_SOCKET_FILTER_H

#include "wstunnel/tunnel/ur_endpoint.h"

/* The lowest filters of an endpoint whose bytes go through filters (TLS), in place of httpd's
 * own, which wait for slow clients, hold back small pieces, and allocate 8 KB for each read. */

void ur_socket_filter_register(void);

/* From here on until its tunnel is over, filters read from the end's socket and write to it by
 * ur_endpoint_receive() and ur_endpoint_send(). */
void ur_socket_filter_insert(struct ur_endpoint *end, conn_rec *c);

#endif
