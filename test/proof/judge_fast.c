/* Proves: the one comparison of ur_protocol_reaches() says yes exactly where
 *   ur_policy_judge() finds nothing unmet, for a policy that does not require WebSocket; for
 *   one that does, it never says yes. The levels of TLS alone say no exactly where TLS or
 *   the key exchange is unmet, whatever else is required.
 * Assumes: levels and requirements are of their enumerations.
 * Bound: none
 * Unwind: 1
 * Replaces: core/policy/ur_handshake.c
 * Mutant: core/protocol/ur_protocol.h: (((seen | 0x888U) - demanded) & 0x888U) == 0x888U =>
 *   (((seen | 0x888U) - demanded) & 0x888U) != 0
 * Mutant: core/policy/ur_policy.h: return policy->websocket ? levels | => return
 *   policy->websocket && policy->tls ? levels |
 * Mutant: core/protocol/ur_protocol.h: UR_LEVEL_HTTP_SHIFT = 4 => UR_LEVEL_HTTP_SHIFT = 2
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
    const struct ur_judgement judgement = ur_policy_judge(&policy, &facts);
    unsigned seen =
        ur_protocol_levels(facts.seen.tls, facts.seen.http, facts.seen.key_exchange);
    bool met = is_met(&policy, facts.seen);
    bool good = judgement.reason == UR_REASON_NONE;

    PROVE(policy.websocket ? !met : met == good);
    PROVE(ur_policy_demands(&policy) || met);
    PROVE(ur_protocol_reaches(seen, ur_policy_levels_of_tls(ur_policy_levels(&policy))) ==
          !(judgement.unmet & (UR_FAMILY_TLS | UR_FAMILY_KEY_EXCHANGE)));
    POSSIBLE(met && ur_policy_demands(&policy));
    POSSIBLE(!met && good);
}
