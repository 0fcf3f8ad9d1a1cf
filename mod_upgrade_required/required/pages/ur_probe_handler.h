#ifndef UR_PROBE_HANDLER_H
#define UR_PROBE_HANDLER_H

#include <httpd.h>

/* handler: SetHandler upgrade-probe. */
int ur_probe_handler(request_rec *r);

#endif
