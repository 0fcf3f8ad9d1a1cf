#ifndef UR_ROUTE_H
#define UR_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include <httpd.h>
#include <http_config.h>

/* The configuration of proxied WebSockets. In every type 0 or NULL means "not set". */

struct ur_policy_name;

/* UpgradeKeep */
struct ur_keep_setting {
    bool none;                          /* else WebSocket */
    const struct ur_policy_name *label; /* of the section or server that contains it; NULL with
                                         * none */
};

/* UpgradeTunnel: what carries the tunnel after a 101; not set: a thread. */
enum ur_carrier { UR_CARRIER_UNSET, UR_CARRIER_THREAD, UR_CARRIER_EVENT };

/* UpgradeTunnelPing: when the proxy itself pings a side. */
struct ur_ping_setting {
    uint64_t seconds; /* without a byte from the side; 0: never, not set */
    bool client;      /* to which sides */
    bool backend;
    uint64_t unanswered; /* pings in a row after which the tunnel ends */
};

/* UpgradeTunnelAge: how long a tunnel may live. */
struct ur_age_setting {
    uint64_t seconds; /* 0: no limit, not set */
    uint64_t jitter;  /* percent by which it may be shorter */
};

/* UpgradeTunnelLogOpen; not set: off. */
enum ur_log_open { UR_LOG_OPEN_UNSET, UR_LOG_OPEN_ON, UR_LOG_OPEN_OFF };

/* Of a section, or of a virtual host as a whole. */
struct ur_route {
#define UR_CHOICE(type, member, name, where, words, help)       type member;
#define UR_NUMBER(member, name, where, range, help)             uint64_t member;
#define UR_VALUE(type, member, name, take, setter, where, help) type member;
#include "wstunnel/config/directives.def"
};

/* Of the server as a whole. */
struct ur_tunnel_settings {
#define UR_SERVER_NUMBER(member, name, range, help) uint64_t member;
#include "wstunnel/config/directives.def"
};

extern const command_rec ur_route_directives[];

void *ur_route_create_dir(apr_pool_t *p, char *dir);
void *ur_route_merge_dir(apr_pool_t *p, void *outer, void *inner);
void *ur_route_create_server(apr_pool_t *p, server_rec *s);

/* The main server's; all zero before there is one. */
struct ur_tunnel_settings ur_route_tunnels(void);

#endif
