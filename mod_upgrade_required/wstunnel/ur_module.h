#ifndef UR_WSTUNNEL_MODULE_H
#define UR_WSTUNNEL_MODULE_H

#include <httpd.h>
#include <http_config.h>
#include <http_log.h>

/* The module record is in mod_upgrade_wstunnel.c, which does not include this file. */
APLOG_USE_MODULE(upgrade_wstunnel);

#endif
