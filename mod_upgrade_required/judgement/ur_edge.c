#include "judgement/ur_edge.h"

/* Whether value is the version, with this prefix or alone. */
static bool is_version(struct ur_span value, struct ur_span prefix, const char *version)
{
    if (value.len > prefix.len && ur_span_is((struct ur_span){value.at, prefix.len}, prefix)) {
        value = (struct ur_span){value.at + prefix.len, value.len - prefix.len};
    }
    return ur_span_is(value, ur_span_of(version));
}

static bool read_tls(struct ur_span value, enum ur_tls *tls)
{
    for (enum ur_tls known = UR_TLS_1_0; known <= UR_TLS_1_3; known++) {
        const char *version = ur_tls_version(known);
        if (is_version(value, UR_SPAN("TLSv"), version) ||
            is_version(value, UR_SPAN("TLS/"), version)) {
            *tls = known;
            return true;
        }
    }
    if (ur_span_is(value, UR_SPAN("TLSv1"))) {
        *tls = UR_TLS_1_0;
        return true;
    }
    return false;
}

static bool read_http(struct ur_span value, enum ur_http *http)
{
    static const struct {
        const char *version;
        enum ur_http http;
    } versions[] = {
        {"0.9", UR_HTTP_0_9}, {"1.0", UR_HTTP_1_0}, {"1.1", UR_HTTP_1_1}, {"2", UR_HTTP_2},
        {"2.0", UR_HTTP_2},   {"3", UR_HTTP_2},     {"3.0", UR_HTTP_2},
    };

    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        if (is_version(value, UR_SPAN("HTTP/"), versions[i].version)) {
            *http = versions[i].http;
            return true;
        }
    }
    return false;
}

struct ur_seen ur_edge_seen(struct ur_seen own, const struct ur_statement *statement)
{
    struct ur_span scheme = statement->scheme;
    struct ur_seen seen = own;

    read_http(statement->http, &seen.http);
    if (ur_span_is(scheme, UR_SPAN("http")) || ur_span_is(scheme, UR_SPAN("ws"))) {
        seen.tls = UR_TLS_NONE;
    }
    else if (!read_tls(statement->tls, &seen.tls) &&
             (ur_span_is(scheme, UR_SPAN("https")) || ur_span_is(scheme, UR_SPAN("wss")))) {
        seen.tls = UR_TLS_SOME;
    }
    return seen;
}
