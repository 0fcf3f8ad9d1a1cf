#ifndef UR_DUMP_H
#define UR_DUMP_H

#include <httpd.h>

/* test_config: with -D DUMP_UPGRADE prints every floor and section policy as it will apply,
 * what a refused client would read, and the findings. */
void ur_dump(apr_pool_t *pconf, server_rec *main_server);

#endif
