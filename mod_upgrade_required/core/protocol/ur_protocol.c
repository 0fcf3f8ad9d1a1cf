#include "core/protocol/ur_protocol.h"

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
