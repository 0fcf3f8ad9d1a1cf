#include "required/check/ur_findings.h"

#include "required/request/ur_request.h"
#include "required/config/ur_scope.h"

#include <apr_strings.h>
#include <http_core.h>

/* Why no client can use HTTP/2; the one that is easiest to fix counts. */
enum obstacle { NOT_SAID, NOT_IN_CLEAR, NO_THREADS, NONE };

static const char *const texts[] = {
    [NOT_SAID] = "this server does not offer HTTP/2, so every request is refused; load "
                 "mod_http2 and use Protocols h2 http/1.1 (h2c without TLS)",
    [NOT_IN_CLEAR] = "without TLS only clients that start with HTTP/2 can meet the policy, "
                     "because it is checked before any upgrade to h2c, and H2Direct is off, so "
                     "every request is refused; use H2Direct on",
    [NO_THREADS] = "mod_http2 does not offer HTTP/2 over TLS with this MPM, so every request "
                   "is refused; load mpm_event_module instead of mpm_prefork_module",
};

/* By whether TLS is demanded: of any server, for what the main server demands may be meant for
 * any of its virtual hosts. */
struct http2_finder {
    struct ur_finder *finder;
    enum obstacle anywhere[2];
    apr_hash_t *demands;         /* pointer to the server, NULL for the sections of the main
                                  * server: struct ur_rule that demands it */
    apr_hash_t *resets;          /* the same: the UpgradeHTTP2Answer */
    bool sections_are_websocket; /* the main server's, one of them */
};

static bool http_is_stated(const server_rec *s)
{
    const struct ur_trusted_proxy *proxy = ur_config_server(s)->trusted;

    return proxy && proxy->http;
}

static enum obstacle obstacle_of(const struct ur_finder *finder, const server_rec *s,
                                 bool demands_tls)
{
    enum ur_tls tls =
        demands_tls || ur_findings_speaks_tls(finder, s) ? UR_TLS_SOME : UR_TLS_NONE;
    const ap_directive_t *direct =
        ur_conftree_effective(finder->tree, s, UR_CONFTREE_H2_DIRECT);

    switch (ur_server_http2(s, tls)) {
    case UR_HTTP2_NOT_SAID:
        return NOT_SAID;
    case UR_HTTP2_NO_THREADS:
        return NO_THREADS;
    default:
        return tls == UR_TLS_NONE && direct && ur_conftree_has_word(finder->pool, direct, "off")
                   ? NOT_IN_CLEAR
                   : NONE;
    }
}

static void find_not_offered(const struct http2_finder *found, const server_rec *s,
                             const struct ur_rule *rule)
{
    bool tls = rule->policy.tls != UR_TLS_NONE;
    enum obstacle obstacle;

    if (!rule->at || rule->policy.http != UR_HTTP_2 || http_is_stated(s)) {
        return;
    }
    obstacle = s == found->finder->main_server ? found->anywhere[tls]
                                               : obstacle_of(found->finder, s, tls);
    if (obstacle != NONE) {
        ur_findings_add(found->finder, s, rule->at, texts[obstacle]);
    }
}

/* HTTP_1_1_REQUIRED says that the whole origin is better asked in HTTP/1.1. It is sent where
 * that would meet the policy (ur_reply_decide). */
static bool is_reset(const struct ur_dir_config *settings, const struct ur_rule *rule)
{
    return settings->http2_answer == UR_HTTP2_RESET && rule->policy.websocket &&
           rule->policy.http < UR_HTTP_2;
}

static void note(const struct http2_finder *found, apr_hash_t *servers, const server_rec *s,
                 const void *what)
{
    if (!apr_hash_get(servers, &s, sizeof s)) {
        apr_hash_set(servers, apr_pmemdup(found->finder->pool, &s, sizeof s), sizeof s, what);
    }
}

