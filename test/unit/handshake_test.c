#include "tap.h"

#include "core/policy/ur_handshake.h"

#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define H1  UR_HTTP_1_1

/* The first failing rule wins, so each row breaks its rule and all later ones hold, or
 * the row says which later ones are broken as well. */
static const struct {
    const char *name;
    enum ur_http http;
    bool get;
    bool body;
    const char *upgrade, *connection, *version, *key;
    const char *reason;
} cases[] = {
    {"valid", H1, 1, 0, "websocket", "Upgrade", "13", KEY, "none"},
    {"valid, any case, in lists", H1, 1, 0, "h2c, WebSocket", "keep-alive, upgrade", "13", KEY,
     "none"},
    {"valid, extended CONNECT", UR_HTTP_2, 1, 0, "websocket", "Upgrade", "13", KEY, "none"},
    {"valid, Connection: close beside it", H1, 1, 0, "websocket", "close, Upgrade", "13", KEY,
     "none"},

    {"plain GET", H1, 1, 0, NULL, NULL, NULL, NULL, "websocket-missing"},
    {"plain POST over HTTP/1.0", UR_HTTP_1_0, 0, 1, NULL, NULL, NULL, NULL,
     "websocket-missing"},
    {"h2c offer", H1, 1, 0, "h2c", "Upgrade, HTTP2-Settings", NULL, NULL, "websocket-missing"},
    {"Upgrade without a word, Connection names it", H1, 1, 0, "", "upgrade", NULL, NULL,
     "websocket-missing"},

    {"Upgrade and Connection gone", H1, 1, 0, NULL, NULL, "13", KEY, "websocket-stripped"},
    {"only the key is left", H1, 1, 0, NULL, "keep-alive", NULL, KEY, "websocket-stripped"},
    {"only the version is left", UR_HTTP_1_0, 1, 0, NULL, "close", "13", NULL,
     "websocket-stripped"},
    {"Connection gone", H1, 1, 0, "websocket", NULL, NULL, NULL, "websocket-stripped"},
    {"Connection replaced", H1, 1, 0, "websocket", "close", "13", KEY, "websocket-stripped"},
    {"Upgrade gone", H1, 1, 0, NULL, "upgrade", NULL, NULL, "websocket-stripped"},
    {"Upgrade replaced by h2c", H1, 1, 0, "h2c", "Upgrade", "13", KEY, "websocket-stripped"},

    {"HTTP/1.0", UR_HTTP_1_0, 0, 1, "websocket", "Upgrade", "13", KEY,
     "websocket-http-version"},
    {"HTTP/0.9", UR_HTTP_0_9, 1, 0, "websocket", "Upgrade", "13", KEY,
     "websocket-http-version"},
    {"POST", H1, 0, 1, "websocket", "Upgrade", "13", KEY, "websocket-method"},
    {"body", H1, 1, 1, "websocket", "Upgrade", "8", KEY, "websocket-body"},
    {"version 8", H1, 1, 0, "websocket", "Upgrade", "8", NULL, "websocket-version"},
    {"no version", H1, 1, 0, "websocket", "Upgrade", NULL, KEY, "websocket-version"},
    {"version twice", H1, 1, 0, "websocket", "Upgrade", "13, 13", KEY, "websocket-version"},
    {"versions 13 and 8", H1, 1, 0, "websocket", "Upgrade", "13, 8", KEY, "websocket-version"},
    {"version 013", H1, 1, 0, "websocket", "Upgrade", "013", KEY, "websocket-version"},
    {"no key", H1, 1, 0, "websocket", "Upgrade", "13", NULL, "websocket-key"},
    {"short key", H1, 1, 0, "websocket", "Upgrade", "13", "YQ==", "websocket-key"},
    {"key twice", H1, 1, 0, "websocket", "Upgrade", "13", KEY ", " KEY, "websocket-key"},
    {"no key, and Connection names it", H1, 1, 0, "websocket", "Upgrade, Sec-WebSocket-Key",
     "13", NULL, "websocket-key"},
};

