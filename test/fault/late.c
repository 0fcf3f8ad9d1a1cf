/* A module for a server under test, to be loaded as upgrade_late_module. While the file "late"
 * is in the folder UPGRADE_FAULT_FOLDER, a worker that has handed a connection over is stopped
 * before it has left the MPM's hands; while "mute" is there, the module for mod_proxy does not
 * hear from the MPM that it takes a connection back. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <httpd.h>
#include <http_config.h>
#include <http_connection.h>
#include <mpm_common.h>

static int there(const char *name)
{
    char path[PATH_MAX];
    const char *folder = getenv("UPGRADE_FAULT_FOLDER");

    snprintf(path, sizeof path, "%s/%s", folder ? folder : "", name);
    return access(path, F_OK) == 0;
}

static const module *helper(void)
{
    return ap_find_linked_module("mod_upgrade_wstunnel.c");
}

static void stop_worker(conn_rec *c, request_rec *r)
{
    (void)r;
    while (ap_get_module_config(c->conn_config, helper()) && there("late")) {
        usleep(1000);
    }
}

static void mute(conn_rec *c, request_rec *r)
{
    (void)r;
    if (there("mute")) {
        ap_set_module_config(c->conn_config, helper(), NULL);
    }
}

static void register_hooks(apr_pool_t *p)
{
    static const char *const tunnels[] = {"mod_upgrade_wstunnel.c", NULL};

    (void)p;
    ap_hook_suspend_connection(stop_worker, tunnels, NULL, APR_HOOK_REALLY_LAST);
    ap_hook_resume_connection(mute, NULL, tunnels, APR_HOOK_REALLY_FIRST);
}

module upgrade_late_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks, AP_MODULE_FLAG_NONE,
};
