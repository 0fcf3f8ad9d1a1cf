#include "required/enforce/ur_enforce.h"

#include "required/enforce/ur_announce.h"
#include "required/config/ur_config.h"
#include "required/enforce/ur_count_clients.h"
#include "required/ur_module.h"
#include "required/pages/ur_monitor.h"
#include "required/request/ur_request.h"
#include "required/enforce/ur_respond.h"
#include "required/request/ur_target.h"
#include "shared/ur_retry.h"
#include "shared/ur_text.h"
#include "required/request/ur_tls_offer.h"
#include "core/protocol/ur_path.h"

#include <limits.h>

#include <ap_expr.h>
#include <apr_strings.h>

/* Where whoever builds this has published refused.md (REFUSED_URL of apxs.mk). */
#ifndef UPGRADE_REFUSED_URL
#define UPGRADE_REFUSED_URL NULL
#endif

/* One rule on its way to a verdict over one request. */
struct trial {
    request_rec *r;
    const struct ur_dir_config *settings;
    const struct ur_rule *rule;
    enum ur_phase phase;
    const struct ur_policy_name *label; /* the policy's */
    struct ur_handshake handshake;      /* filled where the policy or the verdict needs it */
    struct ur_judgement judgement;
    struct ur_seen seen;
    struct ur_ruling ruling;
    const char *url;      /* where it is sent on to; NULL: nowhere, or not asked yet */
    unsigned retry_after; /* seconds; 0: not told */
};

static inline bool is_met(request_rec *r, unsigned levels)
{
    return !levels || ur_protocol_reaches(ur_request_levels(r), levels);
}

static void read_handshake(struct trial *trial)
{
    ur_request_handshake(trial->r, &trial->handshake);
    ur_request_accepted(trial->r, trial->settings, trial->seen, &trial->handshake);
}

static void judge(struct trial *trial)
{
    const struct ur_policy *policy = &trial->rule->policy;
    struct ur_facts facts = {trial->seen, &trial->handshake};

    if (policy->websocket) {
        read_handshake(trial);
    }
    trial->judgement = ur_policy_judge(policy, &facts);
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
                          "UR0001: an exception cannot be evaluated, so it does not apply: %s",
                          error);
        }
        else if (result > 0) {
            return true;
        }
    }
    return false;
}

/* Expressions see this path instead of httpd's. There may be no file yet, and the -F of
 * expressions would follow the NULL pointer. */
static bool excepts(request_rec *r, const apr_array_header_t *exceptions, char *path)
{
    char *uri = r->uri;
    char *filename = r->filename;
    bool excepted;

    r->uri = path;
    r->filename = filename ? filename : path;
    excepted = any_exception(r, exceptions);
    r->uri = uri;
    r->filename = filename;
    return excepted;
}

/* "/health/../admin" is not "/health", although httpd in post_read_request takes it for that.
 * The meaning of the path must be beyond doubt; if a backend may ignore a part of it, the
 * exception must be true without that part too. */
static bool is_excepted(void *context)
{
    const struct trial *trial = context;
    request_rec *r = trial->r;
    const apr_array_header_t *exceptions = trial->rule->exceptions;
    bool is_floor = trial->phase == UR_PHASE_FLOOR;
    char *path;

    if (is_floor && ur_target_is_acme_challenge(r)) {
        return true;
    }
    if (!exceptions || !ur_target_is_plain(r) ||
        !(path = ur_target_mapped_path(r, !is_floor)) || !excepts(r, exceptions, path)) {
        return false;
    }
    return !ur_path_strip(path) || excepts(r, exceptions, path);
}

static int64_t now(const request_rec *r)
{
    return apr_time_sec(r->request_time);
}

struct ur_settings ur_enforce_settings(const struct ur_dir_config *config)
{
    const struct ur_mode_setting *mode = config->mode;
    const apr_array_header_t *brownouts = config->brownouts;

