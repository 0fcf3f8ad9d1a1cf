#include "tap.h"

#include "core/metrics/ur_client_table.h"
#include "core/metrics/ur_largest.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#define OWNER 77

static struct ur_largest *largest;
static struct ur_largest_row rows[UR_LARGEST_SHOWN];

static void clear(void)
{
    memset(largest, 0, sizeof *largest);
}

static void count(uint64_t network, const char *product, unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        ur_largest_count(largest, network, ur_span_of(product), OWNER);
    }
}

/* The n-th /24 of 10.0.0.0/8. */
static uint64_t ipv4(unsigned n)
{
    const unsigned char address[4] = {10, (unsigned char)(n >> 8), (unsigned char)n, 1};

    return ur_client_of_ipv4(address);
}

static const char *network_of(uint64_t network)
{
    static char text[64];
    struct ur_buf out = {text, sizeof text - 1, 0};

    ur_largest_write_network(&out, network);
    text[out.len] = '\0';
    return text;
}

static void test_one(void)
{
    clear();
    ok(ur_largest_read(largest, rows) == 0, "nobody");
    count(ipv4(1), "curl", 3);
    count(ipv4(1) + 200, "curl", 2);
    count(ipv4(1), "Java", 4);
    count(ipv4(2), "curl", 1);
    ok(ur_largest_read(largest, rows) == 3, "a row for each network and product");
    ok(rows[0].requests == 5 && strcmp(rows[0].product, "curl") == 0 &&
           strcmp(network_of(rows[0].network), "10.0.1.0/24") == 0,
       "addresses of one /24 are one row");
    ok(rows[1].requests == 4 && strcmp(rows[1].product, "Java") == 0, "the next one");
    ok(rows[2].requests == 1 && strcmp(network_of(rows[2].network), "10.0.2.0/24") == 0,
       "the last one");
    count(ipv4(2), "1234567890123456789012345", 6);
    ok(ur_largest_read(largest, rows) == 4 &&
           strcmp(rows[0].product, "123456789012345678901234") == 0,
       "a long product is cut");
}

/* [the first eight bytes of an address, the network] */
static const struct {
    unsigned char address[16];
    const char *network;
} networks[] = {
    {{0x20, 0x01, 0x0d, 0xb8, 0, 0, 1, 0xff, 9, 9}, "2001:db8:0:100::/56"},
    {{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0xff, 9, 9}, "2001:db8::/56"},
    {{0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 0xff}, "2001:db8:1::/56"},
    {{0x20, 0x01, 0, 0, 0, 0, 0x10, 0}, "2001:0:0:1000::/56"},
    {{0xfe, 0x80, 0, 0, 0, 0, 0, 0, 1}, "fe80::/56"},
    {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, "ffff:ffff:ffff:ff00::/56"},
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, "::/56"},
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 77}, "192.0.2.0/24"},
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 1}, "0.0.0.0/24"},
};

static void test_networks(void)
{
    for (size_t i = 0; i < COUNT(networks); i++) {
        clear();
        count(ur_client_of_ipv6(networks[i].address), "x", 1);
        is(ur_largest_read(largest, rows) == 1 ? network_of(rows[0].network) : NULL,
           networks[i].network, "the network of an address");
    }
}

static void test_order(void)
{
    enum { MANY = UR_LARGEST_KEPT };
    bool sorted = true;

    clear();
    for (unsigned n = 0; n < MANY; n++) {
        count(ipv4(n * 37 % MANY), "x", 1 + n * 37 % MANY / 2);
    }
    ok(ur_largest_read(largest, rows) == UR_LARGEST_SHOWN, "no more than are shown");
    for (size_t i = 0; i < UR_LARGEST_SHOWN; i++) {
        sorted = sorted && rows[i].requests == MANY / 2 - i / 2 &&
                 rows[i].network ==
                     (ipv4((unsigned)(MANY - 2 - i / 2 * 2 + i % 2)) & ~UINT64_C(255));
    }
    ok(sorted, "most requests first, then by network");
}

/* What Space-Saving promises: whoever sends more than its share has a place, whatever else
 * comes, in whatever order; and what is told of anybody was sent. */
static void test_crowd(void)
{
    enum { HEAVY = 10, ROUNDS = 500 };
    bool true_numbers = true;
    unsigned found = 0;
    unsigned next = 1000;

    clear();
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned heavy = 0; heavy < HEAVY; heavy++) {
            count(ipv4(heavy), "heavy", 1 + (heavy == round % HEAVY));
            for (unsigned i = 0; i < 8; i++) {
                count(ipv4(next++), "once", 1);
            }
        }
    }
    ur_largest_read(largest, rows);
    for (size_t i = 0; i < UR_LARGEST_SHOWN; i++) {
        bool heavy = strcmp(rows[i].product, "heavy") == 0;
        found += heavy && i < HEAVY && rows[i].requests > ROUNDS / 2;
        true_numbers =
            true_numbers && rows[i].requests <= (heavy ? ROUNDS + ROUNDS / HEAVY : 1);
    }
    ok(found == HEAVY, "%u that send a hundredth each lead %d others", found,
       ROUNDS * HEAVY * 8);
    ok(true_numbers, "nobody has more requests than it sent");
}

