#include "tunnel/ur_leaving.h"

#include "tunnel/ur_clock.h"
#include "tunnel/ur_limits.h"
#include "tunnel/ur_mpm.h"

#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include <httpd.h>
#include <scoreboard.h>

/* So long nobody of this generation has to have been accepting connections, and the server is
 * taken to be stopping. */
#define ALONE_LONG_ENOUGH apr_time_from_sec(3)

enum stopping { STOPPING_NOT, STOPPING_GRACEFULLY, STOPPING_NOW };

static atomic_int stopping;
static _Atomic apr_time_t alone_since;
static _Atomic apr_time_t drain_since;

/* Set by a signal handler, which may do no more than this. */
static atomic_bool terminated;
_Static_assert(ATOMIC_BOOL_LOCK_FREE == 2, "for a signal handler");

/* A child of this generation that takes connections is there: this one is one too many, or has
 * served long enough, and need not go. Elsewhere it is replaced, or the server stops. */
static bool somebody_accepts(ap_generation_t generation)
{
    const process_score *children = ap_scoreboard_image->parent;
    uint64_t count = ur_mpm_ask(AP_MPMQ_HARD_LIMIT_DAEMONS);

    for (uint64_t i = 0; i < count; i++) {
        if (children[i].pid && !children[i].quiescing && children[i].generation == generation) {
            return true;
        }
    }
    return false;
}

static bool has_to_drain(apr_time_t now)
{
    ap_generation_t generation = (ap_generation_t)ur_mpm_ask(AP_MPMQ_GENERATION);
    apr_time_t since = alone_since;

    if (ap_scoreboard_image->global->running_generation != generation) {
        return true;
    }
    if (somebody_accepts(generation)) {
        alone_since = 0;
        return false;
    }
    if (!since) {
        alone_since = now;
        return false;
    }
    return now - since >= ALONE_LONG_ENOUGH;
}

/* A child that leaves gracefully does not hear the server's TERM any more: it only waits for
 * its connections. The one that it sends itself is none. */
static void on_term(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)context;
    if (info->si_pid != getpid()) {
        atomic_store(&terminated, true);
    }
}

static void hear_term(void)
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_term;
    action.sa_flags = SA_SIGINFO; /* and no SA_RESTART: the signal interrupts, as the MPM's */
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
}

enum ur_leave ur_leaving(apr_time_t *since, apr_interval_time_t *span)
{
    int how = atomic_load(&stopping);

    if (atomic_load(&terminated) || how == STOPPING_NOW) {
        return UR_LEAVE_NOW;
    }
    if (how == STOPPING_GRACEFULLY) {
        hear_term(); /* the MPM may have set its own since, in a child that leaves very early */
    }
    if (how == STOPPING_NOT || ur_limits_drain() == 0) {
        return UR_LEAVE_NOT;
    }
    if (!drain_since) {
        apr_time_t now = ur_clock();
        if (!has_to_drain(now)) {
            return UR_LEAVE_NOT;
        }
        drain_since = now;
    }
    *since = drain_since;
    *span = ur_limits_drain();
    return UR_LEAVE_DRAIN;
}

void ur_leaving_reset(void)
{
    atomic_store(&stopping, STOPPING_NOT);
    atomic_store(&terminated, false);
    alone_since = drain_since = 0;
}

void ur_leaving_begin(bool gracefully)
{
    atomic_store(&stopping, gracefully ? STOPPING_GRACEFULLY : STOPPING_NOW);
    if (gracefully) {
        hear_term();
    }
}
