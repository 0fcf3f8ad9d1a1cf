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

/* Whether a list of groups may hold one with ML-KEM. */
static const struct {
    const char *groups;
    bool may;
} lists[] = {
    {"X25519MLKEM768", true},
    {"x25519mlkem768", true},
    {"x25519:P-256:SecP256r1MLKEM768", true},
    {"MLKEM1024", true},
    {"\"X25519MLKEM768:x25519\"", true},
    {"?*X25519MLKEM768 / ?*X25519:?secp256r1", true},
    {"X25519/?-X25519MLKEM768/X25519MLKEM768", true},
    {"DEFAULT", true},
    {"DEFAULT:-X25519MLKEM768", true},
    {"x25519:p256_mlkem768", true},
    {"", false},
    {NULL, false},
    {":/:", false},
    {"x25519", false},
    {"X25519:P-256:P-384:P-521", false},
    {"prime256v1", false},
    {"*X25519/?secp384r1", false},
    {"X25519MLKEM768:x25519:-X25519MLKEM768", false},
    {"X25519MLKEM768:MLKEM768:-X25519MLKEM768", true},
    {"-X25519MLKEM768", false},
    {"x25519:-nonsense", false},
    {"X25519Kyber768Draft00", false},
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
    for (size_t i = 0; i < COUNT(lists); i++) {
        ok(ur_ssl_protocol_may_be_post_quantum(edge(lists[i].groups)) == lists[i].may,
           "groups: %s", lists[i].groups ? lists[i].groups : "(absent)");
    }
    return tap_done();
}
