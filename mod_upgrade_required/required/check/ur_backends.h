#ifndef UR_BACKENDS_H
#define UR_BACKENDS_H

#include "required/check/ur_conftree.h"

/* Where requests are proxied to, as far as the directives of mod_proxy show. They do not show
 * what rewrite rules and programs map: "not known" is a possible answer here, and then nothing
 * may be reported as a mistake. */

struct ur_backend {
    const ap_directive_t *pass;   /* ProxyPass, ProxyPassMatch, SetHandler */
    const ap_directive_t *worker; /* whose parameters count: pass, or the one that made the
                                   * worker that pass shares */
    const server_rec *server;
    const char *path; /* a path, or a pattern */
    const char *url;  /* "!": not to be proxied; "": a handler that is not a proxy */
    bool in_section;
    bool is_pattern;
    int place; /* in the order of the configuration */
};

struct ur_backends;

/* Reads the tree once. */
struct ur_backends *ur_backends_open(apr_pool_t *pool, const struct ur_conftree *tree,
                                     server_rec *main_server);

/* Stands for any server, when asking for a section of the main server. */
extern const server_rec *const UR_ANY_SERVER;

/* The backend of a section: the one in it, or the one for its path; NULL: none that is known.
 */
const struct ur_backend *ur_backends_of(const struct ur_backends *backends, const server_rec *s,
                                        const ap_directive_t *section);

/* The backends that may get a WebSocket under this path or in this section: its own, all below
 * it, and those of patterns, which may match; but none whose protocol has no WebSockets. Array
 * of const struct ur_backend *. *unknown: there may be more, or a program that responds by
 * itself. */
const apr_array_header_t *ur_backends_carrying(const struct ur_backends *backends,
                                               const server_rec *s,
                                               const ap_directive_t *section, bool *unknown);

/* The backend of a ProxyPass or ProxyPassMatch directive. NULL: of another. */
const struct ur_backend *ur_backends_made_by(const struct ur_backends *backends,
                                             const ap_directive_t *pass);

/* ur_workers_timeout() of its worker. */
int ur_backends_timeout(const struct ur_backends *backends, const struct ur_backend *backend,
                        const ap_directive_t **at);

#endif
