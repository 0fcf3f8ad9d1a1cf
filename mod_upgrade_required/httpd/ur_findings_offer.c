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

/* mod_ssl does so by itself where nothing is said, a certificate is there, and the port is
 * one of https. */
static bool speaks_by_itself(const struct ur_finder *finder, const server_rec *s)
{
    if (!ur_conftree_effective(finder->tree, s, UR_CONFTREE_SSL_CERTIFICATE_FILE)) {
        return false;
    }
    for (const server_addr_rec *address = s->addrs; address; address = address->next) {
        if (ur_conftree_listens_https(finder->tree, address->host_port)) {
            return true;
        }
    }
    return false;
}

bool ur_finder_speaks_tls(const struct ur_finder *finder, const server_rec *s)
{
    const ap_directive_t *engine =
        ur_conftree_effective(finder->tree, s, UR_CONFTREE_SSL_ENGINE);

    return engine ? !ur_conftree_has_word(finder->pool, engine, "off")
                  : speaks_by_itself(finder, s);
}

/* Of the versions that a server offers those that its clients can have. */
static unsigned versions_of(struct ur_finder *finder, const server_rec *s, const char **at)
{
    const ap_directive_t *protocol =
        ur_conftree_effective(finder->tree, s, UR_CONFTREE_SSL_PROTOCOL);

    *at = protocol ? ur_conftree_at(finder->pool, protocol) : "the default";
    return ur_offered_tls(ur_span_of(protocol ? protocol->args : "all"));
}

/* A section of the main server holds in every virtual host, its floor where there is no other.
 */
static bool holds_for(const struct demand *demand, const server_rec *s)
{
    bool is_floor = demand->rule == &ur_config_server(demand->server)->floor;

    return !is_floor || ur_config_server(s)->floor.at == demand->rule->at;
}

static bool any_finding_at(const struct ur_finder *finder, const char *at)
{
    for (int i = 0; i < finder->findings->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(finder->findings, i, const struct ur_finding).at, at) == 0) {
            return true;
        }
    }
    return false;
}

/* Every request over TLS is refused. */
static void find_too_new(struct ur_finder *finder, const server_rec *s,
                         const struct ur_rule *rule)
{
    const char *at;
    unsigned versions = versions_of(finder, s, &at);

    if (!ur_offered_from(versions, rule->policy.tls)) {
        ur_finding_add(
            finder, s, rule->at,
            apr_psprintf(finder->pool,
                         "demands TLS/%s, but SSLProtocol (%s) offers nothing so new: "
                         "every request is refused; write SSLProtocol all",
                         ur_tls_version(rule->policy.tls), at));
    }
}

static void add_unseen(struct ur_finder *finder, const struct demand *demand, const char *at)
{
    ur_finding_add(finder, demand->server, demand->rule->at,
                   apr_psprintf(finder->pool,
                                "demands TLS/%s, but SSLProtocol (%s) lets nothing older "
                                "in: such clients fail in the handshake and never read "
                                "why; write SSLProtocol all to tell them, or demand TLS",
                                ur_tls_version(demand->rule->policy.tls), at));
}

/* What a server demands holds for itself; what the main server demands, for all that inherit
 * it, and guidance that one of them lets clients read is not in vain. */
static void find_tls(struct ur_finder *finder, const struct demand *demand)
{
    bool inherited = demand->server == finder->main_server;
    const char *unseen_at = NULL;
    bool seen = false;

    if (demand->rule->policy.tls <= UR_TLS_SOME) {
        return;
    }
    for (server_rec *s = finder->main_server; s; s = s->next) {
        const char *at;
        if ((s != demand->server && !(inherited && holds_for(demand, s))) || tls_is_stated(s) ||
            !ur_finder_speaks_tls(finder, s)) {
            continue;
        }
        find_too_new(finder, s, demand->rule);
        if (ur_offered_below(versions_of(finder, s, &at), demand->rule->policy.tls)) {
            seen = true;
        }
        else {
            unseen_at = at;
        }
    }
    if (unseen_at && !seen && !any_finding_at(finder, demand->rule->at)) {
        add_unseen(finder, demand, unseen_at);
    }
}

static bool offers(struct ur_finder *finder, const server_rec *s, enum ur_tls tls)
{
    return ur_server_offers_http2(s,
                                  !tls && ur_finder_speaks_tls(finder, s) ? UR_TLS_SOME : tls);
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
