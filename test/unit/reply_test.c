#define _GNU_SOURCE /* memmem */
#include "tap.h"

#include "core/response/ur_reply.h"

#define TLS_UNMET  UR_FAMILY_TLS
#define KEX_UNMET  UR_FAMILY_KEY_EXCHANGE
#define HTTP_UNMET UR_FAMILY_HTTP
#define WS_UNMET   UR_FAMILY_WEBSOCKET

/* The list of protocols that would satisfy the policy. */
static const struct {
    const char *name;
    struct ur_policy policy;
    unsigned unmet;
    bool offers_http2;
    const char *upgrade;
} upgrades[] = {
    {"TLS", {UR_TLS_SOME, 0, 0, 0}, TLS_UNMET, 0, "TLS/1.3, TLS/1.2, HTTP/1.1"},
    {"TLS/1.2", {UR_TLS_1_2, 0, 0, 0}, TLS_UNMET, 1, "TLS/1.3, TLS/1.2, HTTP/1.1"},
    {"TLS/1.3", {UR_TLS_1_3, 0, 0, 0}, TLS_UNMET, 0, "TLS/1.3, HTTP/1.1"},
    {"TLS, HTTP/2 demanded and met",
     {UR_TLS_1_2, UR_HTTP_2, 0, 0},
     TLS_UNMET,
     0,
     "TLS/1.3, TLS/1.2"},
    {"HTTP/1.1", {0, UR_HTTP_1_1, 0, 0}, HTTP_UNMET, 0, "HTTP/1.1"},
    {"HTTP/1.1 where HTTP/2 is offered",
     {0, UR_HTTP_1_1, 0, 0},
     HTTP_UNMET,
     1,
     "HTTP/2.0, HTTP/1.1"},
    {"HTTP/2", {0, UR_HTTP_2, 0, 0}, HTTP_UNMET, 0, "HTTP/2.0"},
    {"WebSocket", {0, 0, 1, 0}, WS_UNMET, 0, "websocket"},
    {"TLS and HTTP/1.1: no repeat",
     {UR_TLS_SOME, UR_HTTP_1_1, 0, 0},
     TLS_UNMET | HTTP_UNMET,
     0,
     "TLS/1.3, TLS/1.2, HTTP/1.1"},
    {"TLS and HTTP/2",
     {UR_TLS_1_3, UR_HTTP_2, 0, 0},
     TLS_UNMET | HTTP_UNMET,
     1,
     "TLS/1.3, HTTP/2.0"},
    {"all three",
     {UR_TLS_SOME, UR_HTTP_1_1, 1, 0},
     TLS_UNMET | HTTP_UNMET | WS_UNMET,
     1,
     "TLS/1.3, TLS/1.2, HTTP/1.1, HTTP/2.0, websocket"},
};

