#include "fuzz.h"

#include "core/policy/ur_trusted_proxy.h"

/* Three lines: what is stated of TLS, HTTP and the scheme. Nothing but the closed versions
 * comes out, a version of TLS never of a scheme in clear; what is not understood changes
 * nothing, nor does what the client disowns. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct ur_seen own = {UR_TLS_NONE, UR_HTTP_1_1};
    struct ur_span rest = {(const char *)data, size};
    struct ur_span tls = fuzz_line(&rest);
    struct ur_span http = fuzz_line(&rest);
    struct ur_statement stated[UR_STATEMENTS] = {{tls, false}, {http, false}, {rest, false}};
    struct ur_forwarded edge = ur_trusted_proxy_hear(own, stated);

    must(edge.seen.tls <= UR_TLS_1_3 && edge.seen.http > UR_HTTP_ANY &&
         edge.seen.http <= UR_HTTP_2);
    must(!ur_span_is(rest, UR_SPAN("http")) || edge.seen.tls == UR_TLS_NONE);
    must(!ur_protocol_tls(edge.seen.tls) || edge.heard[UR_STATED_TLS] == UR_HEARD_WELL ||
         edge.heard[UR_STATED_SCHEME] == UR_HEARD_WELL);
    must(edge.heard[UR_STATED_HTTP] == UR_HEARD_WELL || edge.seen.http == own.http);
    for (enum ur_stated i = 0; i < UR_STATEMENTS; i++) {
        stated[i].disowned = true;
    }
    edge = ur_trusted_proxy_hear(own, stated);
    must(edge.seen.tls == own.tls && edge.seen.http == own.http);
    return 0;
}
