#include "core/probe/ur_probe_forms.h"

#include "core/text/ur_escape.h"
#include "core/response/ur_page.h"
#include "core/response/ur_reply.h"

static const char STYLE[] = UR_PAGE_COLOURS
    "main{max-width:52rem;margin:0 auto;padding:2rem 1.25rem}"
    "h1{font-size:1.6rem;margin:0 0 1rem}h2{font-size:1.2rem;margin:2rem 0 .5rem}"
    "table{border-collapse:collapse;width:100%}"
    "th,td{text-align:left;vertical-align:top;padding:.35rem 1rem .35rem 0;"
    "border-bottom:1px solid var(--line);overflow-wrap:anywhere}"
    "th{color:var(--soft);font-weight:600;white-space:nowrap}"
    "a{color:var(--link)}.next{border-left:.25rem solid "
    "var(--link);padding-left:1rem;white-space:pre-line;"
    "overflow-wrap:anywhere}";

static void row(struct ur_buf *out, const char *name, struct ur_span value)
{
    if (ur_span_present(value)) {
        ur_buf_literal(out, "<tr><th>");
        ur_escape_html(out, ur_probe_cut(ur_span_of(name)));
        ur_buf_literal(out, "<td>");
        ur_escape_html(out, ur_probe_cut(value));
        ur_buf_literal(out, "\n");
    }
}

static void groups(struct ur_buf *out, const char *name, struct ur_groups list)
{
    if (list.ids) {
        ur_buf_literal(out, "<tr><th>");
        ur_buf_string(out, name);
        ur_buf_literal(out, "<td>");
        ur_group_write_list(out, list);
        ur_buf_literal(out, "\n");
    }
}

static void protocol(struct ur_buf *out, const char *name, struct ur_seen seen)
{
    const char *tls = ur_protocol_tls(seen.tls);

    ur_buf_literal(out, "<tr><th>");
    ur_buf_string(out, name);
    ur_buf_literal(out, "<td>HTTP/");
    ur_buf_string(out, ur_protocol_http(seen.http));
    ur_buf_string(out, tls ? " over TLS " : " without TLS");
    ur_buf_string(out, tls ? tls : "");
    ur_probe_key_exchange(seen, out);
    ur_buf_literal(out, "\n");
}

static void table(struct ur_buf *out, const char *title, const struct ur_probe_field *fields,
                  size_t count)
{
    if (!count) {
        return;
    }
    ur_buf_literal(out, "<h2>");
    ur_buf_string(out, title);
    ur_buf_literal(out, "</h2>\n<table>\n");
    for (size_t i = 0; i < count; i++) {
        row(out, fields[i].name, fields[i].value);
    }
    ur_buf_literal(out, "</table>\n");
}

static void write_policy(struct ur_buf *out, const struct ur_probe_policy *policy)
{
    const char *words[UR_FAMILIES];
    size_t count = ur_policy_words(policy->policy, words);

    ur_buf_literal(out, "<tr><td>");
    ur_escape_html(out, ur_span_of(policy->name));
    ur_buf_literal(out, "<td>");
    for (size_t i = 0; i < count; i++) {
        ur_buf_string(out, i ? " " : "");
        ur_buf_string(out, words[i]);
    }
    ur_buf_literal(out, "<td>");
    ur_buf_string(out, policy->stage);
    ur_buf_literal(out, "<td>");
    ur_buf_string(out, policy->judgement.unmet ? ur_reason_row(policy->judgement.reason)->word
                                               : "met");
    ur_buf_literal(out, "\n");
}

static void policies(struct ur_buf *out, const struct ur_probe *probe)
{
    if (!probe->policies_count) {
        return;
    }
    ur_buf_literal(out, "<h2>Policies of this server</h2>\n<table>\n<tr><th>Policy<th>"
                        "Required<th>Now<th>This request\n");
    for (size_t i = 0; i < probe->policies_count; i++) {
        write_policy(out, &probe->policies[i]);
    }
    ur_buf_literal(out, "</table>\n");
}

/* The sentences are our own, but for the method. */
static void next(struct ur_buf *out, const struct ur_probe *probe)
{
    char room[UR_SENTENCE_MAX];
    struct ur_buf text = {room, sizeof room, 0};

    ur_buf_literal(out, "<h2>What to do</h2>\n");
    for (size_t n = 0; ur_probe_next(probe, n, &text); n++, text.len = 0) {
        ur_buf_literal(out, "<p class=\"next\">");
        ur_escape_html(out,
                       (struct ur_span){room, ur_buf_full(&text) ? sizeof room : text.len});
        ur_buf_literal(out, "</p>\n");
    }
}

void ur_probe_html(const struct ur_probe *probe, struct ur_buf *out)
{
    ur_buf_literal(out, UR_PAGE_HEAD "<title>Upgrade probe</title>\n<style>");
    ur_buf_bytes(out, STYLE, sizeof STYLE - 1);
    ur_buf_literal(out, "</style>\n</head>\n<body>\n<main>\n<h1>Upgrade probe</h1>\n<table>\n");
    protocol(out, "Protocol", probe->own);
    if (probe->trusted) {
        protocol(out, "Client", probe->seen);
    }
    row(out, "Method", probe->method);
    row(out, "Cipher", probe->cipher);
    row(out, "ALPN offered", probe->alpn_offered);
    row(out, "ALPN chosen", probe->alpn_chosen);
    row(out, "SNI", probe->sni);
    groups(out, "Groups offered", probe->groups);
    groups(out, "Key shares", probe->key_shares);
    row(out, "WebSocket handshake", ur_span_of(ur_probe_handshake_word(probe)));
    if (probe->asks && probe->handshake != UR_REASON_NONE) {
        row(out, "Reason", ur_span_of(ur_reason_row(probe->handshake)->word));
    }
    ur_buf_literal(out, "</table>\n");
    next(out, probe);
    table(out, "Stated by the trusted proxy", probe->stated, probe->stated_count);
    table(out, "Headers received", probe->fields, probe->fields_count);
    policies(out, probe);
    ur_buf_literal(out,
                   "<p>The same as <a href=\"?format=text\">text</a> for a bug report, and as "
                   "<a href=\"?format=json\">JSON</a>.</p>\n</main>\n</body>\n</html>\n");
}
