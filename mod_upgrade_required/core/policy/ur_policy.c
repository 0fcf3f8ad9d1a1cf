#include "core/policy/ur_policy.h"

#include "core/protocol/ur_group.h"

/* Every requirement word there is. */
static const struct requirement {
    struct ur_span word;
    enum ur_family family;
    int level;         /* of enum ur_tls, ur_key_exchange or ur_http, or true */
    const char *plain; /* for people */
} requirements[] = {
    {{"TLS", 3}, UR_FAMILY_TLS, UR_TLS_SOME, "TLS"},
    {{"TLS/1.2", 7}, UR_FAMILY_TLS, UR_TLS_1_2, "TLS 1.2 or newer"},
    {{"TLS/1.3", 7}, UR_FAMILY_TLS, UR_TLS_1_3, "TLS 1.3 or newer"},
    {{"ForwardSecrecy", 14}, UR_FAMILY_KEY_EXCHANGE, UR_KEX_FORWARD_SECRET, "forward secrecy"},
    {{"PostQuantum", 11},
     UR_FAMILY_KEY_EXCHANGE,
     UR_KEX_POST_QUANTUM,
     "post-quantum key exchange"},
    {{"HTTP/1.1", 8}, UR_FAMILY_HTTP, UR_HTTP_1_1, "HTTP/1.1 or newer"},
    {{"HTTP/2", 6}, UR_FAMILY_HTTP, UR_HTTP_2, "HTTP/2 or newer"},
    {{"WebSocket", 9}, UR_FAMILY_WEBSOCKET, true, "WebSocket"},
};

#define REQUIREMENTS (sizeof requirements / sizeof requirements[0])

/* Words that people write, and what they meant. */
static const struct {
    struct ur_span word;
    const char *why;
} mistakes[] = {
    {{"HTTP/3", 6}, "not supported, because this httpd cannot detect HTTP/3; use HTTP/2"},
    {{"HTTP/2.0", 8}, "not a requirement; use HTTP/2"},
    {{"h2", 2}, "not a requirement; use HTTP/2"},
    {{"h2c", 3}, "not a requirement; use HTTP/2"},
    {{"HTTP/1.0", 8}, "every client meets this; use HTTP/1.1 or HTTP/2"},
    {{"TLS/1.0", 7}, "deprecated by RFC 8996; use TLS, TLS/1.2 or TLS/1.3"},
    {{"TLS/1.1", 7}, "deprecated by RFC 8996; use TLS, TLS/1.2 or TLS/1.3"},
    {{"TLSv1.2", 7}, "not a requirement; use TLS/1.2"},
    {{"TLSv1.3", 7}, "not a requirement; use TLS/1.3"},
    {{"https", 5}, "not a requirement; use TLS"},
    {{"ws", 2}, "not a requirement; use WebSocket"},
    {{"wss", 3}, "not a requirement; use TLS WebSocket"},
    {{"PFS", 3}, "not a requirement; use ForwardSecrecy"},
    {{"FS", 2}, "not a requirement; use ForwardSecrecy"},
    {{"ECDHE", 5}, "not a requirement; use ForwardSecrecy"},
    {{"DHE", 3}, "not a requirement; use ForwardSecrecy"},
    {{"forward-secrecy", 15}, "not a requirement; use ForwardSecrecy"},
    {{"forward-secret", 14}, "not a requirement; use ForwardSecrecy"},
    {{"PerfectForwardSecrecy", 21}, "not a requirement; use ForwardSecrecy"},
    {{"PQ", 2}, "not a requirement; use PostQuantum"},
    {{"PQC", 3}, "not a requirement; use PostQuantum"},
    {{"post-quantum", 12}, "not a requirement; use PostQuantum"},
    {{"ML-KEM", 6}, "not a requirement; use PostQuantum"},
    {{"MLKEM", 5}, "not a requirement; use PostQuantum"},
    {{"Kyber", 5}, "not a requirement; use PostQuantum"},
    {{"none", 4}, "must be the only argument, because it removes all requirements"},
};

static int demand_of(const struct ur_policy *policy, enum ur_family family)
{
    switch (family) {
    case UR_FAMILY_TLS:
        return (int)policy->tls;
    case UR_FAMILY_KEY_EXCHANGE:
        return (int)policy->key_exchange;
    case UR_FAMILY_HTTP:
        return (int)policy->http;
    case UR_FAMILY_WEBSOCKET:
        return policy->websocket;
    case UR_FAMILY_NONE:
        break;
    }
    return 0;
}