    return (struct ur_settings){
        .schedule =
            {
                .mode = mode ? mode->mode : UR_MODE_UNSET,
                .from = mode ? mode->from : UR_TIME_ALWAYS,
                .brownouts = brownouts ? (const struct ur_brownout *)brownouts->elts : NULL,
                .brownouts_count = brownouts ? (size_t)brownouts->nelts : 0,
            },
        .redirect = config->redirect,
    };
}

enum ur_stage ur_enforce_stage(const struct ur_dir_config *config, int64_t time, int64_t *ends)
{
    struct ur_settings settings = ur_enforce_settings(config);

    return ur_schedule_at(&settings.schedule, time, ends);
}

/* Not those of tunnels that are too many: they have met their policy. */
static bool counts_client(const struct trial *trial, enum ur_verdict verdict)
{
    return trial->settings->count_clients == UR_COUNT_CLIENTS_ON && trial->judgement.unmet &&
           verdict != UR_VERDICT_EXCEPT;
}

static void note(const struct trial *trial, enum ur_verdict verdict)
{
    if (counts_client(trial, verdict)) {
        ur_count_clients(trial->r, trial->label);
    }
    ur_monitor_decision(trial->label, verdict, trial->judgement.reason, trial->seen);
    ur_respond_note(trial->r, verdict, trial->judgement.reason, trial->label->name,
                    trial->phase);
}

static struct ur_span message_of(request_rec *r, const struct ur_message *message)
{
    const char *error = NULL;
    const char *text = message ? ap_expr_str_exec(r, message->expression, &error) : NULL;

    if (error) {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      "UR0002: UpgradeMessage cannot be evaluated, so the default is sent: %s",
                      error);
    }
    return ur_span_of(error || !text || !*text ? NULL : text);
}

/* What of a trusted proxy's statement was not understood, for the log. */
static const char *unclear(const struct trial *trial, char room[UR_FORWARDED_TELL_MAX])
{
    struct ur_forwarded forwarded = ur_request_forwarded(trial->r);
    struct ur_buf text = {room, UR_FORWARDED_TELL_MAX, 0};

    ur_trusted_proxy_tell(&forwarded, &text);
    ur_buf_bytes(&text, "", 1);
    return room;
}

static void write_origin(struct ur_buf *out, const void *origin)
{
    ur_origin_write(out, origin);
}

/* What a refused origin was compared with if the route says "same": behind a TLS proxy, or with
 * a Host that is not a name of this server, nothing else would show it. The client's Host is
 * logged only if it is one. */
static const char *same_origin(const struct trial *trial)
{
    const struct ur_origins *origins = trial->settings->origins;
    apr_pool_t *pool = trial->r->pool;
    struct ur_origin own;

    if (trial->judgement.reason != UR_REASON_WEBSOCKET_ORIGIN || !origins->same) {
        return "";
    }
    if (ur_origin_own(trial->handshake.tls, trial->handshake.own_host, &own)) {
        return apr_pstrcat(pool, ", same is ", ur_text(pool, 64, write_origin, &own).at, NULL);
    }
    return apr_pstrcat(pool, ", same is nothing, because Host is neither ServerName ",
                       trial->r->server->server_hostname, " nor a ServerAlias", NULL);
}

static void log_verdict(const struct trial *trial, int status)
{
    const char *tls = ur_protocol_tls(trial->seen.tls);
    bool tells = tls && trial->rule->policy.key_exchange != UR_KEX_NONE;
    char room[UR_FORWARDED_TELL_MAX];

    ap_log_rerror(
        APLOG_MARK, APLOG_INFO, 0, trial->r,
        "UR0003: %s with %d, reason %s, policy %s, phase %s, received HTTP/%s, TLS %s%s%s%s%s",
        ap_is_HTTP_REDIRECT(status) ? "redirected" : "refused", status,
        ur_reason_row(trial->judgement.reason)->word, trial->label->name,
        ur_respond_phase_word(trial->phase), ur_protocol_http(trial->seen.http),
        tls ? tls : "none", tells ? ", key exchange " : "",
        tells ? ur_protocol_agreed(trial->seen) : "", unclear(trial, room), same_origin(trial));
}

