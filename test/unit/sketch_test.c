#include "tap.h"

#include "core/metrics/ur_sketch.h"

#include <pthread.h>
#include <sys/wait.h>

/* 1.04 / sqrt(1024) */
#define STANDARD_ERROR 0.0325

/* SplitMix64: the n-th number of a sequence, every bit as good as random. */
static uint64_t hash_of(uint64_t n)
{
    n *= UINT64_C(0x9E3779B97F4A7C15);
    n = (n ^ n >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    n = (n ^ n >> 27) * UINT64_C(0x94D049BB133111EB);
    return n ^ n >> 31;
}

/* Those from first on, so many of them. */
static void add_some(struct ur_sketch *sketch, uint64_t first, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        ur_sketch_add(sketch, hash_of(first + i));
    }
}

static bool same(const struct ur_sketch *a, const struct ur_sketch *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

static unsigned in_register(const struct ur_sketch *sketch, size_t at)
{
    return atomic_load(&sketch->registers[at]);
}

/* [hash, the register that it goes to, its rank] */
static const struct {
    uint64_t hash;
    size_t at;
    unsigned rank;
} ranks[] = {
    {0, 0, UR_SKETCH_RANK_MAX},
    {1, 0, UR_SKETCH_RANK_MAX - 1},
    {UINT64_C(1) << 53, 0, 1},
    {UINT64_C(1) << 52, 0, 2},
    {UINT64_C(1) << 54, 1, UR_SKETCH_RANK_MAX},
    {UINT64_C(0xFFC0000000000000), 1023, UR_SKETCH_RANK_MAX},
    {UINT64_MAX, 1023, 1},
};

static void test_ranks(void)
{
    for (size_t i = 0; i < COUNT(ranks); i++) {
        struct ur_sketch sketch = {{0}};
        ur_sketch_add(&sketch, ranks[i].hash);
        ok(in_register(&sketch, ranks[i].at) == ranks[i].rank, "hash %016llx: rank %u in %zu",
           (unsigned long long)ranks[i].hash, ranks[i].rank, ranks[i].at);
    }
}

static void test_highest_counts(void)
{
    struct ur_sketch sketch = {{0}};

    ur_sketch_add(&sketch, UINT64_C(1) << 50);
    ur_sketch_add(&sketch, UINT64_C(1) << 53);
    ok(in_register(&sketch, 0) == 4, "a lower rank changes nothing");
    ur_sketch_add(&sketch, UINT64_C(1) << 49);
    ok(in_register(&sketch, 0) == 5, "a higher one does");
}

/* How many clients, and how many sets of so many. */
static const struct {
    uint64_t clients;
    unsigned sets;
} sizes[] = {
    {1, 400},     {2, 400},     {3, 400},     {5, 400},     {10, 400},    {20, 400},
    {50, 400},    {100, 400},   {200, 400},   {500, 400},   {1000, 400},  {2000, 400},
    {2500, 400},  {3000, 400},  {4000, 400},  {5000, 400},  {7000, 400},  {10000, 400},
    {20000, 100}, {50000, 100}, {100000, 50}, {300000, 20}, {1000000, 8},
};

/* The mean error of n sets lies within 4 standard errors of a mean, and half a client, as it is
 * rounded; the errors have one and a half standard errors as their mean square at most. What is
 * random here is the same in each run. */
static void test_errors(size_t row)
{
    double n = (double)sizes[row].clients;
    double sets = sizes[row].sets;
    double sum = 0;
    double squares = 0;
    double over;

    for (unsigned set = 0; set < sizes[row].sets; set++) {
        struct ur_sketch sketch = {{0}};
        double error;
        add_some(&sketch, (uint64_t)set << 32, sizes[row].clients);
        error = (double)ur_sketch_estimate(&sketch) / n - 1;
        sum += error;
        squares += error * error;
    }
    over = (sum < 0 ? -sum : sum) / sets - 0.5 / n;
    ok((over < 0 || over * over <= 16 * STANDARD_ERROR * STANDARD_ERROR / sets) &&
           squares / sets <= 2.25 * STANDARD_ERROR * STANDARD_ERROR,
       "%.0f clients: mean error %+.2f %%, mean square %.4f %% (of one standard error: %.4f)",
       n, 100 * sum / sets, 100 * squares / sets, 100 * STANDARD_ERROR * STANDARD_ERROR);
}

/* Not two clients where there was one: a report of a handful is read as a number. */
static void test_few(void)
{
    unsigned exact = 0;
    unsigned near = 0;

    for (uint64_t set = 0; set < 1000; set++) {
        struct ur_sketch sketch = {{0}};
        uint64_t count = 1 + set % 10;
        uint64_t estimate;
        add_some(&sketch, set << 32, count);
        estimate = ur_sketch_estimate(&sketch);
        exact += estimate == count;
        near += estimate + 2 >= count && estimate <= count;
    }
    ok(exact > 970 && near == 1000, "up to ten: %u of 1000 are exact, %u at most two less",
       exact, near);
}

static void test_bounds(void)
{
    struct ur_sketch sketch = {{0}};

    ok(ur_sketch_estimate(&sketch) == 0, "nobody");
    for (size_t i = 0; i < UR_SKETCH_REGISTERS; i++) {
        ur_sketch_add(&sketch, (uint64_t)i << 54 | UINT64_C(1) << 53);
    }
    ok(ur_sketch_estimate(&sketch) == 1477, "1024 / ln 2, where all are 1");
    for (size_t i = 0; i < UR_SKETCH_REGISTERS; i++) {
        ur_sketch_add(&sketch, (uint64_t)i << 54);
    }
    ok(ur_sketch_estimate(&sketch) == UINT64_MAX, "all registers at their end");
    memset(&sketch, 0xFF, sizeof sketch);
    ok(ur_sketch_estimate(&sketch) == UINT64_MAX, "what no client has written");
}

static void test_merge(void)
{
    struct ur_sketch a = {{0}}, b = {{0}}, whole = {{0}}, ab = {{0}}, ba = {{0}};

    add_some(&a, 0, 6000);
    add_some(&b, 4000, 6000);
    add_some(&whole, 0, 10000);
    ur_sketch_merge(&ab, &a);
    ok(same(&ab, &a), "into an empty one: a copy");
    ur_sketch_merge(&ab, &b);
    ur_sketch_merge(&ba, &b);
    ur_sketch_merge(&ba, &a);
    ok(same(&ab, &ba), "the order does not matter");
    ok(same(&ab, &whole), "it has seen those of both, once each");
    ur_sketch_merge(&ab, &a);
    ur_sketch_merge(&ab, &ab);
    ok(same(&ab, &whole), "once more changes nothing");
    ok(!same(&a, &whole), "and neither is the whole");
}

static void test_text(void)
{
    char text[2 * UR_SKETCH_REGISTERS];
    struct ur_sketch sketch = {{0}};
    struct ur_buf out = {text, sizeof text, 0};

    ur_sketch_add(&sketch, 0);
    ur_sketch_add(&sketch, UINT64_C(1) << 54 | UINT64_C(1) << 53);
    ur_sketch_add(&sketch, UINT64_MAX >> 8);
    ur_sketch_write(&out, &sketch);
    ok(out.len == UR_SKETCH_REGISTERS, "a character for each register");
    ok(text[0] == '3' && text[1] == 'B' && text[2] == 'A' && text[3] == 'B' &&
           text[1023] == 'A',
       "55, 1, 0, 1, ..., 0: %.4s...%c", text, text[1023]);
    memset(&sketch, 0xFF, sizeof sketch);
    out.len = 0;
    ur_sketch_write(&out, &sketch);
    ok(strspn(text, "/") >= UR_SKETCH_REGISTERS, "always digits");
}

/* Children of a server, each with threads, that see the same clients in an order of their own.
 */

#define CHILDREN 4
#define THREADS  4
#define CLIENTS  50000

static struct ur_sketch *shared;

static void *see_all(void *number)
{
    uint64_t start = (uint64_t)(uintptr_t)number * (CLIENTS / THREADS);

    for (uint64_t i = 0; i < CLIENTS; i++) {
        ur_sketch_add(shared, hash_of((start + i) % CLIENTS));
    }
    return NULL;
}

static void run_child(void)
{
    pthread_t threads[THREADS];

    for (uintptr_t i = 0; i < THREADS; i++) {
        if (pthread_create(&threads[i], NULL, see_all, (void *)i) != 0) {
            _exit(EXIT_FAILURE);
        }
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    _exit(EXIT_SUCCESS);
}

static void test_together(void)
{
    struct ur_sketch alone = {{0}};
    int failed = 0;
    int status;

    shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        abort();
    }
    fflush(stdout);
    for (int i = 0; i < CHILDREN; i++) {
        if (fork() == 0) {
            run_child();
        }
    }
    for (int i = 0; i < CHILDREN; i++) {
        failed += wait(&status) < 0 || status != 0;
    }
    add_some(&alone, 0, CLIENTS);
    ok(!failed && same(shared, &alone), "many at a time see what one sees");
}

int main(void)
{
    test_ranks();
    test_highest_counts();
    test_bounds();
    test_few();
    for (size_t i = 0; i < COUNT(sizes); i++) {
        test_errors(i);
    }
    test_merge();
    test_text();
    test_together();
    return tap_done();
}
