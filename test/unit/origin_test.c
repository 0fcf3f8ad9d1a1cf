#include "tap.h"

#include "core/protocol/ur_origin.h"

#define L63 "abcdefghijklmnopqrstuvwxyz-0123456789-abcdefghijklmnopqrstuvwxy"

/* What an administrator writes, how it is spelt from then on, or a word of what is said about
 * it: an origin that can never match is a mistake. */
static const struct {
    const char *text;
    const char *spelt;
    const char *complaint;
} patterns[] = {
    {"https://example.com", "https://example.com", NULL},
    {"http://example.com:8080", "http://example.com:8080", NULL},
    {"http://example.com:80", "http://example.com", NULL},
    {"https://example.com:443", "https://example.com", NULL},
    {"http://example.com:443", "http://example.com:443", NULL},
    {"https://example.com:08443", "https://example.com:8443", NULL},
    {"https://example.com:65535", "https://example.com:65535", NULL},
    {"http://localhost:3000", "http://localhost:3000", NULL},
    {"https://xn--bcher-kva.example", "https://xn--bcher-kva.example", NULL},
    {"http://my_service:8080", "http://my_service:8080", NULL},
    {"https://r3---sn-4g5e6.example", "https://r3---sn-4g5e6.example", NULL},
    {"https://1password.com", "https://1password.com", NULL},
    {"https://" L63 ".example", "https://" L63 ".example", NULL},
    {"https://example.com.:8443", "https://example.com:8443", NULL},
    {"null", "null", NULL},

    /* Addresses */
    {"http://192.0.2.1:8080", "http://192.0.2.1:8080", NULL},
    {"HTTP://[::1]:80", "HTTP://[::1]", NULL},
    {"https://[2001:db8::1]", "https://[2001:db8::1]", NULL},
    {"https://[2001:DB8:0:0::0001]:8443", "https://[2001:DB8:0:0::0001]:8443", NULL},
    {"http://192.0.2", NULL, "not an IPv4 address"},
    {"http://192.0.2.256", NULL, "not an IPv4 address"},
    {"http://192.0.02.1", NULL, "not an IPv4 address"},
    {"http://0x7f.1", NULL, "not an IPv4 address"},
    {"http://127.0.0.0x1", NULL, "not an IPv4 address"},
    {"http://2130706433", NULL, "not an IPv4 address"},
    {"http://192.0.2.1.", "http://192.0.2.1", NULL},
    {"https://example.1", NULL, "not an IPv4 address"},
    {"http://[::1", NULL, "not an IPv6 address"},
    {"http://[]", NULL, "not an IPv6 address"},
    {"http://[::1]x", NULL, "not an IPv6 address"},
    {"http://[::g]", NULL, "not an IPv6 address"},
    {"http://[fe80::1%eth0]", NULL, "not an IPv6 address"},
    {"http://[192.0.2.1]", NULL, "not an IPv6 address"},
    {"http://[1:2:3:4:5:6:7:8:9]", NULL, "not an IPv6 address"},
    {"http://::1", NULL, "not a valid port"},
    {"http://[::1]:", NULL, "not a valid port"},

    /* Subdomains */
    {"https://*.example.com", "https://*.example.com", NULL},
    {"https://*.example.com:8443", "https://*.example.com:8443", NULL},
    {"http://*.localhost", "http://*.localhost", NULL},
    {"https://*.com", "https://*.com", NULL},
    {"*", NULL, "any alone"},
    {"*.example.com", NULL, "https://*.example.com"},
    {"https://*", NULL, "https://*.example.com"},
    {"https://*.", NULL, "https://*.example.com"},
    {"https://*.*.example.com", NULL, "https://*.example.com"},
    {"https://a.*.example.com", NULL, "https://*.example.com"},
    {"https://*a.example.com", NULL, "https://*.example.com"},
    {"https://example.*", NULL, "https://*.example.com"},
    {"https://example.com:*", NULL, "https://*.example.com"},
    {"*://example.com", NULL, "https://*.example.com"},
    {"chrome-extension://*", NULL, "https://*.example.com"},
    {"chrome-extension://*.x", NULL, "https://*.example.com"},
    {"https://*..example.com", NULL, "single dots"},
    {"http://*.0.0.1", NULL, "not an IPv4 address"},
    {"http://*.192.0.2.1", NULL, "not an IPv4 address"},
    {"http://*.[::1]", NULL, "not an IPv6 address"},

    /* Applications */
    {"capacitor://localhost", "capacitor://localhost", NULL},
    {"ionic://localhost:8080", "ionic://localhost:8080", NULL},
    {"tauri://localhost", "tauri://localhost", NULL},
    {"chrome-extension://abcdefghijklmnopabcdefghijklmnop",
     "chrome-extension://abcdefghijklmnopabcdefghijklmnop", NULL},
    {"moz-extension://0c2b8a5e-6b3c-4d5e-8f70-112233445566",
     "moz-extension://0c2b8a5e-6b3c-4d5e-8f70-112233445566", NULL},
    {"safari-web-extension://0C2B8A5E-6B3C-4D5E-8F70-112233445566",
     "safari-web-extension://0C2B8A5E-6B3C-4D5E-8F70-112233445566", NULL},
    {"app://.", "app://.", NULL},
    {"app://-", "app://-", NULL},
    {"com.example.app://localhost", "com.example.app://localhost", NULL},
    {"file://", "file://", NULL},
    {"file", NULL, "not an origin"},
    {"file:///", NULL, "not an origin"},
    {"file://host", NULL, "null for other browsers"},
    {"file://:80", NULL, "null for other browsers"},
    {"app://", NULL, "not a valid host name"},
    {"app://a%20b", NULL, "not a valid host name"},
    {"1app://localhost", NULL, "not an origin"},
    {"://localhost", NULL, "not an origin"},
    {"a b://localhost", NULL, "not an origin"},
    {"wss://example.com", NULL, "no page has an origin with this scheme"},
    {"WS://example.com", NULL, "no page has an origin with this scheme"},
    {"ftp://example.com", NULL, "no page has an origin with this scheme"},
    {"data://x", NULL, "no page has an origin with this scheme"},
    {"htps://example.com", NULL, "no page has an origin with this scheme"},
    {"hhtp://example.com", NULL, "no page has an origin with this scheme"},
    {"httpss://example.com", NULL, "no page has an origin with this scheme"},
    {"ttp://example.com", NULL, "no page has an origin with this scheme"},

    /* What no browser sends */
    {"", NULL, "not an origin"},
    {"example.com", NULL, "not an origin"},
    {"example.com:443", NULL, "not an origin"},
    {"https:example.com", NULL, "not an origin"},
    {"https:/example.com", NULL, "not an origin"},
    {"https://example.com/", NULL, "not an origin"},
    {"https://example.com/chat", NULL, "not an origin"},
    {"https://example.com?x", NULL, "not an origin"},
    {"https://example.com#x", NULL, "not an origin"},
    {"https://a@example.com", NULL, "not an origin"},
    {"https://example.com, https://x", NULL, "not an origin"},
    {"https://exam ple.com", NULL, "not an origin"},
    {"https://", NULL, "not a valid host name"},
    {"https://%", NULL, "not a valid host name"},
    {"https://ex%61mple.com", NULL, "not a valid host name"},
    {"https://exam\"ple.com", NULL, "not a valid host name"},
    {"https://..", NULL, "not a valid host name"},
    {"https://.", NULL, "not a valid host name"},
    {"https://a..b", NULL, "single dots"},
    {"https://.example.com", NULL, "single dots"},
    {"https://example.com..", NULL, "single dots"},
    {"https://" L63 "x.example", NULL, "not a valid host name"},
    {"https://" L63 "." L63 "." L63 "." L63, NULL, "not a valid host name"},
    {"https://b\xc3\xbc"
     "cher.example",
     NULL, "xn--"},
    {"b\xc3\xbc"
     "cher.example",
     NULL, "xn--"},
    {"https://example.com:", NULL, "1 to 65535"},
    {"https://example.com:0", NULL, "1 to 65535"},
    {"https://example.com:65536", NULL, "1 to 65535"},
    {"https://example.com:99999", NULL, "1 to 65535"},
    {"https://example.com:123456", NULL, "1 to 65535"},
    {"https://example.com:x", NULL, "1 to 65535"},
    {"https://example.com:80:80", NULL, "1 to 65535"},
    {"https://example.com:-1", NULL, "1 to 65535"},
};

