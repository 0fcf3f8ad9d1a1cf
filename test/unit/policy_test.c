#include "tap.h"

#include "core/policy/ur_policy.h"

/* Space-separated words in, the canonical spelling or the complaint out. */
static const struct {
    const char *words;
    const char *canonical; /* NULL: refused */
    const char *complaint; /* a part of it */
} spellings[] = {
    {"TLS", "TLS", NULL},
    {"tls/1.2", "TLS/1.2", NULL},
    {"websocket http/2 TLS/1.3", "TLS/1.3 HTTP/2 WebSocket", NULL},
    {"HTTP/1.1", "HTTP/1.1", NULL},
    {"TLS TLS/1.2", NULL, "second requirement of its family"},
    {"HTTP/2 HTTP/1.1", NULL, "second requirement of its family"},
    {"WebSocket websocket", NULL, "second requirement of its family"},
    {"HTTP/3", NULL, "cannot detect HTTP/3"},
    {"HTTP/2.0", NULL, "use HTTP/2"},
    {"TLSv1.2", NULL, "use TLS/1.2"},
    {"TLS/1.1", NULL, "RFC 8996"},
    {"wss", NULL, "use TLS WebSocket"},
    {"TLS none", NULL, "must be the only argument"},
    {"forwardsecrecy", "ForwardSecrecy", NULL},
    {"WebSocket HTTP/2 postquantum TLS/1.3", "TLS/1.3 PostQuantum HTTP/2 WebSocket", NULL},
    {"ForwardSecrecy PostQuantum", NULL, "second requirement of its family"},
    {"PFS", NULL, "use ForwardSecrecy"},
    {"forward-secrecy", NULL, "use ForwardSecrecy"},
    {"PQ", NULL, "use PostQuantum"},
    {"ML-KEM", NULL, "use PostQuantum"},
    {"X25519MLKEM768", NULL, "use PostQuantum, which any ML-KEM group meets"},
    {"x25519", NULL, "use ForwardSecrecy, which any group meets"},
    {"P-256", NULL, "use ForwardSecrecy, which any group meets"},
    {"gopher", NULL, "ForwardSecrecy or PostQuantum"},
};

#define TLS  UR_FAMILY_TLS
#define KEX  UR_FAMILY_KEY_EXCHANGE
#define HTTP UR_FAMILY_HTTP
#define WS   UR_FAMILY_WEBSOCKET

/* TLS, HTTP, WebSocket demanded; TLS and HTTP seen, "h" for a valid handshake; then the
 * reason and the unmet families. */
static const struct {
    const char *name;
    struct ur_policy policy;
    enum ur_tls tls;
    enum ur_http http;
    bool handshake;
    const char *reason;
    unsigned unmet;
} judgements[] = {
    {"nothing demanded",
     {UR_TLS_NONE, UR_HTTP_ANY, 0, 0},
     UR_TLS_NONE,
     UR_HTTP_0_9,
     0,
     "none",
     0},
    {"TLS, clear", {UR_TLS_SOME, 0, 0, 0}, UR_TLS_NONE, UR_HTTP_2, 0, "tls-missing", TLS},
    {"TLS, unknown version", {UR_TLS_SOME, 0, 0, 0}, UR_TLS_SOME, UR_HTTP_1_1, 0, "none", 0},
    {"TLS/1.2, clear", {UR_TLS_1_2, 0, 0, 0}, UR_TLS_NONE, UR_HTTP_1_1, 0, "tls-missing", TLS},
    {"TLS/1.2, unknown version",
     {UR_TLS_1_2, 0, 0, 0},
     UR_TLS_SOME,
     UR_HTTP_1_1,
     0,
     "tls-version",
     TLS},
    {"TLS/1.2, 1.1", {UR_TLS_1_2, 0, 0, 0}, UR_TLS_1_1, UR_HTTP_1_1, 0, "tls-version", TLS},
    {"TLS/1.2, 1.2", {UR_TLS_1_2, 0, 0, 0}, UR_TLS_1_2, UR_HTTP_1_1, 0, "none", 0},
    {"TLS/1.2, 1.3", {UR_TLS_1_2, 0, 0, 0}, UR_TLS_1_3, UR_HTTP_1_1, 0, "none", 0},
    {"TLS/1.3, 1.2", {UR_TLS_1_3, 0, 0, 0}, UR_TLS_1_2, UR_HTTP_1_1, 0, "tls-version", TLS},
    {"HTTP/1.1, 1.0", {0, UR_HTTP_1_1, 0, 0}, UR_TLS_1_3, UR_HTTP_1_0, 0, "http-version", HTTP},
    {"HTTP/1.1, 0.9",
     {0, UR_HTTP_1_1, 0, 0},
     UR_TLS_NONE,
     UR_HTTP_0_9,
     0,
     "http-version",
     HTTP},
    {"HTTP/1.1, 2", {0, UR_HTTP_1_1, 0, 0}, UR_TLS_NONE, UR_HTTP_2, 0, "none", 0},
    {"HTTP/2, 1.1", {0, UR_HTTP_2, 0, 0}, UR_TLS_NONE, UR_HTTP_1_1, 0, "http-version", HTTP},
    {"WebSocket, plain", {0, 0, 1, 0}, UR_TLS_NONE, UR_HTTP_1_1, 0, "websocket-missing", WS},
    {"WebSocket, handshake", {0, 0, 1, 0}, UR_TLS_NONE, UR_HTTP_1_1, 1, "none", 0},
    {"WebSocket and HTTP/2, extended CONNECT",
     {0, UR_HTTP_2, 1, 0},
     UR_TLS_1_3,
     UR_HTTP_2,
     1,
     "none",
     0},
    {"all three unmet: TLS is the reason",
     {UR_TLS_1_2, UR_HTTP_2, 1, 0},
     UR_TLS_NONE,
     UR_HTTP_1_1,
     0,
     "tls-missing",
     TLS | HTTP | WS},
    {"HTTP before WebSocket",
     {0, UR_HTTP_2, 1, 0},
     UR_TLS_1_3,
     UR_HTTP_1_1,
     0,
     "http-version",
     HTTP | WS},
};

