#ifndef UR_KEPT_H
#define UR_KEPT_H

#include "required/check/ur_backends.h"

/* The proxied routes that keep WebSocket handshakes, according to the configuration: the effect
 * of UpgradeKeep, UpgradeTunnel and UpgradeRequire in each server and section that has one of
 * them. Without the helper (mod_upgrade_wstunnel) these are the routes that require them. */

struct ur_kept_route {
    const server_rec *server;      /* the server it applies to; for the main server's sections,
                                    * one of many */
    const ap_directive_t *section; /* NULL: the server as a whole */
    const ap_directive_t *by;      /* the UpgradeKeep, or the UpgradeRequire that implies it */
    const ap_directive_t *tunnel;  /* the UpgradeTunnel event in force; NULL: threads */
    bool demanded;                 /* a policy requires WebSocket */
};

/* A place that has one of these directives. */
struct ur_place {
    server_rec *server;
    const ap_directive_t *section;
};

/* Array of struct ur_place, in the order of the configuration. */
const apr_array_header_t *ur_kept_places(apr_pool_t *pool, const struct ur_conftree *tree);

/* The route of a place for requests to this server; false: it keeps nothing. */
bool ur_kept_at(apr_pool_t *pool, const struct ur_conftree *tree, const struct ur_place *place,
                const server_rec *s, struct ur_kept_route *route);

/* The route's UpgradeTunnelIdle that is a number; NULL: none, or threads carry its tunnels. */
const ap_directive_t *ur_kept_own_idle(apr_pool_t *pool, const struct ur_conftree *tree,
                                       const struct ur_kept_route *route);

/* Otherwise, how many seconds a tunnel of the route may be without data; backend NULL: not
 * known. at: the directive that decides; NULL: none. */
int ur_kept_idle(const struct ur_conftree *tree, const struct ur_backends *backends,
                 const struct ur_backend *backend, const server_rec *s,
                 const ap_directive_t **at);

#endif
