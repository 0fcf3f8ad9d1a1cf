#include "required/pages/ur_monitor.h"

#include "required/ur_module.h"
#include "required/config/ur_policies.h"
#include "required/config/ur_scope.h"
#include "required/enforce/ur_count_clients.h"
#include "required/enforce/ur_enforce.h"
#include "shared/ur_text.h"
#include "required/request/ur_tls_hello.h"

#include <apr_general.h>
#include <apr_hash.h>
#include <apr_shm.h>
#include <apr_strings.h>
#include <http_core.h>

#include <sched.h>
#include <unistd.h>

/* Counters are allocated in blocks of this many policies; further policies get another block,
 * because the children of old generations keep theirs. */
#define PIECE 32

/* For some 100,000 clients. Memory comes with the first client in a shard. */
#define CLIENT_SHARDS ((size_t)4096)

/* More processors than this share slots. */
#define SLOTS_MAX 64

/* Lives in the server's process, and outlives the configuration, and this module's code. */
struct registry {
    const char *layout; /* first and for ever: another version of this module looks at it */
    apr_pool_t *pool;
    size_t slots;
    struct ur_requests *requests;
    struct ur_hellos *hellos;
    struct ur_tunnel_cells cells;
    struct ur_client_table clients;
    atomic_uchar *overflown;        /* the table of clients has been full */
    apr_array_header_t *policies;   /* of struct ur_policy_numbers, in the order they came */
    apr_hash_t *by_name;            /* int *, the place in that array */
    struct ur_tally_slots piece;    /* the newest one: of its first policy */
    struct ur_clients_place places; /* the same */
    size_t taken;                   /* policies that have their place in it */
    int64_t since;
};

static const char KEY[] = "mod_upgrade_required counters";

static struct registry *registry; /* NULL: nothing is counted */

static struct ur_tunnel_cell *own_cell; /* the child's; NULL: it has none */

/* A slot is a processor's. If the system does not report the processor, it is a child's. */
static inline size_t own_slot(void)
{
#ifdef __linux__
    size_t number = (size_t)sched_getcpu();
#else
    size_t number = (size_t)getpid();
#endif
    return number < registry->slots ? number : number % registry->slots;
}

/* Where this thread counted its last request. The decisions on a request follow shortly after,
 * and any slot is right; looking it up again would cost more than counting. glibc has room for
 * such a variable beside those of the program itself, where no call is needed to find it; other
 * libraries might not load a module that asks for that. */
#ifdef __GLIBC__
__attribute__((tls_model("initial-exec")))
#endif
static _Thread_local size_t last_slot;

void ur_monitor_request(unsigned levels)
{
    if (registry) {
        last_slot = own_slot();
        ur_counters_count_request(registry->requests + last_slot, ur_protocol_versions(levels));
    }
}

void ur_monitor_hello(struct ur_offer offer)
{
    if (registry) {
        ur_counters_count_hello(registry->hellos + own_slot(), offer);
    }
}

void ur_monitor_hello_failure(enum ur_tls highest)
{
    if (registry) {
        ur_counters_count_hello_failure(registry->hellos + own_slot(), highest);
    }
}

void ur_monitor_decision(const struct ur_policy_name *label, enum ur_verdict verdict,
                         enum ur_reason reason, struct ur_seen seen)
{
    if (registry && label->tally.used) {
        ur_counters_count_decision(label->tally, own_slot(), verdict, reason, seen);
    }
}

void ur_monitor_client(const struct ur_policy_name *label, uint64_t hash, uint64_t network,
                       struct ur_span product)
{
    if (registry && label->clients.asked) {
        ur_clients_count(label->clients, hash, network, product, (long)getpid());
    }
}

void ur_monitor_allowed(const struct ur_policy_name *label, unsigned levels)
{
    if (registry && label->tally.used) {
        ur_counters_count_allowed(label->tally, last_slot, ur_protocol_versions(levels));
    }
}

void ur_monitor_may_limit(const struct ur_policy_name *label)
{
    if (registry && label->tally.used) {
        ur_counters_expect(label->tally, own_slot(), UR_VERDICT_REFUSE, UR_REASON_TUNNEL_LIMIT);
    }
}

bool ur_monitor_report(struct ur_report *report)
{
    if (!registry) {
        return false;
    }
    *report = (struct ur_report){
        .requests = {registry->requests, registry->slots},
        .hellos = {ur_tls_hello_available() ? registry->hellos : NULL, registry->slots},
        .cells = registry->cells,
        .policies = (const struct ur_policy_numbers *)registry->policies->elts,
        .policies_count = (size_t)registry->policies->nelts,
        .since = registry->since,
        .now = apr_time_sec(apr_time_now()),
    };
    return true;
}

