#ifndef UR_TLS_OFFER_H
#define UR_TLS_OFFER_H

#include "required/config/ur_config.h"

/* A client that asks for TLS in place, with "OPTIONS *" and an Upgrade that names TLS (RFC
 * 2817, 4), as CUPS does after a route has refused it. */

/* post_config: finds the sections of each virtual host that require TLS, or a key exchange that
 * only TLS has. */
int ur_tls_offer_open(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                      server_rec *main_server);

/* For an OPTIONS request of such a client: the settings of a section that currently refuses
 * connections without TLS; NULL for other clients, or if no section does. */
const struct ur_dir_config *ur_tls_offer_section(const request_rec *r);

#endif
