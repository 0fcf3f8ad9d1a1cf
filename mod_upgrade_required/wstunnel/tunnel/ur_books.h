#ifndef UR_BOOKS_H
#define UR_BOOKS_H

#include "core/metrics/ur_farewell.h"
#include "core/metrics/ur_tunnel_cell.h"

#include <httpd.h>

struct ur_policy_name;

/* The books of this child. Each tunnel is opened in them once, when its client is about to get
 * the 101, and ends once, whoever carries it; a child that goes before that has the server end
 * them. */

/* child_init: where this child counts; NULL: nowhere. */
void ur_books_open(struct ur_tunnel_cell *cell);

/* label is of the route on which it was opened. */
void ur_books_opened(const struct ur_policy_name *label, enum ur_carried carrier);

/* The same for the log of r. It ends after so much silence; 0 and less: never for that. */
void ur_books_note_opened(const request_rec *r, enum ur_carried carrier,
                          apr_interval_time_t timeout);

void ur_books_ended(enum ur_carried carrier, enum ur_outcome outcome);

void ur_books_bytes(enum ur_direction direction, uint64_t bytes);

/* What has become of a tunnel. */
struct ur_ending {
    enum ur_carried carrier;
    enum ur_outcome outcome;
    struct ur_farewell farewell;
    uint64_t bytes[UR_DIRECTIONS];
    apr_interval_time_t lasted; /* from its opening on */
};

/* For the logs of r: UPGRADE_TUNNEL and UPGRADE_TUNNEL_CODE, and a line. Never by a poller: a
 * log may take its time. */
void ur_books_note_ended(request_rec *r, const struct ur_ending *ending);

#endif
