#include "wording/ur_body_forms.h"

#include "values/ur_escape.h"

/* A problem document (RFC 9457). Members without a value are left out, except
 * received.tls, whose null says "in clear". */

/* text stands between the two literals, which open and close its string. */
static void string(struct ur_buf *out, struct ur_span opening, struct ur_span text)
{
    ur_buf_bytes(out, opening.at, opening.len);
    ur_escape_json(out, text);
    ur_buf_literal(out, "\"");
}

#define MEMBER(name) UR_SPAN(",\n \"" name "\":\"")

static void optional(struct ur_buf *out, struct ur_span opening, struct ur_span value)
{
    if (ur_span_present(value)) {
        string(out, opening, value);
    }
}

static void array(struct ur_buf *out, struct ur_span opening, const char *const words[],
                  size_t count)
{
    ur_buf_bytes(out, opening.at, opening.len);
    for (size_t i = 0; i < count; i++) {
        string(out, i ? UR_SPAN(",\"") : UR_SPAN("\""), ur_span_of(words[i]));
    }
    ur_buf_literal(out, "]");
}

static void spans(struct ur_buf *out, struct ur_span opening, const struct ur_words *words)
{
    ur_buf_bytes(out, opening.at, opening.len);
    for (size_t i = 0; i < words->count; i++) {
        string(out, i ? UR_SPAN(",\"") : UR_SPAN("\""), words->words[i]);
    }
    ur_buf_literal(out, "]");
}

static void received(struct ur_buf *out, const struct ur_refusal *refusal)
{
    const char *tls = ur_tls_version(refusal->seen.tls);

    string(out, UR_SPAN(",\n \"received\":{\"http\":\""),
           ur_span_of(ur_http_version(refusal->seen.http)));
    if (tls) {
        string(out, UR_SPAN(",\"tls\":\""), ur_span_of(tls));
        ur_buf_literal(out, "}");
    }
    else {
        ur_buf_literal(out, ",\"tls\":null}");
    }
}

/* In one member: a client that shows a person one sentence shows this one. */
static void detail(struct ur_buf *out, const struct ur_account *account)
{
    ur_buf_literal(out, ",\n \"detail\":\"");
    ur_escape_json(out, account->detail);
    ur_buf_string(out, account->rehearsal.len ? " " : "");
    ur_escape_json(out, account->rehearsal);
    ur_buf_literal(out, "\"");
}

void ur_body_json(const struct ur_account *account, struct ur_buf *out)
{
    const struct ur_refusal *refusal = account->refusal;

    string(out, UR_SPAN("{\"type\":\"about:blank\",\n \"title\":\""),
           ur_span_of(account->reply->title));
    ur_buf_literal(out, ",\n \"status\":");
    ur_buf_number(out, (unsigned)account->reply->status);
    detail(out, account);
    string(out, MEMBER("reason"), ur_span_of(account->reason));
    string(out, MEMBER("policy"), refusal->name);
    array(out, UR_SPAN(",\n \"required\":["), account->required, account->required_count);
    received(out, refusal);
    array(out, UR_SPAN(",\n \"upgrade\":["), account->upgrades, account->upgrades_count);
    if (account->evidence_count) {
        array(out, UR_SPAN(",\n \"evidence\":["), account->evidence, account->evidence_count);
    }
    if (account->subprotocols.count) {
        spans(out, UR_SPAN(",\n \"subprotocols\":["), &account->subprotocols);
    }
    string(out, MEMBER("hint"), account->hint);
    optional(out, MEMBER("upgrade_guide"), refusal->guide);
    optional(out, MEMBER("enforced_from"), ur_span_of(refusal->enforced_from));
    ur_buf_literal(out, "}\n");
}
