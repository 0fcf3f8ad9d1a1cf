#include "required/config/ur_setters.h"

#include "required/config/ur_command.h"

#include <apr_lib.h>
#include <apr_strings.h>

/* A name goes into log lines and metric labels, so it stays short. */
#define NAME_MAX_LENGTH 64

static const char *parse_requirements(const cmd_parms *cmd, int argc, char *const argv[],
                                      struct ur_rule *rule)
{
    struct ur_policy policy = {.tls = UR_TLS_NONE};
    bool none = argc == 1 && ur_span_is(ur_span_of(argv[0]), UR_SPAN("none"));

    if (argc == 0) {
        return apr_pstrcat(cmd->pool, cmd->cmd->name,
                           ": must be none, or at most one of each: TLS, TLS/1.2 or TLS/1.3; "
                           "ForwardSecrecy or PostQuantum; HTTP/1.1 or HTTP/2; WebSocket",
                           NULL);
    }
    if (rule->said) {
        return apr_pstrcat(
            cmd->pool, cmd->cmd->name,
            ": may appear once per server or section; give all requirements in one directive",
            NULL);
    }
    for (int i = 0; !none && i < argc; i++) {
        const char *error = ur_setting_check_control(cmd, argv[i]);
        const char *why = error ? NULL : ur_policy_add(&policy, ur_span_of(argv[i]));
        if (error || why) {
            return error ? error : ur_setting_complain(cmd, argv[i], why);
        }
    }
    rule->said = true;
    rule->policy = policy;
    rule->levels = ur_policy_levels(&policy);
    rule->at = ur_command_in_htaccess(cmd) ? NULL : ur_command_at_line(cmd, cmd->directive);
    return NULL;
}

const char *ur_set_floor(cmd_parms *cmd, void *dir, int argc, char *const argv[])
{
    struct ur_rule *floor = &ur_command_server(cmd)->floor;

    (void)dir;
    floor->label = ur_policy_name_make(cmd->pool, cmd->server, "floor");
    return parse_requirements(cmd, argc, argv, floor);
}

const char *ur_set_require(cmd_parms *cmd, void *dir, int argc, char *const argv[])
{
    struct ur_dir_config *config = dir;
    const char *error = ur_command_enter(cmd, dir);

    if (error) {
        return error;
    }
    config->route.label = ur_command_label(cmd);
    config->route.name_is_fixed = ur_command_in_htaccess(cmd);
    return parse_requirements(cmd, argc, argv, &config->route);
}

static const char *add_exception(cmd_parms *cmd, const char *text, struct ur_rule *rule)
{
    const ap_expr_info_t *parsed = NULL;
    const char *error = ur_command_parse_expression(cmd, text, 0, &parsed);

    if (error) {
        return error;
    }
    if (!rule->exceptions) {
        rule->exceptions = apr_array_make(cmd->pool, 2, sizeof parsed);
    }
    APR_ARRAY_PUSH(rule->exceptions, const ap_expr_info_t *) = parsed;
    return NULL;
}

const char *ur_set_floor_except(cmd_parms *cmd, void *dir, const char *text)
{
    (void)dir;
    return add_exception(cmd, text, &ur_command_server(cmd)->floor);
}

const char *ur_set_except(cmd_parms *cmd, void *dir, const char *text)
{
    struct ur_dir_config *config = dir;
    const char *error = ur_command_enter(cmd, dir);

    return error ? error : add_exception(cmd, text, &config->route);
}

const char *ur_set_name(cmd_parms *cmd, void *dir, const char *name)
{
    struct ur_dir_config *config = dir;
    const char *error = ur_setting_check_control(cmd, name);

    if (error) {
        return error;
    }
    if (strlen(name) > NAME_MAX_LENGTH) {
        return ur_setting_complain(cmd, name,
                                   "not a policy name; use one word of 1 to 64 characters");
    }
    for (const char *c = name; *c; c++) {
        if (!apr_isalnum(*c) && !strchr("._-/:", *c)) {
            return ur_setting_complain(
                cmd, name, "not a policy name; use only letters, digits and . _ - / :");
        }
    }
    config->name = ur_policy_name_make(cmd->pool, cmd->server, name);
    return ur_command_enter(cmd, dir);
}
