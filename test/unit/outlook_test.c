#include "tap.h"

#include "core/metrics/ur_outlook.h"

/* Every policy, setting and request is tried: what they give is what the outlook says, nothing
 * more and nothing less. */

#define NOW   INT64_C(1800000000)
#define DAY   INT64_C(86400)
#define NEVER UR_TIME_ALWAYS /* no date */

/* At most one of each row, as a policy has it. */
static const char *const words[][4] = {
    {"", "TLS", "TLS/1.2", "TLS/1.3"},
    {"", "ForwardSecrecy", "PostQuantum", "PostQuantum"},
    {"", "HTTP/1.1", "HTTP/2", "HTTP/2"},
    {"", "WebSocket", "WebSocket", "WebSocket"},
};

static const struct ur_brownout PAST[] = {{NOW - 2 * DAY, NOW - DAY, 0, 0, NULL}};
static const struct ur_brownout AHEAD[] = {{NOW + DAY, NOW + 2 * DAY, 3600, 600, NULL}};

static const struct ur_settings settings[] = {
    {{UR_MODE_UNSET, NEVER, NULL, 0}, UR_REDIRECT_UNSET},
    {{UR_MODE_ENFORCE, NEVER, NULL, 0}, UR_REDIRECT_OFF},
    {{UR_MODE_ENFORCE, NEVER, AHEAD, 1}, UR_REDIRECT_TEMPORARY},
    {{UR_MODE_ENFORCE, NOW - DAY, AHEAD, 1}, UR_REDIRECT_PERMANENT},
    {{UR_MODE_ENFORCE, NOW, AHEAD, 1}, UR_REDIRECT_OFF},
    {{UR_MODE_ENFORCE, NOW + 3 * DAY, NULL, 0}, UR_REDIRECT_PERMANENT},
    {{UR_MODE_ENFORCE, NOW + 3 * DAY, AHEAD, 1}, UR_REDIRECT_OFF},
    {{UR_MODE_ANNOUNCE, NEVER, NULL, 0}, UR_REDIRECT_TEMPORARY},
    {{UR_MODE_ANNOUNCE, NEVER, PAST, 1}, UR_REDIRECT_TEMPORARY},
    {{UR_MODE_ANNOUNCE, NEVER, AHEAD, 1}, UR_REDIRECT_TEMPORARY},
    {{UR_MODE_OFF, NEVER, AHEAD, 1}, UR_REDIRECT_TEMPORARY},
};

/* Before, in and after each of these dates. */
static const int64_t times[] = {NOW, NOW + DAY, NOW + 2 * DAY, NOW + 3 * DAY};

#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define SPAN(literal)                                                                          \
    {                                                                                          \
        literal, sizeof(literal) - 1                                                           \
    }
#define ASKS   .upgrade = SPAN("websocket"), .connection = SPAN("upgrade")
#define FIELDS .get = true, .version = SPAN("13"), .key = SPAN(KEY)

static const struct ur_handshake handshakes[] = {
    {.get = true},
    {.get = true, .key = SPAN(KEY)},
    {ASKS},
    {ASKS, .get = true, .body = true},
    {ASKS, .get = true},
    {ASKS, .get = true, .version = SPAN("13")},
    {ASKS, FIELDS},
    {FIELDS, .upgrade = SPAN("websocket"), .connection = SPAN("upgrade, cookie")},
    {ASKS, FIELDS, .origin = SPAN("https://other.test")},
    {ASKS, FIELDS, .origin = SPAN("https://own.test"), .own_host = SPAN("own.test"),
     .tls = true, .protocol = SPAN("chat")},
};

static const struct ur_origins SAME = {.same = true};
static const struct ur_origins ANY;
static const struct ur_span CHAT = SPAN("chat");
static const struct ur_words SUBPROTOCOLS = {1, &CHAT};

static const struct ur_origins *const origins[] = {NULL, &ANY, &SAME};
static const struct ur_words *const subprotocols[] = {NULL, &SUBPROTOCOLS};

/* A request, and whether an exception applies to it. */
struct request {
    struct ur_seen seen;
    struct ur_handshake handshake;
    bool excepted;
};

static bool excepted(void *context)
{
    return ((const struct request *)context)->excepted;
}

static bool navigates(void *context)
{
    const struct request *request = context;

    return request->handshake.get && !ur_handshake_asks_switch(&request->handshake);
}

static struct ur_judgement judge(const struct ur_prospect *prospect,
                                 const struct request *request)
{
    static const struct ur_policy handshake_only = {.websocket = true};
    const struct ur_facts facts = {request->seen, &request->handshake};

    return ur_policy_judge(prospect->kept ? &handshake_only : prospect->policy, &facts);
}

static void give(const struct ur_prospect *prospect, struct request *request, int64_t now,
                 struct ur_marks *given)
{
    struct ur_case c = {
        .settings = prospect->settings,
        .judgement = judge(prospect, request),
        .now = now,
        .clear = request->seen.tls == UR_TLS_NONE,
        .excepted = excepted,
        .navigates = navigates,
        .context = request,
    };
    struct ur_ruling ruling = ur_decide(&c);

    if (ruling.silent || (prospect->kept && !ur_handshake_asks(&request->handshake))) {
        return;
    }
    if (!c.judgement.unmet) {
        ur_counters_mark(given, UR_VERDICT_ALLOW, UR_REASON_NONE);
    }
    else {
        ur_counters_mark(given, ruling.verdict, c.judgement.reason);
    }
}

