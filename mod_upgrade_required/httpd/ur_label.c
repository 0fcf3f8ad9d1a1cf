#include "httpd/ur_label.h"

static apr_array_header_t *labels; /* of struct ur_label *; in pconf */
static bool taken;                 /* labels, still */

void ur_label_reset(apr_pool_t *pconf)
{
    taken = true;
    labels = apr_array_make(pconf, 16, sizeof(struct ur_label *));
    /* The first one, so that it is there before any file is read. */
    ur_label_make(pconf, NULL, ".htaccess");
}

void ur_label_close(void)
{
    taken = false;
}

const struct ur_label *ur_label_make(apr_pool_t *pconf, const server_rec *server,
                                     const char *name)
{
    struct ur_label *label;

    if (!taken) {
        return ur_label_htaccess();
    }
    label = apr_pcalloc(pconf, sizeof *label);
    label->name = name;
    label->server = server;
    APR_ARRAY_PUSH(labels, struct ur_label *) = label;
    return label;
}

const struct ur_label *ur_label_htaccess(void)
{
    return APR_ARRAY_IDX(labels, 0, const struct ur_label *);
}

const apr_array_header_t *ur_label_all(void)
{
    return labels;
}
