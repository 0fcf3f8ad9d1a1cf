#ifndef UR_BACKEND_FILTER_H
#define UR_BACKEND_FILTER_H

#include <httpd.h>

/* Examines the head of the backend's response on a route that keeps handshakes, before
 * mod_proxy does: an invalid 101 must not open a tunnel, and what a 426 offers is noted. */

void ur_backend_filter_register(void);

/* create_req: puts the filter on the backend's connection. r is the client's request, answer
 * the request_rec into which mod_proxy_http reads the backend's response. */
int ur_backend_filter_create_req(request_rec *r, request_rec *answer);

#endif
