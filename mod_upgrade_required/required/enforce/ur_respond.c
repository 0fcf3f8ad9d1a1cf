#include "required/enforce/ur_respond.h"

#include "required/ur_module.h"
#include "required/request/ur_request.h"
#include "shared/ur_text.h"
#include "core/response/ur_body.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mod_core.h>

static const char *const variables[] = {"UPGRADE_VERDICT", "UPGRADE_REASON", "UPGRADE_POLICY",
                                        "UPGRADE_PHASE"};

const char *ur_respond_phase_word(enum ur_phase phase)
{
    return phase == UR_PHASE_FLOOR ? "floor" : "route";
}

#define VARIABLES (sizeof variables / sizeof variables[0])

static void spell(const char *values[VARIABLES], enum ur_verdict verdict, enum ur_reason reason,
                  const char *policy, enum ur_phase phase)
{
    values[0] = ur_reason_verdict_word(verdict);
    values[1] = ur_reason_row(reason)->word;
    values[2] = policy;
    values[3] = ur_respond_phase_word(phase);
}

void ur_respond_note(request_rec *r, enum ur_verdict verdict, enum ur_reason reason,
                     const char *policy, enum ur_phase phase)
{
    const char *values[VARIABLES];

    spell(values, verdict, reason, policy, phase);
    for (size_t i = 0; i < VARIABLES; i++) {
        apr_table_setn(r->subprocess_env, variables[i], values[i]);
    }
}

bool ur_respond_noted(const request_rec *r, enum ur_verdict verdict, enum ur_reason reason,
                      const char *policy, enum ur_phase phase)
{
    const char *values[VARIABLES];

    spell(values, verdict, reason, policy, phase);
    for (size_t i = 0; i < VARIABLES; i++) {
        const char *value = apr_table_get(r->subprocess_env, variables[i]);
        if (!value || strcmp(value, values[i]) != 0) {
            return false;
        }
    }
    return true;
}

void ur_respond_close(request_rec *r)
{
    r->connection->keepalive = AP_CONN_CLOSE;
}

/* On an error httpd sends err_headers_out only, no matter what writes the body. */
static void set_fields(request_rec *r, const struct ur_field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (fields[i].list) {
            apr_table_mergen(r->err_headers_out, fields[i].name, fields[i].value);
        }
        else {
            apr_table_setn(r->err_headers_out, fields[i].name, fields[i].value);
        }
    }
}

/* The response to a refusal; the composed parts of its headers. */
struct answer {
    const struct ur_refusal *refusal;
    const struct ur_reply *reply;
    enum ur_media media;
    struct ur_field *fields;
    size_t *count;
};

static void write_fields(struct ur_buf *out, const void *from)
{
    const struct answer *answer = from;

    *answer->count = ur_reply_fields(answer->refusal, answer->reply, out, answer->fields);
}

static void write_body(struct ur_buf *out, const void *from)
{
    const struct answer *answer = from;

    ur_body_write(answer->media, answer->refusal, answer->reply, out);
}

static void write_status_line(struct ur_buf *out, const void *from)
{
    const struct answer *answer = from;

    ur_reply_status_line(answer->refusal, answer->reply, out);
}

/* NULL: httpd's own. */
static const char *compose_status_line(request_rec *r, const struct ur_refusal *refusal,
                                       const struct ur_reply *reply)
{
    const struct answer answer = {.refusal = refusal, .reply = reply};
    struct ur_span line = ur_text(r->pool, 64, write_status_line, &answer);

    return line.len ? line.at : NULL;
}

static void compose_fields(request_rec *r, const struct ur_refusal *refusal,
                           const struct ur_reply *reply)
{
    struct ur_field fields[UR_FIELDS_MAX] = {{NULL, NULL, false}};
    size_t count = 0;
    const struct answer answer = {
        .refusal = refusal, .reply = reply, .fields = fields, .count = &count};

    ur_text(r->pool, 128, write_fields, &answer);
    set_fields(r, fields, count);
    if (reply->status == HTTP_METHOD_NOT_ALLOWED) {
        ap_allow_methods(r, REPLACE_ALLOW, "GET", NULL);
    }
}

static struct ur_span compose_body(request_rec *r, enum ur_media media,
                                   const struct ur_refusal *refusal,
                                   const struct ur_reply *reply)
{
    const struct answer answer = {.refusal = refusal, .reply = reply, .media = media};

    return ur_text(r->pool, ur_body_usual_size(media), write_body, &answer);
}

/* What ap_send_error_response() does, but with a body of our own: httpd's speaks of SSL
 * only and is always HTML. Returns DONE. */
static int send_error(request_rec *r, int status, const char *type, struct ur_span body)
{
    apr_bucket_brigade *brigade;

    r->status = status;
    r->output_filters = r->proto_output_filters;
    ap_run_insert_error_filter(r);
    /* What was meant for a success goes; httpd sends err_headers_out, on which
     * "Header always" works. */
    r->headers_out = apr_table_make(r->pool, 2);
    r->content_languages = NULL;
    r->content_encoding = NULL;
    ap_set_content_type(r, type);
    brigade = apr_brigade_create(r->pool, r->connection->bucket_alloc);
    if (!r->header_only) {
        /* Not for HEAD: the body names the method, and is one byte shorter for GET. */
        ap_set_content_length(r, (apr_off_t)body.len);
        APR_BRIGADE_INSERT_TAIL(brigade, apr_bucket_pool_create(body.at, body.len, r->pool,
                                                                r->connection->bucket_alloc));
    }
    APR_BRIGADE_INSERT_TAIL(brigade, apr_bucket_eos_create(r->connection->bucket_alloc));
    /* A client that has gone away is noted on the connection by the filters. */
    (void)ap_pass_brigade(r->output_filters, brigade);
    return DONE; /* upon which httpd finalizes the request */
}

