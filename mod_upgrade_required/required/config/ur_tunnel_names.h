#ifndef UR_TUNNEL_NAMES_H
#define UR_TUNNEL_NAMES_H

#include "required/config/ur_policy_name.h"

#include <http_config.h>

/* The names of policies under which tunnels may be counted: those of the scopes in which
 * UpgradeKeep stands, and of policies that demand WebSocket, as UpgradeName changes them.
 * .htaccess files aside. */

/* pre_config: discards those of the previous configuration. */
void ur_tunnel_names_reset(apr_pool_t *pconf);

/* An UpgradeKeep stands here; label is what its scope is called without UpgradeName. */
void ur_tunnel_names_add(const cmd_parms *cmd, const struct ur_policy_name *label);

/* post_config: each of them, some more than once. */
void ur_tunnel_names_visit(apr_pool_t *ptemp, const server_rec *main_server,
                           void (*visit)(const struct ur_policy_name *label));

#endif