static const struct {
    const char *name;
    enum ur_reason reason;
    unsigned unmet;
    enum ur_http demanded, http;
    enum ur_advertise advertise;
    enum ur_http2_answer answer;
    int status;
    const char *title;
    bool reset;
} statuses[] = {
    {"HTTP/1.1", UR_REASON_TLS_MISSING, TLS_UNMET, 0, UR_HTTP_1_1, 1, 0, 426,
     "Upgrade Required", 0},
    {"a zeroed setting is the default", UR_REASON_TLS_MISSING, TLS_UNMET, 0, UR_HTTP_1_1, 0, 0,
     426, "Upgrade Required", 0},
    {"advertise off", UR_REASON_TLS_MISSING, TLS_UNMET, 0, UR_HTTP_1_1, UR_ADVERTISE_OFF, 0,
     403, "Forbidden", 0},
    {"advertise off, a 405", UR_REASON_WEBSOCKET_METHOD, WS_UNMET, 0, UR_HTTP_1_1,
     UR_ADVERTISE_OFF, 0, 405, "Method Not Allowed", 0},
    {"a 400", UR_REASON_WEBSOCKET_KEY, WS_UNMET, 0, UR_HTTP_1_1, 1, 0, 400, "Bad Request", 0},
    {"HTTP/2", UR_REASON_WEBSOCKET_MISSING, WS_UNMET, 0, UR_HTTP_2, 1, UR_HTTP2_426, 426,
     "Upgrade Required", 0},
    {"HTTP/2, 403", UR_REASON_WEBSOCKET_MISSING, WS_UNMET, 0, UR_HTTP_2, 1, UR_HTTP2_403, 403,
     "Forbidden", 0},
    {"HTTP/1.1 is not touched by 403", UR_REASON_WEBSOCKET_MISSING, WS_UNMET, 0, UR_HTTP_1_1, 1,
     UR_HTTP2_403, 426, "Upgrade Required", 0},
    {"HTTP/1.1 is not touched by reset", UR_REASON_WEBSOCKET_MISSING, WS_UNMET, 0, UR_HTTP_1_1,
     1, UR_HTTP2_RESET, 426, "Upgrade Required", 0},
    {"reset", UR_REASON_WEBSOCKET_MISSING, WS_UNMET, 0, UR_HTTP_2, 1, UR_HTTP2_RESET, 403,
     "Forbidden", 1},
    {"reset does not help where TLS is missing", UR_REASON_TLS_MISSING, TLS_UNMET, 0, UR_HTTP_2,
     1, UR_HTTP2_RESET, 426, "Upgrade Required", 0},
    {"nor where TLS is missing too", UR_REASON_TLS_MISSING, TLS_UNMET | WS_UNMET, 0, UR_HTTP_2,
     1, UR_HTTP2_RESET, 426, "Upgrade Required", 0},
    {"nor where the key exchange is wrong", UR_REASON_KEY_EXCHANGE, KEX_UNMET | WS_UNMET, 0,
     UR_HTTP_2, 1, UR_HTTP2_RESET, 426, "Upgrade Required", 0},
    {"nor where HTTP/2 is demanded", UR_REASON_WEBSOCKET_MISSING, WS_UNMET, UR_HTTP_2,
     UR_HTTP_2, 1, UR_HTTP2_RESET, 426, "Upgrade Required", 0},
};

static const struct {
    const char *name;
    enum ur_reason reason;
    unsigned unmet;
    enum ur_http http;
    enum ur_advertise advertise;
    const char *guide;
    const char *fields; /* one line each */
} answers[] = {
    {"WebSocket", UR_REASON_WEBSOCKET_MISSING, WS_UNMET, UR_HTTP_1_1, 1, "https://x/y",
     "Upgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Version: 13\n"
     "Cache-Control: no-store\nVary: Accept\nLink: <https://x/y>; rel=\"help\"\n"
     "X-Content-Type-Options: nosniff\n"},
    {"TLS, no guide", UR_REASON_TLS_MISSING, TLS_UNMET, UR_HTTP_1_0, 1, NULL,
     "Upgrade: TLS/1.3, TLS/1.2, HTTP/1.1\nConnection: Upgrade\nCache-Control: no-store\n"
     "Vary: Accept\nX-Content-Type-Options: nosniff\n"},
    {"HTTP/2 has no connection fields", UR_REASON_WEBSOCKET_MISSING, WS_UNMET, UR_HTTP_2, 1,
     NULL,
     "Sec-WebSocket-Version: 13\nCache-Control: no-store\nVary: Accept\n"
     "X-Content-Type-Options: nosniff\n"},
    {"not advertised", UR_REASON_TLS_MISSING, TLS_UNMET, UR_HTTP_1_1, UR_ADVERTISE_OFF, NULL,
     "Cache-Control: no-store\nVary: Accept\nX-Content-Type-Options: nosniff\n"},
    {"method", UR_REASON_WEBSOCKET_METHOD, WS_UNMET, UR_HTTP_1_1, 1, NULL,
     "Upgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Version: 13\nAllow: GET\n"
     "Cache-Control: no-store\nVary: Accept\nX-Content-Type-Options: nosniff\n"},
};

/* A key exchange that is not met: the TLS version that was seen decides whether another
 * protocol would help. */
