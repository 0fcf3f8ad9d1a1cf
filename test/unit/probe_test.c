#include "tap.h"

#include "core/probe/ur_probe.h"

static const struct ur_policy tls = {
    .tls = UR_TLS_1_3, .http = UR_HTTP_ANY, .websocket = false};
static const struct ur_policy socket = {
    .tls = UR_TLS_NONE, .http = UR_HTTP_ANY, .websocket = true};

static const struct ur_probe_policy policies[] = {
    {"floor", "announced", &tls, {UR_REASON_TLS_VERSION, UR_FAMILY_TLS}},
    {"a<b>\n", "enforced", &tls, {UR_REASON_TLS_VERSION, UR_FAMILY_TLS}},
    {"chat", "off", &socket, {UR_REASON_WEBSOCKET_MISSING, UR_FAMILY_WEBSOCKET}},
    {"met", "enforced", &tls, {UR_REASON_NONE, 0}},
};

static const struct ur_probe_field fields[] = {{"Via", {"1.1 <x>\x01", 8}}};

static const uint16_t groups[] = {0x11EC, 29, 0x1234};

static const struct ur_probe old_tls = {
    .own = {.tls = UR_TLS_1_2, .http = UR_HTTP_1_1, UR_KEX_FORWARD_SECRET, 29},
    .seen = {.tls = UR_TLS_1_2, .http = UR_HTTP_1_1, UR_KEX_FORWARD_SECRET, 29},
    .method = {"GET", 3},
    .cipher = {"AES", 3},
    .alpn_offered = {"h2, odd", 7},
    .alpn_chosen = {"h2", 2},
    .sni = {"a.test", 6},
    .groups = {groups, COUNT(groups)},
    .key_shares = {groups, 0},
    .fields = fields,
    .fields_count = 1,
    .policies = policies,
    .policies_count = COUNT(policies),
};

/* Written into exactly the room it needs, after a first pass that only measures. */
static char *written(enum ur_probe_form form, const struct ur_probe *probe)
{
    struct ur_buf measure = {NULL, 0, 0};
    struct ur_buf text;
    char *bytes;

    ur_probe_write(form, probe, &measure);
    bytes = malloc(measure.len + 1);
    text = (struct ur_buf){bytes, measure.len, 0};
    ur_probe_write(form, probe, &text);
    ok(!ur_buf_full(&text) && text.len == measure.len, "measured as written");
    bytes[measure.len] = '\0';
    return bytes;
}

static void test_text(void)
{
    char *text = written(UR_PROBE_TEXT, &old_tls);

    is(text,
       "Upgrade probe\n\n"
       "Protocol:     HTTP/1.1 over TLS 1.2, key exchange x25519\n"
       "Method:       GET\n"
       "Cipher:       AES\n"
       "ALPN offered: h2, odd\n"
       "ALPN chosen:  h2\n"
       "SNI:          a.test\n"
       "Groups:       X25519MLKEM768, x25519, 0x1234\n"
       "Key shares:   none\n"
       "Handshake:    none\n"
       "\nHeaders received:\n"
       "  Via: 1.1 <x>\xEF\xBF\xBD\n"
       "\nPolicies of this server:\n"
       "  floor: TLS/1.3, announced, not met: tls-version\n"
       "  a<b>\xEF\xBF\xBD: TLS/1.3, enforced, not met: tls-version\n"
       "  chat: WebSocket, off, not met: websocket-missing\n"
       "  met: TLS/1.3, enforced, met\n"
       "\nWhat to do:\n"
       "The client does not meet all policies of this server.\n"
       "Update the client, or the TLS library it uses, to one that supports TLS/1.3.\n",
       "text");
    free(text);
}

static void has(enum ur_probe_form form, const struct ur_probe *probe, const char *part)
{
    char *text = written(form, probe);

    if (!ok(strstr(text, part) != NULL, "%s", part)) {
        printf("# in: %s\n", text);
    }
    free(text);
}

