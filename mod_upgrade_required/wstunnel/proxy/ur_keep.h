#ifndef UR_KEEP_H
#define UR_KEEP_H

#include "wstunnel/proxy/ur_wait.h"
#include "wstunnel/tunnel/ur_gate.h"

#include <stdbool.h>

#include <httpd.h>

/* Which proxied requests are on a route that keeps WebSocket handshakes. */

struct ur_policy_name;
struct ur_shadow;
struct ur_overflow;
struct ur_threaded;

struct ur_kept {
    const char *accept; /* of a valid handshake: the required Sec-WebSocket-Accept; NULL: not a
                         * handshake, and it must not switch protocols */
    const struct ur_policy_name *label; /* the policy under which its tunnel is counted */
    apr_table_t *client_fields;         /* headers_in as the client sent them */
    struct ur_ticket ticket;            /* of a valid handshake */
    bool log_open;                      /* its tunnel's opening is logged */
    bool event;                         /* an event tunnel is wanted for it */
    struct ur_overflow *overflow;       /* a thread carries it nevertheless; NULL: none does */
    struct ur_wait wait;                /* for the backend that is asked */
    struct ur_threaded *threaded; /* a tunnel that mod_proxy carries; NULL: none is open */
    struct ur_shadow *shadow;     /* while a backend is asked; else NULL */
};

/* post_config: finds the policy module, whose verdicts this one uses. */
int ur_keep_find_policy(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

/* fixups, after the policy module's: judges, refuses, marks what is to be kept, and reserves
 * room for an event tunnel. */
int ur_keep_fixups(request_rec *r);

/* log_transaction, first: the log sees what the client sent. */
int ur_keep_restore(request_rec *r);

/* A tunnel opens on r, which has a mark. With UpgradeTunnelLogOpen there is one more line in
 * the access log, through the hooks that log a request at its end; r is as it was after that.
 * From a worker. */
void ur_keep_log_opened(request_rec *r);

/* The mark; NULL for every other request. */
struct ur_kept *ur_keep_of(const request_rec *r);

/* Whether the client receives the response over HTTP/2, so that it must not have an Upgrade. */
bool ur_keep_ends_in_http2(request_rec *r);

#endif
