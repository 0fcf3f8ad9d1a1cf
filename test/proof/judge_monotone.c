/* Proves: a client that speaks the same or newer versions of TLS and HTTP, and as good a key
 *   exchange, is never worse off than another one: what it leaves unmet, the other one
 *   leaves unmet, too. And a policy that requires more is never met by a client that does
 *   not meet the lesser one.
 * Assumes: levels and requirements are of their enumerations; both send the same handshake,
 *   which a newer HTTP version does not make worse (ur_handshake.c).
 * Bound: none
 * Unwind: 1
 * Replaces: core/policy/ur_handshake.c
 * Mutant: core/policy/ur_policy.c: if (facts->seen.tls < policy->tls) { => if
 *   (facts->seen.tls != policy->tls && policy->tls) {
 * Mutant: core/policy/ur_policy.c: if (facts->seen.http < policy->http) { => if
 *   (facts->seen.http % 4 < policy->http) {
 */
#include "policies.h"

static enum ur_reason of_older;
static enum ur_reason of_newer;

enum ur_reason ur_handshake_judge(const struct ur_handshake *handshake)
{
    return handshake->tls ? of_newer : of_older;
}

int main(void)
{
    const struct ur_policy policy = any_policy();
    const struct ur_policy more = any_policy();
    const struct ur_handshake marked_older = {.tls = false};
    const struct ur_handshake marked_newer = {.tls = true};
    const struct ur_facts older = {any_seen(), &marked_older};
    const struct ur_facts newer = {any_seen(), &marked_newer};
    unsigned unmet_by_older;
    unsigned unmet_by_newer;

    of_older = any_handshake_reason();
    of_newer = any_handshake_reason();
    ASSUME(of_older != UR_REASON_NONE || of_newer == UR_REASON_NONE);
    ASSUME(newer.seen.tls >= older.seen.tls && newer.seen.http >= older.seen.http &&
           newer.seen.key_exchange >= older.seen.key_exchange);
    unmet_by_older = ur_policy_judge(&policy, &older).unmet;
    unmet_by_newer = ur_policy_judge(&policy, &newer).unmet;
    PROVE((unmet_by_newer & ~unmet_by_older) == 0);
    PROVE(!is_met(&policy, older.seen) || is_met(&policy, newer.seen));

    ASSUME(more.tls >= policy.tls && more.http >= policy.http &&
           more.key_exchange >= policy.key_exchange && more.websocket >= policy.websocket);
    PROVE((unmet_by_older & ~ur_policy_judge(&more, &older).unmet) == 0);
    POSSIBLE(unmet_by_older == ALL_FAMILIES && unmet_by_newer == 0);
}