static void test_forms(void)
{
    struct ur_probe probe = old_tls;

    has(UR_PROBE_JSON, &old_tls, "\"alpn_offered\":[\"h2\",\"odd\"]");
    has(UR_PROBE_JSON, &old_tls,
        "\"groups_offered\":[\"X25519MLKEM768\",\"x25519\",\"0x1234\"],\n \"key_shares\":[],");
    has(UR_PROBE_HTML, &old_tls,
        "<tr><th>Groups offered<td>X25519MLKEM768, x25519, 0x1234\n"
        "<tr><th>Key shares<td>none\n");
    has(UR_PROBE_JSON, &old_tls, "{\"policy\":\"a<b>\\n\",\"required\":[\"TLS/1.3\"]");
    has(UR_PROBE_JSON, &old_tls, "{\"name\":\"Via\",\"value\":\"1.1 <x>\\u0001\"}");
    has(UR_PROBE_HTML, &old_tls, "<tr><td>a&lt;b&gt;\n<td>TLS/1.3<td>enforced");
    has(UR_PROBE_HTML, &old_tls, "<tr><th>Via<td>1.1 &lt;x&gt;\xEF\xBF\xBD\n");
    probe.trusted = true;
    probe.seen = (struct ur_seen){.tls = UR_TLS_NONE, .http = UR_HTTP_1_0};
    probe.stated = fields;
    probe.stated_count = 1;
    has(UR_PROBE_JSON, &probe,
        "\"client\":{\"http\":\"1.0\",\"tls\":null,\"key_exchange\":null},\n \"stated\":[");
    has(UR_PROBE_TEXT, &probe, "Client:       HTTP/1.0 without TLS\n");
    has(UR_PROBE_HTML, &probe, "<h2>Stated by the trusted proxy</h2>");
}

/* How the keys were agreed on, of the connection and of what a trusted proxy states. */
static void test_key_exchange(void)
{
    static const struct {
        enum ur_key_exchange key_exchange;
        uint16_t group;
        const char *text;
        const char *json;
    } rows[] = {
        {UR_KEX_UNKNOWN, 0, "TLS 1.3\n", "unknown"},
        {UR_KEX_STATIC, 0, "TLS 1.3, key exchange static\n", "static"},
        {UR_KEX_FORWARD_SECRET, 0, "TLS 1.3, key exchange forward-secret\n", "forward-secret"},
        {UR_KEX_POST_QUANTUM, 0x11EC, "TLS 1.3, key exchange X25519MLKEM768\n",
         "X25519MLKEM768"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        char part[128];
        struct ur_probe probe = {
            .own = {.tls = UR_TLS_NONE, .http = UR_HTTP_1_1},
            .seen = {UR_TLS_1_3, UR_HTTP_2, rows[i].key_exchange, rows[i].group},
            .trusted = true};

        snprintf(part, sizeof part, "Client:       HTTP/2 over %s", rows[i].text);
        has(UR_PROBE_TEXT, &probe, part);
        snprintf(part, sizeof part, "<tr><th>Client<td>HTTP/2 over %s", rows[i].text);
        has(UR_PROBE_HTML, &probe, part);
        snprintf(part, sizeof part, "\"tls\":\"1.3\",\"key_exchange\":\"%s\"},\n",
                 rows[i].json);
        has(UR_PROBE_JSON, &probe, part);
        has(UR_PROBE_TEXT, &probe, "Protocol:     HTTP/1.1 without TLS\n");
    }
}

/* What a trusted proxy states and is not understood: each in a sentence of its own, without the
 * value. */
static void test_statements(void)
{
    struct ur_probe probe = {
        .own = {.tls = UR_TLS_NONE, .http = UR_HTTP_1_1},
        .seen = {.tls = UR_TLS_NONE, .http = UR_HTTP_1_1},
        .trusted = true,
        .heard = {UR_HEARD_UNKNOWN, UR_HEARD_DISOWNED, UR_HEARD_CONTRADICTORY}};

    has(UR_PROBE_TEXT, &probe, "\nThe trusted proxy's header for tls= is ignored (unknown): ");
    has(UR_PROBE_JSON, &probe,
        "\"The trusted proxy's header for http= is ignored (disowned): ");
    has(UR_PROBE_HTML, &probe,
        "\">The trusted proxy&#39;s header for scheme= is ignored (contradictory): ");
    has(UR_PROBE_TEXT, &probe, " to one of: https, http, wss, ws.\n");
}

static void test_handshakes(void)
{
    struct ur_probe probe = {.own = {.tls = UR_TLS_NONE, .http = UR_HTTP_1_1},
                             .seen = {.tls = UR_TLS_NONE, .http = UR_HTTP_1_1}};

    has(UR_PROBE_TEXT, &probe, "What to do:\nNothing: ");
    probe.asks = true;
    has(UR_PROBE_TEXT, &probe, "Handshake:    valid\n");
    has(UR_PROBE_JSON, &probe, "\"handshake\":{\"verdict\":\"valid\"}");
    probe.handshake = UR_REASON_WEBSOCKET_STRIPPED;
    has(UR_PROBE_TEXT, &probe, "Handshake:    invalid, websocket-stripped\n");
    has(UR_PROBE_TEXT, &probe, "\nHAProxy: mode http");
    has(UR_PROBE_JSON, &probe,
        "\"handshake\":{\"verdict\":\"invalid\",\"reason\":\"websocket-stripped\"}");
    has(UR_PROBE_HTML, &probe, "<tr><th>Reason<td>websocket-stripped\n");
}

int main(void)
{
    test_text();
    test_forms();
    test_key_exchange();
    test_statements();
    test_handshakes();
    return tap_done();
}
