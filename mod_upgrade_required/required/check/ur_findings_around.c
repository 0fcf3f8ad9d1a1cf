#include "required/check/ur_findings.h"

#include "required/check/ur_conftree.h"
#include "required/config/ur_scope.h"
#include "required/check/ur_workers.h"

#include <apr_strings.h>

/* Caches */

static bool has_route_policy(const server_rec *s)
{
    for (const struct ur_scope *scope = ur_scope_next(NULL, s); scope;
         scope = ur_scope_next(scope, s)) {
        if (ur_policy_demands(&scope->config->route.policy)) {
            return true;
        }
    }
    return false;
}

static bool answers_quickly(struct ur_finder *finder, const server_rec *s)
{
    const ap_directive_t *quick =
        ur_conftree_effective(finder->tree, s, UR_CONFTREE_CACHE_QUICK_HANDLER);

    return (!quick || !ur_conftree_has_word(finder->pool, quick, "off")) && has_route_policy(s);
}

/* That of the main server applies to the virtual hosts too; one in a section has no effect with
 * the quick handler. */
static void find_quick_cache(struct ur_finder *finder, const ap_directive_t *enable,
                             server_rec *in)
{
    if (enable->parent && !ur_conftree_is(enable->parent, "<VirtualHost")) {
        return;
    }
    for (server_rec *s = in; s; s = in == finder->main_server ? s->next : NULL) {
        if (answers_quickly(finder, s)) {
            ur_findings_add(finder, s, ur_conftree_at(finder->pool, enable),
                            "cached responses are sent before route policies are checked; use "
                            "CacheQuickHandler off");
            return;
        }
    }
}

/* Proxies */

static bool has_same_upgrade(apr_pool_t *pool, const ap_directive_t *one,
                             const ap_directive_t *other)
{
    const char *upgrade = ur_workers_argument(pool, one, "upgrade");
    const char *other_upgrade = ur_workers_argument(pool, other, "upgrade");

    return upgrade && other_upgrade && ap_cstr_casecmp(upgrade, other_upgrade) == 0;
}

static void find_shared_worker(struct ur_finder *finder, const ap_directive_t *pass,
                               server_rec *s)
{
    const struct ur_backend *backend = ur_backends_made_by(finder->backends, pass);

    if (backend && backend->worker != pass &&
        !has_same_upgrade(finder->pool, backend->worker, pass) &&
        !ap_find_linked_module("mod_upgrade_wstunnel.c")) {
        ur_findings_add(
            finder, s, ur_conftree_at(finder->pool, pass),
            apr_psprintf(finder->pool,
                         "shares the worker of %s, so httpd ignores its upgrade= and WebSocket "
                         "handshakes are lost; load mod_upgrade_wstunnel and use UpgradeKeep "
                         "WebSocket for the route, or move this line before the other",
                         ur_conftree_at(finder->pool, backend->worker)));
    }
}

#define PROTOCOLS                                                                              \
    "upgrade=websocket, or the one that the backend speaks, such as upgrade=tcp (Docker) or "  \
    "upgrade=SPDY/3.1 (Kubernetes)"

static void find_upgrade(struct ur_finder *finder, const ap_directive_t *directive,
                         server_rec *s)
{
    const char *upgrade = ur_workers_argument(finder->pool, directive, "upgrade");

    if (!upgrade) {
        return;
    }
    if (ap_cstr_casecmp(upgrade, "ANY") == 0 || strcmp(upgrade, "*") == 0) {
        ur_findings_add(finder, s, ur_conftree_at(finder->pool, directive),
                        "upgrade=ANY lets clients tunnel any protocol, even h2c; name the "
                        "protocol: " PROTOCOLS);
    }
    else if (ap_cstr_casecmp(upgrade, "NONE") == 0) {
        ur_findings_add(finder, s, ur_conftree_at(finder->pool, directive),
                        "upgrade=NONE opens a tunnel whatever the backend responds; name the "
                        "protocol: " PROTOCOLS);
    }
    else if (ur_conftree_is(directive, "ProxyPass") ||
             ur_conftree_is(directive, "ProxyPassMatch")) {
        find_shared_worker(finder, directive, s);
    }
}

