#ifndef POLICIES_H
#define POLICIES_H

#include "proof.h"

#include "core/policy/ur_policy.h"

/* Any policy and any client. */

static inline struct ur_policy any_policy(void)
{
    return (struct ur_policy){.tls = (enum ur_tls)any_up_to(UR_TLS_1_3),
                              .http = (enum ur_http)any_up_to(UR_HTTP_2),
                              .websocket = any_bool(),
                              .key_exchange =
                                  (enum ur_key_exchange)any_up_to(UR_KEX_POST_QUANTUM)};
}

static inline struct ur_seen any_seen(void)
{
    return (struct ur_seen){.tls = (enum ur_tls)any_up_to(UR_TLS_1_3),
                            .http = (enum ur_http)any_up_to(UR_HTTP_2),
                            .key_exchange =
                                (enum ur_key_exchange)any_up_to(UR_KEX_POST_QUANTUM)};
}

/* Whether the levels of this client reach those of the policy: the comparison that an allowed
 * request costs. */
static inline bool is_met(const struct ur_policy *policy, struct ur_seen seen)
{
    return ur_protocol_reaches(ur_protocol_levels(seen.tls, seen.http, seen.key_exchange),
                               ur_policy_levels(policy));
}

#define ALL_FAMILIES                                                                           \
    (UR_FAMILY_TLS | UR_FAMILY_KEY_EXCHANGE | UR_FAMILY_HTTP | UR_FAMILY_WEBSOCKET)

/* The families that a policy requires. */
static inline unsigned required_by(const struct ur_policy *policy)
{
    return (policy->tls ? UR_FAMILY_TLS : 0U) | (policy->http ? UR_FAMILY_HTTP : 0U) |
           (policy->websocket ? UR_FAMILY_WEBSOCKET : 0U) |
           (policy->key_exchange ? UR_FAMILY_KEY_EXCHANGE : 0U);
}

/* What the real one may say (ur_handshake.c): no reason, or one of its own. */
static inline enum ur_reason any_handshake_reason(void)
{
    return any_bool() ? UR_REASON_NONE
                      : (enum ur_reason)(UR_REASON_WEBSOCKET_STRIPPED +
                                         any_up_to(UR_REASON_WEBSOCKET_SUBPROTOCOL -
                                                   UR_REASON_WEBSOCKET_STRIPPED));
}

#endif
