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
    {"gopher", NULL, "not a requirement"},
};

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
    {"nothing demanded", {UR_TLS_NONE, UR_HTTP_ANY, 0}, UR_TLS_NONE, UR_HTTP_0_9, 0, "none", 0},
    {"TLS, clear", {UR_TLS_SOME, 0, 0}, UR_TLS_NONE, UR_HTTP_2, 0, "tls-missing", 1},
    {"TLS, unknown version", {UR_TLS_SOME, 0, 0}, UR_TLS_SOME, UR_HTTP_1_1, 0, "none", 0},
    {"TLS/1.2, clear", {UR_TLS_1_2, 0, 0}, UR_TLS_NONE, UR_HTTP_1_1, 0, "tls-missing", 1},
    {"TLS/1.2, unknown version",
     {UR_TLS_1_2, 0, 0},
     UR_TLS_SOME,
     UR_HTTP_1_1,
     0,
     "tls-version",
     1},
    {"TLS/1.2, 1.1", {UR_TLS_1_2, 0, 0}, UR_TLS_1_1, UR_HTTP_1_1, 0, "tls-version", 1},
    {"TLS/1.2, 1.2", {UR_TLS_1_2, 0, 0}, UR_TLS_1_2, UR_HTTP_1_1, 0, "none", 0},
    {"TLS/1.2, 1.3", {UR_TLS_1_2, 0, 0}, UR_TLS_1_3, UR_HTTP_1_1, 0, "none", 0},
    {"TLS/1.3, 1.2", {UR_TLS_1_3, 0, 0}, UR_TLS_1_2, UR_HTTP_1_1, 0, "tls-version", 1},
    {"HTTP/1.1, 1.0", {0, UR_HTTP_1_1, 0}, UR_TLS_1_3, UR_HTTP_1_0, 0, "http-version", 2},
    {"HTTP/1.1, 0.9", {0, UR_HTTP_1_1, 0}, UR_TLS_NONE, UR_HTTP_0_9, 0, "http-version", 2},
    {"HTTP/1.1, 2", {0, UR_HTTP_1_1, 0}, UR_TLS_NONE, UR_HTTP_2, 0, "none", 0},
    {"HTTP/2, 1.1", {0, UR_HTTP_2, 0}, UR_TLS_NONE, UR_HTTP_1_1, 0, "http-version", 2},
    {"WebSocket, plain", {0, 0, 1}, UR_TLS_NONE, UR_HTTP_1_1, 0, "websocket-missing", 4},
    {"WebSocket, handshake", {0, 0, 1}, UR_TLS_NONE, UR_HTTP_1_1, 1, "none", 0},
    {"WebSocket and HTTP/2, extended CONNECT",
     {0, UR_HTTP_2, 1},
     UR_TLS_1_3,
     UR_HTTP_2,
     1,
     "none",
     0},
    {"all three unmet: TLS is the reason",
     {UR_TLS_1_2, UR_HTTP_2, 1},
     UR_TLS_NONE,
     UR_HTTP_1_1,
     0,
     "tls-missing",
     7},
    {"HTTP before WebSocket", {0, UR_HTTP_2, 1}, UR_TLS_1_3, UR_HTTP_1_1, 0, "http-version", 6},
};

static void test_spelling(const char *text, const char *canonical, const char *complaint)
{
    struct ur_policy policy = {UR_TLS_NONE, UR_HTTP_ANY, false};
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
        struct ur_facts facts = {{judgements[i].tls, judgements[i].http},
                                 judgements[i].handshake ? &valid : &plain};
        struct ur_judgement judgement = ur_policy_judge(&judgements[i].policy, &facts);

        is(ur_reason_row(judgement.reason)->word, judgements[i].reason, judgements[i].name);
        ok(judgement.unmet == judgements[i].unmet, "%s: unmet families", judgements[i].name);
    }
    return tap_done();
}