/* What Connection names besides "upgrade", and whether the handshake would lose a field by it.
 */
static const struct {
    const char *connection;
    bool loses;
} named[] = {
    {"Upgrade, Sec-WebSocket-Protocol", true},
    {"Sec-WebSocket-Version, Upgrade", true},
    {"upgrade,sec-websocket-key", true},
    {"Upgrade, SEC-WEBSOCKET-EXTENSIONS", true},
    {"Upgrade, Sec-WebSocket-Whatever", true},
    {"Upgrade, Sec-WebSocket-", true},
    {"Upgrade, Origin", true},
    {"Upgrade, Host", true},
    {"Upgrade, Cookie", true},
    {"close, Upgrade, x, hOsT", true},
    {"Upgrade, x Origin", true},
    {"Upgrade, x;Origin", true},
    {"Upgrade, \"Origin\"", true},
    {"Upgrade, \"a, Cookie", true},
    {"Upgrade, \x01"
     "Cookie\x01",
     true},
    {"Upgrade, x/Host", true},
    {"Upgrade", false},
    {"keep-alive, Upgrade, HTTP2-Settings", false},
    {"Upgrade, Origins", false},
    {"Upgrade, X-Origin", false},
    {"Upgrade, Cookie2", false},
    {"Upgrade, Sec-WebSocket", false},
    {"Upgrade, X-Sec-WebSocket-Key", false},
    {"Upgrade, Authorization", false},
    {"Upgrade,,;,\t, ", false},
};

static const struct {
    const char *name;
    const char *upgrade, *connection, *version, *key;
    bool asks;
} switches[] = {
    {"nothing", NULL, "keep-alive", NULL, NULL, false},
    {"empty Upgrade", " , ", NULL, NULL, NULL, false},
    {"websocket", "websocket", "Upgrade", "13", KEY, true},
    {"h2c", "h2c", "Upgrade", NULL, NULL, false},
    {"h2c with its settings", "H2C", "Upgrade, HTTP2-Settings", NULL, NULL, false},
    {"h2c twice", "h2c,, h2c", "Upgrade", NULL, NULL, false},
    {"h2c among others", "h2c, websocket", "Upgrade", NULL, NULL, true},
    {"h2c after another", "TLS/1.3, h2c", "Upgrade", NULL, NULL, true},
    {"h2c with a version", "h2c/1", "Upgrade", NULL, NULL, true},
    {"h2c beside a key", "h2c", "Upgrade", NULL, KEY, true},
    {"h2c beside a version", "h2c", "Upgrade", "13", NULL, true},
    {"h2", "h2", "Upgrade", NULL, NULL, true},
    {"quoted", "\"h2c\"", "Upgrade", NULL, NULL, true},
    {"Upgrade alone", "foo", NULL, NULL, NULL, true},
    {"Connection alone, as proxies set it", NULL, "upgrade", NULL, NULL, false},
    {"key alone", NULL, NULL, NULL, KEY, true},
    {"version alone", NULL, NULL, "13", NULL, true},
};

static const struct {
    const char *upgrade;
    bool offers;
} tls[] = {
    {NULL, false},
    {"", false},
    {"TLS", true},
    {"TLS/1.0", true},
    {"TLS/1.2,TLS/1.1,TLS/1.0", true}, /* CUPS */
    {"h2c, tls/9", true},
    {"TLS/", true},
    {"h2c", false},
    {"TLSv1.2", false},
    {"DTLS/1.2", false},
    {"x/TLS", false},
    {"websocket/TLS/1.2", false},
    {"\"TLS/1.2\"", false},
};

static const struct ur_origin LISTED[] = {
    {.kind = UR_ORIGIN_HTTPS, .host = {"app.example.com", 15}, .port = 443},
    {.kind = UR_ORIGIN_OPAQUE},
    {.kind = UR_ORIGIN_HTTPS, .host = {"wild.example", 12}, .port = 443, .subdomains = true}};
