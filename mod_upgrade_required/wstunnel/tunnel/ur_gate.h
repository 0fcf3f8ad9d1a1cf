#ifndef UR_GATE_H
#define UR_GATE_H

#include "core/metrics/ur_tunnel_budget.h"
#include "core/metrics/ur_tunnel_cell.h"

#include <apr_pools.h>

struct ur_tunnel_place;

/* The gate through which all handshakes of a child go to their backends: it knows how many
 * tunnels there are, and how many handshakes wait. */

/* What one handshake, and its tunnel, has of it. All zero: nothing. */
struct ur_ticket {
    bool kept; /* a place among those of its carrier */
    enum ur_carried carrier;
    bool waiting; /* a backend is asked, and has not answered */
};

/* child_init. place: where siblings can be seen, and see this one. */
void ur_gate_open(apr_pool_t *pchild, const struct ur_tunnel_place *place);

/* So many event tunnels there may be. */
void ur_gate_set_room(uint64_t room);

/* Before a backend is asked. Waits for a moment where too many wait for their backends, as long
 * as these answer. EVENT and THREAD: the ticket is good. */
enum ur_admission ur_gate_enter(struct ur_ticket *ticket, bool event);

/* Who is in, for a message. */
struct ur_crowd ur_gate_crowd(void);

/* The backend has answered; or it is not waited for any more. */
void ur_gate_answered(struct ur_ticket *ticket);
void ur_gate_give_up(struct ur_ticket *ticket);

/* A worker thread carries it after all. */
void ur_gate_to_thread(struct ur_ticket *ticket);

/* A tunnel that is over waits for its log, and then does not any more. It has no place, but the
 * MPM counts its connection as it counts those of tunnels, so that fewer of these may be
 * opened meanwhile: otherwise a log that is stuck would have the MPM accept no connection. */
void ur_gate_log_begins(void);
void ur_gate_log_ends(void);

/* It is over, however it went; for a second time, it makes no difference. */
void ur_gate_leave(struct ur_ticket *ticket);

#endif
