#include "core/response/ur_reply.h"

#include "core/protocol/ur_group.h"

#include <string.h>

#define UPGRADE_REQUIRED   426
#define FORBIDDEN          403
#define METHOD_NOT_ALLOWED 405
#define TOO_MANY_REQUESTS  429

static const char *status_phrase(int status)
{
    switch (status) {
    case UPGRADE_REQUIRED:
        return "Upgrade Required";
    case METHOD_NOT_ALLOWED:
        return "Method Not Allowed";
    case FORBIDDEN:
        return "Forbidden";
    case TOO_MANY_REQUESTS:
        return "Too Many Requests";
    default:
        return "Bad Request";
    }
}

/* Whether the same client would succeed with HTTP/1.1, which is all that HTTP_1_1_REQUIRED can
 * say (RFC 9113, 7). */
static bool http1_would_help(const struct ur_refusal *refusal)
{
    return refusal->judgement.unmet == UR_FAMILY_WEBSOCKET && refusal->policy->http < UR_HTTP_2;
}

/* A client that already speaks TLS 1.3 gains nothing from another protocol. */
static bool nothing_to_upgrade_to(const struct ur_refusal *refusal)
{
    return refusal->judgement.unmet & UR_FAMILY_KEY_EXCHANGE && refusal->seen.tls == UR_TLS_1_3;
}

/* A 426 without Upgrade breaks RFC 9110, 15.5.22, a 426 with it RFC 9113, 8.2.2: over
 * HTTP/2 the administrator chooses. Behind a proxy there is no stream to reset. */
struct ur_reply ur_reply_decide(const struct ur_refusal *refusal)
{
    struct ur_reply reply = {ur_reason_row(refusal->judgement.reason)->status, NULL, false};

    if (reply.status == UPGRADE_REQUIRED) {
        if (refusal->stream && refusal->http2_answer == UR_HTTP2_RESET &&
            http1_would_help(refusal)) {
            reply.reset = true;
            reply.status = FORBIDDEN;
        }
        else if (refusal->advertise == UR_ADVERTISE_OFF || nothing_to_upgrade_to(refusal) ||
                 (refusal->http2 && refusal->http2_answer == UR_HTTP2_403)) {
            reply.status = FORBIDDEN;
        }
    }
    reply.title = status_phrase(reply.status);
    return reply;
}

struct upgrades {
    const char **list;
    size_t count;
};

static void add_upgrade(struct upgrades *upgrades, const char *protocol)
{
    for (size_t i = 0; i < upgrades->count; i++) {
        if (strcmp(upgrades->list[i], protocol) == 0) {
            return;
        }
    }
    upgrades->list[upgrades->count++] = protocol;
}

/* TLS 1.0 and 1.1 are never offered: RFC 8996 retired them. TLS 1.2 has no post-quantum key
 * exchange. */
static void add_tls(struct upgrades *upgrades, const struct ur_policy *policy)
{
    add_upgrade(upgrades, "TLS/1.3");
    if (policy->tls < UR_TLS_1_3 && policy->key_exchange < UR_KEX_POST_QUANTUM) {
        add_upgrade(upgrades, "TLS/1.2");
    }
    if (policy->http < UR_HTTP_2) {
        add_upgrade(upgrades, "HTTP/1.1");
    }
}

/* Never h2c: RFC 9113, 3.1, retires it, and a client that tried would be refused again. */
static void add_http(struct upgrades *upgrades, const struct ur_refusal *refusal)
{
    if (refusal->policy->http == UR_HTTP_2 || refusal->offers_http2) {
        add_upgrade(upgrades, "HTTP/2.0");
    }
    if (refusal->policy->http < UR_HTTP_2) {
        add_upgrade(upgrades, "HTTP/1.1");
    }
}

