#ifndef UR_CONFTREE_H
#define UR_CONFTREE_H

#include <stdbool.h>

#include <httpd.h>
#include <http_config.h>

/* The directives of other modules, as written in the configuration: how those modules interpret
 * them is known only to them. <IfModule>, <IfDefine> and Include have been resolved when the
 * tree exists; <If> and other sections have not. */

struct ur_conftree;

/* Reads the tree once; lives as long as the pool. */
struct ur_conftree *ur_conftree_open(apr_pool_t *pool, server_rec *main_server);

/* One directive, and the server in whose configuration it is. */
typedef void ur_conftree_visit(void *context, const ap_directive_t *directive, server_rec *s);

void ur_conftree_walk(const struct ur_conftree *tree, ur_conftree_visit *visit, void *context);

/* Directives whose last occurrence for a server as a whole, outside of sections, can be looked
 * up. */
#define UR_EACH_CONFTREE_NAME(X)                                                               \
    X(SSL_ENGINE, "SSLEngine")                                                                 \
    X(SSL_CERTIFICATE_FILE, "SSLCertificateFile")                                              \
    X(SSL_PROTOCOL, "SSLProtocol")                                                             \
    X(SSL_VERIFY_CLIENT, "SSLVerifyClient")                                                    \
    X(CACHE_QUICK_HANDLER, "CacheQuickHandler")                                                \
    X(H2_DIRECT, "H2Direct")                                                                   \
    X(H2_WEBSOCKETS, "H2WebSockets")                                                           \
    X(MD_REQUIRE_HTTPS, "MDRequireHttps")                                                      \
    X(ENCODED_SLASHES, "AllowEncodedSlashes")                                                  \
    X(TIMEOUT, "Timeout")                                                                      \
    X(PROXY_PASS_INHERIT, "ProxyPassInherit")                                                  \
    X(PROXY_TIMEOUT, "ProxyTimeout")                                                           \
    X(UPGRADE_MODE, "UpgradeMode")                                                             \
    X(UPGRADE_REQUIRE, "UpgradeRequire")                                                       \
    X(UPGRADE_GUIDE, "UpgradeGuide")                                                           \
    X(UPGRADE_HTTP2_ANSWER, "UpgradeHTTP2Answer")                                              \
    X(UPGRADE_KEEP, "UpgradeKeep")                                                             \
    X(UPGRADE_TUNNEL, "UpgradeTunnel")                                                         \
    X(UPGRADE_TUNNEL_IDLE, "UpgradeTunnelIdle")                                                \
    X(UPGRADE_TUNNEL_MAX, "UpgradeTunnelMax")                                                  \
    X(UPGRADE_TUNNEL_DRAIN, "UpgradeTunnelDrain")                                              \
    X(SSL_GROUPS, "SSLOpenSSLConfCmd") /* of groups */                                         \
    X(ANY_ALIAS, "ServerAlias")        /* with * as an argument */

enum ur_conftree_name {
#define UR_DECLARE(name, spelt) UR_CONFTREE_##name,
    UR_EACH_CONFTREE_NAME(UR_DECLARE)
#undef UR_DECLARE
        UR_CONFTREE_NAMES
};

/* NULL: none. Inheritance is left to the caller. */
const ap_directive_t *ur_conftree_last(const struct ur_conftree *tree, const server_rec *s,
                                       enum ur_conftree_name name);

/* The same, or the main server's if the virtual host has none. */
const ap_directive_t *ur_conftree_effective(const struct ur_conftree *tree, const server_rec *s,
                                            enum ur_conftree_name name);

/* What is in force in a section: the last directive of this name in it, else in the nearest
 * enclosing section that has one, else of the server. section NULL: for the server as a whole.
 * For directives that are inherited. */
const ap_directive_t *ur_conftree_in_force(const struct ur_conftree *tree,
                                           const ap_directive_t *section, const server_rec *s,
                                           enum ur_conftree_name name);

/* The last directive of this name in the section itself; NULL: none. */
const ap_directive_t *ur_conftree_child(const ap_directive_t *section, const char *name);

/* The section that contains a directive; NULL if it applies to a server as a whole. */
const ap_directive_t *ur_conftree_section(const ap_directive_t *directive);

/* The path of the <Location> that a section is, or that encloses it. NULL if there is none, or
 * one for a pattern: its URLs are not known then. section NULL: "/". */
const char *ur_conftree_path(apr_pool_t *pool, const ap_directive_t *section);

/* "<Location /x>"; a directive keeps the closing bracket among its arguments. */
const char *ur_conftree_spelt(apr_pool_t *pool, const ap_directive_t *section);

/* A directive's word number n from 0, without quotes; "" if there are fewer. */
const char *ur_conftree_word(apr_pool_t *pool, const ap_directive_t *directive, int n);

/* Whether a Listen directive has https at this port: explicitly, or as port 443. */
bool ur_conftree_listens_https(const struct ur_conftree *tree, apr_port_t port);

/* Whether one of a directive's words is this, in any case. */
bool ur_conftree_has_word(apr_pool_t *pool, const ap_directive_t *directive, const char *word);

/* Whether a directive has this name. */
bool ur_conftree_is(const ap_directive_t *directive, const char *name);

/* "file:line". */
const char *ur_conftree_at(apr_pool_t *pool, const ap_directive_t *directive);

#endif