struct ur_tunnel_place ur_monitor_tunnels(void)
{
    int generation = 0;

    if (!registry) {
        return (struct ur_tunnel_place){NULL, {NULL, 0}};
    }
    ap_mpm_query(AP_MPMQ_GENERATION, &generation);
    own_cell = ur_tunnel_cell_take(registry->cells, (long)getpid(), generation);
    return (struct ur_tunnel_place){own_cell, registry->cells};
}

const struct ur_client_table *ur_monitor_clients(void)
{
    static const struct ur_client_table none;

    return registry ? &registry->clients : &none;
}

bool ur_monitor_unlimited(bool full)
{
    if (own_cell) {
        atomic_fetch_add_explicit(&own_cell->unlimited, 1, memory_order_relaxed);
    }
    return full && registry && registry->overflown && !atomic_exchange(registry->overflown, 1);
}

void ur_monitor_opened(const struct ur_policy_name *label, enum ur_carried carrier)
{
    if (registry && label->tally.used) {
        ur_counters_count_opened(label->tally, own_slot(), carrier);
    }
}

/* A server that stops does not wait for what threads carry. */
static enum ur_outcome last_outcome(void)
{
    int state = AP_MPMQ_RUNNING;

    ap_mpm_query(AP_MPMQ_MPM_STATE, &state);
    return state == AP_MPMQ_STOPPING ? UR_OUTCOME_STOPPED : UR_OUTCOME_LOST;
}

/* Where it was about to give one (ur_largest.h). */
static void free_places(long pid)
{
    for (int i = 0; i < registry->policies->nelts; i++) {
        struct ur_clients_place place =
            APR_ARRAY_IDX(registry->policies, i, struct ur_policy_numbers).clients;
        if (ur_clients_expected(place)) {
            ur_largest_free(&place.clients->largest, pid);
        }
    }
}

void ur_monitor_child(server_rec *s, pid_t pid, ap_generation_t generation, int slot,
                      mpm_child_status state)
{
    enum ur_outcome outcome = last_outcome();
    uint64_t open;

    (void)generation;
    (void)slot;
    if (!registry || state != MPM_CHILD_EXITED) {
        return;
    }
    ur_client_table_free(&registry->clients, (long)pid);
    free_places((long)pid);
    open = ur_tunnel_cell_free(registry->cells, (long)pid, outcome);
    if (open && outcome == UR_OUTCOME_LOST) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                     "UR0018: child %ld exited without ending its tunnels: %" APR_UINT64_T_FMT
                     " are lost",
                     (long)pid, open);
    }
}

/* Zeroed, as the system hands it out. APR puts a word of its own in front, so the start is
 * moved to the next cache line. */
static apr_status_t make_memory(apr_pool_t *pool, apr_size_t size, void **memory)
{
    apr_shm_t *shm;
    apr_status_t status = apr_shm_create(&shm, size + UR_CACHE_LINE, NULL, pool);

    if (status == APR_SUCCESS) {
        char *base = apr_shm_baseaddr_get(shm);
        *memory = base + (UR_CACHE_LINE - (uintptr_t)base % UR_CACHE_LINE) % UR_CACHE_LINE;
    }
    return status;
}

static void write_layout(struct ur_buf *out, const void *unused)
{
    (void)unused;
    ur_counters_layout(out);
}

/* With what this file keeps in memory that another version may find. */
static const char *current_layout(apr_pool_t *pool)
{
    return apr_psprintf(
        pool, "3 %d %d %d %d %d %s", PIECE, (int)sizeof(struct registry),
        (int)sizeof(struct ur_policy_numbers), (int)offsetof(struct ur_client_shard, entries),
        (int)sizeof(struct ur_clients), ur_text(pool, 512, write_layout, NULL).at);
}

static size_t count_processors(void)
{
    long count = sysconf(_SC_NPROCESSORS_CONF);

    return count < 1 ? 1 : count > SLOTS_MAX ? SLOTS_MAX : (size_t)count;
}

/* One cell for each process that there can be at a time; the MPM fixes that number at its first
 * start. */
static size_t count_cells(void)
{
    int count = 0;

    return ap_mpm_query(AP_MPMQ_HARD_LIMIT_DAEMONS, &count) == APR_SUCCESS && count > 0
               ? (size_t)count
               : 1;
}

