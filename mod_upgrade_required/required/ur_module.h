#ifndef UR_MODULE_H
#define UR_MODULE_H

#include <httpd.h>
#include <http_config.h>
#include <http_log.h>

#if !AP_MODULE_MAGIC_AT_LEAST(20120211, 121)
#error "mod_upgrade_required needs httpd 2.4.52 or later"
#endif

/* The module record is in mod_upgrade_required.c, which does not include this file. */
APLOG_USE_MODULE(upgrade_required);

#endif
