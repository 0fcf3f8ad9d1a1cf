#include "required/config/ur_policies.h"

#include "required/config/ur_scope.h"
#include "required/enforce/ur_enforce.h"

/* A section or server with UpgradeKeep. */
struct keeper {
    const server_rec *server;
    const ap_directive_t *const *sections; /* the outermost first; NULL ends them */
    const struct ur_policy_name *label;
};

static apr_array_header_t *keepers; /* of struct keeper; in pconf */

void ur_policies_reset(apr_pool_t *pconf)
{
    keepers = apr_array_make(pconf, 16, sizeof(struct keeper));
}

void ur_policies_keep(const cmd_parms *cmd, const struct ur_policy_name *label)
{
    if (label != ur_policy_name_htaccess()) {
        APR_ARRAY_PUSH(keepers, struct keeper) =
            (struct keeper){cmd->server, ur_scope_around(cmd->pool, cmd->directive), label};
    }
}

struct visitor {
    apr_pool_t *pool;
    const server_rec *server; /* for requests to this one */
    bool as_main;             /* its settings are those of the main server, seen already */
    void (*visit)(void *context, const struct ur_configured *policy);
    void *context;
};

static void show(const struct visitor *visitor, const struct ur_rule *rule,
                 const struct ur_dir_config *settings, bool floor)
{
    if (ur_policy_demands(&rule->policy)) {
        visitor->visit(visitor->context, &(struct ur_configured){
                                             .label = ur_enforce_label(settings, rule),
                                             .settings = settings,
                                             .rule = rule,
                                             .floor = floor,
                                             .tunnels = !floor && rule->policy.websocket,
                                         });
    }
}

/* Named as ur_enforce_keep() has it for a request. A route that requires a WebSocket is judged
 * as such. */
static void show_keeper(const struct visitor *visitor, const struct keeper *keeper)
{
    const struct ur_dir_config *settings =
        ur_scope_settings_in(visitor->pool, keeper->sections, visitor->server);
    const struct ur_rule kept = {.label = keeper->label};
    const struct ur_rule *route = settings->route.policy.websocket ? &settings->route : NULL;

    visitor->visit(visitor->context,
                   &(struct ur_configured){
                       .label = ur_enforce_label(settings, route ? route : &kept),
                       .settings = settings,
                       .rule = route,
                       .tunnels = true,
                   });
}

static void visit_server(const struct visitor *visitor)
{
    const server_rec *s = visitor->server;
    const struct ur_dir_config *settings = ur_scope_of_server(s);

    show(visitor, &ur_config_server(s)->floor, settings, true);
    if (!visitor->as_main) {
        show(visitor, &settings->route, settings, false);
    }
    for (int i = 0; i < keepers->nelts; i++) {
        const struct keeper *keeper = &APR_ARRAY_IDX(keepers, i, const struct keeper);
        if (keeper->server == s || (!keeper->server->is_virtual && !visitor->as_main)) {
            show_keeper(visitor, keeper);
        }
    }
    for (const struct ur_scope *scope = ur_scope_next(NULL, s); scope;
         scope = ur_scope_next(scope, s)) {
        if (scope->where && (scope->server->is_virtual || !visitor->as_main)) {
            const struct ur_dir_config *inner = ur_scope_settings(visitor->pool, scope, s);
            show(visitor, &inner->route, inner, false);
        }
    }
}

void ur_policies_visit(apr_pool_t *ptemp, const server_rec *main_server,
                       void (*visit)(void *context, const struct ur_configured *policy),
                       void *context)
{
    for (const server_rec *s = main_server; s; s = s->next) {
        const struct visitor visitor = {
            .pool = ptemp,
            .server = s,
            .as_main =
                s != main_server && ur_scope_of_server(s) == ur_scope_of_server(main_server),
            .visit = visit,
            .context = context,
        };
        visit_server(&visitor);
    }
}
