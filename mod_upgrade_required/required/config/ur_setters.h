#ifndef UR_SETTERS_H
#define UR_SETTERS_H

#include <httpd.h>
#include <http_config.h>

/* One function for each directive that needs more than a row in directives.def, ur_set_x for
 * UpgradeX: the error message, or NULL. */

/* ur_set_policy.c */
const char *ur_set_floor(cmd_parms *cmd, void *dir, int argc, char *const argv[]);
const char *ur_set_floor_except(cmd_parms *cmd, void *dir, const char *text);
const char *ur_set_require(cmd_parms *cmd, void *dir, int argc, char *const argv[]);
const char *ur_set_except(cmd_parms *cmd, void *dir, const char *text);
const char *ur_set_name(cmd_parms *cmd, void *dir, const char *name);

/* ur_set_schedule.c */
const char *ur_set_mode(cmd_parms *cmd, void *dir, int argc, char *const argv[]);
const char *ur_set_brownout(cmd_parms *cmd, void *dir, int argc, char *const argv[]);

/* ur_set_answer.c */
const char *ur_set_guide(cmd_parms *cmd, void *dir, const char *url);
const char *ur_set_message(cmd_parms *cmd, void *dir, const char *text);

/* ur_set_trusted_proxy.c */
const char *ur_set_trusted_proxy(cmd_parms *cmd, void *dir, int argc, char *const argv[]);

/* ur_set_handshake.c */
const char *ur_set_origin(cmd_parms *cmd, void *dir, int argc, char *const argv[]);
const char *ur_set_protocol(cmd_parms *cmd, void *dir, int argc, char *const argv[]);

#endif
