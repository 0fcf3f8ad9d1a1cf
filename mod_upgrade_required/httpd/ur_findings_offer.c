#include "httpd/ur_findings.h"

#include "httpd/ur_conftree.h"
#include "httpd/ur_request.h"
#include "httpd/ur_scope.h"
#include "judgement/ur_offered.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_ssl.h>

/* One policy that holds for one server. */
struct demand {
    const server_rec *server;
    const struct ur_rule *rule;
};

/* Any provider counts, mod_ssl or another: it has to answer this hook (http_ssl.h). */
static bool tls_module_loaded(void)
{
    const apr_array_header_t *providers = ap_hook_get_ssl_conn_is_ssl();

    return providers && providers->nelts > 0;
}

/* Where a proxy states the client's protocol, what this server offers says nothing. */
static bool tls_is_stated(const server_rec *s)
{
    const struct ur_trusted_proxy *proxy = ur_config_server(s)->trusted;

    return proxy && (proxy->tls || proxy->scheme);
}

static bool http_is_stated(const server_rec *s)
{
    const struct ur_trusted_proxy *proxy = ur_config_server(s)->trusted;

    return proxy && proxy->http;
}

static bool speaks_tls(struct ur_finder *finder, const server_rec *s)
{
    const ap_directive_t *engine =
        ur_conftree_effective(finder->tree, s, UR_CONFTREE_SSL_ENGINE);

    return engine && ap_cstr_casecmp(engine->args, "off") != 0;
}

/* Of the versions that a server offers those that its clients can have. */
static unsigned versions_of(struct ur_finder *finder, const server_rec *s, const char **at)
{
    const ap_directive_t *protocol =
        ur_conftree_effective(finder->tree, s, UR_CONFTREE_SSL_PROTOCOL);

    *at = protocol ? ur_conftree_at(finder->pool, protocol) : "the default";
    return ur_offered_tls(ur_span_of(protocol ? protocol->args : "all"));
}

static void find_tls(struct ur_finder *finder, const struct demand *demand)
{
    enum ur_tls tls = demand->rule->policy.tls;
    const char *at;
    unsigned versions;

    if (tls <= UR_TLS_SOME || tls_is_stated(demand->server) ||
        !speaks_tls(finder, demand->server)) {
        return;
    }
    versions = versions_of(finder, demand->server, &at);
    if (!ur_offered_from(versions, tls)) {
        ur_finding_add(
            finder, demand->server, demand->rule->at,
            apr_psprintf(finder->pool,
                         "demands TLS/%s, but SSLProtocol (%s) offers nothing so new: "
                         "every request is refused; write SSLProtocol all",
                         ur_tls_version(tls), at));
    }
    else if (!ur_offered_below(versions, tls)) {
        ur_finding_add(finder, demand->server, demand->rule->at,
                       apr_psprintf(finder->pool,
                                    "demands TLS/%s, but SSLProtocol (%s) lets nothing older "
                                    "in: such clients fail in the handshake and never read "
                                    "why; write SSLProtocol all to tell them, or demand TLS",
                                    ur_tls_version(tls), at));
    }
}

static bool offers(struct ur_finder *finder, const server_rec *s, enum ur_tls tls)
{
    return ur_server_offers_http2(s, !tls && speaks_tls(finder, s) ? UR_TLS_SOME : tls);
}

/* What the main server demands may be meant for any of its virtual hosts. */
static bool somebody_offers(struct ur_finder *finder, const struct demand *demand)
{
    enum ur_tls tls = demand->rule->policy.tls;
    bool offered = offers(finder, demand->server, tls);

    for (server_rec *s = finder->main_server->next; s && demand->server == finder->main_server;
         s = s->next) {
        offered = offered || offers(finder, s, tls);
    }
    return offered && ap_find_linked_module("mod_http2.c");
}

static void find_http2(struct ur_finder *finder, const struct demand *demand)
{
    if (demand->rule->policy.http == UR_HTTP_2 && !http_is_stated(demand->server) &&
        !somebody_offers(finder, demand)) {
        ur_finding_add(
            finder, demand->server, demand->rule->at,
            "demands HTTP/2, which this server does not offer: every request is "
            "refused; load mod_http2 and write Protocols h2 http/1.1 (h2c in clear)");
    }
}

static void find_no_tls(struct ur_finder *finder, const struct demand *demand, bool *found)
{
    if (demand->rule->policy.tls && !*found && !tls_is_stated(demand->server) &&
        !tls_module_loaded()) {
        *found = true;
        ur_finding_add(finder, demand->server, demand->rule->at,
                       "demands TLS, but no TLS module is loaded: every request under this "
                       "policy is refused; load mod_ssl");
    }
}

static void find_all(struct ur_finder *finder, const server_rec *s, const struct ur_rule *rule,
                     bool *found_no_tls)
{
    struct demand demand = {s, rule};

    if (rule->at) {
        find_no_tls(finder, &demand, found_no_tls);
        find_tls(finder, &demand);
        find_http2(finder, &demand);
    }
}

/* What a server says itself: what it inherits is found at the server that says it, and may well
 * be meant for another virtual host. */
void ur_findings_offer(struct ur_finder *finder)
{
    for (server_rec *s = finder->main_server; s; s = s->next) {
        /* A virtual host that says nothing shares the main server's structure. */
        const struct ur_rule *main_floor = &ur_config_server(finder->main_server)->floor;
        const struct ur_rule *floor = &ur_config_server(s)->floor;
        bool found_no_tls = false;

        if (s == finder->main_server || floor->at != main_floor->at) {
            find_all(finder, s, floor, &found_no_tls);
        }
        for (int i = 0; i < ur_scope_all()->nelts; i++) {
            const struct ur_scope *scope =
                &APR_ARRAY_IDX(ur_scope_all(), i, const struct ur_scope);
            if (scope->server == s) {
                find_all(finder, s, &scope->config->route, &found_no_tls);
            }
        }
    }
}
