#include "required/pages/ur_probe_handler.h"

#include "required/request/ur_connection.h"
#include "required/enforce/ur_enforce.h"
#include "required/request/ur_request.h"
#include "required/enforce/ur_respond.h"
#include "required/config/ur_scope.h"
#include "shared/ur_text.h"
#include "core/probe/ur_probe.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>

/* More than most reports fill. */
#define USUAL_SIZE 4096

/* What is being collected. */
struct collector {
    request_rec *r;
    struct ur_probe *probe;
    apr_array_header_t *policies; /* of struct ur_probe_policy */
    struct ur_handshake handshake;
};

static void judge(struct collector *collector, const struct ur_rule *rule,
                  const struct ur_dir_config *settings)
{
    struct ur_handshake handshake = collector->handshake;
    const struct ur_facts facts = {collector->probe->seen, &handshake};
    int64_t ends;

    if (!ur_policy_demands(&rule->policy)) {
        return;
    }
    ur_request_accepted(collector->r, settings, collector->probe->seen, &handshake);
    APR_ARRAY_PUSH(collector->policies, struct ur_probe_policy) = (struct ur_probe_policy){
        .name = ur_enforce_label(settings, rule)->name,
        .stage = ur_schedule_stage_word(
            ur_enforce_stage(settings, apr_time_sec(collector->r->request_time), &ends)),
        .policy = &rule->policy,
        .judgement = ur_policy_judge(&rule->policy, &facts),
    };
}

/* The floor, and whatever a request to this server may come upon. */
static void judge_all(struct collector *collector)
{
    request_rec *r = collector->r;
    const struct ur_dir_config *server = ur_scope_of_server(r->server);

    judge(collector, &ur_config_server(r->server)->floor, server);
    judge(collector, &server->route, server);
    for (const struct ur_scope *scope = ur_scope_next(NULL, r->server); scope;
         scope = ur_scope_next(scope, r->server)) {
        if (scope->where && scope->config->route.said) {
            const struct ur_dir_config *settings = ur_scope_settings(r->pool, scope, r->server);
            judge(collector, &settings->route, settings);
        }
    }
    collector->probe->policies = (const struct ur_probe_policy *)collector->policies->elts;
    collector->probe->policies_count = (size_t)collector->policies->nelts;
}

static void collect_handshake(struct collector *collector)
{
    struct ur_probe *probe = collector->probe;

    ur_request_handshake(collector->r, &collector->handshake);
    probe->asks = ur_handshake_asks(&collector->handshake);
    if (probe->asks) {
        probe->handshake = ur_handshake_judge(&collector->handshake);
    }
}

static void collect_tls(struct collector *collector)
{
    request_rec *r = collector->r;
    struct ur_probe *probe = collector->probe;
    conn_rec *c = r->connection->master ? r->connection->master : r->connection;
    const struct ur_connection *connection = ur_connection_of(c);
    const char *chosen = ap_get_protocol(c);

    probe->own = ur_request_own(r);
    if (probe->own.tls == UR_TLS_NONE) {
        return;
    }
    probe->cipher = ur_request_tls_fact(r, "SSL_CIPHER");
    probe->sni = ur_request_tls_fact(r, "SSL_TLS_SNI");
    if (connection) {
        probe->alpn_offered = ur_span_of(connection->alpn);
        probe->groups = connection->groups;
        probe->key_shares = connection->key_shares;
    }
    if (ur_span_present(probe->alpn_offered)) {
        probe->alpn_chosen = ur_span_of(chosen);
    }
}

static struct ur_probe *collect(request_rec *r)
{
    struct ur_probe *probe = apr_pcalloc(r->pool, sizeof *probe);
    struct ur_forwarded forwarded = ur_request_forwarded(r);
    struct collector collector = {
        .r = r,
        .probe = probe,
        .policies = apr_array_make(r->pool, 8, sizeof(struct ur_probe_policy))};
    apr_array_header_t *fields = ur_request_probe_fields(r);
    apr_array_header_t *stated = ur_request_stated(r);

    probe->seen = forwarded.seen;
    for (size_t i = 0; i < UR_STATEMENTS; i++) {
        probe->heard[i] = forwarded.heard[i];
    }
    probe->method = ur_request_method(r);
    probe->fields = (const struct ur_probe_field *)fields->elts;
    probe->fields_count = (size_t)fields->nelts;
    if (stated) {
        probe->trusted = true;
        probe->stated = (const struct ur_probe_field *)stated->elts;
        probe->stated_count = (size_t)stated->nelts;
    }
    collect_tls(&collector);
    collect_handshake(&collector);
    judge_all(&collector);
    return probe;
}

struct page {
    enum ur_probe_form form;
    const struct ur_probe *probe;
};

static void write_page(struct ur_buf *out, const void *from)
{
    const struct page *page = from;

    ur_probe_write(page->form, page->probe, out);
}

/* To an extended CONNECT a success would say that a WebSocket is open. */
static int status_for(const request_rec *r, const struct ur_probe *probe)
{
    return probe->asks && ur_request_is_http2(r) ? HTTP_BAD_REQUEST : HTTP_OK;
}

/* What an SSI shows is the client's request too. */
static request_rec *client_request(request_rec *r)
{
    return r->main ? client_request(r->main) : r;
}

static __attribute__((noinline)) int answer(request_rec *r)
{
    size_t form;
    const struct ur_probe *probe;
    int status;

    form = ur_request_form(r, ur_probe_forms, UR_PROBE_FORMS);
    if (form == UR_PROBE_FORMS) {
        return ur_respond_no_form(r, ur_probe_forms, UR_PROBE_FORMS);
    }
    status = ap_discard_request_body(r);
    if (status != OK) {
        return status;
    }
    probe = collect(client_request(r));
    return ur_respond_page(r, status_for(r, probe), ur_probe_forms[form].content_type,
                           ur_text(r->pool, USUAL_SIZE, write_page,
                                   &(struct page){(enum ur_probe_form)form, probe}));
}

/* Every request comes here. */
int ur_probe_handler(request_rec *r)
{
    return ur_request_is_for(r, "upgrade-probe") ? answer(r) : DECLINED;
}