static void log_passed(const struct trial *trial, enum ur_verdict verdict)
{
    char room[UR_FORWARDED_TELL_MAX];

    ap_log_rerror(
        APLOG_MARK, APLOG_DEBUG, 0, trial->r, "UR0008: %s, reason %s, policy %s, phase %s%s%s",
        verdict == UR_VERDICT_EXCEPT ? "excepted" : "announced, would be refused",
        ur_reason_row(trial->judgement.reason)->word, trial->label->name,
        ur_respond_phase_word(trial->phase), unclear(trial, room), same_origin(trial));
}

static void tell_rehearsal(const struct trial *trial, struct ur_refusal *refusal)
{
    int64_t ends = trial->ruling.rehearsal_ends;
    int64_t left = ur_time_add(ends, -now(trial->r));

    refusal->rehearsal_ends = ur_text_time(trial->r->pool, ends);
    refusal->retry_after = left < UINT_MAX ? (unsigned)left : UINT_MAX;
}

static int refuse(struct trial *trial)
{
    request_rec *r = trial->r;
    const struct ur_dir_config *settings = trial->settings;
    struct ur_reply reply;
    struct ur_refusal refusal = {
        .policy = &trial->rule->policy,
        .judgement = trial->judgement,
        .seen = trial->seen,
        .http2 = ur_request_ends_in_http2(r),
        .stream = ur_request_is_http2(r),
        .method = ur_request_method(r),
        .name = ur_span_of(trial->label->name),
        .guide = ur_span_of(settings->guide),
        .explained = ur_span_of(UPGRADE_REFUSED_URL),
        .message = message_of(r, settings->message),
        .subprotocols = settings->subprotocols,
        .evidence = ur_request_evidence(r, trial->judgement.reason),
        .offers_http2 = ur_server_offers_http2(r->server, trial->seen.tls),
        .enforced_from = settings->mode ? settings->mode->enforced_from : NULL,
        .advertise = settings->advertise,
        .http2_answer = settings->http2_answer,
        .phrase = settings->phrase,
        .grpc = ur_request_is_grpc(r),
        .retry_after = trial->retry_after,
    };
    int result;

    if (trial->ruling.rehearsal) {
        tell_rehearsal(trial, &refusal);
    }
    note(trial, UR_VERDICT_REFUSE);
    result = ur_respond_refusal(r, &refusal, &reply);
    log_verdict(trial, reply.status);
    return result;
}

static int redirect(const struct trial *trial)
{
    int status = ur_respond_redirect(trial->r, trial->url, trial->ruling.permanent);

    note(trial, UR_VERDICT_REDIRECT);
    log_verdict(trial, status);
    return status;
}

const struct ur_policy_name *ur_enforce_label(const struct ur_dir_config *settings,
                                              const struct ur_rule *rule)
{
    return settings->name && !rule->name_is_fixed ? settings->name : rule->label;
}

static void announce(const struct trial *trial)
{
    const struct ur_mode_setting *mode = trial->settings->mode;
    struct ur_announcement announcement = {mode->deprecation, mode->sunset,
                                           trial->settings->guide};

    ur_announce(trial->r, &announcement);
}

/* TLS and the key exchange of a route are judged in two phases, and must be reported once. */
static int let_pass(const struct trial *trial, enum ur_verdict verdict)
{
    if (!ur_respond_noted(trial->r, verdict, trial->judgement.reason, trial->label->name,
                          trial->phase)) {
        note(trial, verdict);
        log_passed(trial, verdict);
    }
    return DECLINED;
}

/* One that a trusted proxy has in https, and says so in a way that is not understood, would be
 * sent to where it is for ever. */
static bool is_surely_clear(const struct trial *trial)
{
    struct ur_forwarded forwarded = ur_request_forwarded(trial->r);

    return trial->seen.tls == UR_TLS_NONE && ur_trusted_proxy_surely_clear(&forwarded);
}

