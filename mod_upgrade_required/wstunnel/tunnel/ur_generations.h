#ifndef UR_GENERATIONS_H
#define UR_GENERATIONS_H

#include <stdint.h>

#include <httpd.h>

/* The slots for children (ServerLimit), and how many a generation needs. */

/* post_config, after ur_limits_open: logs for how many generations there are slots. */
int ur_generations_open(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

/* How many children a generation starts with. */
uint64_t ur_generations_needed(void);

#endif
