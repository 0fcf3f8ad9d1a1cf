#ifndef UR_CHECK_H
#define UR_CHECK_H

#include <httpd.h>

/* post_config: warns once about policies that nobody can meet with this set of modules. */
int ur_check_configuration(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                           server_rec *main_server);

#endif