static bool navigates(void *context)
{
    struct trial *trial = context;

    if (trial->r->method_number != M_GET) {
        return false;
    }
    ur_request_handshake(trial->r, &trial->handshake);
    if (ur_handshake_asks_switch(&trial->handshake)) {
        return false;
    }
    trial->url = ur_target_https_url(trial->r);
    return trial->url != NULL;
}

static void decide(struct trial *trial)
{
    struct ur_settings settings = ur_enforce_settings(trial->settings);
    struct ur_case c = {
        .settings = &settings,
        .judgement = trial->judgement,
        .now = now(trial->r),
        .floor = trial->phase == UR_PHASE_FLOOR,
        .clear = is_surely_clear(trial),
        .body = ur_request_announces_body(trial->r),
        .excepted = is_excepted,
        .navigates = navigates,
        .context = trial,
    };

    trial->ruling = ur_decide(&c);
}

/* After an unmet judgement: DECLINED if the request may continue anyway, else what the hook has
 * to return. */
static int conclude(struct trial *trial)
{
    decide(trial);
    if (trial->ruling.silent) {
        return DECLINED;
    }
    trial->label = ur_enforce_label(trial->settings, trial->rule);
    if (trial->ruling.close) {
        ur_respond_close(trial->r);
    }
    switch (trial->ruling.verdict) {
    case UR_VERDICT_REFUSE:
        return refuse(trial);
    case UR_VERDICT_REDIRECT:
        return redirect(trial);
    case UR_VERDICT_ANNOUNCE:
        announce(trial);
        break;
    default:
        break;
    }
    return let_pass(trial, trial->ruling.verdict);
}

static struct trial open_trial(request_rec *r, const struct ur_rule *rule, enum ur_phase phase)
{
    return (struct trial){.r = r,
                          .settings = ur_config_dir(r),
                          .rule = rule,
                          .phase = phase,
                          .seen = ur_request_seen(r)};
}

/* Whether a request that led to this one by an internal redirect was counted already. */
static __attribute__((noinline)) bool is_counted(const request_rec *r,
                                                 const struct ur_policy_name *label)
{
    while ((r = r->prev)) {
        const struct ur_dir_config *settings = ur_config_dir(r);
        if (ur_policy_demands(&settings->route.policy) &&
            ur_enforce_label(settings, &settings->route) == label) {
            return true;
        }
    }
    return false;
}

/* The request path, too: it met a policy that requires something. */
static inline void count_allowed(const request_rec *r, const struct ur_dir_config *settings,
                                 const struct ur_rule *rule, unsigned levels)
{
    const struct ur_policy_name *label = ur_enforce_label(settings, rule);

    if ((settings->mode && settings->mode->mode == UR_MODE_OFF) ||
        (r->prev && is_counted(r, label))) {
        return;
    }
    ur_monitor_allowed(label, levels);
}

static __attribute__((noinline)) int try_rule(request_rec *r, const struct ur_rule *rule,
                                              enum ur_phase phase)
{
    struct trial trial = open_trial(r, rule, phase);

    judge(&trial);
    if (trial.judgement.unmet) {
        return conclude(&trial);
    }
    count_allowed(r, trial.settings, rule, ur_request_levels(r));
    return DECLINED;
}

/* httpd answers "OPTIONS *" before sections apply. A client that a section has referred to TLS
 * (RFC 2817) sends it: after a 200 it would start over, endlessly. Exceptions do not apply,
 * because this is not a request for anything that they cover. */
static int refuse_tls_offer(request_rec *r)
{
    const struct ur_dir_config *settings = ur_tls_offer_section(r);
    struct ur_rule rule;
    struct trial trial;

    if (!settings) {
        return DECLINED;
    }
    rule = settings->route;
    rule.policy = (struct ur_policy){.tls = settings->route.policy.tls,
                                     .key_exchange = settings->route.policy.key_exchange};
    rule.exceptions = NULL;
    trial = open_trial(r, &rule, UR_PHASE_FLOOR);
    trial.settings = settings;
    judge(&trial);
    return trial.judgement.unmet ? conclude(&trial) : DECLINED;
}

