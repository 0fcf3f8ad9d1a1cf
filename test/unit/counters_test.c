#define _GNU_SOURCE /* sched_getcpu() */

#include "tap.h"

#include "wording/ur_counters.h"

#include <pthread.h>
#include <sched.h>
#include <sys/wait.h>

/* Ten million in all, by processes that come and go, each with threads: as the children of a
 * server that restarts while it is under load. */
#define GENERATIONS 10
#define CHILDREN    5
#define THREADS     4
#define EACH        50000

#define SLOTS    2
#define POLICIES 3

struct memory {
    struct ur_requests requests[SLOTS];
    struct ur_tally tallies[SLOTS][POLICIES];
    ur_used used[SLOTS][POLICIES];
};

static struct memory *memory;

static const struct ur_seen CLEAR_1_1 = {UR_TLS_NONE, UR_HTTP_1_1};
static const struct ur_seen TLS_1_3_2 = {UR_TLS_1_3, UR_HTTP_2};

static struct ur_tally_slots policy(size_t number)
{
    return (struct ur_tally_slots){&memory->used[0][number], &memory->tallies[0][number], SLOTS,
                                   POLICIES};
}

static void *count(void *number)
{
    for (int i = 0; i < EACH / 2; i++) {
        size_t slot = (size_t)sched_getcpu() % SLOTS;
        ur_count_request(&memory->requests[slot], TLS_1_3_2);
        ur_count_decision(policy(1), slot, UR_VERDICT_ANNOUNCE, UR_REASON_TLS_VERSION,
                          CLEAR_1_1);
    }
    return number;
}

static void run_child(void)
{
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++) {
        if (pthread_create(&threads[i], NULL, count, NULL) != 0) {
            _exit(EXIT_FAILURE);
        }
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    _exit(EXIT_SUCCESS);
}

/* Two generations at a time, the older of which is leaving. */
static bool run_generations(void)
{
    bool all = true;

    for (int started = 0, ended = 0; ended < GENERATIONS * CHILDREN; ended++) {
        int status;
        for (; started < GENERATIONS * CHILDREN && started - ended < 2 * CHILDREN; started++) {
            fflush(stdout);
            if (fork() == 0) {
                run_child();
            }
        }
        all = wait(&status) > 0 && status == 0 && all;
    }
    return all;
}

static void test_exactness(void)
{
    struct ur_request_slots requests = {memory->requests, SLOTS};
    uint64_t half = UINT64_C(5000000);

    ok(run_generations(), "all children have counted");
    ok(ur_requests_sum(requests, TLS_1_3_2) == half, "requests, none lost");
    ok(ur_requests_sum(requests, CLEAR_1_1) == 0, "none elsewhere");
    ok(ur_tally_sum(policy(1), UR_VERDICT_ANNOUNCE, UR_REASON_TLS_VERSION, CLEAR_1_1) == half,
       "decisions, none lost");
    ok(ur_tally_used(policy(1)) == ur_tally_bit(UR_VERDICT_ANNOUNCE, UR_REASON_TLS_VERSION),
       "only what was counted is marked");
    ok(!ur_tally_used(policy(0)) && !ur_tally_used(policy(2)), "neighbours are untouched");
}

/* Each verdict, reason and client has a place of its own. */
static void test_places(void)
{
    bool own = true;

    for (int verdict = 0; verdict < UR_VERDICTS; verdict++) {
        for (int reason = 1; reason < UR_REASONS; reason++) {
            for (int http = UR_HTTP_0_9; http <= UR_HTTP_2; http++) {
                for (int tls = UR_TLS_NONE; tls <= UR_TLS_1_3; tls++) {
                    struct ur_seen seen = {(enum ur_tls)tls, (enum ur_http)http};
                    ur_count_decision(policy(2), 1, (enum ur_verdict)verdict,
                                      (enum ur_reason)reason, seen);
                }
            }
        }
    }
    for (int verdict = 0; verdict < UR_VERDICTS; verdict++) {
        for (int reason = 1; reason < UR_REASONS; reason++) {
            for (int http = UR_HTTP_0_9; http <= UR_HTTP_2; http++) {
                for (int tls = UR_TLS_NONE; tls <= UR_TLS_1_3; tls++) {
                    struct ur_seen seen = {(enum ur_tls)tls, (enum ur_http)http};
                    own = own && ur_tally_sum(policy(2), (enum ur_verdict)verdict,
                                              (enum ur_reason)reason, seen) == 1;
                }
            }
        }
    }
    ok(own, "every combination is counted once");
    ok((uintptr_t)&memory->requests[1] % UR_CACHE_LINE == 0 &&
           sizeof(struct ur_requests) % UR_CACHE_LINE == 0 &&
           sizeof(struct ur_tally) % UR_CACHE_LINE == 0,
       "slots share no cache line");
}

/* A child has a cell from its first tunnel on until the server knows that it has gone. */
static void test_cells(void)
{
    static struct ur_tunnel_cell cells[2];
    static struct ur_tunnels tunnels;
    struct ur_tunnel_cells all = {cells, 2};
    struct ur_tunnel_place one = {&tunnels, ur_tunnel_cell_take(all, 11)};
    struct ur_tunnel_place two = {&tunnels, ur_tunnel_cell_take(all, 12)};
    struct ur_tunnel_place nowhere = {NULL, ur_tunnel_cell_take(all, 13)};

    ok(one.cell && two.cell && one.cell != two.cell, "a cell for each child");
    ok(!nowhere.cell, "and none where there are no more");
    ur_count_tunnel_opened(one);
    ur_count_tunnel_opened(one);
    ur_count_tunnel_opened(two);
    ur_count_tunnel_opened(nowhere);
    ur_count_tunnel_closed(one);
    ok(ur_tunnels_open(all) == 2, "what is open in all children");
    ur_tunnel_cell_free(all, 11);
    ok(ur_tunnels_open(all) == 1, "a child that has gone has none");
    ok(ur_tunnel_cell_take(all, 14) == one.cell && ur_tunnels_open(all) == 1,
       "and its cell is another's");
    ur_count_tunnel_outcome(one, UR_OUTCOME_TIMEOUT);
    ur_count_tunnel_outcome(nowhere, UR_OUTCOME_TIMEOUT);
    ur_count_tunnel_bytes(two, UR_DIRECTION_SENT, 7);
    ok(ur_tunnels_ended(&tunnels, UR_OUTCOME_TIMEOUT) == 1 &&
           ur_tunnels_bytes(&tunnels, UR_DIRECTION_SENT) == 7 &&
           ur_tunnels_bytes(&tunnels, UR_DIRECTION_RECEIVED) == 0,
       "outcomes and bytes");
}

int main(void)
{
    char layout[1024];
    struct ur_buf buf = {layout, sizeof layout - 1, 0};

    memory =
        mmap(NULL, sizeof *memory, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        abort();
    }
    test_exactness();
    test_places();
    test_cells();
    ur_counters_layout(&buf);
    layout[buf.len < sizeof layout ? buf.len : 0] = '\0';
    ok(strstr(layout, " refuse redirect except announce none tls-missing ") &&
           strstr(layout, " 0.9 1.0 1.1 2 unknown 1.0 1.1 1.2 1.3"),
       "the layout names everything that is counted: %s", layout);
    return tap_done();
}