static const struct {
    struct ur_policy policy;
    struct ur_seen seen;
    enum ur_advertise advertise;
    int status;
    const char *upgrade; /* the header; NULL: none */
    const char *detail;
} exchanges[] = {
    {{.key_exchange = UR_KEX_FORWARD_SECRET},
     {.http = UR_HTTP_1_1},
     UR_ADVERTISE_ON,
     426,
     "TLS/1.3",
     "This resource requires TLS with forward secrecy. The request was not encrypted."},
    {{.key_exchange = UR_KEX_FORWARD_SECRET},
     {.tls = UR_TLS_1_2, .http = UR_HTTP_1_1, .key_exchange = UR_KEX_STATIC},
     UR_ADVERTISE_ON,
     426,
     "TLS/1.3",
     "This resource requires TLS with forward secrecy. The request used TLS 1.2 without "
     "forward "
     "secrecy."},
    {{.key_exchange = UR_KEX_FORWARD_SECRET},
     {.tls = UR_TLS_1_2, .http = UR_HTTP_1_1, .key_exchange = UR_KEX_STATIC},
     UR_ADVERTISE_OFF,
     403,
     NULL,
     "This resource requires TLS with forward secrecy. The request used TLS 1.2 without "
     "forward "
     "secrecy."},
    {{.key_exchange = UR_KEX_FORWARD_SECRET},
     {.tls = UR_TLS_SOME, .http = UR_HTTP_1_1, .key_exchange = UR_KEX_UNKNOWN},
     UR_ADVERTISE_ON,
     426,
     "TLS/1.3",
     "This resource requires TLS with forward secrecy. The request used TLS unknown, and its "
     "key "
     "exchange is not known."},
    {{.key_exchange = UR_KEX_POST_QUANTUM},
     {.http = UR_HTTP_1_1},
     UR_ADVERTISE_ON,
     426,
     "TLS/1.3",
     "This resource requires TLS with post-quantum key exchange. The request was not "
     "encrypted."},
    {{.key_exchange = UR_KEX_POST_QUANTUM},
     {.tls = UR_TLS_1_3,
      .http = UR_HTTP_1_1,
      .key_exchange = UR_KEX_FORWARD_SECRET,
      .group = 0x1D},
     UR_ADVERTISE_ON,
     403,
     NULL,
     "This resource requires TLS with post-quantum key exchange. The request used TLS 1.3 with "
     "the "
     "group x25519."},
    {{.key_exchange = UR_KEX_POST_QUANTUM},
     {.tls = UR_TLS_1_3, .http = UR_HTTP_1_1, .key_exchange = UR_KEX_FORWARD_SECRET},
     UR_ADVERTISE_ON,
     403,
     NULL,
     "This resource requires TLS with post-quantum key exchange. The request used TLS 1.3 with "
     "a "
     "group that is not known."},
    {{.key_exchange = UR_KEX_POST_QUANTUM},
     {.tls = UR_TLS_1_2,
      .http = UR_HTTP_1_1,
      .key_exchange = UR_KEX_FORWARD_SECRET,
      .group = 0x17},
     UR_ADVERTISE_ON,
     426,
     "TLS/1.3",
     "This resource requires TLS with post-quantum key exchange. The request used TLS 1.2 with "
     "the "
     "group secp256r1."},
    /* TLS 1.2 would not be enough. */
    {{.tls = UR_TLS_SOME, .key_exchange = UR_KEX_POST_QUANTUM},
     {.http = UR_HTTP_1_1},
     UR_ADVERTISE_ON,
     426,
     "TLS/1.3, HTTP/1.1",
     "This resource requires TLS. The request was not encrypted."},
    {{.tls = UR_TLS_SOME, .key_exchange = UR_KEX_FORWARD_SECRET},
     {.http = UR_HTTP_1_1},
     UR_ADVERTISE_ON,
     426,
     "TLS/1.3, TLS/1.2, HTTP/1.1",
     "This resource requires TLS. The request was not encrypted."},
    /* What else is unmet does not help either. */
    {{.http = UR_HTTP_2, .key_exchange = UR_KEX_POST_QUANTUM},
     {.tls = UR_TLS_1_3,
      .http = UR_HTTP_1_1,
      .key_exchange = UR_KEX_FORWARD_SECRET,
      .group = 0x1D},
     UR_ADVERTISE_ON,
     403,
     NULL,
     "This resource requires TLS with post-quantum key exchange. The request used TLS 1.3 with "
     "the "
     "group x25519."},
    {{.http = UR_HTTP_2, .key_exchange = UR_KEX_FORWARD_SECRET},
     {.tls = UR_TLS_1_2, .http = UR_HTTP_1_1, .key_exchange = UR_KEX_STATIC},
     UR_ADVERTISE_ON,
     426,
     "TLS/1.3, HTTP/2.0",
     "This resource requires TLS with forward secrecy. The request used TLS 1.2 without "
     "forward "
     "secrecy."},
};

