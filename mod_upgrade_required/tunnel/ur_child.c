#include "tunnel/ur_child.h"

#include "httpd/ur_export.h"
#include "proxy/ur_proxy_module.h"
#include "tunnel/ur_clock.h"
#include "tunnel/ur_finisher.h"
#include "tunnel/ur_poller.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <unistd.h>

#include <ap_mpm.h>
#include <apr_strings.h>
#include <apr_thread_mutex.h>
#include <http_connection.h>
#include <http_core.h>
#include <scoreboard.h>

#define POLLERS_MAX 4

/* AsyncRequestWorkerFactor where it is not said. */
#define FACTOR_DEFAULT 2

/* Seconds after which a client may try again that came when all places were taken. */
#define RETRY_AFTER "10"

/* So long nobody of this generation has to have been accepting connections, and the server is
 * taken to be stopping. */
#define ALONE_LONG_ENOUGH apr_time_from_sec(3)

/* Of the server. */
static struct {
    uint64_t max; /* 0: not said */
    apr_interval_time_t drain;
    bool wanted;
    bool able; /* the MPM can suspend connections */
    struct ur_room room;
} settings;

enum stopping { STOPPING_NOT, STOPPING_GRACEFULLY, STOPPING_NOW };

/* Of the process. */
static struct {
    apr_pool_t *pool; /* NULL: not a child */
    apr_thread_mutex_t *starting;
    enum { UNSTARTED, RUNNING, BROKEN } state;
    struct ur_carriage carriage;
    struct ur_poller *pollers[POLLERS_MAX];
    unsigned count;
    atomic_uint next;   /* poller */
    atomic_size_t held; /* places */
    atomic_int stopping;
    _Atomic apr_time_t alone_since;
    _Atomic apr_time_t drain_since;
} child;

/* Set by a signal handler, which may do no more than this. */
static atomic_bool terminated;
_Static_assert(ATOMIC_BOOL_LOCK_FREE == 2, "for a signal handler");

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

const char *ur_child_set_max(cmd_parms *cmd, void *unused, const char *word)
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

const char *ur_child_set_drain(cmd_parms *cmd, void *unused, const char *word)
{
    long seconds = 0;
    const char *error = check_number(cmd, word, 86400, &seconds);

    (void)unused;
    settings.drain = apr_time_from_sec(seconds);
    return error;
}

void ur_child_want(void)
{
    settings.wanted = true;
}

int ur_child_reset(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp)
{
    (void)pconf;
    (void)plog;
    (void)ptemp;
    memset(&settings, 0, sizeof settings);
    return OK;
}

static uint64_t ask_mpm(int question)
{
    int answer = 0;

    return ap_mpm_query(question, &answer) == APR_SUCCESS && answer > 0 ? (uint64_t)answer : 0;
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

static void say_how_many(server_rec *s)
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
    uint64_t children = ask_mpm(AP_MPMQ_MAX_DAEMONS);
    uint64_t values[] = {[UR_LIMIT_FACTOR] = settings.room.factor,
                         [UR_LIMIT_DESCRIPTORS] = settings.room.descriptors,
                         [UR_LIMIT_DIRECTIVE] = settings.max};

    ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, s,
                 "UR0011: UpgradeTunnel event: up to %" APR_UINT64_T_FMT
                 " tunnels, %" APR_UINT64_T_FMT " in each of %" APR_UINT64_T_FMT
                 " children; %s",
                 max * children, max, children,
                 apr_psprintf(s->process->pool, raisers[limit], values[limit]));
}

int ur_child_open(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    (void)pconf;
    (void)plog;
    (void)ptemp;
    ur_finisher_open();
    settings.able = strcmp(ap_show_mpm(), "event") == 0 && ask_mpm(AP_MPMQ_IS_ASYNC);
    settings.room = (struct ur_room){
        .threads = ask_mpm(AP_MPMQ_MAX_THREADS),
        .factor = FACTOR_DEFAULT,
        .descriptors = descriptors(false),
        .wanted = settings.max,
    };
    find_factor(ap_conftree, &settings.room.factor);
    if (!settings.wanted || ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG) {
        return OK;
    }
    if (settings.able) {
        say_how_many(s);
    }
    else {
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, s,
                     "UR0016: UpgradeTunnel event: with the %s MPM every tunnel has a worker "
                     "to itself, as with UpgradeTunnel thread; load mpm_event_module",
                     ap_show_mpm());
    }
    return OK;
}

