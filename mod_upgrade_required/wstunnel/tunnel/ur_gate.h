#ifndef UR_GATE_H
#define UR_GATE_H

#include "core/metrics/ur_client_table.h"
#include "core/metrics/ur_tunnel_budget.h"
#include "core/metrics/ur_tunnel_cell.h"

#include <apr_pools.h>

struct ur_tunnel_place;

/* The gate that all handshakes of a child pass on the way to their backends: it knows how many
 * tunnels there are, and how many handshakes are waiting. */

/* What one handshake, and its tunnel, has of it. All zero: nothing. */
struct ur_ticket {
    bool kept; /* a place among those of its carrier */
    enum ur_carried carrier;
    bool waiting;        /* a backend is asked, and has not answered */
    atomic_uint *client; /* one that is counted for its client; NULL: none is */
};

/* child_init. place: where siblings can be seen, and see this one. */
void ur_gate_open(apr_pool_t *pchild, const struct ur_tunnel_place *place);

/* Sets the maximum number of event tunnels. */
void ur_gate_set_room(uint64_t room);

/* Before a backend is contacted. If too many handshakes are waiting for backends it waits a
 * moment, as long as these answer. EVENT and THREAD: the ticket is valid. */
enum ur_admission ur_gate_enter(struct ur_ticket *ticket, bool event);

/* The current numbers, for a message. */
struct ur_crowd ur_gate_crowd(void);

/* The backend has answered, or the wait is over. */
void ur_gate_answered(struct ur_ticket *ticket);
void ur_gate_give_up(struct ur_ticket *ticket);

/* A worker thread carries it instead. */
void ur_gate_to_thread(struct ur_ticket *ticket);

/* A tunnel that is over waits for its log, and then does not any more. It no longer counts as a
 * tunnel, but the MPM still counts its connection, so fewer tunnels may be opened meanwhile:
 * otherwise a stuck log would keep the MPM from accepting connections. */
void ur_gate_log_begins(void);
void ur_gate_log_ends(void);

/* The gate learns neither when its backend answers nor what becomes of it. */
void ur_gate_lose_sight(struct ur_ticket *ticket);

/* Its client holds one less. Before its end is counted: whoever sees that finds room. */
void ur_gate_forget_client(struct ur_ticket *ticket);

/* It is over, whatever the result; calling this twice makes no difference. */
void ur_gate_leave(struct ur_ticket *ticket);

#endif