size_t ur_reply_upgrades(const struct ur_refusal *refusal, const char *list[UR_UPGRADES_MAX])
{
    struct upgrades upgrades = {list, 0};

    if (nothing_to_upgrade_to(refusal)) {
        return 0;
    }
    if (refusal->judgement.unmet & UR_FAMILY_TLS) {
        add_tls(&upgrades, refusal->policy);
    }
    if (refusal->judgement.unmet & UR_FAMILY_KEY_EXCHANGE) {
        add_upgrade(&upgrades, "TLS/1.3");
    }
    if (refusal->judgement.unmet & UR_FAMILY_HTTP) {
        add_http(&upgrades, refusal);
    }
    if (refusal->judgement.unmet & UR_FAMILY_WEBSOCKET) {
        add_upgrade(&upgrades, "websocket");
    }
    return upgrades.count;
}

/* The end of "The request". */
static void write_agreed(struct ur_seen seen, struct ur_buf *out)
{
    if (seen.tls == UR_TLS_NONE) {
        ur_buf_literal(out, "was not encrypted");
        return;
    }
    ur_buf_literal(out, "used TLS ");
    ur_buf_string(out, ur_protocol_tls(seen.tls));
    switch (seen.key_exchange) {
    case UR_KEX_NONE:
    case UR_KEX_UNKNOWN:
        ur_buf_literal(out, ", and its key exchange is not known");
        break;
    case UR_KEX_STATIC:
        ur_buf_literal(out, " without forward secrecy");
        break;
    case UR_KEX_FORWARD_SECRET:
    case UR_KEX_POST_QUANTUM:
        ur_buf_string(out, ur_group_name(seen.group) ? " with the group "
                                                     : " with a group that is not known");
        ur_buf_string(out, ur_group_name(seen.group) ? ur_group_name(seen.group) : "");
        break;
    }
}

static const char *placeholder(const struct ur_refusal *refusal, char letter)
{
    switch (letter) {
    case 'T':
        return ur_policy_word(refusal->policy, UR_FAMILY_TLS);
    case 'H':
        return ur_policy_word(refusal->policy, UR_FAMILY_HTTP);
    case 'R':
        return ur_policy_plain(refusal->policy,
                               ur_reason_row(refusal->judgement.reason)->family);
    case 'P':
        return ur_reason_proxy_lines(refusal->policy->http);
    case 'G':
        return ur_reason_groups(refusal->policy->key_exchange);
    case 't':
        return ur_protocol_tls(refusal->seen.tls);
    default:
        return ur_protocol_http(refusal->seen.http);
    }
}

static void write_template(const struct ur_refusal *refusal, const char *template,
                           struct ur_buf *out)
{
    for (const char *mark; (mark = strchr(template, '%')); template = mark + 2) {
        ur_buf_bytes(out, template, (size_t)(mark - template));
        if (mark[1] == 'm' && ur_span_present(refusal->method)) {
            ur_buf_bytes(out, refusal->method.at, refusal->method.len);
        }
        else if (mark[1] == 'k') {
            write_agreed(refusal->seen, out);
        }
        else {
            const char *word = mark[1] == 'm' ? "request" : placeholder(refusal, mark[1]);
            ur_buf_string(out, word ? word : "none");
        }
    }
    ur_buf_string(out, template);
}

static void write_phrase(const struct ur_refusal *refusal, struct ur_buf *out)
{
    write_template(refusal, ur_reason_row(refusal->judgement.reason)->phrase, out);
}

struct fields {
    struct ur_field *list;
    size_t count;
};

static void add_field(struct fields *fields, const char *name, const char *value)
{
    fields->list[fields->count++] = (struct ur_field){name, value, false};
}

static void join_field(struct fields *fields, const char *name, const char *value)
{
    fields->list[fields->count++] = (struct ur_field){name, value, true};
}

/* Where the next value will be. NULL once the buffer is full: then nothing reads it. */
static const char *value_start(const struct ur_buf *scratch)
{
    return scratch->len < scratch->size ? scratch->at + scratch->len : NULL;
}

static void add_upgrade_fields(struct fields *fields, const struct ur_refusal *refusal,
                               struct ur_buf *scratch)
{
    const char *upgrades[UR_UPGRADES_MAX];
    size_t count = ur_reply_upgrades(refusal, upgrades);
    const char *value = value_start(scratch);

