#define _GNU_SOURCE /* usleep() and kill() */

#include "tap.h"

#include "core/metrics/ur_client_table.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

#define SHARDS 4

static struct ur_client_table table;

static void clear(void)
{
    memset(table.shards, 0, ur_client_table_size(SHARDS));
}

/* [name, IPv4 in dotted or IPv6 in hexadecimal bytes, one that is the same client, one that is
 * not] */
static const struct {
    const char *name;
    unsigned char address[16], same[16], other[16];
} networks[] = {
    {"an IPv6 /64 is one client",
     {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1},
     {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 1, 0xff, 0, 0, 0, 0, 0, 0, 0xff},
     {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1}},
    {"a mapped IPv4 address counts by itself",
     {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1},
     {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1},
     {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 2}},
    {"::1 is not an IPv4 address",
     {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
     {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2},
     {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 1}},
};

static void test_networks(void)
{
    static const unsigned char ipv4[4] = {192, 0, 2, 1};

    for (size_t i = 0; i < sizeof networks / sizeof networks[0]; i++) {
        uint64_t network = ur_client_of_ipv6(networks[i].address);
        ok(network == ur_client_of_ipv6(networks[i].same), "%s: the same", networks[i].name);
        ok(network != ur_client_of_ipv6(networks[i].other), "%s: another", networks[i].name);
    }
    ok(ur_client_of_ipv4(ipv4) == ur_client_of_ipv6(networks[1].address),
       "IPv4 is the same on a socket for both");
    ok(ur_client_route("/a") != ur_client_route("/b"), "routes differ by their names");
}

static enum ur_client_admission take(uint64_t route, uint64_t network, long owner,
                                     uint64_t limit, atomic_uint **held)
{
    return ur_client_table_take(&table, &(struct ur_client){route, network}, owner, limit,
                                held);
}

static void test_limit(void)
{
    atomic_uint *held[4];
    atomic_uint *none = NULL;

    clear();
    ok(take(1, 7, 100, 3, &held[0]) == UR_CLIENT_ADMITTED, "the first");
    ok(take(1, 7, 100, 3, &held[1]) == UR_CLIENT_ADMITTED, "the second, in the same child");
    ok(take(1, 7, 200, 3, &held[2]) == UR_CLIENT_ADMITTED, "the third, in another child");
    ok(take(1, 7, 200, 3, &none) == UR_CLIENT_LIMITED && !none, "there is no fourth");
    ok(take(1, 7, 300, 3, &none) == UR_CLIENT_LIMITED, "in no child");
    ok(take(1, 8, 100, 3, &held[3]) == UR_CLIENT_ADMITTED, "another client");
    ur_client_table_give_back(held[3]);
    ok(take(2, 7, 100, 3, &held[3]) == UR_CLIENT_ADMITTED, "another route");
    ur_client_table_give_back(held[1]);
    ok(take(1, 7, 300, 3, &held[1]) == UR_CLIENT_ADMITTED, "one was given back");
    ok(take(1, 7, 300, 4, &held[1]) == UR_CLIENT_ADMITTED, "a higher limit after a reload");
    ok(take(1, 7, 300, 2, &none) == UR_CLIENT_LIMITED, "and a lower one");
    ur_client_table_free(&table, 100);
    ok(take(1, 7, 400, 4, &held[0]) == UR_CLIENT_ADMITTED, "a child has exited");
    ok(take(1, 7, 400, 4, &none) == UR_CLIENT_LIMITED, "and what it held is free, no more");
}

static void test_full(void)
{
    struct ur_client_table nowhere = {NULL, NULL, 0, 0};
    atomic_uint *held = NULL;
    size_t admitted = 0;
    uint64_t network;

    clear();
    for (network = 1; network < 100 * SHARDS * UR_CLIENT_ENTRIES; network++) {
        admitted += take(1, network, 100, 1, &held) == UR_CLIENT_ADMITTED;
    }
    ok(admitted == SHARDS * UR_CLIENT_ENTRIES, "as many clients as there are entries: %zu",
       admitted);
    held = NULL;
    ok(take(1, network, 100, 1, &held) == UR_CLIENT_UNKNOWN && !held, "then it is told");
    ur_client_table_free(&table, 100);
    ok(take(1, network, 100, 1, &held) == UR_CLIENT_ADMITTED, "and all are free again");
    ok(ur_client_table_take(&nowhere, &(struct ur_client){1, 1}, 1, 1, &held) ==
           UR_CLIENT_UNKNOWN,
       "no table");
}

/* As with prefork, where each of them is in a child of its own: more than a shard has entries.
 */
static void test_children(void)
{
    enum { LIMIT = 2 * UR_CLIENT_ENTRIES + 1, CHILDREN = 3 * UR_CLIENT_ENTRIES };
    atomic_uint *held[CHILDREN] = {NULL};
    atomic_uint *other;
    size_t admitted = 0;
    size_t limited = 0;

    clear();
    for (int child = 0; child < CHILDREN; child++) {
        enum ur_client_admission admission = take(1, 7, 100 + child, LIMIT, &held[child]);
        admitted += admission == UR_CLIENT_ADMITTED;
        limited += admission == UR_CLIENT_LIMITED;
    }
    ok(admitted == LIMIT && limited == CHILDREN - LIMIT,
       "a tunnel in each of many children: %zu are admitted, then %zu refused", admitted,
       limited);
    ok(take(1, 8, 100, 1, &other) == UR_CLIENT_ADMITTED &&
           take(1, 8, 200, 1, &other) == UR_CLIENT_LIMITED,
       "other clients have entries too");
    ur_client_table_give_back(held[LIMIT - 1]);
    ur_client_table_give_back(held[0]);
    ur_client_table_free(&table, 100 + UR_CLIENT_ENTRIES);
    admitted = 0;
    for (int child = 0; child < CHILDREN; child++) {
        admitted += take(1, 7, 1000 + child, LIMIT, &held[child]) == UR_CLIENT_ADMITTED;
    }
    ok(admitted == 3, "as many as were given back, wherever: %zu", admitted);
}

static void test_taken(void)
{
    atomic_uint *held = NULL;

    clear();
    for (size_t i = 0; i < SHARDS; i++) {
        atomic_store(&table.shards[i].taker, 100);
        atomic_store(&table.used[i], 1);
    }
    ok(take(1, 1, 200, 1, &held) == UR_CLIENT_BUSY && !held, "another has the shard");
    ur_client_table_free(&table, 300);
    ok(take(1, 1, 200, 1, &held) == UR_CLIENT_BUSY, "and goes on");
    ur_client_table_free(&table, 100);
    ok(take(1, 1, 200, 1, &held) == UR_CLIENT_ADMITTED, "until it exits");
}

/* Children that open and close as fast as they can, all for one client, and are killed. */

#define CHILDREN 4
#define THREADS  3
#define LIMIT    5
#define ROUNDS   40
#define ENOUGH   2000

struct shared {
    atomic_uint open;
    atomic_uint most;
    atomic_ulong admitted;
    atomic_ulong limited;
};

static struct shared *shared;

static void note_most(unsigned open)
{
    unsigned most = atomic_load(&shared->most);

    while (open > most && !atomic_compare_exchange_weak(&shared->most, &most, open)) {
    }
}

static void *open_and_close(void *data)
{
    atomic_uint *held;

    for (;;) {
        enum ur_client_admission admission = take(1, 1, (long)getpid(), LIMIT, &held);
        if (admission == UR_CLIENT_ADMITTED) {
            unsigned open = atomic_fetch_add(&shared->open, 1) + 1;
            note_most(open);
            sched_yield();
            atomic_fetch_sub(&shared->open, 1);
            ur_client_table_give_back(held);
            atomic_fetch_add(&shared->admitted, 1);
        }
        else {
            atomic_fetch_add(&shared->limited, admission == UR_CLIENT_LIMITED);
            sched_yield();
        }
    }
    return data;
}

static pid_t start_child(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        pthread_t thread;
        for (int i = 1; i < THREADS; i++) {
            pthread_create(&thread, NULL, open_and_close, NULL);
        }
        open_and_close(NULL);
    }
    return pid;
}

