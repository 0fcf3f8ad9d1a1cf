#include "required/check/ur_findings.h"

#include "required/check/ur_access.h"
#include "required/config/ur_scope.h"

#include <ap_listen.h>
#include <apr_strings.h>
#include <http_core.h>

struct page_finder {
    struct ur_finder *finder;
    const struct ur_access *access;
    bool any_clear;     /* some server does not speak TLS */
    apr_hash_t *saying; /* server and path: the last section that says UpgradeRequire for it;
                         * "*" in place of a path that is not known */
};

/* Status and probe */

static bool is_any_address(const apr_sockaddr_t *address)
{
    char text[64];

    return apr_sockaddr_ip_getbuf(text, sizeof text, (apr_sockaddr_t *)(uintptr_t)address) ==
               APR_SUCCESS &&
           (strcmp(text, "0.0.0.0") == 0 || strcmp(text, "::") == 0);
}

/* Whether requests to this address go to the virtual host, or to another like it. */
static bool takes(const server_rec *s, const apr_sockaddr_t *listens)
{
    for (const server_addr_rec *address = s->addrs; address; address = address->next) {
        bool all = strcmp(address->virthost, "*") == 0 ||
                   ap_cstr_casecmp(address->virthost, "_default_") == 0;
        if ((address->host_port == 0 || address->host_port == listens->port) &&
            (all || !is_any_address(listens))) {
            return true;
        }
    }
    return false;
}

/* The main server answers if no virtual host has the address. */
static bool main_server_answers(const server_rec *main_server)
{
    for (const ap_listen_rec *listener = ap_listeners; listener; listener = listener->next) {
        const server_rec *s = main_server->next;
        while (s && !takes(s, listener->bind_addr)) {
            s = s->next;
        }
        if (!s) {
            return true;
        }
    }
    return false;
}

/* A page of the main server is there in each virtual host, and one through which it is reached
 * is enough. */
static const struct ur_backend *in_front(const struct page_finder *found, server_rec *s,
                                         const ap_directive_t *section)
{
    const struct ur_backends *backends = found->finder->backends;
    const struct ur_backend *backend = ur_backends_of(backends, s, section);

    if (s != found->finder->main_server || !s->next) {
        return backend;
    }
    if (!backend && main_server_answers(s)) {
        return NULL;
    }
    for (s = s->next; s; s = s->next) {
        backend = ur_backends_of(backends, s, section);
        if (!backend) {
            return NULL;
        }
    }
    return backend;
}

static void find_unreached(const struct page_finder *found, const ap_directive_t *handler,
                           server_rec *s)
{
    const ap_directive_t *section = ur_conftree_section(handler);
    const char *path = ur_conftree_path(found->finder->pool, section);
    const struct ur_backend *backend = path ? in_front(found, s, section) : NULL;

    if (backend) {
        ur_findings_add(
            found->finder, s, ur_conftree_at(found->finder->pool, handler),
            apr_psprintf(found->finder->pool,
                         "is never reached, because %s proxies its path to a backend; use %s",
                         ur_conftree_at(found->finder->pool, backend->pass),
                         backend->in_section
                             ? "ProxyPass ! in this section"
                             : apr_psprintf(found->finder->pool,
                                            "ProxyPass \"%s\" ! before that line", path)));
    }
}

static void find_page(void *context, const ap_directive_t *directive, server_rec *s)
{
    const struct page_finder *found = context;
    bool is_status;

    if (!ur_conftree_is(directive, "SetHandler")) {
        return;
    }
    is_status = ur_conftree_has_word(found->finder->pool, directive, "upgrade-status");
    if (!is_status && !ur_conftree_has_word(found->finder->pool, directive, "upgrade-probe")) {
        return;
    }
    find_unreached(found, directive, s);
    if (ur_access_is_open(found->access, s, ur_conftree_section(directive))) {
        ur_findings_add(
            found->finder, s, ur_conftree_at(found->finder->pool, directive),
            is_status ? "everybody can read the counters and the names of the policies; add "
                        "Require local or another restriction"
                      : "everybody can read which headers proxies on the way send, and which "
                        "policies exist; add Require local or another restriction");
    }
}

