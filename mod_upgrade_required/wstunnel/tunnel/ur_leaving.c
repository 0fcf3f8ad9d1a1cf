#include "wstunnel/tunnel/ur_leaving.h"

#include "core/metrics/ur_drain.h"
#include "wstunnel/ur_module.h"
#include "wstunnel/tunnel/ur_overflow.h"
#include "wstunnel/tunnel/ur_clock.h"
#include "wstunnel/tunnel/ur_generations.h"
#include "wstunnel/config/ur_limits.h"
#include "wstunnel/tunnel/ur_mpm.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <http_log.h>
#include <http_main.h>
#include <httpd.h>
#include <scoreboard.h>

_Static_assert(APR_USEC_PER_SEC == 1000000, "the core and APR count time alike");

/* How often the scoreboard is checked. */
#define REVIEW apr_time_from_sec(1)

enum stopping { STOPPING_NOT, STOPPING_GRACEFULLY, STOPPING_NOW };

static atomic_int stopping;
static const struct ur_tunnel_place *place;

/* Set by a signal handler, which may do no more than this. */
static atomic_bool terminated;
static atomic_bool asked;
_Static_assert(ATOMIC_BOOL_LOCK_FREE == 2, "for a signal handler");

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* over what follows */
static struct ur_plan plan;
static apr_time_t reviewed;

/* The event MPM's own rule: a slot with a process is taken, whatever process it is. */
static void look_at_scoreboard(struct ur_leaver *leaver)
{
    const process_score *children = ap_scoreboard_image->parent;
    ap_generation_t running = ap_scoreboard_image->global->running_generation;
    uint64_t count = ur_mpm_ask(AP_MPMQ_HARD_LIMIT_DAEMONS);

    leaver->replaced = running != (ap_generation_t)ur_mpm_ask(AP_MPMQ_GENERATION);
    for (uint64_t i = 0; i < count; i++) {
        leaver->free += !children[i].pid;
        leaver->serving +=
            children[i].pid && !children[i].quiescing && children[i].generation == running;
    }
}

/* As in the cells, in whole seconds, so that two children that compare themselves see the same.
 */
static struct ur_sibling read_cell(const struct ur_tunnel_cell *cell)
{
    return (struct ur_sibling){
        .leaving = apr_time_from_sec(atomic_load(&cell->leaving)),
        .generation = atomic_load(&cell->generation),
        .until = apr_time_from_sec(atomic_load(&cell->draining)),
        .open = ur_tunnel_cell_open(cell, UR_CARRIED_EVENT),
    };
}

static void look_at_sibling(struct ur_leaver *leaver, const struct ur_sibling *sibling,
                            const struct ur_sibling *self, apr_time_t now)
{
    leaver->going += ur_drain_goes_first(sibling, self, now, UR_DRAIN_EARLY);
    leaver->sooner += ur_drain_goes_first(sibling, self, now, UR_DRAIN_HURRY);
    leaver->awaited += ur_drain_is_awaited(sibling, self, now, UR_DRAIN_EARLY);
    leaver->awaited_sooner += ur_drain_is_awaited(sibling, self, now, UR_DRAIN_HURRY);
}

static void look_at_siblings(struct ur_leaver *leaver, apr_time_t now)
{
    ap_generation_t running = ap_scoreboard_image->global->running_generation;
    struct ur_sibling self;

    if (!place->cell) {
        return;
    }
    self = read_cell(place->cell);
    for (size_t i = 0; i < place->all.count; i++) {
        const struct ur_tunnel_cell *cell = &place->all.first[i];
        struct ur_sibling sibling = read_cell(cell);
        if (!atomic_load(&cell->pid) || !sibling.leaving) {
            continue;
        }
        leaver->spent += sibling.generation == running && sibling.leaving > now - UR_DRAIN_ALL;
        if (cell != place->cell) {
            look_at_sibling(leaver, &sibling, &self, now);
        }
    }
}

/* What is to be logged, by a thread of its own, because a poller must not wait for a log. */
struct notice {
    enum ur_drain why;
    int seconds;
    uint64_t open;
    struct ur_leaver leaver;
};

