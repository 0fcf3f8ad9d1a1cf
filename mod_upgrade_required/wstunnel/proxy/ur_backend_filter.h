#ifndef UR_BACKEND_FILTER_H
#define UR_BACKEND_FILTER_H

#include <httpd.h>

/* Looks at the head of the backend's answer on a route that keeps handshakes, before mod_proxy
 * does: a 101 that is none must not open a tunnel, and what a 426 offers is noted. */

void ur_backend_filter_register(void);

/* create_req: puts the filter on the backend's connection. r is the client's request,
 * answer what mod_proxy_http reads the backend's answer into. */
int ur_backend_filter_create_req(request_rec *r, request_rec *answer);

#endif
