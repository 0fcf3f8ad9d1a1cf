#include "tap.h"

#include "core/policy/ur_trusted_proxy.h"

#define OWN_TLS  UR_TLS_1_3
#define OWN_HTTP UR_HTTP_1_1

#define N UR_HEARD_NOTHING
#define W UR_HEARD_WELL
#define U UR_HEARD_UNKNOWN
#define C UR_HEARD_CONTRADICTORY
#define D UR_HEARD_DISOWNED

/* What a server that speaks TLS 1.3 and HTTP/1.1 with its proxy takes the client to speak, and
 * what becomes of each statement: TLS, HTTP, scheme. */
static const struct {
    const char *tls;
    const char *http;
    const char *scheme;
    enum ur_tls seen_tls;
    enum ur_http seen_http;
    enum ur_heard heard[UR_STATEMENTS];
} cases[] = {
    {NULL, NULL, NULL, OWN_TLS, OWN_HTTP, {N, N, N}},
    {"TLSv1.2", "HTTP/2.0", "https", UR_TLS_1_2, UR_HTTP_2, {W, W, W}},
    {"TLS/1.1", "HTTP/1.0", "https", UR_TLS_1_1, UR_HTTP_1_0, {W, W, W}},
    {"1.0", "0.9", NULL, UR_TLS_1_0, UR_HTTP_0_9, {W, W, N}},
    {"TLSv1", "1.1", NULL, UR_TLS_1_0, UR_HTTP_1_1, {W, W, N}},
    {"tlsV1.3", "http/3", "WSS", UR_TLS_1_3, UR_HTTP_2, {W, W, W}},
    {NULL, "2", "https", UR_TLS_SOME, UR_HTTP_2, {N, W, W}},
    {NULL, "h2", "http", UR_TLS_NONE, UR_HTTP_2, {N, W, W}},
    {NULL, "H3", "ws", UR_TLS_NONE, UR_HTTP_2, {N, W, W}},
    {NULL, "3.0", NULL, OWN_TLS, UR_HTTP_2, {N, W, N}},
    {"what", NULL, "https", UR_TLS_SOME, OWN_HTTP, {U, N, W}},
    {"TLSv1.2", NULL, "ftp", UR_TLS_1_2, OWN_HTTP, {W, N, U}},

    /* A scheme in clear is clear, and a version of TLS beside it is told. */
    {"TLSv1.2", "2", "http", UR_TLS_NONE, UR_HTTP_2, {C, W, W}},
    {"TLSv1.2", "3.0", "ws", UR_TLS_NONE, UR_HTTP_2, {C, W, W}},
    {"what", "2", "http", UR_TLS_NONE, UR_HTTP_2, {U, W, W}},

    /* Lists whose members mean the same are one value. */
    {"TLSv1.2, TLSv1.2", "2, 2", "http, http", UR_TLS_NONE, UR_HTTP_2, {C, W, W}},
    {"TLSv1.2,TLS/1.2, 1.2",
     "HTTP/2.0 , h2,2",
     "https,https",
     UR_TLS_1_2,
     UR_HTTP_2,
     {W, W, W}},
    {" TLSv1.2 ", "1.0,,", " https, WSS", UR_TLS_1_2, UR_HTTP_1_0, {W, W, W}},
    {"TLSv1.2, TLSv1.3", "2, 1.1", "https, http", OWN_TLS, OWN_HTTP, {C, C, C}},
    {"TLSv1.2, ", "2, HTTP/3", "http, wss", UR_TLS_1_2, UR_HTTP_2, {W, W, C}},
    {"TLSv1.2, what", "what, 2", "https, -", OWN_TLS, OWN_HTTP, {U, U, U}},

    /* Nothing stated */
    {"", "", "", OWN_TLS, OWN_HTTP, {N, N, N}},
    {" ,", ", ,", "\t", OWN_TLS, OWN_HTTP, {N, N, N}},
    {"-", "(null)", "(NULL)", OWN_TLS, OWN_HTTP, {N, N, N}},
    {"-", "-", "http", UR_TLS_NONE, OWN_HTTP, {N, N, W}},

    /* Not understood */
    {"TLSv1.4", "HTTP/4", NULL, OWN_TLS, OWN_HTTP, {U, U, N}},
    {"TLSv", "HTTP/", NULL, OWN_TLS, OWN_HTTP, {U, U, N}},
    {"TLSvTLS/1.2", "HTTP/HTTP/2", NULL, OWN_TLS, OWN_HTTP, {U, U, N}},
    {"TLS/TLSv1.2", "2.1", NULL, OWN_TLS, OWN_HTTP, {U, U, N}},
    {"TLSv1.3:TLS_AES_128_GCM_SHA256:fullHandshake",
     "HTTP/h2",
     "https:",
     OWN_TLS,
     OWN_HTTP,
     {U, U, U}},
    {"TLSv 1.2", "HTTP /2", "http://", OWN_TLS, OWN_HTTP, {U, U, U}},
    {"SSLv3", "h2c", "HTTP/2", OWN_TLS, OWN_HTTP, {U, U, U}},
    {"\"TLSv1.2\"", "\"2", "\"https, https\"", OWN_TLS, OWN_HTTP, {U, U, U}},
    {"unknown", "unknown", "unknown", OWN_TLS, OWN_HTTP, {U, U, U}},
};

