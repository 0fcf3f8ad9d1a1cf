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

void ur_books_ended(enum ur_carried carrier, enum ur_outcome outcome);

void ur_books_bytes(enum ur_direction direction, uint64_t bytes);

/* What the log is to say of r's tunnel: UPGRADE_TUNNEL and UPGRADE_TUNNEL_CODE. */
void ur_books_note(request_rec *r, enum ur_outcome outcome, const struct ur_farewell *farewell);

#endif