static const char *header(const struct ur_field *fields, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(fields[i].name, name) == 0) {
            return fields[i].value;
        }
    }
    return NULL;
}

/* A gRPC client reads two headers and nothing else; other clients do not get them. */
static void test_grpc(void)
{
    for (int grpc = 0; grpc <= 1; grpc++) {
        struct ur_policy policy = {.tls = UR_TLS_1_2};
        struct ur_refusal refusal = {.policy = &policy,
                                     .judgement = {UR_REASON_TLS_MISSING, UR_FAMILY_TLS},
                                     .http2 = true,
                                     .grpc = grpc};
        struct ur_reply reply = ur_reply_decide(&refusal);
        struct ur_field fields[UR_FIELDS_MAX];
        char room[128];
        struct ur_buf scratch = {room, sizeof room, 0};
        size_t count = ur_reply_fields(&refusal, &reply, &scratch, fields);

        is(header(fields, count, "grpc-status"), grpc ? "9" : NULL, "gRPC: status");
        is(header(fields, count, "grpc-message"), grpc ? "TLS 1.2 or newer required" : NULL,
           "gRPC: message");
    }
}

static void test_exchanges(void)
{
    for (size_t i = 0; i < COUNT(exchanges); i++) {
        struct ur_facts facts = {exchanges[i].seen, NULL};
        struct ur_refusal refusal = {.policy = &exchanges[i].policy,
                                     .judgement = ur_policy_judge(&exchanges[i].policy, &facts),
                                     .seen = exchanges[i].seen,
                                     .advertise = exchanges[i].advertise};
        struct ur_reply reply = ur_reply_decide(&refusal);
        struct ur_field fields[UR_FIELDS_MAX];
        char room[128];
        struct ur_buf scratch = {room, sizeof room, 0};
        size_t count = ur_reply_fields(&refusal, &reply, &scratch, fields);
        char text[UR_SENTENCE_MAX];
        struct ur_buf detail = {text, sizeof text - 1, 0};

        ur_reply_detail(&refusal, &detail);
        text[detail.len] = '\0';
        is(text, exchanges[i].detail, "detail");
        ok(reply.status == exchanges[i].status, "row %zu: %d", i, reply.status);
        is(header(fields, count, "Upgrade"), exchanges[i].upgrade, "Upgrade");
        is(header(fields, count, "Connection"), exchanges[i].upgrade ? "Upgrade" : NULL,
           "Connection");
    }
}

static void test_upgrades(void)
{
    for (size_t i = 0; i < COUNT(upgrades); i++) {
        struct ur_refusal refusal = {.policy = &upgrades[i].policy,
                                     .judgement = {UR_REASON_NONE, upgrades[i].unmet},
                                     .offers_http2 = upgrades[i].offers_http2};
        const char *list[UR_UPGRADES_MAX];
        char joined[128] = "";

        for (size_t k = 0, count = ur_reply_upgrades(&refusal, list); k < count; k++) {
            strcat(joined, k ? ", " : "");
            strcat(joined, list[k]);
        }
        is(joined, upgrades[i].upgrade, upgrades[i].name);
    }
}

static void test_statuses(void)
{
    for (size_t i = 0; i < COUNT(statuses); i++) {
        struct ur_policy policy = {
            .tls = UR_TLS_NONE, .http = statuses[i].demanded, .websocket = false};
        struct ur_refusal refusal = {.policy = &policy,
                                     .judgement = {statuses[i].reason, statuses[i].unmet},
                                     .http2 = statuses[i].http == UR_HTTP_2,
                                     .stream = statuses[i].http == UR_HTTP_2,
                                     .seen = {.tls = UR_TLS_NONE, .http = statuses[i].http},
                                     .advertise = statuses[i].advertise,
                                     .http2_answer = statuses[i].answer};
        struct ur_reply reply = ur_reply_decide(&refusal);

        ok(reply.status == statuses[i].status && reply.reset == statuses[i].reset, "%s: %d%s",
           statuses[i].name, reply.status, reply.reset ? ", reset" : "");
        is(reply.title, statuses[i].title, statuses[i].name);
    }
}

