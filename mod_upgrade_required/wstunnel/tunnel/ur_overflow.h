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
    apr_socket_t *backend; /* while its tunnel is open; else NULL; any's, with the lock */
    bool client_ended;     /* its thread reads from the backend only; the same */
    bool told;             /* to end; the same */
    apr_time_t until;      /* then: how long its thread may take to notice; the same */
};

/* child_init */
void ur_overflow_reset(void);

/* Before a thread waits for r's tunnel; and after that, whether it was made to end. */
void ur_overflow_begin(struct ur_overflow *tunnel, const request_rec *r);
bool ur_overflow_end(struct ur_overflow *tunnel);

/* The same, for the thread that carries it. */
bool ur_overflow_is_told(const struct ur_overflow *tunnel);

/* Its thread forwards between the client and this socket, which must not be closed before this
 * is called again, with NULL. */
void ur_overflow_connect(struct ur_overflow *tunnel, apr_socket_t *backend);

/* From now on it reads from the backend only. */
void ur_overflow_client_ended(struct ur_overflow *tunnel);

/* How many have not been told to end. */
uint64_t ur_overflow_count(void);

/* From any thread: makes this many end, the oldest first. Their threads read an end from the
 * client's side, or after its end from the backend's, and then see that it did not come from
 * there. */
void ur_overflow_tell(uint64_t count, apr_time_t now);

/* Breaks both connections of tunnels whose threads have not noticed in time: they do not read
 * from a side while the other one does not take what it says. */
void ur_overflow_break(apr_time_t now);

#endif
