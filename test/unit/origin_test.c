#include "tap.h"

#include "values/ur_origin.h"

static const struct {
    const char *text;
    bool good;
} texts[] = {
    {"https://example.com", true},
    {"http://example.com:8080", true},
    {"HTTP://[::1]:80", true},
    {"https://[2001:db8::1]", true},
    {"null", true},
    {"example.com", false},
    {"https://", false},
    {"https://example.com/", false},
    {"https://example.com:", false},
    {"https://example.com:x", false},
    {"https://example.com:123456", false},
    {"https://a@example.com", false},
    {"wss://example.com", false},
    {"https://example.com, https://x", false},
    {"", false},
    {"https://exam ple.com", false},
};

static const struct {
    const char *origin;
    bool tls;
    const char *host;
    bool own;
} owns[] = {
    {"https://example.com", true, "example.com", true},
    {"https://example.com", true, "EXAMPLE.com:443", true},
    {"https://example.com:443", true, "example.com", true},
    {"http://example.com", false, "example.com:80", true},
    {"http://[::1]:8080", false, "[::1]:8080", true},
    {"http://example.com:443", false, "example.com", false},
    {"https://example.com", false, "example.com", false},
    {"https://example.com", true, "example.com:8443", false},
    {"https://example.com", true, "www.example.com", false},
    {"https://example.com", true, NULL, false},
    {"https://example.com", true, "", false},
    {"null", true, "null", false},
    {NULL, true, "example.com", false},
};

int main(void)
{
    for (size_t i = 0; i < COUNT(texts); i++) {
        ok((ur_origin_complaint(edge(texts[i].text)) == NULL) == texts[i].good,
           "origin: case %zu", i);
    }
    for (size_t i = 0; i < COUNT(owns); i++) {
        ok(ur_origin_is_own(edge(owns[i].origin), owns[i].tls, edge(owns[i].host)) ==
               owns[i].own,
           "own: case %zu", i);
    }
    return tap_done();
}
