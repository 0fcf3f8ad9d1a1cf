/* Prints what an httpd needs for so many event tunnels: size TUNNELS [THREADS]. The numbers are
 * those by which the module itself decides. */
#include "core/metrics/ur_size.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* KB of an idle tunnel, as bench-tunnels measures it: of the processes with plain clients and
 * with TLS ones, and of the kernel. And MB of a child without tunnels. */
#define PLAIN_KB  20
#define TLS_KB    47
#define KERNEL_KB 10
#define CHILD_MB  5

/* What httpd has by itself. */
#define THREAD_LIMIT 64

/* Connections to one address and port, by net.ipv4.ip_local_port_range as it is delivered. */
#define LOCAL_PORTS 28232

/* fs.nr_open as it is delivered. */
#define DESCRIPTORS_MOST 1048576

static void print_directives(const struct ur_size *size)
{
    const struct {
        const char *name;
        uint64_t value;
    } lines[] = {{"StartServers", size->start},
                 {"ServerLimit", size->servers},
                 {"ThreadLimit", size->threads > THREAD_LIMIT ? size->threads : THREAD_LIMIT},
                 {"ThreadsPerChild", size->threads},
                 {"MinSpareThreads", size->spare_min},
                 {"MaxSpareThreads", size->spare_max},
                 {"MaxRequestWorkers", size->workers},
                 {"MaxConnectionsPerChild", 0},
                 {"AsyncRequestWorkerFactor", size->factor},
                 {"UpgradeTunnelMax", size->each}};

    printf("# Replaces the same directives of mpm_event (Debian: "
           "mods-available/mpm_event.conf).\n"
           "# Stop and start the server; a reload does not change ServerLimit.\n");
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        printf("%-25s %" PRIu64 "\n", lines[i].name, lines[i].value);
    }
}

static void print_limits(const struct ur_size *size, uint64_t tunnels)
{
    printf("\n# Open files of a process. Debian, /etc/apache2/envvars:\n"
           "#   APACHE_ULIMIT_MAX_FILES='ulimit -n %" PRIu64 "'\n"
           "# elsewhere in the systemd unit (systemctl edit httpd):\n"
           "#   [Service]\n#   LimitNOFILE=%" PRIu64 "\n",
           size->descriptors, size->descriptors);
    if (size->descriptors > DESCRIPTORS_MOST) {
        printf("# and before that: sysctl fs.nr_open=%" PRIu64 "\n", size->descriptors);
    }
    if (tunnels > LOCAL_PORTS) {
        printf("# Linux has about %d ports for connections to one backend's address and port. "
               "Spread the\n"
               "# tunnels over more of them (a balancer), or use Unix sockets, or for up to "
               "64,000:\n"
               "#   sysctl net.ipv4.ip_local_port_range='1024 65535'\n",
               LOCAL_PORTS);
    }
}

static void print_memory(const struct ur_size *size, uint64_t tunnels)
{
    uint64_t children = size->start * CHILD_MB;

    printf("\n# Memory with all %" PRIu64 " of them idle, about: %" PRIu64
           " MB with plain clients, %" PRIu64 " MB with TLS clients,\n# and %" PRIu64
           " MB of the kernel's for the sockets. build/bench-tunnels measures it.\n",
           tunnels, children + tunnels * PLAIN_KB / 1024, children + tunnels * TLS_KB / 1024,
           tunnels * KERNEL_KB / 1024);
}

static bool read_number(const char *word, uint64_t least, uint64_t most, uint64_t *number)
{
    char *end;

    *number = strtoull(word, &end, 10);
    return *word >= '0' && *word <= '9' && !*end && *number >= least && *number <= most;
}

int main(int argc, char **argv)
{
    struct ur_size size;
    uint64_t tunnels;
    uint64_t threads = 25;

    if (argc < 2 || argc > 3 || !read_number(argv[1], 1, UR_SIZE_TUNNELS_MAX, &tunnels) ||
        (argc > 2 && !read_number(argv[2], UR_SIZE_THREADS_MIN, 20000, &threads))) {
        fprintf(stderr,
                "size TUNNELS [THREADS]: 1 to %" PRIu64
                " tunnels, %d to 20000 threads per child (25)\n",
                UR_SIZE_TUNNELS_MAX, UR_SIZE_THREADS_MIN);
        return 2;
    }
    ur_size(&size, tunnels, threads);
    printf("# %" PRIu64 " event tunnels in %" PRIu64
           " children, each with room for a tenth more than its share\n\n",
           tunnels, size.start);
    print_directives(&size);
    print_limits(&size, tunnels);
    print_memory(&size, tunnels);
    return 0;
}
