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
#define UR_SAYS(member)                                                                        \
    if (route->member) {                                                                       \
        return false;                                                                          \
    }
#define UR_CHOICE(type, member, name, where, words, help)       UR_SAYS(member)
#define UR_NUMBER(member, name, where, range, help)             UR_SAYS(member)
#define UR_VALUE(type, member, name, take, setter, where, help) UR_SAYS(member)
#include "wstunnel/config/directives.def"
    return true;
}

/* httpd merges the sections for each request: one without settings must not allocate. */
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
#define UR_INHERIT(member)                                      merged->member = inner->member ? inner->member : outer->member;
#define UR_CHOICE(type, member, name, where, words, help)       UR_INHERIT(member)
#define UR_NUMBER(member, name, where, range, help)             UR_INHERIT(member)
#define UR_VALUE(type, member, name, take, setter, where, help) UR_INHERIT(member)
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

    /* Looked up each time: the policy module's code may have been replaced. */
    label_of = none ? NULL : APR_RETRIEVE_OPTIONAL_FN(upgrade_required_label);
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

static const char *set_choice(cmd_parms *cmd, void *dir, const char *word)
{
    const char *error = ap_check_cmd_context(cmd, NOT_IN_LIMIT);

    return error ? error : ur_setting_set_choice(cmd, dir, word);
}

static const char *set_number(cmd_parms *cmd, void *dir, const char *word)
{
    const char *error = ap_check_cmd_context(cmd, NOT_IN_LIMIT);

    return error ? error : ur_setting_set_number(cmd, dir, word);
}

/* One of the arguments after the first: name=number. *found: it has this name. */
static const char *find_number(const cmd_parms *cmd, const char *argument, const char *name,
                               const struct ur_range *range, uint64_t *number, bool *found)
{
    const char *value = ur_setting_value_of(argument, name);

    *found = value != NULL;
    return value ? ur_setting_number(cmd, value, range, number) : NULL;
}

static const char *find_sides(const cmd_parms *cmd, const char *argument,
                              struct ur_ping_setting *ping, bool *found)
{
    enum { CLIENT = 1, BACKEND = 2 };
    static const struct ur_choice sides[] = {
        {"client", CLIENT}, {"backend", BACKEND}, {"both", CLIENT | BACKEND}, {NULL, 0}};
    const char *value = ur_setting_value_of(argument, "to");
    int to = 0;
    const char *error = value ? ur_setting_choose(cmd, value, sides, &to) : NULL;

    *found = value != NULL;
    if (value) {
        ping->client = to & CLIENT;
        ping->backend = to & BACKEND;
    }
    return error;
}

static const char *unknown_argument(const cmd_parms *cmd, const char *argument,
                                    const char *right)
{
    const char *error = ur_setting_check_control(cmd, argument);

    return error ? error : ur_setting_complain(cmd, argument, right);
}

/* The seconds that come first, or none. */
static const char *parse_seconds(cmd_parms *cmd, int argc, char *const argv[],
                                 uint64_t *seconds)
{
    static const struct ur_range range = {1, 31536000, "or none"};
    const char *error = ap_check_cmd_context(cmd, NOT_IN_LIMIT);

    if (error || (argc == 1 && ap_cstr_casecmp(argv[0], "none") == 0)) {
        return error;
    }
    return ur_setting_number(cmd, argc ? argv[0] : "", &range, seconds);
}

static const char *set_ping(cmd_parms *cmd, void *dir, int argc, char *const argv[])
{
    static const struct ur_range times = {1, 100, NULL};
    struct ur_ping_setting *ping = apr_pcalloc(cmd->pool, sizeof *ping);
    struct ur_route *route = dir;
    const char *error = parse_seconds(cmd, argc, argv, &ping->seconds);

    ping->client = true;
    ping->unanswered = 2;
    for (int i = 1; !error && i < argc; i++) {
        bool found = false;
        error = find_sides(cmd, argv[i], ping, &found);
        if (!found) {
            error = find_number(cmd, argv[i], "unanswered", &times, &ping->unanswered, &found);
        }
        if (!found) {
            error = unknown_argument(
                cmd, argv[i], "must be to=client, to=backend, to=both or unanswered=number");
        }
    }
    route->ping = ping;
    return error;
}

static const char *set_age(cmd_parms *cmd, void *dir, int argc, char *const argv[])
{
    static const struct ur_range percent = {0, 90, NULL};
    struct ur_age_setting *age = apr_pcalloc(cmd->pool, sizeof *age);
    struct ur_route *route = dir;
    const char *error = parse_seconds(cmd, argc, argv, &age->seconds);

    age->jitter = 10;
    for (int i = 1; !error && i < argc; i++) {
        bool found;
        error = find_number(cmd, argv[i], "jitter", &percent, &age->jitter, &found);
        if (!found) {
            error = unknown_argument(cmd, argv[i], "must be jitter=percent");
        }
    }
    route->age = age;
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

#define UR_WORDS(...)                                                                          \
    {                                                                                          \
        __VA_ARGS__,                                                                           \
        {                                                                                      \
            NULL, 0                                                                            \
        }                                                                                      \
    }
#define UR_RANGE(least, most, advice)                                                          \
    {                                                                                          \
        least, most, advice                                                                    \
    }

#define UR_CHOICE(type, member, name, where, words, help)                                      \
    _Static_assert(sizeof(type) == sizeof(int), name);                                         \
    static const struct ur_choice member##_choices[] = UR_WORDS words;                         \
    static const struct ur_choice_row member##_row = {offsetof(struct ur_route, member),       \
                                                      member##_choices};
#define UR_NUMBER(member, name, where, range, help)                                            \
    static const struct ur_number_row member##_row = {offsetof(struct ur_route, member),       \
                                                      UR_RANGE range, true};
#define UR_SERVER_NUMBER(member, name, range, help)                                            \
    static const struct ur_number_row member##_row = {                                         \
        offsetof(struct ur_tunnel_settings, member), UR_RANGE range, false};
#include "wstunnel/config/directives.def"

/* A command's data has no const in httpd; these are never written to. */
#define UR_CHOICE(type, member, name, where, words, help)                                      \
    AP_INIT_TAKE1(name, set_choice, (void *)&member##_row, where, help),
#define UR_NUMBER(member, name, where, range, help)                                            \
    AP_INIT_TAKE1(name, set_number, (void *)&member##_row, where, help),
#define UR_VALUE(type, member, name, take, setter, where, help)                                \
    AP_INIT_##take(name, setter, NULL, where, help),
#define UR_SERVER_NUMBER(member, name, range, help)                                            \
    AP_INIT_TAKE1(name, set_server_number, (void *)&member##_row, RSRC_CONF, help),

const command_rec ur_route_directives[] = {
#include "wstunnel/config/directives.def"
    {.name = NULL},
};
