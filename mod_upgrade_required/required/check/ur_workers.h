#ifndef UR_WORKERS_H
#define UR_WORKERS_H

#include "required/check/ur_conftree.h"

/* The workers of mod_proxy and its balancers, as far as directives show: which one a ProxyPass
 * gets, its protocol, and its timeout. */

struct ur_workers;

struct ur_workers *ur_workers_open(apr_pool_t *pool);

/* Call with each directive of the tree: records BalancerMember and ProxySet. */
void ur_workers_visit(struct ur_workers *workers, const ap_directive_t *directive);

/* Call with each ProxyPass in order: the directive whose parameters count for this URL, pass
 * itself or the one that created the worker that pass shares. */
const ap_directive_t *ur_workers_of(struct ur_workers *workers, const server_rec *s,
                                    const char *url, const ap_directive_t *pass);

/* Whether the protocol of a URL (for a balancer, that of a member) has WebSockets, or is not
 * known here. Call after all directives have been visited. */
bool ur_workers_carry(const struct ur_workers *workers, const char *url);

/* How many seconds the worker of a URL waits for its backend (of several, the shortest): from
 * timeout= there or in a ProxySet; at is that directive. 0, NULL: the server's. A balancer's
 * own timeout= means something else. */
int ur_workers_timeout(const struct ur_workers *workers, const ap_directive_t *worker,
                       const char *url, const ap_directive_t **at);

/* The value of a name=value among the arguments of a directive; NULL: absent. */
const char *ur_workers_argument(apr_pool_t *pool, const ap_directive_t *directive,
                                const char *name);

#endif
