#include "wstunnel/tunnel/ur_rouse.h"

#include <httpd.h>

#if AP_MODULE_MAGIC_AT_LEAST(20120211, 124)

void ur_rouse_listener(void)
{
}

apr_interval_time_t ur_rouse_patience(apr_interval_time_t wait)
{
    return wait;
}

void ur_rouse_go_on(apr_time_t now)
{
    (void)now;
}

#else

#include <stdatomic.h>

#include <ap_mpm.h>

/* There the listener stops accepting when no worker is idle, and only looks again when
 * something happens in its child: a request of another connection, its timeout, its end. A
 * tunnel that has been handed over does none of this, so after some handshakes at once all
 * others would wait in the queue of the socket. A timer that has run out is something that
 * happens. When a worker hands over it is not idle yet, and may not be for a while. */
#define PERIOD  apr_time_from_msec(100)
#define PERIODS 10

static atomic_int left;
static _Atomic apr_time_t last;

void ur_rouse_listener(void)
{
    atomic_store(&left, PERIODS);
}

apr_interval_time_t ur_rouse_patience(apr_interval_time_t wait)
{
    return atomic_load(&left) > 0 && (wait < 0 || wait > PERIOD) ? PERIOD : wait;
}

static void do_nothing(void *unused)
{
    (void)unused;
}

void ur_rouse_go_on(apr_time_t now)
{
    if (atomic_load(&left) > 0 && now - atomic_load(&last) >= PERIOD) {
        atomic_store(&last, now);
        atomic_fetch_sub(&left, 1);
        ap_mpm_register_timed_callback(0, do_nothing, NULL);
    }
}

#endif
