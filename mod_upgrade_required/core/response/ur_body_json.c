#include "core/response/ur_body_forms.h"

#include "core/text/ur_json.h"

/* A problem document (RFC 9457). Members without a value are left out, except those of received
 * about TLS, whose null says that the request was not encrypted. */

static void word_or_null(struct ur_json *json, const char *name, const char *word)
{
    if (word) {
        ur_json_word(json, name, word);
    }
    else {
        ur_json_null(json, name);
    }
}

static void received(struct ur_json *json, const struct ur_refusal *refusal)
{
    ur_json_object(json, "received", UR_JSON_INLINE);
    ur_json_word(json, "http", ur_protocol_http(refusal->seen.http));
    word_or_null(json, "tls", ur_protocol_tls(refusal->seen.tls));
    if (refusal->policy->key_exchange) {
        word_or_null(json, "key_exchange", ur_protocol_agreed(refusal->seen));
    }
    ur_json_end_object(json);
}

static void subprotocols(struct ur_json *json, const struct ur_words *words)
{
    if (!words->count) {
        return;
    }
    ur_json_array(json, "subprotocols", UR_JSON_INLINE);
    for (size_t i = 0; i < words->count; i++) {
        ur_json_string(json, NULL, words->words[i]);
    }
    ur_json_end_array(json);
}

/* Who has a guide says more than a page about the reason could. */
static void type(struct ur_json *json, const struct ur_body_facts *facts)
{
    const struct ur_refusal *refusal = facts->refusal;

    if (!ur_span_present(refusal->explained) || ur_span_present(refusal->guide)) {
        ur_json_word(json, "type", "about:blank");
    }
    else {
        ur_json_joined(json, "type", refusal->explained, "#", ur_span_of(facts->reason));
    }
}

void ur_body_json(const struct ur_body_facts *facts, struct ur_buf *out)
{
    const struct ur_refusal *refusal = facts->refusal;
    struct ur_json json = {.out = out};

    ur_json_object(&json, NULL, UR_JSON_LINES);
    type(&json, facts);
    ur_json_word(&json, "title", facts->reply->title);
    ur_json_number(&json, "status", (unsigned)facts->reply->status);
    /* In one member: a client that shows a person one sentence shows this one. */
    ur_json_joined(&json, "detail", facts->detail, " ", facts->rehearsal);
    ur_json_word(&json, "reason", facts->reason);
    ur_json_string(&json, "policy", refusal->name);
    ur_json_words(&json, "required", facts->required, facts->required_count);
    received(&json, refusal);
    if (facts->upgrades_count) {
        ur_json_words(&json, "upgrade", facts->upgrades, facts->upgrades_count);
    }
    if (facts->evidence_count) {
        ur_json_words(&json, "evidence", facts->evidence, facts->evidence_count);
    }
    subprotocols(&json, &facts->subprotocols);
    ur_json_string(&json, "hint", facts->hint);
    if (ur_span_present(refusal->guide)) {
        ur_json_string(&json, "upgrade_guide", refusal->guide);
    }
    ur_json_word(&json, "enforced_from", refusal->enforced_from);
    ur_json_end_object(&json);
    ur_buf_literal(out, "\n");
}
