#include "required/check/ur_kept.h"

#include <stdlib.h>

#include <apr_hash.h>
#include <apr_strings.h>

struct places {
    apr_pool_t *pool;
    apr_array_header_t *list; /* of struct ur_place */
    apr_hash_t *seen;         /* pointer to the section or the server */
};

static void visit(void *context, const ap_directive_t *directive, server_rec *s)
{
    static const char *const names[] = {"UpgradeKeep", "UpgradeTunnel", "UpgradeRequire"};
    struct places *places = context;
    const ap_directive_t *section = ur_conftree_section(directive);
    const void *key = section ? (const void *)section : (const void *)s;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (ur_conftree_is(directive, names[i]) &&
            !apr_hash_get(places->seen, &key, sizeof key)) {
            apr_hash_set(places->seen, apr_pmemdup(places->pool, &key, sizeof key), sizeof key,
                         "");
            APR_ARRAY_PUSH(places->list, struct ur_place) = (struct ur_place){s, section};
        }
    }
}

const apr_array_header_t *ur_kept_places(apr_pool_t *pool, const struct ur_conftree *tree)
{
    struct places places = {pool, apr_array_make(pool, 8, sizeof(struct ur_place)),
                            apr_hash_make(pool)};

    ur_conftree_walk(tree, visit, &places);
    return places.list;
}

static bool has_word(apr_pool_t *pool, const ap_directive_t *directive, const char *word)
{
    return directive && ur_conftree_has_word(pool, directive, word);
}

bool ur_kept_at(apr_pool_t *pool, const struct ur_conftree *tree, const struct ur_place *place,
                const server_rec *s, struct ur_kept_route *route)
{
    const ap_directive_t *keep =
        ur_conftree_in_force(tree, place->section, s, UR_CONFTREE_UPGRADE_KEEP);
    const ap_directive_t *require =
        ur_conftree_in_force(tree, place->section, s, UR_CONFTREE_UPGRADE_REQUIRE);
    const ap_directive_t *tunnel =
        ur_conftree_in_force(tree, place->section, s, UR_CONFTREE_UPGRADE_TUNNEL);
    bool kept = has_word(pool, keep, "WebSocket");
    bool demanded = has_word(pool, require, "WebSocket");

    *route = (struct ur_kept_route){
        .server = s,
        .section = place->section,
        .by = kept ? keep : require,
        .tunnel = has_word(pool, tunnel, "event") ? tunnel : NULL,
        .demanded = demanded,
    };
    return kept || (demanded && !keep);
}

const ap_directive_t *ur_kept_own_idle(apr_pool_t *pool, const struct ur_conftree *tree,
                                       const struct ur_kept_route *route)
{
    const ap_directive_t *idle = ur_conftree_in_force(tree, route->section, route->server,
                                                      UR_CONFTREE_UPGRADE_TUNNEL_IDLE);

    return route->tunnel && idle && !has_word(pool, idle, "none") ? idle : NULL;
}

static int whole_number(const ap_directive_t *directive)
{
    return directive ? atoi(directive->args + strspn(directive->args, "\"' ")) : 0;
}

/* As mod_proxy sets the sockets: the client's has Timeout, the backend's timeout=, else
 * ProxyTimeout, else Timeout; the tunnel waits for the longer of them. */
int ur_kept_idle(const struct ur_conftree *tree, const struct ur_backends *backends,
                 const struct ur_backend *backend, const server_rec *s,
                 const ap_directive_t **at)
{
    const ap_directive_t *of_backend = NULL;
    int client = (int)apr_time_sec(s->timeout);
    int worker = backend ? ur_backends_timeout(backends, backend, &of_backend) : 0;

    *at = ur_conftree_effective(tree, s, UR_CONFTREE_TIMEOUT);
    if (!worker) {
        of_backend = ur_conftree_effective(tree, s, UR_CONFTREE_PROXY_TIMEOUT);
        worker = whole_number(of_backend);
    }
    if (worker < client) {
        return client;
    }
    *at = of_backend;
    return worker;
}
