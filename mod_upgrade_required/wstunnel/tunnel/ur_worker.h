#ifndef UR_WORKER_H
#define UR_WORKER_H

#include <mod_proxy.h>

/* Adds to mod_proxy's counters of a backend, from any thread. */
static inline void ur_worker_count(proxy_worker *worker, apr_off_t read, apr_off_t transferred)
{
    __atomic_fetch_add(&worker->s->read, read, __ATOMIC_RELAXED);
    __atomic_fetch_add(&worker->s->transferred, transferred, __ATOMIC_RELAXED);
}

#endif
