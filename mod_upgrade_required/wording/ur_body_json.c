#include "wording/ur_body_forms.h"

#include "values/ur_escape.h"

/* A problem document (RFC 9457). Members without a value are left out, except
 * received.tls, whose null says "in clear". */

static void write_string(struct ur_buf *out, struct ur_span text)
{
    ur_buf_string(out, "\"");
    ur_escape_json(out, text);
    ur_buf_string(out, "\"");
}

static void member(struct ur_buf *out, const char *name, struct ur_span value)
{
    if (!ur_span_present(value)) {
        return;
    }
    ur_buf_string(out, ",\n \"");
    ur_buf_string(out, name);
    ur_buf_string(out, "\":");
    write_string(out, value);
}

static void array(struct ur_buf *out, const char *name, const char *const words[], size_t count)
{
    ur_buf_string(out, ",\n \"");
    ur_buf_string(out, name);
    ur_buf_string(out, "\":[");
    for (size_t i = 0; i < count; i++) {
        ur_buf_string(out, i ? "," : "");
        write_string(out, ur_span_of(words[i]));
    }
    ur_buf_string(out, "]");
}

static void received(struct ur_buf *out, const struct ur_refusal *refusal)
{
    const char *tls = ur_tls_version(refusal->tls);

    ur_buf_string(out, ",\n \"received\":{\"http\":");
    write_string(out, ur_span_of(ur_http_version(refusal->http)));
    ur_buf_string(out, ",\"tls\":");
    if (tls) {
        write_string(out, ur_span_of(tls));
    }
    else {
        ur_buf_string(out, "null");
    }
    ur_buf_string(out, "}");
}

void ur_body_json(const struct ur_account *account, struct ur_buf *out)
{
    const struct ur_refusal *refusal = account->refusal;

    ur_buf_string(out, "{\"type\":\"about:blank\"");
    member(out, "title", ur_span_of(account->reply->title));
    ur_buf_string(out, ",\n \"status\":");
    ur_buf_number(out, (unsigned)account->reply->status);
    member(out, "detail", account->detail);
    member(out, "reason", ur_span_of(account->reason));
    member(out, "policy", refusal->name);
    array(out, "required", account->required, account->required_count);
    received(out, refusal);
    array(out, "upgrade", account->upgrades, account->upgrades_count);
    member(out, "hint", account->hint);
    member(out, "upgrade_guide", refusal->guide);
    ur_buf_string(out, "}\n");
}
