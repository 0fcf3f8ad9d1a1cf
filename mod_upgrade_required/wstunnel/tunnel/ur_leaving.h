#ifndef UR_LEAVING_H
#define UR_LEAVING_H

#include "core/metrics/ur_tunnel_cell.h"

#include <stdbool.h>

#include <apr_time.h>

/* When a child's tunnels must end: each child that is leaving decides for itself, from the
 * scoreboard and the cells of its siblings. */

enum ur_leave {
    UR_LEAVE_NOT,
    UR_LEAVE_DRAIN, /* evenly in the given time, each between two frames */
    UR_LEAVE_NOW
};

/* child_init. place lives as long as the child. */
void ur_leaving_reset(const struct ur_tunnel_place *place);

/* The child is asked to stop, gracefully or at once. From here on no signal that is for a child
 * that is leaving is lost. */
void ur_leaving_begin(bool gracefully);

/* Whether it is stopping. */
bool ur_leaving_begun(void);

/* From a poller, at least once a second; it hears the signals then. DRAIN: *since (of
 * ur_clock()) and *span say from when on, and for how long; with another *since than before it
 * begins anew, with the tunnels that are left. */
enum ur_leave ur_leaving(apr_time_t *since, apr_interval_time_t *span);

#endif
