#ifndef UR_CLOCK_H
#define UR_CLOCK_H

#include <time.h>

#include <apr_time.h>

/* Microseconds of a monotonic clock, for durations. */
static inline apr_time_t ur_clock(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return apr_time_from_sec(now.tv_sec) + now.tv_nsec / 1000;
}

#endif
