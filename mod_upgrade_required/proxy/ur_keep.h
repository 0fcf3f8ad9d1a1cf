#ifndef UR_KEEP_H
#define UR_KEEP_H

#include <httpd.h>
#include <http_config.h>

/* Which proxied requests are on a route that keeps WebSocket handshakes. */

struct ur_kept {
    const char *accept; /* of a valid handshake: what Sec-WebSocket-Accept has to be; NULL: the
                         * request is none, and nothing may be switched */
    apr_table_t *client_fields; /* headers_in as the client sent them */
};

extern const command_rec ur_keep_directives[];

void *ur_keep_create_dir(apr_pool_t *p, char *dir);
void *ur_keep_merge_dir(apr_pool_t *p, void *outer, void *inner);

/* post_config: finds the policy module, whose judgement this one uses. */
int ur_keep_find_policy(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

/* fixups, after the policy module's: judges, refuses, and marks what is to be kept. */
int ur_keep_fixups(request_rec *r);

/* log_transaction, first: the log sees what the client sent. */
int ur_keep_restore(request_rec *r);

/* The mark; NULL for every other request. */
const struct ur_kept *ur_keep_of(const request_rec *r);

#endif
