/* Proves: a child's tunnels, two descriptors each, never take what its threads and its logs
 *   need, and never exceed what the administrator wants; there is room for one, unless there
 *   are no descriptors for it. An admitted event tunnel fits into the room, and a child of
 *   which no worker would be left for others admits no handshake.
 * Assumes: counts fit into 31 bits.
 * Bound: none
 * Unwind: 1
 * Mutant: core/metrics/ur_tunnel_budget.c: (descriptors - others) / DESCRIPTORS_OF_TUNNEL =>
 *   (descriptors - others)
 * Mutant: core/metrics/ur_tunnel_budget.c: if (by_descriptors < max) { => if (by_descriptors
 *   > max) {
 * Mutant: core/metrics/ur_tunnel_budget.c: crowd->held < crowd->room => crowd->held <=
 *   crowd->room
 */
#include "proof.h"

#include "core/metrics/ur_tunnel_budget.h"

int main(void)
{
    const struct ur_tunnel_budget room = {any_up_to(UINT16_MAX), any_up_to(1000),
                                          any_up_to(INT32_MAX), any_up_to(INT32_MAX)};
    const struct ur_crowd crowd = {any_up_to(INT32_MAX),
                                   any_up_to(INT32_MAX),
                                   any_up_to(INT32_MAX),
                                   any_up_to(INT32_MAX),
                                   any_up_to(INT32_MAX),
                                   any_bool(),
                                   any_bool()};
    enum ur_limit limit;
    uint64_t max = ur_tunnel_budget_max(&room, &limit);
    enum ur_admission admission = ur_tunnel_budget_admit(&crowd);

    PROVE(!max || 2 * max + 4 * room.threads + 128 <= room.descriptors);
    PROVE(!room.wanted || max <= room.wanted);
    PROVE(max || room.descriptors < 4 * room.threads + 128 + 2);
    PROVE((limit == UR_LIMIT_DIRECTIVE) <= (max == room.wanted));
    PROVE(admission != UR_ADMIT_EVENT || (crowd.event && crowd.held < crowd.room));
    PROVE(admission != UR_ADMIT_FULL || !crowd.sibling);
    PROVE(admission == UR_ADMIT_BUSY || crowd.threads < 2 || crowd.waiting == 0 ||
          crowd.waiting < crowd.threads);
    POSSIBLE(max > 1000);
    POSSIBLE(admission == UR_ADMIT_FULL);
    POSSIBLE(admission == UR_ADMIT_BUSY);
}
