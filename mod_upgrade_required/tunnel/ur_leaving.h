#ifndef UR_LEAVING_H
#define UR_LEAVING_H

#include <stdbool.h>

#include <apr_time.h>

/* When a child's tunnels have to leave it. */

enum ur_leave {
    UR_LEAVE_NOT,
    UR_LEAVE_DRAIN, /* evenly in the time that is given, each between two frames */
    UR_LEAVE_NOW
};

/* child_init */
void ur_leaving_reset(void);

/* The child is told to stop, gracefully or at once. */
void ur_leaving_begin(bool gracefully);

/* From any thread, about once a second. DRAIN: *since (of ur_clock()) and *span say from when
 * on, and for how long. */
enum ur_leave ur_leaving(apr_time_t *since, apr_interval_time_t *span);

#endif
