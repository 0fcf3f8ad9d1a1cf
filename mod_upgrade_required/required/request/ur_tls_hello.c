#include "required/request/ur_tls_hello.h"

#include "required/request/ur_connection.h"
#include "required/request/ur_openssl.h"
#include "required/request/ur_tls_group.h"
#include "required/ur_module.h"
#include "required/pages/ur_monitor.h"
#include "shared/ur_text.h"
#include "core/protocol/ur_client_hello.h"

#if defined(__has_include)
#if __has_include(<mod_ssl_openssl.h>)
#define HAVE_MOD_SSL 1
#endif
#endif

#ifdef HAVE_MOD_SSL

#include <apr_strings.h>
#include <http_ssl.h>
#include <mod_ssl_openssl.h>

/* Types of handshake messages */
enum { CLIENT_HELLO = 1, FINISHED = 20 };

typedef void set_callback(SSL *ssl, void (*callback)(int written, int version, int type,
                                                     const void *bytes, size_t len, SSL *ssl,
                                                     void *watch));
typedef long control(SSL *ssl, int command, long number, void *pointer);
typedef int shut_down(SSL *ssl);

/* mod_ssl has loaded the library; all NULL without it. */
static set_callback *set_message_callback;
static control *ssl_control;
static shut_down *ssl_shut_down;

struct watch {
    conn_rec *c;
    enum ur_tls highest; /* offered */
    bool seen;
    bool finished;
};

static void write_alpn(struct ur_buf *out, const void *alpn)
{
    ur_client_hello_alpn(*(const struct ur_span *)alpn, out);
}

static struct ur_groups keep_groups(apr_pool_t *pool, struct ur_span raw,
                                    size_t (*read)(struct ur_span, uint16_t *))
{
    uint16_t ids[UR_HELLO_GROUPS_MAX];
    struct ur_groups groups = {NULL, 0};

    if (ur_span_present(raw)) {
        groups.count = read(raw, ids);
        groups.ids = apr_pmemdup(pool, ids, groups.count * sizeof ids[0]);
    }
    return groups;
}

/* For the probe. */
static void keep_offer(conn_rec *c, const struct ur_client_hello *hello)
{
    struct ur_connection *connection = ur_connection_of(c);

    if (!connection) {
        return;
    }
    if (hello->alpn.len) {
        connection->alpn = ur_text(c->pool, hello->alpn.len * 2, write_alpn, &hello->alpn).at;
    }
    connection->groups = keep_groups(c->pool, hello->groups, ur_client_hello_groups);
    connection->key_shares =
        keep_groups(c->pool, hello->key_shares, ur_client_hello_key_shares);
}

/* A second ClientHello, after a HelloRetryRequest, is the same client's. */
static void see_hello(struct watch *watch, struct ur_span message)
{
    struct ur_client_hello hello;

    if (watch->seen || !ur_client_hello_read(message, &hello)) {
        return;
    }
    watch->seen = true;
    watch->highest = hello.highest;
    ur_monitor_hello((struct ur_offer){hello.highest, hello.post_quantum});
    keep_offer(watch->c, &hello);
}

/* OpenSSL hands over whole messages, however many records they came in. */
static void see_message(int written, int version, int type, const void *bytes, size_t len,
                        SSL *ssl, void *arg)
{
    struct ur_span message = {bytes, len};
    struct watch *watch = arg;

    (void)version;
    if (written || type != SSL3_RT_HANDSHAKE || !len) {
        return;
    }
    if (message.at[0] == CLIENT_HELLO) {
        see_hello(watch, message);
    }
    else if (message.at[0] == FINISHED) {
        watch->finished = true;
        ur_tls_group_watch(watch->c);
        set_message_callback(ssl, NULL);
    }
}

/* However it ended: an alert of either side, a lost connection, a timeout. */
static apr_status_t count_failure(void *arg)
{
    const struct watch *watch = arg;

    if (watch->seen && !watch->finished) {
        ur_monitor_hello_failure(watch->highest);
    }
    return APR_SUCCESS;
}

static int watch_handshake(conn_rec *c, SSL *ssl, int is_proxy)
{
    struct ur_connection *connection = ur_connection_of(c);
    struct watch *watch;

    if (connection && !is_proxy) {
        connection->ssl = ssl;
    }
    if (is_proxy || !set_message_callback) {
        return OK;
    }
    watch = apr_pcalloc(c->pool, sizeof *watch);
    watch->c = c;
    apr_pool_cleanup_register(c->pool, watch, count_failure, apr_pool_cleanup_null);
    ssl_control(ssl, SSL_CTRL_SET_MSG_CALLBACK_ARG, 0, watch);
    set_message_callback(ssl, see_message);
    return OK;
}

void ur_tls_hello_register(void)
{
    APR_OPTIONAL_HOOK(ssl, pre_handshake, watch_handshake, NULL, NULL, APR_HOOK_MIDDLE);
}

int ur_tls_hello_open(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    (void)pconf;
    (void)plog;
    (void)ptemp;
    (void)s;
    set_message_callback = (set_callback *)ur_openssl_function("SSL_set_msg_callback");
    ssl_control = (control *)ur_openssl_function("SSL_ctrl");
    ssl_shut_down = (shut_down *)ur_openssl_function("SSL_shutdown");
    if (!ssl_control) {
        set_message_callback = NULL;
    }
    return OK;
}

int ur_tls_hello_available(void)
{
    return set_message_callback != NULL;
}

/* mod_ssl frees its data when the connection is shut down; then its variables are empty. */
int upgrade_required_end_tls(conn_rec *c)
{
    struct ur_connection *connection = ur_connection_of(c);

    if (!ssl_shut_down || !connection || !connection->ssl || !ap_ssl_conn_is_ssl(c)) {
        return 0;
    }
    ssl_shut_down(connection->ssl);
    return 1;
}

#else

int upgrade_required_end_tls(conn_rec *c)
{
    (void)c;
    return 0;
}

void ur_tls_hello_register(void)
{
}

int ur_tls_hello_open(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    (void)pconf;
    (void)plog;
    (void)ptemp;
    (void)s;
    return OK;
}

int ur_tls_hello_available(void)
{
    return 0;
}

#endif