static const struct ur_origins LIST = {false, 3, LISTED};
static const struct ur_origins SAME = {true, 0, NULL};
static const struct ur_origins BOTH = {true, 3, LISTED};
static const struct ur_origins ALL = {false, 0, NULL};

static const struct ur_span NAMES[] = {{"chat.v2", 7}, {"chat.v1", 7}};
static const struct ur_words ACCEPTED = {2, NAMES};
static const struct ur_words WHATEVER = {0, NULL};

/* A handshake that keeps the first six rules. */
static const struct {
    const char *name;
    const struct ur_origins *origins;
    const struct ur_words *subprotocols;
    const char *origin;
    const char *protocol;
    const char *reason;
} offers[] = {
    {"no rule", NULL, NULL, "https://evil.example", "x", "none"},
    {"any", &ALL, &WHATEVER, "https://evil.example", NULL, "none"},
    {"listed", &LIST, NULL, "https://app.example.com", NULL, "none"},
    {"listed, its port written", &LIST, NULL, "HTTPS://App.Example.com:443", NULL, "none"},
    {"listed null", &LIST, NULL, "null", NULL, "none"},
    {"not listed", &LIST, NULL, "https://evil.example", NULL, "websocket-origin"},
    {"another scheme", &LIST, NULL, "http://app.example.com", NULL, "websocket-origin"},
    {"another port", &LIST, NULL, "https://app.example.com:8443", NULL, "websocket-origin"},
    {"a suffix of the host", &LIST, NULL, "https://x.app.example.com", NULL,
     "websocket-origin"},
    {"a longer host", &LIST, NULL, "https://app.example.com.evil.example", NULL,
     "websocket-origin"},
    {"sent twice", &LIST, NULL, "https://app.example.com, https://app.example.com", NULL,
     "websocket-origin"},
    {"empty", &LIST, NULL, "", NULL, "websocket-origin"},
    {"no Origin: not a browser", &LIST, NULL, NULL, NULL, "none"},
    {"same", &SAME, NULL, "https://localhost:8443", NULL, "none"},
    {"same host, another port", &SAME, NULL, "https://localhost", NULL, "websocket-origin"},
    {"same host in clear", &SAME, NULL, "http://localhost:8443", NULL, "websocket-origin"},
    {"null is not the same", &SAME, NULL, "null", NULL, "websocket-origin"},
    {"a subdomain", &LIST, NULL, "https://a.b.wild.example", NULL, "none"},
    {"no subdomain", &LIST, NULL, "https://wild.example", NULL, "websocket-origin"},
    {"same or listed", &BOTH, NULL, "https://app.example.com", NULL, "none"},
    {"offered", NULL, &ACCEPTED, NULL, "x, chat.v1", "none"},
    {"none offered", NULL, &ACCEPTED, NULL, NULL, "websocket-subprotocol"},
    {"another offered", NULL, &ACCEPTED, NULL, "chat.v3", "websocket-subprotocol"},
    {"case counts", NULL, &ACCEPTED, NULL, "Chat.V2", "websocket-subprotocol"},
    {"origin before subprotocol", &LIST, &ACCEPTED, "https://evil.example", NULL,
     "websocket-origin"},
};

/* Whether "asks" is true for the four fields of a request. */
static const struct {
    const char *name;
    const char *upgrade, *connection, *version, *key;
    bool asks;
} meant[] = {
    {"nothing", NULL, "keep-alive", NULL, NULL, false},
    {"websocket", "h2c, websocket", NULL, NULL, NULL, true},
    {"h2c", "h2c", "Upgrade", NULL, NULL, false},
    {"Connection alone, as proxies set it", NULL, "upgrade", NULL, NULL, false},
    {"key alone", NULL, NULL, NULL, "x", true},
    {"version alone", "h2c", "Upgrade", "13", NULL, true},
};

