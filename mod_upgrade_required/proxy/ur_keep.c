#include "proxy/ur_keep.h"

#include "httpd/ur_export.h"
#include "proxy/ur_proxy_module.h"

#include <stdbool.h>

#include <apr_base64.h>
#include <apr_sha1.h>
#include <apr_strings.h>
#include <http_core.h>

enum keep { KEEP_UNSET, KEEP_WEBSOCKET, KEEP_NONE };

struct keep_config {
    enum keep keep;
    const struct ur_label *label; /* of the section that says so */
};

static APR_OPTIONAL_FN_TYPE(upgrade_required_keep) * judge;

void *ur_keep_create_dir(apr_pool_t *p, char *dir)
{
    (void)dir;
    return apr_pcalloc(p, sizeof(struct keep_config));
}

/* The members belong together, so there is nothing to build anew. */
void *ur_keep_merge_dir(apr_pool_t *p, void *outer, void *inner)
{
    const struct keep_config *config = inner;

    (void)p;
    return config->keep == KEEP_UNSET ? outer : inner;
}

static const char *set_keep(cmd_parms *cmd, void *dir, const char *word)
{
    struct keep_config *config = dir;
    APR_OPTIONAL_FN_TYPE(upgrade_required_label) * label_of;
    const char *error = ap_check_cmd_context(cmd, NOT_IN_LIMIT);

    if (error) {
        return error;
    }
    if (!cmd->path) {
        return "UpgradeKeep: stands in <Location>, <Directory>, <Files>, <If> or .htaccess "
               "only";
    }
    /* Found anew each time: the policy module's code may have been replaced. */
    label_of = APR_RETRIEVE_OPTIONAL_FN(upgrade_required_label);
    config->label = label_of ? label_of(cmd) : NULL;
    if (ap_cstr_casecmp(word, "websocket") == 0) {
        config->keep = KEEP_WEBSOCKET;
        return NULL;
    }
    if (ap_cstr_casecmp(word, "none") == 0) {
        config->keep = KEEP_NONE;
        return NULL;
    }
    return "UpgradeKeep: the protocol to keep is none of: WebSocket, none";
}

const command_rec ur_keep_directives[] = {
    AP_INIT_TAKE1("UpgradeKeep", set_keep, NULL, OR_FILEINFO,
                  "WebSocket: keep handshakes on this proxied route; none: do not, even where "
                  "UpgradeRequire WebSocket implies it"),
    {.name = NULL},
};

int ur_keep_find_policy(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    (void)pconf;
    (void)plog;
    (void)ptemp;
    judge = APR_RETRIEVE_OPTIONAL_FN(upgrade_required_keep);
    if (!judge) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                     "UR0005: mod_upgrade_wstunnel does nothing without mod_upgrade_required; "
                     "load upgrade_required_module");
    }
    return OK;
}

/* RFC 6455, 4.2.2, item 5.4 */
static const char *accept_of(apr_pool_t *pool, const char *key)
{
    static const char GUID[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    unsigned char digest[APR_SHA1_DIGESTSIZE];
    apr_sha1_ctx_t sha1;
    char *accept = apr_palloc(pool, (apr_size_t)apr_base64_encode_len(APR_SHA1_DIGESTSIZE));

    apr_sha1_init(&sha1);
    apr_sha1_update(&sha1, key, (unsigned)strlen(key));
    apr_sha1_update(&sha1, GUID, sizeof GUID - 1);
    apr_sha1_final(digest, &sha1);
    apr_base64_encode_binary(accept, digest, APR_SHA1_DIGESTSIZE);
    return accept;
}

static void mark(request_rec *r, bool handshake)
{
    struct ur_kept *kept = apr_palloc(r->pool, sizeof *kept);

    kept->accept = handshake
                       ? accept_of(r->pool, apr_table_get(r->headers_in, "Sec-WebSocket-Key"))
                       : NULL;
    kept->client_fields = r->headers_in;
    ap_set_module_config(r->request_config, &upgrade_wstunnel_module, kept);
}

/* SetHandler "proxy:..." makes it a proxied request only when the handler runs. */
static bool is_proxied(const request_rec *r)
{
    return r->proxyreq || (r->handler && strncmp(r->handler, "proxy:", 6) == 0);
}

int ur_keep_fixups(request_rec *r)
{
    const struct keep_config *config;
    int keeps = 0;
    int result;

    if (!judge || !is_proxied(r) || r->main) {
        return DECLINED;
    }
    config = ap_get_module_config(r->per_dir_config, &upgrade_wstunnel_module);
    if (config->keep == KEEP_NONE) {
        return DECLINED;
    }
    result = judge(r, config->keep == KEEP_WEBSOCKET ? config->label : NULL, &keeps);
    if (keeps && (result == OK || result == DECLINED)) {
        mark(r, result == OK);
    }
    return result;
}

int ur_keep_restore(request_rec *r)
{
    const struct ur_kept *kept = ur_keep_of(r);

    if (kept) {
        r->headers_in = kept->client_fields;
    }
    return DECLINED;
}

const struct ur_kept *ur_keep_of(const request_rec *r)
{
    return ap_get_module_config(r->request_config, &upgrade_wstunnel_module);
}
