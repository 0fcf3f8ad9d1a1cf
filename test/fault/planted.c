/* A module for a server under test, to be loaded as upgrade_planted_module behind the modules:
 * makes the faults that test/campaign has to find. Each is there with a "Define planted-NAME"
 * in the configuration, and happens to every third tunnel or request that it can happen to. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <httpd.h>
#include <http_config.h>
#include <http_core.h>
#include <http_protocol.h>
#include <apr_atomic.h>
#include <apr_optional.h>
#include <apr_strings.h>
#include <util_filter.h>

/* As ur_modules.h has it, as far as an optional function needs it. */
APR_DECLARE_OPTIONAL_FN(void, upgrade_required_opened, (const void *label, int carrier));

static APR_OPTIONAL_FN_TYPE(upgrade_required_opened) * count_opened;

/* Whether it is this one's turn. */
static int planted(const char *name)
{
    static volatile apr_uint32_t turn;

    return ap_exists_config_define(name) && apr_atomic_inc32(&turn) % 3 == 0;
}

static void upgrade_required_opened(const void *label, int carrier)
{
    if (!planted("planted-uncounted")) {
        count_opened(label, carrier);
    }
}

static int at_the_log(request_rec *r)
{
    if (!apr_table_get(r->subprocess_env, "UPGRADE_TUNNEL")) {
        return DECLINED;
    }
    if (ap_exists_config_define("planted-descriptor") && open("/dev/null", O_RDONLY) < 0) {
        abort();
    }
    if (planted("planted-unlogged")) {
        apr_table_unset(r->subprocess_env, "UPGRADE_TUNNEL");
    }
    if (planted("planted-crash")) {
        raise(SIGSEGV);
    }
    if (planted("planted-freed")) {
        apr_pool_t *pool;
        const char *text;
        apr_pool_create(&pool, r->pool);
        text = apr_pstrdup(pool, "freed");
        apr_pool_destroy(pool);
        apr_table_set(r->notes, "planted", text);
    }
    return DECLINED;
}

/* What the policy refuses is made what it allows, before it can see it. */
static int forward(request_rec *r)
{
    const char *version = apr_table_get(r->headers_in, "Sec-WebSocket-Version");

    if (ap_exists_config_define("planted-forwarded") && version && strcmp(version, "13") != 0) {
        apr_table_setn(r->headers_in, "Sec-WebSocket-Version", "13");
    }
    return DECLINED;
}

/* A 101 of which no backend knows. */
static int forge(request_rec *r)
{
    conn_rec *c = r->connection;
    apr_bucket_brigade *bb;

    if (c->master || !apr_table_get(r->headers_in, "Sec-WebSocket-Key") ||
        !planted("planted-forged")) {
        return DECLINED;
    }
    bb = apr_brigade_create(r->pool, c->bucket_alloc);
    apr_brigade_puts(bb, NULL, NULL,
                     "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                     "Connection: Upgrade\r\n\r\n");
    APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_flush_create(c->bucket_alloc));
    ap_pass_brigade(c->output_filters, bb);
    c->keepalive = AP_CONN_CLOSE;
    return DONE;
}

static void register_hooks(apr_pool_t *p)
{
    (void)p;
    count_opened = APR_RETRIEVE_OPTIONAL_FN(upgrade_required_opened);
    if (count_opened) {
        APR_REGISTER_OPTIONAL_FN(upgrade_required_opened);
    }
    ap_hook_post_read_request(forward, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_handler(forge, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_log_transaction(at_the_log, NULL, NULL, APR_HOOK_REALLY_FIRST);
}

module upgrade_planted_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks,
#ifdef AP_MODULE_FLAG_NONE
    AP_MODULE_FLAG_NONE,
#endif
};
