#ifndef UR_OVERFLOW_H
#define UR_OVERFLOW_H

#include <stdbool.h>
#include <stdint.h>

#include <apr_ring.h>
#include <httpd.h>

/* The tunnels of this child that worker threads carry although their routes want event tunnels:
 * those beyond its maximum, and those opened while it was leaving. They must not keep it when
 * it has to exit. */

struct ur_overflow {
    APR_RING_ENTRY(ur_overflow) link; /* any thread's, with the list's lock */
    apr_socket_t *client;             /* set by the thread that carries it; NULL: a stream */
    apr_socket_t *watched;            /* whose end that thread notices; any's, with the lock */
    bool told;                        /* to end; any thread's, with the lock */
};

/* child_init */
void ur_overflow_reset(void);

/* Before a thread waits for r's tunnel; and after that, whether it was made to end. */
void ur_overflow_begin(struct ur_overflow *tunnel, const request_rec *r);
bool ur_overflow_end(struct ur_overflow *tunnel);

/* The same, for the thread that carries it. */
bool ur_overflow_is_told(const struct ur_overflow *tunnel);

/* Its thread reads from this socket instead of the client's; NULL: from none. */
void ur_overflow_watch(struct ur_overflow *tunnel, apr_socket_t *socket);

/* How many have not been told to end. */
uint64_t ur_overflow_count(void);

/* From any thread: makes this many end, the oldest first. Their threads read an end from the
 * client's side, or from where they watch instead, and then see that it did not come from
 * there. */
void ur_overflow_tell(uint64_t count);

#endif