static void note_rule(const struct http2_finder *found, const server_rec *s,
                      const struct ur_dir_config *settings, const struct ur_rule *rule,
                      const ap_directive_t *section)
{
    const server_rec *holds = section && s == found->finder->main_server ? NULL : s;

    if (rule->policy.http == UR_HTTP_2) {
        note(found, found->demands, holds, rule);
    }
    if (is_reset(settings, rule)) {
        note(found, found->resets, holds,
             ur_conftree_in_force(found->finder->tree, section, s,
                                  UR_CONFTREE_UPGRADE_HTTP2_ANSWER));
    }
}

static void look_at_server(const struct http2_finder *found, const server_rec *s)
{
    const struct ur_dir_config *settings = ur_scope_of_server(s);

    note_rule(found, s, settings, &ur_config_server(s)->floor, NULL);
    note_rule(found, s, settings, &settings->route, NULL);
    if (settings->http2_answer == UR_HTTP2_RESET && found->sections_are_websocket) {
        note(found, found->resets, s,
             ur_conftree_effective(found->finder->tree, s, UR_CONFTREE_UPGRADE_HTTP2_ANSWER));
    }
}

static void look_at_scope(struct http2_finder *found, const struct ur_scope *scope)
{
    const struct ur_dir_config *settings =
        ur_scope_settings(found->finder->pool, scope, scope->server);
    const struct ur_policy *policy = &scope->config->route.policy;

    find_not_offered(found, scope->server, &scope->config->route);
    if (scope->where) {
        note_rule(found, scope->server, settings, &settings->route, scope->section);
        found->sections_are_websocket =
            found->sections_are_websocket ||
            (!scope->server->is_virtual && policy->websocket && policy->http < UR_HTTP_2);
    }
}

/* Of the server itself, or of the main server's sections, which hold there too. */
static const void *noted(apr_hash_t *servers, const server_rec *s)
{
    const server_rec *sections = NULL;
    const void *own = apr_hash_get(servers, &s, sizeof s);

    return own ? own : apr_hash_get(servers, &sections, sizeof sections);
}

static void find_reset(const struct http2_finder *found, const server_rec *s)
{
    const ap_directive_t *reset = noted(found->resets, s);
    const struct ur_rule *demand = noted(found->demands, s);
    bool has_http2 =
        ur_findings_speaks_tls(found->finder, s) && ur_server_offers_http2(s, UR_TLS_SOME);

    if (reset && demand && demand->at && has_http2) {
        ur_findings_add(
            found->finder, s, ur_conftree_at(found->finder->pool, reset),
            apr_psprintf(
                found->finder->pool,
                "tells clients to use HTTP/1.1, and browsers then use it for the whole server, "
                "where %s requires HTTP/2; use UpgradeHTTP2Answer 426 or 403",
                demand->at));
    }
}

static void look_everywhere(struct http2_finder *found)
{
    for (int tls = 0; tls < 2; tls++) {
        found->anywhere[tls] = NOT_SAID;
        for (server_rec *s = found->finder->main_server; s; s = s->next) {
            enum obstacle obstacle = obstacle_of(found->finder, s, tls);
            found->anywhere[tls] =
                obstacle > found->anywhere[tls] ? obstacle : found->anywhere[tls];
        }
    }
}

void ur_findings_http2(struct ur_finder *finder)
{
    struct http2_finder found = {.finder = finder,
                                 .demands = apr_hash_make(finder->pool),
                                 .resets = apr_hash_make(finder->pool)};
    const struct ur_rule *main_floor = &ur_config_server(finder->main_server)->floor;

    look_everywhere(&found);
    for (server_rec *s = finder->main_server; s; s = s->next) {
        const struct ur_rule *floor = &ur_config_server(s)->floor;
        if (s == finder->main_server || floor->at != main_floor->at) {
            find_not_offered(&found, s, floor);
        }
    }
    for (int i = 0; i < ur_scope_all()->nelts; i++) {
        look_at_scope(&found, &APR_ARRAY_IDX(ur_scope_all(), i, const struct ur_scope));
    }
    for (server_rec *s = finder->main_server; s; s = s->next) {
        look_at_server(&found, s);
    }
    for (server_rec *s = finder->main_server; s; s = s->next) {
        find_reset(&found, s);
    }
}