/* A child of this generation that takes connections is there: this one is one too many, or has
 * served long enough, and need not go. Elsewhere it is replaced, or the server stops. */
static bool somebody_accepts(ap_generation_t generation)
{
    const process_score *children = ap_scoreboard_image->parent;
    uint64_t count = ask_mpm(AP_MPMQ_HARD_LIMIT_DAEMONS);

    for (uint64_t i = 0; i < count; i++) {
        if (children[i].pid && !children[i].quiescing && children[i].generation == generation) {
            return true;
        }
    }
    return false;
}

static bool has_to_drain(apr_time_t now)
{
    ap_generation_t generation = (ap_generation_t)ask_mpm(AP_MPMQ_GENERATION);
    apr_time_t since = child.alone_since;

    if (ap_scoreboard_image->global->running_generation != generation) {
        return true;
    }
    if (somebody_accepts(generation)) {
        child.alone_since = 0;
        return false;
    }
    if (!since) {
        child.alone_since = now;
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

static enum ur_leave leave(apr_time_t *since, apr_interval_time_t *span)
{
    int stopping = atomic_load(&child.stopping);

    if (atomic_load(&terminated) || stopping == STOPPING_NOW) {
        return UR_LEAVE_NOW;
    }
    if (stopping == STOPPING_GRACEFULLY) {
        hear_term(); /* the MPM may have set its own since, in a child that leaves very early */
    }
    if (stopping == STOPPING_NOT || settings.drain == 0) {
        return UR_LEAVE_NOT;
    }
    if (!child.drain_since) {
        apr_time_t now = ur_clock();
        if (!has_to_drain(now)) {
            return UR_LEAVE_NOT;
        }
        child.drain_since = now;
    }
    *since = child.drain_since;
    *span = settings.drain;
    return UR_LEAVE_DRAIN;
}

static apr_status_t stop_threads(void *unused)
{
    (void)unused;
    if (child.state != RUNNING) {
        return APR_SUCCESS;
    }
    atomic_store(&child.stopping, STOPPING_NOW);
    ur_finisher_hurry(child.carriage.finisher);
    for (unsigned i = 0; i < child.count; i++) {
        ur_poller_join(child.pollers[i]);
    }
    ur_finisher_join(child.carriage.finisher);
    return APR_SUCCESS;
}

void ur_child_init(apr_pool_t *pchild, server_rec *s)
{
    (void)s;
    memset(&child, 0, sizeof child);
    atomic_store(&terminated, false);
    if (!settings.able || apr_thread_mutex_create(&child.starting, APR_THREAD_MUTEX_DEFAULT,
                                                  pchild) != APR_SUCCESS) {
        return;
    }
    child.pool = pchild;
    /* Before log files are closed. */
    apr_pool_pre_cleanup_register(pchild, NULL, stop_threads);
}

/* One for each processor, in all children together. */
static unsigned count_pollers(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    long children = (long)ask_mpm(AP_MPMQ_MAX_DAEMONS);
    long count = processors < 1 || children < 1 ? 1 : (processors + children - 1) / children;

    return count > POLLERS_MAX ? POLLERS_MAX : (unsigned)count;
}

static void take_place(void)
{
    APR_OPTIONAL_FN_TYPE(upgrade_required_tunnels) *place_of =
        APR_RETRIEVE_OPTIONAL_FN(upgrade_required_tunnels);

    if (place_of) {
        place_of(&child.carriage.counts, UR_TUNNEL_LAYOUT);
    }
}

static apr_status_t start_threads(void)
{
    struct ur_room room = settings.room;
    enum ur_limit limit;
    apr_allocator_t *allocator;
    apr_pool_t *pool;
    apr_status_t rv = apr_allocator_create(&allocator);

    /* Workers start them, and pchild is not theirs to allocate from. */
    if (rv != APR_SUCCESS ||
        (rv = apr_pool_create_ex(&pool, child.pool, NULL, allocator)) != APR_SUCCESS) {
        return rv;
    }
    apr_allocator_owner_set(allocator, pool);
    room.descriptors = descriptors(true);
    child.carriage.max = ur_tunnels_max(&room, &limit);
    child.carriage.leave = leave;
    take_place();
    rv = ur_finisher_start(&child.carriage.finisher, pool);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    for (unsigned i = 0; rv == APR_SUCCESS && i < count_pollers(); i++) {
        rv = ur_poller_start(&child.pollers[i], &child.carriage, pool);
        child.count += rv == APR_SUCCESS;
    }
    if (child.count == 0) {
        ur_finisher_join(child.carriage.finisher);
    }
    return rv;
}

/* With the first tunnel, so that others pay nothing. One poller is enough. */
static bool start(void)
{
    if (child.state == UNSTARTED) {
        apr_status_t rv = start_threads();
        child.state = child.count ? RUNNING : BROKEN;
        if (rv != APR_SUCCESS) {
            ap_log_error(APLOG_MARK, APLOG_WARNING, rv, ap_server_conf,
                         "UR0013: %s for event tunnels cannot be started%s",
                         child.count ? "some of the threads" : "the threads",
                         child.count ? "" : "; workers carry tunnels in this child");
        }
    }
    return child.state == RUNNING;
}

static bool is_started(void)
{
    bool started;

    apr_thread_mutex_lock(child.starting);
    started = start();
    apr_thread_mutex_unlock(child.starting);
    return started;
}

/* Where the connection could not be left to itself: streams of HTTP/2, whose connection serves
 * others too; and requests that httpd makes of others, whose caller waits for the end. */
static bool can_be_suspended(const request_rec *r)
{
    const conn_rec *c = r->connection;

    return !c->master && c->cs && !c->clogging_input_filters && !r->main && !r->prev &&
           r->proxyreq != PROXYREQ_PROXY;
}

static apr_status_t give_place_back(void *unused)
{
    (void)unused;
    atomic_fetch_sub(&child.held, 1);
    return APR_SUCCESS;
}

int ur_child_admit(request_rec *r)
{
    if (!child.pool || !can_be_suspended(r) || !is_started()) {
        return DECLINED;
    }
    if (atomic_fetch_add(&child.held, 1) >= child.carriage.max) {
        atomic_fetch_sub(&child.held, 1);
        ur_count_tunnel_outcome(child.carriage.counts, UR_OUTCOME_FULL);
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      "UR0012: no tunnel is opened: this child holds %" APR_SIZE_T_FMT
                      ", as many as it may",
                      child.carriage.max);
        apr_table_setn(r->err_headers_out, "Retry-After", RETRY_AFTER);
        return HTTP_SERVICE_UNAVAILABLE;
    }
    apr_pool_cleanup_register(r->pool, &child, give_place_back, apr_pool_cleanup_null);
    return OK;
}

void ur_child_dismiss(request_rec *r)
{
    apr_pool_cleanup_run(r->pool, &child, give_place_back);
}

void ur_child_carry(struct ur_tunnel *tunnel)
{
    conn_rec *c = tunnel->c;

    apr_pool_cleanup_kill(tunnel->r->pool, &child, give_place_back);
    apr_pool_cleanup_register(c->pool, &child, give_place_back, apr_pool_cleanup_null);
    tunnel->poller = child.pollers[atomic_fetch_add(&child.next, 1) % child.count];
    ap_set_module_config(c->conn_config, &upgrade_wstunnel_module, tunnel);
}

void ur_child_suspend(conn_rec *c, request_rec *r)
{
    struct ur_tunnel *tunnel = ap_get_module_config(c->conn_config, &upgrade_wstunnel_module);

    (void)r;
    /* Any other state, or one that is aborted: the MPM is closing it. */
    if (tunnel && !tunnel->handed && c->cs->state == CONN_STATE_SUSPENDED && !c->aborted) {
        tunnel->handed = ur_clock();
        ur_poller_add(tunnel->poller, tunnel);
    }
}

void ur_child_stop(apr_pool_t *pchild, int graceful)
{
    (void)pchild;
    if (!child.pool) {
        return;
    }
    atomic_store(&child.stopping, graceful ? STOPPING_GRACEFULLY : STOPPING_NOW);
    if (graceful) {
        hear_term();
    }
    apr_thread_mutex_lock(child.starting);
    for (unsigned i = 0; child.state == RUNNING && i < child.count; i++) {
        ur_poller_wake(child.pollers[i]);
    }
    apr_thread_mutex_unlock(child.starting);
}
