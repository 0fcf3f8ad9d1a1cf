#ifndef UR_WAIT_H
#define UR_WAIT_H

#include <stdbool.h>

#include <mod_proxy.h>

/* The wait of a handshake for its backend's response: limited, and only while the client is
 * there. */

struct ur_wait {
    apr_time_t until;            /* of ur_clock(); 0: not waiting */
    apr_interval_time_t limit;   /* from its beginning on */
    apr_interval_time_t timeout; /* of the backend's socket, as set by mod_proxy */
    bool late;                   /* it has not answered in time */
    bool cut;                    /* this child has to exit before that time is over */
    bool gone;                   /* the client has not waited for it */
};

/* A handshake is about to be sent to the backend at the other end of socket. */
void ur_wait_begin(struct ur_wait *wait, const request_rec *r, apr_socket_t *socket);

/* Limits the next blocking read of socket to the time until the next check. */
void ur_wait_slice(const struct ur_wait *wait, apr_socket_t *socket);

/* That read has timed out: whether to continue. False if the backend is late, the client has
 * disconnected, or the child has to exit; neither side is read from to determine that. */
bool ur_wait_on(struct ur_wait *wait, request_rec *r);

/* It has answered, or the wait is over: restores the socket as set by mod_proxy. */
void ur_wait_end(struct ur_wait *wait, apr_socket_t *socket);

/* What mod_proxy_http's status becomes: 504 if the backend was late. */
int ur_wait_status(const struct ur_wait *wait, request_rec *r, int status);

/* mod_proxy's hooks post_request, before its balancers', and request_status, which follows: the
 * 503 of a child that has to exit is not the backend's (failonstatus=503). */
int ur_wait_hide_status(proxy_worker *worker, proxy_balancer *balancer, request_rec *r,
                        proxy_server_conf *conf);
int ur_wait_show_status(int *result, request_rec *r);

#endif
