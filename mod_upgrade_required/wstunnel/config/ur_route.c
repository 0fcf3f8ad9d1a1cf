#include "wstunnel/config/ur_route.h"

#include "ur_modules.h"
#include "wstunnel/config/ur_limits.h"

#include <apr_strings.h>

void *ur_route_create_dir(apr_pool_t *p, char *dir)
{
    (void)dir;
    return apr_pcalloc(p, sizeof(struct ur_route));
}

void *ur_route_merge_dir(apr_pool_t *p, void *outer, void *inner)
{
    struct ur_route *route = apr_pmemdup(p, outer, sizeof *route);
    const struct ur_route *said = inner;

    if (said->keep != UR_KEEP_UNSET) {
        route->keep = said->keep;
        route->label = said->label;
    }
    if (said->carrier != UR_CARRIER_UNSET) {
        route->carrier = said->carrier;
    }
    return route;
}

static const char *complain(const cmd_parms *cmd, const char *word, const char *right)
{
    return apr_psprintf(cmd->pool, "%s %s: must be one of %s", cmd->cmd->name,
                        ap_escape_logitem(cmd->pool, word), right);
}

static const char *set_keep(cmd_parms *cmd, void *dir, const char *word)
{
    struct ur_route *route = dir;
    APR_OPTIONAL_FN_TYPE(upgrade_required_label) * label_of;
    const char *error = ap_check_cmd_context(cmd, NOT_IN_LIMIT);

    if (error) {
        return error;
    }
    /* Found anew each time: the policy module's code may have been replaced. */
    label_of = APR_RETRIEVE_OPTIONAL_FN(upgrade_required_label);
    route->label = label_of ? label_of(cmd) : NULL;
    if (ap_cstr_casecmp(word, "websocket") == 0) {
        route->keep = UR_KEEP_WEBSOCKET;
        return NULL;
    }
    if (ap_cstr_casecmp(word, "none") == 0) {
        route->keep = UR_KEEP_NONE;
        return NULL;
    }
    return complain(cmd, word, "WebSocket, none");
}

static const char *set_tunnel(cmd_parms *cmd, void *dir, const char *word)
{
    struct ur_route *route = dir;
    const char *error = ap_check_cmd_context(cmd, NOT_IN_LIMIT);

    if (error) {
        return error;
    }
    if (ap_cstr_casecmp(word, "event") == 0) {
        route->carrier = UR_CARRIER_EVENT;
        ur_limits_want();
        return NULL;
    }
    if (ap_cstr_casecmp(word, "thread") == 0) {
        route->carrier = UR_CARRIER_THREAD;
        return NULL;
    }
    return complain(cmd, word, "thread, event");
}

const command_rec ur_route_directives[] = {
    AP_INIT_TAKE1("UpgradeKeep", set_keep, NULL, OR_FILEINFO,
                  "WebSocket: keep handshakes on this proxied route; none: do not, even where "
                  "UpgradeRequire WebSocket implies it"),
    AP_INIT_TAKE1("UpgradeTunnel", set_tunnel, NULL, OR_FILEINFO,
                  "thread: a worker thread waits for each tunnel, the default; event: a few "
                  "threads carry all of them (event MPM)"),
    AP_INIT_TAKE1("UpgradeTunnelMax", ur_limits_set_max, NULL, RSRC_CONF,
                  "how many event tunnels a child may hold, at least 1; by default what "
                  "AsyncRequestWorkerFactor and the open files allow"),
    AP_INIT_TAKE1(
        "UpgradeTunnelDrain", ur_limits_set_drain, NULL, RSRC_CONF,
        "seconds in which a child that is replaced ends its event tunnels; default 0: "
        "it waits for them"),
    {.name = NULL},
};
