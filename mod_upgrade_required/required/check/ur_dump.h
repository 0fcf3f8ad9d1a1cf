#ifndef UR_DUMP_H
#define UR_DUMP_H

#include <httpd.h>

/* test_config: with -D DUMP_UPGRADE prints every floor and section policy as it applies, the
 * message to refused clients, and the findings. */
void ur_dump(apr_pool_t *pconf, server_rec *main_server);

#endif
