#include "tap.h"

#include "core/protocol/ur_protocol.h"
#include "core/protocol/ur_wskey.h"

static const struct {
    const char *name;
    const char *version;
} tls_names[] = {
    {"TLSv1", "1.0"},      {"TLSv1.1", "1.1"}, {"TLSv1.2", "1.2"},     {"TLSv1.3", "1.3"},
    {"SSLv3", "unknown"},  {"", "unknown"},    {"TLSv1.4", "unknown"}, {NULL, "unknown"},
    {"TLSv1.", "unknown"}, {"TLS", "unknown"},
};

static const struct {
    int number;
    const char *version; /* on an HTTP/1 connection */
} http_numbers[] = {
    {9, "0.9"},    {0, "0.9"},    {999, "0.9"},  {1000, "1.0"}, {1001, "1.1"}, {1002, "1.1"},
    {1999, "1.1"}, {2000, "1.1"}, {2001, "1.1"}, {3000, "1.1"}, {9009, "1.1"}, {-1, "0.9"},
};

static const struct {
    const char *name;
    const char *key;
    bool valid;
} keys[] = {
    {"RFC 6455's example", "dGhlIHNhbXBsZSBub25jZQ==", true},
    {"all digits of the alphabet", "+/09AZaz+/09AZaz+/09AQ==", true},
    {"white space around", "  dGhlIHNhbXBsZSBub25jZQ== ", true},
    {"absent", NULL, false},
    {"empty", "", false},
    {"15 bytes", "dGhlIHNhbXBsZSBub25j", false},
    {"17 bytes", "dGhlIHNhbXBsZSBub25jZWU=", false},
    {"no padding", "dGhlIHNhbXBsZSBub25jZQ", false},
    {"one pad too many", "dGhlIHNhbXBsZSBub25jZQ===", false},
    {"the last pad is none", "dGhlIHNhbXBsZSBub25jZQ=A", false},
    {"padding inside", "dGhlIHNhbXBsZSBub25jZ=Q=", false},
    {"url alphabet", "dGhlIHNhbXBsZSBub25j-_==", false},
    {"space inside", "dGhlIHNhbXBsZSBub25j Q==", false},
    {"sent twice", "dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ==", false},
    {"a byte above ASCII", "dGhlIHNhbXBsZSBub25j\xc3Q==", false},
};