/* Too small a room first, as the caller does it. */
static void test_fields(void)
{
    for (size_t i = 0; i < COUNT(answers); i++) {
        struct ur_policy policy = {.tls = UR_TLS_SOME, .http = UR_HTTP_ANY, .websocket = true};
        struct ur_refusal refusal = {.policy = &policy,
                                     .judgement = {answers[i].reason, answers[i].unmet},
                                     .http2 = answers[i].http == UR_HTTP_2,
                                     .seen = {.tls = UR_TLS_NONE, .http = answers[i].http},
                                     .guide = edge(answers[i].guide),
                                     .advertise = answers[i].advertise};
        struct ur_reply reply = ur_reply_decide(&refusal);
        struct ur_field fields[UR_FIELDS_MAX];
        struct ur_buf scratch = {NULL, 0, 0};
        size_t count = ur_reply_fields(&refusal, &reply, &scratch, fields);
        char lines[512] = "";

        ok((count == 0) == (scratch.len > 0), "%s: too small a room is told", answers[i].name);
        scratch = (struct ur_buf){malloc(scratch.len + 1), scratch.len, 0};
        count = ur_reply_fields(&refusal, &reply, &scratch, fields);
        for (size_t k = 0; k < count; k++) {
            size_t len = strlen(lines);
            snprintf(lines + len, sizeof lines - len, "%s: %s\n", fields[k].name,
                     fields[k].value);
        }
        is(lines, answers[i].fields, answers[i].name);
        free(scratch.at);
    }
}

/* A client that speaks HTTP/2 with a proxy that speaks HTTP/1.1 with us: there is no stream to
 * reset, and the proxy may copy fields that HTTP/2 must not have. */
static void test_behind(void)
{
    static const int want[] = {[UR_HTTP2_UNSET] = 426,
                               [UR_HTTP2_426] = 426,
                               [UR_HTTP2_403] = 403,
                               [UR_HTTP2_RESET] = 426};

    for (size_t i = 0; i < COUNT(want); i++) {
        struct ur_policy policy = {.tls = UR_TLS_NONE, .http = UR_HTTP_ANY, .websocket = true};
        struct ur_refusal refusal = {.policy = &policy,
                                     .judgement = {UR_REASON_WEBSOCKET_MISSING, WS_UNMET},
                                     .http2 = true,
                                     .seen = {.tls = UR_TLS_NONE, .http = UR_HTTP_2},
                                     .advertise = UR_ADVERTISE_ON,
                                     .http2_answer = (enum ur_http2_answer)i};
        struct ur_reply reply = ur_reply_decide(&refusal);
        struct ur_field fields[UR_FIELDS_MAX];
        char room[64];
        struct ur_buf scratch = {room, sizeof room, 0};
        size_t count = ur_reply_fields(&refusal, &reply, &scratch, fields);

        ok(reply.status == want[i] && !reply.reset, "behind a proxy: %d", reply.status);
        ok(count > 0, "it has fields");
        for (size_t k = 0; k < count; k++) {
            ok(strcmp(fields[k].name, "Upgrade") != 0 &&
                   strcmp(fields[k].name, "Connection") != 0,
               "and %s is none of a connection", fields[k].name);
        }
    }
}

/* Every sentence with its words filled in fits the room that its readers have, and has no mark
 * left in it. */
