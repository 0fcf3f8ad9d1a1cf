#ifndef UR_WAIT_H
#define UR_WAIT_H

#include <stdbool.h>

#include <httpd.h>

/* The wait of a handshake for its backend's answer: not for long, and not without a client. */

struct ur_wait {
    apr_time_t until;            /* of ur_clock(); 0: nobody waits */
    apr_interval_time_t limit;   /* from its beginning on */
    apr_interval_time_t timeout; /* of the backend's socket, as mod_proxy has set it */
    bool late;                   /* it has not answered in time */
    bool gone;                   /* the client has not waited for it */
};

/* The backend at the other end of socket is about to be asked. */
void ur_wait_begin(struct ur_wait *wait, const request_rec *r, apr_socket_t *socket);

/* The next blocking read of socket takes no longer than it may until somebody looks again. */
void ur_wait_slice(const struct ur_wait *wait, apr_socket_t *socket);

/* That read has timed out: whether to go on. Not when the backend is late, or the client has
 * gone; no byte of either is read to know that. */
bool ur_wait_on(struct ur_wait *wait, request_rec *r);

/* It has answered, or is not waited for any more: the socket is as mod_proxy has set it. */
void ur_wait_end(struct ur_wait *wait, apr_socket_t *socket);

/* What mod_proxy_http's answer, status, becomes: a gateway that was late says so. */
int ur_wait_status(const struct ur_wait *wait, request_rec *r, int status);

#endif