/* TLS version, cipher and group of a connection, and whether it may have none of its own. */
static const struct {
    enum ur_tls tls;
    const char *cipher;
    uint16_t group;
    bool may_lack;
    const char *word;
    const char *agreed; /* what is shown */
} exchanges[] = {
    {UR_TLS_NONE, NULL, 0, 0, NULL, NULL},
    {UR_TLS_NONE, "ECDHE-RSA-AES128-SHA", 0x11EC, 0, NULL, NULL},
    {UR_TLS_SOME, "ECDHE-RSA-AES128-SHA", 0x11EC, 0, "unknown", "unknown"},
    {UR_TLS_1_3, "TLS_AES_128_GCM_SHA256", 0x11EC, 0, "post-quantum", "X25519MLKEM768"},
    {UR_TLS_1_3, "TLS_AES_128_GCM_SHA256", 0x0201, 0, "post-quantum", "MLKEM768"},
    {UR_TLS_1_3, "TLS_AES_128_GCM_SHA256", 0x001D, 0, "forward-secret", "x25519"},
    {UR_TLS_1_3, "TLS_AES_128_GCM_SHA256", 0x6399, 0, "forward-secret",
     "X25519Kyber768Draft00"},
    {UR_TLS_1_3, NULL, 0, 0, "forward-secret", "forward-secret"},
    {UR_TLS_1_3, NULL, 0xFEED, 0, "forward-secret", "forward-secret"},
    {UR_TLS_1_3, "TLS_AES_128_GCM_SHA256", 0x11EC, 1, "unknown", "unknown"},
    {UR_TLS_1_2, "ECDHE-RSA-AES128-GCM-SHA256", 0x0017, 0, "forward-secret", "secp256r1"},
    {UR_TLS_1_2, "ECDHE-RSA-AES128-GCM-SHA256", 0x11EC, 0, "forward-secret", "X25519MLKEM768"},
    {UR_TLS_1_2, "ECDHE-RSA-AES128-GCM-SHA256", 0x0017, 1, "forward-secret", "secp256r1"},
    {UR_TLS_1_2, "DHE-RSA-AES128-SHA", 0, 0, "forward-secret", "forward-secret"},
    {UR_TLS_1_2, "ECDHE-PSK-AES128-CBC-SHA", 0, 0, "forward-secret", "forward-secret"},
    {UR_TLS_1_0, "EDH-RSA-DES-CBC3-SHA", 0, 0, "forward-secret", "forward-secret"},
    {UR_TLS_1_1, "ECDHE-ECDSA-AES256-SHA", 0, 0, "forward-secret", "forward-secret"},
    {UR_TLS_1_2, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", 0, 0, "forward-secret",
     "forward-secret"},
    {UR_TLS_1_2, "TLS_DHE_RSA_AES_128_CBC_SHA1", 0, 0, "forward-secret", "forward-secret"},
    {UR_TLS_1_2, "AES128-SHA", 0, 0, "static", "static"},
    {UR_TLS_1_2, "AES128-SHA", 0x0017, 0, "static", "static"},
    {UR_TLS_1_2, "ECDH-RSA-AES128-SHA", 0, 0, "static", "static"},
    {UR_TLS_1_2, "DH-RSA-AES128-SHA", 0, 0, "static", "static"},
    {UR_TLS_1_2, "TLS_ECDH_RSA_WITH_AES_128_CBC_SHA", 0, 0, "static", "static"},
    {UR_TLS_1_2, "ADH-AES128-SHA", 0, 0, "static", "static"},
    {UR_TLS_1_2, "AECDH-AES128-SHA", 0, 0, "static", "static"},
    {UR_TLS_1_2, "PSK-AES128-CBC-SHA", 0, 0, "static", "static"},
    {UR_TLS_1_2, "RSA-PSK-AES128-CBC-SHA", 0, 0, "static", "static"},
    {UR_TLS_1_2, "ECDHE", 0, 0, "static", "static"},
    {UR_TLS_1_2, "", 0, 0, "unknown", "unknown"},
    {UR_TLS_1_2, NULL, 0, 0, "unknown", "unknown"},
};

static void test_exchanges(void)
{
    for (size_t i = 0; i < COUNT(exchanges); i++) {
        struct ur_seen seen = {.tls = exchanges[i].tls, .group = exchanges[i].group};
        const char *name = exchanges[i].cipher ? exchanges[i].cipher : "no cipher";

        seen.key_exchange = ur_protocol_key_exchange_of(seen.tls, edge(exchanges[i].cipher),
                                                        seen.group, exchanges[i].may_lack);
        is(ur_protocol_key_exchange(seen.key_exchange), exchanges[i].word, name);
        is(ur_protocol_agreed(seen), exchanges[i].agreed, name);
    }
}

int main(void)
{
    test_exchanges();
    for (size_t i = 0; i < COUNT(tls_names); i++) {
        enum ur_tls tls = ur_protocol_tls_from_name(edge(tls_names[i].name));
        is(ur_protocol_tls(tls), tls_names[i].version,
           tls_names[i].name ? tls_names[i].name : "no name");
    }
    is(ur_protocol_tls(UR_TLS_NONE), NULL, "in clear there is no TLS version");
    for (size_t i = 0; i < COUNT(http_numbers); i++) {
        char name[32];
        snprintf(name, sizeof name, "HTTP number %d", http_numbers[i].number);
        is(ur_protocol_http(ur_protocol_spoken(false, http_numbers[i].number)),
           http_numbers[i].version, name);
        is(ur_protocol_http(ur_protocol_spoken(true, http_numbers[i].number)), "2",
           "whatever its number, a stream is HTTP/2");
    }
    for (size_t i = 0; i < COUNT(keys); i++) {
        ok(ur_wskey_valid(edge(keys[i].key)) == keys[i].valid, "key: %s", keys[i].name);
    }
    return tap_done();
}
