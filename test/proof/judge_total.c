/* Proves: ur_policy_judge() gives every client of every policy one judgement. There is a
 *   reason exactly if a family is unmet; it is that of the first unmet family; and no family
 *   is unmet that the policy does not require.
 * Assumes: levels and requirements are of their enumerations; a handshake is good or has one
 *   of the reasons of its family (ur_handshake.c).
 * Bound: none
 * Unwind: 1
 * Replaces: core/policy/ur_handshake.c
 * Mutant: core/policy/ur_policy.c: judgement->unmet |= family; => judgement->unmet = family;
 * Mutant: core/policy/ur_policy.c: if (reason != UR_REASON_NONE) { => if (true) {
 */
#include "policies.h"

enum ur_reason ur_handshake_judge(const struct ur_handshake *handshake)
{
    PROVE(handshake != NULL);
    return any_handshake_reason();
}

int main(void)
{
    const struct ur_policy policy = any_policy();
    const struct ur_handshake handshake = {.http = UR_HTTP_1_1};
    const struct ur_facts facts = {any_seen(), policy.websocket ? &handshake : NULL};
    struct ur_judgement judgement = ur_policy_judge(&policy, &facts);
    unsigned first = judgement.unmet & (~judgement.unmet + 1U);

    PROVE((judgement.reason == UR_REASON_NONE) == (judgement.unmet == 0));
    PROVE((judgement.unmet & ~required_by(&policy)) == 0);
    PROVE(!judgement.unmet || ur_reason_row(judgement.reason)->family == first);
    POSSIBLE(judgement.unmet == 0 && required_by(&policy) == ALL_FAMILIES);
    POSSIBLE(judgement.unmet == ALL_FAMILIES);
}