int ur_respond_refusal(request_rec *r, const struct ur_refusal *refusal, struct ur_reply *reply)
{
    const char *custom;
    enum ur_media media;

    *reply = ur_reply_decide(refusal);
    compose_fields(r, refusal, reply);
    r->status_line = compose_status_line(r, refusal, reply);
    if (reply->reset) {
        /* mod_http2's own way to request HTTP_1_1_REQUIRED, together with a 403. */
        apr_table_setn(r->notes, "ssl-renegotiate-forbidden", "upgrade-required");
        return send_error(r, reply->status, "text/plain", (struct ur_span){"", 0});
    }
    if (refusal->grpc) {
        /* Of another type, the client would not look at grpc-status. */
        return send_error(r, reply->status, "application/grpc", (struct ur_span){"", 0});
    }
    custom = ap_response_code_string(r, ap_index_of_response(reply->status));
    if (custom && *custom == '"') {
        /* httpd's own way would replace Allow by a list of its own. */
        return send_error(r, reply->status, "text/html; charset=iso-8859-1",
                          ur_span_of(custom + 1));
    }
    if (custom) {
        return reply->status;
    }
    media = ur_accept_choose(ur_request_accept(r));
    return send_error(r, reply->status, ur_accept_media_type(media),
                      compose_body(r, media, refusal, reply));
}

int ur_respond_page(request_rec *r, int status, const char *type, struct ur_span text)
{
    static const char *const fields[][2] = {{"Cache-Control", "no-store"},
                                            {"Vary", "Accept"},
                                            {"X-Content-Type-Options", "nosniff"}};

    /* As an ErrorDocument the page keeps the status of the error. */
    if (!ur_request_is_error_document(r)) {
        r->status = status;
    }
    ap_set_content_type(r, type);
    ap_set_content_length(r, (apr_off_t)text.len);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (!apr_table_get(r->err_headers_out, fields[i][0])) {
            apr_table_mergen(r->headers_out, fields[i][0], fields[i][1]);
        }
    }
    if (!r->header_only) {
        ap_rwrite(text.at, (int)text.len, r);
    }
    return OK;
}

int ur_respond_no_form(request_rec *r, const struct ur_form forms[], size_t count)
{
    const char *text = "format: must be one of ";

    for (size_t i = 0; i < count; i++) {
        text = apr_pstrcat(r->pool, text, i ? ", " : "", forms[i].word, NULL);
    }
    return ur_respond_page(r, HTTP_BAD_REQUEST, "text/plain; charset=utf-8",
                           ur_span_of(apr_pstrcat(r->pool, text, "\n", NULL)));
}

int ur_respond_redirect(request_rec *r, const char *url, bool permanent)
{
    apr_table_setn(r->err_headers_out, "Cache-Control", "no-store");
    apr_table_setn(r->headers_out, "Location", url);
    return permanent ? HTTP_PERMANENT_REDIRECT : HTTP_TEMPORARY_REDIRECT;
}

/* Whether this request was refused or redirected here. */
static bool was_answered(const request_rec *r)
{
    const char *verdict = apr_table_get(r->subprocess_env, variables[0]);

    return verdict && (strcmp(verdict, ur_reason_verdict_word(UR_VERDICT_REFUSE)) == 0 ||
                       strcmp(verdict, ur_reason_verdict_word(UR_VERDICT_REDIRECT)) == 0);
}

/* Headers of the client that an ErrorDocument request must not act on. core's upgrade handler
 * would answer "Upgrade: h2c" with a 101; a script or a proxied document would wait for a body
 * that is no longer sent. */
static const char *const withheld[] = {"Upgrade", "Content-Length", "Transfer-Encoding",
                                       "Expect"};

static void keep_variables(request_rec *r)
{
    for (size_t i = 0; i < VARIABLES; i++) {
        const char *value = apr_table_get(r->prev->subprocess_env, variables[i]);
        if (value) {
            apr_table_setn(r->subprocess_env, variables[i], value);
        }
    }
}

/* The headers stay intact in the requests that share them. */
static void own_fields(request_rec *r)
{
    r->headers_in = apr_table_copy(r->pool, r->headers_in);
}

void ur_respond_no_switch(request_rec *r)
{
    if (!apr_table_get(r->headers_in, "Upgrade")) {
        return;
    }
    ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r,
                  "UR0019: Upgrade is dropped: a subrequest or ErrorDocument request is not "
                  "checked and cannot open a WebSocket");
    own_fields(r);
    apr_table_unset(r->headers_in, "Upgrade");
}

void ur_respond_internal(request_rec *r)
{
    keep_variables(r);
    if (!ur_request_is_error_document(r) || !was_answered(r->prev)) {
        return;
    }
    /* httpd drops it if the document is sent with another status. */
    r->status_line = r->prev->status_line;
    own_fields(r);
    for (size_t i = 0; i < sizeof withheld / sizeof withheld[0]; i++) {
        apr_table_unset(r->headers_in, withheld[i]);
    }
    /* On the first request of a connection core would add an Upgrade of its own to ours. */
    if (!r->connection->keepalives) {
        r->connection->keepalives = 1;
    }
}