static void test_sentences(void)
{
    static const enum ur_http demands[] = {UR_HTTP_ANY, UR_HTTP_1_1, UR_HTTP_2};

    for (int reason = UR_REASON_NONE + 1; reason < UR_REASONS; reason++) {
        for (size_t i = 0; i < COUNT(demands); i++) {
            struct ur_policy policy = {
                .tls = UR_TLS_1_3, .http = demands[i], .websocket = true};
            struct ur_refusal refusal = {.policy = &policy,
                                         .judgement = {(enum ur_reason)reason, 0},
                                         .seen = {.tls = UR_TLS_SOME, .http = UR_HTTP_1_1}};
            char room[UR_SENTENCE_MAX];
            struct ur_buf hint = {room, sizeof room, 0};

            refusal.method = UR_SPAN("VERSION-CONTROL");
            char line[80];
            struct ur_buf detail = {NULL, 0, 0};
            struct ur_buf phrase = {line, sizeof line, 0};
            struct ur_reply reply = ur_reply_decide(&refusal);

            ur_reply_status_line(&refusal, &reply, &phrase);
            ok(!phrase.len, "no phrase unless it is switched on");
            refusal.phrase = UR_PHRASE_ON;
            ur_reply_status_line(&refusal, &reply, &phrase);
            ok(phrase.len > 4 && !ur_buf_full(&phrase) && !memchr(line, '%', phrase.len),
               "%.*s", (int)phrase.len, line);
            ur_reply_hint(&refusal, &hint);
            ur_reply_detail(&refusal, &detail);
            ok(!ur_buf_full(&hint) && detail.len < UR_SENTENCE_MAX, "%s: fits, %zu",
               ur_reason_row((enum ur_reason)reason)->word, hint.len);
            for (const char *mark = "THRthmPkG"; *mark; mark++) {
                char written[] = {'%', *mark, ' ', '\0'};
                ok(hint.len && !memmem(room, hint.len, written, 2), "no %%%c is left", *mark);
            }
        }
    }
}

/* The proxies' lines are of the version that is demanded. */
static const struct {
    const char *line;
    enum ur_reason reason;
    enum ur_tls tls;
    enum ur_http http;
    enum ur_advertise advertise;
} status_lines[] = {
    {"426 TLS required", UR_REASON_TLS_MISSING, UR_TLS_SOME, UR_HTTP_2, UR_ADVERTISE_ON},
    {"426 TLS 1.2 or newer required", UR_REASON_TLS_MISSING, UR_TLS_1_2, UR_HTTP_ANY,
     UR_ADVERTISE_ON},
    {"403 TLS 1.3 or newer required", UR_REASON_TLS_VERSION, UR_TLS_1_3, UR_HTTP_ANY,
     UR_ADVERTISE_OFF},
    {"426 forward secrecy required", UR_REASON_KEY_EXCHANGE, UR_TLS_NONE, UR_HTTP_ANY,
     UR_ADVERTISE_ON},
    {"426 HTTP/1.1 or newer required", UR_REASON_HTTP_VERSION, UR_TLS_1_2, UR_HTTP_1_1,
     UR_ADVERTISE_ON},
    {"426 HTTP/2 or newer required", UR_REASON_HTTP_VERSION, UR_TLS_1_2, UR_HTTP_2,
     UR_ADVERTISE_ON},
    {"426 WebSocket required", UR_REASON_WEBSOCKET_MISSING, UR_TLS_1_2, UR_HTTP_2,
     UR_ADVERTISE_ON},
    {"405 WebSocket handshake must use GET", UR_REASON_WEBSOCKET_METHOD, UR_TLS_NONE,
     UR_HTTP_ANY, UR_ADVERTISE_ON},
};

static void test_status_lines(void)
{
    for (size_t i = 0; i < COUNT(status_lines); i++) {
        struct ur_policy policy = {.tls = status_lines[i].tls,
                                   .http = status_lines[i].http,
                                   .websocket = true,
                                   .key_exchange = UR_KEX_FORWARD_SECRET};
        struct ur_refusal refusal = {.policy = &policy,
                                     .judgement = {status_lines[i].reason, 0},
                                     .advertise = status_lines[i].advertise,
                                     .phrase = UR_PHRASE_ON};
        struct ur_reply reply = ur_reply_decide(&refusal);
        char line[80];
        struct ur_buf out = {line, sizeof line - 1, 0};

        ur_reply_status_line(&refusal, &reply, &out);
        line[out.len] = '\0';
        is(line, status_lines[i].line, "status line");
    }
}

static void test_proxy_lines(void)
{
    ok(strstr(ur_reason_proxy_lines(UR_HTTP_1_1), "\nnginx: proxy_http_version 1.1;\n") != NULL,
       "HTTP/1.1: nginx");
    ok(strstr(ur_reason_proxy_lines(UR_HTTP_2), "\nnginx: proxy_set_header X-HTTP-Version ") !=
           NULL,
       "HTTP/2: nginx");
}

int main(void)
{
    test_behind();
    test_sentences();
    test_status_lines();
    test_proxy_lines();
    test_grpc();
    test_exchanges();
    test_upgrades();
    test_statuses();
    test_fields();
    return tap_done();
}
