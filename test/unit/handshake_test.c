#include "tap.h"

#include "judgement/ur_handshake.h"

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
};

static const struct {
    const char *name;
    const char *upgrade, *connection, *version, *key;
    bool asks;
} switches[] = {
    {"nothing", NULL, "keep-alive", NULL, NULL, false},
    {"empty Upgrade", " , ", NULL, NULL, NULL, false},
    {"websocket", "websocket", "Upgrade", "13", KEY, true},
    {"h2c", "h2c", "Upgrade", NULL, NULL, true},
    {"Upgrade alone", "foo", NULL, NULL, NULL, true},
    {"Connection alone", NULL, "upgrade", NULL, NULL, true},
    {"key alone", NULL, NULL, NULL, KEY, true},
    {"version alone", NULL, NULL, "13", NULL, true},
};

int main(void)
{
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ur_handshake handshake = {cases[i].http,
                                         cases[i].get,
                                         cases[i].body,
                                         edge(cases[i].upgrade),
                                         edge(cases[i].connection),
                                         edge(cases[i].version),
                                         edge(cases[i].key)};
        is(ur_reason_row(ur_handshake_judge(&handshake))->word, cases[i].reason, cases[i].name);
    }
    for (size_t i = 0; i < COUNT(switches); i++) {
        struct ur_handshake handshake = {H1,
                                         true,
                                         false,
                                         edge(switches[i].upgrade),
                                         edge(switches[i].connection),
                                         edge(switches[i].version),
                                         edge(switches[i].key)};
        ok(ur_handshake_asks_switch(&handshake) == switches[i].asks, "asks: %s",
           switches[i].name);
    }
    return tap_done();
}