/* mod_md */

struct md_finder {
    struct ur_finder *finder;
    apr_hash_t *requires; /* name of a domain: its MDRequireHttps, where that is on */
};

static const ap_directive_t *if_on(const struct md_finder *found,
                                   const ap_directive_t *require_https)
{
    return require_https && !ur_conftree_has_word(found->finder->pool, require_https, "off")
               ? require_https
               : NULL;
}

/* MDomain name ..., <MDomainSet name ...>, and <MDomain name ...> */
static void note_domain(void *context, const ap_directive_t *directive, server_rec *s)
{
    const struct md_finder *found = context;
    const char *arguments = directive->args;
    const ap_directive_t *require =
        ur_conftree_effective(found->finder->tree, s, UR_CONFTREE_MD_REQUIRE_HTTPS);
    const ap_directive_t *own;

    if (!ur_conftree_is(directive, "MDomain") && !ur_conftree_is(directive, "<MDomain") &&
        !ur_conftree_is(directive, "<MDomainSet")) {
        return;
    }
    own = ur_conftree_child(directive, "MDRequireHttps");
    require = if_on(found, own ? own : require);
    while (require && *arguments) {
        char *name = ap_getword_conf(found->finder->pool, &arguments);
        name[strcspn(name, ">")] = '\0';
        ap_str_tolower(name);
        apr_hash_set(found->requires, name, APR_HASH_KEY_STRING, require);
    }
}

/* mod_md redirects in post_read_request too, and comes first. */
static void find_redirect_before_floor(const struct md_finder *found, server_rec *s)
{
    const struct ur_rule *floor = &ur_config_server(s)->floor;
    const struct ur_trusted_proxy *proxy = ur_config_server(s)->trusted;
    const ap_directive_t *require;
    char *name;

    if (!floor->at || !floor->policy.tls || !s->server_hostname ||
        ur_findings_speaks_tls(found->finder, s) || (proxy && (proxy->tls || proxy->scheme))) {
        return;
    }
    name = apr_pstrdup(found->finder->pool, s->server_hostname);
    ap_str_tolower(name);
    require = apr_hash_get(found->requires, name, APR_HASH_KEY_STRING);
    if (require) {
        ur_findings_add(found->finder, s, ur_conftree_at(found->finder->pool, require),
                        apr_psprintf(found->finder->pool,
                                     "redirects unencrypted requests before the floor of %s is "
                                     "checked, so nothing is explained, announced or counted; "
                                     "use MDRequireHttps off, and UpgradeRedirect permanent",
                                     floor->at));
    }
}

static void find_md(struct ur_finder *finder)
{
    struct md_finder found = {finder, apr_hash_make(finder->pool)};

    ur_conftree_walk(finder->tree, note_domain, &found);
    for (server_rec *s = finder->main_server; s && apr_hash_count(found.requires);
         s = s->next) {
        find_redirect_before_floor(&found, s);
    }
}

static void visit(void *context, const ap_directive_t *directive, server_rec *s)
{
    static const char *const with_workers[] = {"ProxyPass", "ProxyPassMatch", "BalancerMember",
                                               "ProxySet"};
    struct ur_finder *finder = context;

    if (ur_conftree_is(directive, "CacheEnable")) {
        find_quick_cache(finder, directive, s);
    }
    if (ur_conftree_is(directive, "ProxyWebsocketFallbackToProxyHttp") &&
        ap_cstr_casecmp(directive->args, "off") == 0) {
        ur_findings_add(finder, s, ur_conftree_at(finder->pool, directive),
                        "leaves WebSockets to mod_proxy_wstunnel, which opens tunnels without "
                        "checking the backend's response; use On");
    }
    for (size_t i = 0; i < sizeof with_workers / sizeof with_workers[0]; i++) {
        if (ur_conftree_is(directive, with_workers[i])) {
            find_upgrade(finder, directive, s);
        }
    }
}

void ur_findings_around(struct ur_finder *finder)
{
    ur_conftree_walk(finder->tree, visit, finder);
    find_md(finder);
}
