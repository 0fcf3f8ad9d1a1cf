#include "tap.h"

#include "core/protocol/ur_ssl_protocol.h"

static const struct {
    const char *arguments;
    const char *versions; /* of 1.0, 1.1, 1.2, 1.3 */
} cases[] = {
    {"all", "1111"},
    {"ALL -TLSv1 -TLSv1.1", "0011"},
    {"all -SSLv3", "1111"},
    {"-all +TLSv1.2 +TLSv1.3", "0011"},
    {"TLSv1.3", "0001"},
    {"+TLSv1.2", "0010"},
    {"all -TLSv1.3", "1110"},
    {"TLSv1 TLSv1.2", "0010"}, /* as mod_ssl reads it */
    {" \tall  -TLSv1.1\t", "1011"},
    {"\"all\" '-TLSv1' \"-TLSv1.1\"", "0011"},
    {"", "0000"},
    {"SSLv3 +nonsense -", "0000"},
};

int main(void)
{
    for (size_t i = 0; i < COUNT(cases); i++) {
        unsigned offered = ur_ssl_protocol_tls(edge(cases[i].arguments));
        bool same = true;
        for (size_t v = 0; v < 4; v++) {
            same = same && (offered >> (UR_TLS_1_0 + v) & 1) == (cases[i].versions[v] == '1');
        }
        ok(same, "'%s'", cases[i].arguments);
    }
    ok(ur_ssl_protocol_from(1U << UR_TLS_1_2, UR_TLS_1_2) &&
           !ur_ssl_protocol_from(1U << UR_TLS_1_2, UR_TLS_1_3),
       "from");
    ok(ur_ssl_protocol_below(1U << UR_TLS_1_2, UR_TLS_1_3) &&
           !ur_ssl_protocol_below(1U << UR_TLS_1_2, UR_TLS_1_2),
       "below");
    return tap_done();
}
