#include "required/config/ur_policy_name.h"

static apr_array_header_t *labels; /* of struct ur_policy_name *; in pconf */
static bool taken;                 /* labels, still */

void ur_policy_name_reset(apr_pool_t *pconf)
{
    taken = true;
    labels = apr_array_make(pconf, 16, sizeof(struct ur_policy_name *));
    /* The first one, so that it is there before any file is read. */
    ur_policy_name_make(pconf, NULL, ".htaccess");
}

void ur_policy_name_close(void)
{
    taken = false;
}

const struct ur_policy_name *ur_policy_name_make(apr_pool_t *pconf, const server_rec *server,
                                                 const char *name)
{
    struct ur_policy_name *label;

    if (!taken) {
        return ur_policy_name_htaccess();
    }
    label = apr_pcalloc(pconf, sizeof *label);
    label->name = name;
    label->server = server;
    APR_ARRAY_PUSH(labels, struct ur_policy_name *) = label;
    return label;
}

const struct ur_policy_name *ur_policy_name_htaccess(void)
{
    return APR_ARRAY_IDX(labels, 0, const struct ur_policy_name *);
}

const apr_array_header_t *ur_policy_name_all(void)
{
    return labels;
}
