#ifndef UR_CONFTREE_H
#define UR_CONFTREE_H

#include <stdbool.h>

#include <httpd.h>
#include <http_config.h>

/* The directives of other modules, as they stand in the configuration: what those modules make
 * of them is known to themselves only. <IfModule>, <IfDefine> and Include have been resolved
 * when the tree is there; <If> and other sections have not. */

/* One directive, and the server in whose configuration it stands. */
typedef void ur_conftree_visit(void *context, const ap_directive_t *directive, server_rec *s);

void ur_conftree_walk(server_rec *main_server, ur_conftree_visit *visit, void *context);

/* The last directive of this name for the server as a whole, outside of sections; NULL: none.
 * Inheritance is the caller's. */
const ap_directive_t *ur_conftree_last(server_rec *main_server, const server_rec *s,
                                       const char *name);

/* The same with the main server's where the virtual host has none. */
const ap_directive_t *ur_conftree_effective(server_rec *main_server, const server_rec *s,
                                            const char *name);

/* Whether a directive has this name. */
bool ur_conftree_is(const ap_directive_t *directive, const char *name);

/* "file:line". */
const char *ur_conftree_at(apr_pool_t *pool, const ap_directive_t *directive);

#endif