/* The key exchange demanded beside TLS, HTTP and WebSocket; TLS and the key exchange seen, over
 * HTTP/1.1 without a handshake. */
static const struct {
    struct ur_policy policy;
    enum ur_tls tls;
    enum ur_key_exchange seen;
    const char *reason;
    unsigned unmet;
} exchanges[] = {
    {{.key_exchange = UR_KEX_FORWARD_SECRET}, UR_TLS_NONE, UR_KEX_NONE, "key-exchange", KEX},
    {{.key_exchange = UR_KEX_FORWARD_SECRET}, UR_TLS_1_2, UR_KEX_UNKNOWN, "key-exchange", KEX},
    {{.key_exchange = UR_KEX_FORWARD_SECRET}, UR_TLS_1_2, UR_KEX_STATIC, "key-exchange", KEX},
    {{.key_exchange = UR_KEX_FORWARD_SECRET}, UR_TLS_1_2, UR_KEX_FORWARD_SECRET, "none", 0},
    {{.key_exchange = UR_KEX_FORWARD_SECRET}, UR_TLS_1_3, UR_KEX_POST_QUANTUM, "none", 0},
    {{.key_exchange = UR_KEX_POST_QUANTUM}, UR_TLS_NONE, UR_KEX_NONE, "key-exchange", KEX},
    {{.key_exchange = UR_KEX_POST_QUANTUM}, UR_TLS_1_3, UR_KEX_UNKNOWN, "key-exchange", KEX},
    {{.key_exchange = UR_KEX_POST_QUANTUM},
     UR_TLS_1_3,
     UR_KEX_FORWARD_SECRET,
     "key-exchange",
     KEX},
    {{.key_exchange = UR_KEX_POST_QUANTUM}, UR_TLS_1_3, UR_KEX_POST_QUANTUM, "none", 0},
    {{.tls = UR_TLS_SOME, .key_exchange = UR_KEX_POST_QUANTUM},
     UR_TLS_NONE,
     UR_KEX_NONE,
     "tls-missing",
     TLS | KEX},
    {{.tls = UR_TLS_1_3, .key_exchange = UR_KEX_POST_QUANTUM},
     UR_TLS_1_2,
     UR_KEX_STATIC,
     "tls-version",
     TLS | KEX},
    {{.tls = UR_TLS_1_3, .key_exchange = UR_KEX_POST_QUANTUM},
     UR_TLS_1_3,
     UR_KEX_FORWARD_SECRET,
     "key-exchange",
     KEX},
    {{.http = UR_HTTP_2, .key_exchange = UR_KEX_FORWARD_SECRET},
     UR_TLS_1_2,
     UR_KEX_STATIC,
     "key-exchange",
     KEX | HTTP},
    {{.http = UR_HTTP_2, .key_exchange = UR_KEX_FORWARD_SECRET},
     UR_TLS_1_3,
     UR_KEX_FORWARD_SECRET,
     "http-version",
     HTTP},
    {{.websocket = true, .key_exchange = UR_KEX_POST_QUANTUM},
     UR_TLS_1_3,
     UR_KEX_FORWARD_SECRET,
     "key-exchange",
     KEX | WS},
    {{.websocket = true, .key_exchange = UR_KEX_POST_QUANTUM},
     UR_TLS_1_3,
     UR_KEX_POST_QUANTUM,
     "websocket-missing",
     WS},
    {{.tls = UR_TLS_SOME,
      .http = UR_HTTP_2,
      .websocket = true,
      .key_exchange = UR_KEX_FORWARD_SECRET},
     UR_TLS_NONE,
     UR_KEX_NONE,
     "tls-missing",
     TLS | KEX | HTTP | WS},
};

