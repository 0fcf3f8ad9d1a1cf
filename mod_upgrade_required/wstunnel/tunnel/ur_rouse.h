#ifndef UR_ROUSE_H
#define UR_ROUSE_H

#include <apr_time.h>

/* The event MPM's listener has to see soon that workers that hand tunnels over are idle again.
 * httpd before 2.4.53 does not tell it. */

/* A worker is about to hand over a tunnel. */
void ur_rouse_listener(void);

/* A poller, before and after it waits for this long (< 0: without end): for how long it may. */
apr_interval_time_t ur_rouse_patience(apr_interval_time_t wait);
void ur_rouse_go_on(apr_time_t now);

#endif
