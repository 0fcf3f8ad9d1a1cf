#ifndef UR_SCOPE_H
#define UR_SCOPE_H

#include "required/config/ur_config.h"

/* The servers and sections with directives of this module, except .htaccess files: for reports
 * about the configuration as a whole. */

struct ur_scope {
    const struct ur_dir_config *config; /* its directives */
    const server_rec *server;
    const char *where; /* "<Location /x>", "<If ...> in <Location /x>"; NULL: no section, the
                        * server as a whole */
    const ap_directive_t *section;        /* these two for comparing only */
    const ap_directive_t *const *around;  /* the enclosing sections, outermost first,
                                           * NULL-terminated */
    const struct ur_dir_config *settings; /* the settings in effect for its own server; NULL
                                           * until all scopes are known */
    int next;                             /* the next one of its server; -1: none */
};

/* pre_config: discards those of the previous configuration. */
void ur_scope_reset(apr_pool_t *pconf);

/* post_config, before anything asks for settings: no more scopes. The settings in effect in
 * each are computed now, once and not for each virtual host. */
int ur_scope_close(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

/* Call with the first directive in a scope. */
void ur_scope_add(const cmd_parms *cmd, const struct ur_dir_config *config);

/* What stands in this section itself; NULL: no directive of this module. */
const struct ur_dir_config *ur_scope_config(const ap_directive_t *section);

/* The sections around a directive, the outermost first; NULL ends them. */
const ap_directive_t *const *ur_scope_around(apr_pool_t *pool, const ap_directive_t *directive);

/* Array of struct ur_scope. */
const apr_array_header_t *ur_scope_all(void);

/* The next scope that applies to requests to this server, the main server's before its own;
 * after NULL the first one. NULL: no more. */
const struct ur_scope *ur_scope_next(const struct ur_scope *scope, const server_rec *s);

/* The settings in effect in the scope for requests to this server, with its enclosing sections,
 * but without others that may match the same request. In pool only if not computed before. */
const struct ur_dir_config *ur_scope_settings(apr_pool_t *pool, const struct ur_scope *scope,
                                              const server_rec *s);

/* The same in these sections, the outermost first, NULL-terminated. */
const struct ur_dir_config *ur_scope_settings_in(apr_pool_t *pool,
                                                 const ap_directive_t *const *sections,
                                                 const server_rec *s);

/* The settings in effect for the server as a whole. */
const struct ur_dir_config *ur_scope_of_server(const server_rec *s);

/* "name" or "name:port". */
const char *ur_scope_server_name(apr_pool_t *pool, const server_rec *s);

#endif
