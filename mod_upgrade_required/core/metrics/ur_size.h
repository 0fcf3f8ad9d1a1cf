#ifndef UR_SIZE_H
#define UR_SIZE_H

#include <stdbool.h>
#include <stdint.h>

/* The reverse: which settings a configuration needs for a number of event tunnels. */
struct ur_size {
    uint64_t threads;     /* ThreadsPerChild */
    uint64_t start;       /* StartServers */
    uint64_t each;        /* UpgradeTunnelMax */
    uint64_t factor;      /* AsyncRequestWorkerFactor */
    uint64_t descriptors; /* open files of a process */
    uint64_t spare_min;   /* MinSpareThreads */
    uint64_t spare_max;   /* MaxSpareThreads */
    uint64_t workers;     /* MaxRequestWorkers */
    uint64_t servers;     /* ServerLimit */
};

#define UR_SIZE_TUNNELS_MAX UINT64_C(10000000)
#define UR_SIZE_THREADS_MIN 4

/* At most UR_SIZE_TUNNELS_MAX tunnels, in children of at least UR_SIZE_THREADS_MIN threads. No
 * setting is smaller than in Debian's package. Children do not take connections evenly: each
 * has room for a tenth more than its share. */
void ur_size(struct ur_size *size, uint64_t tunnels, uint64_t threads);

#endif