static void test_cases(void)
{
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ur_statement stated[UR_STATEMENTS] = {{edge(cases[i].tls), false},
                                                     {edge(cases[i].http), false},
                                                     {edge(cases[i].scheme), false}};
        struct ur_forwarded heard =
            ur_trusted_proxy_hear((struct ur_seen){.tls = OWN_TLS, .http = OWN_HTTP}, stated);
        const char *tls = cases[i].tls ? cases[i].tls : "no tls";
        const char *http = cases[i].http ? cases[i].http : "no http";
        const char *scheme = cases[i].scheme ? cases[i].scheme : "no scheme";

        ok(heard.seen.tls == cases[i].seen_tls && heard.seen.http == cases[i].seen_http,
           "%s | %s | %s: counts", tls, http, scheme);
        for (size_t k = 0; k < UR_STATEMENTS; k++) {
            ok(heard.heard[k] == cases[i].heard[k], "%s | %s | %s: %s heard", tls, http, scheme,
               ur_trusted_proxy_stated_word((enum ur_stated)k));
        }
    }
}

/* Every outcome of TLS and scheme: a redirect goes only to who is certainly in clear, and what
 * is not understood is told, and nothing else. */
static void test_doubts(void)
{
    static const enum ur_heard all[] = {N, W, U, C, D};

    for (size_t tls = 0; tls < COUNT(all); tls++) {
        for (size_t scheme = 0; scheme < COUNT(all); scheme++) {
            struct ur_forwarded told = {.heard = {all[tls], UR_HEARD_NOTHING, all[scheme]}};
            char text[UR_FORWARDED_TELL_MAX] = "";
            struct ur_buf buf = {text, sizeof text - 1, 0};
            bool certain = tls < 2 && scheme < 2;

            ur_trusted_proxy_tell(&told, &buf);
            ok(ur_trusted_proxy_surely_clear(&told) == certain, "%zu %zu: certain", tls,
               scheme);
            ok(!*text == certain, "%zu %zu: told: %s", tls, scheme, text);
            ok(!strstr(text, "tls=") == (tls < 2) && !strstr(text, "scheme=") == (scheme < 2),
               "%zu %zu: which", tls, scheme);
        }
    }
}

/* TLS, scheme and group as a proxy states them, which itself comes in clear or over TLS 1.3
 * with X25519MLKEM768, and what counts. */
static const struct {
    const char *tls, *scheme, *group;
    const char *clear;     /* TLS and key exchange if the proxy comes in clear */
    const char *encrypted; /* if it comes over TLS */
    enum ur_heard heard;   /* of the group */
} exchanges[] = {
    /* Nothing stated: what the server sees counts. */
    {NULL, NULL, NULL, "none none", "1.3 X25519MLKEM768", N},
    {"-", "", "(null)", "none none", "1.3 X25519MLKEM768", N},

    /* The group is stated. */
    {NULL, NULL, "X25519MLKEM768", "unknown X25519MLKEM768", "1.3 X25519MLKEM768", W},
    {NULL, NULL, "x25519", "unknown x25519", "1.3 x25519", W},
    {NULL, NULL, "0x11ec", "unknown X25519MLKEM768", "1.3 X25519MLKEM768", W},
    {"TLSv1.3", NULL, "X25519MLKEM768", "1.3 X25519MLKEM768", "1.3 X25519MLKEM768", W},
    {"TLSv1.3", "https", "P-256", "1.3 secp256r1", "1.3 secp256r1", W},
    {"TLSv1.2", "https", "prime256v1", "1.2 secp256r1", "1.2 secp256r1", W},
    {NULL, "https", "MLKEM1024", "unknown MLKEM1024", "unknown MLKEM1024", W},
    {NULL, "https", "x25519, X25519", "unknown x25519", "unknown x25519", W},

    /* It is not, but other facts about TLS are: the proxy's own key exchange is not the
       client's. */
    {"TLSv1.3", NULL, NULL, "1.3 forward-secret", "1.3 forward-secret", N},
    {"TLSv1.3", "https", "-", "1.3 forward-secret", "1.3 forward-secret", N},
    {"TLSv1.2", NULL, NULL, "1.2 unknown", "1.2 unknown", N},
    {NULL, "https", NULL, "unknown unknown", "unknown unknown", N},
    {NULL, "http", NULL, "none none", "none none", N},
    {"TLSv1.2", "http", NULL, "none none", "none none", N},

    /* What is not understood is no reason to believe the proxy's own. */
    {"what", NULL, NULL, "none none", "1.3 unknown", N},
    {NULL, "what", NULL, "none none", "1.3 unknown", N},
    {NULL, NULL, "what", "none none", "1.3 unknown", U},
    {NULL, NULL, "X25519MLKEM768, x25519", "none none", "1.3 unknown", C},
    {"TLSv1.3", NULL, "what", "1.3 forward-secret", "1.3 forward-secret", U},
    {NULL, "https", "x25519, what", "unknown unknown", "unknown unknown", U},
    {"TLSv1.2", "https", "P-256, P-384", "1.2 unknown", "1.2 unknown", C},

    /* A group in clear contradicts itself. */
    {NULL, "http", "x25519", "none none", "none none", C},
    {"TLSv1.3", "http", "X25519MLKEM768", "none none", "none none", C},
};

