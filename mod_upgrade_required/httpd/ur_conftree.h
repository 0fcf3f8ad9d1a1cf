#ifndef UR_CONFTREE_H
#define UR_CONFTREE_H

#include <stdbool.h>

#include <httpd.h>
#include <http_config.h>

/* The directives of other modules, as they stand in the configuration: what those modules make
 * of them is known to themselves only. <IfModule>, <IfDefine> and Include have been resolved
 * when the tree is there; <If> and other sections have not. */

struct ur_conftree;

/* Reads the tree once; lives as long as the pool. */
struct ur_conftree *ur_conftree_open(apr_pool_t *pool, server_rec *main_server);

/* One directive, and the server in whose configuration it stands. */
typedef void ur_conftree_visit(void *context, const ap_directive_t *directive, server_rec *s);

void ur_conftree_walk(const struct ur_conftree *tree, ur_conftree_visit *visit, void *context);

/* Those of which the last one that stands for a server as a whole, outside of sections, can be
 * asked for. */
enum ur_conftree_name {
    UR_CONFTREE_SSL_ENGINE,
    UR_CONFTREE_SSL_CERTIFICATE_FILE,
    UR_CONFTREE_SSL_PROTOCOL,
    UR_CONFTREE_CACHE_QUICK_HANDLER,
    UR_CONFTREE_ANY_ALIAS, /* ServerAlias with a * that stands alone */
    UR_CONFTREE_NAMES
};

/* NULL: none. Inheritance is the caller's. */
const ap_directive_t *ur_conftree_last(const struct ur_conftree *tree, const server_rec *s,
                                       enum ur_conftree_name name);

/* The same with the main server's where the virtual host has none. */
const ap_directive_t *ur_conftree_effective(const struct ur_conftree *tree, const server_rec *s,
                                            enum ur_conftree_name name);

/* Whether a Listen directive has https at this port: said, or by the port 443. */
bool ur_conftree_listens_https(const struct ur_conftree *tree, apr_port_t port);

/* Whether one of a directive's words is this, in any case. */
bool ur_conftree_has_word(apr_pool_t *pool, const ap_directive_t *directive, const char *word);

/* Whether a directive has this name. */
bool ur_conftree_is(const ap_directive_t *directive, const char *name);

/* "file:line". */
const char *ur_conftree_at(apr_pool_t *pool, const ap_directive_t *directive);

#endif
