#ifndef UR_ROUTE_H
#define UR_ROUTE_H

#include <httpd.h>
#include <http_config.h>

/* What a server or a section says about its proxied WebSockets. */

enum ur_keep { UR_KEEP_UNSET, UR_KEEP_WEBSOCKET, UR_KEEP_NONE };
enum ur_carrier { UR_CARRIER_UNSET, UR_CARRIER_THREAD, UR_CARRIER_EVENT };

struct ur_policy_name;

struct ur_route {
    enum ur_keep keep;
    const struct ur_policy_name *label; /* of the scope that says keep */
    enum ur_carrier carrier;            /* of the tunnel after a 101 */
};

extern const command_rec ur_route_directives[];

void *ur_route_create_dir(apr_pool_t *p, char *dir);
void *ur_route_merge_dir(apr_pool_t *p, void *outer, void *inner);

#endif