/* With every key exchange that this version of TLS can have. */
static void agree(const struct ur_prospect *prospect, struct request *request, int64_t now,
                  struct ur_marks *given)
{
    static const enum ur_key_exchange possible[][3] = {
        [UR_TLS_NONE] = {UR_KEX_NONE, UR_KEX_NONE, UR_KEX_NONE},
        [UR_TLS_SOME] = {UR_KEX_UNKNOWN, UR_KEX_UNKNOWN, UR_KEX_UNKNOWN},
        [UR_TLS_1_0] = {UR_KEX_UNKNOWN, UR_KEX_STATIC, UR_KEX_FORWARD_SECRET},
        [UR_TLS_1_1] = {UR_KEX_UNKNOWN, UR_KEX_STATIC, UR_KEX_FORWARD_SECRET},
        [UR_TLS_1_2] = {UR_KEX_UNKNOWN, UR_KEX_STATIC, UR_KEX_FORWARD_SECRET},
        [UR_TLS_1_3] = {UR_KEX_UNKNOWN, UR_KEX_FORWARD_SECRET, UR_KEX_POST_QUANTUM},
    };
    const enum ur_key_exchange *agreed = possible[request->seen.tls];

    for (size_t i = 0; i < COUNT(possible[0]) && (i == 0 || agreed[i] != agreed[0]); i++) {
        request->seen.key_exchange = agreed[i];
        give(prospect, request, now, given);
    }
}

/* What comes of all requests at all times. */
static struct ur_marks give_all(const struct ur_prospect *prospect)
{
    struct ur_marks given = {{0}};
    struct request request;

    if (!prospect->kept && !ur_policy_demands(prospect->policy)) {
        return given;
    }
    for (size_t i = 0; i < COUNT(handshakes) * COUNT(times) * 4; i++) {
        request.excepted = prospect->excepted && i % 2;
        request.handshake = handshakes[i / 4 / COUNT(times)];
        request.handshake.origins = prospect->origins;
        request.handshake.subprotocols = prospect->subprotocols;
        /* A trusted proxy's own, whatever it says of its client. */
        request.handshake.http = i / 2 % 2 ? UR_HTTP_1_0 : UR_HTTP_1_1;
        for (enum ur_tls tls = UR_TLS_NONE; tls <= UR_TLS_1_3; tls++) {
            for (enum ur_http http = UR_HTTP_0_9; http <= UR_HTTP_2; http++) {
                request.seen = (struct ur_seen){.tls = tls, .http = http};
                agree(prospect, &request, times[i / 4 % COUNT(times)], &given);
            }
        }
    }
    return given;
}

/* Which decisions were expected of any policy. */
static struct ur_marks seen_in_all;

static bool compare(const struct ur_prospect *prospect, const char *name)
{
    struct ur_marks expected = ur_outlook(prospect, NOW);
    struct ur_marks given = give_all(prospect);
    bool same = true;

    ur_counters_unite(&seen_in_all, &expected);
    for (enum ur_verdict verdict = 0; verdict < UR_VERDICTS; verdict++) {
        for (enum ur_reason reason = 0; reason < UR_REASONS; reason++) {
            bool is_expected = ur_counters_marked(&expected, verdict, reason);
            if (is_expected != ur_counters_marked(&given, verdict, reason)) {
                printf("# %s: %s, %s: %s\n", name, ur_reason_verdict_word(verdict),
                       ur_reason_row(reason)->word,
                       is_expected ? "expected, and never given" : "given, and not expected");
                same = false;
            }
        }
    }
    return same;
}

static bool compare_settings(const struct ur_policy *policy, bool kept, const char *name)
{
    bool same = true;

    for (size_t i = 0; i < COUNT(settings); i++) {
        for (size_t j = 0; j < COUNT(origins) * COUNT(subprotocols) * 2; j++) {
            struct ur_prospect prospect = {
                .policy = policy,
                .settings = &settings[i],
                .excepted = j % 2 && !kept,
                .kept = kept,
                .origins = origins[j / 2 % COUNT(origins)],
                .subprotocols = subprotocols[j / 2 / COUNT(origins)],
            };
            char text[128];
            snprintf(text, sizeof text, "%s, settings %zu, variant %zu", name, i, j);
            same = compare(&prospect, text) && same;
        }
    }
    return same;
}

static void test_policies(void)
{
    for (size_t i = 0; i < 4 * 3 * 3 * 2; i++) {
        const char *chosen[] = {words[0][i % 4], words[1][i / 4 % 3], words[2][i / 12 % 3],
                                words[3][i / 36]};
        struct ur_policy policy = {0};
        char name[64];
        for (size_t family = 0; family < COUNT(chosen); family++) {
            if (*chosen[family] && ur_policy_add(&policy, edge(chosen[family]))) {
                abort();
            }
        }
        snprintf(name, sizeof name, "%s %s %s %s", chosen[0], chosen[1], chosen[2], chosen[3]);
        ok(compare_settings(&policy, false, name), "%s", name);
    }
}

static void test_kept(void)
{
    static const struct ur_policy none;

    ok(compare_settings(&none, true, "kept"), "handshakes that are only kept");
}

/* A reason that is in no outlook is one without a family, or one that was forgotten here. */
static void test_reasons(void)
{
    for (enum ur_reason reason = 0; reason < UR_REASONS; reason++) {
        bool has_family = ur_reason_row(reason)->family != UR_FAMILY_NONE;
        ok(ur_counters_marked(&seen_in_all, UR_VERDICT_REFUSE, reason) == has_family,
           "%s is %sexpected somewhere", ur_reason_row(reason)->word, has_family ? "" : "not ");
    }
}

int main(void)
{
    ok(COUNT(words) == UR_FAMILIES, "words of each family");
    test_policies();
    test_kept();
    test_reasons();
    return tap_done();
}
