#define _GNU_SOURCE /* sched_getcpu() */

#include "tap.h"

#include "core/metrics/ur_counters.h"
#include "core/metrics/ur_tunnel_cell.h"

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

static const struct ur_seen CLEAR_1_1 = {.tls = UR_TLS_NONE, .http = UR_HTTP_1_1};
static const struct ur_seen TLS_1_3_2 = {.tls = UR_TLS_1_3, .http = UR_HTTP_2};

static struct ur_tally_slots policy(size_t number)
{
    return (struct ur_tally_slots){&memory->used[0][number], &memory->tallies[0][number], SLOTS,
                                   POLICIES};
}

static void *count(void *number)
{
    for (int i = 0; i < EACH / 2; i++) {
        size_t slot = (size_t)sched_getcpu() % SLOTS;
        ur_counters_count_request(&memory->requests[slot], TLS_1_3_2);
        ur_counters_count_decision(policy(1), slot, UR_VERDICT_ANNOUNCE, UR_REASON_TLS_VERSION,
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

static bool is_marked(size_t number, enum ur_verdict verdict, enum ur_reason reason)
{
    struct ur_marks marks = ur_counters_marks(policy(number));

    return ur_counters_marked(&marks, verdict, reason);
}

/* How many pairs of verdict and reason are marked. */
static int marks_of(size_t number)
{
    int count = 0;

    for (int verdict = 0; verdict < UR_VERDICTS; verdict++) {
        for (int reason = 0; reason < UR_REASONS; reason++) {
            count += is_marked(number, (enum ur_verdict)verdict, (enum ur_reason)reason);
        }
    }
    return count;
}

static void test_exactness(void)
{
    struct ur_request_slots requests = {memory->requests, SLOTS};
    uint64_t half = UINT64_C(5000000);

    ok(run_generations(), "all children have counted");
    ok(ur_counters_requests(requests, TLS_1_3_2) == half, "requests, none lost");
    ok(ur_counters_requests(requests, CLEAR_1_1) == 0, "none elsewhere");
    ok(ur_counters_decisions(policy(1), UR_VERDICT_ANNOUNCE, UR_REASON_TLS_VERSION,
                             CLEAR_1_1) == half,
       "decisions, none lost");
    ok(marks_of(1) == 1 && is_marked(1, UR_VERDICT_ANNOUNCE, UR_REASON_TLS_VERSION),
       "only what was counted is marked");
    ok(marks_of(0) == 0 && marks_of(2) == 0, "neighbours are untouched");
}

/* Each verdict, reason and client has a place of its own. */
static void test_places(void)
{
    bool own = true;

    for (int verdict = 0; verdict < UR_VERDICTS; verdict++) {
        for (int reason = 1; reason < UR_REASONS; reason++) {
            for (int http = UR_HTTP_0_9; http <= UR_HTTP_2; http++) {
                for (int tls = UR_TLS_NONE; tls <= UR_TLS_1_3; tls++) {
                    struct ur_seen seen = {.tls = (enum ur_tls)tls, .http = (enum ur_http)http};
                    ur_counters_count_decision(policy(2), 1, (enum ur_verdict)verdict,
                                               (enum ur_reason)reason, seen);
                }
            }
        }
    }
    for (int verdict = 0; verdict < UR_VERDICTS; verdict++) {
        for (int reason = 1; reason < UR_REASONS; reason++) {
            for (int http = UR_HTTP_0_9; http <= UR_HTTP_2; http++) {
                for (int tls = UR_TLS_NONE; tls <= UR_TLS_1_3; tls++) {
                    struct ur_seen seen = {.tls = (enum ur_tls)tls, .http = (enum ur_http)http};
                    own = own && ur_counters_decisions(policy(2), (enum ur_verdict)verdict,
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

/* Whether what was opened has ended or is open, and how much that is. */
static bool books_are(struct ur_tunnel_cells all, uint64_t opened, uint64_t open,
                      uint64_t leaving)
{
    struct ur_tunnel_books books = ur_tunnel_cell_books(all);
    uint64_t ended = 0;

    for (enum ur_outcome outcome = 0; outcome < UR_OUTCOMES; outcome++) {
        ended += books.ended[outcome];
    }
    return books.opened[UR_CARRIED_EVENT] + books.opened[UR_CARRIED_THREAD] == opened &&
           books.open == open && books.leaving == leaving && opened == ended + open + leaving;
}

/* A child has a cell until the server knows that it has gone. */
static void test_cells(void)
{
    static struct ur_tunnel_cell cells[2];
    struct ur_tunnel_cells all = {cells, 2};
    struct ur_tunnel_cell *one = ur_tunnel_cell_take(all, 11, 3);
    struct ur_tunnel_cell *two = ur_tunnel_cell_take(all, 12, 3);
    struct ur_tunnel_cell *nowhere = ur_tunnel_cell_take(all, 13, 3);

    ok(one && two && one != two, "a cell for each child");
    ok(!nowhere, "and none where there are no more");
    ok(atomic_load(&one->generation) == 3, "with its generation");
    ur_tunnel_cell_count_opened(one, UR_CARRIED_EVENT);
    ur_tunnel_cell_count_opened(one, UR_CARRIED_EVENT);
    ur_tunnel_cell_count_opened(two, UR_CARRIED_THREAD);
    ur_tunnel_cell_count_opened(nowhere, UR_CARRIED_EVENT);
    ok(books_are(all, 3, 3, 0), "three are open");
    ur_tunnel_cell_count_ended(one, UR_CARRIED_EVENT, UR_OUTCOME_CLOSED);
    ur_tunnel_cell_count_ended(nowhere, UR_CARRIED_EVENT, UR_OUTCOME_CLOSED);
    ok(books_are(all, 3, 2, 0), "one of them has ended");
    atomic_store(&one->leaving, 5);
    ok(books_are(all, 3, 1, 1), "one is open in a child that leaves");
    ok(ur_tunnel_cell_free(all, 11, UR_OUTCOME_LOST) == 1, "a child goes with one open");
    ok(books_are(all, 3, 1, 0) && ur_tunnel_cell_books(all).ended[UR_OUTCOME_LOST] == 1,
       "which is lost");
    ok(ur_tunnel_cell_free(all, 99, UR_OUTCOME_LOST) == 0, "another's child has none");
    ok(ur_tunnel_cell_take(all, 14, 3) == one && books_are(all, 3, 1, 0),
       "its cell is another's, and the numbers go on");
    ok(ur_tunnel_cell_open(one, UR_CARRIED_EVENT) == 0 && !atomic_load(&one->leaving),
       "who starts with none");
    ok(ur_tunnel_cell_free(all, 14, UR_OUTCOME_LOST) == 0 && books_are(all, 3, 1, 0),
       "and goes without one");
    ok(ur_tunnel_cell_take(all, 15, 4) == one && books_are(all, 3, 0, 1),
       "a newer generation is there: what older children have is open in those that leave");
    atomic_store(&two->tells, true);
    ok(books_are(all, 3, 1, 0), "but not in one that will say itself when it leaves");
    ok(ur_tunnel_cell_free(all, 12, UR_OUTCOME_STOPPED) == 1 && books_are(all, 3, 0, 0) &&
           !atomic_load(&two->tells),
       "a server that stops ends what threads carry");
    ur_tunnel_cell_count_turned_away(two, UR_TURNED_AWAY_BUSY);
    ur_tunnel_cell_count_bytes(two, UR_DIRECTION_SENT, 7);
    ok(ur_tunnel_cell_books(all).turned_away[UR_TURNED_AWAY_BUSY] == 1 &&
           ur_tunnel_cell_books(all).turned_away[UR_TURNED_AWAY_FULL] == 0 &&
           ur_tunnel_cell_books(all).bytes[UR_DIRECTION_SENT] == 7 &&
           ur_tunnel_cell_books(all).bytes[UR_DIRECTION_RECEIVED] == 0,
       "who was turned away, and bytes");
}

static void test_opened(void)
{
    ok(ur_counters_opened(policy(0), UR_CARRIED_EVENT) == 0, "no tunnel under a policy yet");
    ok(!ur_counters_expects_tunnels(policy(0)), "and none expected");
    ur_counters_expect_tunnels(policy(1));
    ok(ur_counters_expects_tunnels(policy(1)) && !ur_counters_expects_tunnels(policy(0)),
       "some are, under another one");
    ur_counters_count_opened(policy(0), 0, UR_CARRIED_EVENT);
    ur_counters_count_opened(policy(0), 1, UR_CARRIED_EVENT);
    ok(ur_counters_opened(policy(0), UR_CARRIED_EVENT) == 2 &&
           ur_counters_opened(policy(0), UR_CARRIED_THREAD) == 0 &&
           ur_counters_opened(policy(2), UR_CARRIED_EVENT) == 0,
       "two, of its own");
    ok(ur_counters_expects_tunnels(policy(0)) && !ur_counters_expects_tunnels(policy(2)),
       "who has had one may have others");
}

/* Each offer has a place of its own. */
static void test_hellos(void)
{
    static struct ur_hellos hellos[2];
    struct ur_hello_slots slots = {hellos, 2};
    uint64_t number = 0;
    bool own = true;

    for (int kind = 0; kind < 2 * UR_TLSS; kind++) {
        struct ur_offer offer = {(enum ur_tls)(kind / 2), kind % 2};
        for (int i = 0; i <= kind; i++) {
            ur_counters_count_hello(&hellos[i % 2], offer);
        }
    }
    for (int kind = 0; kind < 2 * UR_TLSS; kind++) {
        struct ur_offer offer = {(enum ur_tls)(kind / 2), kind % 2};
        own = own && ur_counters_hellos(slots, offer) == ++number;
    }
    ok(own, "every offer is counted in its own place");
    ur_counters_count_hello_failure(&hellos[1], UR_TLS_1_3);
    ok(ur_counters_hello_failures(slots, UR_TLS_1_3) == 1 &&
           ur_counters_hello_failures(slots, UR_TLS_1_2) == 0 &&
           ur_counters_hellos(slots, (struct ur_offer){UR_TLS_1_3, true}) == number,
       "a failure is no offer");
    ok(sizeof(struct ur_hellos) % UR_CACHE_LINE == 0, "slots share no cache line");
}

/* Whoever embeds the core may count what it has not found out. */
static void test_unknown(void)
{
    static const struct ur_seen unknown = {.tls = UR_TLS_NONE, .http = UR_HTTP_ANY};
    static struct ur_requests requests[2];
    uint64_t sum = 0;

    ur_counters_count_request(&requests[1], unknown);
    for (enum ur_http http = UR_HTTP_ANY; http <= UR_HTTP_2; http++) {
        for (enum ur_tls tls = UR_TLS_NONE; tls <= UR_TLS_1_3; tls++) {
            sum += atomic_load(&requests[0].counts[http][tls]) * 100;
            sum += atomic_load(&requests[1].counts[http][tls]);
        }
    }
    ok(sum == 1 && atomic_load(&requests[1].counts[UR_HTTP_ANY][UR_TLS_NONE]) == 1,
       "an unknown version is counted in its own place");
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
    test_opened();
    test_hellos();
    test_unknown();
    ur_counters_layout(&buf);
    layout[buf.len < sizeof layout ? buf.len : 0] = '\0';
    ok(strstr(layout, " post_quantum no yes ") &&
           strstr(layout, " refuse redirect except announce allow none tls-missing ") &&
           strstr(layout, " 0.9 1.0 1.1 2 unknown 1.0 1.1 1.2 1.3 closed client backend ") &&
           strstr(layout, " stopped lost full busy limit sent answered unanswered"),
       "the layout names everything that is counted: %s", layout);
    return tap_done();
}
