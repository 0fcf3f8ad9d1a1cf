#ifndef UR_TLS_OFFER_H
#define UR_TLS_OFFER_H

#include "required/config/ur_config.h"

/* The client that asks for TLS in place, with "OPTIONS *" and an Upgrade that names TLS (RFC
 * 2817, 4): CUPS does where a route has refused it. */

/* post_config: which sections of each virtual host demand TLS. */
int ur_tls_offer_open(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                      server_rec *main_server);

/* For an OPTIONS request: the settings of a section that refuses clear connections now, where
 * this is such a client; NULL where it is none, or nothing does. */
const struct ur_dir_config *ur_tls_offer_section(const request_rec *r);

#endif
