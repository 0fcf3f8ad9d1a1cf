#ifndef UR_TUNNEL_BUDGET_H
#define UR_TUNNEL_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decisions about a child's event tunnels as a whole: how many it may hold, and whether another
 * one can be opened. */

/* What a child already holds when another tunnel is requested. */
struct ur_crowd {
    uint64_t held;    /* event tunnels that it holds */
    uint64_t room;    /* of at most this many */
    uint64_t carried; /* by one worker thread each: tunnels, and handshakes for such */
    uint64_t waiting; /* handshakes that backends have not answered yet */
    uint64_t threads; /* ThreadsPerChild; fewer than 2: each request has a process to itself */
    bool event;       /* an event tunnel is wanted, and possible */
    bool sibling;     /* another child has room, or can be started */
};

enum ur_admission {
    UR_ADMIT_EVENT,
    UR_ADMIT_THREAD,
    UR_ADMIT_FULL, /* 503: no child has room */
    UR_ADMIT_BUSY  /* 503: too many handshakes are waiting for their backends */
};

/* At most half of the workers that carry no tunnel, and at least one, wait for backends, so
 * that a backend that hangs leaves the others for ordinary requests. A child that is full of
 * event tunnels carries more with its threads: up to half of them, its reserve; and beyond that
 * as long as another child has room, because a child whose workers are all busy accepts no more
 * connections, and the next ones go to the other child. */
enum ur_admission ur_tunnel_budget_admit(const struct ur_crowd *crowd);

/* How many tunnels a child's threads carry once it is full of event tunnels. */
uint64_t ur_tunnel_budget_reserve(uint64_t threads);

/* How the MPM starts and stops children. */
struct ur_children {
    uint64_t start;     /* StartServers */
    uint64_t spare_min; /* MinSpareThreads */
    uint64_t spare_max; /* MaxSpareThreads */
    uint64_t threads;   /* ThreadsPerChild, 1 and more */
    uint64_t most;      /* what MaxRequestWorkers and ServerLimit allow */
};

/* What to raise for more children. */
enum ur_start { UR_START_SERVERS, UR_START_SPARE, UR_START_MOST };

/* How many children the MPM keeps while all their workers are idle, as they are with any number
 * of event tunnels: as many as it starts, fewer if more workers would be idle than allowed,
 * more if too few would be. At least 1. */
uint64_t ur_tunnel_budget_children(const struct ur_children *children, enum ur_start *limit);

/* What the configuration and the system allow one child. */
struct ur_tunnel_budget {
    uint64_t threads;     /* ThreadsPerChild */
    uint64_t factor;      /* AsyncRequestWorkerFactor, in whole numbers as the MPM counts */
    uint64_t descriptors; /* open files that the process may have */
    uint64_t wanted;      /* UpgradeTunnelMax; 0: not set */
};

/* What to raise for more. */
enum ur_limit { UR_LIMIT_FACTOR, UR_LIMIT_DESCRIPTORS, UR_LIMIT_DIRECTIVE };

/* How many tunnels a child may hold so that ordinary requests never wait for a tunnel to end.
 * The event MPM accepts connections while fewer are open, tunnels included, than threads + idle
 * threads * factor: the result leaves half of the threads for ordinary requests. A tunnel needs
 * two descriptors. At least 1, unless there are no descriptors for one. */
uint64_t ur_tunnel_budget_max(const struct ur_tunnel_budget *room, enum ur_limit *limit);

#endif
