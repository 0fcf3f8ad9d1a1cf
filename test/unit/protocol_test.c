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

int main(void)
{
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
