#include "required/check/ur_findings.h"

#include "required/request/ur_request.h"

#include <ap_mpm.h>
#include <apr_strings.h>

/* Limits of event tunnels where worker threads, or mod_http2's, carry the tunnels: without a
 * word they would not apply. */

struct limit_finder {
    struct ur_finder *finder;
    apr_hash_t *by_event; /* pointer to the server: an UpgradeTunnel event is in it */
};

static bool is_limit(const ap_directive_t *directive)
{
    static const char *const names[] = {"UpgradeTunnelIdle", "UpgradeTunnelPing",
                                        "UpgradeTunnelAge", "UpgradeTunnelMessageMax"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (ur_conftree_is(directive, names[i])) {
            return true;
        }
    }
    return false;
}

static void note_event(void *context, const ap_directive_t *directive, server_rec *s)
{
    const struct limit_finder *limits = context;
    apr_pool_t *pool = limits->finder->pool;

    if (ur_conftree_is(directive, "UpgradeTunnel") &&
        ur_conftree_has_word(pool, directive, "event")) {
        apr_hash_set(limits->by_event, apr_pmemdup(pool, &s, sizeof s), sizeof s, "");
    }
}

static bool has_event(const struct limit_finder *limits, const server_rec *s)
{
    return apr_hash_get(limits->by_event, &s, sizeof s) != NULL;
}

/* Several sections may apply to a request, so one with UpgradeTunnel event is enough, but for
 * those that say something else themselves. */
static bool may_be_event(const struct limit_finder *limits, const ap_directive_t *directive,
                         const server_rec *s)
{
    const struct ur_finder *finder = limits->finder;
    const ap_directive_t *section = ur_conftree_section(directive);
    const ap_directive_t *said = section ? ur_conftree_child(section, "UpgradeTunnel") : NULL;

    if (said) {
        return ur_conftree_has_word(finder->pool, said, "event");
    }
    return s == finder->main_server
               ? apr_hash_count(limits->by_event) > 0
               : has_event(limits, s) || has_event(limits, finder->main_server);
}

/* H2WebSockets on of a server that offers HTTP/2, and to which the directive applies. */
static const ap_directive_t *find_http2(const struct ur_finder *finder, server_rec *s)
{
    bool is_main = s == finder->main_server;

    for (; s; s = is_main ? s->next : NULL) {
        const ap_directive_t *on =
            ur_conftree_effective(finder->tree, s, UR_CONFTREE_H2_WEBSOCKETS);
        enum ur_tls tls = ur_findings_speaks_tls(finder, s) ? UR_TLS_SOME : UR_TLS_NONE;
        if (on && ur_conftree_has_word(finder->pool, on, "on") &&
            ur_server_offers_http2(s, tls)) {
            return on;
        }
    }
    return NULL;
}

static bool is_event_mpm(void)
{
    return strcmp(ap_show_mpm(), "event") == 0;
}

static void find_limit(void *context, const ap_directive_t *directive, server_rec *s)
{
    const struct limit_finder *limits = context;
    struct ur_finder *finder = limits->finder;
    const ap_directive_t *http2;
    const char *text = NULL;

    if (!is_limit(directive) || ur_conftree_has_word(finder->pool, directive, "none")) {
        return;
    }
    if (!may_be_event(limits, directive, s)) {
        text =
            "has no effect, because worker threads carry the tunnels; use UpgradeTunnel event";
    }
    else if (!is_event_mpm()) {
        text = apr_psprintf(finder->pool,
                            "has no effect, because with the %s MPM each tunnel occupies a "
                            "worker; load mpm_event_module",
                            ap_show_mpm());
    }
    else if ((http2 = find_http2(finder, s)) != NULL) {
        text = apr_psprintf(finder->pool,
                            "does not apply to WebSockets over HTTP/2, which threads of "
                            "mod_http2 carry (%s); use H2WebSockets off",
                            ur_conftree_at(finder->pool, http2));
    }
    if (text) {
        ur_findings_add(finder, s, ur_conftree_at(finder->pool, directive), text);
    }
}

void ur_findings_limits(struct ur_finder *finder)
{
    struct limit_finder limits = {finder, apr_hash_make(finder->pool)};

    ur_conftree_walk(finder->tree, note_event, &limits);
    ur_conftree_walk(finder->tree, find_limit, &limits);
}
