#include "required/check/ur_dump_kept.h"

#include "ur_modules.h"
#include "required/check/ur_kept.h"
#include "required/config/ur_scope.h"

#include <apr_strings.h>

#define COLUMNS "%-24s  %-28s  %-10s  %-7s  %-32s  %-6s  %-8s  %-6s  %s\n"

struct kept_dump {
    apr_pool_t *pool;
    apr_file_t *out;
    const struct ur_conftree *tree;
    const struct ur_backends *backends;
    const apr_array_header_t *places;
    server_rec *main_server;
    int printed;
    bool events; /* one of them has event tunnels */
};

/* "<If ...> in <Location /x>" */
static const char *where(apr_pool_t *pool, const ap_directive_t *section)
{
    const char *text = NULL;

    for (; section; section = ur_conftree_section(section)) {
        const char *name = ur_conftree_spelt(pool, section);
        text = text ? apr_pstrcat(pool, text, " in ", name, NULL) : name;
    }
    return text ? text : "server";
}

/* "300 s"; "-": not set */
static const char *seconds(apr_pool_t *pool, const ap_directive_t *directive)
{
    return directive ? apr_pstrcat(pool, ur_conftree_word(pool, directive, 0), " s", NULL)
                     : "-";
}

static const char *word(apr_pool_t *pool, const ap_directive_t *directive)
{
    return directive ? ur_conftree_word(pool, directive, 0) : "-";
}

/* UpgradeTunnelMax and UpgradeTunnelDrain are of the server as a whole, and of its event
 * tunnels. */
static void print_route(struct kept_dump *dump, const struct ur_kept_route *route)
{
    const struct ur_backend *backend =
        ur_backends_of(dump->backends, route->server, route->section);
    const ap_directive_t *max = NULL;
    const ap_directive_t *drain = NULL;
    const ap_directive_t *said;
    const ap_directive_t *own = ur_kept_own_idle(dump->pool, dump->tree, route);
    int idle = ur_kept_idle(dump->tree, dump->backends, backend, route->server, &said);

    if (route->tunnel) {
        max = ur_conftree_last(dump->tree, dump->main_server, UR_CONFTREE_UPGRADE_TUNNEL_MAX);
        drain =
            ur_conftree_last(dump->tree, dump->main_server, UR_CONFTREE_UPGRADE_TUNNEL_DRAIN);
        dump->events = true;
    }
    apr_file_printf(dump->out, COLUMNS, ur_scope_server_name(dump->pool, route->server),
                    where(dump->pool, route->section),
                    route->demanded ? "by policy" : "WebSocket",
                    route->tunnel ? "event" : "thread", backend ? backend->url : "not known",
                    own ? seconds(dump->pool, own) : apr_psprintf(dump->pool, "%d s", idle),
                    word(dump->pool, max), seconds(dump->pool, drain),
                    ur_conftree_at(dump->pool, route->by));
    dump->printed++;
}

static void print_server(struct kept_dump *dump, const server_rec *s)
{
    for (int i = 0; i < dump->places->nelts; i++) {
        const struct ur_place *place = &APR_ARRAY_IDX(dump->places, i, const struct ur_place);
        struct ur_kept_route route;
        bool holds = place->server == s ||
                     (place->server == dump->main_server && place->section != NULL);
        if (holds && ur_kept_at(dump->pool, dump->tree, place, s, &route)) {
            print_route(dump, &route);
        }
    }
}

static void print_capacity(const struct kept_dump *dump)
{
    APR_OPTIONAL_FN_TYPE(upgrade_wstunnel_capacity) *capacity =
        APR_RETRIEVE_OPTIONAL_FN(upgrade_wstunnel_capacity);

    if (dump->events && capacity) {
        apr_file_printf(dump->out, "event tunnels: %s\n", capacity(dump->pool));
    }
}

void ur_dump_kept(apr_pool_t *pool, apr_file_t *out, const apr_array_header_t *servers)
{
    server_rec *main_server = APR_ARRAY_IDX(servers, 0, server_rec *);
    const struct ur_conftree *tree = ur_conftree_open(pool, main_server);
    struct kept_dump dump = {.pool = pool,
                             .out = out,
                             .tree = tree,
                             .backends = ur_backends_open(pool, tree, main_server),
                             .places = ur_kept_places(pool, tree),
                             .main_server = main_server};

    if (!ap_find_linked_module("mod_upgrade_wstunnel.c")) {
        return;
    }
    apr_file_printf(out, "\nRoutes that keep WebSocket handshakes:\n");
    apr_file_printf(out, COLUMNS, "server", "where", "keeps", "carrier", "backend", "idle",
                    "max", "drain", "at");
    for (int i = 0; i < servers->nelts; i++) {
        print_server(&dump, APR_ARRAY_IDX(servers, i, const server_rec *));
    }
    if (!dump.printed) {
        apr_file_printf(out, "none\n");
    }
    print_capacity(&dump);
}
