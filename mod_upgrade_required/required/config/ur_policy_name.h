#ifndef UR_POLICY_NAME_H
#define UR_POLICY_NAME_H

#include "core/metrics/ur_clients.h"
#include "core/metrics/ur_counters.h"

#include <httpd.h>

/* The names of policies. All that can be counted are known when the configuration has been
 * read; .htaccess files share one. */

#define UR_SALT_SIZE 16

struct ur_policy_name {
    const char *name;
    const server_rec *server; /* in whose configuration it is */
    struct ur_tally_slots tally;
    struct ur_clients_place clients;
    unsigned char salt[UR_SALT_SIZE]; /* of hashes of its clients (ur_count_clients.h) */
    int place;                        /* of its numbers, among those of all policies */
    uint64_t route; /* by which its clients are counted: ur_client_route() of both names */
};

/* pre_config: discards the names of the previous configuration. */
void ur_policy_name_reset(apr_pool_t *pconf);

/* post_config: no more names. */
void ur_policy_name_close(void);

/* For a directive outside of .htaccess; name must live as long as the configuration. A name
 * that comes too late, as with mod_perl's add_config, shares that of .htaccess. */
const struct ur_policy_name *ur_policy_name_make(apr_pool_t *pconf, const server_rec *server,
                                                 const char *name);

/* That of all .htaccess files. */
const struct ur_policy_name *ur_policy_name_htaccess(void);

/* All names, once the configuration has been read; array of struct ur_policy_name *. */
const apr_array_header_t *ur_policy_name_all(void);

#endif
