#ifndef UR_WORKERS_H
#define UR_WORKERS_H

#include "required/check/ur_conftree.h"

/* The workers of mod_proxy and its balancers, as far as directives tell: which one a ProxyPass
 * gets, what it speaks, and how long it waits. */

struct ur_workers;

struct ur_workers *ur_workers_open(apr_pool_t *pool);

/* To be called with each directive of the tree: BalancerMember and ProxySet are remembered. */
void ur_workers_visit(struct ur_workers *workers, const ap_directive_t *directive);

/* To be called with each ProxyPass in their order: the directive whose parameters count for
 * this URL, pass itself or the one that made the worker which pass shares. */
const ap_directive_t *ur_workers_of(struct ur_workers *workers, const server_rec *s,
                                    const char *url, const ap_directive_t *pass);

/* Whether the protocol of a URL, of a balancer's that of one of its members, has WebSockets, or
 * is one that is not known here. Once all directives have been visited. */
bool ur_workers_carry(const struct ur_workers *workers, const char *url);

/* How many seconds the worker of a URL waits for its backend, of several the one that says
 * least: from timeout= there or in a ProxySet; at is the directive that says so. 0, NULL: the
 * server's. A balancer's own timeout= is another thing. */
int ur_workers_timeout(const struct ur_workers *workers, const ap_directive_t *worker,
                       const char *url, const ap_directive_t **at);

/* The value of a name=value among the arguments of a directive; NULL: not there. */
const char *ur_workers_argument(apr_pool_t *pool, const ap_directive_t *directive,
                                const char *name);

#endif
