#ifndef UR_ACCESS_H
#define UR_ACCESS_H

#include "required/check/ur_conftree.h"

/* Who can read what a section serves, as far as Require and the older access directives show.
 */

struct ur_access;

/* Reads the tree once. */
struct ur_access *ur_access_open(apr_pool_t *pool, const struct ur_conftree *tree,
                                 server_rec *main_server);

/* Whether everybody who reaches the server can. False in doubt, and if the server listens on
 * loopback addresses only. section NULL: the server as a whole. */
bool ur_access_is_open(const struct ur_access *access, const server_rec *s,
                       const ap_directive_t *section);

#endif
