#include "httpd/ur_enforce.h"

#include "httpd/ur_config.h"
#include "httpd/ur_module.h"
#include "httpd/ur_request.h"
#include "httpd/ur_respond.h"

#include <ap_expr.h>

/* One rule on its way to a verdict over one request. */
struct trial {
    request_rec *r;
    const struct ur_dir_config *settings;
    const struct ur_rule *rule;
    enum ur_phase phase;
    const char *name;              /* the policy's */
    struct ur_handshake handshake; /* filled where the policy or the verdict needs it */
    struct ur_judgement judgement;
    enum ur_tls tls;   /* what was seen, to be told; these two only where */
    enum ur_http http; /* the verdict is not "allowed" */
};

/* The request path: where no handshake has to be looked at, an allowed request pays for
 * this and nothing else. */
static inline bool is_met(request_rec *r, const struct ur_policy *policy)
{
    return ur_policy_met(policy, policy->tls ? ur_request_tls(r) : UR_TLS_NONE,
                         ur_request_http(r));
}

static void read_handshake(struct trial *trial)
{
    struct ur_handshake *handshake = &trial->handshake;

    ur_request_handshake(trial->r, handshake);
    handshake->subprotocols = trial->settings->subprotocols;
    handshake->origins = trial->settings->origins;
    handshake->tls = handshake->origins && ur_request_tls(trial->r) != UR_TLS_NONE;
}

static void judge(struct trial *trial)
{
    const struct ur_policy *policy = &trial->rule->policy;
    struct ur_facts facts = {UR_TLS_NONE, ur_request_http(trial->r), &trial->handshake};

    if (policy->tls) {
        facts.tls = ur_request_tls(trial->r);
    }
    if (policy->websocket) {
        read_handshake(trial);
    }
    trial->judgement = ur_judge(policy, &facts);
}

/* An expression that fails is not true: the policy holds. */
static bool any_exception(request_rec *r, const apr_array_header_t *exceptions)
{
    for (int i = 0; exceptions && i < exceptions->nelts; i++) {
        const char *error = NULL;
        const ap_expr_info_t *expression = APR_ARRAY_IDX(exceptions, i, const ap_expr_info_t *);
        int result = ap_expr_exec(r, expression, &error);

        if (error) {
            ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                          "UR0001: an exception of the upgrade policy cannot be "
                          "evaluated and does not apply: %s",
                          error);
        }
        else if (result > 0) {
            return true;
        }
    }
    return false;
}

/* Expressions of a floor are evaluated before httpd has normalised the path, and would let
 * "/health/../admin" pass as "/health". They see what httpd will map instead. There is no
 * file yet either, and the -F of expressions would follow the NULL pointer. */
static bool floor_exception(request_rec *r, const apr_array_header_t *exceptions)
{
    char *raw = r->uri;
    char *filename = r->filename;
    char *path;
    bool excepted;

    if (ur_request_is_acme_challenge(r)) {
        return true;
    }
    if (!exceptions || !(path = ur_request_mapped_path(r))) {
        return false;
    }
    r->uri = path;
    r->filename = filename ? filename : path;
    excepted = any_exception(r, exceptions);
    r->uri = raw;
    r->filename = filename;
    return excepted;
}

static bool is_excepted(const struct trial *trial)
{
    return trial->phase == UR_PHASE_FLOOR ? floor_exception(trial->r, trial->rule->exceptions)
                                          : any_exception(trial->r, trial->rule->exceptions);
}

static void note(const struct trial *trial, enum ur_verdict verdict)
{
    ur_respond_note(trial->r, verdict, trial->judgement.reason, trial->name, trial->phase);
}

/* Only a plain navigation is sent on: a client that follows a redirect with a handshake or
 * a POST is rare, and one that shows its data twice is worse off than one refused. */
static const char *redirect_target(struct trial *trial)
{
    enum ur_redirect redirect = trial->settings->redirect;

    if (redirect != UR_REDIRECT_TEMPORARY && redirect != UR_REDIRECT_PERMANENT) {
        return NULL;
    }
    if (trial->judgement.unmet != UR_FAMILY_TLS || trial->tls != UR_TLS_NONE ||
        trial->r->method_number != M_GET) {
        return NULL;
    }
    ur_request_handshake(trial->r, &trial->handshake);
    return ur_handshake_asks_switch(&trial->handshake) ? NULL : ur_request_https_url(trial->r);
}

static struct ur_span message_of(request_rec *r, const ap_expr_info_t *message)
{
    const char *error = NULL;
    const char *text = message ? ap_expr_str_exec(r, message, &error) : NULL;

    if (error) {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      "UR0002: UpgradeMessage cannot be evaluated, the default is sent: %s",
                      error);
    }
    return ur_span_of(error || !text || !*text ? NULL : text);
}

static enum ur_http2_answer http2_answer_of(const struct ur_dir_config *settings)
{
    switch (settings->http2_answer) {
    case UR_HTTP2_CHOICE_403:
        return UR_HTTP2_403;
    case UR_HTTP2_CHOICE_RESET:
        return UR_HTTP2_RESET;
    default:
        return UR_HTTP2_426;
    }
}