/* The request path: if no handshake has to be checked, this is all that an allowed request pays
 * for. The rule requires something. */
static inline int enforce(request_rec *r, unsigned levels, const struct ur_rule *rule,
                          enum ur_phase phase)
{
    if (!ur_protocol_reaches(levels, rule->levels)) {
        return try_rule(r, rule, phase);
    }
    count_allowed(r, ur_config_dir(r), rule, levels);
    return DECLINED;
}

int ur_enforce_floor(request_rec *r)
{
    const struct ur_rule *floor;
    unsigned levels;
    int result;

    if (r->prev) {
        /* The floor has judged the client's own request; this is one of httpd's. */
        ur_respond_internal(r);
        return DECLINED;
    }
    levels = ur_request_levels(r);
    ur_monitor_request(levels);
    floor = &ur_config_server(r->server)->floor;
    result = floor->levels ? enforce(r, levels, floor, UR_PHASE_FLOOR) : DECLINED;
    return result == DECLINED && r->method_number == M_OPTIONS ? refuse_tls_offer(r) : result;
}

/* Subrequests examine what might be served; an ErrorDocument tells the client what was wrong.
 * Neither is the client's request for the route, and neither may open a WebSocket. */
static bool judged_here(const request_rec *r)
{
    return !r->main && (!r->prev || !ur_request_is_error_document(r));
}

int ur_enforce_route_tls(request_rec *r)
{
    const struct ur_rule *route = &ur_config_dir(r)->route;

    if (is_met(r, ur_policy_levels_of_tls(route->levels)) || !judged_here(r)) {
        return DECLINED;
    }
    return try_rule(r, route, UR_PHASE_ROUTE);
}

int ur_enforce_route(request_rec *r)
{
    const struct ur_rule *route = &ur_config_dir(r)->route;

    if (!route->levels) {
        return DECLINED;
    }
    if (judged_here(r)) {
        return enforce(r, ur_request_levels(r), route, UR_PHASE_ROUTE);
    }
    if (route->policy.websocket) {
        ur_respond_no_switch(r);
    }
    return DECLINED;
}

/* One that the route requires was counted there. */
static int allow_kept(const struct trial *trial)
{
    if (!trial->settings->route.policy.websocket) {
        count_allowed(trial->r, trial->settings, trial->rule, ur_request_levels(trial->r));
    }
    return DECLINED;
}

int ur_enforce_keep(request_rec *r, const struct ur_policy_name **label, int *keeps)
{
    const struct ur_rule *route = &ur_config_dir(r)->route;
    const struct ur_rule rule = {.policy = {.websocket = true}, .label = *label};
    struct trial trial;
    int result = DECLINED;

    *keeps = 0;
    if (!rule.label && !route->policy.websocket) {
        return DECLINED;
    }
    if (!judged_here(r)) {
        ur_respond_no_switch(r);
        return DECLINED;
    }
    *keeps = 1;
    trial = open_trial(r, &rule, UR_PHASE_ROUTE);
    judge(&trial);
    /* Without a label it is the route's own policy, which has let the request pass already. */
    if (rule.label && ur_handshake_asks(&trial.handshake)) {
        result = trial.judgement.unmet ? conclude(&trial) : allow_kept(&trial);
    }
    *label = ur_enforce_label(trial.settings, route->policy.websocket ? route : &rule);
    return result == DECLINED && ur_reason_row(trial.judgement.reason)->keepable ? OK : result;
}

/* It has met its policy; there is nothing that another protocol would change. */
int ur_enforce_tunnel_limit(request_rec *r, const struct ur_policy_name *label)
{
    static const struct ur_rule rule = {.policy = {.websocket = true}};
    struct trial trial = open_trial(r, &rule, UR_PHASE_ROUTE);

    trial.label = label;
    trial.judgement = (struct ur_judgement){UR_REASON_TUNNEL_LIMIT, 0};
    trial.retry_after = ur_retry_after();
    return refuse(&trial);
}
