#ifndef UR_STATUS_H
#define UR_STATUS_H

#include <httpd.h>

/* Shows what ur_monitor has counted. */

/* handler: SetHandler upgrade-status. */
int ur_status_handler(request_rec *r);

/* mod_status' hook: a section of its page, or lines of its ?auto. */
int ur_status_section(request_rec *r, int flags);

#endif
