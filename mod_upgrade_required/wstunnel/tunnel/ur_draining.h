#ifndef UR_DRAINING_H
#define UR_DRAINING_H

#include "wstunnel/tunnel/ur_carry.h"
#include "wstunnel/tunnel/ur_leaving.h"

/* A child that leaves: which of a poller's tunnels end next, and when. ur_leaving.h knows that
 * the child leaves, and in what time; ur_carry.h how a tunnel ends. Of the poller's thread. */

/* How often to check what is due; and while tunnels are drained. */
#define UR_TICK          apr_time_from_sec(1)
#define UR_TICK_DRAINING apr_time_from_msec(100)

/* Tunnels that leave evenly. */
struct ur_ebb {
    uint64_t staying; /* when it began */
    uint64_t left;    /* of them, made to leave */
};

struct ur_draining {
    bool first;          /* of this child's pollers: it also ends what threads carry */
    double phase;        /* among all pollers, so that not all end one at once */
    apr_time_t since;    /* 0: nothing is drained */
    struct ur_ebb own;   /* of the poller's tunnels */
    struct ur_ebb other; /* of those that threads carry */
};

/* first: of this child's pollers. number: which of the pollers of all children, as far as
 * known. */
void ur_draining_open(struct ur_draining *draining, bool first, uint32_t number);

/* Ends those whose turn it is by now. */
void ur_draining_go_on(struct ur_draining *draining, struct ur_carry *carry);

/* After this time there may be something to do, if no event comes; less than 0: there will not
 * be. */
static inline apr_interval_time_t ur_draining_patience(const struct ur_draining *draining,
                                                       const struct ur_carry *carry)
{
    if (ur_carry_is_empty(carry) && !(draining->first && ur_leaving_begun())) {
        return -1;
    }
    return draining->since ? UR_TICK_DRAINING : UR_TICK;
}

#endif
