#include "ur_modules.h"
#include "wstunnel/proxy/ur_backend_filter.h"
#include "wstunnel/proxy/ur_keep.h"
#include "wstunnel/proxy/ur_upgrade_426_filter.h"
#include "wstunnel/config/ur_route.h"
#include "wstunnel/proxy/ur_shadow.h"
#include "wstunnel/proxy/ur_takeover.h"
#include "wstunnel/proxy/ur_threaded.h"
#include "wstunnel/proxy/ur_wait.h"
#include "wstunnel/tunnel/ur_child.h"
#include "wstunnel/tunnel/ur_close.h"
#include "wstunnel/tunnel/ur_finisher.h"
#include "wstunnel/tunnel/ur_generations.h"
#include "wstunnel/config/ur_limits.h"
#include "wstunnel/tunnel/ur_socket_filter.h"

#include <httpd.h>
#include <http_config.h>
#include <http_connection.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mod_proxy.h>
#include <mpm_common.h>

static const char *upgrade_wstunnel_capacity(apr_pool_t *pool)
{
    return ur_limits_capacity(pool);
}

static void register_hooks(apr_pool_t *p)
{
    /* What the route's policy refuses need not be kept. */
    static const char *const after[] = {"mod_upgrade_required.c", NULL};

    (void)p;
    APR_REGISTER_OPTIONAL_FN(upgrade_wstunnel_capacity);
    ur_backend_filter_register();
    ur_upgrade_426_filter_register();
    ur_takeover_register();
    ur_threaded_register();
    ur_socket_filter_register();
    ap_hook_pre_config(ur_limits_reset, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(ur_limits_open, NULL, NULL, APR_HOOK_LAST);
    ap_hook_post_config(ur_generations_open, NULL, NULL, APR_HOOK_REALLY_LAST);
    ap_hook_optional_fn_retrieve(ur_close_open, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(ur_child_init, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_stopping(ur_child_stop, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_stopping(ur_threaded_stop, NULL, NULL, APR_HOOK_MIDDLE);
    /* Last: other modules' hooks may still look at the request, which belongs to the tunnel
     * from then on. */
    ap_hook_suspend_connection(ur_child_suspend, NULL, NULL, APR_HOOK_REALLY_LAST);
    ap_hook_resume_connection(ur_finisher_resume, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(ur_keep_find_policy, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(ur_shadow_find_handler, NULL, NULL, APR_HOOK_LAST);
    ap_hook_fixups(ur_keep_fixups, after, NULL, APR_HOOK_REALLY_LAST);

    ap_hook_insert_filter(ur_upgrade_426_filter_add, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_log_transaction(ur_keep_restore, NULL, NULL, APR_HOOK_REALLY_FIRST);

    /* Before mod_proxy_http and mod_proxy_wstunnel, which are at APR_HOOK_FIRST. */
    proxy_hook_scheme_handler(ur_shadow_handler, NULL, NULL, APR_HOOK_REALLY_FIRST);
    proxy_hook_post_request(ur_wait_hide_status, NULL, NULL, APR_HOOK_REALLY_FIRST);
    APR_OPTIONAL_HOOK(proxy, request_status, ur_wait_show_status, NULL, NULL, APR_HOOK_MIDDLE);
    APR_OPTIONAL_HOOK(proxy, fixups, ur_shadow_fixups, NULL, NULL, APR_HOOK_MIDDLE);
    APR_OPTIONAL_HOOK(proxy, create_req, ur_backend_filter_create_req, NULL, NULL,
                      APR_HOOK_MIDDLE);
}

/* The one exported symbol. */
extern module upgrade_wstunnel_module __attribute__((visibility("default")));

module upgrade_wstunnel_module = {
    STANDARD20_MODULE_STUFF,
    ur_route_create_dir,
    ur_route_merge_dir,
    ur_route_create_server,
    NULL,
    ur_route_directives,
    register_hooks,
    AP_MODULE_FLAG_NONE,
};
