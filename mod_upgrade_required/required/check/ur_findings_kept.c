#include "required/check/ur_findings.h"

#include "required/check/ur_kept.h"
#include "required/request/ur_request.h"
#include "required/check/ur_workers.h"

#include <apr_strings.h>
#include <http_core.h>

/* WebSockets that are silent for less than this are often alive: applications send pings every
 * 20 to 60 seconds. */
#define IDLE_LEAST 30

struct kept_finder {
    struct ur_finder *finder;
    apr_hash_t *keeping;  /* pointer to the server: it has a kept route */
    apr_hash_t *by_event; /* pointer to the server: it has one with UpgradeTunnel event */
};

static void note(const struct kept_finder *kept, apr_hash_t *servers, const server_rec *s)
{
    apr_hash_set(servers, apr_pmemdup(kept->finder->pool, &s, sizeof s), sizeof s, "");
}

static bool is_noted(apr_hash_t *servers, const server_rec *s)
{
    return apr_hash_get(servers, &s, sizeof s) != NULL;
}

/* Sections of the main server apply to each virtual host, and the ProxyPass may be there. */
static const server_rec *asked(const struct ur_finder *finder, const server_rec *s)
{
    return s == finder->main_server && s->next ? UR_ANY_SERVER : s;
}

/* Whose settings hold on the way to a backend. */
static const server_rec *server_for(const struct ur_finder *finder, const server_rec *s,
                                    const struct ur_backend *backend)
{
    return s == finder->main_server ? backend->server : s;
}

/* A directive elsewhere is reported there. */
static bool stands_in(const struct ur_finder *finder, const ap_directive_t *directive,
                      enum ur_conftree_name name, const struct ur_place *place)
{
    return place->section ? ur_conftree_section(directive) == place->section
                          : ur_conftree_last(finder->tree, place->server, name) == directive;
}

static bool is_off(const struct ur_finder *finder, const struct ur_kept_route *route)
{
    const ap_directive_t *mode = ur_conftree_in_force(finder->tree, route->section,
                                                      route->server, UR_CONFTREE_UPGRADE_MODE);

    return mode && ur_conftree_has_word(finder->pool, mode, "off");
}

static void add_without_backend(struct ur_finder *finder, const struct ur_kept_route *route)
{
    const struct ur_backend *backend =
        ur_backends_of(finder->backends, asked(finder, route->server), route->section);
    const char *text;

    if (backend) {
        text = apr_psprintf(finder->pool,
                            "no client can open a WebSocket, because the protocol of the "
                            "backend (%s) has none; use a ProxyPass to http://, https://, "
                            "ws:// or wss:// for the route, or remove this line",
                            ur_conftree_at(finder->pool, backend->pass));
    }
    else {
        text = "no client can open a WebSocket, because nothing is proxied there; add a "
               "ProxyPass for the route, or remove this line";
    }
    ur_findings_add(finder, route->server, ur_conftree_at(finder->pool, route->by), text);
}

/* A route whose URLs are not known is ignored, except for what is in its own section. */
static void find_no_backend(struct ur_finder *finder, const struct ur_kept_route *route,
                            const apr_array_header_t *carrying, bool unknown)
{
    const struct ur_backend *own =
        unknown ? ur_backends_of(finder->backends, asked(finder, route->server), route->section)
                : NULL;
    bool has_path = ur_conftree_path(finder->pool, route->section) != NULL;

    if (carrying->nelts == 0 && (!unknown || (own && !has_path)) && !is_off(finder, route)) {
        add_without_backend(finder, route);
    }
}

/* Only where none of the backends has a longer limit. */
static void find_short_limit(struct ur_finder *finder, const struct ur_kept_route *route,
                             const apr_array_header_t *carrying)
{
    const ap_directive_t *at = NULL;
    int least = IDLE_LEAST;

    if (ur_kept_own_idle(finder->pool, finder->tree, route)) {
        return; /* what the administrator has said about it, and of it alone */
    }
    for (int i = 0; i < carrying->nelts; i++) {
        const struct ur_backend *backend =
            APR_ARRAY_IDX(carrying, i, const struct ur_backend *);
        const ap_directive_t *said;
        int idle = ur_kept_idle(finder->tree, finder->backends, backend,
                                server_for(finder, route->server, backend), &said);
        if (idle >= IDLE_LEAST || !*backend->url) {
            return;
        }
        at = idle < least ? said : at;
        least = idle < least ? idle : least;
    }
    if (at) {
        ur_findings_add(
            finder, route->server, ur_conftree_at(finder->pool, at),
            apr_psprintf(
                finder->pool,
                "ends the WebSockets of %s after %d seconds without data, which is shorter "
                "than most ping intervals; use timeout=60 or more in its ProxyPass",
                ur_conftree_at(finder->pool, route->by), least));
    }
}

static bool forgets_slashes(const server_rec *s)
{
    const core_dir_config *core = ap_get_core_module_config(s->lookup_defaults);

    return core->allow_encoded_slashes && !core->decode_encoded_slashes;
}

