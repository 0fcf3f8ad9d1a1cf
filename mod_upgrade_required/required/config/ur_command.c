#include "required/config/ur_command.h"

#include "required/ur_module.h"
#include "required/config/ur_scope.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_core.h>

struct ur_server_config *ur_command_server(const cmd_parms *cmd)
{
    return ap_get_module_config(cmd->server->module_config, &upgrade_required_module);
}

bool ur_command_in_htaccess(const cmd_parms *cmd)
{
    return cmd->pool == cmd->temp_pool;
}

/* httpd would apply a directive inside <Limit> to all methods. */
const char *ur_command_enter(cmd_parms *cmd, void *dir)
{
    struct ur_dir_config *config = dir;

    if (!config->speaks && !ur_command_in_htaccess(cmd)) {
        ur_scope_add(cmd, config);
    }
    config->speaks = true;
    return ap_check_cmd_context(cmd, NOT_IN_LIMIT);
}

const char *ur_command_at_line(const cmd_parms *cmd, const ap_directive_t *directive)
{
    return apr_psprintf(cmd->pool, "%s:%d", directive->filename, directive->line_num);
}

const char *ur_command_set_choice(cmd_parms *cmd, void *dir, const char *word)
{
    const char *error = ur_command_enter(cmd, dir);

    return error ? error : ur_setting_set_choice(cmd, dir, word);
}

static unsigned int expression_flags(const cmd_parms *cmd)
{
    unsigned int flags = AP_EXPR_FLAG_DONT_VARY;

    if (ur_command_in_htaccess(cmd)) {
        flags |= AP_EXPR_FLAG_RESTRICTED;
#ifdef AP_EXPR_FLAG_RESTRICTED_FILE_FUNC
        flags |= AP_EXPR_FLAG_RESTRICTED_FILE_FUNC;
#endif
    }
    return flags;
}

const char *ur_command_parse_expression(const cmd_parms *cmd, const char *text,
                                        unsigned int more_flags, const ap_expr_info_t **parsed)
{
    const char *error = ur_setting_check_control(cmd, text);

    if (error) {
        return error;
    }
    *parsed = ap_expr_parse_cmd(cmd, text, expression_flags(cmd) | more_flags, &error, NULL);
    if (error) {
        return ur_setting_complain(
            cmd, text, apr_psprintf(cmd->pool, "not a valid expression: %s", error));
    }
    return NULL;
}

/* Sections whose path or pattern says what clients say themselves. */
static bool is_of_urls(const ap_directive_t *section)
{
    static const char *const shown[] = {"<Location", "<LocationMatch", "<Files", "<FilesMatch"};

    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
        if (ap_cstr_casecmp(section->directive, shown[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* "file:line", without the folder, which is not the client's business. For what a macro makes
 * httpd says: macro 'x' (...) used on line 7 of "/a/file", and counts lines in the macro. */
static const char *place_of(apr_pool_t *pool, const ap_directive_t *section)
{
    static const char USED[] = " used on line ";
    const char *file = apr_filepath_name_get(section->filename);
    int len = (int)strcspn(file, "\"");
    const char *used = NULL;

    for (const char *at = section->filename; (at = strstr(at, USED)); used = at) {
        at += sizeof USED - 1;
    }
    return used ? apr_psprintf(pool, "%.*s:%d:%d", len, file, atoi(used), section->line_num)
                : apr_psprintf(pool, "%.*s:%d", len, file, section->line_num);
}

/* Others are named by their position: all <If> have one path, and that of a <Directory> or
 * <Proxy> must not be disclosed. */
static const char *section_name(const cmd_parms *cmd)
{
    const ap_directive_t *section = cmd->directive->parent;

    if (!cmd->path) {
        return "server";
    }
    if (!section) {
        return apr_pstrcat(cmd->pool, "section ", place_of(cmd->pool, cmd->directive), NULL);
    }
    return is_of_urls(section) ? cmd->path
                               : apr_pstrcat(cmd->pool, section->directive, "> ",
                                             place_of(cmd->pool, section), NULL);
}

const struct ur_policy_name *ur_command_label(const cmd_parms *cmd)
{
    return ur_command_in_htaccess(cmd)
               ? ur_policy_name_htaccess()
               : ur_policy_name_make(cmd->pool, cmd->server, section_name(cmd));
}
