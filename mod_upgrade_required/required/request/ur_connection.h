#ifndef UR_CONNECTION_H
#define UR_CONNECTION_H

#include "core/protocol/ur_group.h"

#include <httpd.h>

/* What is determined once per client connection, so that no request pays for it. */
struct ur_connection {
    /* What TLS agreed on, as ur_request.c keeps it; 0: not determined yet, or no TLS. The
     * streams of one HTTP/2 connection are served by several threads at once; all of them
     * determine the same, but they must not race. */
    apr_uint32_t agreed;
    void *ssl;        /* OpenSSL's; as long as ap_ssl_conn_is_ssl() says so */
    const char *alpn; /* protocols that the client offered, ", " between them; NULL: none, or
                       * not known */
    struct ur_groups groups;     /* that the client offered for the key exchange */
    struct ur_groups key_shares; /* for which it sent a key with its first message */
};

/* pre_connection, before mod_ssl's. */
int ur_connection_open(conn_rec *c, void *socket);

/* Of the TCP connection, also for an HTTP/2 stream. NULL for a connection that is not a
 * client's. */
struct ur_connection *ur_connection_of(const conn_rec *c);

#endif
