#include "httpd/ur_findings.h"

#include "httpd/ur_conftree.h"
#include "httpd/ur_scope.h"

#include <apr_strings.h>

/* Caches */

static bool has_route_policy(const server_rec *s)
{
    for (int i = 0; i < ur_scope_all()->nelts; i++) {
        const struct ur_scope *scope = &APR_ARRAY_IDX(ur_scope_all(), i, const struct ur_scope);
        if (ur_scope_holds(scope, s) && ur_policy_demands(&scope->config->route.policy)) {
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

/* That of the main server holds in the virtual hosts too; one in a section is without effect
 * where the cache answers quickly. */
static void find_quick_cache(struct ur_finder *finder, const ap_directive_t *enable,
                             server_rec *in)
{
    if (enable->parent && !ur_conftree_is(enable->parent, "<VirtualHost")) {
        return;
    }
    for (server_rec *s = in; s; s = in == finder->main_server ? s->next : NULL) {
        if (answers_quickly(finder, s)) {
            ur_finding_add(finder, s, ur_conftree_at(finder->pool, enable),
                           "has cached answers sent before route policies are looked at; write "
                           "CacheQuickHandler off");
            return;
        }
    }
}

/* Proxies */

/* Where a word of this name=value stands among the arguments. */
static const char *argument(apr_pool_t *pool, const char *arguments, const char *name)
{
    apr_size_t len = strlen(name);

    while (*arguments) {
        const char *word = ap_getword_conf(pool, &arguments);
        if (ap_cstr_casecmpn(word, name, len) == 0 && word[len] == '=') {
            return word + len + 1;
        }
    }
    return NULL;
}

/* The first argument that is a URL: in a section ProxyPass has no path. */
static const char *target(apr_pool_t *pool, const ap_directive_t *directive)
{
    const char *arguments = directive->args;

    while (*arguments) {
        const char *word = ap_getword_conf(pool, &arguments);
        if (strstr(word, "://") || *word == '!') {
            return word;
        }
    }
    return "!";
}

struct sharing {
    struct ur_finder *finder;
    const ap_directive_t *pass;
    server_rec *server;
    const char *target;
    bool reached; /* what stands behind it does not matter */
    const ap_directive_t *earlier;
};

/* Behind the host and the port of a URL. */
static apr_size_t authority_end(const char *url)
{
    const char *authority = strstr(url, "://");

    authority = authority ? authority + 3 : url;
    return (apr_size_t)(authority - url) + strcspn(authority, "/");
}

static bool has_same_upgrade(apr_pool_t *pool, const ap_directive_t *one,
                             const ap_directive_t *other)
{
    const char *upgrade = argument(pool, one->args, "upgrade");
    const char *other_upgrade = argument(pool, other->args, "upgrade");

    return upgrade && other_upgrade && ap_cstr_casecmp(upgrade, other_upgrade) == 0;
}

/* httpd takes a worker whose URL the new one begins with, host and port at least. */
static void look_for_worker(void *context, const ap_directive_t *directive, server_rec *s)
{
    struct sharing *sharing = context;
    const char *url;

    sharing->reached = sharing->reached || directive == sharing->pass;
    if (sharing->reached || sharing->earlier || s != sharing->server ||
        (!ur_conftree_is(directive, "ProxyPass") &&
         !ur_conftree_is(directive, "ProxyPassMatch"))) {
        return;
    }
    url = target(sharing->finder->pool, directive);
    if (*url != '!' && strlen(url) >= authority_end(sharing->target) &&
        ap_cstr_casecmpn(sharing->target, url, strlen(url)) == 0 &&
        !has_same_upgrade(sharing->finder->pool, directive, sharing->pass)) {
        sharing->earlier = directive;
    }
}

static void find_shared_worker(struct ur_finder *finder, const ap_directive_t *pass,
                               server_rec *s)
{
    struct sharing sharing = {
        .finder = finder, .pass = pass, .server = s, .target = target(finder->pool, pass)};

    if (*sharing.target == '!' || ap_find_linked_module("mod_upgrade_wstunnel.c")) {
        return;
    }
    ur_conftree_walk(finder->tree, look_for_worker, &sharing);
    if (sharing.earlier) {
        ur_finding_add(
            finder, s, ur_conftree_at(finder->pool, pass),
            apr_psprintf(finder->pool,
                         "shares the worker of %s, so httpd ignores its upgrade= and "
                         "WebSocket handshakes are lost; load mod_upgrade_wstunnel and write "
                         "UpgradeKeep WebSocket for the route, or put this line first",
                         ur_conftree_at(finder->pool, sharing.earlier)));
    }
}

static void find_upgrade(struct ur_finder *finder, const ap_directive_t *directive,
                         server_rec *s)
{
    const char *upgrade = argument(finder->pool, directive->args, "upgrade");

    if (!upgrade) {
        return;
    }
    if (ap_cstr_casecmp(upgrade, "ANY") == 0 || strcmp(upgrade, "*") == 0) {
        ur_finding_add(finder, s, ur_conftree_at(finder->pool, directive),
                       "has upgrade=ANY, with which clients can have any protocol tunnelled, "
                       "h2c too; write upgrade=websocket");
    }
    else if (ap_cstr_casecmp(upgrade, "NONE") == 0) {
        ur_finding_add(finder, s, ur_conftree_at(finder->pool, directive),
                       "has upgrade=NONE, with which a tunnel is opened whatever the backend "
                       "answers; write upgrade=websocket");
    }
    else if (ur_conftree_is(directive, "ProxyPass") ||
             ur_conftree_is(directive, "ProxyPassMatch")) {
        find_shared_worker(finder, directive, s);
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
        ur_finding_add(finder, s, ur_conftree_at(finder->pool, directive),
                       "opens tunnels of mod_proxy_wstunnel, which checks no answer of a "
                       "backend; write On");
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
}
