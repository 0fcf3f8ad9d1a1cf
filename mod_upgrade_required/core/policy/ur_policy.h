#ifndef UR_POLICY_H
#define UR_POLICY_H

#include "core/policy/ur_handshake.h"
#include "core/policy/ur_reason.h"
#include "core/protocol/ur_protocol.h"

/* The requirements: at most one of each family. The zero value requires nothing, and every
 * request meets it. */
struct ur_policy {
    enum ur_tls tls;                   /* at least; UR_TLS_SOME: any TLS */
    enum ur_http http;                 /* at least */
    bool websocket;                    /* a valid opening handshake */
    enum ur_key_exchange key_exchange; /* at least */
};

/* What a client uses. handshake is examined only if the policy requires WebSocket, and may be
 * NULL otherwise. */
struct ur_facts {
    struct ur_seen seen;
    const struct ur_handshake *handshake;
};

struct ur_judgement {
    enum ur_reason reason; /* of the first unmet family; UR_REASON_NONE: the policy is met */
    unsigned unmet;        /* enum ur_family bits */
};

/* Adds one requirement word ("TLS/1.2", in any case). Returns NULL on success; otherwise what
 * is wrong and what would be right, and *policy is unchanged. */
const char *ur_policy_add(struct ur_policy *policy, struct ur_span word);

/* The policy's requirement words as the manual spells them, TLS first. Returns how
 * many were stored. */
size_t ur_policy_words(const struct ur_policy *policy, const char *words[UR_FAMILIES]);

/* The requirement word of one family; NULL if the policy has none. */
const char *ur_policy_word(const struct ur_policy *policy, enum ur_family family);

/* The same in plain words ("TLS 1.2 or newer"). */
const char *ur_policy_plain(const struct ur_policy *policy, enum ur_family family);

static inline bool ur_policy_demands(const struct ur_policy *policy)
{
    return policy->tls || policy->http || policy->websocket || policy->key_exchange;
}

bool ur_policy_equal(const struct ur_policy *one, const struct ur_policy *other);

/* The levels that a request has to reach (ur_protocol_reaches); 0: any request does. None
 * reaches those of a policy that requires WebSocket: ur_policy_judge() has to check the
 * handshake. */
static inline unsigned ur_policy_levels(const struct ur_policy *policy)
{
    unsigned levels = ur_protocol_levels(policy->tls, policy->http, policy->key_exchange);

    return policy->websocket ? levels | UR_LEVEL_MASK << UR_LEVEL_HTTP_SHIFT : levels;
}

/* Of these what TLS alone decides. */
static inline unsigned ur_policy_levels_of_tls(unsigned levels)
{
    return levels & (UR_LEVEL_MASK | UR_LEVEL_MASK << UR_LEVEL_KEX_SHIFT);
}

/* TLS before the key exchange before HTTP before WebSocket: the first unmet one is the reason.
 */
struct ur_judgement ur_policy_judge(const struct ur_policy *policy,
                                    const struct ur_facts *facts);

#endif
