#ifndef UR_COMMAND_H
#define UR_COMMAND_H

#include "required/config/ur_config.h"
#include "shared/ur_setting.h"

/* What the setters of directives have in common. */

struct ur_server_config *ur_command_server(const cmd_parms *cmd);

/* .htaccess files are parsed while a request waits, into the request's pool. */
bool ur_command_in_htaccess(const cmd_parms *cmd);

/* Every setter of a section's directive calls this first: an error message, or NULL. */
const char *ur_command_enter(cmd_parms *cmd, void *dir);

/* "file:line" of a directive. */
const char *ur_command_at_line(const cmd_parms *cmd, const ap_directive_t *directive);

/* The name of a policy in this section, unless UpgradeName sets another. */
const struct ur_policy_name *ur_command_label(const cmd_parms *cmd);

/* The setter of a row of required/config/directives.def that is a choice. */
const char *ur_command_set_choice(cmd_parms *cmd, void *dir, const char *word);

/* An expression; in .htaccess one that may not read files. */
const char *ur_command_parse_expression(const cmd_parms *cmd, const char *text,
                                        unsigned int more_flags, const ap_expr_info_t **parsed);

#endif