/* Those that were there first do not keep one out that sends more than they do now. */
static void test_late(void)
{
    clear();
    for (unsigned n = 0; n < UR_LARGEST_KEPT; n++) {
        count(ipv4(n), "early", 30);
    }
    for (unsigned n = 0; n < 100; n++) {
        count(ipv4(1), "late", 1);
        count(ipv4(1000 + n), "once", 1);
    }
    ok(ur_largest_read(largest, rows) == UR_LARGEST_SHOWN && rows[0].requests == 100 &&
           strcmp(rows[0].product, "late") == 0,
       "one that comes late and sends much: %s, %u", rows[0].product,
       (unsigned)rows[0].requests);
}

static void test_taken(void)
{
    clear();
    count(ipv4(1), "x", 1);
    atomic_store(&largest->taker, 100);
    count(ipv4(1), "x", 1);
    count(ipv4(2), "x", 1);
    ok(ur_largest_read(largest, rows) == 1 && rows[0].requests == 2,
       "while a place is given those that have one are counted, newcomers are not");
    ur_largest_free(largest, 200);
    count(ipv4(2), "x", 1);
    ok(ur_largest_read(largest, rows) == 1, "another has exited");
    ur_largest_free(largest, 100);
    count(ipv4(2), "x", 1);
    ok(ur_largest_read(largest, rows) == 2, "that one has");
}

/* One that was killed while it gave a place has taken the key away. */
static void test_half_given(void)
{
    clear();
    for (unsigned n = 0; n < UR_LARGEST_KEPT; n++) {
        count(ipv4(n), "x", n ? 6 : 5);
    }
    atomic_store(&largest->keys[0], 0);
    atomic_store(&largest->networks[0], 0);
    ok(ur_largest_read(largest, rows) == UR_LARGEST_SHOWN && rows[0].network != 0 &&
           rows[UR_LARGEST_SHOWN - 1].requests == 6,
       "what it had begun is not shown");
    count(ipv4(0), "x", 7);
    ok(ur_largest_read(largest, rows) == UR_LARGEST_SHOWN && rows[0].requests == 7,
       "and the place is the next one to be given");
}

/* Children that are killed while they count, and a reader that looks on. What each sends names
 * its network in its product, so that a row that is half of one and half of another shows. */

#define CHILDREN 3
#define KINDS    1000
#define ROUNDS   5
#define READS    5000

static void name_of(unsigned n, char name[UR_PRODUCT_MAX + 1])
{
    snprintf(name, UR_PRODUCT_MAX + 1, "%08u%08u%08u", n, n, n);
}

static void *send_all(void *unused)
{
    for (unsigned n = 0;; n = (n * 5 + 1) % 8192) {
        char name[UR_PRODUCT_MAX + 1];
        name_of(n % KINDS, name);
        ur_largest_count(largest, ipv4(n % KINDS), ur_span_of(name), (long)getpid());
    }
    return unused;
}

static pid_t start_child(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        pthread_t thread;
        pthread_create(&thread, NULL, send_all, NULL);
        send_all(NULL);
    }
    return pid;
}

static unsigned count_torn(void)
{
    size_t shown = ur_largest_read(largest, rows);
    unsigned torn = 0;

    for (size_t i = 0; i < shown; i++) {
        char name[UR_PRODUCT_MAX + 1];
        unsigned n = (unsigned)(rows[i].network >> 8 & 0xFFFF);
        name_of(n, name);
        torn += strcmp(name, rows[i].product) != 0;
    }
    return torn;
}

static void test_together(void)
{
    unsigned torn = 0;
    unsigned free_again = 0;

    fflush(stdout);
    for (int round = 0; round < ROUNDS; round++) {
        pid_t pids[CHILDREN];
        clear();
        for (int i = 0; i < CHILDREN; i++) {
            pids[i] = start_child();
        }
        while (ur_largest_read(largest, rows) < UR_LARGEST_SHOWN) {
        }
        for (int i = 0; i < READS; i++) {
            torn += count_torn();
        }
        for (int i = 0; i < CHILDREN; i++) {
            kill(pids[i], SIGKILL);
            waitpid(pids[i], NULL, 0);
            ur_largest_free(largest, (long)pids[i]);
        }
        free_again += atomic_load(&largest->taker) == 0;
    }
    ok(torn == 0, "no row is of two senders: %u", torn);
    ok(free_again == ROUNDS, "children that were killed keep nobody out: %u of %d", free_again,
       ROUNDS);
}

int main(void)
{
    largest =
        mmap(NULL, sizeof *largest, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (largest == MAP_FAILED) {
        abort();
    }
    test_one();
    test_networks();
    test_order();
    test_crowd();
    test_late();
    test_taken();
    test_half_given();
    test_together();
    return tap_done();
}
