#ifndef UR_TUNNEL_BUDGET_H
#define UR_TUNNEL_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is decided about a child's event tunnels as a whole: how many it may hold, and what can
 * become of one. */

/* Who is there already when another tunnel is asked for, in one child. */
struct ur_crowd {
    uint64_t held;    /* places for event tunnels that are taken */
    uint64_t room;    /* of so many */
    uint64_t carried; /* by a worker thread each: tunnels, and handshakes for such */
    uint64_t waiting; /* handshakes that their backends have not answered yet */
    uint64_t threads; /* ThreadsPerChild; fewer than 2: each request has a process to itself */
    bool event;       /* an event tunnel is wanted, and can be one */
    bool sibling;     /* another child has room, or can be started */
};

enum ur_admission {
    UR_ADMIT_EVENT,
    UR_ADMIT_THREAD,
    UR_ADMIT_FULL, /* 503: nobody has room */
    UR_ADMIT_BUSY  /* 503: too many handshakes wait for their backends */
};

/* No more than half of the workers that no thread's tunnel has wait for backends, at least
 * one, so that a backend that hangs leaves the others to ordinary requests. A child that is
 * full of event tunnels carries more by threads: half of them, its reserve; and beyond that as
 * long as another child has room, because a child whose workers are at work takes no more
 * connections, and the next ones come to the other child. */
enum ur_admission ur_tunnel_budget_admit(const struct ur_crowd *crowd);

/* How many tunnels a child's threads carry once it is full of event tunnels. */
uint64_t ur_tunnel_budget_reserve(uint64_t threads);

/* How the MPM starts children, and lets them go. */
struct ur_children {
    uint64_t start;     /* StartServers */
    uint64_t spare_min; /* MinSpareThreads */
    uint64_t spare_max; /* MaxSpareThreads */
    uint64_t threads;   /* ThreadsPerChild, 1 and more */
    uint64_t most;      /* what MaxRequestWorkers and ServerLimit allow */
};

/* What has to be raised for more children. */
enum ur_start { UR_START_SERVERS, UR_START_SPARE, UR_START_MOST };

/* How many children the MPM has while all their workers are idle, which they are with any
 * number of event tunnels: as many as it starts, fewer where their workers would be more than
 * may be idle, more where they would be fewer than have to be. At least 1. */
uint64_t ur_tunnel_budget_children(const struct ur_children *children, enum ur_start *limit);

/* What the configuration and the system allow to one child. */
struct ur_tunnel_budget {
    uint64_t threads;     /* ThreadsPerChild */
    uint64_t factor;      /* AsyncRequestWorkerFactor, in whole numbers as the MPM counts */
    uint64_t descriptors; /* open files that the process may have */
    uint64_t wanted;      /* UpgradeTunnelMax; 0: not said */
};

/* What has to be raised for more. */
enum ur_limit { UR_LIMIT_FACTOR, UR_LIMIT_DESCRIPTORS, UR_LIMIT_DIRECTIVE };

/* How many tunnels a child may hold so that ordinary requests never wait for a tunnel to end.
 * The event MPM accepts connections while those that are open, tunnels included, are fewer
 * than threads + idle threads * factor: the result leaves half of the threads to
 * ordinary requests. A tunnel takes two descriptors. At least 1, but where there are no
 * descriptors for one. */
uint64_t ur_tunnel_budget_max(const struct ur_tunnel_budget *room, enum ur_limit *limit);

#endif
