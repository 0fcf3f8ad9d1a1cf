#ifndef UR_OVERFLOW_H
#define UR_OVERFLOW_H

#include <stdbool.h>
#include <stdint.h>

#include <apr_ring.h>
#include <httpd.h>

/* The tunnels of this child that worker threads carry although their routes want event tunnels:
 * those beyond its room, and those that came when it was leaving. Once it has to go they must
 * not keep it. */

struct ur_overflow {
    APR_RING_ENTRY(ur_overflow) link; /* any thread's, with the list's lock */
    apr_socket_t *client;             /* set by the thread that carries it */
    bool told;                        /* to end; any thread's, with the lock */
};

/* child_init */
void ur_overflow_reset(void);

/* Before a thread waits for r's tunnel, and after that: whether it has been told to end. */
void ur_overflow_begin(struct ur_overflow *tunnel, const request_rec *r);
bool ur_overflow_end(struct ur_overflow *tunnel);

/* Whether it has been, for the thread that carries it. */
bool ur_overflow_is_told(const struct ur_overflow *tunnel);

/* How many have not been told to end. */
uint64_t ur_overflow_count(void);

/* From any thread: so many are, the oldest first. Their threads read the end of what the client
 * has to say, and see then that it is none of the client's. */
void ur_overflow_tell(uint64_t count);

#endif
