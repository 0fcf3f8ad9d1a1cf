#include "core/protocol/ur_protocol.h"

#include "core/protocol/ur_group.h"

static const char *const tls_versions[] = {
    [UR_TLS_NONE] = NULL, [UR_TLS_SOME] = "unknown", [UR_TLS_1_0] = "1.0",
    [UR_TLS_1_1] = "1.1", [UR_TLS_1_2] = "1.2",      [UR_TLS_1_3] = "1.3",
};

static const char *const http_versions[] = {
    [UR_HTTP_ANY] = "unknown", [UR_HTTP_0_9] = "0.9", [UR_HTTP_1_0] = "1.0",
    [UR_HTTP_1_1] = "1.1",     [UR_HTTP_2] = "2",
};

const char *ur_protocol_tls(enum ur_tls tls)
{
    return tls_versions[tls];
}

const char *ur_protocol_key_exchange(enum ur_key_exchange key_exchange)
{
    static const char *const words[] = {
        [UR_KEX_NONE] = NULL,
        [UR_KEX_UNKNOWN] = "unknown",
        [UR_KEX_STATIC] = "static",
        [UR_KEX_FORWARD_SECRET] = "forward-secret",
        [UR_KEX_POST_QUANTUM] = "post-quantum",
    };

    return words[key_exchange];
}

const char *ur_protocol_agreed(struct ur_seen seen)
{
    const char *group = ur_group_name(seen.group);

    return seen.key_exchange >= UR_KEX_FORWARD_SECRET && group
               ? group
               : ur_protocol_key_exchange(seen.key_exchange);
}

static bool begins_with(struct ur_span text, struct ur_span prefix)
{
    return text.len >= prefix.len && ur_span_is((struct ur_span){text.at, prefix.len}, prefix);
}

static bool is_ephemeral(struct ur_span cipher)
{
    static const struct ur_span prefixes[] = {
        {"ECDHE-", 6},   {"DHE-", 4},   {"EDH-", 4}, {"TLS_ECDHE_", 10},
        {"TLS_DHE_", 8}, {"ECDHE_", 6}, {"DHE_", 4},
    };

    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        if (begins_with(cipher, prefixes[i])) {
            return true;
        }
    }
    return false;
}

enum ur_key_exchange ur_protocol_key_exchange_of(enum ur_tls tls, struct ur_span cipher,
                                                 uint16_t group, bool may_lack)
{
    switch (tls) {
    case UR_TLS_NONE:
        return UR_KEX_NONE;
    case UR_TLS_SOME:
        return UR_KEX_UNKNOWN;
    case UR_TLS_1_3:
        if (may_lack) {
            return UR_KEX_UNKNOWN;
        }
        return ur_group_post_quantum(group) ? UR_KEX_POST_QUANTUM : UR_KEX_FORWARD_SECRET;
    case UR_TLS_1_0:
    case UR_TLS_1_1:
    case UR_TLS_1_2:
        break;
    }
    if (!cipher.len) {
        return UR_KEX_UNKNOWN;
    }
    return is_ephemeral(cipher) ? UR_KEX_FORWARD_SECRET : UR_KEX_STATIC;
}

const char *ur_protocol_http(enum ur_http http)
{
    return http_versions[http];
}

enum ur_tls ur_protocol_tls_from_name(struct ur_span name)
{
    static const struct {
        struct ur_span name;
        enum ur_tls tls;
    } names[] = {
        {{"TLSv1.3", 7}, UR_TLS_1_3},
        {{"TLSv1.2", 7}, UR_TLS_1_2},
        {{"TLSv1.1", 7}, UR_TLS_1_1},
        {{"TLSv1", 5}, UR_TLS_1_0},
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (ur_span_is(name, names[i].name)) {
            return names[i].tls;
        }
    }
    return UR_TLS_SOME;
}
