#include "core/probe/ur_probe_forms.h"

#include "core/response/ur_reply.h"

const struct ur_form ur_probe_forms[UR_PROBE_FORMS] = {
    [UR_PROBE_TEXT] =
        {"text", {"text", 4}, {"plain", 5}, {NULL, 0}, "text/plain; charset=utf-8"},
    [UR_PROBE_HTML] = {"html", {"text", 4}, {"html", 4}, {NULL, 0}, "text/html; charset=utf-8"},
    [UR_PROBE_JSON] = {"json", {"application", 11}, {"json", 4}, {NULL, 0}, "application/json"},
};

struct ur_span ur_probe_cut(struct ur_span value)
{
    value.len = value.len < UR_PROBE_VALUE_MAX ? value.len : UR_PROBE_VALUE_MAX;
    return value;
}

void ur_probe_key_exchange(struct ur_seen seen, struct ur_buf *out)
{
    if (seen.key_exchange > UR_KEX_UNKNOWN) {
        ur_buf_literal(out, ", key exchange ");
        ur_buf_string(out, ur_protocol_agreed(seen));
    }
}

const char *ur_probe_handshake_word(const struct ur_probe *probe)
{
    if (!probe->asks) {
        return "none";
    }
    return probe->handshake == UR_REASON_NONE ? "valid" : "invalid";
}

static void write_hint(const struct ur_probe *probe, const struct ur_policy *policy,
                       enum ur_reason reason, struct ur_buf *out)
{
    struct ur_refusal refusal = {.policy = policy,
                                 .judgement = {reason, 0},
                                 .seen = probe->seen,
                                 .method = probe->method};

    ur_reply_hint(&refusal, out);
}

/* The next policy from *i on whose hint has not been given: the first of its reason, and none
 * of the handshake's, of which the verdict speaks. given has a bit for each reason, or there
 * would be as many comparisons as pairs of policies. */
static const struct ur_probe_policy *next_with_hint(const struct ur_probe *probe, size_t *i,
                                                    unsigned *given)
{
    while (*i < probe->policies_count) {
        const struct ur_probe_policy *policy = &probe->policies[(*i)++];
        enum ur_reason reason = policy->judgement.reason;
        bool first = !(*given & 1U << reason);
        *given |= 1U << reason;
        if (first && reason != UR_REASON_NONE &&
            ur_reason_row(reason)->family != UR_FAMILY_WEBSOCKET) {
            return policy;
        }
    }
    return NULL;
}

_Static_assert(UR_REASONS <= 32, "a bit for each reason");

static bool all_met(const struct ur_probe *probe)
{
    for (size_t i = 0; i < probe->policies_count; i++) {
        if (probe->policies[i].judgement.unmet & ~(unsigned)UR_FAMILY_WEBSOCKET) {
            return false;
        }
    }
    return true;
}

static void write_verdict(const struct ur_probe *probe, struct ur_buf *out)
{
    static const struct ur_policy websocket = {.websocket = true};

    if (probe->asks && probe->handshake != UR_REASON_NONE) {
        write_hint(probe, &websocket, probe->handshake, out);
    }
    else if (probe->asks) {
        ur_buf_literal(out, "The WebSocket handshake arrives intact. If the WebSocket still "
                            "does not open, check how the backend responds.");
    }
    else if (all_met(probe)) {
        ur_buf_literal(out,
                       "Nothing: the client meets this server's TLS and HTTP requirements. To "
                       "test a WebSocket route, open a WebSocket to this URL.");
    }
    else {
        ur_buf_literal(out, "The client does not meet all policies of this server.");
    }
}

static void write_unclear(enum ur_stated stated, enum ur_heard heard, struct ur_buf *out)
{
    static const char *const values[UR_STATEMENTS] = {
        [UR_STATED_TLS] = "TLSv1.2, TLS/1.2, 1.2, or the same with 1.0, 1.1, 1.3",
        [UR_STATED_HTTP] = "HTTP/1.0, HTTP/1.1, HTTP/2.0, 1.0, 1.1, 2, h2, h3",
        [UR_STATED_SCHEME] = "https, http, wss, ws",
        [UR_STATED_GROUP] = "the name of a group, such as X25519MLKEM768, x25519, P-256"};
    static const char *const causes[] = {
        [UR_HEARD_UNKNOWN] = "): its value is not recognized. ",
        [UR_HEARD_CONTRADICTORY] = "): it contradicts itself or the scheme. ",
        [UR_HEARD_DISOWNED] = "): the client's Connection header names it. "};

    ur_buf_literal(out, "The trusted proxy's header for ");
    ur_buf_string(out, ur_trusted_proxy_stated_word(stated));
    ur_buf_literal(out, "= is ignored (");
    ur_buf_string(out, ur_trusted_proxy_heard_word(heard));
    ur_buf_string(out, causes[heard]);
    ur_buf_literal(out, "Configure the proxy to set it on every request, whatever the client "
                        "sent, to one of: ");
    ur_buf_string(out, values[stated]);
    ur_buf_literal(out, ".");
}

bool ur_probe_next(const struct ur_probe *probe, size_t n, struct ur_buf *out)
{
    const struct ur_probe_policy *policy;
    unsigned given = 0;
    size_t i = 0;

    if (n-- == 0) {
        write_verdict(probe, out);
        return true;
    }
    for (enum ur_stated stated = 0; stated < UR_STATEMENTS; stated++) {
        if (ur_trusted_proxy_heard_word(probe->heard[stated]) && n-- == 0) {
            write_unclear(stated, probe->heard[stated], out);
            return true;
        }
    }
    while ((policy = next_with_hint(probe, &i, &given))) {
        if (n-- == 0) {
            write_hint(probe, policy->policy, policy->judgement.reason, out);
            return true;
        }
    }
    return false;
}

void ur_probe_write(enum ur_probe_form form, const struct ur_probe *probe, struct ur_buf *out)
{
    switch (form) {
    case UR_PROBE_HTML:
        ur_probe_html(probe, out);
        break;
    case UR_PROBE_JSON:
        ur_probe_json(probe, out);
        break;
    default:
        ur_probe_text(probe, out);
        break;
    }
}
