#include "wstunnel/config/ur_route.h"

#include "shared/ur_setting.h"
#include "ur_modules.h"
#include "wstunnel/config/ur_limits.h"

#include <apr_strings.h>
#include <http_main.h>

extern module upgrade_wstunnel_module;

void *ur_route_create_dir(apr_pool_t *p, char *dir)
{
    (void)dir;
    return apr_pcalloc(p, sizeof(struct ur_route));
}

static bool says_nothing(const struct ur_route *route)
{
#define UR_VALUE(type, member, name, take, setter, where, help) &&!route->member
    return true
#include "wstunnel/config/directives.def"
        ;
}

/* httpd merges the sections of a request anew for each request: one that says nothing must not
 * allocate. */
void *ur_route_merge_dir(apr_pool_t *p, void *outer_config, void *inner_config)
{
    const struct ur_route *outer = outer_config;
    const struct ur_route *inner = inner_config;
    struct ur_route *merged;

    if (says_nothing(inner)) {
        return outer_config;
    }
    if (says_nothing(outer)) {
        return inner_config;
    }
    merged = apr_pcalloc(p, sizeof *merged);
#define UR_VALUE(type, member, name, take, setter, where, help)                                \
    merged->member = inner->member ? inner->member : outer->member;
#include "wstunnel/config/directives.def"
    return merged;
}

void *ur_route_create_server(apr_pool_t *p, server_rec *s)
{
    (void)s;
    return apr_pcalloc(p, sizeof(struct ur_tunnel_settings));
}

struct ur_tunnel_settings ur_route_tunnels(void)
{
    static const struct ur_tunnel_settings nothing;
    const struct ur_tunnel_settings *said =
        ap_server_conf
            ? ap_get_module_config(ap_server_conf->module_config, &upgrade_wstunnel_module)
            : NULL;

    return said ? *said : nothing;
}

static const char *choose(const cmd_parms *cmd, const char *word,
                          const struct ur_choice *choices, int *value)
{
    const char *error = ap_check_cmd_context((cmd_parms *)cmd, NOT_IN_LIMIT);

    return error ? error : ur_setting_choose(cmd, word, choices, value);
}

static const char *set_keep(cmd_parms *cmd, void *dir, const char *word)
{
    static const struct ur_choice choices[] = {{"WebSocket", false}, {"none", true}, {NULL, 0}};
    struct ur_keep_setting *keep = apr_pcalloc(cmd->pool, sizeof *keep);
    struct ur_route *route = dir;
    APR_OPTIONAL_FN_TYPE(upgrade_required_label) * label_of;
    int none = false;
    const char *error = choose(cmd, word, choices, &none);

    /* Found anew each time: the policy module's code may have been replaced. */
    label_of = APR_RETRIEVE_OPTIONAL_FN(upgrade_required_label);
    keep->label = label_of ? label_of(cmd) : NULL;
    keep->none = none;
    route->keep = keep;
    return error;
}

static const char *set_tunnel(cmd_parms *cmd, void *dir, const char *word)
{
    static const struct ur_choice choices[] = {
        {"thread", UR_CARRIER_THREAD}, {"event", UR_CARRIER_EVENT}, {NULL, 0}};
    struct ur_route *route = dir;
    int carrier = UR_CARRIER_UNSET;
    const char *error = choose(cmd, word, choices, &carrier);

    route->carrier = (enum ur_carrier)carrier;
    /* A .htaccess file is read while a request waits, when everything has been prepared. */
    if (carrier == UR_CARRIER_EVENT && cmd->pool != cmd->temp_pool) {
        ur_limits_want();
    }
    return error;
}

static const char *set_server_number(cmd_parms *cmd, void *dir, const char *word)
{
    const char *error = ap_check_cmd_context(cmd, GLOBAL_ONLY);

    (void)dir;
    return error ? error
                 : ur_setting_set_number(cmd,
                                         ap_get_module_config(cmd->server->module_config,
                                                              &upgrade_wstunnel_module),
                                         word);
}

#define UR_SERVER_NUMBER(member, name, range, help)                                            \
    static const struct ur_number_row member##_row = {                                         \
        offsetof(struct ur_tunnel_settings, member), UR_RANGE range};
#define UR_RANGE(least, most, advice)                                                          \
    {                                                                                          \
        least, most, advice                                                                    \
    }
#include "wstunnel/config/directives.def"

/* A command's data has no const in httpd; nobody writes to these. */
#define UR_VALUE(type, member, name, take, setter, where, help)                                \
    AP_INIT_##take(name, setter, NULL, where, help),
#define UR_SERVER_NUMBER(member, name, range, help)                                            \
    AP_INIT_TAKE1(name, set_server_number, (void *)&member##_row, RSRC_CONF, help),

const command_rec ur_route_directives[] = {
#include "wstunnel/config/directives.def"
    {.name = NULL},
};
