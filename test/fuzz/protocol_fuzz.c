#include "fuzz.h"

#include "core/policy/ur_policy.h"
#include "core/protocol/ur_group.h"
#include "core/protocol/ur_ssl_protocol.h"

/* Names of TLS versions and requirement words: a word is taken or complained about, and a
 * complaint changes nothing. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ur_span rest = {(const char *)data, size};
    struct ur_policy policy = {.tls = UR_TLS_NONE, .http = UR_HTTP_ANY, .websocket = false};

    for (int i = 0; i < 8; i++) {
        struct ur_span word = fuzz_line(&rest);
        struct ur_policy before = policy;
        const char *words[UR_FAMILIES];

        must(ur_protocol_tls(ur_protocol_tls_from_name(word)) != NULL);
        /* A group is the list of itself, unless it is none, or one with a prefix. */
        must(!ur_group_post_quantum(ur_group_from_name(word)) ||
             ur_ssl_protocol_may_be_post_quantum(word));
        for (enum ur_tls tls = UR_TLS_NONE; tls <= UR_TLS_1_3; tls++) {
            uint16_t group = ur_group_from_name(word);
            enum ur_key_exchange agreed =
                ur_protocol_key_exchange_of(tls, word, group, i % 2 != 0);
            must((agreed == UR_KEX_NONE) == (tls == UR_TLS_NONE));
            must(agreed < UR_KEX_POST_QUANTUM || (tls == UR_TLS_1_3 && i % 2 == 0));
        }
        if (ur_policy_add(&policy, word)) {
            must(policy.tls == before.tls && policy.http == before.http &&
                 policy.websocket == before.websocket &&
                 policy.key_exchange == before.key_exchange);
        }
        must(ur_policy_words(&policy, words) <= UR_FAMILIES);
    }
    return 0;
}