/* Guides */

/* A policy with a guide, and the server in which both hold. */
struct guided {
    const server_rec *server;
    const struct ur_dir_config *settings;
    const struct ur_rule *rule;
    const ap_directive_t *section;
    bool is_floor;
};

/* Browsers speak TLS, HTTP/2 over it, and ask for pages without a switch. */
static bool refuses_browsers(const struct guided *guided, bool in_clear)
{
    const struct ur_policy *policy = &guided->rule->policy;
    bool redirects = guided->settings->redirect == UR_REDIRECT_TEMPORARY ||
                     guided->settings->redirect == UR_REDIRECT_PERMANENT;

    return policy->websocket || (in_clear && policy->http == UR_HTTP_2) ||
           (in_clear && policy->tls && !redirects);
}

static bool is_enforced(const struct ur_dir_config *settings)
{
    return !settings->mode || settings->mode->mode == UR_MODE_UNSET ||
           settings->mode->mode == UR_MODE_ENFORCE;
}

static bool has_name(const server_rec *s, const char *host)
{
    for (int i = 0; s->names && i < s->names->nelts; i++) {
        if (ap_cstr_casecmp(host, APR_ARRAY_IDX(s->names, i, const char *)) == 0) {
            return true;
        }
    }
    return s->server_hostname && ap_cstr_casecmp(host, s->server_hostname) == 0;
}

static bool has_port(const server_rec *s, apr_port_t port)
{
    for (const server_addr_rec *address = s->addrs; address; address = address->next) {
        if (address->host_port == port) {
            return true;
        }
    }
    return false;
}

/* The path of a guide on this server; NULL: it is on another. */
static const char *path_here(const struct page_finder *found, const struct guided *guided,
                             bool *in_clear)
{
    apr_uri_t uri;

    if (*guided->settings->guide == '/') {
        *in_clear = guided->server == found->finder->main_server
                        ? found->any_clear
                        : !ur_findings_speaks_tls(found->finder, guided->server);
        return guided->settings->guide;
    }
    if (apr_uri_parse(found->finder->pool, guided->settings->guide, &uri) != APR_SUCCESS ||
        !has_name(guided->server, uri.hostname) ||
        !has_port(guided->server, uri.port ? uri.port : apr_uri_port_of_scheme(uri.scheme))) {
        return NULL;
    }
    *in_clear = ap_cstr_casecmp(uri.scheme, "http") == 0;
    return uri.path ? uri.path : "/";
}

static bool is_over(const char *outer, const char *path)
{
    apr_size_t len = strlen(outer);

    while (len && outer[len - 1] == '/') {
        len--;
    }
    return strncmp(outer, path, len) == 0 &&
           (path[len] == '\0' || strchr("/?#", path[len]) != NULL);
}

/* Without slashes at its end. */
static const char *key_of(const struct page_finder *found, const server_rec *s,
                          const char *path, apr_size_t len)
{
    while (len && path[len - 1] == '/') {
        len--;
    }
    return apr_psprintf(found->finder->pool, "%pp %.*s", (const void *)s, (int)len, path);
}

static void note_saying(const struct page_finder *found, const struct ur_scope *scope)
{
    const char *path = ur_conftree_path(found->finder->pool, scope->section);

    if (!path || !ur_conftree_is(scope->section, "<Location")) {
        path = "*";
    }
    apr_hash_set(found->saying, key_of(found, scope->server, path, strlen(path)),
                 APR_HASH_KEY_STRING, scope->section);
}