/* What a client sends, and whether the pattern takes it in. */
static const struct {
    const char *pattern;
    const char *origin;
    bool matches;
} pairs[] = {
    {"https://example.com", "https://example.com", true},
    {"https://example.com", "HTTPS://Example.COM:443", true},
    {"https://Example.com:443", "https://example.com", true},
    {"https://example.com", "http://example.com", false},
    {"https://example.com", "http://example.com:443", false},
    {"https://example.com", "https://example.com:8443", false},
    {"https://example.com", "https://www.example.com", false},
    {"https://example.com", "https://example.com.evil", false},
    {"https://example.com", "https://example.com.", true},
    {"https://example.com", "https://example.com..", false},
    {"https://example.com", "https://example.com/", false},
    {"https://example.com", "https://example.com https://example.com", false},
    {"https://example.com", "https://example.com, https://example.com", false},
    {"https://example.com", "https://user@example.com", false},
    {"https://example.com", "null", false},
    {"https://example.com", "", false},
    {"null", "null", true},
    {"null", "https://example.com", false},
    {"null", "", false},
    {"null", "file://", false},

    {"https://*.example.com", "https://a.example.com", true},
    {"https://*.example.com", "https://A.EXAMPLE.com:443", true},
    {"https://*.example.com", "https://a.b.c.example.com", true},
    {"https://*.example.com", "https://xn--bcher-kva.example.com", true},
    {"https://*.example.com", "https://a_b.example.com", true},
    {"https://*.example.com", "https://example.com", false},
    {"https://*.example.com", "https://.example.com", false},
    {"https://*.example.com", "https://..example.com", false},
    {"https://*.example.com", "https://a..example.com", false},
    {"https://*.example.com", "https://*.example.com", false},
    {"https://*.example.com", "https://aexample.com", false},
    {"https://*.example.com", "https://a.example.com.evil", false},
    {"https://*.example.com", "https://a.example.com.", true},
    {"https://*.example.com", "https://example.com.", false},
    {"https://*.example.com", "https://.example.com.", false},
    {"https://*.example.com", "https://evil/.example.com", false},
    {"https://*.example.com", "https://evil?.example.com", false},
    {"https://*.example.com", "https://evil#.example.com", false},
    {"https://*.example.com", "https://evil\\.example.com", false},
    {"https://*.example.com", "https://evil@a.example.com", false},
    {"https://*.example.com", "https://evil%2f.example.com", false},
    {"https://*.example.com", "https://evil:80.example.com", false},
    {"https://*.example.com", "https://evil,https://a.example.com", false},
    {"https://*.example.com", "https://evil https://a.example.com", false},
    {"https://*.example.com", "https://\xc3\xbc.example.com", false},
    {"https://*.example.com", "http://a.example.com", false},
    {"https://*.example.com", "https://a.example.com:8443", false},
    {"https://*.example.com:8443", "https://a.example.com:8443", true},
    {"https://*.example.com:8443", "https://a.example.com", false},
    {"https://*.example.com", "null", false},
    {"https://*.com", "https://example.com", true},
    {"https://*.com", "https://com", false},

    {"http://[::1]", "http://[::1]:80", true},
    {"http://[0:0:0:0:0:0:0:1]", "http://[::1]", true},
    {"http://[2001:DB8::A]:8080", "http://[2001:db8::a]:8080", true},
    {"http://[::ffff:192.0.2.1]", "http://[::ffff:c000:201]", true},
    {"http://[::1]", "http://[::2]", false},
    {"http://192.0.2.1", "http://192.0.2.1", true},
    {"http://192.0.2.1", "http://[::ffff:c000:201]", false},
    {"http://192.0.2.1", "http://192.0.2.10", false},

    {"capacitor://localhost", "capacitor://localhost", true},
    {"capacitor://localhost", "http://localhost", false},
    {"capacitor://localhost", "capacitor://localhost:8080", false},
    {"app://.", "app://.", true},
    {"app://.", "app://-", false},
    {"file://", "file://", true},
    {"file://", "null", false},
    {"file://", "file:///", false},
    {"moz-extension://0c2b8a5e-6b3c-4d5e-8f70-112233445566",
     "moz-extension://0c2b8a5e-6b3c-4d5e-8f70-112233445566", true},
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
    {"https://example.com.", true, "example.com.", true},
    {"https://example.com.", true, "example.com", true},
    {"https://example.com", true, "example.com.:443", true},
    {"http://example.com", false, "example.com:80", true},
    {"http://[::1]:8080", false, "[::1]:8080", true},
    {"http://[::1]:8080", false, "[0:0::1]:8080", true},
    {"http://192.0.2.1", false, "192.0.2.1", true},
    {"http://example.com:443", false, "example.com", false},
    {"https://example.com", false, "example.com", false},
    {"https://example.com", true, "example.com:8443", false},
    {"https://example.com", true, "www.example.com", false},
    {"https://a.example.com", true, "*.example.com", false},
    {"https://example.com", true, NULL, false},
    {"https://example.com", true, "", false},
    {"null", true, "null", false},
    {"file://", true, "", false},
    {"https://example.com", true, "example.com/", false},
    {"https://example.com", true, "a@example.com", false},
    {"https://example.com", true, "example.com:0", false},
};

