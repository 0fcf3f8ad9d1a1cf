#ifndef UR_WORKER_H
#define UR_WORKER_H

#include <mod_proxy.h>

/* mod_proxy aligns its counters as the system does: 32 bit systems may not add 64 bits there at
 * once. They get what mod_proxy itself does, which can lose an addition. */
static inline void ur_worker_add(apr_off_t *counter, apr_off_t number)
{
    if (__atomic_always_lock_free(sizeof *counter, counter)) {
        __atomic_fetch_add(counter, number, __ATOMIC_RELAXED);
    }
    else {
        *counter += number;
    }
}

/* Adds to mod_proxy's counters of a backend, from any thread. */
static inline void ur_worker_count(proxy_worker *worker, apr_off_t read, apr_off_t transferred)
{
    ur_worker_add(&worker->s->read, read);
    ur_worker_add(&worker->s->transferred, transferred);
}

#endif
