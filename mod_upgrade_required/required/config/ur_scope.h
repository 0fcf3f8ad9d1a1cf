#ifndef UR_SCOPE_H
#define UR_SCOPE_H

#include "required/config/ur_config.h"

/* The scopes in which directives of this module stand, .htaccess files aside: what one needs to
 * tell of the configuration as a whole. */

struct ur_scope {
    const struct ur_dir_config *config; /* what stands there */
    const server_rec *server;
    const char *where; /* "<Location /x>", "<If ...> in <Location /x>"; NULL: no section, the
                        * server as a whole */
    const ap_directive_t *section;        /* these two for comparing only */
    const ap_directive_t *const *around;  /* the sections around it, the outermost first; NULL
                                           * ends them */
    const struct ur_dir_config *settings; /* what holds in it for its own server; NULL until
                                           * all scopes are there */
    int next;                             /* the next one of its server; -1: none */
};

/* pre_config: forgets those of the configuration before. */
void ur_scope_reset(apr_pool_t *pconf);

/* post_config, before whatever asks for settings: no more scopes. What holds in each is worked
 * out now, once and not for each virtual host in which it holds. */
int ur_scope_close(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

/* To be called with the first directive in a scope. */
void ur_scope_add(const cmd_parms *cmd, const struct ur_dir_config *config);

/* What stands in this section itself; NULL: no directive of this module. */
const struct ur_dir_config *ur_scope_config(const ap_directive_t *section);

/* The sections around a directive, the outermost first; NULL ends them. */
const ap_directive_t *const *ur_scope_around(apr_pool_t *pool, const ap_directive_t *directive);

/* Array of struct ur_scope. */
const apr_array_header_t *ur_scope_all(void);

/* The next scope that holds for requests to this server, the main server's before its own;
 * after NULL the first one. NULL: no more. */
const struct ur_scope *ur_scope_next(const struct ur_scope *scope, const server_rec *s);

/* What holds in the scope for requests to this server, with the sections around it, but without
 * others that may hold for the same request. In pool only where it was not worked out before.
 */
const struct ur_dir_config *ur_scope_settings(apr_pool_t *pool, const struct ur_scope *scope,
                                              const server_rec *s);

/* What holds for the server as a whole. */
const struct ur_dir_config *ur_scope_of_server(const server_rec *s);

/* "name" or "name:port". */
const char *ur_scope_server_name(apr_pool_t *pool, const server_rec *s);

#endif
