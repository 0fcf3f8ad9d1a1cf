#ifndef UR_SETTING_H
#define UR_SETTING_H

#include "required/config/ur_config.h"

/* What the setters of directives have in common. */

struct ur_server_config *ur_setting_server(const cmd_parms *cmd);

/* .htaccess files are parsed while a request waits, into the request's pool. */
bool ur_setting_in_htaccess(const cmd_parms *cmd);

/* To be called first by every setter of a section's directive: an error message, or NULL. */
const char *ur_setting_enter(cmd_parms *cmd, void *dir);

/* "Directive value: why", in cmd->pool. why says what is wrong; what would be right. */
const char *ur_setting_complain(const cmd_parms *cmd, const char *value, const char *why);
const char *ur_setting_complain_of_span(const cmd_parms *cmd, struct ur_span value,
                                        const char *why);

/* Control characters have no place in any value; complain says so without showing them. */
bool ur_setting_has_control(const char *text);
const char *ur_setting_complain_control(const cmd_parms *cmd, const char *value);

/* "file:line" of a directive. */
const char *ur_setting_at_line(const cmd_parms *cmd, const ap_directive_t *directive);

/* What a policy is called that is stated in this section, unless UpgradeName says otherwise. */
const struct ur_policy_name *ur_setting_label(const cmd_parms *cmd);

/* The words of a closed list; the last one's word is NULL. */
struct ur_choice {
    const char *word;
    int value;
};

/* Finds the value of a word, in any case, for a section's directive. */
const char *ur_setting_choose(cmd_parms *cmd, void *dir, const char *word,
                              const struct ur_choice *choices, int *value);

/* An expression; in .htaccess one that may not read files. */
const char *ur_setting_parse_expression(const cmd_parms *cmd, const char *text,
                                        unsigned int more_flags, const ap_expr_info_t **parsed);

/* "name=value": the value where the argument has this name, in any case; NULL where it has
 * another. */
const char *ur_setting_value_of(const char *argument, const char *name);

#endif
