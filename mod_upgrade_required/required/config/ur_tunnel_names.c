#include "required/config/ur_tunnel_names.h"

#include "required/config/ur_scope.h"
#include "required/enforce/ur_enforce.h"

/* A section or server with UpgradeKeep. */
struct keeper {
    const server_rec *server;
    const ap_directive_t *const *sections; /* the outermost first; NULL ends them */
    const struct ur_policy_name *label;
};

static apr_array_header_t *keepers; /* of struct keeper; in pconf */

void ur_tunnel_names_reset(apr_pool_t *pconf)
{
    keepers = apr_array_make(pconf, 16, sizeof(struct keeper));
}

void ur_tunnel_names_add(const cmd_parms *cmd, const struct ur_policy_name *label)
{
    if (label != ur_policy_name_htaccess()) {
        APR_ARRAY_PUSH(keepers, struct keeper) =
            (struct keeper){cmd->server, ur_scope_around(cmd->pool, cmd->directive), label};
    }
}

/* For requests to this server. As ur_enforce_keep() has it for a request. */
static const struct ur_policy_name *name_of(const struct keeper *keeper, const server_rec *s)
{
    const struct ur_dir_config *settings = ur_scope_of_server(s);
    const struct ur_policy_name *name = settings->name;
    const struct ur_rule *route = &settings->route;

    for (const ap_directive_t *const *section = keeper->sections; *section; section++) {
        const struct ur_dir_config *config = ur_scope_config(*section);
        name = config && config->name ? config->name : name;
        route = config && config->route.said ? &config->route : route;
    }
    return name ? name : route->policy.websocket ? route->label : keeper->label;
}

static void visit_server(apr_pool_t *ptemp, const server_rec *s,
                         void (*visit)(const struct ur_policy_name *label))
{
    for (int i = 0; i < keepers->nelts; i++) {
        const struct keeper *keeper = &APR_ARRAY_IDX(keepers, i, const struct keeper);
        if (keeper->server == s || !keeper->server->is_virtual) {
            visit(name_of(keeper, s));
        }
    }
    for (const struct ur_scope *scope = ur_scope_next(NULL, s); scope;
         scope = ur_scope_next(scope, s)) {
        if (scope->config->route.policy.websocket) {
            const struct ur_dir_config *settings = ur_scope_settings(ptemp, scope, s);
            visit(ur_enforce_label(settings, &settings->route));
        }
    }
}

void ur_tunnel_names_visit(apr_pool_t *ptemp, const server_rec *main_server,
                           void (*visit)(const struct ur_policy_name *label))
{
    for (const server_rec *s = main_server; s; s = s->next) {
        visit_server(ptemp, s, visit);
    }
}
