#include "wstunnel/tunnel/ur_generations.h"

#include "core/metrics/ur_drain.h"
#include "wstunnel/ur_module.h"
#include "wstunnel/config/ur_limits.h"
#include "wstunnel/tunnel/ur_mpm.h"

#include <http_core.h>
#include <http_log.h>

/* With fewer, a busy day of reloads ends tunnels that are hours old. */
#define GENERATIONS_LEAST 5

static uint64_t needed;

static void say_how_many(server_rec *s, uint64_t places)
{
    uint64_t generations = ur_drain_generations(places, needed);
    bool few = generations < GENERATIONS_LEAST;

    ap_log_error(
        APLOG_MARK, few ? APLOG_WARNING : APLOG_NOTICE, 0, s,
        "UR0023: UpgradeTunnel event: ServerLimit (now %" APR_UINT64_T_FMT
        ") has slots for %" APR_UINT64_T_FMT " generation%s of %" APR_UINT64_T_FMT
        " children that serve or wait for their tunnels; a reload beyond that ends the oldest "
        "tunnels within %d seconds%s",
        places, generations, generations == 1 ? "" : "s", needed,
        (int)apr_time_sec(UR_DRAIN_EARLY), few ? "; raise it" : "");
}

static void say_how_fast(server_rec *s)
{
    uint64_t seconds = (uint64_t)apr_time_sec(ur_limits_drain());
    uint64_t threads = ur_mpm_ask(AP_MPMQ_MAX_THREADS);
    uint64_t gentle = ur_drain_gentle(ur_limits_max(), threads);

    if (seconds && seconds < gentle) {
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, s,
                     "UR0024: UpgradeTunnelDrain %" APR_UINT64_T_FMT
                     ": a full child ends more tunnels per second than it has workers "
                     "(%" APR_UINT64_T_FMT
                     "), and reconnecting clients may occupy all of them; "
                     "use at least %" APR_UINT64_T_FMT,
                     seconds, threads, gentle);
    }
}

int ur_generations_open(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    (void)pconf;
    (void)plog;
    (void)ptemp;
    needed = ur_limits_children();
    if (ur_limits_wanted() && ap_state_query(AP_SQ_MAIN_STATE) != AP_SQ_MS_CREATE_PRE_CONFIG) {
        say_how_many(s, ur_mpm_ask(AP_MPMQ_HARD_LIMIT_DAEMONS));
        say_how_fast(s);
    }
    return OK;
}

uint64_t ur_generations_needed(void)
{
    return needed;
}