static const char *spelt(const struct ur_origin *origin)
{
    static char room[512];
    struct ur_buf buf = {room, sizeof room - 1, 0};

    ur_origin_write(&buf, origin);
    room[buf.len] = '\0';
    return room;
}

static void try_pattern(const char *text, const char *want, const char *word)
{
    struct ur_origin pattern;
    const char *complaint = ur_origin_pattern(edge(text), &pattern);
    bool fits = complaint && word && strstr(complaint, word);

    if (want) {
        is(complaint, NULL, text);
        is(spelt(&pattern), want, text);
    }
    else if (!ok(fits, "%s: %s", text, word)) {
        printf("#   got: %s\n", complaint ? complaint : "(nothing)");
    }
}

int main(void)
{
    struct ur_origin pattern;
    struct ur_origin origin;

    for (size_t i = 0; i < COUNT(patterns); i++) {
        try_pattern(patterns[i].text, patterns[i].spelt, patterns[i].complaint);
    }
    for (size_t i = 0; i < COUNT(pairs); i++) {
        const char *complaint = ur_origin_pattern(edge(pairs[i].pattern), &pattern);
        bool matches = !complaint && ur_origin_read(edge(pairs[i].origin), &origin) &&
                       ur_origin_matches(&pattern, &origin);
        ok(!complaint && matches == pairs[i].matches, "%s %s %s", pairs[i].pattern,
           pairs[i].matches ? "takes in" : "keeps out", pairs[i].origin);
    }
    for (size_t i = 0; i < COUNT(owns); i++) {
        bool own = ur_origin_own(owns[i].tls, edge(owns[i].host), &pattern) &&
                   ur_origin_read(edge(owns[i].origin), &origin) &&
                   ur_origin_matches(&pattern, &origin);
        ok(own == owns[i].own, "own: %s, %s", owns[i].origin, owns[i].host);
    }
    ok(!ur_origin_read(edge(NULL), &origin), "no origin");
    return tap_done();
}
