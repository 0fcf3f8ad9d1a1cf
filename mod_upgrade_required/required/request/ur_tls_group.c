#include "required/request/ur_tls_group.h"

#include "required/request/ur_connection.h"
#include "required/request/ur_openssl.h"
#include "core/protocol/ur_group.h"

#include <apr_atomic.h>

/* OpenSSL's numbers, which are part of its binary interface. */
enum {
    SET_TLSEXT_DEBUG_CALLBACK = 56,
    SET_TLSEXT_DEBUG_ARGUMENT = 57,
    SET_GROUPS_LIST = 92,
    GET_NEGOTIATED_GROUP = 134,
    WITHOUT_NID = 0x1000000, /* beside the group's number in the registry */
    ALLOW_NO_DHE_KEX = 1 << 10
};

typedef long control(void *ssl, int command, long number, void *pointer);
typedef long callback_control(void *ssl, int command, void (*callback)(void));
typedef const char *name_of_nid(int nid);
typedef apr_uint64_t options(const void *ssl);
typedef int reused(const void *ssl);

static struct {
    control *control;
    callback_control *callback_control;
    name_of_nid *name_of_nid;
    options *options;
    reused *reused;
} openssl;

int ur_tls_group_open(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    (void)pconf;
    (void)plog;
    (void)ptemp;
    (void)s;
    openssl.control = (control *)ur_openssl_function("SSL_ctrl");
    openssl.callback_control = (callback_control *)ur_openssl_function("SSL_callback_ctrl");
    openssl.name_of_nid = (name_of_nid *)ur_openssl_function("OBJ_nid2sn");
    openssl.options = (options *)ur_openssl_function("SSL_get_options");
    openssl.reused = (reused *)ur_openssl_function("SSL_session_reused");
    return OK;
}

static void *ssl_of(const conn_rec *c)
{
    const struct ur_connection *connection = ur_connection_of(c);

    return connection ? connection->ssl : NULL;
}

/* An OpenSSL without this command says 0. */
uint16_t ur_tls_group(const conn_rec *c)
{
    void *ssl = ssl_of(c);
    long group =
        ssl && openssl.control ? openssl.control(ssl, GET_NEGOTIATED_GROUP, 0, NULL) : 0;

    if (group <= 0) {
        return UR_GROUP_UNKNOWN;
    }
    if (group & WITHOUT_NID) {
        return (uint16_t)(group & UINT16_MAX);
    }
    return openssl.name_of_nid ? ur_group_from_name(ur_span_of(openssl.name_of_nid((int)group)))
                               : (uint16_t)UR_GROUP_UNKNOWN;
}

bool ur_tls_group_may_lack(const conn_rec *c)
{
    void *ssl = ssl_of(c);

    return ssl && openssl.options && openssl.reused &&
           openssl.options(ssl) & ALLOW_NO_DHE_KEX && openssl.reused(ssl);
}

static void see_extension(void *ssl, int from_client, int type, const unsigned char *bytes,
                          int len, void *connection)
{
    (void)ssl;
    (void)from_client;
    (void)type;
    (void)bytes;
    (void)len;
    apr_atomic_set32(&((struct ur_connection *)connection)->agreed, 0);
}

/* OpenSSL shows the extensions of a ClientHello to whoever debugs them, and a renegotiation
 * cannot do without one. A message callback would be called for each record. */
void ur_tls_group_watch(conn_rec *c)
{
    void *ssl = ssl_of(c);

    if (ssl && openssl.control && openssl.callback_control) {
        openssl.control(ssl, SET_TLSEXT_DEBUG_ARGUMENT, 0, ur_connection_of(c));
        openssl.callback_control(ssl, SET_TLSEXT_DEBUG_CALLBACK, (void (*)(void))see_extension);
    }
}

int ur_tls_group_supported(const char *name)
{
    const void *(*method)(void) =
        (const void *(*)(void))ur_openssl_function("TLS_server_method");
    void *(*create)(const void *) = (void *(*)(const void *))ur_openssl_function("SSL_CTX_new");
    void (*release)(void *) = (void (*)(void *))ur_openssl_function("SSL_CTX_free");
    control *set = (control *)ur_openssl_function("SSL_CTX_ctrl");
    void (*clear_errors)(void) = (void (*)(void))ur_openssl_function("ERR_clear_error");
    void *context;
    long taken;

    if (!method || !create || !release || !set || !clear_errors ||
        !(context = create(method()))) {
        return -1;
    }
    taken = set(context, SET_GROUPS_LIST, 0, (void *)(uintptr_t)name);
    release(context);
    /* A refusal is noted for the next one who looks, which is mod_ssl. */
    clear_errors();
    return taken > 0;
}
