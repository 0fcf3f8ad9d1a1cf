#include "httpd/ur_check.h"

#include "httpd/ur_config.h"
#include "httpd/ur_module.h"

#include <http_core.h>
#include <http_ssl.h>

/* Any provider counts, mod_ssl or another: it has to answer this hook (http_ssl.h). */
static bool tls_module_loaded(void)
{
    const apr_array_header_t *providers = ap_hook_get_ssl_conn_is_ssl();

    return providers && providers->nelts > 0;
}

int ur_check_configuration(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                           server_rec *main_server)
{
    (void)pconf;
    (void)plog;
    (void)ptemp;
    /* httpd reads its configuration twice at start; the first reading is only a rehearsal. */
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG || tls_module_loaded()) {
        return OK;
    }
    for (server_rec *s = main_server; s; s = s->next) {
        /* A virtual host that says nothing shares the main server's structure. */
        bool shared = s != main_server && ur_config_server(s) == ur_config_server(main_server);
        const char *at = ur_config_server(s)->tls_demanded_at;
        if (at && !shared) {
            ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                         "UR0004: %s demands TLS, but no TLS module is loaded: every request "
                         "under this policy is refused; load mod_ssl",
                         at);
        }
    }
    return OK;
}
