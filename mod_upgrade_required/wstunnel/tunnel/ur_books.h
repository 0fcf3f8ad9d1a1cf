#ifndef UR_BOOKS_H
#define UR_BOOKS_H

#include "core/metrics/ur_farewell.h"
#include "core/metrics/ur_tunnel_cell.h"

#include <httpd.h>

struct ur_policy_name;

/* The counters of this child's tunnels. Each tunnel is counted as opened once, when its client
 * is about to get the 101, and as ended once, whatever carries it; if a child exits before
 * that, the parent process ends them. */

/* child_init: where this child counts; NULL: nowhere. */
void ur_books_open(struct ur_tunnel_cell *cell);

/* label is that of the route on which it was opened. */
void ur_books_opened(const struct ur_policy_name *label, enum ur_carried carrier);

/* The same for the log of r. timeout: its idle timeout; 0 or less: none. */
void ur_books_note_opened(const request_rec *r, enum ur_carried carrier,
                          apr_interval_time_t timeout);

void ur_books_ended(enum ur_carried carrier, enum ur_outcome outcome);

void ur_books_bytes(enum ur_direction direction, uint64_t bytes);

void ur_books_pings(enum ur_pings pings, uint64_t number);

/* What has become of a tunnel. */
struct ur_ending {
    enum ur_carried carrier;
    enum ur_outcome outcome;
    struct ur_farewell farewell;
    uint64_t bytes[UR_DIRECTIONS];
    apr_interval_time_t lasted; /* from its opening on */
};

/* For the logs of r: UPGRADE_TUNNEL and UPGRADE_TUNNEL_CODE, and a line. Never from a poller,
 * because a log may block. */
void ur_books_note_ended(request_rec *r, const struct ur_ending *ending);

#endif
