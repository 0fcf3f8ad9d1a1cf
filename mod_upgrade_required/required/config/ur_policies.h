#ifndef UR_POLICIES_H
#define UR_POLICIES_H

#include "required/config/ur_config.h"

/* The policies that are configured, .htaccess files aside: for what is told of them before any
 * request comes. */

/* One of them, as it applies somewhere. */
struct ur_configured {
    const struct ur_policy_name *label;   /* under which it is counted */
    const struct ur_dir_config *settings; /* in effect there */
    const struct ur_rule *rule;           /* NULL: an UpgradeKeep, which requires nothing */
    bool floor;
    bool tunnels; /* may be opened under it */
};

/* pre_config: discards those of the previous configuration. */
void ur_policies_reset(apr_pool_t *pconf);

/* An UpgradeKeep stands here; label is what its scope is called without UpgradeName. */
void ur_policies_keep(const cmd_parms *cmd, const struct ur_policy_name *label);

/* post_config: each of them, some more than once. */
void ur_policies_visit(apr_pool_t *ptemp, const server_rec *main_server,
                       void (*visit)(void *context, const struct ur_configured *policy),
                       void *context);

#endif
