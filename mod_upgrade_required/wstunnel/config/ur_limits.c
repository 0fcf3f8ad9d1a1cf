#include "wstunnel/config/ur_limits.h"

#include "core/metrics/ur_tunnel_budget.h"
#include "wstunnel/config/ur_route.h"
#include "wstunnel/ur_module.h"
#include "wstunnel/tunnel/ur_mpm.h"

#include <sys/resource.h>

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_core.h>

/* Defaults. */
#define FACTOR_DEFAULT 2 /* AsyncRequestWorkerFactor */
#define START_DEFAULT  3 /* StartServers */

/* Of the server. */
static struct {
    bool wanted;
    bool able; /* the MPM can suspend connections */
    struct ur_tunnel_budget room;
} settings;

void ur_limits_want(void)
{
    settings.wanted = true;
}

int ur_limits_reset(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp)
{
    (void)pconf;
    (void)plog;
    (void)ptemp;
    memset(&settings, 0, sizeof settings);
    return OK;
}

/* As the MPM reads it: whole numbers, at least 1, and the last one counts. */
static void find_number(const ap_directive_t *tree, const char *name, uint64_t *found)
{
    for (; tree; tree = tree->next) {
        if (ap_cstr_casecmp(tree->directive, name) == 0) {
            double number = strtod(tree->args, NULL);
            *found = number < 1 ? 1 : (uint64_t)number;
        }
        else if (ap_cstr_casecmpn(tree->directive, "<If", 3) == 0) {
            find_number(tree->first_child, name, found);
        }
    }
}

/* The soft limit is what an administrator has not thought about; the hard one is what they
 * allow. */
static uint64_t descriptors(bool raise)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return 0;
    }
    if (raise && limit.rlim_cur < limit.rlim_max) {
        rlim_t soft = limit.rlim_cur;
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
            limit.rlim_cur = soft;
        }
    }
    return raise ? limit.rlim_cur : limit.rlim_max;
}

static struct ur_children children(void)
{
    struct ur_children found = {
        .start = START_DEFAULT,
        .spare_min = ur_mpm_ask(AP_MPMQ_MIN_SPARE_THREADS),
        .spare_max = ur_mpm_ask(AP_MPMQ_MAX_SPARE_THREADS),
        .threads = settings.room.threads ? settings.room.threads : 1,
        .most = ur_mpm_ask(AP_MPMQ_MAX_DAEMONS),
    };

    find_number(ap_conftree, "StartServers", &found.start);
    return found;
}

/* What raises the number, and what it is now: more tunnels in a child, or more children. */
static const char *raisers(apr_pool_t *pool, enum ur_limit limit, enum ur_start start,
                           const struct ur_children *of)
{
    static const char *const in_each[] = {
        [UR_LIMIT_FACTOR] = "AsyncRequestWorkerFactor (now %" APR_UINT64_T_FMT ")",
        [UR_LIMIT_DESCRIPTORS] = "the limit of open files (ulimit -n; Debian: "
                                 "APACHE_ULIMIT_MAX_FILES in envvars; systemd: LimitNOFILE; "
                                 "now %" APR_UINT64_T_FMT ")",
        [UR_LIMIT_DIRECTIVE] = "UpgradeTunnelMax (now %" APR_UINT64_T_FMT ")",
    };
    static const char *const of_them[] = {
        [UR_START_SERVERS] = "StartServers (now %" APR_UINT64_T_FMT
                             ") or MinSpareThreads (now %" APR_UINT64_T_FMT ")",
        [UR_START_SPARE] = "StartServers (now %" APR_UINT64_T_FMT
                           ") and MaxSpareThreads (now %" APR_UINT64_T_FMT ")",
        [UR_START_MOST] =
            "MaxRequestWorkers and ServerLimit (now %" APR_UINT64_T_FMT " children)",
    };
    uint64_t in_each_now[] = {[UR_LIMIT_FACTOR] = settings.room.factor,
                              [UR_LIMIT_DESCRIPTORS] = settings.room.descriptors,
                              [UR_LIMIT_DIRECTIVE] = settings.room.wanted};

    return apr_pstrcat(pool, apr_psprintf(pool, in_each[limit], in_each_now[limit]), " or ",
                       apr_psprintf(pool, of_them[start],
                                    start == UR_START_MOST ? of->most : of->start,
                                    start == UR_START_SPARE ? of->spare_max : of->spare_min),
                       NULL);
}

static const char *how_many(apr_pool_t *pool)
{
    struct ur_children of = children();
    enum ur_limit limit;
    enum ur_start start;
    uint64_t max = ur_tunnel_budget_max(&settings.room, &limit);
    uint64_t reserve = ur_tunnel_budget_reserve(of.threads);
    uint64_t count = ur_tunnel_budget_children(&of, &start);

    return apr_psprintf(
        pool,
        "at least %" APR_UINT64_T_FMT " tunnels (children: %" APR_UINT64_T_FMT
        "; event tunnels in each: %" APR_UINT64_T_FMT
        "; carried by its workers: %" APR_UINT64_T_FMT "); to allow more, raise %s",
        count * (max + reserve), count, max, reserve, raisers(pool, limit, start, &of));
}

static void measure(void)
{
    settings.able = strcmp(ap_show_mpm(), "event") == 0 && ur_mpm_ask(AP_MPMQ_IS_ASYNC);
    settings.room = (struct ur_tunnel_budget){
        .threads = ur_mpm_ask(AP_MPMQ_MAX_THREADS),
        .factor = FACTOR_DEFAULT,
        .descriptors = descriptors(false),
        .wanted = ur_route_tunnels().max,
    };
    find_number(ap_conftree, "AsyncRequestWorkerFactor", &settings.room.factor);
}

const char *ur_limits_capacity(apr_pool_t *pool)
{
    measure();
    return settings.able ? how_many(pool)
                         : apr_psprintf(pool,
                                        "with the %s MPM each tunnel occupies a worker, as "
                                        "with UpgradeTunnel thread; load mpm_event_module",
                                        ap_show_mpm());
}

int ur_limits_open(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    const char *capacity = ur_limits_capacity(ptemp);

    (void)pconf;
    (void)plog;
    if (!settings.wanted || ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG) {
        return OK;
    }
    if (settings.able) {
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, s, "UR0011: UpgradeTunnel event: %s",
                     capacity);
    }
    else {
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, s, "UR0016: UpgradeTunnel event: %s",
                     capacity);
    }
    return OK;
}

bool ur_limits_able(void)
{
    return settings.able;
}

bool ur_limits_wanted(void)
{
    return settings.wanted && settings.able;
}

uint64_t ur_limits_children(void)
{
    struct ur_children of = children();
    enum ur_start unused;

    return ur_tunnel_budget_children(&of, &unused);
}

apr_interval_time_t ur_limits_drain(void)
{
    return apr_time_from_sec((apr_int64_t)ur_route_tunnels().drain);
}

static apr_size_t max_with(uint64_t files)
{
    struct ur_tunnel_budget room = settings.room;
    enum ur_limit limit;

    room.descriptors = files;
    return (apr_size_t)ur_tunnel_budget_max(&room, &limit);
}

apr_size_t ur_limits_max(void)
{
    return max_with(settings.room.descriptors);
}

apr_size_t ur_limits_raise(void)
{
    return max_with(descriptors(true));
}
