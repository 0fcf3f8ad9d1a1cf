#include "core/response/ur_body.h"

#include "core/response/ur_body_forms.h"

static struct ur_span text_of(const struct ur_buf *buf)
{
    return (struct ur_span){buf->at, ur_buf_full(buf) ? buf->size : buf->len};
}

/* What only one reason has. */
static void tell_more(struct ur_body_facts *facts)
{
    const struct ur_refusal *refusal = facts->refusal;

    if (ur_reason_row(refusal->judgement.reason)->tells & UR_TELLS_SUBPROTOCOLS &&
        refusal->subprotocols) {
        facts->subprotocols = *refusal->subprotocols;
    }
    for (size_t i = 0; i < UR_EVIDENCE_MAX; i++) {
        if (refusal->evidence & (1U << i) &&
            ur_handshake_evidence_tells(i, refusal->judgement.reason)) {
            facts->evidence[facts->evidence_count++] = ur_handshake_evidence_name(i);
        }
    }
}

void ur_body_write(enum ur_media media, const struct ur_refusal *refusal,
                   const struct ur_reply *reply, struct ur_buf *out)
{
    char detail_bytes[UR_SENTENCE_MAX];
    char hint_bytes[UR_SENTENCE_MAX];
    struct ur_buf detail = {detail_bytes, sizeof detail_bytes, 0};
    struct ur_buf hint = {hint_bytes, sizeof hint_bytes, 0};
    char rehearsal_bytes[UR_SENTENCE_MAX];
    struct ur_buf rehearsal = {rehearsal_bytes, sizeof rehearsal_bytes, 0};
    struct ur_body_facts facts = {.refusal = refusal, .reply = reply};

    facts.reason = ur_reason_row(refusal->judgement.reason)->word;
    if (ur_span_present(refusal->message)) {
        facts.detail = refusal->message;
    }
    else {
        ur_reply_detail(refusal, &detail);
        facts.detail = text_of(&detail);
    }
    ur_reply_hint(refusal, &hint);
    facts.hint = text_of(&hint);
    ur_reply_rehearsal(refusal, &rehearsal);
    facts.rehearsal = text_of(&rehearsal);
    facts.required_count = ur_policy_words(refusal->policy, facts.required);
    facts.upgrades_count = ur_reply_upgrades(refusal, facts.upgrades);

    tell_more(&facts);

    switch (media) {
    case UR_MEDIA_HTML:
        ur_body_html(&facts, out);
        break;
    case UR_MEDIA_TEXT:
        ur_body_text(&facts, out);
        break;
    default:
        ur_body_json(&facts, out);
        break;
    }
}

size_t ur_body_usual_size(enum ur_media media)
{
    return media == UR_MEDIA_HTML ? 3072 : 1024;
}

void ur_body_words(struct ur_buf *out, const char *const words[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ur_buf_string(out, i ? ", " : "");
        ur_buf_string(out, words[i]);
    }
}

void ur_body_received(struct ur_buf *out, const struct ur_refusal *refusal)
{
    const char *tls = ur_protocol_tls(refusal->seen.tls);

    ur_buf_string(out, "HTTP/");
    ur_buf_string(out, ur_protocol_http(refusal->seen.http));
    ur_buf_string(out, tls ? " over TLS " : " without TLS");
    ur_buf_string(out, tls ? tls : "");
    if (tls && refusal->policy->key_exchange) {
        ur_buf_literal(out, ", key exchange ");
        ur_buf_string(out, ur_protocol_agreed(refusal->seen));
    }
}