/* Host names nothing of this server: then nothing is the same, and the rest counts as ever. */
static const struct {
    const char *name;
    const struct ur_origins *origins;
    const char *origin;
    const char *reason;
} strangers[] = {
    {"alike, but no name of this server", &SAME, "http://rebound.example", "websocket-origin"},
    {"alike, and something is listed", &BOTH, "http://rebound.example", "websocket-origin"},
    {"listed", &BOTH, "https://app.example.com", "none"},
    {"no Origin", &SAME, NULL, "none"},
    {"null", &SAME, "null", "websocket-origin"},
    {"all accepted", &ALL, "http://rebound.example", "none"},
};

static void test_strangers(void)
{
    for (size_t i = 0; i < COUNT(strangers); i++) {
        struct ur_handshake handshake = {.http = H1,
                                         .get = true,
                                         .upgrade = edge("websocket"),
                                         .connection = edge("Upgrade"),
                                         .version = edge("13"),
                                         .key = edge(KEY),
                                         .origin = edge(strangers[i].origin),
                                         .origins = strangers[i].origins};
        is(ur_reason_row(ur_handshake_judge(&handshake))->word, strangers[i].reason,
           strangers[i].name);
    }
}

static void test_offers(void)
{
    for (size_t i = 0; i < COUNT(offers); i++) {
        struct ur_handshake handshake = {.http = H1,
                                         .get = true,
                                         .upgrade = edge("websocket"),
                                         .connection = edge("Upgrade"),
                                         .version = edge("13"),
                                         .key = edge(KEY),
                                         .origin = edge(offers[i].origin),
                                         .protocol = edge(offers[i].protocol),
                                         .own_host = edge("localhost:8443"),
                                         .tls = true,
                                         .origins = offers[i].origins,
                                         .subprotocols = offers[i].subprotocols};
        is(ur_reason_row(ur_handshake_judge(&handshake))->word, offers[i].reason,
           offers[i].name);
    }
}

static void test_tls(void)
{
    for (size_t i = 0; i < COUNT(tls); i++) {
        struct ur_handshake handshake = {.upgrade = edge(tls[i].upgrade)};
        ok(ur_handshake_offers_tls(&handshake) == tls[i].offers, "offers TLS: %s",
           tls[i].upgrade ? tls[i].upgrade : "(absent)");
    }
}

static void test_named(void)
{
    for (size_t i = 0; i < COUNT(named); i++) {
        struct ur_handshake handshake = {.http = H1,
                                         .get = true,
                                         .upgrade = edge("websocket"),
                                         .connection = edge(named[i].connection),
                                         .version = edge("13"),
                                         .key = edge(KEY)};
        is(ur_reason_row(ur_handshake_judge(&handshake))->word,
           named[i].loses ? "websocket-connection" : "none", named[i].connection);
    }
}

int main(void)
{
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ur_handshake handshake = {.http = cases[i].http,
                                         .get = cases[i].get,
                                         .body = cases[i].body,
                                         .upgrade = edge(cases[i].upgrade),
                                         .connection = edge(cases[i].connection),
                                         .version = edge(cases[i].version),
                                         .key = edge(cases[i].key)};
        is(ur_reason_row(ur_handshake_judge(&handshake))->word, cases[i].reason, cases[i].name);
    }
    for (size_t i = 0; i < COUNT(switches); i++) {
        struct ur_handshake handshake = {.http = H1,
                                         .get = true,
                                         .upgrade = edge(switches[i].upgrade),
                                         .connection = edge(switches[i].connection),
                                         .version = edge(switches[i].version),
                                         .key = edge(switches[i].key)};
        ok(ur_handshake_asks_switch(&handshake) == switches[i].asks, "asks: %s",
           switches[i].name);
    }
    for (size_t i = 0; i < COUNT(meant); i++) {
        struct ur_handshake handshake = {.http = H1,
                                         .get = true,
                                         .upgrade = edge(meant[i].upgrade),
                                         .connection = edge(meant[i].connection),
                                         .version = edge(meant[i].version),
                                         .key = edge(meant[i].key)};
        ok(ur_handshake_asks(&handshake) == meant[i].asks, "means a WebSocket: %s",
           meant[i].name);
    }
    test_tls();
    test_named();
    test_offers();
    test_strangers();
    return tap_done();
}
