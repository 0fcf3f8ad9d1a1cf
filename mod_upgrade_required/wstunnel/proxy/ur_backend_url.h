#ifndef UR_BACKEND_URL_H
#define UR_BACKEND_URL_H

#include <stdbool.h>

/* What the URL of a backend, as mod_proxy writes it, says. */

bool ur_backend_url_is_tls(const char *url);

/* Whether its protocol is HTTP/1.1: http, https, ws, wss. */
bool ur_backend_url_is_http(const char *url);

/* Whether a request for it may end in HTTP/1.1, the only version with a protocol switch: also
 * behind "unix:", and in a balancer, whose members are not chosen yet. */
bool ur_backend_url_may_switch(const char *url);

#endif
