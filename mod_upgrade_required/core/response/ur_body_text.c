#include "core/response/ur_body_forms.h"

#include "core/text/ur_escape.h"

static void line(struct ur_buf *out, const char *label, struct ur_span value)
{
    if (!ur_span_present(value)) {
        return;
    }
    ur_buf_string(out, label);
    ur_escape_text(out, value);
    ur_buf_literal(out, "\n");
}

void ur_body_text(const struct ur_body_facts *facts, struct ur_buf *out)
{
    const struct ur_refusal *refusal = facts->refusal;

    ur_buf_number(out, (unsigned)facts->reply->status);
    line(out, " ", ur_span_of(facts->reply->title));
    line(out, "\n", facts->detail);
    if (facts->rehearsal.len) {
        line(out, "", facts->rehearsal);
    }
    ur_buf_literal(out, "\nWhat to do: ");
    ur_buf_bytes(out, facts->hint.at, facts->hint.len); /* our own words, lines and all */
    ur_buf_literal(out, "\n");
    line(out, "Guide:      ", refusal->guide);
    line(out, "\nReason:     ", ur_span_of(facts->reason));
    line(out, "Policy:     ", refusal->name);
    ur_buf_literal(out, "Required:   ");
    ur_body_words(out, facts->required, facts->required_count);
    ur_buf_literal(out, "\nReceived:   ");
    ur_body_received(out, refusal);
    if (facts->evidence_count) {
        ur_buf_literal(out, "\nEvidence:   ");
        ur_body_words(out, facts->evidence, facts->evidence_count);
    }
    for (size_t i = 0; i < facts->subprotocols.count; i++) {
        ur_buf_string(out, i ? ", " : "\nAccepted:   ");
        ur_escape_text(out, facts->subprotocols.words[i]);
    }
    ur_buf_string(out, facts->upgrades_count ? "\nUpgrade to: " : "");
    ur_body_words(out, facts->upgrades, facts->upgrades_count);
    ur_buf_literal(out, "\n");
    line(out, "Enforced:   from ", ur_span_of(refusal->enforced_from));
}
