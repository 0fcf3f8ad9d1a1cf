#ifndef UR_KEPT_H
#define UR_KEPT_H

#include "required/check/ur_backends.h"

/* The proxied routes that keep WebSocket handshakes, as the configuration tells: what
 * UpgradeKeep, UpgradeTunnel and UpgradeRequire make of each server and section in which one of
 * them stands. Without the helper (mod_upgrade_wstunnel) they are the routes that demand them.
 */

struct ur_kept_route {
    const server_rec *server;      /* for which; where it stands in the main server's sections,
                                    * one of many */
    const ap_directive_t *section; /* NULL: the server as a whole */
    const ap_directive_t *by;      /* the UpgradeKeep, or the UpgradeRequire that implies it */
    const ap_directive_t *tunnel;  /* the UpgradeTunnel event in force; NULL: threads */
    bool demanded;                 /* a policy demands WebSocket */
};

/* A place in which one of these directives stands. */
struct ur_place {
    server_rec *server;
    const ap_directive_t *section;
};

/* Array of struct ur_place, in the order of the configuration. */
const apr_array_header_t *ur_kept_places(apr_pool_t *pool, const struct ur_conftree *tree);

/* What a place is for requests to this server; false: it keeps nothing. */
bool ur_kept_at(apr_pool_t *pool, const struct ur_conftree *tree, const struct ur_place *place,
                const server_rec *s, struct ur_kept_route *route);

/* How many seconds a tunnel of the route may be silent; backend NULL: not known. at: the
 * directive that decides; NULL: nobody said anything. */
int ur_kept_idle(const struct ur_conftree *tree, const struct ur_backends *backends,
                 const struct ur_backend *backend, const server_rec *s,
                 const ap_directive_t **at);

#endif