static void log_notice(const struct notice *notice)
{
    static const char *const whys[UR_DRAINS] = {
        [UR_DRAIN_NOT] = "",
        [UR_DRAIN_SAID] = "UpgradeTunnelDrain is set",
        [UR_DRAIN_PLACES] = "it is the oldest, and too few slots for children are free",
        [UR_DRAIN_ASKED] = "it received SIGWINCH",
        [UR_DRAIN_NOBODY] = "no child is serving, and no slot for one is free",
    };

    ap_log_error(APLOG_MARK, notice->why == UR_DRAIN_NOBODY ? APLOG_WARNING : APLOG_NOTICE, 0,
                 ap_server_conf,
                 "UR0022: a child of generation %d ends its %" APR_UINT64_T_FMT
                 " tunnels within %d seconds: %s (ServerLimit: %" APR_UINT64_T_FMT
                 ", %" APR_UINT64_T_FMT " free, %" APR_UINT64_T_FMT " needed)",
                 (int)ur_mpm_ask(AP_MPMQ_GENERATION), notice->open, notice->seconds,
                 whys[notice->why], ur_mpm_ask(AP_MPMQ_HARD_LIMIT_DAEMONS), notice->leaver.free,
                 notice->leaver.needed + notice->leaver.spent);
}

static void *run_notice(void *data)
{
    log_notice(data);
    free(data);
    return NULL;
}

static void tell(const struct ur_leaver *leaver)
{
    struct notice *notice = malloc(sizeof *notice);
    pthread_t thread;

    if (!notice) {
        return;
    }
    *notice = (struct notice){
        .why = plan.why,
        .seconds = (int)apr_time_sec(plan.until - plan.since),
        .open = (place->cell ? ur_tunnel_cell_open(place->cell, UR_CARRIED_EVENT) : 0) +
                ur_overflow_count(),
        .leaver = *leaver,
    };
    if (pthread_create(&thread, NULL, run_notice, notice) != 0) {
        free(notice);
        return;
    }
    pthread_detach(thread);
}

static void review(apr_time_t now)
{
    struct ur_leaver leaver = {
        .said = ur_limits_drain(),
        .asked = atomic_load(&asked),
        .needed = ur_generations_needed(),
    };

    look_at_scoreboard(&leaver);
    look_at_siblings(&leaver, now);
    if (ur_drain_review(&plan, &leaver, now)) {
        if (place->cell) {
            atomic_store(&place->cell->draining, (int64_t)apr_time_sec(plan.until));
        }
        tell(&leaver);
    }
}

/* A child that leaves gracefully no longer reacts to the server's TERM: it only waits for its
 * connections. The one that it sends itself does not count. */
static void on_signal(int number, siginfo_t *info, void *context)
{
    (void)context;
    if (number == SIGWINCH) {
        atomic_store(&asked, true);
    }
    else if (info->si_pid != getpid()) {
        atomic_store(&terminated, true);
    }
}

static void hear(int number)
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_signal;
    action.sa_flags = SA_SIGINFO; /* and no SA_RESTART: the signal interrupts, as the MPM's */
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

/* The MPM may have set its own for TERM meanwhile, in a child that leaves very early; and it
 * blocks all other signals in every thread. */
static void hear_signals(void)
{
    sigset_t signals;

    hear(SIGTERM);
    sigemptyset(&signals);
    sigaddset(&signals, SIGWINCH);
    pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
}

enum ur_leave ur_leaving(apr_time_t *since, apr_interval_time_t *span)
{
    int how = atomic_load(&stopping);
    apr_time_t now = ur_clock();
    bool drains;

    if (how == STOPPING_GRACEFULLY) {
        hear_signals();
    }
    if (atomic_load(&terminated) || how == STOPPING_NOW) {
        return UR_LEAVE_NOW;
    }
    if (how == STOPPING_NOT) {
        return UR_LEAVE_NOT;
    }
    pthread_mutex_lock(&mutex);
    if (now - reviewed >= REVIEW || (atomic_load(&asked) && plan.why < UR_DRAIN_ASKED)) {
        reviewed = now;
        review(now);
    }
    drains = plan.why != UR_DRAIN_NOT;
    *since = plan.since;
    *span = plan.until - plan.since;
    pthread_mutex_unlock(&mutex);
    return drains ? UR_LEAVE_DRAIN : UR_LEAVE_NOT;
}

bool ur_leaving_begun(void)
{
    return atomic_load(&stopping) != STOPPING_NOT;
}

void ur_leaving_reset(const struct ur_tunnel_place *own)
{
    atomic_store(&stopping, STOPPING_NOT);
    atomic_store(&terminated, false);
    atomic_store(&asked, false);
    memset(&plan, 0, sizeof plan);
    reviewed = 0;
    place = own;
}

void ur_leaving_begin(bool gracefully)
{
    if (gracefully) {
        signal(SIGWINCH, SIG_IGN); /* ignores one that came while the child was serving */
        hear(SIGWINCH);            /* and keeps the next: no thread takes it before a poller */
        hear(SIGTERM);
    }
    atomic_store(&stopping, gracefully ? STOPPING_GRACEFULLY : STOPPING_NOW);
}
