#ifndef UR_CONFIG_H
#define UR_CONFIG_H

#include "required/config/ur_policy_name.h"
#include "core/policy/ur_decide.h"
#include "core/policy/ur_policy.h"
#include "core/policy/ur_schedule.h"
#include "core/response/ur_reply.h"

#include <ap_expr.h>
#include <httpd.h>
#include <http_config.h>

extern module upgrade_required_module;

/* What the administrator configured. In every enumeration 0 means "not set here"; the merge
 * depends on it. */

/* UpgradeMode. A missing date is UR_TIME_ALWAYS, and its text NULL. */
struct ur_mode_setting {
    enum ur_mode mode;
    const char *at; /* "file:line" */
    int64_t from;
    int64_t since;
    const char *enforced_from; /* from, in RFC 3339 */
    const char *sunset;        /* from, as an HTTP-date */
    const char *deprecation;   /* since, as in the Deprecation header (RFC 9745) */
};

/* UpgradeMessage, parsed and as it was written. */
struct ur_message {
    const ap_expr_info_t *expression;
    const char *text;
};

/* UpgradeCountClients */
enum ur_count_clients { UR_COUNT_CLIENTS_UNSET, UR_COUNT_CLIENTS_ON, UR_COUNT_CLIENTS_OFF };

/* A requirement with its exceptions; the two are inherited together. */
struct ur_rule {
    bool said; /* a requirement is set here, possibly "none" */
    struct ur_policy policy;
    unsigned levels;                    /* ur_policy_levels() of it */
    const struct ur_policy_name *label; /* the name of the policy without UpgradeName */
    const char *at;                     /* "file:line" of the requirement; NULL in .htaccess */
    bool name_is_fixed;                 /* UpgradeName does not change it */
    apr_array_header_t *exceptions;     /* of const ap_expr_info_t *; NULL: none */
};

/* Each setting is inherited separately, main server -> virtual host -> outer -> inner section.
 */
struct ur_dir_config {
#define UR_CHOICE(type, member, name, where, words, help)       type member;
#define UR_VALUE(type, member, name, take, setter, where, help) type member;
#include "required/config/directives.def"
    struct ur_rule route;
    bool speaks; /* at least one directive is set here or in an enclosing section */
};

/* UpgradeTrustedProxy: which addresses are trusted, and the names of the headers that state the
 * client's protocol, NULL for none. "none" has no networks. */
struct ur_trusted_proxy {
    apr_array_header_t *networks; /* of apr_ipsubnet_t * */
    const char *tls;
    const char *http;
    const char *scheme;
    const char *group;
};

struct ur_server_config {
    struct ur_rule floor;
    const struct ur_trusted_proxy *trusted; /* NULL: not set, no proxy is trusted */
    const apr_array_header_t *tls_sections; /* of const struct ur_dir_config *: sections whose
                                             * policies TLS is needed for; set in post_config
                                             */
};

void *ur_config_create_dir(apr_pool_t *p, char *dir);
void *ur_config_merge_dir(apr_pool_t *p, void *outer, void *inner);
void *ur_config_create_server(apr_pool_t *p, server_rec *s);
void *ur_config_merge_server(apr_pool_t *p, void *main_server, void *virtual_host);

/* The effective configuration. Never NULL. */
static inline const struct ur_dir_config *ur_config_dir(const request_rec *r)
{
    return ap_get_module_config(r->per_dir_config, &upgrade_required_module);
}

static inline const struct ur_server_config *ur_config_server(const server_rec *s)
{
    return ap_get_module_config(s->module_config, &upgrade_required_module);
}

#endif
