#include "required/config/ur_setting.h"

#include "required/ur_module.h"
#include "required/config/ur_scope.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_core.h>

struct ur_server_config *ur_setting_server(const cmd_parms *cmd)
{
    return ap_get_module_config(cmd->server->module_config, &upgrade_required_module);
}

bool ur_setting_in_htaccess(const cmd_parms *cmd)
{
    return cmd->pool == cmd->temp_pool;
}

/* httpd would apply a directive inside <Limit> to all methods. */
const char *ur_setting_enter(cmd_parms *cmd, void *dir)
{
    struct ur_dir_config *config = dir;

    if (!config->speaks && !ur_setting_in_htaccess(cmd)) {
        ur_scope_add(cmd, config);
    }
    config->speaks = true;
    return ap_check_cmd_context(cmd, NOT_IN_LIMIT);
}

const char *ur_setting_complain(const cmd_parms *cmd, const char *value, const char *why)
{
    const char *quote = *value && !strchr(value, ' ') ? "" : "\"";

    return apr_psprintf(cmd->pool, "%s %s%s%s: %s", cmd->cmd->name, quote, value, quote, why);
}

bool ur_setting_has_control(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7F) {
            return true;
        }
    }
    return false;
}

/* The value as given, but without its control characters: an error message must not
 * carry them into a terminal. */
const char *ur_setting_complain_control(const cmd_parms *cmd, const char *value)
{
    char *shown = apr_pstrdup(cmd->pool, value);

    for (char *c = shown; *c; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7F) {
            *c = '?';
        }
    }
    return ur_setting_complain(cmd, shown,
                               "contains a control character; use printable characters only");
}

const char *ur_setting_complain_of_span(const cmd_parms *cmd, struct ur_span value,
                                        const char *why)
{
    return ur_setting_complain(
        cmd, value.len ? apr_pstrmemdup(cmd->pool, value.at, value.len) : "", why);
}

const char *ur_setting_at_line(const cmd_parms *cmd, const ap_directive_t *directive)
{
    return apr_psprintf(cmd->pool, "%s:%d", directive->filename, directive->line_num);
}

const char *ur_setting_value_of(const char *argument, const char *name)
{
    size_t len = strlen(name);

    return ap_cstr_casecmpn(argument, name, len) == 0 && argument[len] == '='
               ? argument + len + 1
               : NULL;
}

const char *ur_setting_choose(cmd_parms *cmd, void *dir, const char *word,
                              const struct ur_choice *choices, int *value)
{
    const char *right = NULL;
    const char *error = ur_setting_enter(cmd, dir);

    if (error) {
        return error;
    }
    if (ur_setting_has_control(word)) {
        return ur_setting_complain_control(cmd, word);
    }
    for (; choices->word; choices++) {
        if (ap_cstr_casecmp(word, choices->word) == 0) {
            *value = choices->value;
            return NULL;
        }
        right =
            right ? apr_pstrcat(cmd->pool, right, ", ", choices->word, NULL) : choices->word;
    }
    return ur_setting_complain(cmd, word,
                               apr_pstrcat(cmd->pool, "must be one of ", right, NULL));
}

static unsigned int expression_flags(const cmd_parms *cmd)
{
    unsigned int flags = AP_EXPR_FLAG_DONT_VARY;

    if (ur_setting_in_htaccess(cmd)) {
        flags |= AP_EXPR_FLAG_RESTRICTED;
#ifdef AP_EXPR_FLAG_RESTRICTED_FILE_FUNC
        flags |= AP_EXPR_FLAG_RESTRICTED_FILE_FUNC;
#endif
    }
    return flags;
}

const char *ur_setting_parse_expression(const cmd_parms *cmd, const char *text,
                                        unsigned int more_flags, const ap_expr_info_t **parsed)
{
    const char *error = NULL;

    if (ur_setting_has_control(text)) {
        return ur_setting_complain_control(cmd, text);
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

/* Others are told by where they stand: all <If> have one path, and that of a <Directory> or
 * <Proxy> is not the client's business. */
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

const struct ur_policy_name *ur_setting_label(const cmd_parms *cmd)
{
    return ur_setting_in_htaccess(cmd)
               ? ur_policy_name_htaccess()
               : ur_policy_name_make(cmd->pool, cmd->server, section_name(cmd));
}
