#include "fuzz.h"

#include "judgement/ur_edge.h"

/* Three lines: what is stated of TLS, HTTP and the scheme. Nothing but the closed versions
 * comes out, and a version of TLS never of a scheme in clear. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ur_span rest = {(const char *)data, size};
    struct ur_span tls = fuzz_line(&rest);
    struct ur_span http = fuzz_line(&rest);
    struct ur_statement statement = {tls, http, rest};
    struct ur_seen seen = ur_edge_seen((struct ur_seen){UR_TLS_NONE, UR_HTTP_1_1}, &statement);

    must(seen.tls <= UR_TLS_1_3 && seen.http > UR_HTTP_ANY && seen.http <= UR_HTTP_2);
    must(!ur_span_is(rest, UR_SPAN("http")) || seen.tls == UR_TLS_NONE);
    must(!ur_tls_version(seen.tls) || ur_span_is(rest, UR_SPAN("https")) ||
         ur_span_is(rest, UR_SPAN("wss")) || tls.len >= 3);
    return 0;
}
