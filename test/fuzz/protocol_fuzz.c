#include "fuzz.h"

#include "core/policy/ur_policy.h"

/* Names of TLS versions and requirement words: a word is taken or complained about, and a
 * complaint changes nothing. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ur_span rest = {(const char *)data, size};
    struct ur_policy policy = {UR_TLS_NONE, UR_HTTP_ANY, false};

    for (int i = 0; i < 8; i++) {
        struct ur_span word = fuzz_line(&rest);
        struct ur_policy before = policy;
        const char *words[UR_FAMILIES];

        must(ur_protocol_tls(ur_protocol_tls_from_name(word)) != NULL);
        if (ur_policy_add(&policy, word)) {
            must(policy.tls == before.tls && policy.http == before.http &&
                 policy.websocket == before.websocket);
        }
        must(ur_policy_words(&policy, words) <= UR_FAMILIES);
    }
    return 0;
}