static void set_demand(struct ur_policy *policy, const struct requirement *found)
{
    switch (found->family) {
    case UR_FAMILY_TLS:
        policy->tls = (enum ur_tls)found->level;
        break;
    case UR_FAMILY_KEY_EXCHANGE:
        policy->key_exchange = (enum ur_key_exchange)found->level;
        break;
    case UR_FAMILY_HTTP:
        policy->http = (enum ur_http)found->level;
        break;
    case UR_FAMILY_WEBSOCKET:
        policy->websocket = true;
        break;
    case UR_FAMILY_NONE:
        break;
    }
}

static const char *unknown_word(struct ur_span word)
{
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        if (ur_span_is(word, mistakes[i].word)) {
            return mistakes[i].why;
        }
    }
    if (ur_group_post_quantum(ur_group_from_name(word))) {
        return "not a requirement; use PostQuantum, which any ML-KEM group meets";
    }
    if (ur_group_from_name(word) != UR_GROUP_UNKNOWN) {
        return "not a requirement; use ForwardSecrecy, which any group meets, or PostQuantum";
    }
    return "not a requirement; use none, or at most one of each: TLS, TLS/1.2 or TLS/1.3; "
           "ForwardSecrecy or PostQuantum; HTTP/1.1 or HTTP/2; WebSocket";
}

const char *ur_policy_add(struct ur_policy *policy, struct ur_span word)
{
    for (size_t i = 0; i < REQUIREMENTS; i++) {
        if (!ur_span_is(word, requirements[i].word)) {
            continue;
        }
        if (demand_of(policy, requirements[i].family)) {
            return "the second requirement of its family; give only one, the minimum version";
        }
        set_demand(policy, &requirements[i]);
        return NULL;
    }
    return unknown_word(word);
}

static const struct requirement *find(const struct ur_policy *policy, enum ur_family family)
{
    int demand = demand_of(policy, family);

    for (size_t i = 0; demand && i < REQUIREMENTS; i++) {
        if (requirements[i].family == family && requirements[i].level == demand) {
            return &requirements[i];
        }
    }
    return NULL;
}

const char *ur_policy_word(const struct ur_policy *policy, enum ur_family family)
{
    const struct requirement *found = find(policy, family);

    return found ? found->word.at : NULL;
}

const char *ur_policy_plain(const struct ur_policy *policy, enum ur_family family)
{
    const struct requirement *found = find(policy, family);

    return found ? found->plain : NULL;
}

size_t ur_policy_words(const struct ur_policy *policy, const char *words[UR_FAMILIES])
{
    static const enum ur_family order[UR_FAMILIES] = {UR_FAMILY_TLS, UR_FAMILY_KEY_EXCHANGE,
                                                      UR_FAMILY_HTTP, UR_FAMILY_WEBSOCKET};
    size_t count = 0;

    for (size_t i = 0; i < UR_FAMILIES; i++) {
        const char *word = ur_policy_word(policy, order[i]);
        if (word) {
            words[count++] = word;
        }
    }
    return count;
}

bool ur_policy_equal(const struct ur_policy *one, const struct ur_policy *other)
{
    bool equal = true;

    for (size_t i = 0; i < REQUIREMENTS; i++) {
        enum ur_family family = requirements[i].family;
        equal = equal && demand_of(one, family) == demand_of(other, family);
    }
    return equal;
}

static void unmet(struct ur_judgement *judgement, enum ur_family family, enum ur_reason reason)
{
    if (!judgement->unmet) {
        judgement->reason = reason;
    }
    judgement->unmet |= family;
}

struct ur_judgement ur_policy_judge(const struct ur_policy *policy,
                                    const struct ur_facts *facts)
{
    struct ur_judgement judgement = {UR_REASON_NONE, 0};

    if (facts->seen.tls < policy->tls) {
        unmet(&judgement, UR_FAMILY_TLS,
              facts->seen.tls == UR_TLS_NONE ? UR_REASON_TLS_MISSING : UR_REASON_TLS_VERSION);
    }
    if (facts->seen.key_exchange < policy->key_exchange) {
        unmet(&judgement, UR_FAMILY_KEY_EXCHANGE, UR_REASON_KEY_EXCHANGE);
    }
    if (facts->seen.http < policy->http) {
        unmet(&judgement, UR_FAMILY_HTTP, UR_REASON_HTTP_VERSION);
    }
    if (policy->websocket) {
        enum ur_reason reason = ur_handshake_judge(facts->handshake);
        if (reason != UR_REASON_NONE) {
            unmet(&judgement, UR_FAMILY_WEBSOCKET, reason);
        }
    }
    return judgement;
}
