#ifndef UR_CLIENT_LIMIT_H
#define UR_CLIENT_LIMIT_H

#include "core/metrics/ur_client_table.h"
#include "required/config/ur_policy_name.h"

/* UpgradeTunnelPerClient: what ur_modules.h promises of upgrade_required_client(). */
int ur_client_limit(request_rec *r, const struct ur_policy_name *label, uint64_t limit,
                    atomic_uint **held);

#endif