static void test_spelling(const char *text, const char *canonical, const char *complaint)
{
    struct ur_policy policy = {.tls = UR_TLS_NONE, .http = UR_HTTP_ANY, .websocket = false};
    const char *words[UR_FAMILIES];
    const char *wrong = NULL;
    char copy[64];
    char joined[64] = "";

    strcpy(copy, text);
    for (char *word = strtok(copy, " "); word && !wrong; word = strtok(NULL, " ")) {
        wrong = ur_policy_add(&policy, edge(word));
    }
    if (!canonical) {
        ok(wrong && strstr(wrong, complaint), "%s: %s", text, wrong ? wrong : "taken");
        return;
    }
    for (size_t i = 0, count = ur_policy_words(&policy, words); i < count; i++) {
        strcat(joined, *joined ? " " : "");
        strcat(joined, words[i]);
    }
    is(wrong ? wrong : joined, canonical, text);
}

static void test_exchanges(const struct ur_handshake *plain)
{
    for (size_t i = 0; i < COUNT(exchanges); i++) {
        struct ur_facts facts = {
            {.tls = exchanges[i].tls, .http = UR_HTTP_1_1, .key_exchange = exchanges[i].seen},
            plain};
        struct ur_judgement judgement = ur_policy_judge(&exchanges[i].policy, &facts);

        is(ur_reason_row(judgement.reason)->word, exchanges[i].reason, "key exchange");
        ok(judgement.unmet == exchanges[i].unmet, "row %zu: unmet families", i);
    }
}

/* The short way never says otherwise than the long one: every policy, every client without a
 * handshake, and whatever else is kept beside what was seen. */
static void test_levels(const struct ur_handshake *plain)
{
    int wrong = 0;
    int tls_wrong = 0;

    for (unsigned n = 0; n < 6 * 5 * 5 * 2 * 6 * 5 * 5; n++) {
        struct ur_policy policy = {.tls = (enum ur_tls)(n % 6),
                                   .http = (enum ur_http)(n / 6 % 5),
                                   .key_exchange = (enum ur_key_exchange)(n / 30 % 5),
                                   .websocket = n / 150 % 2};
        struct ur_seen seen = {.tls = (enum ur_tls)(n / 300 % 6),
                               .http = (enum ur_http)(n / 1800 % 5),
                               .key_exchange = (enum ur_key_exchange)(n / 9000)};
        struct ur_facts facts = {seen, plain};
        unsigned unmet = ur_policy_judge(&policy, &facts).unmet;
        unsigned levels = ur_policy_levels(&policy);
        unsigned kept =
            ur_protocol_levels(seen.tls, seen.http, seen.key_exchange) | n << UR_LEVEL_BITS;

        wrong += ur_protocol_reaches(kept, levels) != !unmet;
        wrong += (levels != 0) != ur_policy_demands(&policy);
        tls_wrong += ur_protocol_reaches(kept, ur_policy_levels_of_tls(levels)) !=
                     !(unmet & (TLS | KEX));
    }
    ok(wrong == 0, "levels are reached exactly if the policy is met: %d wrong", wrong);
    ok(tls_wrong == 0, "and those of TLS if TLS and the key exchange are: %d wrong", tls_wrong);
}

int main(void)
{
    static const struct ur_handshake valid = {.http = UR_HTTP_1_1,
                                              .get = true,
                                              .upgrade = {"websocket", 9},
                                              .connection = {"Upgrade", 7},
                                              .version = {"13", 2},
                                              .key = {"dGhlIHNhbXBsZSBub25jZQ==", 24}};
    static const struct ur_handshake plain = {.http = UR_HTTP_1_1, .get = true};

    for (size_t i = 0; i < COUNT(spellings); i++) {
        test_spelling(spellings[i].words, spellings[i].canonical, spellings[i].complaint);
    }
    for (size_t i = 0; i < COUNT(judgements); i++) {
        struct ur_facts facts = {{.tls = judgements[i].tls, .http = judgements[i].http},
                                 judgements[i].handshake ? &valid : &plain};
        struct ur_judgement judgement = ur_policy_judge(&judgements[i].policy, &facts);

        is(ur_reason_row(judgement.reason)->word, judgements[i].reason, judgements[i].name);
        ok(judgement.unmet == judgements[i].unmet, "%s: unmet families", judgements[i].name);
    }
    test_exchanges(&plain);
    test_levels(&plain);
    return tap_done();
}
