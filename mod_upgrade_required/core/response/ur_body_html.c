#include "core/response/ur_body_forms.h"

#include "core/text/ur_escape.h"
#include "core/response/ur_page.h"

static const char STYLE[] = UR_PAGE_COLOURS
    "main{max-width:42rem;margin:0 auto;padding:3rem 1.25rem}"
    "h1{font-size:1.6rem;line-height:1.3;margin:0 0 1rem}h1 span{color:var(--soft)}"
    ".hint{border-left:.25rem solid var(--link);padding-left:1rem;white-space:pre-line;"
    "overflow-wrap:anywhere}"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.35rem 1.25rem;"
    "border-top:1px solid var(--line);padding-top:1.25rem;margin-top:2rem}"
    "dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}a{color:var(--link)}";

static void title(struct ur_buf *out, const struct ur_reply *reply, const char *between)
{
    ur_buf_number(out, (unsigned)reply->status);
    ur_buf_string(out, between);
    ur_escape_html(out, ur_span_of(reply->title));
}

static void term(struct ur_buf *out, const char *name)
{
    ur_buf_literal(out, "<dt>");
    ur_buf_string(out, name);
    ur_buf_literal(out, "</dt><dd>");
}

static void accepted(struct ur_buf *out, const struct ur_words *subprotocols)
{
    term(out, "Accepted");
    for (size_t i = 0; i < subprotocols->count; i++) {
        ur_buf_string(out, i ? ", " : "");
        ur_escape_html(out, subprotocols->words[i]);
    }
    ur_buf_literal(out, "</dd>\n");
}

static void table_of(struct ur_buf *out, const struct ur_body_facts *facts)
{
    ur_buf_literal(out, "<dl>\n");
    term(out, "Reason");
    ur_escape_html(out, ur_span_of(facts->reason));
    ur_buf_literal(out, "</dd>\n");
    term(out, "Policy");
    ur_escape_html(out, facts->refusal->name);
    ur_buf_literal(out, "</dd>\n");
    term(out, "Required");
    ur_body_words(out, facts->required, facts->required_count);
    ur_buf_literal(out, "</dd>\n");
    term(out, "Received");
    ur_body_received(out, facts->refusal);
    ur_buf_literal(out, "</dd>\n");
    if (facts->evidence_count) {
        term(out, "Evidence");
        ur_body_words(out, facts->evidence, facts->evidence_count);
        ur_buf_literal(out, "</dd>\n");
    }
    if (facts->subprotocols.count) {
        accepted(out, &facts->subprotocols);
    }
    if (facts->upgrades_count) {
        term(out, "Upgrade to");
        ur_body_words(out, facts->upgrades, facts->upgrades_count);
        ur_buf_literal(out, "</dd>\n");
    }
    if (facts->refusal->enforced_from) {
        term(out, "Enforced from");
        ur_buf_string(out, facts->refusal->enforced_from);
        ur_buf_literal(out, "</dd>\n");
    }
    ur_buf_literal(out, "</dl>\n");
}

static void guide(struct ur_buf *out, struct ur_span url)
{
    if (!ur_span_present(url)) {
        return;
    }
    ur_buf_literal(out, "<p><a rel=\"help\" href=\"");
    ur_escape_html(out, url);
    ur_buf_literal(out, "\">How to upgrade</a></p>\n");
}

void ur_body_html(const struct ur_body_facts *facts, struct ur_buf *out)
{
    ur_buf_literal(out, UR_PAGE_HEAD "<title>");
    title(out, facts->reply, " ");
    ur_buf_literal(out, "</title>\n<style>");
    ur_buf_bytes(out, STYLE, sizeof STYLE - 1);
    ur_buf_literal(out, "</style>\n</head>\n<body>\n<main>\n<h1><span>");
    title(out, facts->reply, "</span> ");
    ur_buf_literal(out, "</h1>\n<p>");
    ur_escape_html(out, facts->detail);
    if (facts->rehearsal.len) {
        ur_buf_literal(out, "</p>\n<p>");
        ur_escape_html(out, facts->rehearsal);
    }
    ur_buf_literal(out, "</p>\n<p class=\"hint\">");
    ur_escape_html(out, facts->hint);
    ur_buf_literal(out, "</p>\n");
    guide(out, facts->refusal->guide);
    table_of(out, facts);
    ur_buf_literal(out, "</main>\n</body>\n</html>\n");
}
