#include "wording/ur_probe_forms.h"

#include "values/ur_escape.h"
#include "values/ur_list.h"
#include "wording/ur_reply.h"

static void string(struct ur_buf *out, const char *opening, struct ur_span text)
{
    ur_buf_string(out, opening);
    ur_escape_json(out, text);
    ur_buf_literal(out, "\"");
}

static void optional(struct ur_buf *out, const char *opening, struct ur_span text)
{
    if (ur_span_present(text)) {
        string(out, opening, ur_probe_cut(text));
    }
}

static void protocol(struct ur_buf *out, const char *opening, struct ur_seen seen)
{
    const char *tls = ur_tls_version(seen.tls);

    ur_buf_string(out, opening);
    string(out, "{\"http\":\"", ur_span_of(ur_http_version(seen.http)));
    if (tls) {
        string(out, ",\"tls\":\"", ur_span_of(tls));
    }
    ur_buf_string(out, tls ? "}" : ",\"tls\":null}");
}

static void fields(struct ur_buf *out, const char *opening, const struct ur_probe_field *list,
                   size_t count)
{
    ur_buf_string(out, opening);
    for (size_t i = 0; i < count; i++) {
        string(out, i ? ",\n  {\"name\":\"" : "\n  {\"name\":\"",
               ur_probe_cut(ur_span_of(list[i].name)));
        string(out, ",\"value\":\"", ur_probe_cut(list[i].value));
        ur_buf_literal(out, "}");
    }
    ur_buf_literal(out, "]");
}

static void offered(struct ur_buf *out, struct ur_span names)
{
    struct ur_span name;
    bool first = true;

    ur_buf_literal(out, ",\n \"alpn_offered\":[");
    while (ur_list_next(&names, &name)) {
        string(out, first ? "\"" : ",\"", name);
        first = false;
    }
    ur_buf_literal(out, "]");
}

static void handshake(struct ur_buf *out, const struct ur_probe *probe)
{
    string(out, ",\n \"handshake\":{\"verdict\":\"",
           ur_span_of(ur_probe_handshake_word(probe)));
    if (probe->asks && probe->handshake != UR_REASON_NONE) {
        string(out, ",\"reason\":\"", ur_span_of(ur_reason_row(probe->handshake)->word));
    }
    ur_buf_literal(out, "}");
}

static void write_policy(struct ur_buf *out, const struct ur_probe_policy *policy)
{
    const char *words[UR_FAMILIES];
    size_t count = ur_policy_words(policy->policy, words);

    string(out, "{\"policy\":\"", ur_span_of(policy->name));
    ur_buf_literal(out, ",\"required\":[");
    for (size_t i = 0; i < count; i++) {
        string(out, i ? ",\"" : "\"", ur_span_of(words[i]));
    }
    string(out, "],\"now\":\"", ur_span_of(policy->stage));
    ur_buf_string(out, policy->judgement.unmet ? ",\"met\":false" : ",\"met\":true");
    if (policy->judgement.unmet) {
        string(out, ",\"reason\":\"",
               ur_span_of(ur_reason_row(policy->judgement.reason)->word));
    }
    ur_buf_literal(out, "}");
}

static void next(struct ur_buf *out, const struct ur_probe *probe)
{
    char room[UR_SENTENCE_MAX];
    struct ur_buf text = {room, sizeof room, 0};

    ur_buf_literal(out, ",\n \"next\":[");
    for (size_t n = 0; ur_probe_next(probe, n, &text); n++, text.len = 0) {
        string(out, n ? ",\n  \"" : "\n  \"",
               (struct ur_span){room, ur_buf_full(&text) ? sizeof room : text.len});
    }
    ur_buf_literal(out, "]");
}

void ur_probe_json(const struct ur_probe *probe, struct ur_buf *out)
{
    protocol(out, "{\"protocol\":", probe->own);
    if (probe->trusted) {
        protocol(out, ",\n \"client\":", probe->seen);
        fields(out, ",\n \"stated\":[", probe->stated, probe->stated_count);
    }
    optional(out, ",\n \"method\":\"", probe->method);
    optional(out, ",\n \"cipher\":\"", probe->cipher);
    if (ur_span_present(probe->alpn_offered)) {
        offered(out, ur_probe_cut(probe->alpn_offered));
    }
    optional(out, ",\n \"alpn_chosen\":\"", probe->alpn_chosen);
    optional(out, ",\n \"sni\":\"", probe->sni);
    handshake(out, probe);
    fields(out, ",\n \"fields\":[", probe->fields, probe->fields_count);
    ur_buf_literal(out, ",\n \"policies\":[");
    for (size_t i = 0; i < probe->policies_count; i++) {
        ur_buf_string(out, i ? ",\n  " : "\n  ");
        write_policy(out, &probe->policies[i]);
    }
    ur_buf_literal(out, "]");
    next(out, probe);
    ur_buf_literal(out, "}\n");
}
