#include "wstunnel/proxy/ur_keep.h"

#include "ur_modules.h"
#include "core/text/ur_list.h"
#include "wstunnel/proxy/ur_backend_url.h"
#include "wstunnel/ur_module.h"
#include "shared/ur_setting.h"
#include "wstunnel/config/ur_route.h"
#include "wstunnel/tunnel/ur_child.h"

#include <stdbool.h>

#include <apr_base64.h>
#include <apr_sha1.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>

static APR_OPTIONAL_FN_TYPE(upgrade_required_keep) * judge;
static APR_OPTIONAL_FN_TYPE(upgrade_required_ends_in_http2) * ends_in_http2;
static APR_OPTIONAL_FN_TYPE(upgrade_required_client) * take_for_client;

int ur_keep_find_policy(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    (void)pconf;
    (void)plog;
    (void)ptemp;
    judge = APR_RETRIEVE_OPTIONAL_FN(upgrade_required_keep);
    ends_in_http2 = APR_RETRIEVE_OPTIONAL_FN(upgrade_required_ends_in_http2);
    take_for_client = APR_RETRIEVE_OPTIONAL_FN(upgrade_required_client);
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

static struct ur_kept *mark(request_rec *r, const struct ur_policy_name *label, bool handshake)
{
    struct ur_kept *kept = apr_pcalloc(r->pool, sizeof *kept);

    kept->accept = handshake
                       ? accept_of(r->pool, apr_table_get(r->headers_in, "Sec-WebSocket-Key"))
                       : NULL;
    kept->label = label;
    kept->client_fields = r->headers_in;
    ap_set_module_config(r->request_config, &upgrade_wstunnel_module, kept);
    return kept;
}

/* Whether it goes where a WebSocket could be opened: what is not proxied, or goes to FastCGI or
 * AJP, is ignored. SetHandler "proxy:..." makes it a proxied request only when the handler
 * runs. */
static bool may_switch(const request_rec *r)
{
    const char *target = r->proxyreq ? r->filename : r->handler;

    return target && strncmp(target, "proxy:", 6) == 0 && ur_backend_url_may_switch(target + 6);
}

/* What an administrator who has forgotten the directive looks for. Other requests do not
 * concern this module, and cost nothing. */
static int not_kept(const request_rec *r, int result, const char *why)
{
    if (APLOG_R_IS_LEVEL(r, APLOG_DEBUG) &&
        ur_list_has(ur_span_of(apr_table_get(r->headers_in, "Upgrade")),
                    UR_SPAN("websocket"))) {
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r,
                      "UR0032: a WebSocket handshake is left to mod_proxy, which drops Upgrade "
                      "unless the worker's upgrade= names it: %s",
                      why);
    }
    return result;
}

/* UpgradeTunnelPerClient. */
static int admit_client(request_rec *r, const struct ur_route *route, struct ur_kept *kept)
{
    int status = OK;

    if (route->per_client && route->per_client != UR_SETTING_NONE && take_for_client) {
        status = take_for_client(r, kept->label, route->per_client, &kept->ticket.client);
    }
    if (status != OK) {
        ur_child_count_limited();
    }
    return status;
}

/* The last thing before the backend: who is refused should not hold a place. */
static int admit(request_rec *r, const struct ur_route *route, struct ur_kept *kept)
{
    int status = admit_client(r, route, kept);

    return status == OK ? ur_child_admit(r, &kept->ticket, kept->event) : status;
}

int ur_keep_fixups(request_rec *r)
{
    const struct ur_route *route;
    const struct ur_policy_name *label;
    struct ur_kept *kept;
    int keeps = 0;
    int result;

    if (!judge || !may_switch(r)) {
        return DECLINED;
    }
    route = ap_get_module_config(r->per_dir_config, &upgrade_wstunnel_module);
    if (route->keep && route->keep->none) {
        return not_kept(r, DECLINED, "UpgradeKeep none applies here");
    }
    label = route->keep ? route->keep->label : NULL;
    result = judge(r, &label, &keeps);
    if (result != OK && result != DECLINED) {
        return result;
    }
    if (!keeps) {
        return not_kept(
            r, result,
            "neither UpgradeKeep WebSocket nor UpgradeRequire WebSocket applies here");
    }
    kept = mark(r, label, result == OK);
    kept->event = route->carrier == UR_CARRIER_EVENT;
    kept->log_open = route->log_open == UR_LOG_OPEN_ON;
    return result == OK ? admit(r, route, kept) : result;
}

int ur_keep_restore(request_rec *r)
{
    /* A log uses the last of the requests that redirects have made of it. */
    for (; r; r = r->next) {
        const struct ur_kept *kept = ur_keep_of(r);
        if (kept) {
            r->headers_in = kept->client_fields;
        }
    }
    return DECLINED;
}

/* Loggers look at the first of the requests that redirects have made of it, and find the last.
 * mod_proxy has not set the status yet where a worker carries the tunnel, and a hook of this
 * module shows loggers what the client sent. */
void ur_keep_log_opened(request_rec *r)
{
    const struct ur_kept *kept = ur_keep_of(r);
    request_rec *first = r;
    apr_table_t *fields = r->headers_in;
    int status = r->status;

    if (!kept->log_open) {
        return;
    }
    while (first->prev) {
        first = first->prev;
    }
    apr_table_setn(r->subprocess_env, "UPGRADE_TUNNEL", "open");
    r->status = HTTP_SWITCHING_PROTOCOLS;
    ap_run_log_transaction(first);
    r->status = status;
    r->headers_in = fields;
    apr_table_unset(r->subprocess_env, "UPGRADE_TUNNEL");
}

struct ur_kept *ur_keep_of(const request_rec *r)
{
    return ap_get_module_config(r->request_config, &upgrade_wstunnel_module);
}

bool ur_keep_ends_in_http2(request_rec *r)
{
    return ends_in_http2 && ends_in_http2(r);
}