static void check_exchange(size_t i, struct ur_seen own, bool disowned, const char *want)
{
    struct ur_statement stated[UR_STATEMENTS] = {
        [UR_STATED_TLS] = {edge(exchanges[i].tls), disowned},
        [UR_STATED_HTTP] = {{NULL, 0}, disowned},
        [UR_STATED_SCHEME] = {edge(exchanges[i].scheme), disowned},
        [UR_STATED_GROUP] = {edge(exchanges[i].group), disowned}};
    struct ur_forwarded heard = ur_trusted_proxy_hear(own, stated);
    const char *tls = ur_protocol_tls(heard.seen.tls);
    const char *agreed = ur_protocol_agreed(heard.seen);
    char text[80];
    char name[160];

    snprintf(name, sizeof name, "%s | %s | %s", exchanges[i].tls ? exchanges[i].tls : "no tls",
             exchanges[i].scheme ? exchanges[i].scheme : "no scheme",
             exchanges[i].group ? exchanges[i].group : "no group");
    snprintf(text, sizeof text, "%s %s", tls ? tls : "none", agreed ? agreed : "none");
    is(text, want, name);
    if (!disowned) {
        ok(heard.heard[UR_STATED_GROUP] == exchanges[i].heard, "%s: heard", name);
    }
}

static void test_exchanges(void)
{
    static const struct ur_seen clear = {.http = OWN_HTTP};
    static const struct ur_seen encrypted = {UR_TLS_1_3, OWN_HTTP, UR_KEX_POST_QUANTUM, 0x11EC};

    for (size_t i = 0; i < COUNT(exchanges); i++) {
        bool stated = i >= 2;
        check_exchange(i, clear, false, exchanges[i].clear);
        check_exchange(i, encrypted, false, exchanges[i].encrypted);
        check_exchange(i, clear, true, "none none");
        check_exchange(i, encrypted, true, stated ? "1.3 unknown" : "1.3 X25519MLKEM768");
    }
}

static void told(enum ur_heard heard, const char *want)
{
    struct ur_forwarded edge_told = {.heard = {heard, heard, heard, heard}};
    char text[UR_FORWARDED_TELL_MAX] = "";
    struct ur_buf buf = {text, sizeof text - 1, 0};

    ur_trusted_proxy_tell(&edge_told, &buf);
    ok(!ur_buf_full(&buf), "there is room");
    is(text, want, "what is told");
}

/* Disowned only where something was stated. */
static void test_disowned(void)
{
    struct ur_statement stated[UR_STATEMENTS] = {
        {UR_SPAN("TLSv1.2"), true}, {{NULL, 0}, true}, {UR_SPAN("https"), true}};
    struct ur_forwarded heard =
        ur_trusted_proxy_hear((struct ur_seen){.tls = UR_TLS_NONE, .http = OWN_HTTP}, stated);

    ok(heard.seen.tls == UR_TLS_NONE, "what is disowned does not count");
    ok(heard.heard[UR_STATED_TLS] == UR_HEARD_DISOWNED, "it is told");
    ok(heard.heard[UR_STATED_HTTP] == UR_HEARD_NOTHING, "what did not come is not");
}

int main(void)
{
    test_cases();
    test_doubts();
    test_disowned();
    test_exchanges();
    told(UR_HEARD_WELL, "");
    told(UR_HEARD_UNKNOWN, ", not understood: tls=unknown, http=unknown, scheme=unknown, "
                           "group=unknown");
    told(UR_HEARD_DISOWNED, ", not understood: tls=disowned, http=disowned, scheme=disowned, "
                            "group=disowned");
    told(UR_HEARD_CONTRADICTORY, ", not understood: tls=contradictory, http=contradictory, "
                                 "scheme=contradictory, group=contradictory");
    return tap_done();
}
