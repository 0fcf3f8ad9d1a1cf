#include "wstunnel/tunnel/ur_gate.h"

#include "wstunnel/tunnel/ur_clock.h"
#include "wstunnel/tunnel/ur_mpm.h"
#include "core/metrics/ur_tunnel_budget.h"
#include "core/metrics/ur_tunnel_cell.h"

#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>

/* Many handshakes that arrive at once get their turn one after the other while backends answer.
 * If none has answered for this long, the backends hang. */
#define PATIENCE apr_time_from_msec(100)

/* Of the process. */
static struct {
    struct ur_tunnel_place place;
    struct ur_tunnel_cell own; /* where nothing is counted */
    struct ur_tunnel_cell *cell;
    uint64_t threads;
    atomic_uint_fast64_t unlogged;
    apr_thread_mutex_t *mutex; /* guards what follows; NULL: there is one thread */
    apr_thread_cond_t *moved;
    uint64_t waiting; /* for a backend */
    uint64_t asleep;  /* until one has answered */
    apr_time_t since; /* when the last one came in, or was answered */
    bool hanging;     /* no handshake has been answered since PATIENCE ran out */
} gate;

/* Connections that are destroyed after the child's memory find no lock, and no other thread. */
static apr_status_t close_gate(void *unused)
{
    (void)unused;
    gate.mutex = NULL;
    gate.moved = NULL;
    return APR_SUCCESS;
}

void ur_gate_open(apr_pool_t *pchild, const struct ur_tunnel_place *place)
{
    memset(&gate, 0, sizeof gate);
    gate.place = *place;
    gate.cell = place->cell ? place->cell : &gate.own;
    gate.threads = ur_mpm_ask(AP_MPMQ_MAX_THREADS);
    if (gate.threads > 1 && (apr_thread_mutex_create(&gate.mutex, APR_THREAD_MUTEX_DEFAULT,
                                                     pchild) != APR_SUCCESS ||
                             apr_thread_cond_create(&gate.moved, pchild) != APR_SUCCESS)) {
        gate.mutex = NULL;
        gate.moved = NULL;
    }
    apr_pool_cleanup_register(pchild, NULL, close_gate, apr_pool_cleanup_null);
}

void ur_gate_set_room(uint64_t room)
{
    atomic_store(&gate.cell->room, room);
}

static void lock(void)
{
    if (gate.mutex) {
        apr_thread_mutex_lock(gate.mutex);
    }
}

static void unlock(void)
{
    if (gate.mutex) {
        apr_thread_mutex_unlock(gate.mutex);
    }
}

/* Wakes one that waits for a response, if any: after unlocking, because it locks first. */
static void unlock_and_tell(bool answered)
{
    apr_thread_cond_t *moved = answered && gate.asleep ? gate.moved : NULL;

    unlock();
    if (moved) {
        apr_thread_cond_signal(moved);
    }
}

static bool has_room(struct ur_tunnel_cell *cell)
{
    return atomic_load(&cell->held) < atomic_load(&cell->room) ||
           atomic_load(&cell->carried) < ur_tunnel_budget_reserve(gate.threads);
}

/* Whether connections that this child does not accept go to one that has room: an existing
 * sibling, or one that the MPM can start, which it does as soon as too few workers are idle in
 * children that accept connections. */
static bool sibling_may_take(void)
{
    long generation = atomic_load(&gate.cell->generation);
    uint64_t serving = 0;
    uint64_t all = 0;

    if (!gate.place.cell) {
        return false;
    }
    for (size_t i = 0; i < gate.place.all.count; i++) {
        struct ur_tunnel_cell *cell = &gate.place.all.first[i];
        if (!atomic_load(&cell->pid)) {
            continue;
        }
        all++;
        if (atomic_load(&cell->leaving) || atomic_load(&cell->generation) != generation) {
            continue;
        }
        serving++;
        if (cell != gate.cell && has_room(cell)) {
            return true;
        }
    }
    return serving < ur_mpm_ask(AP_MPMQ_MAX_DAEMONS) &&
           all < ur_mpm_ask(AP_MPMQ_HARD_LIMIT_DAEMONS);
}