/* How many can be taken now, by this process. */
static unsigned rest(void)
{
    unsigned count = 0;
    atomic_uint *held;

    while (take(1, 1, (long)getpid(), LIMIT, &held) == UR_CLIENT_ADMITTED) {
        count++;
    }
    ur_client_table_free(&table, (long)getpid());
    return count;
}

static void run_for_a_while(pid_t pids[CHILDREN])
{
    unsigned long admitted = atomic_load(&shared->admitted);

    atomic_store(&shared->open, 0);
    for (int i = 0; i < CHILDREN; i++) {
        pids[i] = start_child();
    }
    while (atomic_load(&shared->admitted) < admitted + ENOUGH) {
        sched_yield();
    }
}

static void end_child(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

/* Never more than the limit, whatever they do at the same time. Those that are killed hold what
 * they hold until the parent knows. */
static void test_exact(void)
{
    unsigned complete = 0;

    clear();
    for (int round = 0; round < ROUNDS; round++) {
        pid_t pids[CHILDREN];
        run_for_a_while(pids);
        for (int i = 0; i < CHILDREN; i++) {
            end_child(pids[i]);
        }
        for (int i = 0; i < CHILDREN; i++) {
            ur_client_table_free(&table, (long)pids[i]);
        }
        complete += rest() == LIMIT;
    }
    ok(atomic_load(&shared->most) <= LIMIT, "at most %u of %d are open at a time",
       atomic_load(&shared->most), LIMIT);
    ok(atomic_load(&shared->limited) > 0, "the limit was met");
    ok(complete == ROUNDS, "%u of %d times all are free after the children were killed",
       complete, ROUNDS);
}

/* Each is freed while the others go on. */
static void test_killed(void)
{
    unsigned complete = 0;

    for (int round = 0; round < ROUNDS; round++) {
        pid_t pids[CHILDREN];
        run_for_a_while(pids);
        for (int i = 0; i < CHILDREN; i++) {
            end_child(pids[i]);
            ur_client_table_free(&table, (long)pids[i]);
        }
        complete += rest() == LIMIT;
    }
    ok(complete == ROUNDS, "%u of %d times, killed one by one", complete, ROUNDS);
}

static void *map(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED) {
        abort();
    }
    return memory;
}

int main(void)
{
    table = ur_client_table_in(map(ur_client_table_size(SHARDS)), SHARDS, 42);
    shared = map(sizeof *shared);
    test_networks();
    test_limit();
    test_full();
    test_children();
    test_taken();
    test_exact();
    test_killed();
    return tap_done();
}
