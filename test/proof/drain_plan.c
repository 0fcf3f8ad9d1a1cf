/* Proves: a review of the plan by which a leaving child ends its tunnels never puts off an
 *   end that has been set: it only becomes earlier. What changes is said to change, a
 *   changed plan has a reason and begins now, and without any reason nothing is planned.
 * Assumes: times and spans are of an hour and more of microseconds, and fit into 60 bits;
 *   the counts of children into 32.
 * Bound: none
 * Unwind: 6
 * Mutant: core/metrics/ur_drain.c: if (plan->why && now + span >= plan->until) { => if
 *   (plan->why && now + span > plan->until + 1) {
 * Mutant: core/metrics/ur_drain.c: plan->since = now; =>
 */
#include "proof.h"

#include "core/metrics/ur_drain.h"

#define MOST (INT64_MAX >> 4)

static int64_t any_time(void)
{
    return (int64_t)any_up_to(MOST);
}

int main(void)
{
    const struct ur_leaver leaver = {
        .said = any_time(),
        .asked = any_bool(),
        .replaced = any_bool(),
        .serving = any_up_to(UINT32_MAX),
        .free = any_up_to(UINT32_MAX),
        .needed = any_up_to(UINT32_MAX),
        .spent = any_up_to(UINT32_MAX),
        .going = any_up_to(UINT32_MAX),
        .sooner = any_up_to(UINT32_MAX),
        .awaited = any_up_to(UINT32_MAX),
        .awaited_sooner = any_up_to(UINT32_MAX),
    };
    struct ur_plan plan = {
        (enum ur_drain)any_up_to(UR_DRAINS - 1), any_time(), any_time(), {0}};
    struct ur_plan before;
    int64_t now = any_time();
    bool changed;

    for (int why = 0; why < UR_DRAINS; why++) {
        plan.held[why] = any_time();
    }
    ASSUME(now > 0);
    before = plan;
    changed = ur_drain_review(&plan, &leaver, now);
    PROVE(!before.why || plan.until <= before.until);
    PROVE(!before.why || plan.why);
    PROVE(!changed || (plan.why && plan.since == now && plan.until >= now));
    PROVE(changed ||
          (plan.why == before.why && plan.until == before.until && plan.since == before.since));
    POSSIBLE(changed && before.why);
    POSSIBLE(!changed && !plan.why);
}
