#include "tunnel/ur_limits.h"

#include "judgement/ur_tunnels.h"
#include "proxy/ur_proxy_module.h"
#include "tunnel/ur_mpm.h"

#include <sys/resource.h>

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_core.h>

/* AsyncRequestWorkerFactor where it is not said. */
#define FACTOR_DEFAULT 2

/* Of the server. */
static struct {
    uint64_t max; /* 0: not said */
    apr_interval_time_t drain;
    bool wanted;
    bool able; /* the MPM can suspend connections */
    struct ur_room room;
} settings;

static const char *check_number(cmd_parms *cmd, const char *word, long most, long *number)
{
    char *end;
    const char *error = ap_check_cmd_context(cmd, GLOBAL_ONLY);

    if (error) {
        return error;
    }
    *number = strtol(word, &end, 10);
    if (*end || !apr_isdigit(*word) || *number > most) {
        return apr_psprintf(cmd->pool, "%s: %s is no whole number from 0 to %ld",
                            cmd->cmd->name, ap_escape_logitem(cmd->pool, word), most);
    }
    return NULL;
}

const char *ur_limits_set_max(cmd_parms *cmd, void *unused, const char *word)
{
    long number = 0;
    const char *error = check_number(cmd, word, 10000000, &number);

    (void)unused;
    if (!error && number == 0) {
        return "UpgradeTunnelMax: 0 tunnels are none; say UpgradeTunnel thread instead";
    }
    settings.max = (uint64_t)number;
    return error;
}

const char *ur_limits_set_drain(cmd_parms *cmd, void *unused, const char *word)
{
    long seconds = 0;
    const char *error = check_number(cmd, word, 86400, &seconds);

    (void)unused;
    settings.drain = apr_time_from_sec(seconds);
    return error;
}

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

/* As the MPM reads it: whole numbers, at least 1. */
static void find_factor(const ap_directive_t *tree, uint64_t *factor)
{
    for (; tree; tree = tree->next) {
        if (ap_cstr_casecmp(tree->directive, "AsyncRequestWorkerFactor") == 0) {
            double number = strtod(tree->args, NULL);
            *factor = number < 1 ? 1 : (uint64_t)number;
        }
        else if (ap_cstr_casecmpn(tree->directive, "<If", 3) == 0) {
            find_factor(tree->first_child, factor);
        }
    }
}

/* The soft limit is what an administrator has not thought about; the hard one is what he
 * allows. */
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

static const char *how_many(apr_pool_t *pool)
{
    static const char *const raisers[] = {
        [UR_LIMIT_FACTOR] = "AsyncRequestWorkerFactor (now %" APR_UINT64_T_FMT ") raises it",
        [UR_LIMIT_DESCRIPTORS] =
            "the limit of open files (ulimit -n, LimitNOFILE; now %" APR_UINT64_T_FMT
            ") raises it",
        [UR_LIMIT_DIRECTIVE] = "UpgradeTunnelMax (now %" APR_UINT64_T_FMT ") raises it",
    };
    enum ur_limit limit;
    uint64_t max = ur_tunnels_max(&settings.room, &limit);
    uint64_t children = ur_mpm_ask(AP_MPMQ_MAX_DAEMONS);
    uint64_t values[] = {[UR_LIMIT_FACTOR] = settings.room.factor,
                         [UR_LIMIT_DESCRIPTORS] = settings.room.descriptors,
                         [UR_LIMIT_DIRECTIVE] = settings.max};

    return apr_psprintf(pool,
                        "up to %" APR_UINT64_T_FMT " tunnels, %" APR_UINT64_T_FMT
                        " in each of %" APR_UINT64_T_FMT " children; %s",
                        max * children, max, children,
                        apr_psprintf(pool, raisers[limit], values[limit]));
}

static void measure(void)
{
    settings.able = strcmp(ap_show_mpm(), "event") == 0 && ur_mpm_ask(AP_MPMQ_IS_ASYNC);
    settings.room = (struct ur_room){
        .threads = ur_mpm_ask(AP_MPMQ_MAX_THREADS),
        .factor = FACTOR_DEFAULT,
        .descriptors = descriptors(false),
        .wanted = settings.max,
    };
    find_factor(ap_conftree, &settings.room.factor);
}

const char *ur_limits_capacity(apr_pool_t *pool)
{
    measure();
    return settings.able ? how_many(pool)
                         : apr_psprintf(pool,
                                        "with the %s MPM every tunnel has a worker to itself, "
                                        "as with UpgradeTunnel thread; load mpm_event_module",
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

apr_interval_time_t ur_limits_drain(void)
{
    return settings.drain;
}

apr_size_t ur_limits_raise(void)
{
    struct ur_room room = settings.room;
    enum ur_limit limit;

    room.descriptors = descriptors(true);
    return (apr_size_t)ur_tunnels_max(&room, &limit);
}
