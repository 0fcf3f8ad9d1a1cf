#include "core/probe/ur_probe_forms.h"

#include "core/text/ur_escape.h"

static void line(struct ur_buf *out, const char *label, struct ur_span value)
{
    if (ur_span_present(value)) {
        ur_buf_string(out, label);
        ur_escape_text(out, ur_probe_cut(value));
        ur_buf_literal(out, "\n");
    }
}

static void groups(struct ur_buf *out, const char *label, struct ur_groups list)
{
    if (list.ids) {
        ur_buf_string(out, label);
        ur_group_write_list(out, list);
        ur_buf_literal(out, "\n");
    }
}

static void protocol(struct ur_buf *out, const char *label, struct ur_seen seen)
{
    const char *tls = ur_protocol_tls(seen.tls);

    ur_buf_string(out, label);
    ur_buf_literal(out, "HTTP/");
    ur_buf_string(out, ur_protocol_http(seen.http));
    ur_buf_string(out, tls ? " over TLS " : " without TLS");
    ur_buf_string(out, tls ? tls : "");
    ur_probe_key_exchange(seen, out);
    ur_buf_literal(out, "\n");
}

static void list(struct ur_buf *out, const char *title, const struct ur_probe_field *fields,
                 size_t count)
{
    if (!count) {
        return;
    }
    ur_buf_string(out, title);
    for (size_t i = 0; i < count; i++) {
        ur_buf_literal(out, "  ");
        ur_escape_text(out, ur_probe_cut(ur_span_of(fields[i].name)));
        line(out, ": ", fields[i].value);
    }
}

static void policies(struct ur_buf *out, const struct ur_probe *probe)
{
    ur_buf_string(out, probe->policies_count ? "\nPolicies of this server:\n" : "");
    for (size_t i = 0; i < probe->policies_count; i++) {
        const struct ur_probe_policy *policy = &probe->policies[i];
        const char *words[UR_FAMILIES];
        size_t count = ur_policy_words(policy->policy, words);

        ur_buf_literal(out, "  ");
        ur_escape_text(out, ur_span_of(policy->name));
        for (size_t word = 0; word < count; word++) {
            ur_buf_string(out, word ? " " : ": ");
            ur_buf_string(out, words[word]);
        }
        ur_buf_literal(out, ", ");
        ur_buf_string(out, policy->stage);
        ur_buf_string(out, policy->judgement.unmet ? ", not met: " : ", met");
        ur_buf_string(
            out, policy->judgement.unmet ? ur_reason_row(policy->judgement.reason)->word : "");
        ur_buf_literal(out, "\n");
    }
}

void ur_probe_text(const struct ur_probe *probe, struct ur_buf *out)
{
    ur_buf_literal(out, "Upgrade probe\n\n");
    protocol(out, "Protocol:     ", probe->own);
    if (probe->trusted) {
        protocol(out, "Client:       ", probe->seen);
    }
    line(out, "Method:       ", probe->method);
    line(out, "Cipher:       ", probe->cipher);
    line(out, "ALPN offered: ", probe->alpn_offered);
    line(out, "ALPN chosen:  ", probe->alpn_chosen);
    line(out, "SNI:          ", probe->sni);
    groups(out, "Groups:       ", probe->groups);
    groups(out, "Key shares:   ", probe->key_shares);
    ur_buf_literal(out, "Handshake:    ");
    ur_buf_string(out, ur_probe_handshake_word(probe));
    if (probe->asks && probe->handshake != UR_REASON_NONE) {
        ur_buf_literal(out, ", ");
        ur_buf_string(out, ur_reason_row(probe->handshake)->word);
    }
    ur_buf_literal(out, "\n");
    list(out, "\nStated by the trusted proxy:\n", probe->stated, probe->stated_count);
    list(out, "\nHeaders received:\n", probe->fields, probe->fields_count);
    policies(out, probe);
    ur_buf_literal(out, "\nWhat to do:\n");
    for (size_t n = 0; ur_probe_next(probe, n, out); n++) {
        ur_buf_literal(out, "\n");
    }
}
