/* A module for a server under test, to be loaded as upgrade_clogging_module: on each connection
 * it claims a filter that reads ahead, so that the MPM may not wait for the socket. */
#include <httpd.h>
#include <http_config.h>
#include <http_connection.h>

static int claim(conn_rec *c, void *socket)
{
    (void)socket;
    c->clogging_input_filters = 1;
    return OK;
}

static void register_hooks(apr_pool_t *p)
{
    (void)p;
    ap_hook_pre_connection(claim, NULL, NULL, APR_HOOK_MIDDLE);
}

module upgrade_clogging_module;

module upgrade_clogging_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks, AP_MODULE_FLAG_NONE};
