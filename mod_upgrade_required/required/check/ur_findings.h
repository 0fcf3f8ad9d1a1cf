#ifndef UR_FINDINGS_H
#define UR_FINDINGS_H

#include "required/check/ur_backends.h"
#include "required/check/ur_conftree.h"

#include <apr_hash.h>
#include <httpd.h>

/* Mistakes in a configuration that httpd accepts: policies that no client can meet, or that are
 * bypassed. */

struct ur_finding {
    const server_rec *server;
    const char *at;   /* "file:line" */
    const char *text; /* "Directive value: what is wrong; what would be right" */
};

/* Array of struct ur_finding, in pool. Needs the configuration tree, so it is for
 * test_config and post_config. now is in seconds. */
apr_array_header_t *ur_findings(apr_pool_t *pool, server_rec *main_server, apr_int64_t now);

/* post_config: the same as warnings in the error log. */
int ur_findings_log(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                    server_rec *main_server);

/* For the files that find. */
struct ur_finder {
    apr_pool_t *pool;
    server_rec *main_server;
    const struct ur_conftree *tree;
    const struct ur_backends *backends;
    apr_int64_t now;
    apr_array_header_t *findings;
    apr_hash_t *seen;  /* "place text" of each */
    apr_hash_t *lines; /* place: the directive there; made with the first finding */
};

/* Adds what is wrong with the directive at "file:line"; what would be right. */
void ur_findings_add(struct ur_finder *finder, const server_rec *s, const char *at,
                     const char *why);

/* Whether the server uses TLS, as far as the configuration shows. */
bool ur_findings_speaks_tls(const struct ur_finder *finder, const server_rec *s);

/* ur_findings_policy.c: the module's own directives. */
void ur_findings_policy(struct ur_finder *finder);

/* ur_findings_protocol.c: TLS versions that policies require, and what the server offers. */
void ur_findings_protocol(struct ur_finder *finder);

/* ur_findings_http2.c: required HTTP/2, and what prevents clients from using it. */
void ur_findings_http2(struct ur_finder *finder);

/* ur_findings_around.c: caches, proxies and mod_md. */
void ur_findings_around(struct ur_finder *finder);

/* ur_findings_kept.c: proxied routes that keep WebSocket handshakes. */
void ur_findings_kept(struct ur_finder *finder);

/* ur_findings_logs.c: logs that lose the lines of event tunnels. by_event: pointer to each
 * server that has a route with UpgradeTunnel event. */
void ur_findings_logs(struct ur_finder *finder, apr_hash_t *by_event);

/* ur_findings_limits.c: limits of event tunnels where threads carry the tunnels. */
void ur_findings_limits(struct ur_finder *finder);

/* ur_findings_pages.c: pages of this module that everybody or no one can read, and guides. */
void ur_findings_pages(struct ur_finder *finder);

#endif