static apr_status_t make_registry(apr_pool_t *pool, const char *layout, struct registry **made)
{
    size_t slots = count_processors();
    size_t cells = count_cells();
    void *memory;
    apr_status_t status =
        make_memory(pool,
                    slots * (sizeof(struct ur_requests) + sizeof(struct ur_hellos)) +
                        cells * sizeof(struct ur_tunnel_cell),
                    &memory);
    struct ur_requests *requests;
    struct ur_hellos *hellos;

    if (status != APR_SUCCESS) {
        return status;
    }
    requests = memory;
    hellos = (struct ur_hellos *)(requests + slots);
    *made = ap_retained_data_create(KEY, sizeof **made);
    **made = (struct registry){
        .layout = apr_pstrdup(pool, layout),
        .pool = pool,
        .slots = slots,
        .requests = requests,
        .hellos = hellos,
        .cells = {(struct ur_tunnel_cell *)(hellos + slots), cells},
        .policies = apr_array_make(pool, PIECE, sizeof(struct ur_policy_numbers)),
        .by_name = apr_hash_make(pool),
        .taken = PIECE,
        .since = apr_time_sec(apr_time_now()),
    };
    return APR_SUCCESS;
}

/* The one that is there already, if it counts in the same way; else a new one. */
static apr_status_t find_registry(apr_pool_t *ptemp, server_rec *s, struct registry **found)
{
    const char *layout = current_layout(ptemp);

    *found = ap_retained_data_get(KEY);
    if (*found && strcmp((*found)->layout, layout) == 0) {
        return APR_SUCCESS;
    }
    if (*found) {
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, s,
                     "UR0010: this version of mod_upgrade_required counts differently from the "
                     "previous one; all counters restart at 0");
    }
    return make_registry(s->process->pool, layout, found);
}

static uint64_t make_salt(void)
{
    uint64_t salt = 0;

    return apr_generate_random_bytes((unsigned char *)&salt, sizeof salt) == APR_SUCCESS
               ? salt
               : (uint64_t)apr_time_now();
}

/* Only where there can be tunnels. */
static apr_status_t add_clients(struct registry *into)
{
    void *memory;
    apr_status_t status = make_memory(
        into->pool, ur_client_table_size(CLIENT_SHARDS) + sizeof(atomic_uchar), &memory);

    if (status == APR_SUCCESS) {
        into->clients = ur_client_table_in(memory, CLIENT_SHARDS, make_salt());
        into->overflown = into->clients.used + CLIENT_SHARDS;
    }
    return status;
}

static void open_clients(struct registry *into, server_rec *s)
{
    apr_status_t status = into->clients.count ? APR_SUCCESS : add_clients(into);

    if (status != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, status, s,
                     "UR0037: not enough shared memory for the table of clients: "
                     "UpgradeTunnelPerClient does not apply");
    }
}

static apr_status_t add_piece(struct registry *into)
{
    size_t places = into->slots * PIECE;
    void *memory;
    apr_status_t status =
        make_memory(into->pool,
                    places * (sizeof(struct ur_tally) + sizeof(ur_used)) +
                        PIECE * (sizeof(struct ur_clients) + sizeof(atomic_uchar)),
                    &memory);

    if (status == APR_SUCCESS) {
        struct ur_tally *tallies = memory;
        struct ur_clients *clients = (struct ur_clients *)(tallies + places);
        ur_used *used = (ur_used *)(clients + PIECE);
        into->piece = (struct ur_tally_slots){used, tallies, into->slots, PIECE};
        into->places = (struct ur_clients_place){(atomic_uchar *)(used + places), clients};
        into->taken = 0;
    }
    return status;
}

static apr_status_t add_policy(struct registry *into, const char *server, const char *policy,
                               const char *key)
{
    apr_status_t status = into->taken < PIECE ? APR_SUCCESS : add_piece(into);
    struct ur_policy_numbers numbers = {.tally = into->piece, .clients = into->places};

    if (status != APR_SUCCESS) {
        return status;
    }
    numbers.server = apr_pstrdup(into->pool, server);
    numbers.policy = apr_pstrdup(into->pool, policy);
    numbers.tally.used += into->taken;
    numbers.tally.first += into->taken;
    numbers.clients.asked += into->taken;
    numbers.clients.clients += into->taken;
    into->taken++;
    apr_hash_set(into->by_name, apr_pstrdup(into->pool, key), APR_HASH_KEY_STRING,
                 apr_pmemdup(into->pool, &into->policies->nelts, sizeof(int)));
    APR_ARRAY_PUSH(into->policies, struct ur_policy_numbers) = numbers;
    return APR_SUCCESS;
}

static struct ur_policy_numbers *numbers_at(const struct registry *in, int place)
{
    return &APR_ARRAY_IDX(in->policies, place, struct ur_policy_numbers);
}

