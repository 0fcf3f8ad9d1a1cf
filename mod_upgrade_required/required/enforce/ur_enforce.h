#ifndef UR_ENFORCE_H
#define UR_ENFORCE_H

#include "required/config/ur_config.h"

#include <httpd.h>

/* The hooks that judge requests. The position of each, and the reason, is at its registration
 * in mod_upgrade_required.c. */

/* post_read_request: the floor. */
int ur_enforce_floor(request_rec *r);

/* header_parser: TLS and the key exchange of the route policy. */
int ur_enforce_route_tls(request_rec *r);

/* fixups: the whole route policy. */
int ur_enforce_route(request_rec *r);

/* What ur_modules.h promises of upgrade_required_keep(). */
int ur_enforce_keep(request_rec *r, const struct ur_policy_name **label, int *keeps);

/* Refuses a handshake whose client holds its maximum of tunnels on the route. The status to
 * return. */
int ur_enforce_tunnel_limit(request_rec *r, const struct ur_policy_name *label);

/* For reports about policies without a request: what the directives mean for those that do not
 * meet the policy, its stage at a time in seconds (ur_schedule_at), and the name under which it
 * is counted. */
struct ur_settings ur_enforce_settings(const struct ur_dir_config *config);
enum ur_stage ur_enforce_stage(const struct ur_dir_config *settings, int64_t time,
                               int64_t *ends);
const struct ur_policy_name *ur_enforce_label(const struct ur_dir_config *settings,
                                              const struct ur_rule *rule);

#endif