    if (!count) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        ur_buf_string(scratch, i ? ", " : "");
        ur_buf_string(scratch, upgrades[i]);
    }
    ur_buf_bytes(scratch, "", 1);
    add_field(fields, "Upgrade", value);
    add_field(fields, "Connection", "Upgrade");
}

static void add_link(struct fields *fields, struct ur_span guide, struct ur_buf *scratch)
{
    const char *value = value_start(scratch);

    ur_buf_literal(scratch, "<");
    ur_buf_bytes(scratch, guide.at, guide.len);
    ur_buf_literal(scratch, ">; rel=\"help\"");
    ur_buf_bytes(scratch, "", 1);
    join_field(fields, "Link", value);
}

static void add_retry(struct fields *fields, unsigned seconds, struct ur_buf *scratch)
{
    const char *value = value_start(scratch);

    ur_buf_number(scratch, seconds);
    ur_buf_bytes(scratch, "", 1);
    add_field(fields, "Retry-After", value);
}

/* FAILED_PRECONDITION: the call is not to be repeated until something has been mended. Clients
 * prefer it to what they would make of the HTTP status. No phrase needs percent-encoding. */
static void add_grpc(struct fields *fields, const struct ur_refusal *refusal,
                     struct ur_buf *scratch)
{
    const char *value = value_start(scratch);

    write_phrase(refusal, scratch);
    ur_buf_bytes(scratch, "", 1);
    add_field(fields, "grpc-status", "9");
    add_field(fields, "grpc-message", value);
}

size_t ur_reply_fields(const struct ur_refusal *refusal, const struct ur_reply *reply,
                       struct ur_buf *scratch, struct ur_field list[UR_FIELDS_MAX])
{
    struct fields fields = {list, 0};

    if (!refusal->http2 && refusal->advertise != UR_ADVERTISE_OFF) {
        add_upgrade_fields(&fields, refusal, scratch);
    }
    if (ur_reason_row(refusal->judgement.reason)->family == UR_FAMILY_WEBSOCKET) {
        add_field(&fields, "Sec-WebSocket-Version", "13");
    }
    if (reply->status == METHOD_NOT_ALLOWED) {
        add_field(&fields, "Allow", "GET");
    }
    add_field(&fields, "Cache-Control", "no-store");
    join_field(&fields, "Vary", "Accept");
    if (refusal->rehearsal_ends || refusal->retry_after) {
        add_retry(&fields, refusal->retry_after, scratch);
    }
    if (ur_span_present(refusal->guide)) {
        add_link(&fields, refusal->guide, scratch);
    }
    if (refusal->grpc) {
        add_grpc(&fields, refusal, scratch);
    }
    add_field(&fields, "X-Content-Type-Options", "nosniff");
    return ur_buf_full(scratch) ? 0 : fields.count;
}

void ur_reply_status_line(const struct ur_refusal *refusal, const struct ur_reply *reply,
                          struct ur_buf *out)
{
    if (refusal->phrase == UR_PHRASE_ON) {
        ur_buf_number(out, (uint64_t)reply->status);
        ur_buf_literal(out, " ");
        write_phrase(refusal, out);
    }
}

void ur_reply_detail(const struct ur_refusal *refusal, struct ur_buf *out)
{
    write_template(refusal, ur_reason_row(refusal->judgement.reason)->detail, out);
}

void ur_reply_hint(const struct ur_refusal *refusal, struct ur_buf *out)
{
    write_template(refusal, ur_reason_row(refusal->judgement.reason)->hint, out);
}

void ur_reply_rehearsal(const struct ur_refusal *refusal, struct ur_buf *out)
{
    if (!refusal->rehearsal_ends) {
        return;
    }
    ur_buf_literal(out, "This is a rehearsal that ends at ");
    ur_buf_string(out, refusal->rehearsal_ends);
    if (refusal->enforced_from) {
        ur_buf_literal(out, "; from ");
        ur_buf_string(out, refusal->enforced_from);
        ur_buf_literal(out, " such requests will always be refused.");
    }
    else {
        ur_buf_literal(
            out,
            "; the date from which such requests will always be refused has not been set yet.");
    }
}
