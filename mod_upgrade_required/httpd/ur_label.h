#ifndef UR_LABEL_H
#define UR_LABEL_H

#include "wording/ur_counters.h"

#include <httpd.h>

/* The names of policies. All that will be counted are known when the configuration has been
 * read; .htaccess files share one. */

struct ur_label {
    const char *name;
    const server_rec *server; /* in whose configuration it was written */
    struct ur_tally_slots tally;
};

/* pre_config: forgets the labels of the configuration before. */
void ur_label_reset(apr_pool_t *pconf);

/* post_config: no more names. */
void ur_label_close(void);

/* For a directive outside of .htaccess; name must live as long as the configuration. One that
 * comes when no more are taken, as mod_perl's add_config can let it, shares that of .htaccess.
 */
const struct ur_label *ur_label_make(apr_pool_t *pconf, const server_rec *server,
                                     const char *name);

/* That of all .htaccess files. */
const struct ur_label *ur_label_htaccess(void);

/* Every label, once the configuration has been read; array of struct ur_label *. */
const apr_array_header_t *ur_label_all(void);

#endif
