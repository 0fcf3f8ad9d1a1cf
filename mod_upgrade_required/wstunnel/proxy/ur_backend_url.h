#ifndef UR_BACKEND_URL_H
#define UR_BACKEND_URL_H

#include <stdbool.h>

/* What the URL of a backend tells, as mod_proxy writes it. */

bool ur_backend_url_is_tls(const char *url);

/* Whether HTTP/1.1 is spoken there: http, https, ws, wss. */
bool ur_backend_url_is_http(const char *url);

/* Whether a request for it may end in HTTP/1.1, which alone has a switch: also behind "unix:",
 * and in a balancer, whose members are not chosen yet. */
bool ur_backend_url_may_switch(const char *url);

#endif
