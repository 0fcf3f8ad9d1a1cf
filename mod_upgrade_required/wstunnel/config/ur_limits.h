#ifndef UR_LIMITS_H
#define UR_LIMITS_H

#include <stdbool.h>

#include <httpd.h>
#include <http_config.h>

/* The configuration of a child's event tunnels, and how many it allows. */

/* Some UpgradeTunnel says event: the server logs at startup how many there can be. */
void ur_limits_want(void);

/* pre_config */
int ur_limits_reset(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp);

/* post_config */
int ur_limits_open(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

/* How many event tunnels there can be and what raises the number, or why there are none; a
 * sentence in pool. Also before post_config, for httpd -t. */
const char *ur_limits_capacity(apr_pool_t *pool);

/* Whether the MPM can suspend connections. */
bool ur_limits_able(void);

/* Whether there can be event tunnels at all. */
bool ur_limits_wanted(void);

/* How many children the MPM starts before there are any requests. */
uint64_t ur_limits_children(void);

/* UpgradeTunnelDrain. 0: not. */
apr_interval_time_t ur_limits_drain(void);

/* How many event tunnels a child may hold, as far as that is known before it starts. */
apr_size_t ur_limits_max(void);

/* In a child: raises its limit of open files as far as allowed, and returns how many tunnels it
 * may hold. */
apr_size_t ur_limits_raise(void);

#endif