static struct ur_crowd crowd_now(void)
{
    return (struct ur_crowd){
        .held = atomic_load(&gate.cell->held) + atomic_load(&gate.unlogged),
        .room = atomic_load(&gate.cell->room),
        .carried = atomic_load(&gate.cell->carried),
        .waiting = gate.waiting,
        .threads = gate.mutex ? gate.threads : 1,
    };
}

static enum ur_admission judge(bool event)
{
    struct ur_crowd crowd = crowd_now();

    crowd.event = event;
    crowd.sibling = event && crowd.held >= crowd.room && sibling_may_take();
    return ur_tunnel_budget_admit(&crowd);
}

/* Whether it is worth checking again. */
static bool wait_for_answers(void)
{
    apr_interval_time_t left = gate.since + PATIENCE - ur_clock();

    gate.hanging = gate.hanging || left <= 0;
    if (gate.hanging) {
        return false;
    }
    gate.asleep++;
    apr_thread_cond_timedwait(gate.moved, gate.mutex, left);
    gate.asleep--;
    return true;
}

static void take(struct ur_ticket *ticket, enum ur_carried carrier)
{
    if (carrier == UR_CARRIED_EVENT) {
        atomic_fetch_add(&gate.cell->held, 1);
    }
    else {
        atomic_fetch_add(&gate.cell->carried, 1);
    }
    ticket->carrier = carrier;
    ticket->kept = true;
}

static void give_back(struct ur_ticket *ticket)
{
    if (!ticket->kept) {
        return;
    }
    if (ticket->carrier == UR_CARRIED_EVENT) {
        atomic_fetch_sub(&gate.cell->held, 1);
    }
    else {
        atomic_fetch_sub(&gate.cell->carried, 1);
    }
    ticket->kept = false;
}

/* Whether it was waiting. */
static bool stop_waiting(struct ur_ticket *ticket)
{
    bool waited = ticket->waiting;

    ticket->waiting = false;
    gate.waiting -= waited;
    return waited;
}

enum ur_admission ur_gate_enter(struct ur_ticket *ticket, bool event)
{
    enum ur_admission admission;

    lock();
    do {
        admission = judge(event);
    } while (admission == UR_ADMIT_BUSY && wait_for_answers());
    if (admission == UR_ADMIT_EVENT || admission == UR_ADMIT_THREAD) {
        take(ticket, admission == UR_ADMIT_EVENT ? UR_CARRIED_EVENT : UR_CARRIED_THREAD);
        ticket->waiting = true;
        gate.waiting++;
        gate.since = ur_clock();
    }
    unlock();
    return admission;
}

struct ur_crowd ur_gate_crowd(void)
{
    struct ur_crowd crowd;

    lock();
    crowd = crowd_now();
    unlock();
    return crowd;
}

void ur_gate_answered(struct ur_ticket *ticket)
{
    lock();
    gate.hanging = false;
    gate.since = ur_clock();
    unlock_and_tell(stop_waiting(ticket));
}

void ur_gate_give_up(struct ur_ticket *ticket)
{
    lock();
    unlock_and_tell(stop_waiting(ticket));
}

void ur_gate_to_thread(struct ur_ticket *ticket)
{
    lock();
    give_back(ticket);
    take(ticket, UR_CARRIED_THREAD);
    unlock();
}

void ur_gate_log_begins(void)
{
    atomic_fetch_add(&gate.unlogged, 1);
}

void ur_gate_log_ends(void)
{
    atomic_fetch_sub(&gate.unlogged, 1);
}

void ur_gate_lose_sight(struct ur_ticket *ticket)
{
    bool waited;

    lock();
    waited = stop_waiting(ticket);
    give_back(ticket);
    unlock_and_tell(waited);
}

void ur_gate_forget_client(struct ur_ticket *ticket)
{
    if (ticket->client) {
        ur_client_table_give_back(ticket->client);
        ticket->client = NULL;
    }
}

void ur_gate_leave(struct ur_ticket *ticket)
{
    ur_gate_lose_sight(ticket);
    ur_gate_forget_client(ticket);
}
