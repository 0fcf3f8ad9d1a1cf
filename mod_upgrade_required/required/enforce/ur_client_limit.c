#include "required/enforce/ur_client_limit.h"

#include "required/enforce/ur_enforce.h"
#include "required/pages/ur_monitor.h"
#include "required/request/ur_request.h"
#include "required/ur_module.h"

#include <apr_thread_proc.h>

#include <unistd.h>

/* So often a shard that another process has is asked for again. It has it for some hundred
 * instructions, unless it is stopped or killed just then. */
#define ATTEMPTS 1000

static enum ur_client_admission take(const struct ur_client *client, uint64_t limit,
                                     atomic_uint **held)
{
    enum ur_client_admission admission = UR_CLIENT_BUSY;
    long owner = (long)getpid();

    for (int i = 0; i < ATTEMPTS && admission == UR_CLIENT_BUSY; i++) {
        if (i) {
            apr_thread_yield();
        }
        admission = ur_client_table_take(ur_monitor_clients(), client, owner, limit, held);
    }
    return admission;
}

int ur_client_limit(request_rec *r, const struct ur_policy_name *label, uint64_t limit,
                    atomic_uint **held)
{
    const struct ur_client client = {label->route, ur_request_network(r)};
    enum ur_client_admission admission;

    *held = NULL;
    ur_monitor_may_limit(label);
    admission = take(&client, limit, held);
    switch (admission) {
    case UR_CLIENT_ADMITTED:
        return OK;
    case UR_CLIENT_LIMITED:
        return ur_enforce_tunnel_limit(r, label);
    default:
        if (ur_monitor_unlimited(admission == UR_CLIENT_UNKNOWN)) {
            ap_log_error(
                APLOG_MARK, APLOG_WARNING, 0, r->server,
                "UR0036: UpgradeTunnelPerClient: the table of clients is full; tunnels "
                "of some clients are not limited. This is logged once; "
                "upgrade_required_tunnels_unlimited_total counts them");
        }
        return OK;
    }
}