static bool keeps_encoding(apr_pool_t *pool, const ap_directive_t *pass)
{
    return ur_conftree_has_word(pool, pass, "nocanon") ||
           ur_workers_argument(pool, pass, "mapping");
}

/* AllowEncodedSlashes is merged with any section that matches a request as if the section had
 * Off; the ProxyPass then encodes the percent sign again. */
static void find_lost_slashes(struct ur_finder *finder, const struct ur_kept_route *route,
                              const apr_array_header_t *carrying)
{
    for (int i = 0; route->section && i < carrying->nelts; i++) {
        const struct ur_backend *backend =
            APR_ARRAY_IDX(carrying, i, const struct ur_backend *);
        const server_rec *s = server_for(finder, route->server, backend);
        if (!forgets_slashes(s) || ur_conftree_is(backend->pass, "SetHandler") ||
            keeps_encoding(finder->pool, backend->pass)) {
            continue;
        }
        ur_findings_add(
            finder, s, ur_conftree_at(finder->pool, route->by),
            apr_psprintf(
                finder->pool,
                "is in a section, where httpd forgets AllowEncodedSlashes NoDecode, so %%2F "
                "reaches the backend as %%252F; use nocanon in the ProxyPass (%s)%s",
                ur_conftree_at(finder->pool, backend->pass),
                backend->in_section
                    ? ""
                    : ", or move this line to the virtual host, outside of sections"));
        return;
    }
}

static void find_in_place(struct kept_finder *kept, const struct ur_place *place)
{
    struct ur_finder *finder = kept->finder;
    struct ur_kept_route route;
    const apr_array_header_t *carrying;
    bool unknown;

    if (!ur_kept_at(finder->pool, finder->tree, place, place->server, &route)) {
        return;
    }
    note(kept, kept->keeping, place->server);
    if (route.tunnel) {
        note(kept, kept->by_event, place->server);
    }
    if (!stands_in(finder, route.by, UR_CONFTREE_UPGRADE_KEEP, place) &&
        !stands_in(finder, route.by, UR_CONFTREE_UPGRADE_REQUIRE, place)) {
        return;
    }
    carrying = ur_backends_carrying(finder->backends, asked(finder, place->server),
                                    place->section, &unknown);
    find_no_backend(finder, &route, carrying, unknown);
    find_lost_slashes(finder, &route, carrying);
    if (!unknown) {
        find_short_limit(finder, &route, carrying);
    }
}

/* One kept route is enough, in whichever section: several may hold for a request. */
static void find_idle_threads(const struct kept_finder *kept, const struct ur_place *place)
{
    struct ur_finder *finder = kept->finder;
    const ap_directive_t *tunnel = ur_conftree_in_force(
        finder->tree, place->section, place->server, UR_CONFTREE_UPGRADE_TUNNEL);
    bool is_main = place->server == finder->main_server;

    if (!tunnel || !stands_in(finder, tunnel, UR_CONFTREE_UPGRADE_TUNNEL, place) ||
        !ur_conftree_has_word(finder->pool, tunnel, "event")) {
        return;
    }
    if (is_main ? apr_hash_count(kept->keeping) == 0
                : !is_noted(kept->keeping, place->server) &&
                      !is_noted(kept->keeping, finder->main_server)) {
        ur_findings_add(finder, place->server, ur_conftree_at(finder->pool, tunnel),
                        "has no effect, because no route of this server keeps WebSockets; use "
                        "UpgradeKeep WebSocket for the proxied route");
    }
}

static void find_http2_workers(const struct kept_finder *kept, server_rec *s)
{
    struct ur_finder *finder = kept->finder;
    const ap_directive_t *on =
        ur_conftree_effective(finder->tree, s, UR_CONFTREE_H2_WEBSOCKETS);
    enum ur_tls tls = ur_findings_speaks_tls(finder, s) ? UR_TLS_SOME : UR_TLS_NONE;

    if (on && ur_conftree_has_word(finder->pool, on, "on") && ur_server_offers_http2(s, tls) &&
        (is_noted(kept->by_event, s) || is_noted(kept->by_event, finder->main_server))) {
        ur_findings_add(finder, s, ur_conftree_at(finder->pool, on),
                        "each WebSocket over HTTP/2 holds a thread of mod_http2 while it is "
                        "open, even with UpgradeTunnel event; use H2WebSockets off, or an "
                        "H2MaxWorkers that is large enough");
    }
}

void ur_findings_kept(struct ur_finder *finder)
{
    const apr_array_header_t *places = ur_kept_places(finder->pool, finder->tree);
    struct kept_finder kept = {finder, apr_hash_make(finder->pool),
                               apr_hash_make(finder->pool)};

    for (int i = 0; i < places->nelts; i++) {
        find_in_place(&kept, &APR_ARRAY_IDX(places, i, const struct ur_place));
    }
    for (int i = 0; i < places->nelts; i++) {
        find_idle_threads(&kept, &APR_ARRAY_IDX(places, i, const struct ur_place));
    }
    for (server_rec *s = finder->main_server; s && apr_hash_count(kept.by_event); s = s->next) {
        find_http2_workers(&kept, s);
    }
    ur_findings_logs(finder, kept.by_event);
}