static void log_verdict(const struct trial *trial, int status)
{
    const char *tls = ur_tls_version(trial->tls);

    ap_log_rerror(
        APLOG_MARK, APLOG_INFO, 0, trial->r,
        "UR0003: %s with %d, reason %s, policy %s, phase %s, received HTTP/%s, TLS %s",
        ap_is_HTTP_REDIRECT(status) ? "redirected" : "refused", status,
        ur_reason_row(trial->judgement.reason)->word, trial->name, ur_phase_word(trial->phase),
        ur_http_version(trial->http), tls ? tls : "none");
}

static int refuse(struct trial *trial)
{
    request_rec *r = trial->r;
    const struct ur_dir_config *settings = trial->settings;
    struct ur_reply reply;
    struct ur_refusal refusal = {
        .policy = &trial->rule->policy,
        .judgement = trial->judgement,
        .tls = trial->tls,
        .http = trial->http,
        .method = ur_request_method(r),
        .name = ur_span_of(trial->name),
        .guide = ur_span_of(settings->guide),
        .message = message_of(r, settings->message),
        .subprotocols = settings->subprotocols,
        .evidence = trial->judgement.reason == UR_REASON_WEBSOCKET_STRIPPED
                        ? ur_request_evidence(r)
                        : 0,
        .offers_http2 = ur_request_offers_http2(r, trial->tls),
        .advertise = settings->advertise != UR_SWITCH_OFF,
        .http2_answer = http2_answer_of(settings),
    };
    int result;

    note(trial, UR_VERDICT_REFUSE);
    result = ur_respond_refusal(r, &refusal, &reply);
    log_verdict(trial, reply.status);
    return result;
}

static int redirect(const struct trial *trial, const char *url)
{
    bool permanent = trial->settings->redirect == UR_REDIRECT_PERMANENT;
    int status = ur_respond_redirect(trial->r, url, permanent);

    note(trial, UR_VERDICT_REDIRECT);
    log_verdict(trial, status);
    return status;
}

/* A connection on which a floor refuses cannot be kept by httpd, and one with an unread
 * body would have to wait for the body before the answer. */
static void close_if_needed(const struct trial *trial)
{
    if (trial->phase == UR_PHASE_FLOOR || ur_request_announces_body(trial->r)) {
        ur_respond_close(trial->r);
    }
}

static const char *name_of(const struct ur_dir_config *settings, const struct ur_rule *rule)
{
    return settings->name && !rule->name_is_fixed ? settings->name : rule->default_name;
}

/* After an unmet judgement: DECLINED where the request may go on all the same, else what the
 * hook has to return. */
static int conclude(struct trial *trial)
{
    const char *url;

    trial->name = name_of(trial->settings, trial->rule);
    if (is_excepted(trial)) {
        note(trial, UR_VERDICT_EXCEPT);
        return DECLINED;
    }
    trial->tls = ur_request_tls(trial->r);
    trial->http = ur_request_http(trial->r);
    close_if_needed(trial);
    url = redirect_target(trial);
    return url ? redirect(trial, url) : refuse(trial);
}

static int try_rule(request_rec *r, const struct ur_rule *rule, enum ur_phase phase)
{
    struct trial trial = {.r = r, .settings = ur_config_dir(r), .rule = rule, .phase = phase};

    if (trial.settings->mode == UR_MODE_OFF) {
        return DECLINED;
    }
    judge(&trial);
    return trial.judgement.unmet ? conclude(&trial) : DECLINED;
}

int ur_enforce_floor(request_rec *r)
{
    const struct ur_rule *floor;

    if (r->prev) {
        /* The floor has judged the client's own request; this is one of httpd's. */
        if (ur_request_is_error_document(r)) {
            ur_respond_error_document(r);
        }
        return DECLINED;
    }
    floor = &ur_config_server(r->server)->floor;
    return is_met(r, &floor->policy) ? DECLINED : try_rule(r, floor, UR_PHASE_FLOOR);
}

/* Subrequests look at what might be served; an ErrorDocument tells the client what was
 * wrong. Neither is the client's request for the route. */
static bool judged_here(const request_rec *r)
{
    return !r->main && !ur_request_is_error_document(r);
}

int ur_enforce_route_tls(request_rec *r)
{
    const struct ur_rule *route = &ur_config_dir(r)->route;
    const struct ur_policy tls_family = {.tls = route->policy.tls};

    if (is_met(r, &tls_family) || !judged_here(r)) {
        return DECLINED;
    }
    return try_rule(r, route, UR_PHASE_ROUTE);
}

int ur_enforce_route(request_rec *r)
{
    const struct ur_rule *route = &ur_config_dir(r)->route;

    if (is_met(r, &route->policy) || !judged_here(r)) {
        return DECLINED;
    }
    return try_rule(r, route, UR_PHASE_ROUTE);
}

int ur_enforce_keep(request_rec *r, const char *name, int *keeps)
{
    const struct ur_rule rule = {.policy = {.websocket = true}, .default_name = name};
    struct trial trial = {
        .r = r, .settings = ur_config_dir(r), .rule = &rule, .phase = UR_PHASE_ROUTE};

    *keeps = judged_here(r) && (name || trial.settings->route.policy.websocket);
    if (!*keeps) {
        return DECLINED;
    }
    judge(&trial);
    if (!trial.judgement.unmet) {
        return OK;
    }
    if (!name || trial.settings->mode == UR_MODE_OFF || !ur_handshake_asks(&trial.handshake)) {
        return DECLINED;
    }
    return conclude(&trial);
}
