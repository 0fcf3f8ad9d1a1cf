#include "required/enforce/ur_announce.h"
#include "required/request/ur_connection.h"
#include "required/config/ur_config.h"
#include "required/config/ur_directives.h"
#include "required/check/ur_dump.h"
#include "required/enforce/ur_client_limit.h"
#include "required/enforce/ur_enforce.h"
#include "ur_modules.h"
#include "required/check/ur_findings.h"
#include "required/config/ur_policies.h"
#include "required/config/ur_policy_name.h"
#include "required/pages/ur_monitor.h"
#include "required/pages/ur_probe_handler.h"
#include "required/request/ur_request.h"
#include "required/config/ur_scope.h"
#include "required/config/ur_command.h"
#include "required/pages/ur_status.h"
#include "required/request/ur_tls_group.h"
#include "required/request/ur_tls_hello.h"
#include "required/request/ur_tls_offer.h"

#include <httpd.h>
#include <http_config.h>
#include <http_connection.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mod_status.h>

static const struct ur_policy_name *upgrade_required_label(const cmd_parms *cmd)
{
    const struct ur_policy_name *label = ur_command_label(cmd);

    ur_policies_keep(cmd, label);
    return label;
}

static int upgrade_required_keep(request_rec *r, const struct ur_policy_name **label,
                                 int *keeps)
{
    return ur_enforce_keep(r, label, keeps);
}

static int upgrade_required_ends_in_http2(request_rec *r)
{
    return ur_request_ends_in_http2(r);
}

static void upgrade_required_tunnels(struct ur_tunnel_place *place, size_t layout)
{
    *place = layout == UR_TUNNEL_LAYOUT ? ur_monitor_tunnels()
                                        : (struct ur_tunnel_place){NULL, {NULL, 0}};
}

static void upgrade_required_opened(const struct ur_policy_name *label, enum ur_carried carrier)
{
    ur_monitor_opened(label, carrier);
}

static int upgrade_required_client(request_rec *r, const struct ur_policy_name *label,
                                   apr_uint64_t limit, atomic_uint **held)
{
    return ur_client_limit(r, label, limit, held);
}

static int open_configuration(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp)
{
    (void)plog;
    (void)ptemp;
    ur_policy_name_reset(pconf);
    ur_scope_reset(pconf);
    ur_policies_reset(pconf);
    return OK;
}

static void register_hooks(apr_pool_t *p)
{
    (void)p;
    APR_REGISTER_OPTIONAL_FN(upgrade_required_label);
    APR_REGISTER_OPTIONAL_FN(upgrade_required_keep);
    APR_REGISTER_OPTIONAL_FN(upgrade_required_ends_in_http2);
    APR_REGISTER_OPTIONAL_FN(upgrade_required_tunnels);
    APR_REGISTER_OPTIONAL_FN(upgrade_required_opened);
    APR_REGISTER_OPTIONAL_FN(upgrade_required_client);
    APR_REGISTER_OPTIONAL_FN(upgrade_required_end_tls);
    ur_announce_register();
    ur_tls_hello_register(); /* mod_ssl's pre_handshake, where httpd's headers have it */
    ap_hook_pre_config(open_configuration, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_test_config(ur_dump, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(ur_scope_close, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_post_config(ur_findings_log, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(ur_tls_hello_open, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(ur_tls_group_open, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(ur_tls_offer_open, NULL, NULL, APR_HOOK_MIDDLE);
    /* Last: from here on no name is taken. */
    ap_hook_post_config(ur_monitor_open, NULL, NULL, APR_HOOK_REALLY_LAST);
    ap_hook_child_status(ur_monitor_child, NULL, NULL, APR_HOOK_MIDDLE);
    /* Before mod_ssl, which begins its handshake there. */
    ap_hook_pre_connection(ur_connection_open, NULL, NULL, APR_HOOK_FIRST);

    /* After mod_remoteip, mod_setenvif, mod_ssl and mod_md, whose facts the exceptions may
     * read; before URL mapping, caches and authentication. */
    ap_hook_post_read_request(ur_enforce_floor, NULL, NULL, APR_HOOK_REALLY_LAST);

    /* Before access control: no password should be requested over a connection that the policy
     * is about to refuse. Last, after SetEnvIf. */
    ap_hook_header_parser(ur_enforce_route_tls, NULL, NULL, APR_HOOK_REALLY_LAST);

    /* mod_dir chooses the index file in fixups, mod_speling the file that was meant, both
     * at APR_HOOK_LAST: the policy of that file is the one that counts. */
    ap_hook_fixups(ur_enforce_route, NULL, NULL, APR_HOOK_REALLY_LAST);

    /* When the request that will be answered is known, possibly after internal redirects; an
     * error discards the filters added before. */
    ap_hook_insert_filter(ur_announce_insert, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_insert_error_filter(ur_announce_insert, NULL, NULL, APR_HOOK_MIDDLE);

    ap_hook_handler(ur_status_handler, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_handler(ur_probe_handler, NULL, NULL, APR_HOOK_MIDDLE);
    APR_OPTIONAL_HOOK(ap, status_hook, ur_status_section, NULL, NULL, APR_HOOK_MIDDLE);
}

/* The one exported symbol. */
extern module upgrade_required_module __attribute__((visibility("default")));

module upgrade_required_module = {
    STANDARD20_MODULE_STUFF, ur_config_create_dir, ur_config_merge_dir, ur_config_create_server,
    ur_config_merge_server,  ur_directives,        register_hooks,      AP_MODULE_FLAG_NONE,
};