static apr_status_t connect_label(apr_pool_t *ptemp, struct registry *with,
                                  struct ur_policy_name *label, const server_rec *main_server)
{
    /* With the port, in which virtual hosts of one name differ, as for http and https. */
    const char *server =
        ur_scope_server_name(ptemp, label->server ? label->server : main_server);
    const char *key = apr_pstrcat(ptemp, server, "\n", label->name, NULL);
    const int *place = apr_hash_get(with->by_name, key, APR_HASH_KEY_STRING);
    apr_status_t status = APR_SUCCESS;

    if (!place) {
        status = add_policy(with, server, label->name, key);
        place = apr_hash_get(with->by_name, key, APR_HASH_KEY_STRING);
    }
    if (place) {
        label->place = *place;
        label->tally = numbers_at(with, *place)->tally;
        label->clients = numbers_at(with, *place)->clients;
    }
    label->route = ur_client_route(key);
    ur_count_clients_salt(label->name, label->salt);
    return status;
}

static bool same_in_force(const struct ur_in_force *one, const struct ur_in_force *other)
{
    return ur_policy_equal(&one->policy, &other->policy) &&
           one->schedule.mode == other->schedule.mode &&
           one->schedule.from == other->schedule.from &&
           one->schedule.brownouts == other->schedule.brownouts;
}

static void add_in_force(apr_pool_t *pconf, struct ur_policy_numbers *numbers,
                         const struct ur_in_force *more)
{
    struct ur_in_force *added;

    for (const struct ur_in_force *one = numbers->in_force; one; one = one->next) {
        if (same_in_force(one, more)) {
            return;
        }
    }
    added = apr_pmemdup(pconf, more, sizeof *more);
    added->next = numbers->in_force;
    numbers->in_force = added;
}

static void introduce(void *pconf, const struct ur_configured *policy)
{
    const struct ur_policy requires =
        policy->rule ? policy->rule->policy : (struct ur_policy){0};
    const struct ur_dir_config *in = policy->settings;
    const struct ur_settings settings = ur_enforce_settings(in);
    const struct ur_prospect prospect = {
        .policy = &requires,
        .settings = &settings,
        .excepted = policy->floor || (policy->rule && policy->rule->exceptions),
        .kept = !policy->rule,
        .origins = in->origins,
        .subprotocols = in->subprotocols,
    };
    struct ur_marks outlook = ur_outlook(&prospect, apr_time_sec(apr_time_now()));
    struct ur_policy_numbers *numbers;

    if (!policy->label->tally.used) {
        return;
    }
    numbers = numbers_at(registry, policy->label->place);
    ur_counters_unite(&numbers->outlook, &outlook);
    add_in_force(pconf, numbers, &(struct ur_in_force){requires, settings.schedule, NULL});
    if (in->count_clients == UR_COUNT_CLIENTS_ON && settings.schedule.mode != UR_MODE_OFF) {
        ur_clients_expect(policy->label->clients);
    }
    if (policy->tunnels && ap_find_linked_module("mod_upgrade_wstunnel.c")) {
        ur_counters_expect_tunnels(policy->label->tally);
    }
}

/* What is told of policies before any request comes, instead of what the last configuration
 * has told: its memory is gone. */
static void introduce_all(apr_pool_t *pconf, apr_pool_t *ptemp, const server_rec *s)
{
    for (int i = 0; i < registry->policies->nelts; i++) {
        struct ur_policy_numbers *numbers = numbers_at(registry, i);
        numbers->outlook = (struct ur_marks){{0}};
        numbers->in_force = NULL;
    }
    ur_policies_visit(ptemp, s, introduce, pconf);
}

int ur_monitor_open(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    const apr_array_header_t *labels = ur_policy_name_all();
    apr_status_t status;

    (void)plog;
    /* httpd reads its configuration twice at start; the first reading is only a rehearsal. */
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG) {
        return OK;
    }
    ur_policy_name_close();
    registry = NULL;
    status = find_registry(ptemp, s, &registry);
    /* If there is no memory for a new one, the existing ones continue. */
    for (int i = 0; registry && i < labels->nelts; i++) {
        apr_status_t connected = connect_label(
            ptemp, registry, APR_ARRAY_IDX(labels, i, struct ur_policy_name *), s);
        status = status == APR_SUCCESS ? connected : status;
    }
    if (registry) {
        introduce_all(pconf, ptemp, s);
    }
    if (registry && ap_find_linked_module("mod_upgrade_wstunnel.c")) {
        open_clients(registry, s);
    }
    if (status != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, status, s,
                     "UR0009: not enough shared memory for the counters: policies are "
                     "enforced, but %s",
                     registry ? "some are not counted" : "nothing is counted");
    }
    return OK;
}