static bool says_other(const struct page_finder *found, const struct guided *guided,
                       const char *path, apr_size_t len)
{
    const server_rec *const servers[] = {guided->server, found->finder->main_server};

    for (size_t i = 0; i < sizeof servers / sizeof servers[0]; i++) {
        const ap_directive_t *section = apr_hash_get(
            found->saying, key_of(found, servers[i], path, len), APR_HASH_KEY_STRING);
        if (section && section != guided->section) {
            return true;
        }
    }
    return false;
}

/* Another section with UpgradeRequire decides for the page; sections without a definite path
 * may. */
static bool is_lifted(const struct page_finder *found, const struct guided *guided,
                      const char *path)
{
    apr_size_t end = strcspn(path, "?#");

    for (apr_size_t len = 0; len <= end; len++) {
        if ((len == end || path[len] == '/') && says_other(found, guided, path, len)) {
            return true;
        }
    }
    return says_other(found, guided, "*", 1);
}

static void find_guide(const struct page_finder *found, const struct guided *guided)
{
    const char *own = ur_conftree_path(found->finder->pool, guided->section);
    const ap_directive_t *at = ur_conftree_in_force(found->finder->tree, guided->section,
                                                    guided->server, UR_CONFTREE_UPGRADE_GUIDE);
    bool in_clear = false;
    const char *path;

    if (!guided->settings->guide || !guided->rule->at || guided->rule->exceptions || !own ||
        !at || !is_enforced(guided->settings)) {
        return;
    }
    path = path_here(found, guided, &in_clear);
    if (path && refuses_browsers(guided, in_clear) && is_over(own, path) &&
        (guided->is_floor || !is_lifted(found, guided, path))) {
        ur_findings_add(found->finder, guided->server, ur_conftree_at(found->finder->pool, at),
                        apr_psprintf(found->finder->pool,
                                     "%s refuses the guide too, so refused clients cannot read "
                                     "it; use a page elsewhere, or add %s",
                                     guided->rule->at,
                                     guided->is_floor
                                         ? "an UpgradeFloorExcept for it"
                                         : "UpgradeRequire none in a section for it"));
    }
}

static void find_guide_of_server(const struct page_finder *found, const server_rec *s)
{
    const struct ur_dir_config *settings = ur_scope_of_server(s);
    struct guided guided = {s, settings, &ur_config_server(s)->floor, NULL, true};

    find_guide(found, &guided);
    guided.rule = &settings->route;
    guided.is_floor = false;
    find_guide(found, &guided);
}

static void find_guides(const struct page_finder *found)
{
    for (int i = 0; i < ur_scope_all()->nelts; i++) {
        const struct ur_scope *scope = &APR_ARRAY_IDX(ur_scope_all(), i, const struct ur_scope);
        if (scope->where && scope->config->route.said) {
            note_saying(found, scope);
        }
    }
    for (server_rec *s = found->finder->main_server; s; s = s->next) {
        find_guide_of_server(found, s);
    }
    for (int i = 0; i < ur_scope_all()->nelts; i++) {
        const struct ur_scope *scope = &APR_ARRAY_IDX(ur_scope_all(), i, const struct ur_scope);
        if (scope->where && scope->config->route.said) {
            const struct ur_dir_config *settings =
                ur_scope_settings(found->finder->pool, scope, scope->server);
            struct guided guided = {scope->server, settings, &settings->route, scope->section,
                                    false};
            find_guide(found, &guided);
        }
    }
}

void ur_findings_pages(struct ur_finder *finder)
{
    struct page_finder found = {finder,
                                ur_access_open(finder->pool, finder->tree, finder->main_server),
                                false, apr_hash_make(finder->pool)};

    for (server_rec *s = finder->main_server->next ? finder->main_server->next
                                                   : finder->main_server;
         s; s = s->next) {
        found.any_clear = found.any_clear || !ur_findings_speaks_tls(finder, s);
    }
    ur_conftree_walk(finder->tree, find_page, &found);
    find_guides(&found);
}
