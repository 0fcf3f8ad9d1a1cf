#include "fuzz.h"

#include "core/policy/ur_trusted_proxy.h"

/* Four lines: what is stated of TLS, HTTP, the group and the scheme. Nothing but the closed
 * versions comes out, a version of TLS never of a scheme in clear; what is not understood
 * changes nothing, nor does what the client disowns. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct ur_seen own = {.tls = UR_TLS_NONE, .http = UR_HTTP_1_1};
    struct ur_span rest = {(const char *)data, size};
    struct ur_span tls = fuzz_line(&rest);
    struct ur_span http = fuzz_line(&rest);
    struct ur_span group = fuzz_line(&rest);
    struct ur_statement stated[UR_STATEMENTS] = {[UR_STATED_TLS] = {tls, false},
                                                 [UR_STATED_HTTP] = {http, false},
                                                 [UR_STATED_SCHEME] = {rest, false},
                                                 [UR_STATED_GROUP] = {group, false}};
    struct ur_forwarded edge = ur_trusted_proxy_hear(own, stated);
    bool told = edge.heard[UR_STATED_GROUP] == UR_HEARD_WELL;

    must(edge.seen.tls <= UR_TLS_1_3 && edge.seen.http > UR_HTTP_ANY &&
         edge.seen.http <= UR_HTTP_2);
    must(!ur_span_is(rest, UR_SPAN("http")) || edge.seen.tls == UR_TLS_NONE);
    must(!ur_protocol_tls(edge.seen.tls) || edge.heard[UR_STATED_TLS] == UR_HEARD_WELL ||
         edge.heard[UR_STATED_SCHEME] == UR_HEARD_WELL || told);
    must((edge.seen.key_exchange == UR_KEX_NONE) == (edge.seen.tls == UR_TLS_NONE));
    must(edge.seen.key_exchange < UR_KEX_FORWARD_SECRET || told || edge.seen.tls == UR_TLS_1_3);
    must((edge.seen.key_exchange == UR_KEX_POST_QUANTUM) <= told);
    must(edge.heard[UR_STATED_HTTP] == UR_HEARD_WELL || edge.seen.http == own.http);
    for (enum ur_stated i = 0; i < UR_STATEMENTS; i++) {
        stated[i].disowned = true;
    }
    edge = ur_trusted_proxy_hear(own, stated);
    must(edge.seen.tls == own.tls && edge.seen.http == own.http);
    return 0;
}
